"""Sessions of this daemon: started by request, brought back after a restart, followed upstream, ended, remembered.

Each session has one task: activate, then follow the stream until it is over. The task's end is the session's end.
Implements `serve.wiring.Sessions`. Source: contract, sections 3 and 4; section 5, promise 7.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final, Protocol

from captiond.base.errors import RateLimited, UpstreamError, UpstreamRefused, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.base.inside import remains
from captiond.base.instants import iso_utc
from captiond.base.observe import AuditSink, Clock
from captiond.core.arrival import Arrival
from captiond.core.messages import Caption, SessionState
from captiond.db.records import KeptSession, SavedSession
from captiond.genesys.payloads import MediaRequest
from captiond.genesys.stream import Ended, StreamSink
from captiond.hub.contained import contained
from captiond.hub.limits import TooManySessions
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.serve.bodies import SessionRequest
from captiond.serve.problems import Problem, not_available
from captiond.serve.session_view import view_of
from captiond.serve.transcripts import Transcript

log = logging.getLogger(__name__)

ACTIVATION_WAIT_S: Final = 10.0  # contract: POST waits so long; then the answer says `activating`
REVIVAL_PAUSE_S: Final = 30.0  # a session from before a restart is worth asking for again, until it is idle too long
AUDIT_BATCH: Final = 500  # records read from the file at once, off the event loop
RETRY_AFTER_S: Final = 5  # told where upstream rate-limits us and names no time


class Upstream(Protocol):
    """What of `genesys.Genesys` a session needs."""

    async def activate(self, request: MediaRequest) -> object: ...

    async def follow(self, session: SessionId, sink: StreamSink) -> Ended: ...


class Memory(Protocol):
    """What of `db.Store` a session needs."""

    def save_session(self, saved: SavedSession) -> None: ...

    def end_session(self, session: SessionId, *, state: str, reason: str | None = None) -> None: ...

    async def finals(self, session: SessionId) -> list[Caption]: ...

    async def kept(self, session: SessionId) -> KeptSession | None: ...

    async def live_sessions(self) -> list[SavedSession]: ...


@dataclass(slots=True)
class _Running:
    """One session's task, and the answer that a waiting request gets: None once it is followed, else why not."""

    task: asyncio.Task[None]
    settled: "asyncio.Future[UpstreamError | None]"

    def give_up(self) -> None:
        """It will not be followed any more; that is no fault of upstream."""
        _settle(self.settled, None)


