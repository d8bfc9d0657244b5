"""A cheap load client: viewers as bare protocols, so that the daemon is what is measured, not its audience."""

import asyncio
import re
from collections.abc import Callable
from typing import Final, cast

_INDEX: Final = re.compile(rb'"index":(\d+)')
_POSITION: Final = re.compile(rb'"position":"[A-Za-z]+\.(\d+)"')

Received = Callable[[int, int], None]
"""Told of each message with an index: (viewer, index)."""


class LoadViewer(asyncio.Protocol):
    """One viewer: asks for the stream, then looks for indexes in what comes. Answers no ping; it lives for a minute.

    Attributes:
        ready: set once the snapshot has come; its result is the snapshot's index.
    """

    def __init__(self, number: int, path: str, *, websocket: bool, received: Received) -> None:
        self.ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._number, self._received = number, received
        self._request = _upgrade(path) if websocket else _stream(path)
        self._next = self._next_frame if websocket else self._next_event
        self._buffer = bytearray()
        self._opened = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks at once."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Takes whole messages out of what has come."""
        self._buffer += data
        if not self._opened:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            status = head.split(b" ", 2)[1]
            if status not in (b"101", b"200"):
                self._fail(f"the daemon answered {status.decode()}")
                return
            self._opened, self._buffer = True, bytearray(rest)
        while (message := self._next()) is not None:
            if self.ready.done():
                found = _INDEX.search(message)
                if found is not None:
                    self._received(self._number, int(found[1]))
            elif b'"snapshot"' in message[:40]:
                position = _POSITION.search(message)
                assert position is not None
                self.ready.set_result(int(position[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Too early unless the run is over."""
        self._fail("the connection was closed")

    def _fail(self, why: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(why))

    def _next_frame(self) -> bytes | None:
        """The payload of the next whole frame; a server's frames are not masked."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        payload = bytes(buffer[start : start + length])
        del buffer[: start + length]
        return payload

    def _next_event(self) -> bytes | None:
        """The next `data:` line; chunk lengths between are passed over."""
        end = self._buffer.find(b"\n\n")
        if end < 0:
            return None
        event = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        start = event.find(b"data: ")
        return event[start + 6 :] if start >= 0 else b""


def _upgrade(path: str) -> bytes:
    key = "AAAAAAAAAAAAAAAAAAAAAA=="  # a nonce that nobody checks here
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def _stream(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode()
