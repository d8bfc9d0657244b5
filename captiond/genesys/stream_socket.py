"""The client side of one WebSocket to upstream: `websockets`, with its limits set and its silence measured."""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, CloseCode, Frame

from captiond.base.errors import UpstreamError
from captiond.base.inside import Inside, remains, sealed
from captiond.base.observe import Clock
from captiond.genesys.dialect_media import MAX_FRAME_BYTES
from captiond.genesys.exchange import USER_AGENT
from captiond.genesys.recovery import StreamLost

FRAME_TOO_BIG: Final = "frame too big"
MAX_QUEUED_FRAMES: Final = 16  # read ahead of us; then the kernel's window tells upstream to wait

log: Final = logging.getLogger(__name__)
# At level DEBUG this library logs headers and frames, which hold tokens and conversations. So it gets a logger that is
# in no list, so that nobody's configuration finds it, and that is off.
_wire_log: Final = logging.Logger("captiond.genesys.wire", logging.CRITICAL)
_wire_log.disabled = True


_OUR_CLOSES: Final[dict[int | None, str]] = {  # what made the library close; None: it did not
    None: "connection lost",
    CloseCode.MESSAGE_TOO_BIG: FRAME_TOO_BIG,
}


class _Connection(ClientConnection):
    """Notes when anything was heard, and when each message was complete."""

    now_s: Callable[[], float]
    heard_s: float
    stamps: deque[float]

    def listen(self, now_s: Callable[[], float]) -> None:
        """Starts the notes; called before the first byte is read."""
        self.now_s, self.heard_s, self.stamps = now_s, now_s(), deque()

    def process_event(self, event: Any) -> None:
        """Called by the library for the handshake and then for each frame, control frames too."""
        self.heard_s = self.now_s()
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES and event.fin:
            self.stamps.append(self.heard_s)
        super().process_event(event)

    # The event loop calls these three. Its handler would get any fault of theirs together with the bytes that were
    # read, and whoever waits for the end of this connection would wait for ever.
    _parse = sealed(ClientConnection.data_received)
    _hear_end = sealed(ClientConnection.eof_received)
    _let_go = sealed(ClientConnection.connection_lost)

    def data_received(self, data: bytes) -> None:
        """A fault cuts the connection: what was in these bytes is lost, as the numbering will tell."""
        try:
            self._parse(data)
        except Inside as fault:
            log.error("reading a frame failed inside", exc_info=remains(fault))
            self.transport.abort()

    def eof_received(self) -> None:
        """A fault cuts the connection, which is at its end in any case."""
        try:
            self._hear_end()
        except Inside as fault:
            log.error("the end of a connection failed inside", exc_info=remains(fault))
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever fails, the connection is gone and who waits is told."""
        try:
            self._let_go(exc)
        except Inside as fault:
            log.error("closing a connection failed inside", exc_info=remains(fault))
            self.recv_messages.close()
            if not self.connection_lost_waiter.done():
                self.connection_lost_waiter.set_result(None)


class _Connect(connect):
    """A redirect is a refusal: neither a token nor a conversation goes where an answer points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class StreamSocket:
    """An open WebSocket. One reader, one sender of pings."""

    def __init__(self, connection: _Connection, *, close_timeout_s: float) -> None:
        self._connection, self._close_timeout_s = connection, close_timeout_s
        self._cut: StreamLost | None = None

    @property
    def heard_s(self) -> float:
        """Monotonic time of the last frame of any kind."""
        return self._connection.heard_s

    @property
    def close_code(self) -> int | None:
        """How it was closed; None where no close frame came, or while it is open."""
        code = self._connection.close_code
        return None if code == CloseCode.ABNORMAL_CLOSURE else code

    async def send(self, frame: str) -> None:
        """Sends one text frame.

        Raises:
            ConnectionClosed: the connection is closed.
        """
        await self._connection.send(frame)

    async def send_within(self, frame: str, timeout_s: float) -> None:
        """Sends one text frame if that goes at all; for farewells."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._connection.send(frame)
        except (TimeoutError, ConnectionClosed):
            return

    async def receive(self) -> tuple[bytes, float]:
        """The next message, and the monotonic time when its last byte had come.

        Raises:
            ConnectionClosed: the connection is closed; see `why_closed`.
        """
        # As bytes: JSON is parsed from bytes, and bad UTF-8 is one bad frame, not the end of a stream.
        frame = await self._connection.recv(decode=False)
        return frame, self._connection.stamps.popleft()

    async def ping(self) -> None:
        """Sends a protocol ping; its pong shows in `heard_s`."""
        await self._connection.ping()

    def cut(self, why: StreamLost) -> None:
        """Ends a connection that is beyond a closing handshake."""
        self._cut = why
        self._connection.transport.abort()

    async def shut(self) -> None:
        """Closes with 1000 if it is still open; returns when it is gone, after twice the close timeout at most."""
        try:
            async with asyncio.timeout(2 * self._close_timeout_s):  # the library bounds its handshake, not all the rest
                await self._connection.close()
        except TimeoutError:
            self._connection.transport.abort()
        except asyncio.CancelledError:
            self._connection.transport.abort()  # nobody waits for it any more, and it must not stay
            raise

    def why_closed(self, closed: ConnectionClosed) -> UpstreamError | None:
        """Why the reader came to the end: None where upstream closed with 1000, of its own will."""
        if self._cut is not None:
            return self._cut
        if closed.rcvd is None or closed.rcvd_then_sent is False:  # no close frame, or one that only answers ours
            ours = closed.sent.code if closed.sent is not None else None
            return StreamLost(cause=_OUR_CLOSES.get(ours, "protocol error"))
        code = int(closed.rcvd.code)
        if code == CloseCode.NORMAL_CLOSURE:
            return None
        return StreamLost(
            cause="closed without a code" if code == CloseCode.NO_STATUS_RCVD else f"closed {code}", code=code
        )


async def open_socket(
    url: str,
    *,
    headers: Mapping[str, str],
    tls: ssl.SSLContext,
    clock: Clock,
    open_timeout_s: float,
    close_timeout_s: float,
) -> StreamSocket:
    """A WebSocket to upstream, after the handshake.

    Args:
        url: wss://, or ws:// to this machine.
        tls: for wss://. Shared by all sockets: to read the system's certificates for each one takes 20 ms.
    Raises:
        InvalidStatus: the handshake was refused with an HTTP status, a redirect included.
        InvalidHandshake, OSError, TimeoutError: no connection, or not in time.
    """

    def listening(*args: Any, **kwargs: Any) -> _Connection:
        connection = _Connection(*args, **kwargs)
        connection.listen(clock.monotonic_s)
        return connection

    connection = await _Connect(
        url,
        additional_headers=headers,
        user_agent_header=USER_AGENT,
        compression=None,  # frames are short; a window for each of 5,000 sockets costs more memory than it saves time
        proxy=None,  # not from the environment: a conversation goes where the configuration says
        open_timeout=open_timeout_s,
        close_timeout=close_timeout_s,
        ping_interval=None,  # the stream pings, and counts any frame as a sign of life
        max_size=MAX_FRAME_BYTES,
        max_queue=MAX_QUEUED_FRAMES,
        logger=_wire_log,
        ssl=tls if url.startswith("wss:") else None,
        create_connection=cast("type[ClientConnection]", listening),
    )
    return StreamSocket(cast("_Connection", connection), close_timeout_s=close_timeout_s)
