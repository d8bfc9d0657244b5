"""The delivery probe: a hidden session's caption must come back through real viewers of the daemon's own socket.

Health that only looks inside stays green while nothing is delivered. So every few seconds a caption takes the whole
way: core, hub, transport, kernel, and back through a WebSocket and an event stream that this process opens to itself.

The session is in no list, figure, record or limit. Its id and its key are random and never leave the process; ordinary
tokens do not open it. It has its own door, so that a server that is full, or that draws its tokens elsewhere, can still
be asked whether it delivers. One probe for each process: where several listen on one port, hand each an address that
leads to itself alone.
"""

import asyncio
import contextlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Final

import orjson

from captiond.base.ids import RawText, SessionId
from captiond.base.inside import describe, remains
from captiond.base.instants import iso_utc
from captiond.base.observe import Clock, Meter
from captiond.core.arrival import Arrival
from captiond.core.messages import SessionState
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.pulse import Pulse

log = logging.getLogger(__name__)

TRANSPORTS: Final = ("ws", "sse")
BEAT_S: Final = 3.0  # from caption to caption
WAIT_S: Final = 2.5  # for one to come back
JOIN_S: Final = 5.0  # for a viewer of ours to be let in
RENEW_S: Final = 60.0  # a viewer lives so long, then joins anew: being let in is looked at, too
AGAIN_S: Final = 0.5  # until a viewer that was cut or refused asks again
MAX_MESSAGE_BYTES: Final = 65_536  # a snapshot of 16 short captions has 6 kB
PONG: Final = b"\x8a\x80\0\0\0\0"  # a client's frames are masked; zeros change nothing
TEXT_FRAME: Final = 0x81
PING_FRAME: Final = 0x89
CLOSE_FRAME: Final = 0x88

