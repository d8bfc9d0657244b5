"""One end of the link between the head and a relay: a socket pair, frames both ways, bounded in what may wait."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Final, cast

from captiond.base.inside import Inside, remains, sealed
from captiond.workers.frames import Frames, Kind, frame, order

log = logging.getLogger(__name__)

HIGH_WATER_BYTES: Final = 1_048_576  # from here on `drained` waits: a copy of a session or so
MAX_WAITING_BYTES: Final = 33_554_432  # an end that is so far behind is given up: some 100,000 captions

OnFrame = Callable[[Kind, bytes], None]


class Link(asyncio.Protocol):
    """One end.

    Args:
        on_frame: told each frame, in order. What it raises ends the link.
        on_end: told once when the link is over.

    Attributes:
        ended: no more goes or comes.
    """

    def __init__(self, on_frame: OnFrame, on_end: Callable[[], None]) -> None:
        self._on_frame, self._on_end = on_frame, on_end
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.ended = False

    async def attach(self, sock: socket.socket) -> None:
        """Begins: the socket is this link's from now on. Frames may come before this returns."""
        sock.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=sock)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            sealed(self._understand)(data)
        except Inside as fault:
            log.error("a frame between workers failed inside", exc_info=remains(fault))
            self.abort()

    def _understand(self, data: bytes) -> None:
        for kind, body in self._frames.feed(data):
            if self.ended:
                return
            self._on_frame(kind, body)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._writable.set()
        if not self.ended:
            self.ended = True
            self._on_end()

    def send(self, kind: Kind, body: bytes) -> bool:
        """Hands a frame over. False where the other end is too far behind: the link is over then."""
        if self._transport is None or self.ended:
            return False
        if self._transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            log.error("a worker does not keep up: waiting_bytes=%d", self._transport.get_write_buffer_size())
            self.abort()
            return False
        self._transport.write(frame(kind, body))
        return True

    def tell(self, do: str, **members: Any) -> bool:
        """Sends an order."""
        return self.send(Kind.ORDER, order(do, **members))

    async def drained(self) -> None:
        """Waits until not much waits any more, or the link is over."""
        await self._writable.wait()

    def close(self) -> None:
        """Ends it once what waits is written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Ends it now."""
        if self._transport is not None:
            self._transport.abort()
