"""Viewers' lines as a load of thousands needs them: good, slow, stalled and broken ones, over both transports.

What a connection brings is written down as numbers of messages; each different message is parsed once, however many
viewers get it. Screens are rendered from that, by `captiond.core.screen`, which judges every message.
"""

import asyncio
import base64
import json
import os
import socket
from typing import Any, cast

from captiond.core.screen import Screen

Json = dict[str, Any]

SMALL_BUFFER_BYTES = 4096  # of a peer whose slowness shall show at the server, not in its own kernel
PONG = b"\x8a\x80\x00\x00\x00\x00"  # masked, as clients must; by zeros
BIGGEST_READ_BYTES = 1 << 18


class Messages:
    """Every different message, once."""

    def __init__(self) -> None:
        self.all: list[Json] = []
        self._numbers: dict[bytes, int] = {}

    def number(self, data: bytes) -> int:
        """The number of that message."""
        known = self._numbers.get(data)
        if known is None:
            known = self._numbers[data] = len(self.all)
            self.all.append(json.loads(data))
        return known


class Watcher:
    """One viewer: its screen, over any number of lines.

    Attributes:
        bytes_per_s: what its line takes; None for all there is.
        drops, resumes: how often its line broke, and how often it was taken up again where it had stopped.
        snapshots, skipped: what it got instead of a replay or of what it could not take; partials it was told to lack.
        closed: the codes that the server closed it with.
    """

    def __init__(self, messages: Messages, session: str, *, bytes_per_s: int | None) -> None:
        self.session, self.bytes_per_s = session, bytes_per_s
        self.screen = Screen()
        self.line: Line | None = None
        self.drops = self.resumes = self.snapshots = self.skipped = 0
        self.closed: list[int] = []
        self.got: list[int] = []
        self.seen = 0
        self._messages = messages

    def render(self) -> None:
        """Shows what came since the last time. Raises ProtocolViolation where the server broke a promise."""
        for number in self.got:
            message = self._messages.all[number]
            self.screen.apply(message)
            self.resumes += message["type"] == "welcome" and message["recovered"]
            self.snapshots += message["type"] == "snapshot"
            self.skipped += message.get("skipped", 0)
        self.seen += len(self.got)
        self.got.clear()


class Line(asyncio.Protocol):
    """One connection. Reads as fast as it may; a slow one reads its bytes once a second, a stalled one not at all."""

    def __init__(
        self, watcher: Watcher, messages: Messages, *, transport: str, position: str | None, host: str
    ) -> None:
        self.watcher, self._messages = watcher, messages
        self._is_ws = transport == "ws"
        self._data = bytearray()
        self._open = False
        self._wire: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sock: socket.socket | None = None
        self.stalled = False
        query = f"?position={position}" if position else ""
        path = f"/v1/sessions/{watcher.session}/{'ws' if self._is_ws else 'events'}{query}"
        upgrade = (
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        )
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{upgrade if self._is_ws else ''}\r\n".encode()

    async def connect(self, host: str, port: int) -> None:
        """Opens it; raises OSError where nobody answers."""
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        if self.watcher.bytes_per_s is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(self.sock, (host, port))
            await loop.create_connection(lambda: self, sock=self.sock)
            if self.watcher.bytes_per_s is not None and self._wire is not None and not self._wire.is_closing():
                self._wire.pause_reading()  # not in `connection_made`: uvloop begins to read after that
        except BaseException:
            self.sock.close()
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = wire = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        wire.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open and not self._answered():
            return
        take = self._frame if self._is_ws else self._event
        while take():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        self.watcher.line = None
        if not self.lost.done():
            self.lost.set_result(None)

    def stall(self, stalled: bool) -> None:
        """Takes nothing, or goes on."""
        self.stalled = stalled
        if self._wire is not None and not self._wire.is_closing() and self.watcher.bytes_per_s is None:
            (self._wire.pause_reading if stalled else self._wire.resume_reading)()

    def recover(self) -> None:
        """From now on everything is taken."""
        self.watcher.bytes_per_s = None
        self.stall(False)

    def sip(self, count: int) -> None:
        """Takes so many bytes, of a line that is slow."""
        if self.stalled or self._wire is None or self._wire.is_closing() or self.sock is None:
            return
        try:
            data = os.read(self.sock.fileno(), count)
        except (BlockingIOError, InterruptedError):
            return  # nothing is there
        except OSError:
            data = b""
        if data:
            self.data_received(data)
        else:
            self._wire.abort()

    def cut(self) -> None:
        """The line breaks; half a message is as good as none."""
        if self._wire is not None:
            self.watcher.drops += 1
            self._wire.abort()

    def _answered(self) -> bool:
        head, end, _ = self._data.partition(b"\r\n\r\n")
        if not end:
            return False
        status = int(head[9:12])
        if status != (101 if self._is_ws else 200) and self._wire is not None:
            self.watcher.closed.append(status)
            self._wire.abort()
            return False
        del self._data[: len(head) + 4]
        self._open = True
        return True

    def _event(self) -> bool:
        end = self._data.find(b"\n\n")
        if end < 0:
            return False
        event = bytes(self._data[:end])
        del self._data[: end + 2]
        at = event.find(b"data: ")
        if at >= 0:
            self._message(event[at + 6 :])
        return True

    def _frame(self) -> bool:
        data = self._data
        if len(data) < 2:
            return False
        size, at = data[1], 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at])
        if len(data) < at + size:
            return False
        code, payload = data[0] & 15, bytes(data[at : at + size])
        del data[: at + size]
        if code == 1:
            self._message(payload)
        elif code == 9 and self._wire is not None:
            self._wire.write(PONG)
        elif code == 8 and self._wire is not None:
            self._wire.close()
        return True

    def _message(self, data: bytes) -> None:
        number = self._messages.number(data)
        self.watcher.got.append(number)
        if data.startswith(b'{"type":"bye"'):
            self.watcher.closed.append(self._messages.all[number]["code"])
