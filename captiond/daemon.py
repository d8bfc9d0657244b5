"""The composition root: makes every part, hands each what it needs, runs them under one parent, and takes them down.

Nothing else knows all floors. Source: contract, sections 1 (serve), 5 (promise 7) and 8.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from captiond.audit import AuditLog
from captiond.base.errors import CaptiondError, UpstreamError
from captiond.base.inside import remains
from captiond.chores import kept_up, log_totals
from captiond.clock import SystemClock
from captiond.config_keys import Config
from captiond.core.redact import Call, Redactor, learn
from captiond.db.address import sqlite_path
from captiond.db.store import Store
from captiond.erasing import Erasing
from captiond.files import look_at_mode
from captiond.genesys.recovery import cause_of
from captiond.hub.limits import Limits as HubLimits
from captiond.hub.rooms import Rooms
from captiond.listening import BACKLOG, StartError, listen_for, url_of, viewers_possible, way_back
from captiond.logs import tell_of_loop
from captiond.metrics import Meter
from captiond.probe import Probe
from captiond.redaction_faults import RedactionFaults
from captiond.revoking import Revoking
from captiond.searching import search_of
from captiond.serve.accepting import Acceptor
from captiond.serve.access import Rules, configure
from captiond.serve.addresses import Addresses
from captiond.serve.app import IDLE_S, build
from captiond.serve.bodies import Allowed
from captiond.serve.crowd import TransportCrowd
from captiond.serve.encode import Encoder
from captiond.serve.guard import SPARE, Guard, GuardLimits
from captiond.serve.revocations import Revocations
from captiond.serve.seats import SeatLimits, Seats
from captiond.session_audit import SessionAudit
from captiond.sessions import Sessions
from captiond.upstream import upstream_of
from captiond.workers.head import Head
from captiond.workflows import Workflows

log = logging.getLogger(__name__)

TICK_S: Final = 0.1  # idle corrections, pings and slow viewers are looked at so often
TOTALS_S: Final = 60.0  # contract, section 8
ERASE_S: Final = 3600.0  # transcripts older than the configured days go within an hour
DRAIN_RETRY_MS: Final = 10_000  # told to viewers: they come back over this time, not all at once
FAREWELL_S: Final = 2.0  # for viewers to take their `bye`
PAUSE_S: Final = 4.0  # for upstream to be unsubscribed from; the whole stop has 10 s
FIRST_PROBE_S: Final = 5.0  # a start does not wait longer for proof that captions are delivered; `/readyz` does
# Objects more than were let go, until the collector looks; then every so many looks, at older ones too. Viewers leave
# no cycles (tests/serve/test_garbage.py), and at Python's 700 a fifth of a reconnect storm's time goes into looking.
# A look at the middle ones takes as long as they are many: in small portions no caption waits 0.1 s for it in a storm.
COLLECT_AFTER: Final = (5_000, 2, 50)
LATE_LOOP_S: Final = 1.0  # an event loop that is so late does not serve live captions


class Daemon:
    """One captiond. Made by `running`."""

    def __init__(
        self,
        config: Config,
        *,
        clock: SystemClock,
        store: Store,
        audit: AuditLog,
        meter: Meter,
        listeners: Sequence[socket.socket],
        revocations: Revocations,
    ) -> None:
        self.config, self.clock, self.store, self.audit, self.meter = config, clock, store, audit, meter
        self.url = ""
        self._draining_ms: int | None = None
        self._lag_s = 0.0
        self._upstream_fault: str | None = None
        wanted = config.viewers.max_connections
        most = min(wanted, len(listeners) * viewers_possible(-(-wanted // len(listeners))))
        if most < config.viewers.max_connections:
            log.warning(
                "viewers are capped by the file limit: wanted=%d possible=%d", config.viewers.max_connections, most
            )
        encode = Encoder()
        self.faults = RedactionFaults(clock=clock, meter=meter)
        self.rooms = Rooms(
            encode=encode,
            clock=clock,
            meter=meter,
            audit=audit,
            redactor=Redactor,
            call=Call,
            kinds=frozenset(config.redaction.kinds),
            limits=HubLimits(
                max_sessions=config.sessions.max_sessions,
                max_connections=most,
                max_per_session=config.viewers.max_per_session,
                max_queued_bytes=config.viewers.max_queued_bytes,
                retention_s=config.sessions.retention_s,
                retention_messages=config.sessions.retention_messages,
                idle_end_s=config.sessions.idle_end_s,
            ),
            keep=store.keep,
            faults=self.faults,
            gather=TransportCrowd,
            defer=asyncio.get_running_loop().call_soon,
        )
        self.session_audit = SessionAudit(audit, self.rooms)
        self.genesys = upstream_of(config, clock=clock, meter=meter, audit=self.session_audit)
        self._encode, self.revocations = encode, revocations
        self.probe = Probe(
            self.rooms, address=way_back(listeners[0]), clock=clock, meter=meter, language=config.genesys.languages[0]
        )
        self.seats = Seats(SeatLimits(config.viewers.max_per_address, config.viewers.new_per_address_s))
        self.addresses = Addresses(config.server.trusted_proxies)
        self.guard = Guard(
            GuardLimits(max_connections=most + SPARE),
            addresses=self.addresses,
            seats=self.seats,
            clock=clock,
            meter=meter,
        )
        self.head: Head | None = None
        if len(listeners) > 1:
            self.head = Head(
                config=config,
                listeners=listeners,
                rooms=self.rooms,
                seats=self.seats,
                revocations=revocations,
                meter=meter,
                audit=self.session_audit,
                clock=clock,
            )
        self.search = search_of(config, store, self.genesys, clock=clock, meter=meter, audit=audit, faults=self.faults)
        self.sessions: Sessions
        self.workflows: Workflows | None = None

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Makes what has tasks; `group` is their parent."""
        self.sessions = Sessions(
            rooms=self.rooms,
            upstream=self.genesys,
            memory=self.store,
            clock=self.clock,
            audit=self.session_audit,
            records=self.audit.records,
            group=group,
            sources=frozenset({"media"} if self.config.genesys.profile == "media" else ()),
        )
        if self.genesys is not None:
            self.workflows = Workflows(
                self.config,
                store=self.store,
                genesys=self.genesys,
                pace=self.clock,
                meter=self.meter,
                audit=self.session_audit,
                own_url=lambda: self.url,
                group=group,
                faults=self.faults,
            )

    @property
    def workflow_chores(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """What the workflows do for ever; nothing without an account."""
        return () if self.workflows is None else self.workflows.chores

    def application(self) -> web.Application:
        """The HTTP server's routes over these parts."""
        auth, account = self.config.auth, self.config.genesys
        access, mint = configure(
            Rules(
                api_keys=tuple(key.get_secret_value() for key in auth.api_keys),
                allowed_origins=auth.allowed_origins,
                public_sessions=auth.public_sessions,
                trusted_hosts=self.config.server.trusted_hosts,
            ),
            token_secret=auth.token_secret.get_secret_value(),
            jwks_url=auth.jwks_url,
            clock=self.clock,
            throwaway=self.head.throwaway if self.head is not None else "",
            revocations=self.revocations,
        )
        return build(
            rooms=self.rooms,
            sessions=self.sessions,
            erase=Erasing(self.rooms, self.sessions, self.store, self.session_audit),
            revoke=Revoking(self.rooms, self.revocations, self.store, self.clock, self.session_audit),
            access=access,
            mint=mint,
            clock=self.clock,
            metrics=lambda: self.meter.render(self.head.over if self.head is not None else None),
            checks={
                "upstream": lambda: self._upstream_fault,
                "event_loop": self._late,
                "audit": lambda: self.audit.fault,
                "database": lambda: self.store.fault,
                "delivery": lambda: self.probe.fault() or (self.head.fault() if self.head is not None else None),
            },
            draining_ms=lambda: self._draining_ms,
            encode=self._encode,
            meter=self.meter,
            audit=self.session_audit,
            addresses=self.addresses,
            guard=self.guard,
            hidden=self.probe.admits,
            seats=self.seats,
            freshen=self.head.freshen if self.head is not None else None,
            jobs=self.workflows,
            search=self.search,
            allowed=Allowed(account.languages, account.regions, account.codecs, account.region),
        )

    def _late(self) -> str | None:
        return f"the event loop is {self._lag_s:.1f} s late" if self._lag_s > LATE_LOOP_S else None

    # -- what goes on beside requests ------------------------------------------------------------------------------

    async def turn(self) -> None:
        """Time passes: every 100 ms the hub's ticks; how late that was is how late the loop is."""
        due_s = self.clock.monotonic_s()
        while True:
            due_s += TICK_S
            await asyncio.sleep(max(0.0, due_s - self.clock.monotonic_s()))
            now_s = self.clock.monotonic_s()
            self._lag_s = max(0.0, now_s - due_s)
            self.meter.set("event_loop_lag_seconds", self._lag_s)
            due_s = max(due_s, now_s - TICK_S)  # after a stall: no burst of missed ticks
            try:
                self.rooms.tick(now_s)
            except Exception as fault:  # in one session's timers; it must not end the captions of all others
                log.error("a tick failed", exc_info=remains(fault))

    async def keep_house(self) -> None:
        """Idle sessions end, every minute the totals are logged, every hour old transcripts go."""
        erased_s, told_s = float("-inf"), self.clock.monotonic_s()
        while True:
            await self.sessions.end_idle()
            now_s = self.clock.monotonic_s()
            if now_s - erased_s >= ERASE_S:
                erased_s = now_s
                await self._erase_old()
            await asyncio.sleep(min(TOTALS_S, self.config.sessions.idle_end_s / 4))
            if self.clock.monotonic_s() - told_s >= TOTALS_S - 1:  # a timer may fire a moment early
                told_s = self.clock.monotonic_s()
                log_totals(self.rooms, audit_records=self.audit.written)
                self.faults.tell()

    async def watch_upstream(self) -> None:
        """Asks for a token at start and whenever it may have expired, so that `/readyz` knows before a session does."""
        if self.genesys is None:
            return  # nothing is configured, so nothing is missing
        while True:
            try:
                await self.genesys.token()
            except CaptiondError as fault:
                if self._upstream_fault is None:
                    log.error("no upstream token: %s", fault)
                # Anybody may ask `/readyz`: what upstream said stands in the log alone.
                why = cause_of(fault) if isinstance(fault, UpstreamError) else type(fault).__name__
                self._upstream_fault = f"no upstream token: {why}"
            else:
                self._upstream_fault = None
            await asyncio.sleep(TOTALS_S)

    async def _erase_old(self) -> None:
        try:
            erased = await self.store.erase_older(self.config.database.transcript_days)
        except CaptiondError as fault:
            log.error("old transcripts were not erased: %s", fault)
        else:
            if erased:
                log.info("old transcripts erased: finals=%d", erased)

    # -- the end -----------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """No more viewers or sessions; everybody is told when to come back; upstream is unsubscribed from."""
        self._draining_ms = DRAIN_RETRY_MS
        log.info("draining: viewers=%d sessions=%d", self.rooms.viewers, len(list(self.rooms.all())))
        if self.head is not None:
            self.head.drain(DRAIN_RETRY_MS)
        self.rooms.drain(DRAIN_RETRY_MS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_S):
                await self.sessions.pause()
        until_s = self.clock.monotonic_s() + FAREWELL_S
        while self.rooms.viewers and self.clock.monotonic_s() < until_s:  # noqa: ASYNC110  (many ends, one wait)
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(config: Config, *, workers: int = 1) -> AsyncIterator[Daemon]:
    """A started daemon that serves at its `url`; it drains and lets go of everything at the end.

    Args:
        workers: processes that serve viewers, this one among them.
    Raises:
        StartError: a port, the audit file or the database cannot be had.
    """
    clock = SystemClock()
    meter = Meter(monotonic_s=clock.monotonic_s)
    learn(config.genesys.languages)
    async with contextlib.AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        stack.callback(loop.set_exception_handler, loop.get_exception_handler())
        loop.set_exception_handler(tell_of_loop)
        try:
            store = await Store.open(config.database.url)
            stack.push_async_callback(store.close)
            revocations = Revocations(await store.revocations())
            audit = AuditLog(Path(config.audit.path), meter=meter)
            stack.push_async_callback(asyncio.to_thread, audit.close)
        except CaptiondError as fault:
            raise StartError(str(fault)) from None
        for path in (sqlite_path(config.database.url), config.audit.path):
            look_at_mode(Path(path))
        listeners = listen_for(workers, config.server.host, config.server.port)
        for listener in listeners:
            stack.enter_context(listener)
        daemon = Daemon(
            config, clock=clock, store=store, audit=audit, meter=meter, listeners=listeners, revocations=revocations
        )
        stack.push_async_callback(daemon.search.close)
        if daemon.genesys is not None:
            stack.push_async_callback(daemon.genesys.close)
        async with asyncio.TaskGroup() as group:
            daemon.begin(group)
            runner = web.AppRunner(
                daemon.application(),
                access_log=None,
                handle_signals=False,
                shutdown_timeout=1.0,
                keepalive_timeout=IDLE_S,
                auto_decompress=False,  # it is done before we know who asks, and 1 kB may become 1 MB of work
            )
            await runner.setup()
            server = daemon.guard.stand_before(runner)
            chores = [
                group.create_task(kept_up(chore)) for chore in (daemon.turn, daemon.keep_house, daemon.watch_upstream)
            ]
            try:
                # Before anybody is answered: a viewer that comes back at once must find its session, not a 404.
                revived = await daemon.sessions.revive() if daemon.genesys is not None else 0
                acceptor = Acceptor(listeners[0], server, group=group)
                if daemon.head is None:
                    acceptor.open(backlog=BACKLOG)
                else:
                    await daemon.head.begin(server, group)
                daemon.url = url_of(listeners[0])
                # Workflows go on now that callbacks can come.
                chores += [group.create_task(kept_up(chore)) for chore in (daemon.probe.run, *daemon.workflow_chores)]
                await daemon.probe.first(FIRST_PROBE_S)
                log.info("serving: url=%s sessions_brought_back=%d", daemon.url, revived)
                yield daemon
            finally:
                await daemon.drain()
                if daemon.head is not None:
                    daemon.head.end()
                for chore in chores:
                    chore.cancel()
                acceptor.close()
                await runner.cleanup()


async def serve(
    config: Config, *, announce: Callable[[str], None], remarks: Sequence[str] = (), workers: int = 1
) -> None:
    """`captiond serve`: runs until SIGTERM or SIGINT, then drains.

    Args:
        announce: told the URL once requests are answered.
        remarks: what an operator should know of this configuration; logged at the start.
    """
    for remark in remarks:
        log.warning("configuration: %s", remark)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(config, workers=workers) as daemon:
        gc.freeze()  # what is loaded now stays; full collections need not look at it again
        gc.set_threshold(*COLLECT_AFTER)
        announce(daemon.url)
        await stop.wait()
