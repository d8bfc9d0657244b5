"""Viewers that have gone leave nothing that only the garbage collector finds: ten thousand at once would stop captions
while it looks for them.
"""

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from captiond.base.ids import SessionId
from tests.serve.serving import Served, raw, serving

OURS = ("captiond.serve", "captiond.hub", "captiond.core", "aiohttp.web")
VIEWERS = 5
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.fixture
def found() -> Iterator[list[object]]:
    """What a collector would have found: filled when the test calls `gc.collect`."""
    # What failed before lives on in the frames of its exception until another test is called.
    for kept in ("last_exc", "last_type", "last_value", "last_traceback"):
        vars(sys).pop(kept, None)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        gc.collect()


async def come_and_go(served: Served, transport: str, end: str) -> None:
    viewers = [
        await raw(served, "/v1/sessions/s1/ws", *UPGRADE)
        if transport == "ws"
        else await raw(served, "/v1/sessions/s1/events")
        for _ in range(VIEWERS)
    ]
    served.say("one")
    if end == "cut":
        for viewer in viewers:
            viewer.cut()
    else:
        served.rooms.end(SessionId("s1"))
        for viewer in viewers:
            await asyncio.wait_for(viewer.rest(), 5)
            viewer.cut()
    async with asyncio.timeout(5):
        while served.connections:  # noqa: ASYNC110  (many connections, one wait)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("end", ["cut", "over"])
@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_viewers_that_have_gone_are_gone(found: list[object], transport: str, end: str) -> None:
    async with serving() as served:
        served.open()
        await come_and_go(served, transport, end)
        gc.collect()
        names = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in found)
        assert {name: count for name, count in names.items() if name.startswith(OURS)} == {}