# What being cut off, refused or answered nonsense looks like from here.
BROKEN: Final = (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError)


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Probe:
    """One process's probe. `run` is its task; `fault` is what `/readyz` asks.

    Args:
        rooms: makes the hidden session.
        address: host and port of a listening socket of this process, as it is reached from here.
        language: of the hidden session: one whose lexicon is loaded anyway.
        worker: whose viewers are tried, of several on one port; the hidden session's id says it to `workers.door`.

    Attributes:
        live: the hidden session.
        key: opens it.
    """

    def __init__(
        self, rooms: Rooms, *, address: tuple[str, int], clock: Clock, meter: Meter, language: str, worker: int = 1
    ) -> None:
        self._address, self._clock, self._meter = address, clock, meter
        self.key = secrets.token_urlsafe(32)
        self._pulse = Pulse(TRANSPORTS)
        self._watching = {transport: asyncio.Event() for transport in TRANSPORTS}
        self._connections: dict[str, _Connection] = {}
        self._all_came = asyncio.Event()
        self._told: str | None = None
        self.live: Live = rooms.hidden(
            SessionId(f"probe-{worker}-{secrets.token_hex(16)}"),
            language=language,
            created_at=iso_utc(clock.now_s()),
        )
        self.live.set_state(SessionState.LIVE)

    def admits(self, session: str, presented: str | None) -> Live | None:
        """The hidden session, for who names it and holds its key; None for everybody else."""
        return self.live if session == self.live.session and opens(self.key, presented) else None

    def fault(self) -> str | None:
        """Why the daemon does not deliver; None where captions have come back over both transports of late."""
        return self._pulse.fault(now_s=self._clock.monotonic_s())

    async def run(self) -> None:
        """Sends and watches until it is cancelled. Never fails for what it is there to find out."""
        async with asyncio.TaskGroup() as group:
            for transport in TRANSPORTS:
                group.create_task(self._watch(transport))
            group.create_task(self._beat())

    async def first(self, timeout_s: float) -> None:
        """Waits until captions come back for the first time, for `timeout_s` at most. `run` must be running."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.fault() is not None:
                    await self._all_came.wait()

    # -- captions out

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_S):
                    for transport in TRANSPORTS:
                        await self._watching[transport].wait()
            started_s = self._clock.monotonic_s()
            self._say()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_S):
                    await self._all_came.wait()
            self._look()
            await asyncio.sleep(max(0.0, BEAT_S - (self._clock.monotonic_s() - started_s)))

    def _say(self) -> None:
        now_s, wall_s = self._clock.monotonic_s(), self._clock.now_s()
        self._all_came.clear()
        words = self._pulse.send(now_s=now_s)
        arrival = Arrival(
            session=self.live.session,
            sequence=self._pulse.number,
            text=RawText(words),
            final=True,
            timestamp=iso_utc(wall_s),
            event_s=wall_s,
        )
        try:
            self.live.tick(now_s)  # before: it hands out whatever waits, and would hide that nothing else does
            self.live.deliver(arrival, received_s=now_s)
        except Exception as fault:  # what fails here fails for every session; that is what it is there to show
            log.error("the delivery probe's caption failed inside", exc_info=remains(fault))

    def _look(self) -> None:
        """Takes stock of one caption: figures, a line where it has changed, and viewers that got nothing are cut."""
        now_s = self._clock.monotonic_s()
        for transport in self._pulse.give_up():
            self._meter.count("delivery_probe_failures_total", 1, transport=transport)
            if (connection := self._connections.get(transport)) is not None:
                connection.writer.transport.abort()
                self._watching[transport].clear()  # the next caption waits for a viewer that joined anew
        for transport in TRANSPORTS:
            age_s = self._pulse.age_s(transport, now_s=now_s)
            if age_s is not None:
                self._meter.set("delivery_probe_age_seconds", age_s, transport=transport)
        fault = self.fault()
        if (fault is None) != (self._told is None):
            if fault is None:
                log.info("the delivery probe's captions come back again")
            elif self._pulse.number > 1:
                log.error("the delivery probe: %s", fault)
        self._told = fault

    # -- captions in

    async def _watch(self, transport: str) -> None:
        """A viewer of that transport, for ever: each lives for a minute, or until it is cut."""
        while True:
            try:
                async with asyncio.timeout(JOIN_S):
                    connection = await self._join(transport)
            except BROKEN as fault:
                log.debug("the delivery probe was not let in: transport=%s why=%s", transport, describe(fault))
                await asyncio.sleep(AGAIN_S)
                continue
            self._connections[transport] = connection
            self._watching[transport].set()
            try:
                async with asyncio.timeout(RENEW_S):
                    await self._read(transport, connection)
            except TimeoutError:
                pass  # its minute is over
            except BROKEN:
                await asyncio.sleep(AGAIN_S)
            finally:
                self._watching[transport].clear()
                del self._connections[transport]
                connection.writer.transport.abort()

    async def _join(self, transport: str) -> _Connection:
        """Connects and asks; answers once the stream has begun.

        Raises:
            ValueError: the daemon did not let us in.
        """
        host, port = self._address
        reader, writer = await asyncio.open_connection(host, port, limit=MAX_MESSAGE_BYTES)
        try:
            writer.write(self._request(transport, host, port))
            head = await reader.readuntil(b"\r\n\r\n")
            status = head.split(b" ", 2)[1]
            if status not in (b"101", b"200"):
                raise ValueError(f"answered {status[:3].decode('ascii', 'replace')}")
        except BaseException:
            writer.transport.abort()
            raise
        return _Connection(reader, writer)

    def _request(self, transport: str, host: str, port: int) -> bytes:
        name = host.partition("%")[0]
        lines = [
            f"GET /v1/sessions/{self.live.session}/{'ws' if transport == 'ws' else 'events'} HTTP/1.1",
            f"Host: {f'[{name}]' if ':' in name else name}:{port}",
            f"Authorization: Bearer {self.key}",
        ]
        if transport == "ws":
            nonce = secrets.token_urlsafe(16)[:22] + "=="
            lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
            lines += [f"Sec-WebSocket-Key: {nonce.replace('-', '+').replace('_', '/')}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

    async def _read(self, transport: str, connection: _Connection) -> None:
        take = _frame if transport == "ws" else _event
        while True:
            data = await take(connection)
            if data is None:
                continue
            message = orjson.loads(data)
            if message["type"] != "caption":
                continue  # a snapshot has it as well; only what is sent while it happens proves that it is
            taken_s = self._pulse.came(transport, message["text"], now_s=self._clock.monotonic_s())
            if taken_s is not None:
                self._meter.observe("delivery_probe_seconds", taken_s, transport=transport)
                if not self._pulse.missing:
                    self._all_came.set()


def opens(key: str, presented: str | None) -> bool:
    """Whether that is the key. Constant time."""
    return presented is not None and hmac.compare_digest(presented.encode("utf-8", "surrogateescape"), key.encode())


async def _frame(connection: _Connection) -> bytes | None:
    """The next text frame's payload; pings are answered.

    Raises:
        EOFError, ValueError: it is closed, or sends what a caption stream does not.
    """
    first, length = await connection.reader.readexactly(2)
    if length >= 126:
        length = int.from_bytes(await connection.reader.readexactly(2 if length == 126 else 8))
    if length > MAX_MESSAGE_BYTES:
        raise ValueError("a frame that is too long")
    payload = await connection.reader.readexactly(length)
    if first == PING_FRAME:
        connection.writer.write(PONG)
    elif first == CLOSE_FRAME:
        raise EOFError
    return payload if first == TEXT_FRAME else None


async def _event(connection: _Connection) -> bytes | None:
    """The next line's data; None where it has none.

    Raises:
        EOFError: it is closed.
    """
    line = await connection.reader.readuntil(b"\n")
    return line[6:] if line.startswith(b"data: ") else None
