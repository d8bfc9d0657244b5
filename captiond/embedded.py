"""The live path in a program of one's own: no daemon and no port. Upstream, redaction, log and audit are the same.

    async with captiond.open_captions(config) as live, live.captions("ms-1") as captions:
        async for event in captions:
            ...

The database and the audit file of the configuration are this program's meanwhile. See docs/library.md.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from captiond.audit import AuditLog
from captiond.base.close_codes import CloseCode
from captiond.base.errors import CaptiondError
from captiond.base.ids import SessionId
from captiond.chores import kept_up
from captiond.clock import SystemClock
from captiond.config_keys import Config
from captiond.core.redact import Call, Redactor, learn
from captiond.core.screen import Screen
from captiond.db.store import Store
from captiond.following import figures_of, tasks
from captiond.heard import MAX_WAITING, Captions, CaptionsFailed
from captiond.hub.limits import Limits
from captiond.hub.rooms import Rooms
from captiond.hub.wire import Wire
from captiond.metrics import Meter
from captiond.redaction_faults import RedactionFaults
from captiond.serve.bodies import Allowed, parse_session
from captiond.serve.encode import Encoder
from captiond.serve.problems import Problem
from captiond.session_audit import SessionAudit
from captiond.sessions import Sessions
from captiond.upstream import upstream_of

TICK_S: Final = 0.1  # idle corrections are looked at so often
FLUSH_S: Final = 1.0  # for audit records to be in the file before they are read


class OpenCaptions:
    """The live path, running. Made by `open_captions`."""

    def __init__(
        self, *, rooms: Rooms, sessions: Sessions, meter: Meter, audit: AuditLog, allowed: Allowed, store: Store
    ) -> None:
        self._rooms, self._sessions, self._meter, self._audit = rooms, sessions, meter, audit
        self._allowed, self._store = allowed, store

    @asynccontextmanager
    async def captions(
        self,
        session: str,
        *,
        language: str | None = None,
        conversation: str | None = None,
        partials: bool = True,
        max_waiting: int = MAX_WAITING,
        **more: Any,
    ) -> AsyncIterator[Captions]:
        """Starts captioning a media session, and listens; upstream is unsubscribed from when the block is left.

        A session that runs already in this program is listened to as well, and goes on when this block is left.

        Args:
            session: the media session's id.
            conversation: links media sessions of one call: cues of one reach the others.
            more: `region`, `codec`, `profanityFilter`, `chunkSize`, `languageModel`, as the API takes them.
        Raises:
            CaptionsFailed: it cannot be started; `code` is that of the API, such as `unsupported_language`.
        """
        body = {"mediaSessionId": session, "language": language, "conversationId": conversation, **more}
        given = {name: value for name, value in body.items() if value is not None}
        try:
            created, _ = await self._sessions.create(parse_session(orjson.dumps(given), self._allowed))
        except Problem as problem:
            raise CaptionsFailed(problem.code, problem.detail) from None
        captions = Captions(session, partials=partials, max_waiting=max_waiting)
        ear = _Ear(captions)
        live = self._rooms.get(SessionId(session))
        assert live is not None
        viewer = live.join(ear)
        try:
            yield captions
        finally:
            live.leave(viewer)
            captions.end()
            if created:
                await self._sessions.delete(SessionId(session))

    def figures(self) -> Mapping[str, float]:
        """Every figure as a number, by its name in `/metrics`, labels included."""
        exposition, _ = self._meter.render()
        return figures_of(exposition.decode())

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """The sessions, with their figures: gaps, lost events, duplicates, latency."""
        return self._sessions.list()

    async def audit(self, session: str) -> Sequence[Mapping[str, Any]]:
        """A session's audit records so far, oldest first."""
        await asyncio.to_thread(self._audit.flush, FLUSH_S)
        return [orjson.loads(record) async for record in self._sessions.audit(SessionId(session))]

    async def transcript(self, session: str) -> str:
        """What was said, redacted: the text of each final in its newest revision, one a line."""
        return "\n".join(final.text for final in await self._store.finals(SessionId(session)))


