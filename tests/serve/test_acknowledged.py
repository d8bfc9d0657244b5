"""What the kernel says of a line: real sockets, both event loops. A ping is judged by it."""

import asyncio
import socket

import pytest

from captiond.base.close_codes import CloseCode
from captiond.serve.acknowledged import Sent, sent
from captiond.serve.wiring import Limits
from tests.adversity.lines import Line, Messages, Watcher
from tests.serve.serving import serving, until


async def test_bytes_that_the_peer_has_and_those_it_has_not() -> None:
    """The peer takes what fits its buffer, then nothing; what it takes later is counted then."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, *listening.getsockname())
        peer, _ = listening.accept()
        with peer:
            before = sent(transport)
            assert before is not None
            transport.write(b"x" * 1000)
            await until(lambda: sent(transport) == Sent(before.acknowledged + 1000, 0))
            transport.write(b"x" * 200_000)
            await until(lambda: (now := sent(transport)) is not None and now.outstanding > 0)
            stuck = sent(transport)
            assert stuck is not None
            peer.settimeout(5)
            taken = 0
            while taken < 201_000:
                taken += len(peer.recv(65_536))
                await asyncio.sleep(0)
            await until(lambda: sent(transport) == Sent(before.acknowledged + 201_000, 0))
        transport.abort()
        await asyncio.sleep(0)
    assert stuck.acknowledged < before.acknowledged + 201_000


async def test_a_connection_that_is_gone_says_nothing() -> None:
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    with theirs:
        assert sent(transport) is None  # no TCP
        transport.abort()
        await asyncio.sleep(0.01)
        assert sent(transport) is None


async def slow_one(port: int) -> tuple[Watcher, Line]:
    """A WebSocket viewer that reads only what it is told to."""
    messages = Messages()
    watcher = Watcher(messages, "s1", bytes_per_s=1)
    line = Line(watcher, messages, transport="ws", position=None, host=f"127.0.0.1:{port}")
    await line.connect("127.0.0.1", port)
    watcher.line = line
    return watcher, line


@pytest.mark.parametrize(("reads", "stays"), [(600, True), (0, False)])
async def test_a_ping_behind_captions_waits_for_who_reads_and_not_for_who_does_not(reads: int, stays: bool) -> None:
    """Everything is in the kernel's hands, nothing in ours: only there it shows whether the line moves."""
    async with serving(limits=Limits(close_wait_s=0.5, protocol_ping_s=5.0)) as served:
        live = served.open()
        _, line = await slow_one(served.port)
        try:
            await until(lambda: live.viewers == 1)
            (viewer,) = live._viewers
            while (now := viewer.outlet.sent()) is None or now.outstanding < 4000:  # type: ignore[attr-defined]
                served.say("word " * 100, final=True)
                await asyncio.sleep(0)
            assert viewer.outlet.backlog() == 0
            for _ in range(80):
                served.pass_time(1.0)
                if reads:
                    line.sip(reads)
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
            assert (live.viewers == 1) is stays
            if not stays:
                assert served.meter.of["viewer_closes_total", str(int(CloseCode.NO_PONG))] == 1
        finally:
            line.cut()
            await line.lost