class Sessions:
    """Every session, by its id. `group` is the parent of their tasks."""

    def __init__(
        self,
        *,
        rooms: Rooms,
        upstream: Upstream | None,
        memory: Memory,
        clock: Clock,
        audit: AuditSink,
        records: Callable[[str], Iterator[bytes]],
        group: asyncio.TaskGroup,
        sleep: Callable[[float], Any] = asyncio.sleep,
        sources: frozenset[str] = frozenset({"media"}),
    ) -> None:
        """`upstream` is None where no account is configured: sessions are then refused with a message that says so.

        Args:
            sources: where captions may come from; sessions from elsewhere are not available.
        """
        self._sources = sources
        self._rooms, self._upstream, self._memory = rooms, upstream, memory
        self._clock, self._audit, self._records, self._group, self._sleep = clock, audit, records, group, sleep
        self._running: dict[SessionId, _Running] = {}

    # -- serve.wiring.Sessions -----------------------------------------------------------------------------------

    async def create(self, request: SessionRequest) -> tuple[bool, Mapping[str, Any]]:
        """Starts captioning, or finds it running. Waits up to 10 s until upstream's stream is subscribed to.

        Raises:
            Problem: 422, 501, 502 `upstream_refused`, `upstream_unavailable` (no answer at all), 503
                `upstream_rate_limited`, `too_many_sessions`, `no_account`.
        """
        if request.source not in self._sources:
            raise not_available(f"The {request.source} source, with this genesys.profile,")
        live = self._rooms.get(request.id)
        created = live is None or live.state.over
        if created:
            live = await self._start(request)
        assert live is not None
        running = self._running.get(request.id)
        if running is not None:
            await self._await_settled(running)
        return created, view_of(live)

    def list(self) -> Sequence[Mapping[str, Any]]:
        """Views of all sessions that are kept, oldest first."""
        return [view_of(live) for live in self._rooms.all()]

    def of_conversation(self, conversation: str) -> Sequence[Mapping[str, Any]]:
        """Views of those that caption one conversation."""
        return [view_of(live) for live in self._rooms.of_conversation(conversation)]

    def get(self, session: SessionId) -> Mapping[str, Any] | None:
        """One view; None where there is no such session."""
        live = self._rooms.get(session)
        return None if live is None else view_of(live)

    def gone(self, session: SessionId) -> bool:
        """Whether it existed, ended, and its stream is kept no longer."""
        return self._rooms.gone(session)

    async def delete(self, session: SessionId) -> bool:
        """Unsubscribes, then ends the stream for its viewers. False where there is no such session."""
        live = self._rooms.get(session)
        if live is None:
            return False
        await self._stop(session, SessionState.ENDED, "deleted")
        return True

    async def transcript(self, session: SessionId) -> Transcript | None:
        """Redacted finals so far, from the store: also what is older than the log, and sessions of earlier lives."""
        live = self._rooms.get(session)
        kept = await self._memory.kept(session)
        finals, missed = await self._memory.finals(session), kept.missed if kept else ()
        if live is not None:
            return Transcript(session, live.language, live.state.value, live.created_at, finals, missed)
        if kept is None or (kept.state == SessionState.FAILED.value and not finals):
            return None  # one that upstream refused at once never was
        return Transcript(session, kept.language, kept.state, kept.created_at, finals, missed)

    async def audit(self, session: SessionId) -> AsyncGenerator[bytes, None]:
        """That session's audit records, oldest first. The file is read in a thread, a batch at a time."""
        records = self._records(session)
        while batch := await asyncio.to_thread(_take, records, AUDIT_BATCH):
            for record in batch:
                yield record

    # -- the daemon ----------------------------------------------------------------------------------------------

    async def revive(self) -> int:
        """Brings back the sessions that were live when the process last ended; answers how many."""
        revived = 0
        for saved in await self._memory.live_sessions():
            try:
                request = SessionRequest(**{**saved.request, "id": saved.session})
                if request.source not in self._sources:
                    raise LookupError("its source is not available by this configuration any more")
                finals = await self._memory.finals(saved.session)
                self._open(request, created_at=saved.created_at, finals=finals, interrupted=True)
            except Exception as fault:  # one row that nothing can be made of must not keep the daemon from starting
                log.error("session cannot be brought back: session=%s why=%s", saved.session, type(fault).__name__)
                self._memory.end_session(saved.session, state=SessionState.FAILED.value, reason="not brought back")
                continue
            self._launch(request, revived=True)
            revived += 1
        return revived

    async def end_idle(self) -> None:
        """Ends sessions that had no event for `idle_end_s`."""
        for session in self._rooms.idle(self._clock.monotonic_s()):
            await self._stop(session, SessionState.ENDED, "idle")

    async def pause(self) -> None:
        """The daemon stops: every stream is unsubscribed from, every session stays remembered as live."""
        all_running = list(self._running.values())
        for running in all_running:
            running.task.cancel()
            running.give_up()
        await asyncio.gather(*(running.task for running in all_running), return_exceptions=True)

    # -- inside --------------------------------------------------------------------------------------------------

    async def _start(self, request: SessionRequest) -> Live:
        if self._upstream is None:
            raise Problem(503, "no_account", "No Genesys account is configured: [genesys] client_id and client_secret.")
        created_at = iso_utc(self._clock.now_s())
        try:
            live = self._open(request, created_at=created_at)
        except TooManySessions as full:
            raise Problem(503, "too_many_sessions", f"{full}.", headers={"Retry-After": "60"}) from None
        self._memory.save_session(
            SavedSession(
                request.id, request.source, request.language, _saved(request), created_at, request.conversation
            )
        )
        self._launch(request, revived=False)
        return live

    def _open(
        self, request: SessionRequest, *, created_at: str, finals: Sequence[Caption] = (), interrupted: bool = False
    ) -> Live:
        live = self._rooms.open(
            request.id,
            source=request.source,
            language=request.language,
            conversation=request.conversation,
            created_at=created_at,
            restored=finals,
            interrupted=interrupted,
        )
        self._audit.record(
            "session_started", mediaSessionId=request.id, source=request.source, revived=interrupted or None
        )
        return live

    def _launch(self, request: SessionRequest, *, revived: bool) -> None:
        settled: asyncio.Future[UpstreamError | None] = asyncio.get_running_loop().create_future()
        work = self._run(request, settled, revived=revived)
        self._running[request.id] = _Running(self._group.create_task(work, name=f"session {request.id}"), settled)

    async def _await_settled(self, running: _Running) -> None:
        try:
            async with asyncio.timeout(ACTIVATION_WAIT_S):
                failure = await asyncio.shield(running.settled)
        except TimeoutError:
            return  # it goes on; what fails later becomes the state `failed`
        if failure is not None:
            raise problem_of(failure)

    async def _run(
        self, request: SessionRequest, settled: "asyncio.Future[UpstreamError | None]", *, revived: bool
    ) -> None:
        """One session's task. Whatever fails in it ends this session, not the daemon."""
        try:
            await self._follow(request, settled, revived=revived)
        except BaseException as fault:
            asked = isinstance(fault, asyncio.CancelledError) and self._running[request.id].task.cancelling()
            if asked or isinstance(fault, GeneratorExit | KeyboardInterrupt | SystemExit):  # a stray one is a fault
                raise
            log.error("session failed inside: session=%s", request.id, exc_info=remains(fault))
            failure = UpstreamUnavailable(operation="follow", why="failed inside captiond")
            _settle(settled, failure)
            contained(self._end)(request.id, SessionState.FAILED, str(failure))
        finally:
            self._running.pop(request.id, None)

    async def _follow(
        self, request: SessionRequest, settled: "asyncio.Future[UpstreamError | None]", *, revived: bool
    ) -> None:
        assert self._upstream is not None
        session, asked_s = request.id, self._clock.monotonic_s()
        try:
            await self._activate(request, revived=revived)
            ended = await self._upstream.follow(session, _Sink(self._rooms, session, settled))
        except UpstreamError as failure:
            self._fail(session, settled, failure, asked_s=asked_s, revived=revived)
            return
        if ended.error is not None:
            self._fail(session, settled, ended.error, asked_s=asked_s, revived=revived)
            return
        _settle(settled, None)
        self._end(session, SessionState.ENDED, ended.reason)

    async def _activate(self, request: SessionRequest, *, revived: bool) -> None:
        assert self._upstream is not None
        while True:
            try:
                await self._upstream.activate(_media_request(request))
            except (RateLimited, UpstreamUnavailable) as failure:
                if not revived:
                    raise
                log.warning("session not brought back yet: session=%s why=%s", request.id, failure)
                await self._sleep(REVIVAL_PAUSE_S)
            else:
                return

    def _fail(
        self,
        session: SessionId,
        settled: "asyncio.Future[UpstreamError | None]",
        failure: UpstreamError,
        *,
        asked_s: float,
        revived: bool,
    ) -> None:
        """Who asked is told, where the answer is still open: then there is no session. Else it has failed."""
        log.error("session failed: session=%s why=%s", session, failure)
        told = not settled.done() and not revived and self._clock.monotonic_s() - asked_s < ACTIVATION_WAIT_S
        _settle(settled, failure)
        self._end(session, SessionState.FAILED, str(failure))
        if told:
            self._rooms.forget(session, trace=False)

    async def _stop(self, session: SessionId, state: SessionState, reason: str) -> None:
        running = self._running.get(session)
        if running is not None:
            running.task.cancel()
            await asyncio.wait([running.task])
        self._end(session, state, reason)
        if running is not None:
            running.give_up()  # who waits for it is told how it ended

    def _end(self, session: SessionId, state: SessionState, reason: str | None) -> None:
        live = self._rooms.get(session)
        if live is None or live.state.over:
            return
        self._rooms.end(session, state, reason)
        self._memory.end_session(session, state=state.value, reason=reason)
        self._audit.record("session_ended", mediaSessionId=session, state=state.value, reason=reason)
        log.info("session over: session=%s state=%s reason=%s", session, state.value, reason)