@asynccontextmanager
async def open_captions(config: Config, *, meter: Meter | None = None) -> AsyncIterator[OpenCaptions]:
    """The live path of a configuration, running until the block is left.

    Args:
        config: of `load_config`; its `[genesys]` account, `[redaction]`, `[sessions]`, `[database]` and `[audit]`.
        meter: another one than its own.
    Raises:
        CaptiondError: no account, or the database or the audit file cannot be had.
    """
    clock = SystemClock()
    learn(config.genesys.languages)
    async with AsyncExitStack() as stack:
        store = await Store.open(config.database.url)
        stack.push_async_callback(store.close)
        meter = meter or Meter(monotonic_s=clock.monotonic_s)
        log = AuditLog(Path(config.audit.path), meter=meter)
        stack.push_async_callback(asyncio.to_thread, log.close)
        wanted = config.sessions
        faults = RedactionFaults(clock=clock, meter=meter)
        rooms = Rooms(
            encode=Encoder(),
            clock=clock,
            meter=meter,
            audit=log,
            redactor=Redactor,
            call=Call,
            kinds=frozenset(config.redaction.kinds),
            limits=Limits(
                max_sessions=wanted.max_sessions,
                retention_s=wanted.retention_s,
                retention_messages=wanted.retention_messages,
                idle_end_s=wanted.idle_end_s,
            ),
            keep=store.keep,
            faults=faults,
        )
        audit = SessionAudit(log, rooms)
        genesys = upstream_of(config, clock=clock, meter=meter, audit=audit)
        if genesys is None:
            raise CaptiondError("no Genesys account is configured: [genesys] client_id and client_secret")
        stack.push_async_callback(genesys.close)
        account = config.genesys
        allowed = Allowed(account.languages, account.regions, account.codecs, account.region)
        async with tasks() as group:
            sessions = Sessions(
                rooms=rooms,
                upstream=genesys,
                memory=store,
                clock=clock,
                audit=audit,
                records=log.records,
                group=group,
            )
            ticking = group.create_task(kept_up(_ticking(rooms, sessions, faults, clock)))
            try:
                yield OpenCaptions(rooms=rooms, sessions=sessions, meter=meter, audit=log, allowed=allowed, store=store)
            finally:
                ticking.cancel()
                await sessions.pause()


def _ticking(rooms: Rooms, sessions: Sessions, faults: RedactionFaults, clock: SystemClock) -> Callable[[], Any]:
    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK_S)
            rooms.tick(clock.monotonic_s())
            faults.tell()
            await sessions.end_idle()

    return tick


class _Ear:
    """A viewer within the process: what is written to it has been heard. Implements `hub.wire.Outlet`."""

    transport = "library"

    def __init__(self, captions: Captions) -> None:
        self._captions, self._screen = captions, Screen()

    def write(self, wires: Sequence[Wire]) -> bool:
        """Takes all, at once: what waits is bounded by `Captions` itself."""
        for wire in wires:
            message = orjson.loads(wire.json)
            self._captions.heard(self._screen.apply(message), self._screen, message)
        return True

    def backlog(self) -> int:
        """Nothing is ever left."""
        return 0

    def on_writable(self, callback: Callable[[], None]) -> None:
        """It always is."""

    def on_full(self, callback: Callable[[], None]) -> None:
        """It never is."""

    def on_lost(self, callback: Callable[[], None]) -> None:
        """There is nothing to lose."""

    def close(self, code: CloseCode) -> None:
        """The session is over, or does not go on here."""
        if code is CloseCode.SESSION_ENDED and self._screen.state == "failed":
            reason = f": {self._screen.reason}" if self._screen.reason else ""
            self._captions.end(CaptionsFailed("failed", f"the session failed{reason}"))
        else:
            self._captions.end()
