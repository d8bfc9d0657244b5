"""All sessions of this process: opened, found, delivered to, ticked, ended, kept for late viewers, forgotten."""

import logging
import random
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from captiond.base.close_codes import CloseCode
from captiond.base.errors import LocalError
from captiond.base.ids import Epoch, SessionId
from captiond.base.inside import Inside, remains, sealed
from captiond.base.observe import AuditSink, Clock, FaultSink, Meter, NullAudit, NullFaults, NullMeter
from captiond.core.arrival import Arrival
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, SessionState
from captiond.core.redacting import Redacting
from captiond.core.room import Room
from captiond.hub.audience import EachAlone
from captiond.hub.copies import Following
from captiond.hub.limits import Draining, Limits, TooManySessions, TooManyViewers
from captiond.hub.live import Keep, Live
from captiond.hub.wire import Defer, Encode, Gather

log = logging.getLogger(__name__)

EPOCH_LETTERS: Final = 8
MAX_GONE: Final = 10_000  # ids of forgotten sessions, to say 410 rather than 404; ~1 MB
AFTER_FAULT_S: Final = 5.0  # a session whose tick failed is asked again so much later: the log must not fill the disk
HIDDEN_MESSAGES: Final = 16  # of a hidden session's log: nobody resumes far back in it
GAUGES_EVERY_S: Final = 1.0
FAREWELL_TIMES: Final = 32  # different retry times in a drain: enough that thousands don't come back at once


