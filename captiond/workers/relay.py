"""A relay: a process that serves viewers of the head's sessions, and nothing else. Started by the head alone.

Its way of ending is the end of its link: a relay without a head has nothing to say. Signals are the head's: whoever
stops a service or presses Ctrl-C reaches all its processes, and a relay goes when its viewers have been told.
"""

import asyncio
import gc
import logging
import os
import random
import signal
import socket
import sys
from typing import Any, Final

import uvloop
from aiohttp import web

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Index, SessionId
from captiond.base.inside import remains
from captiond.clock import SystemClock
from captiond.core.messages import SessionState
from captiond.hub.mirror import Mirror, Mirrors
from captiond.listening import viewers_possible
from captiond.logs import set_up, tell_of_loop, tell_uncaught
from captiond.memory import keep_private
from captiond.metrics import Meter
from captiond.probe import opens
from captiond.serve.access import configure
from captiond.serve.addresses import Addresses
from captiond.serve.app import IDLE_S, build
from captiond.serve.crowd import TransportCrowd
from captiond.serve.decode import read, wire_of
from captiond.serve.encode import Encoder
from captiond.serve.guard import SPARE, Guard, GuardLimits
from captiond.serve.revocations import Revocations
from captiond.serve.seats import SeatLimits, Seats
from captiond.workers.asks import Asks
from captiond.workers.copying import unpack
from captiond.workers.deal import Deal
from captiond.workers.door import Door, Hatch
from captiond.workers.figures import told_by
from captiond.workers.frames import Kind, LinkFault, parse_batch, parse_order
from captiond.workers.link import Link
from captiond.workers.settings import Settings, parse_settings

log = logging.getLogger(__name__)

TICK_S: Final = 0.1  # as the head's
LEAVE_S: Final = 5.0  # for a clean end; after that it just ends: nobody is left to look after it
ALIVE_S: Final = 1.0  # how often the head hears that we are well
FIGURES_S: Final = 10.0  # what a relay counts after that is lost if it is killed; a scrape asks by itself


