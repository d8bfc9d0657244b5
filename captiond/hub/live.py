"""One session whose events come to this process: room, stream and books. One event walks all of it at once."""

from collections.abc import Callable, Sequence

from captiond.base.close_codes import CloseCode
from captiond.base.errors import LocalError
from captiond.base.ids import Epoch, SessionId
from captiond.base.observe import AuditSink, Clock, FaultSink, Meter
from captiond.core.arrival import Arrival
from captiond.core.board import SNAPSHOT_FINALS
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap, Message, SessionState, StateChange
from captiond.core.revise import without_open_masks
from captiond.core.room import Received, Room
from captiond.hub.audience import EachAlone
from captiond.hub.booked import Booked
from captiond.hub.contained import contained
from captiond.hub.copies import Following
from captiond.hub.ledger import Ledger
from captiond.hub.limits import Limits
from captiond.hub.stream import Stream
from captiond.hub.wire import Defer, Encode, Gather, Wire

Keep = Callable[[SessionId, Caption | Gap], None]
"""Takes each final and each correction, redacted, and each gap, to store it. Must neither wait nor raise."""


class Live(Stream, Booked):
    """One session whose events come to this process. Made by `Rooms.open`.

    Attributes:
        ended_s: monotonic, when it ended; None while it runs.
        following: told of everything that viewers of other processes get, too; set by `Rooms`.
        conversation: that it belongs to; None where nobody said; set by `Rooms`.
    """

    conversation: str | None = None
    following: Following | None = None

    def __init__(
        self,
        session: SessionId,
        room: Room,
        epoch: Epoch,
        *,
        source: str,
        language: str,
        created_at: str,
        encode: Encode,
        clock: Clock,
        meter: Meter,
        audit: AuditSink,
        faults: FaultSink,
        limits: Limits,
        keep: Keep | None,
        restored: Sequence[Caption],
        earlier_finals: int,
        arriving: Callable[[int], None],
        interrupted: bool,
        gather: Gather = EachAlone,
        defer: Defer | None = None,
    ) -> None:
        Stream.__init__(
            self,
            session,
            epoch,
            language=language,
            created_at=created_at,
            encode=encode,
            clock=clock,
            meter=meter,
            limits=limits,
            arriving=arriving,
            earlier_finals=earlier_finals + max(0, len(restored) - SNAPSHOT_FINALS),
            gather=gather,
            defer=defer,
        )
        Booked.__init__(self, Ledger(session, source=source, meter=meter, audit=audit, faults=faults), clock)
        self.source = source
        self.last_event_s = clock.monotonic_s()
        self.ended_s: float | None = None
        self._room, self._keep = room, keep
        self._faults = 0  # of the room, told
        self._handed_over: list[tuple[Arrival, Received, float]] = []  # once what waits has gone out
        self._restore(restored[-SNAPSHOT_FINALS:])
        if interrupted:
            self._publish([Gap(None, "disconnect")])

    # -- events

    def deliver(self, arrival: Arrival, *, received_s: float) -> Verdict:
        """One upstream event, all the way to the transports. `received_s`: monotonic, when its frame was read."""
        clock, ledger = self._clock, self._ledger
        started_s = self.last_event_s = clock.monotonic_s()
        rewrites = self._room.settled_rewrites
        received = self._room.receive(arrival, now_s=started_s)
        ledger.heard(arrival, received.verdict, core_s=clock.monotonic_s() - started_s)
        if received.verdict is not Verdict.ACCEPTED:
            return received.verdict
        self._put(received.messages)
        self._handed_over.append((arrival, received, received_s))
        self.go_out()
        ledger.rewritten(self._room.settled_rewrites - rewrites)
        self._after(received, started_s)
        return received.verdict

    def set_state(self, state: SessionState, reason: str | None = None) -> None:
        """Tells viewers of a new state; nothing where it is the state already. Raises LocalError after the end."""
        if state is self.state:
            return
        if self.state.over:
            raise LocalError("a session that is over can't change its state")
        self.state, self.reason = state, reason
        self._publish([StateChange(state, reason)])

    def disconnected(self, reason: str | None) -> None:
        """Upstream is gone for now."""
        self._room.disconnected()
        self.set_state(SessionState.RECONNECTING, reason)

    def reconnected(self) -> None:
        """Upstream is back; its next event tells whether anything was lost."""
        self.set_state(SessionState.LIVE)

    def end(self, state: SessionState, reason: str | None) -> None:
        """The session is over: last corrections, retractions, the state; then everybody gets `bye` 4510."""
        if self.state.over:
            return
        self.ended_s = self._clock.monotonic_s()
        # A session that has failed inside must end, too: each of these steps may be what has failed.
        contained(self._settle)()
        contained(self.set_state)(state, reason)
        self.finish()

    def _settle(self) -> None:
        received = self._room.end()
        self._publish(received.messages)
        self._after(received, self._clock.monotonic_s())

    def tick(self, now_s: float) -> None:
        """What time brings: corrections after silence, slow viewers, pings, tokens that end. Sets `wake_s`."""
        if not self.state.over:
            due_s = self._room.due_s
            if due_s is not None and due_s <= now_s:
                received = self._room.tick(now_s=now_s)
                self._publish(received.messages)
                self._after(received, now_s)
        super().tick(now_s)

    def flush(self) -> None:
        """Hands out what waits; what came of each event is measured then."""
        super().flush()
        if self._handed_over:
            handed_over, self._handed_over = self._handed_over, []
            now_s, done_s = self._clock.now_s(), self._clock.monotonic_s()
            for arrival, received, received_s in handed_over:
                self._ledger.processed(
                    arrival, received, latency_s=now_s - arrival.event_s, daemon_s=done_s - received_s
                )

    def plan(self, now_s: float) -> None:
        """Sets `wake_s`, to the room's time too."""
        super().plan(now_s)
        due_s = None if self.state.over else self._room.due_s
        if due_s is not None:
            self.wake_s = min(self.wake_s, due_s)

    # -- what other processes are told

    def put(self, message: Message, wire: Wire, *, now_s: float, restored: bool = False) -> Caption | None:
        """As in `Stream`; the others first, so that they write while we do."""
        if self.following is not None:
            self.following.put(self, wire)
        return super().put(message, wire, now_s=now_s, restored=restored)

    def finish(self) -> None:
        """As in `Stream`."""
        if self.following is not None:
            self.following.over(self)
        super().finish()

    def farewell(self, code: CloseCode, byes: Sequence[Wire]) -> None:
        """As in `Stream`."""
        if self.following is not None:
            self.following.farewell(self, code)
        super().farewell(code, byes)

    # -- inside

    def _publish(self, messages: Sequence[Message]) -> None:
        if messages:
            self._put(messages)
            self.go_out()

    def _put(self, messages: Sequence[Message]) -> None:
        now_s, sent_s = self._clock.monotonic_s(), self._clock.now_s()
        for message in messages:
            wire = self._encode.message(message, epoch=self._tail.epoch, index=self.next_index, sent_s=sent_s)
            before = self.put(message, wire, now_s=now_s)
            if isinstance(message, Caption):
                self._ledger.put_out(message, before, now_s=now_s)
                if message.final:
                    self._store(message)
            elif isinstance(message, Gap):
                self._store(message)

    @contained
    def _store(self, said: Caption | Gap) -> None:
        if self._keep is not None:
            self._keep(self.session, said)

    def _after(self, received: Received, now_s: float) -> None:
        self._ledger.held(received)
        faults = self._room.faults
        if faults != self._faults:
            self._ledger.failed(faults - self._faults, self._room.fault)
            self._faults = faults
        due_s = self._room.due_s
        if due_s is not None and due_s < self.wake_s:
            self.wake_s = max(due_s, now_s)

    def _restore(self, captions: Sequence[Caption]) -> None:
        """Finals of before a restart begin the new log. What was held ends masked: its raw text is gone, by design."""
        now_s, sent_s = self._clock.monotonic_s(), self._clock.now_s()
        for stored in captions:
            caption = without_open_masks(stored)
            if caption is not stored:
                self._store(caption)
            wire = self._encode.message(caption, epoch=self._tail.epoch, index=self.next_index, sent_s=sent_s)
            self.put(caption, wire, now_s=now_s, restored=True)
        self.flush()  # nobody watches yet
