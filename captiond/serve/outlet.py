"""Everything below aiohttp's public API: prebuilt bytes go straight to the transport of a WebSocket or event stream.

Why: a caption for 1000 viewers is one `transport.write` each (or one `send`, see `crowd.py`); through `send_str` it is
1.4 times the work, with a queue and a task per viewer twice (measured). What it rests on, checked by
`tests/serve/test_outlet.py` so that a new aiohttp or uvloop which changes it turns the build red:

- `request.transport` is the asyncio transport, and aiohttp writes whole frames to it, uncompressed and unfragmented, so
  ours never land inside one of its own;
- an asyncio transport lets its protocol be replaced (`set_protocol`), so that we hear `pause_writing` and
  `resume_writing` and pass everything on;
- event loops call `connection_lost` before they close the socket, so nobody is written to at a file descriptor that is
  another's by then (`fd`, `on_lost`);
- with a high-water mark of 0, a transport that has not said `pause_writing` holds nothing back, so that what is sent
  below it overtakes nothing;
- a response whose `_length_check` is off has no chunked coding (as aiohttp's own WebSocketResponse uses it). Where that
  stops being true, `chunked` says so and events are framed as chunks: the fallback.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aiohttp import web

from captiond.base.close_codes import CloseCode
from captiond.hub.wire import Wire
from captiond.serve.acknowledged import Sent, sent

log = logging.getLogger(__name__)

SEND_BUFFER_BYTES: Final = 16_384  # ~8 s of captions; the default of 4 MB would hide half an hour of being behind
NOTSENT_LOWAT_BYTES: Final = 16_384
MAX_HEARD_BYTES: Final = 262_144  # from a viewer between two pings: twice what its 32 longest messages at once come to
UNACKNOWLEDGED_MS: Final = 60_000  # a peer that acknowledges nothing for so long is gone; an event stream has no pong
TCP_NOTSENT_LOWAT: Final = 25  # Linux; Python 3.11's socket module has no name for it


class Inner(Protocol):
    """What the gate passes on to: aiohttp's protocol, as asyncio sees it."""

    def data_received(self, data: bytes, /) -> None: ...

    def eof_received(self) -> bool | None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...

    def connection_lost(self, exc: Exception | None, /) -> None: ...


