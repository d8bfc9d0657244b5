"""The hub as the model drives it: virtual time, the recording encoder, loop turns that end when the test says so.

It lives through restarts: a new hub with a new epoch, which gets the finals that the old one stored.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from captiond.base.ids import RawText, SessionId, UtteranceId
from captiond.core.arrival import Arrival
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap, SessionState
from captiond.hub.limits import Limits
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from tests.hub.reference import Log, Recorder, Speech
from tests.hub.stage import Counts, HideRedactor, Records, VirtualClock

Event = Arrival
LATENCY_S = 0.25  # from upstream's stamp to the daemon


class Turns:
    """The event loop's turns: what is deferred runs when the test ends one."""

    def __init__(self) -> None:
        self._deferred: list[Callable[[], None]] = []

    def __call__(self, callback: Callable[[], None]) -> None:
        self._deferred.append(callback)

    def end(self) -> None:
        """This turn is over."""
        deferred, self._deferred = self._deferred, []
        for callback in deferred:
            callback()


class World:
    """One daemon's hub, its sessions as upstream and as the reference know them."""

    def __init__(self, limits: Limits, *, deferring: bool) -> None:
        self.limits, self.deferring = limits, deferring
        self.clock, self.meter, self.turns = VirtualClock(), Counts(), Turns()
        self.encoder = Recorder(
            max_messages=limits.retention_messages, max_bytes=limits.retention_bytes, max_age_s=limits.retention_s
        )
        self.encoder.now_s = self.clock.monotonic_s
        self.kept: dict[SessionId, dict[UtteranceId, Caption]] = {}
        self.speech: dict[SessionId, Speech] = {}
        self.heard: dict[SessionId, list[Event]] = {}
        self.away: set[SessionId] = set()  # upstream went away and has sent nothing since
        self._chance = random.Random(7)
        self.rooms = self._hub()

    def _hub(self) -> Rooms:
        return Rooms(
            encode=self.encoder,
            clock=self.clock,
            meter=self.meter,
            audit=Records(),
            redactor=HideRedactor,
            call=object,
            kinds=frozenset({"CC"}),
            limits=self.limits,
            keep=self._keep,
            chance=self._chance,
            defer=self.turns if self.deferring else None,
        )

    def _keep(self, session: SessionId, said: Caption | Gap) -> None:
        if isinstance(said, Caption):
            self.kept.setdefault(session, {})[said.utterance] = said

    def room(self, session: SessionId) -> Live:
        """That session, which is here."""
        live = self.rooms.get(session)
        assert live is not None
        return live

    def running(self, session: SessionId) -> bool:
        """Whether it is here and not over."""
        live = self.rooms.get(session)
        return live is not None and not live.state.over

    def log(self, session: SessionId) -> Log:
        """What was published in its present epoch."""
        return self.encoder.log(self.epoch(session))

    def epoch(self, session: SessionId) -> str:
        """Its present epoch."""
        return self.room(session).position.partition(".")[0]

    def open(self, session: SessionId) -> None:
        """A new session, or a new one in the place of one that is over."""
        self.speech[session], self.heard[session] = Speech(), []
        self.away.discard(session)
        self.kept.pop(session, None)
        self.rooms.open(session, source="media", language="en-US", conversation="one call", created_at="now")

    def hear(self, event: Event, *, lost: int | None = 0, again: bool = False) -> Verdict | None:
        """One event of upstream; the reference hears it too.

        Args:
            lost: how many events are missing before it; None: nobody knows.
            again: it was sent before.
        """
        session, event_s = event.session, event.event_s
        if not again and self.running(session):
            speech = self.speech[session]
            speech.silence(event_s)
            if lost != 0:
                speech.lose(event.channel, event.utterance_id, lost)
            speech.hear(
                event.channel,
                event.utterance_id,
                event.text,
                final=event.final,
                event_s=event_s,
            )
            self.heard[session].append(event)
        return self.rooms.deliver(event, received_s=self.clock.monotonic_s())

    def event(
        self,
        session: SessionId,
        sequence: int,
        text: str,
        *,
        final: bool,
        channel: str,
        key: str | None = None,
        start_ms: int | None = None,
    ) -> Event:
        """An event that upstream sends now."""
        return Arrival(
            session,
            sequence,
            RawText(text),
            final,
            "2024-06-15T10:30:00.000Z",
            self.clock.now_s() - LATENCY_S,
            channel=channel,
            utterance_id=key,
            start_ms=start_ms,
        )

    def last(self, session: SessionId) -> int:
        """Upstream's newest number; 0 before the first event."""
        return self.heard[session][-1].sequence if self.heard[session] else 0

    def wait(self, seconds: float, each: Callable[[float], None]) -> None:
        """Time passes, with turns, a tick and `each` every half second."""
        end_s = self.clock.monotonic + seconds
        while self.clock.monotonic < end_s - 1e-9:
            step_s = min(0.5, end_s - self.clock.monotonic)
            self.clock.monotonic += step_s
            self.rooms.tick(self.clock.monotonic)
            self.turns.end()
            each(step_s)
        for session, speech in self.speech.items():
            if self.running(session):
                speech.silence(self.clock.now_s() - LATENCY_S)

    def end(self, session: SessionId, state: SessionState) -> None:
        """Upstream is over, or somebody ended it."""
        if self.running(session):
            self.speech[session].end()
        self.rooms.end(session, state, "why not")

    def restart(self) -> None:
        """A drain, then a new process: running sessions come back under a new epoch with the finals they had."""
        running = [session for session in self.speech if self.running(session)]
        self.rooms.drain(10_000)
        self.turns = Turns()
        self.rooms = self._hub()
        for session in list(self.speech):
            if session not in running:
                del self.speech[session]
                continue
            finals = list(self.kept.get(session, {}).values())
            self.speech[session].restart()
            self.heard[session] = []
            self.away.discard(session)
            self.rooms.open(
                session,
                source="media",
                language="en-US",
                conversation="one call",
                created_at="now",
                restored=[replace(caption) for caption in finals],
                interrupted=True,
            )
            self.log(session).earlier_finals = max(0, len(finals) - 50)
            self.speech[session].said = self.speech[session].said[-50:]
