"""What `serve/outlet.py` takes for granted of aiohttp and asyncio. Red here means: read that file before updating."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from aiohttp import web
from aiohttp.http_websocket import WebSocketWriter

from captiond.base.close_codes import CloseCode
from captiond.serve.encode import Bytes
from captiond.serve.outlet import SEND_BUFFER_BYTES, EventStreamResponse, TransportOutlet

CAPTION = Bytes("caption", b'{"type":"caption"}', index=1, id_="k3XbQwZt.1")


@asynccontextmanager
async def one_stream(
    then: Callable[[TransportOutlet], Coroutine[Any, Any, None]], *, chunked: bool = False
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A server that opens an event stream and does `then` with its outlet; and a client of it.

    What fails in `then` fails the test: aiohttp alone would log it and close.
    """
    failures: list[BaseException] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse() if chunked else EventStreamResponse()
        response.force_close()
        await response.prepare(request)
        outlet = TransportOutlet(
            request, "sse", on_close=lambda _code: None, chunked="Transfer-Encoding" in response.headers
        )
        try:
            await then(outlet)
        except Exception as failure:
            failures.append(failure)
            raise
        return response

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await runner.cleanup()
        if failures:
            raise failures[0]


async def test_an_event_stream_is_not_chunked_and_our_bytes_arrive_as_they_are() -> None:
    async def send(outlet: TransportOutlet) -> None:
        assert outlet.write([CAPTION])
        assert outlet.write([CAPTION, CAPTION])

    async with one_stream(send) as (reader, _):
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"chunked" not in head.lower()
        assert b"Connection: close" in head
        assert await reader.read() == CAPTION.sse * 3


async def test_where_aiohttp_chunks_after_all_events_are_framed_as_chunks() -> None:
    """The fallback: a plain response stands for an aiohttp that ignores `_length_check`."""

    async def send(outlet: TransportOutlet) -> None:
        outlet.write([CAPTION, CAPTION])

    async with one_stream(send, chunked=True) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        size = int(await reader.readuntil(b"\r\n"), 16)
        assert await reader.readexactly(size) == CAPTION.sse * 2
        assert await reader.read() == b"\r\n0\r\n\r\n"


def test_aiohttp_writes_a_control_frame_whole_and_at_once() -> None:
    """So that ours never land inside one of its own: a ping is one `write`, made before the call returns."""
    written: list[bytes] = []

    class Transport(asyncio.Transport):
        def write(self, data: object) -> None:
            written.append(bytes(data))  # type: ignore[call-overload]

        def writelines(self, list_of_data: object) -> None:
            written.append(b"".join(list_of_data))  # type: ignore[arg-type]

        def is_closing(self) -> bool:
            return False

    async def ping() -> None:
        writer = WebSocketWriter(None, Transport())  # type: ignore[arg-type]
        coroutine = writer.send_frame(b"hi", 9)
        with pytest.raises(StopIteration):
            coroutine.send(None)

    asyncio.run(ping())
    assert written == [b"\x89\x02hi"]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_flow_control_is_heard_on_both_event_loops(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    """False at the first byte that the kernel does not take, the callback when it has taken all, then True again."""
    woken: list[int] = []
    said: list[bool] = []
    paused = {}

    async def fill(outlet: TransportOutlet) -> None:
        wake = asyncio.get_running_loop().create_future()

        def writable() -> None:
            woken.append(outlet.backlog())
            wake.set_result(None)

        outlet.on_writable(writable)
        big = Bytes("caption", b"x" * 4000, index=1)
        while outlet.write([big]):
            said.append(True)
        paused["backlog"] = outlet.backlog()
        sock = outlet._transport.get_extra_info("socket")  # type: ignore[union-attr]
        paused["send_buffer"] = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        paused["event"].set()  # type: ignore[attr-defined]
        await wake
        said.append(outlet.write([CAPTION]))

    async def main() -> None:
        paused["event"] = asyncio.Event()  # type: ignore[assignment]
        async with one_stream(fill) as (reader, writer):
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.wait_for(paused["event"].wait(), 5)  # type: ignore[attr-defined]
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            got = await asyncio.wait_for(reader.read(), 10)
        assert got.endswith(CAPTION.sse)

    run(main())
    assert 0 < paused["backlog"] <= 4100
    assert paused["send_buffer"] <= 2 * SEND_BUFFER_BYTES
    assert woken == [0]
    assert said[-1] is True
    assert len(said) < 200  # under 1 MB was taken by the kernel: it does not hide minutes


async def test_after_close_nothing_is_written_and_the_rest_is_flushed_or_cut() -> None:
    told: list[CloseCode] = []

    async def send(outlet: TransportOutlet) -> None:
        outlet._on_close = told.append
        outlet.write([CAPTION])
        outlet.close(CloseCode.SLOW)
        outlet.close(CloseCode.DRAINING)
        assert outlet.write([CAPTION])
        await outlet.flush(1.0)

    async with one_stream(send) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == CAPTION.sse
    assert told == [CloseCode.SLOW]


async def test_a_transport_that_raises_harms_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvloop's does for a closed handle; the loop that writes to all viewers must not end there."""
    tried: list[bytes] = []

    async def send(outlet: TransportOutlet) -> None:
        class Closed:
            def write(self, data: bytes) -> None:
                tried.append(data)
                raise RuntimeError("the handler is closed")

        monkeypatch.setattr(outlet, "_transport", Closed())
        assert outlet.write([CAPTION])
        assert outlet.write([CAPTION])
        assert outlet.lost.done()
        assert outlet.backlog() == 0

    async with one_stream(send) as (reader, _):
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
    assert tried == [CAPTION.sse]


async def test_a_peer_that_takes_nothing_is_cut_after_the_grace() -> None:
    done = asyncio.Event()

    async def fill(outlet: TransportOutlet) -> None:
        assert not outlet.write([Bytes("caption", b"x" * 8_000_000, index=1)])  # more than two kernels hold
        outlet.close(CloseCode.SLOW)
        await outlet.flush(0.05)
        await outlet.lost
        assert outlet.write([CAPTION])
        done.set()

    async with one_stream(fill) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.wait_for(done.wait(), 5)
