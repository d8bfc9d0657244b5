"""Connections before they are viewers: how many, from where, how long they may say nothing and take nothing.

aiohttp bounds a head's lines and their number, and after minutes an idle connection; not how many connections there
are, nor who has them, nor an answer that its peer does not read. What this rests on, so that a new aiohttp which
changes it turns `tests/serve/test_guard.py` red: `web.Server` is told of each connection (`connection_made`,
`connection_lost`), and a transport's protocol can be replaced, so that until its first request we hear it first.

Nobody is refused for being slow while there is room; where there is none, who has been quiet longest gives way.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from captiond.base.errors import LocalError
from captiond.base.observe import Clock, Meter
from captiond.serve.addresses import Addresses, parse_address
from captiond.serve.seats import Seats

HEAD_ENDS: Final = b"\r\n\r\n"
SPARE: Final = 128  # connections beside viewers: the control API, health, metrics, pages, the delivery probe's
SPARE_PER_ADDRESS: Final = 64  # of one address beside its viewers
UNACKNOWLEDGED_MS: Final = 60_000  # a peer that acknowledges nothing, or whose window stays shut, for so long is gone


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Bounds of connections that are no viewers (yet).

    Attributes:
        max_connections: open at once, viewers among them.
        head_wait_s: from the connection to the end of its first request's head; who types is faster.
        max_head_bytes: that may come until then: a request line and the headers of any browser and two proxies.
        answer_wait_s: an answer that its peer has not taken after so long is thrown away with its connection.
        least_rest_s: who was heard of so lately does not give way.
    """

    max_connections: int = 20_000 + SPARE
    head_wait_s: float = 10.0
    max_head_bytes: int = 32_768
    answer_wait_s: float = 60.0
    least_rest_s: float = 1.0


class Visit(asyncio.Protocol):
    """One connection that is no viewer. Until its first request it stands before aiohttp's protocol, counting bytes of
    its head."""

    __slots__ = ("_end", "_guard", "_left_bytes", "handler", "since_s", "transport")

    def __init__(
        self, guard: "Guard", handler: web.RequestHandler, transport: asyncio.Transport, *, now_s: float, max_bytes: int
    ) -> None:
        self._guard, self._left_bytes = guard, max_bytes
        self._end: bytes | None = b""  # the last bytes that came; None once the head has ended
        self.handler, self.transport, self.since_s = handler, transport, now_s

    def data_received(self, data: bytes) -> None:
        if self._end is not None:
            # Its head may end across two reads; a body may stand right behind it.
            said = self._end + data
            at = said.find(HEAD_ENDS)
            self._left_bytes -= len(data) if at < 0 else at - len(self._end)
            self._end = said[-len(HEAD_ENDS) + 1 :] if at < 0 else None
        if self._left_bytes < 0:
            self._guard.cut(self, "head_bytes")
        else:
            self.handler.data_received(data)

    def eof_received(self) -> bool | None:
        self.handler.eof_received()
        return None

    def pause_writing(self) -> None:
        self.handler.pause_writing()

    def resume_writing(self) -> None:
        self.handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.handler.connection_lost(exc)


