"""One session's captions as its viewers know them: tail, board, audience. What is put in goes out to everybody.

No await anywhere: joining (read the state, register) can't interleave with publishing, so nothing is lost or doubled.
What is put in during one turn of the event loop goes out in one write to each viewer, where a `defer` is given.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Epoch, Index, SessionId
from captiond.base.inside import Inside, remains, sealed
from captiond.base.observe import Clock, Meter
from captiond.base.tail import Position, Tail, parse_position
from captiond.core.board import Board
from captiond.core.messages import Caption, Message, SessionState
from captiond.core.subscriber import PIECE_BYTES, Item, Subscriber
from captiond.hub.audience import NEVER_S, Audience, EachAlone, as_item
from captiond.hub.contained import contained
from captiond.hub.copies import Copy
from captiond.hub.limits import Limits
from captiond.hub.viewer import Viewer
from captiond.hub.wire import Defer, Encode, Gather, Outlet, Wire

log = logging.getLogger(__name__)

MAX_REPLAYS: Final = 64  # positions; viewers that an outage cuts off have one of the last few


class _Replay(NamedTuple):
    """What a position misses: `piece` is all of it without what it supersedes itself; None where it needs several."""

    items: Sequence[Item[Wire]]
    piece: Sequence[Wire] | None


class Stream:
    """What viewers of one session join, and what its messages are put into.

    Args:
        arriving: told +1 before a viewer joins, which may raise, and -1 when it has left.
        gather: makes a crowd of outlets; see `hub.wire`.
        defer: calls back when this turn of the loop is over; None: everything goes out at once.

    Attributes:
        created_at: ISO 8601 UTC, when the session was asked for; state, reason: as viewers were told last.
        elsewhere: viewers that other workers of this node have.
        wake_s: monotonic time at which `tick` has something to do.
    """

    def __init__(
        self,
        session: SessionId,
        epoch: Epoch,
        *,
        language: str,
        created_at: str,
        encode: Encode,
        clock: Clock,
        meter: Meter,
        limits: Limits,
        arriving: Callable[[int], None],
        earlier_finals: int = 0,
        gather: Gather = EachAlone,
        defer: Defer | None = None,
    ) -> None:
        self.session, self.language, self.created_at = session, language, created_at
        self.state, self.elsewhere = SessionState.ACTIVATING, 0
        self.reason: str | None = None
        self.wake_s = clock.monotonic_s() + limits.ping_s
        self._encode, self._clock, self._meter = encode, clock, meter
        self._limits, self._arriving, self._defer = limits, arriving, defer
        self._tail: Tail[Item[Wire]] = Tail(
            epoch,
            max_messages=limits.retention_messages,
            max_bytes=limits.retention_bytes,
            max_age_s=limits.retention_s,
        )
        self._board: Board[Wire] = Board(earlier_finals=earlier_finals)
        self._top_for_finals = Index(0)
        self._snapshots: dict[bool, Wire] = {}
        self._replays: dict[tuple[Index, bool], _Replay] = {}
        self._audience = Audience(meter, gather)
        self._viewers = self._audience.viewers
        self._byes: dict[tuple[CloseCode, int | None], Wire] = {}
        self._next_ping_s = self.wake_s
        self._waiting: list[Item[Wire]] = []  # put in during this turn of the loop
        self._waiting_bytes = 0
        self._deferred = False

    # -- what others read

    @property
    def next_index(self) -> Index:
        """The index of the next message."""
        return self._tail.next_index

    @property
    def epoch(self) -> Epoch:
        """Of its log."""
        return self._tail.epoch

    @property
    def position(self) -> str:
        """`epoch.index` of the newest message."""
        return str(self._tail.position)

    @property
    def viewers(self) -> int:
        """How many are connected, to other workers of this node too."""
        return len(self._viewers) + self.elsewhere

    def copy(self) -> Copy:
        """All that another process needs to go on as this one does (see `hub.mirror`)."""
        return Copy(
            session=self.session,
            epoch=self._tail.epoch,
            language=self.language,
            created_at=self.created_at,
            state=self.state,
            reason=self.reason,
            top_for_finals=self._top_for_finals,
            top=self._tail.top,
            tail=[(kept.item.wire, kept.at_s) for kept in self._tail.kept()],
            board=self._board.contents(),
        )

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
        self.flush()
        now_s = self._clock.monotonic_s()
        subscriber: Subscriber[Wire] = Subscriber(max_queued_bytes=self._limits.max_queued_bytes, now_s=now_s)
        viewer = Viewer(self, outlet, subscriber, partials=partials)
        self._audience.add(viewer, expires_s=expires_s)
        outlet.on_writable(viewer.writable)
        outlet.on_full(viewer.fall_behind)
        outlet.on_lost(viewer.lost)
        if self.state.over:
            viewer.finish(CloseCode.SESSION_ENDED)
        self._tail.trim(now_s)
        since = parse_position(position)
        replay = self._missed(since, partials=partials) if since is not None else None
        try:
            if since is None or replay is None:
                viewer.start(self.greeting(partials=partials), ())
            elif replay.piece is not None:
                viewer.start([self._welcome(str(since), recovered=True), *replay.piece], ())
                self.delivered(outlet.transport, len(replay.piece))
            else:
                viewer.start([self._welcome(str(since), recovered=True)], replay.items)
        except Exception:
            self.leave(viewer)  # it has no screen, so nothing may be added to it
            raise
        if position is not None:
            self._recovered("snapshot" if replay is None else "recovered")
        self.plan(now_s)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Its transport is closed. Idempotent."""
        if self._audience.remove(viewer):
            viewer.gone()
            self._arriving(-1)

    def dismiss(self, viewer: Viewer, code: CloseCode) -> None:
        """Says `bye` and closes, for a reason that the transport's floor knows (4012, 4013, 4507 …)."""
        viewer.dismiss(code)

    def answer(self, viewer: Viewer) -> None:
        """A `ping` for this one, behind all that it still gets: it asked whether anybody is there."""
        viewer.answer()

    def farewell(self, code: CloseCode, byes: Sequence[Wire]) -> None:
        """Dismisses everybody at once, whatever still waits; the `bye`s go round, so that retries are spread."""
        self.flush()
        for i, viewer in enumerate(list(self._viewers)):
            viewer.dismiss(code, bye=byes[i % len(byes)] if byes else None)

    # -- messages

    def put(self, message: Message, wire: Wire, *, now_s: float, restored: bool = False) -> Caption | None:
        """One message more: into the log and onto the board; `go_out` brings it to the viewers.

        Args:
            wire: made for the index that the log gives next (`next_index`).
            restored: it begins a log though it is not the first of its utterance.
        Returns:
            What stood on the board for its utterance, None where nothing did.
        """
        item = as_item(message, wire, self._tail.next_index, at_s=now_s)
        self._tail.append(item, size_bytes=item.size_bytes, now_s=now_s)
        before = self._board.apply(message, wire, index=item.index, size_bytes=item.size_bytes, restored=restored)
        if item.for_finals:
            self._top_for_finals = item.index
            self._snapshots.pop(False, None)
        self._snapshots.pop(True, None)
        self._replays.clear()
        self._waiting.append(item)
        self._waiting_bytes += item.size_bytes
        return before

    def go_out(self) -> None:
        """What was put in goes to the viewers when this turn of the loop is over; at once where that is too much."""
        if self._defer is None or not self._waiting or self._waiting_bytes >= PIECE_BYTES:
            self.flush()
        elif not self._deferred:
            self._deferred = True
            self._defer(self._turned)

    def flush(self) -> None:
        """Hands out at once what waits for the end of this turn."""
        waiting = self._waiting
        if waiting:
            self._waiting, self._waiting_bytes = [], 0
            self._audience.publish(waiting)

    def tick(self, now_s: float) -> None:
        """What time brings to viewers: goes on with slow ones, pings, ends tokens. Sets `wake_s`."""
        self.flush()
        self._audience.look(now_s, stall_s=self._limits.stall_s)
        self._audience.expire(self._clock.now_s())
        if now_s >= self._next_ping_s:
            self._next_ping_s = now_s + self._limits.ping_s
            self._tail.trim(now_s)
            self._audience.ping(lambda partials: self.ping(partials=partials))
        self.plan(now_s)

    def plan(self, now_s: float) -> None:
        """Sets `wake_s`."""
        wake_s = self._next_ping_s
        if self._audience.behind:
            wake_s = now_s
        if self._audience.expiry_s < NEVER_S:
            wake_s = min(wake_s, now_s + self._audience.expiry_s - self._clock.now_s())
        self.wake_s = wake_s

    def finish(self) -> None:
        """The session is over: everybody gets `bye` 4510 once they have all that waits for them."""
        self.flush()
        for viewer in list(self._viewers):
            contained(viewer.finish)(CloseCode.SESSION_ENDED)

    # -- what viewers ask (see hub.viewer.Host)

    def greeting(self, *, partials: bool) -> list[Wire]:
        """`welcome` and `snapshot`; the snapshot is encoded once for each state and shared by all who join in it."""
        snapshot = self._snapshots.get(partials)
        position = self._position(partials=partials)
        if snapshot is None:
            self._encoded()
            picture = self._board.picture(partials=partials)
            snapshot = self._snapshots[partials] = self._encode.snapshot(
                position=position,
                captions=picture.captions,
                gaps=picture.gaps,
                earlier_finals=picture.earlier_finals,
            )
        return [self._welcome(position, recovered=False), snapshot]

    def ping(self, *, partials: bool, answer: bool = False) -> Wire:
        """The newest position that such a viewer should have."""
        return self._encode.ping(position=self._position(partials=partials), now_s=self._clock.now_s(), answer=answer)

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

    def lost(self, viewer: Viewer) -> None:
        """Its connection is gone: nothing more goes to it. `leave` follows."""
        self._audience.drop(viewer)

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

    @contained
    def _recovered(self, outcome: str) -> None:
        """Counts a viewer that came back with a position."""
        self._meter.count("recoveries_total", outcome=outcome)

    @contained
    def _encoded(self) -> None:
        """Counts a snapshot that was made; those that share it are not counted."""
        self._meter.count("snapshots_encoded_total")

    def monotonic_s(self) -> float:
        """The daemon's clock."""
        return self._clock.monotonic_s()

    # -- inside

    def _turned(self) -> None:
        """Called by the event loop, whose handler would get any fault with all that it refers to: it ends here."""
        self._deferred = False
        try:
            sealed(self.flush)()
        except Inside as fault:
            log.error("captions did not go out: session=%s", self.session, exc_info=remains(fault))
            for viewer in list(self._viewers):  # nobody knows who has got what
                contained(viewer.dismiss)(CloseCode.RESYNC)

    def _missed(self, since: Position, *, partials: bool) -> _Replay | None:
        """As `_replay`, worked out once for all who come back with one position before anything more is said."""
        key = (since.index, partials) if self._tail.reaches(since) else None
        replay = self._replays.get(key) if key is not None else None
        if replay is None:
            items = self._replay(since, partials=partials)
            if items is None:
                return None
            scratch: Subscriber[Wire] = Subscriber(max_queued_bytes=0, now_s=0.0)
            scratch.replay(items)
            piece = scratch.take()
            replay = _Replay(items, None if scratch else piece)
            if key is not None and len(self._replays) < MAX_REPLAYS:
                self._replays[key] = replay
        return replay

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
            started_at=self.created_at,
            ping_s=self._limits.ping_s,
            now_s=self._clock.now_s(),
        )