class RelayProcess:
    """One relay, from its first order to the end of its link."""

    def __init__(self, link: socket.socket, hatch: socket.socket, listener: socket.socket) -> None:
        self._sockets = (link, hatch, listener)
        self._clock = SystemClock()
        self._meter = Meter(monotonic_s=self._clock.monotonic_s)
        self._ended = asyncio.Event()
        self._begun: asyncio.Future[Settings] = asyncio.get_running_loop().create_future()
        self._filled = asyncio.Event()
        self._streams: dict[int, Mirror] = {}
        self._draining_ms: int | None = None
        self._link = Link(self._heard, self._ended.set)
        self._mirrors: Mirrors
        self._asks: Asks
        self._deal: Deal
        self._guard: Guard
        self._revocations: Revocations
        self._probes: dict[str, str]  # the delivery probe's hidden sessions, and what opens them

    async def run(self) -> None:
        """Returns when the head has gone."""
        link, hatch_socket, listener = self._sockets
        await self._link.attach(link)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._serve(group, hatch_socket, listener))
            await self._ended.wait()
            asyncio.get_running_loop().call_later(LEAVE_S, os._exit, 1)
            watch.cancel()

    async def _serve(self, group: asyncio.TaskGroup, hatch_socket: socket.socket, listener: socket.socket) -> None:
        settings = await self._begun
        runner = web.AppRunner(
            self._application(settings),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=0.1,
            keepalive_timeout=IDLE_S,
            auto_decompress=False,
        )
        await runner.setup()
        server = self._guard.stand_before(runner)
        hatch = Hatch(hatch_socket, lambda _to, connection: door.adopt(connection))
        # Whom it is for stands beside it: the head passes on what is not for itself.
        door = Door(me=settings.worker, deal=self._deal, hand=hatch.hand, serve=server, group=group)
        try:
            await self._filled.wait()
            listener.setblocking(False)
            door.open(listener)
            self._tell_figures()
            self._link.tell("serving")
            log.info("a worker is up: sessions=%d", len(self._mirrors))
            gc.freeze()
            await self._turn()
        finally:
            door.shut()
            listener.close()  # at once: the head's successor wants the port
            hatch.close()
            await runner.cleanup()

    def _application(self, settings: Settings) -> web.Application:
        access, _ = configure(
            settings.rules,
            token_secret=settings.token_secret,
            jwks_url=settings.jwks_url,
            throwaway=settings.throwaway,
            clock=self._clock,
            revocations=self._revocations,
        )
        addresses, seats = Addresses(settings.trusted_proxies), Seats(SeatLimits(per_address=settings.per_address))
        self._guard = Guard(
            GuardLimits(max_connections=viewers_possible(settings.limits.max_connections) + SPARE),
            addresses=addresses,
            seats=seats,
            clock=self._clock,
            meter=self._meter,
        )
        app = build(
            rooms=self._mirrors,
            sessions=None,
            revoke=None,
            access=access,
            mint=None,
            clock=self._clock,
            metrics=self._meter.render,
            checks={},
            draining_ms=lambda: self._draining_ms,
            encode=Encoder(),
            meter=self._meter,
            audit=self._asks,
            addresses=addresses,
            seats=seats,
            guard=self._guard,
            node=self._asks,
            hidden=self._hidden,
        )
        app.middlewares.insert(0, self._asks.give_back)
        return app

    def _hidden(self, session: str, presented: str | None) -> Mirror | None:
        """The delivery probe's session, for who holds its key."""
        key = self._probes.get(session)
        return self._mirrors.hidden(SessionId(session)) if key is not None and opens(key, presented) else None

    async def _turn(self) -> None:
        """As the head's turn: time passes; and the head hears of us."""
        due_s = alive_s = told_s = self._clock.monotonic_s()
        while True:
            due_s += TICK_S
            await asyncio.sleep(max(0.0, due_s - self._clock.monotonic_s()))
            now_s = self._clock.monotonic_s()
            self._meter.set("event_loop_lag_seconds", max(0.0, now_s - due_s))
            due_s = max(due_s, now_s - TICK_S)
            try:
                self._mirrors.tick(now_s)
                if now_s - told_s >= FIGURES_S:
                    told_s = alive_s = now_s
                    self._tell_figures()
                elif now_s - alive_s >= ALIVE_S:
                    alive_s = now_s
                    self._link.tell("alive")
            except Exception as fault:
                log.error("a tick failed", exc_info=remains(fault))

    def _tell_figures(self) -> None:
        self._mirrors.set_gauges()
        self._link.tell("figures", figures=told_by(self._meter))

    # -- the head's orders

    def _heard(self, kind: Kind, body: bytes) -> None:
        if kind is Kind.BATCH:
            put_s, entries = parse_batch(body)
            for number, json in entries:
                stream = self._stream(number)
                wire = wire_of(json, epoch=stream.epoch, index=Index(stream.next_index))
                stream.follow(read(wire), wire, put_s=put_s)
        elif kind is Kind.COPY:
            number, copy = unpack(body)
            self._streams[number] = self._mirrors.open(copy, hidden=copy.session in self._probes)
        else:
            self._obey(parse_order(body))

    def _obey(self, said: dict[str, Any]) -> None:
        match said["do"]:
            case "answer":
                self._asks.answered(said)
            case "loads":
                self._deal.told({int(worker): int(load) for worker, load in said["loads"]})
            case "over":
                self._mirrors.over(self._stream(said["number"]), SessionState(said["state"]), said["reason"])
            case "dismiss":
                self._stream(said["number"]).farewell(CloseCode(said["code"]), ())
            case "forget":
                self._mirrors.forget(self._stream(said["number"]), trace=said["trace"])
                del self._streams[said["number"]]
            case "gone":
                self._mirrors.remember_gone([SessionId(session) for session in said["sessions"]])
            case "revoke":
                self._revocations.revoke(str(said["session"]), at_s=float(said["atS"]))
            case "figures":
                self._tell_figures()
            case "drain":
                self._draining_ms = int(said["retryMs"])
                self._deal.told({})
                self._mirrors.drain(self._draining_ms)
            case "filled":
                self._filled.set()
            case "begin":
                self._begin(parse_settings(said["settings"]), said["revoked"], said["probes"])
            case _:
                raise LinkFault("the head says what this worker does not know")

    def _begin(self, settings: Settings, revoked: dict[str, float], probes: dict[str, str]) -> None:
        set_up(level=settings.log_level, layout=settings.log_layout)
        stamp(settings.worker)
        self._revocations = Revocations(revoked)
        self._probes = probes
        self._deal = Deal(settings.worker)
        self._asks = Asks(self._link, self._clock)
        chance = random.SystemRandom()
        self._mirrors = Mirrors(
            encode=Encoder(),
            read=read,
            clock=self._clock,
            meter=self._meter,
            limits=settings.limits,
            spread=lambda _nth: chance.uniform(0.5, 1.0),
            gather=TransportCrowd,
            defer=asyncio.get_running_loop().call_soon,
        )
        self._begun.set_result(settings)

    def _stream(self, number: int) -> Mirror:
        stream = self._streams.get(number)
        if stream is None:
            raise LinkFault("an order for a stream that is not here")
        return stream


def stamp(worker: int) -> None:
    """Every line of this process's log says which worker wrote it."""

    def add(record: logging.LogRecord) -> bool:
        record.worker = worker
        return True

    for handler in logging.getLogger().handlers:
        handler.addFilter(add)


def main() -> int:
    """The process: `sys.argv` has the file descriptors of link, hatch and listening socket behind the folder."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    keep_private()  # it takes the head's limits with it, but not this; the head has said what cannot be done here
    tell_uncaught()
    link, hatch, listener = (socket.socket(fileno=int(word)) for word in sys.argv[2:5])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(link, hatch, listener))
    return 0


async def _run(link: socket.socket, hatch: socket.socket, listener: socket.socket) -> None:
    asyncio.get_running_loop().set_exception_handler(tell_of_loop)
    await RelayProcess(link, hatch, listener).run()
