"""Viewers that speak to hurt: floods, frames without end, frames of any size; and one who listens meanwhile. T19."""

import asyncio
import struct
import time

import pytest

from tests.serve.serving import RawAnswer, Served, raw, serving, until

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Extensions: permessage-deflate",
)
TEXT, BINARY, PING, PONG, MORE = 0x1, 0x2, 0x9, 0xA, 0x0


def frame(kind: int, payload: bytes = b"", *, last: bool = True, reserved: int = 0) -> bytes:
    """A client's frame; masked with zeros, which change nothing."""
    first = (0x80 if last else 0) | reserved | kind
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0x80 | 126)) + struct.pack(">H", size)
    else:
        head = bytes((first, 0x80 | 127)) + struct.pack(">Q", size)
    return head + bytes(4) + payload


ATTACKS: dict[str, tuple[bytes, int | None]] = {
    "pings without end": (frame(PING) * 20_000, 4013),
    "pongs without end": (frame(PONG) * 20_000, 4013),
    "messages without end": (frame(TEXT, b'{"type":"pong"}') * 20_000, 4013),
    "a message of empty frames without end": (frame(TEXT, b"x", last=False) + frame(MORE, last=False) * 200_000, None),
    "a message of small frames": (frame(TEXT, b"x", last=False) + frame(MORE, b"x", last=False) * 17_000, 1009),
    "a frame that says it is huge": (b"\x81\xff" + struct.pack(">Q", 2**62) + bytes(1_000), 1009),
    "a frame that is longer than any message": (frame(TEXT, b"x" * 16_000), 4501),
    "a frame that unpacks": (frame(TEXT, b"\xaa\x56\x4a", reserved=0x40), 1002),
    "a binary frame": (frame(BINARY, b"x"), 4501),
    "half a character": (frame(TEXT, b"\xff"), 1007),
    "nesting": (frame(TEXT, b"[" * 4_000), 4501),
}


async def upgraded(served: Served) -> RawAnswer:
    answer = await raw(served, "/v1/sessions/s1/ws", *UPGRADE)
    assert answer.status == 101
    assert "sec-websocket-extensions" not in answer.headers
    return answer


@pytest.mark.parametrize("attack", ATTACKS)
async def test_who_floods_is_let_go_and_nobody_else_notices(attack: str) -> None:
    said, code = ATTACKS[attack]
    async with serving() as served:
        live = served.open()
        listener = await raw(served, "/v1/sessions/s1/events")
        hostile = await upgraded(served)
        await until(lambda: live.viewers == 2)
        before_s = time.process_time()
        hostile.writer.write(said)
        await until(lambda: live.viewers == 1)
        assert time.process_time() - before_s < 2.0  # of both ends: what a flood may cost before it ends
        served.say("hello", final=True)
        while (await listener.message())["type"] != "caption":
            pass
        try:
            async with asyncio.timeout(5):
                rest = await hostile.reader.read()
        except ConnectionError:
            rest = b""  # cut while it was still talking: what was said to it may be lost
        closed = rest.rfind(b"\x88")
        if closed >= 0:
            assert struct.unpack(">H", rest[closed + 2 : closed + 4])[0] == code
        if code is None:
            assert served.meter.of["connections_cut_total", "flood"] == 1


async def test_an_event_streams_viewer_has_nothing_to_say_either() -> None:
    async with serving() as served:
        live = served.open()
        hostile = await raw(served, "/v1/sessions/s1/events")
        hostile.writer.write(b"GET / HTTP/1.1\r\n" + b"X-Padding: " + b"x" * 7_000 + b"\r\n\r\n")
        hostile.writer.write(b"x" * 400_000)
        await until(lambda: live.viewers == 0)


async def test_what_a_viewer_may_say_is_fine_for_ever() -> None:
    """A pong to each ping, for an hour: far more bytes than may come at once."""
    async with serving() as served:
        live = served.open()
        viewer = await upgraded(served)
        pong = frame(TEXT, b'{"type":"pong","position":"' + b"x" * 4_000 + b'"}')
        for _ in range(150):
            viewer.writer.write(pong + frame(PONG))
            await viewer.writer.drain()
            await asyncio.sleep(0)
            served.pass_time(12)
            served.pass_time(13)
            await asyncio.sleep(0.001)
        await until(lambda: live.viewers == 1)
        assert served.meter.of["connections_cut_total", "flood"] == 0