class Guard:
    """All connections of one server. Time is turned by `tick`."""

    def __init__(self, limits: GuardLimits, *, addresses: Addresses, seats: Seats, clock: Clock, meter: Meter) -> None:
        self._limits, self._addresses, self._seats, self._clock, self._meter = limits, addresses, seats, clock, meter
        self.connections = 0
        self._silent: dict[web.RequestHandler, Visit] = {}  # the one that came first stands first
        self._visits: dict[web.RequestHandler, Visit] = {}  # that have asked; the one heard of longest ago stands first
        self._names: dict[web.RequestHandler, str] = {}  # of those whose address is limited
        self._of_address: dict[str, int] = {}

    def stand_before(self, runner: web.BaseRunner) -> web.Server:
        """From now on the connections of its server, which is the answer, come by here. It is set up already."""
        server = runner.server
        if server is None:
            raise LocalError("a runner that is not set up has no server")
        made, lost = server.connection_made, server.connection_lost

        def connection_made(handler: web.RequestHandler, transport: asyncio.Transport) -> None:
            made(handler, transport)
            self._arrive(handler, transport)

        def connection_lost(handler: web.RequestHandler, exc: BaseException | None = None) -> None:
            self._leave(handler)
            lost(handler, exc)

        # aiohttp has no hook for a connection that comes or goes: these two methods of this one server are replaced.
        server.connection_made = connection_made  # type: ignore[method-assign]
        server.connection_lost = connection_lost  # type: ignore[method-assign]
        return server

    # -- what requests tell

    def heard(self, handler: web.RequestHandler) -> None:
        """A request of that connection has begun."""
        visit = self._silent.pop(handler, None)
        if visit is not None:
            visit.transport.set_protocol(handler)
        else:
            visit = self._visits.pop(handler, None)
        if visit is None and handler.transport is not None:  # it was to be a viewer, and became none
            visit = Visit(self, handler, handler.transport, now_s=0.0, max_bytes=0)
        if visit is not None:
            visit.since_s = self._clock.monotonic_s()
            self._visits[handler] = visit

    def seated(self, handler: web.RequestHandler) -> None:
        """It is to be a viewer: its outlet looks after it, and its connection ends with that."""
        self._visits.pop(handler, None)

    # -- what time brings

    def tick(self) -> None:
        """Ends what has waited too long. A few times a second."""
        now_s = self._clock.monotonic_s()
        self._meter.set("connections", self.connections)
        for visit in _older(self._silent, now_s - self._limits.head_wait_s):
            self.cut(visit, "head")
        for visit in _older(self._visits, now_s - self._limits.answer_wait_s):
            if visit.transport.get_write_buffer_size():
                self.cut(visit, "answer")
            else:  # idle within aiohttp's own bound, or its request is still at work
                visit.since_s = now_s
                self._visits[visit.handler] = self._visits.pop(visit.handler)

    def cut(self, visit: Visit, reason: str) -> None:
        """Ends a connection, whatever it still has to say or to take."""
        self._silent.pop(visit.handler, None)
        self._visits.pop(visit.handler, None)
        self._meter.count("connections_cut_total", 1, reason=reason)
        visit.transport.abort()

    # -- who comes and goes

    def _arrive(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        self.connections += 1
        name = self._name(transport)
        if name is not None:
            self._names[handler] = name
            self._of_address[name] = self._of_address.get(name, 0) + 1
        visit = Visit(self, handler, transport, now_s=self._clock.monotonic_s(), max_bytes=self._limits.max_head_bytes)
        if name is not None and self._of_address[name] > self._seats.per_address + SPARE_PER_ADDRESS:
            self._refuse(transport, "address")
        elif self.connections > self._limits.max_connections and not self._make_room():
            self._refuse(transport, "node")
        else:
            self._silent[handler] = visit
            transport.set_protocol(visit)
            _forget_the_dead(transport)

    def _refuse(self, transport: asyncio.Transport, reason: str) -> None:
        """Cut when aiohttp has begun with it: cut before, its task would fail, with a line in the log for each."""
        self._meter.count("connections_cut_total", 1, reason=reason)
        asyncio.get_running_loop().call_soon(transport.abort)

    def _leave(self, handler: web.RequestHandler) -> None:
        self.connections -= 1
        self._silent.pop(handler, None)
        self._visits.pop(handler, None)
        name = self._names.pop(handler, None)
        if name is not None:
            self._of_address[name] -= 1
            if not self._of_address[name]:
                del self._of_address[name]

    def _make_room(self) -> bool:
        """Lets go of the connection that has been quiet longest; False where each was heard of lately."""
        before_s = self._clock.monotonic_s() - self._limits.least_rest_s
        for waiting in (self._silent, self._visits):
            for visit in _older(waiting, before_s, most=1):
                self.cut(visit, "room")
                return True
        return False

    def _name(self, transport: asyncio.Transport) -> str | None:
        """What its peer's address counts as; None for proxies of ours, who stand for many."""
        peer = transport.get_extra_info("peername")
        address = parse_address(str(peer[0])) if isinstance(peer, tuple) else None
        return None if address is None or self._addresses.is_proxy(address) else self._seats.name(address)


def _older(visits: dict[web.RequestHandler, Visit], than_s: float, *, most: int = 1_000) -> list[Visit]:
    """The first ones, as long as they are as old as that."""
    found: list[Visit] = []
    for visit in visits.values():
        if visit.since_s > than_s or len(found) == most:
            break
        found.append(visit)
    return found


def _forget_the_dead(transport: asyncio.Transport) -> None:
    """A peer that acknowledges nothing would hold its answer, and its connection, for a quarter of an hour."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