class Rooms:
    """The sessions of this process, and what they share.

    Args:
        encode: makes bytes of messages, once for all viewers.
        redactor: makes one channel's redactor: `core.redact.Redactor`.
        call: makes what linked channels and sessions share: `core.redact.Call`.
        kinds: what is redacted; see the configuration.
        keep: takes finals and corrections to store them.
        chance: epochs and the spread of retries; a seeded one in tests.
        gather, defer: how viewers are written to together, and when; see `hub.stream`.

    Attributes:
        draining: no more viewers.
        viewers: connected to any session, to other workers of this node too.
        following: told of every session's stream, for the viewers of other workers; set before the first is opened.
    """

    def __init__(
        self,
        *,
        encode: Encode,
        clock: Clock,
        meter: Meter,
        audit: AuditSink,
        redactor: Callable[..., Redacting],
        call: Callable[[], Any],
        kinds: frozenset[str],
        limits: Limits | None = None,
        keep: Keep | None = None,
        chance: random.Random | None = None,
        faults: FaultSink | None = None,
        gather: Gather = EachAlone,
        defer: Defer | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.draining = False
        self.viewers = 0
        self._encode, self._clock, self._meter, self._audit = encode, clock, meter, audit
        self._redactor, self._call, self._kinds, self._keep = redactor, call, kinds, keep
        self._faults = faults or NullFaults()
        self._chance = chance or random.SystemRandom()
        self._gather, self._defer = gather, defer
        self.following: Following | None = None
        self._lives: dict[SessionId, Live] = {}
        self._gone: dict[SessionId, None] = {}
        self._calls: dict[str, Any] = {}
        self._conversations: dict[str, dict[SessionId, None]] = {}  # the sessions of each, in order of their beginning
        self._gauges_s = float("-inf")
        self._transports: set[str] = set()

    def open(
        self,
        session: SessionId,
        *,
        source: str,
        language: str,
        conversation: str | None = None,
        created_at: str,
        restored: Sequence[Caption] = (),
        earlier_finals: int = 0,
        interrupted: bool = False,
    ) -> Live:
        """A new session, `activating`, with a new log. One that is over is replaced, its viewers dismissed.

        Args:
            conversation: links media sessions of one call: cues of one reach the others.
            restored: redacted finals of before a restart, oldest first; the last 50 are put into the new log.
            earlier_finals: how many finals there were before those.
            interrupted: it ran in an earlier life of the daemon: viewers see a gap of unknown size, and every channel
                counts as cued, since the words of that time are not known.
        Raises:
            TooManySessions: `max_sessions` are running.
            LocalError: it runs already.
        """
        old = self._lives.get(session)
        if old is not None and not old.state.over:
            raise LocalError("the session runs already")
        if sum(not live.state.over for live in self._lives.values()) >= self.limits.max_sessions:
            raise TooManySessions(limit=self.limits.max_sessions)
        if old is not None:
            self.forget(session)
        call = self._call()
        if conversation is not None:
            call = self._calls.setdefault(conversation, call)
        live = self._lives[session] = self._make(
            session,
            call,
            source=source,
            language=language,
            created_at=created_at,
            meter=self._meter,
            audit=self._audit,
            limits=self.limits,
            keep=self._keep,
            restored=restored,
            earlier_finals=earlier_finals,
            arriving=self._arriving,
            interrupted=interrupted,
        )
        live.conversation = conversation
        if conversation is not None:
            self._conversations.setdefault(conversation, {})[session] = None
        self._gone.pop(session, None)
        if self.following is not None:
            live.following = self.following
            self.following.opened(live)
        return live

    def of_conversation(self, conversation: str) -> list[Live]:
        """The sessions that caption it, and the one that is called as it is. Costs nothing for the others."""
        named = dict.fromkeys((*self._conversations.get(conversation, ()), SessionId(conversation)))
        return [live for session in named if (live := self._lives.get(session)) is not None]

    def hidden(self, session: SessionId, *, language: str, created_at: str) -> Live:
        """A session made as all are, and known to nobody but the caller: in no list, figure, record or limit. The
        caller lets its viewers in, calls its `tick`, and ends it. For the daemon's own use: see `captiond.probe`.
        """
        return self._make(
            session,
            self._call(),
            source="probe",
            language=language,
            created_at=created_at,
            meter=NullMeter(),
            audit=NullAudit(),
            limits=replace(self.limits, retention_messages=HIDDEN_MESSAGES),
            keep=None,
            arriving=lambda _by: None,
        )

    def get(self, session: SessionId) -> Live | None:
        """The session, running or over; None where it was never here or is forgotten (see `gone`)."""
        return self._lives.get(session)

    def all(self) -> Iterable[Live]:
        """Every session that is kept, oldest first."""
        return list(self._lives.values())

    def gone(self, session: SessionId) -> bool:
        """Whether it existed, is over and kept no longer: 410 rather than 404."""
        return session in self._gone and session not in self._lives

    def idle(self, now_s: float) -> list[SessionId]:
        """Running sessions without an event for `idle_end_s`. The daemon unsubscribes, then calls `end`."""
        return [
            live.session
            for live in self._lives.values()
            if not live.state.over and now_s - live.last_event_s >= self.limits.idle_end_s
        ]

    def deliver(self, arrival: Arrival, *, received_s: float) -> Verdict | None:
        """One upstream event, all the way to the viewers. Neither waits nor raises for what upstream sent. Who calls
        this is `sealed`, as `genesys.stream` is.

        Args:
            received_s: monotonic, when its frame was read.
        Returns:
            What became of it; None where no such session runs.
        """
        live = self._lives.get(arrival.session)
        if live is None or live.state.over:
            return None
        return live.deliver(arrival, received_s=received_s)

    def set_state(self, session: SessionId, state: SessionState, reason: str | None = None) -> None:
        """Tells viewers of a new state (`activating`, `live`, `reconnecting`). `end` is for the last two."""
        live = self._lives.get(session)
        if live is not None:
            if state.over:
                self.end(session, state, reason)
            else:
                live.set_state(state, reason)

    def disconnected(self, session: SessionId, reason: str | None = None) -> None:
        """Upstream is gone for now; the state is `reconnecting`."""
        live = self._lives.get(session)
        if live is not None and not live.state.over:
            live.disconnected(reason)

    def reconnected(self, session: SessionId) -> None:
        """Upstream is back; the state is `live`."""
        live = self._lives.get(session)
        if live is not None and not live.state.over:
            live.reconnected()

    def end(self, session: SessionId, state: SessionState = SessionState.ENDED, reason: str | None = None) -> None:
        """The session is over. It stays for late viewers until `retention_s` have passed. Idempotent."""
        if not state.over:
            raise LocalError(f"{state.value} is no end")
        live = self._lives.get(session)
        if live is not None:
            live.end(state, reason)
            self._unlink(live)

    def forget(self, session: SessionId, *, trace: bool = True) -> None:
        """Lets go of a session and its log; whoever still watches is told that it has ended.

        Args:
            trace: remember that it existed. False for one that never came to be: to others it is unknown, not gone.
        """
        live = self._lives.pop(session, None)
        if live is None:
            return
        live.end(SessionState.ENDED, None)
        live.farewell(CloseCode.SESSION_ENDED, ())
        if self.following is not None:
            self.following.forgotten(live, trace)
        self._unlink(live)
        if live.conversation is not None:
            del self._conversations[live.conversation][session]
            if not self._conversations[live.conversation]:
                del self._conversations[live.conversation]
        if not trace:
            return
        self._gone[session] = None
        while len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def tick(self, now_s: float) -> None:
        """Called every 100 ms: idle corrections, pings, slow viewers, tokens, retention, gauges. `now_s`: monotonic."""
        over: list[SessionId] = []
        for live in list(self._lives.values()):
            if live.wake_s <= now_s:
                try:
                    sealed(live.tick)(now_s)
                except Inside as fault:  # one session's must not take the time of all others
                    log.error("a session's tick failed: session=%s", live.session, exc_info=remains(fault))
                    live.wake_s = now_s + AFTER_FAULT_S
            if live.ended_s is not None and now_s - live.ended_s >= self.limits.retention_s:
                over.append(live.session)
        for session in over:
            self.forget(session)
        if now_s - self._gauges_s >= GAUGES_EVERY_S:
            self._gauges_s = now_s
            self._set_gauges()

    def drain(self, retry_ms: int) -> None:
        """`bye` 4001 to everybody, with retry times spread over the second half of `retry_ms`; no more viewers."""
        self.draining = True
        byes = [
            self._encode.bye(code=CloseCode.DRAINING, retry_ms=round(retry_ms * self._chance.uniform(0.5, 1.0)))
            for _ in range(FAREWELL_TIMES)
        ]
        for live in self._lives.values():
            live.farewell(CloseCode.DRAINING, byes)

    def _make(self, session: SessionId, call: Any, *, interrupted: bool = False, **more: Any) -> Live:
        epoch = Epoch("".join(self._chance.choices(string.ascii_letters, k=EPOCH_LETTERS)))
        room = Room(
            session,
            prefix=epoch,
            language=more["language"],
            redactor=partial(self._redactor, kinds=self._kinds, call=call),
            interrupted=interrupted,
        )
        return Live(
            session,
            room,
            epoch,
            encode=self._encode,
            clock=self._clock,
            faults=self._faults,
            interrupted=interrupted,
            gather=self._gather,
            defer=self._defer,
            **{"restored": (), "earlier_finals": 0, **more},
        )

    def _arriving(self, by: int) -> None:
        if by > 0:
            if self.draining:
                raise Draining
            if self.viewers >= self.limits.max_connections:
                raise TooManyViewers(limit=self.limits.max_connections)
        self.viewers += by

    def _unlink(self, live: Live) -> None:
        """It is over: what was said in a call goes with the last of its sessions that runs."""
        of_call = self._conversations.get(live.conversation or "", {})
        if all((one := self._lives.get(session)) is None or one.state.over for session in of_call):
            self._calls.pop(live.conversation or "", None)

    def _set_gauges(self) -> None:
        states = dict.fromkeys(SessionState, 0)
        by_transport = dict.fromkeys(self._transports, 0)
        for live in self._lives.values():
            states[live.state] += 1
            live.count_viewers(by_transport)
        self._transports.update(by_transport)
        for state, count in states.items():
            self._meter.set("sessions", count, state=state.value)
        for transport, count in by_transport.items():
            self._meter.set("viewers", count, transport=transport)
