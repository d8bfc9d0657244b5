"""Slow and stalled viewers over real sockets, on virtual time: T7 and T8 of the reference on fan-out.

The peers have small receive buffers, so that their slowness shows at the server and not in their own kernel.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from captiond.hub.limits import Limits as HubLimits
from tests.adversity.lines import Line, Messages, Watcher
from tests.serve.serving import Served, serving, until

BOTH = ("ws", "sse")


class Room:
    """A server with one session, and who watches it."""

    def __init__(self, served: Served) -> None:
        self.served, self.live = served, served.open()
        self.messages = Messages()
        self.lines: list[Line] = []

    async def enter(self, transport: str, *, slow: bool = False) -> Watcher:
        """One more viewer. A slow one reads only what it is told to, but its connection is open."""
        watcher, here = Watcher(self.messages, "s1", bytes_per_s=1000 if slow else None), self.live.viewers
        line = Line(watcher, self.messages, transport=transport, position=None, host=f"127.0.0.1:{self.served.port}")
        await line.connect("127.0.0.1", self.served.port)
        watcher.line = line
        self.lines.append(line)
        await until(lambda: self.live.viewers > here)
        return watcher

    async def second(self, *slow: Watcher) -> None:
        """A second passes: slow viewers read their kilobyte, everybody's sockets get a turn."""
        self.served.pass_time(1.0)
        for watcher in slow:
            if watcher.line is not None:
                watcher.line.sip(1000)
        await asyncio.sleep(0.002)

    async def all_have_all(self, *watchers: Watcher) -> None:
        """Every line recovers; waits until each viewer is where the server is."""
        for watcher in watchers:
            if watcher.line is not None:
                watcher.line.recover()

        def there() -> bool:
            for watcher in watchers:
                watcher.render()
            return all(watcher.screen.position == self.live.position for watcher in watchers)

        await until(there)

    async def leave(self) -> None:
        """Everybody goes."""
        for line in self.lines:
            line.cut()
        await asyncio.gather(*[line.lost for line in self.lines])


@contextlib.asynccontextmanager
async def room_of(hub_limits: HubLimits | None = None) -> AsyncIterator[Room]:
    """A server with one session; everybody gone at the end."""
    async with serving(hub_limits=hub_limits) as served:
        room = Room(served)
        try:
            yield room
        finally:
            await room.leave()


@pytest.mark.parametrize("transport", BOTH)
async def test_a_stalled_viewer_costs_its_budget_delays_nobody_and_is_shown_the_screen_of_now(transport: str) -> None:
    """T7 (websockets' guide, aiohttp#1367): conflated, then without its queue, then with a snapshot; others at once."""
    async with room_of(HubLimits(max_queued_bytes=16_384, stall_s=1e6)) as room:
        served = room.served
        stalled = await room.enter(transport, slow=True)
        others = [await room.enter(BOTH[n % 2]) for n in range(10)]
        viewer = next(iter(room.live._viewers))
        for n in range(50):
            for words in range(10):
                served.say(f"utterance {n} " + "word " * words)
            served.say(f"utterance {n} " + "word " * 300, final=True)
            await room.second()
            await room.all_have_all(*others)  # within the same second
            assert viewer.outlet.backlog() + viewer.subscriber.queued_bytes <= 16_384
            assert len(viewer.subscriber) <= 40
        await room.all_have_all(stalled, *others)
        assert served.meter.of["viewer_resyncs_total",] == 1
        assert stalled.screen.lines() == others[0].screen.lines()[-len(stalled.screen.lines()) :]
        assert [line.text for line in stalled.screen.lines()][-1].startswith("utterance 49")
        served.say("and everybody goes on", final=True)
        await room.all_have_all(stalled, *others)


@pytest.mark.parametrize("transport", BOTH)
async def test_a_viewer_that_takes_nothing_for_half_a_minute_is_closed_as_slow(transport: str) -> None:
    """T7, the last step of the ladder: its memory is given back; it may come again."""
    async with room_of() as room:
        served = room.served
        stalled = await room.enter(transport, slow=True)
        for n in range(60):
            served.say(f"{n} " + "word " * 200, final=True)
        await room.second()
        assert room.live.viewers == 1
        for _ in range(35):
            await room.second()
        await until(lambda: room.live.viewers == 0)
        assert served.meter.of["viewer_closes_total", "4008"] == 1
        assert stalled.closed == []  # it never read so far


@pytest.mark.parametrize("transport", BOTH)
async def test_a_viewer_at_a_kilobyte_a_second_sees_every_final_for_ten_minutes(transport: str) -> None:
    """T8 (SignalK#2235, #2531, #2774): partials are skipped and counted, no revision goes back, nobody is cut."""
    async with room_of() as room:
        served = room.served
        slow, quick = await room.enter(transport, slow=True), await room.enter("ws")
        said = []
        for second in range(600):
            for part in range(4):
                served.say(f"utterance {second // 5} " + "word " * (4 * (second % 5) + part + 1))
            if second % 5 == 4:
                said.append(f"utterance {second // 5} is said")
                served.say(said[-1], final=True)
            await room.second(slow)
            slow.render()  # the strict screen judges every message
        assert slow.closed == []
        assert served.meter.of["viewer_resyncs_total",] == 0
        await room.all_have_all(slow, quick)
        assert [line.text for line in slow.screen.lines()] == said
        assert slow.screen.lines() == quick.screen.lines()
        assert slow.snapshots == 1
        assert slow.skipped > 600
        assert quick.skipped == 0