class TransportOutlet:
    """One viewer's way out; implements `hub.wire.Outlet`. Nothing here waits or raises.

    Args:
        request: whose connection it is; its response has been prepared.
        kind: "ws" or "sse".
        on_close: told once, synchronously, when the hub wants the viewer closed; ends the handler's waiting.
        chunked: the response has chunked coding after all (event streams only).

    Attributes:
        code: why the hub closed it; None while it has not.
        heard_bytes: that came from the viewer since somebody set it to 0.
        flooded: it was cut because those were too many: frames without end never become a message to be counted.
        lost: done when the connection is gone.
        fd: where whole messages may be sent below the transport while it holds nothing back (`serve.crowd`); -1 where
            they may not, and once the connection is gone.
    """

    def __init__(
        self,
        request: web.BaseRequest,
        kind: str,
        *,
        on_close: Callable[[CloseCode], None],
        chunked: bool = False,
    ) -> None:
        self._kind, self._on_close, self._chunked = kind, on_close, chunked
        self._is_ws = kind == "ws"
        self._writable = True
        self._wake: Callable[[], None] | None = None
        self._on_full: Callable[[], None] | None = None
        self._on_lost: Callable[[], None] | None = None
        self.fd = -1
        self.heard_bytes = 0
        self.flooded = False
        self.code: CloseCode | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushed: asyncio.Future[None] | None = None
        self._transport = request.transport
        self._open = self._transport is not None and not self._transport.is_closing()
        if self._transport is None or not self._open:
            self.lost.set_result(None)
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            _keep_kernel_buffers_small(sock)
            if not chunked and self._transport.get_extra_info("sslcontext") is None:
                self.fd = sock.fileno()
        self._transport.set_protocol(Gate(request.protocol, self))
        # 0: told at the first byte that the kernel does not take, and again when it has taken all.
        self._transport.set_write_buffer_limits(high=0)

    @property
    def transport(self) -> str:
        """Label of metrics."""
        return self._kind

    def write(self, wires: Sequence[Wire]) -> bool:
        """Hands several wires to the transport in one write: the cost is per write, not per byte."""
        return self.raw(b"".join([wire.ws for wire in wires] if self._is_ws else [wire.sse for wire in wires]))

    def raw(self, data: bytes) -> bool:
        """Hands bytes to the transport that are no wire: control frames, comments."""
        if not self._open or self._transport is None or not data:
            return True
        try:
            self._transport.write(data if not self._chunked else b"%x\r\n%b\r\n" % (len(data), data))
        except Exception as error:
            # uvloop raises for a handle that is closed already. Whatever it is: the loop that brings this caption to
            # all others goes on.
            log.warning("a viewer's transport failed: %s", type(error).__name__)
            self.disconnected()
        return self._writable

    def backlog(self) -> int:
        """Bytes that were written and that the kernel has not taken."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def sent(self) -> Sent | None:
        """How much of what was written the peer has acknowledged; None where that can't be known."""
        return None if self._transport is None else sent(self._transport)

    def on_writable(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the backlog has drained."""
        self._wake = callback

    def on_full(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the kernel takes no more, whoever wrote."""
        self._on_full = callback

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the connection is gone; at once where it is."""
        self._on_lost = callback
        if self.lost.done():
            callback()

    def close(self, code: CloseCode) -> None:
        """Nothing is written after this; the handler ends the connection by the rules of its transport."""
        if self.code is None:
            self.code, self._open = code, False
            self._on_close(code)

    async def flush(self, timeout_s: float) -> None:
        """Waits until the kernel has taken what was written; aborts a connection that takes nothing for so long."""
        if self._transport is None or self._writable:
            return
        self._flushed = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._flushed
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Throws away what the peer does not take."""
        if self._transport is not None:
            self._transport.abort()

    def forget(self) -> None:
        """Its handler has ended: nobody is told of anything any more. Else handler, viewer and outlet would hold one
        another until the garbage collector finds them, thousands at once after a storm."""
        self._wake, self._on_full, self._on_lost, self._on_close = None, None, None, _nothing

    def hears(self, count_bytes: int) -> bool:
        """From the gate: so much has come. False once it was too much: the connection ends."""
        self.heard_bytes += count_bytes
        if self.heard_bytes > MAX_HEARD_BYTES:
            self.flooded = True
            self.abort()
        return not self.flooded

    def paused(self) -> None:
        """From the gate: the transport holds bytes that the kernel did not take."""
        self._writable = False
        if self._on_full is not None:
            self._on_full()

    def resumed(self) -> None:
        """From the gate: the kernel has taken all."""
        self._writable = True
        _settle(self._flushed)
        if self._wake is not None and self._open:
            self._wake()

    def disconnected(self) -> None:
        """From the gate: the connection is gone."""
        self._transport, self._wake, self._open, self._writable, self.fd = None, None, False, True, -1
        if self._on_lost is not None:
            self._on_lost()
        _settle(self._flushed)
        _settle(self.lost)


def _nothing(_code: CloseCode) -> None: ...


def _settle(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


class Gate(asyncio.Protocol):
    """Stands before aiohttp's protocol, hears of flow control, passes everything on."""

    def __init__(self, inner: Inner, outlet: TransportOutlet) -> None:
        self._inner, self._outlet = inner, outlet

    def data_received(self, data: bytes) -> None:
        if self._outlet.hears(len(data)):
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()
        self._outlet.paused()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
        self._outlet.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        self._outlet.disconnected()
        self._inner.connection_lost(exc)


class EventStreamResponse(web.StreamResponse):
    """A response that ends with its connection: events need no chunk around them, so one set of bytes fits all."""

    _length_check = False


def _keep_kernel_buffers_small(sock: socket.socket) -> None:
    """So that being slow shows here, where partials can be skipped, and not as minutes of delay on the screen."""
    options = (
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES),
        (socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS),
    )
    for level, option, value in options:
        with contextlib.suppress(OSError):  # a kernel without the option: the queue's budget still holds
            sock.setsockopt(level, option, value)