class _Sink:
    """Hands what a stream brings to the hub; the first subscription settles the waiting request."""

    def __init__(self, rooms: Rooms, session: SessionId, settled: "asyncio.Future[UpstreamError | None]") -> None:
        self._rooms, self._session, self._settled = rooms, session, settled

    def deliver(self, arrival: Arrival, *, received_s: float) -> None:
        self._rooms.deliver(arrival, received_s=received_s)

    def disconnected(self, *, cause: str, delay_s: float) -> None:
        if self._settled.done():  # before the first subscription the session is still activating
            self._rooms.disconnected(self._session, cause)

    def subscribed(self, *, again: bool) -> None:
        if again:
            self._rooms.reconnected(self._session)
        else:
            self._rooms.set_state(self._session, SessionState.LIVE)
        _settle(self._settled, None)


def _settle(settled: "asyncio.Future[UpstreamError | None]", outcome: UpstreamError | None) -> None:
    """Answers who waits; the first outcome counts."""
    if not settled.done():
        settled.set_result(outcome)


def problem_of(failure: UpstreamError) -> Problem:
    """What a caller is told of an upstream failure (contract, section 4)."""
    if isinstance(failure, RateLimited):
        after_s = RETRY_AFTER_S if failure.retry_after_s is None else max(1, round(failure.retry_after_s))
        return Problem(
            503, "upstream_rate_limited", f"Upstream says: {failure}.", headers={"Retry-After": str(after_s)}
        )
    if isinstance(failure, UpstreamRefused | UpstreamUnavailable) and failure.status is not None:
        return Problem(
            502,
            "upstream_refused",
            f"Upstream says: {failure}.",
            extra={"upstreamStatus": failure.status, "upstreamMessage": failure.message},
        )
    return Problem(502, "upstream_unavailable", f"Upstream cannot be used: {failure}.", extra={"upstreamStatus": None})


def _media_request(request: SessionRequest) -> MediaRequest:
    return MediaRequest(
        media_session_id=request.id,
        language=request.language,
        region=request.region,
        codec=request.codec,
        profanity_filter=request.profanity_filter,
        chunk_size=request.chunk_size,
        language_model=request.language_model,
    )


def _saved(request: SessionRequest) -> dict[str, Any]:
    """The request as JSON values, without its id, which the store keeps by itself."""
    return {name: value for name, value in asdict(request).items() if name != "id"}


def _take(records: Iterator[bytes], most: int) -> list[bytes]:
    return list(islice(records, most))  # never zip(records, range(most)): it takes one more, and drops it
