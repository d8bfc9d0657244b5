"""One session as its viewers know it: room, tail, board, viewers and figures. One event walks all of it at once.

No await anywhere: joining (read the state, register) can't interleave with publishing, so nothing is lost or doubled.
"""

from collections.abc import Callable, Sequence

from captiond.base.close_codes import CloseCode
from captiond.base.errors import LocalError
from captiond.base.ids import Epoch, Index, SessionId
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.base.tail import Position, Tail, parse_position
from captiond.core.arrival import Arrival
from captiond.core.board import SNAPSHOT_FINALS, Board
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap, Message, SessionState, StateChange
from captiond.core.revise import without_open_masks
from captiond.core.room import Received, Room
from captiond.core.subscriber import Item, Subscriber
from captiond.hub.audience import NEVER_S, Audience, as_item
from captiond.hub.booked import Booked
from captiond.hub.contained import contained
from captiond.hub.ledger import Ledger
from captiond.hub.limits import Limits
from captiond.hub.viewer import Viewer
from captiond.hub.wire import Encode, Outlet, Wire

Keep = Callable[[SessionId, Caption], None]
"""Takes each final and each correction, redacted, to store it. Must neither wait nor raise."""


class Live(Booked):
    """One session. Made by `Rooms.open`.

    Attributes:
        state, reason: as viewers were told last.
        ended_s: monotonic, when it ended; None while it runs.
        wake_s: monotonic time at which `tick` has something to do.
    """

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
        limits: Limits,
        keep: Keep | None,
        restored: Sequence[Caption],
        earlier_finals: int,
        arriving: Callable[[int], None],
        interrupted: bool,
    ) -> None:
        self.session, self.source, self.language, self.created_at = session, source, language, created_at
        self.state = SessionState.ACTIVATING
        self.reason: str | None = None
        self.last_event_s = clock.monotonic_s()
        self.ended_s: float | None = None
        self.wake_s = self.last_event_s + limits.ping_s
        super().__init__(Ledger(session, source=source, meter=meter, audit=audit), clock)
        self._room, self._encode, self._meter = room, encode, meter
        self._limits, self._keep, self._arriving = limits, keep, arriving
        self._tail: Tail[Item[Wire]] = Tail(
            epoch,
            max_messages=limits.retention_messages,
            max_bytes=limits.retention_bytes,
            max_age_s=limits.retention_s,
        )
        self._board: Board[Wire] = Board(earlier_finals=earlier_finals + max(0, len(restored) - SNAPSHOT_FINALS))
        self._top_for_finals = Index(0)
        self._snapshots: dict[bool, Wire] = {}
        self._audience = Audience(meter)
        self._viewers = self._audience.viewers
        self._byes: dict[tuple[CloseCode, int | None], Wire] = {}
        self._next_ping_s = self.wake_s
        self._restore(restored[-SNAPSHOT_FINALS:])
        if interrupted:
            self._publish([Gap(None, "disconnect")])

    # -- what others read

    @property
    def position(self) -> str:
        """`epoch.index` of the newest message."""
        return str(self._tail.position)

    @property
    def viewers(self) -> int:
        """How many are connected."""
        return len(self._viewers)

    def count_viewers(self, by_transport: dict[str, int]) -> None:
        """Adds this session's viewers to a count by transport."""
        for viewer in self._viewers:
            transport = viewer.outlet.transport
            by_transport[transport] = by_transport.get(transport, 0) + 1

    def at_end(self, position: str | None) -> bool:
        """Whether the session is over and that position is its very end: an event stream then gets 204."""
        return self.state.over and position == self.position

    # -- viewers come and go

    def join(
        self, outlet: Outlet, *, position: str | None = None, partials: bool = True, expires_s: float | None = None
    ) -> Viewer:
        """One more viewer: welcome, then a snapshot or a replay, then all that comes, with nothing lost between.

        Args:
            position: as the viewer sent it; anything that can't be resumed from leads to a snapshot.
            partials: False for finals only.
            expires_s: when its token ends (close code 4005), wall clock, seconds since 1970.
        Raises:
            TooManyViewers, Draining: before anything is written.
        """
        self._arriving(1)
        now_s = self._clock.monotonic_s()
        subscriber: Subscriber[Wire] = Subscriber(max_queued_bytes=self._limits.max_queued_bytes, now_s=now_s)
        viewer = Viewer(self, outlet, subscriber, partials=partials)
        self._audience.add(viewer, expires_s=expires_s)
        outlet.on_writable(viewer.writable)
        if self.state.over:
            viewer.finish(CloseCode.SESSION_ENDED)
        self._tail.trim(now_s)
        since = parse_position(position)
        replay = self._replay(since, partials=partials) if since is not None else None
        try:
            if since is None or replay is None:
                viewer.start(self.greeting(partials=partials), ())
            else:
                viewer.start([self._welcome(str(since), recovered=True)], replay)
        except Exception:
            self.leave(viewer)  # it has no screen, so nothing may be added to it
            raise
        self._plan(now_s)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Its transport is closed. Idempotent."""
        if self._audience.remove(viewer):
            viewer.gone()
            self._arriving(-1)

    def dismiss(self, viewer: Viewer, code: CloseCode) -> None:
        """Says `bye` and closes, for a reason that the transport's floor knows (4012, 4013, 4507 …)."""
        viewer.dismiss(code)

    def farewell(self, code: CloseCode, byes: Sequence[Wire]) -> None:
        """Dismisses everybody at once, whatever still waits; the `bye`s go round, so that retries are spread."""
        for i, viewer in enumerate(list(self._viewers)):
            viewer.dismiss(code, bye=byes[i % len(byes)] if byes else None)

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
        self._publish(received.messages)
        done_s = clock.monotonic_s()
        ledger.processed(arrival, received, latency_s=clock.now_s() - arrival.event_s, daemon_s=done_s - received_s)
        ledger.rewritten(self._room.settled_rewrites - rewrites)
        self._after(received, done_s)
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
        for viewer in list(self._viewers):
            contained(viewer.finish)(CloseCode.SESSION_ENDED)

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
        self._audience.look(now_s, stall_s=self._limits.stall_s)
        self._audience.expire(self._clock.now_s())
        if now_s >= self._next_ping_s:
            self._next_ping_s = now_s + self._limits.ping_s
            self._tail.trim(now_s)
            self._audience.ping(lambda partials: self.ping(partials=partials))
        self._plan(now_s)

    # -- what viewers ask (see hub.viewer.Host)

    def greeting(self, *, partials: bool) -> list[Wire]:
        """`welcome` and `snapshot`; the snapshot is encoded once for each state and shared by all who join in it."""
        snapshot = self._snapshots.get(partials)
        position = self._position(partials=partials)
        if snapshot is None:
            picture = self._board.picture(partials=partials)
            snapshot = self._snapshots[partials] = self._encode.snapshot(
                position=position,
                captions=picture.captions,
                gaps=picture.gaps,
                earlier_finals=picture.earlier_finals,
            )
        return [self._welcome(position, recovered=False), snapshot]

    def ping(self, *, partials: bool) -> Wire:
        """The newest position that such a viewer should have."""
        return self._encode.ping(position=self._position(partials=partials), now_s=self._clock.now_s())

    def notice(self, code: str, skipped: int) -> Wire:
        """`conflating` or `caught-up`."""
        return self._encode.notice(code=code, skipped=skipped)

    def bye(self, code: CloseCode, retry_ms: int | None) -> Wire:
        """The last message: made once for each reason."""
        bye = self._byes.get((code, retry_ms))
        if bye is None:
            bye = self._byes[code, retry_ms] = self._encode.bye(code=code, retry_ms=retry_ms)
        return bye

    def caught_up(self, viewer: Viewer) -> None:
        """In step from now on."""
        self._audience.caught_up(viewer)

    def fell_behind(self, viewer: Viewer) -> None:
        """Not in step for now."""
        self._audience.fell_behind(viewer)
        self.wake_s = min(self.wake_s, self._clock.monotonic_s())

    def parted(self, viewer: Viewer, code: CloseCode) -> None:
        """Its `bye` is written."""
        self._audience.drop(viewer)
        contained(self._meter.count)("viewer_closes_total", 1, code=str(int(code)))

    @contained
    def delivered(self, transport: str, messages: int) -> None:
        """Counts messages handed to one viewer that was behind."""
        self._meter.count("deliveries_total", messages, transport=transport)

    @contained
    def resynced(self) -> None:
        """Counts a viewer that was so slow that it got a snapshot."""
        self._meter.count("viewer_resyncs_total")

    @contained
    def conflated(self) -> None:
        """Counts a viewer for which superseded partials are skipped."""
        self._meter.count("viewer_conflated_total")

    def monotonic_s(self) -> float:
        """The daemon's clock."""
        return self._clock.monotonic_s()

    # -- inside

    def _publish(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        now_s, sent_s = self._clock.monotonic_s(), self._clock.now_s()
        items: list[Item[Wire]] = []
        before: list[Caption | None] = []
        for message in messages:
            index = self._tail.next_index
            wire = self._encode.message(message, epoch=self._tail.epoch, index=index, sent_s=sent_s)
            item = as_item(message, wire, index)
            self._tail.append(item, size_bytes=item.size_bytes, now_s=now_s)
            before.append(self._board.apply(message, wire, index=index, size_bytes=item.size_bytes))
            if item.for_finals:
                self._top_for_finals = index
                self._snapshots.pop(False, None)
            items.append(item)
        self._snapshots.pop(True, None)
        self._audience.publish(items)
        for message, last in zip(messages, before, strict=True):
            if isinstance(message, Caption):
                self._ledger.put_out(message, last, now_s=now_s)
                if message.final:
                    self._store(message)

    @contained
    def _store(self, caption: Caption) -> None:
        if self._keep is not None:
            self._keep(self.session, caption)

    def _after(self, received: Received, now_s: float) -> None:
        self._ledger.held(received)
        due_s = self._room.due_s
        if due_s is not None and due_s < self.wake_s:
            self.wake_s = max(due_s, now_s)

    def _replay(self, since: Position, *, partials: bool) -> list[Item[Wire]] | None:
        """Everything after a position, or None where that can't be proved."""
        items = self._tail.since(since)
        if partials:
            return items
        if items is not None:
            return [item for item in items if item.for_finals]
        if since.epoch == self._tail.epoch and self._top_for_finals <= since.index <= self._tail.top:
            return []  # what is gone from the log are partials, which this viewer does not get
        return None

    def _position(self, *, partials: bool) -> str:
        if partials:
            return str(self._tail.position)
        return str(Position(self._tail.epoch, self._top_for_finals))

    def _welcome(self, position: str, *, recovered: bool) -> Wire:
        return self._encode.welcome(
            session=self.session,
            position=position,
            recovered=recovered,
            state=self.state,
            language=self.language,
            ping_s=self._limits.ping_s,
            now_s=self._clock.now_s(),
        )

    def _plan(self, now_s: float) -> None:
        wake_s = self._next_ping_s
        if self._audience.behind:
            wake_s = now_s
        if self._audience.expiry_s < NEVER_S:
            wake_s = min(wake_s, now_s + self._audience.expiry_s - self._clock.now_s())
        due_s = None if self.state.over else self._room.due_s
        self.wake_s = wake_s if due_s is None else min(wake_s, due_s)

    def _restore(self, captions: Sequence[Caption]) -> None:
        """Finals of before a restart begin the new log. What was held ends masked: its raw text is gone, by design."""
        now_s, sent_s = self._clock.monotonic_s(), self._clock.now_s()
        for stored in captions:
            caption = without_open_masks(stored)
            if caption is not stored:
                self._store(caption)
            index = self._tail.next_index
            wire = self._encode.message(caption, epoch=self._tail.epoch, index=index, sent_s=sent_s)
            item = as_item(caption, wire, index)
            self._tail.append(item, size_bytes=item.size_bytes, now_s=now_s)
            self._board.apply(caption, wire, index=index, size_bytes=item.size_bytes, restored=True)
            self._top_for_finals = index
