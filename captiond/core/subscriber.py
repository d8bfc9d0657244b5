"""One viewer: its phase, its byte budget, and what to drop when it is slow. Told the time; answers what to send.

In step, messages don't come here at all: the hub writes them straight to the transport. This is for the viewer that
is not: what waits for it, what may be left out, and when a snapshot is cheaper or a close is due.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Generic, NamedTuple, TypeVar

from captiond.base.errors import LocalError
from captiond.base.ids import Index, UtteranceId

W = TypeVar("W")

PIECE_BYTES: Final = 65_536  # of one write; a replay goes out in such pieces, each when the last has drained
LIVE_PIECE_BYTES: Final = 16_384  # of live messages: what is handed over can't be superseded any more
STALL_S: Final = 30.0  # a peer that takes nothing for so long is gone; one that reads 1 kB/s is seen to progress
PIECE_S: Final = 300.0  # for one piece: 218 bytes/s; who is slower than that is minutes behind the talk for ever
NOT_YET_S: Final = float("inf")
WAIT_S: Final = 60.0  # a final older than that is no caption any more: the screen of now is, and comes as a snapshot


class Phase(Enum):
    """Where a viewer stands."""

    CATCHING_UP = auto()  # its replay or snapshot is on the way
    LIVE = auto()  # in step: nothing waits here
    CONFLATING = auto()  # behind: superseded partials are skipped
    RESYNC = auto()  # over budget: the queue is gone, a snapshot follows when it can take one
    CLOSING = auto()  # its `bye` is written
    CLOSED = auto()


class On(Enum):
    """What happens to a viewer."""

    BEHIND = auto()  # the transport takes no more for now
    FLUSHED = auto()  # all that waited is handed over, and the transport takes more
    OVERFLOW = auto()  # more waits than the budget allows, or for longer
    RESYNCED = auto()  # `welcome` and `snapshot` are handed over
    BYE = auto()  # the daemon closes it
    GONE = auto()  # the transport is closed


TRANSITIONS: Final[dict[tuple[Phase, On], Phase]] = {
    (Phase.CATCHING_UP, On.BEHIND): Phase.CATCHING_UP,
    (Phase.CATCHING_UP, On.FLUSHED): Phase.LIVE,
    (Phase.CATCHING_UP, On.OVERFLOW): Phase.RESYNC,
    (Phase.LIVE, On.BEHIND): Phase.CONFLATING,
    (Phase.CONFLATING, On.BEHIND): Phase.CONFLATING,
    (Phase.CONFLATING, On.FLUSHED): Phase.LIVE,
    (Phase.CONFLATING, On.OVERFLOW): Phase.RESYNC,
    (Phase.RESYNC, On.BEHIND): Phase.RESYNC,
    (Phase.RESYNC, On.RESYNCED): Phase.CATCHING_UP,
    (Phase.CATCHING_UP, On.BYE): Phase.CLOSING,
    (Phase.LIVE, On.BYE): Phase.CLOSING,
    (Phase.CONFLATING, On.BYE): Phase.CLOSING,
    (Phase.RESYNC, On.BYE): Phase.CLOSING,
    (Phase.CATCHING_UP, On.GONE): Phase.CLOSED,
    (Phase.LIVE, On.GONE): Phase.CLOSED,
    (Phase.CONFLATING, On.GONE): Phase.CLOSED,
    (Phase.RESYNC, On.GONE): Phase.CLOSED,
    (Phase.CLOSING, On.GONE): Phase.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Item(Generic[W]):
    """One message with an index, made once and shared by the tail and every queue.

    Attributes:
        utterance: what a later message of the same utterance supersedes; None for gaps and states.
        partial: may be skipped once superseded.
        begins: the first message of its utterance: says where on the screen it stands.
        at_s: when it was published, monotonic.
        for_finals: passes the filter `partials=0`: finals, corrections, gaps, states; no retraction, as those take
            away partials.
    """

    index: Index
    wire: W
    size_bytes: int
    utterance: UtteranceId | None
    partial: bool
    for_finals: bool
    at_s: float
    begins: bool = False


class Notice(NamedTuple):
    """What a slow viewer is told: "conflating" or "caught-up"; `skipped` counts partials since the last notice."""

    code: str
    skipped: int


class Subscriber(Generic[W]):
    """One viewer that may be behind. Indices that `take` answers always ascend; finals are never skipped.

    Args:
        max_queued_bytes: of live messages, waiting here or handed over and not taken; a replay is outside this budget.
        now_s: monotonic, as everywhere here.
    """

    def __init__(self, *, max_queued_bytes: int, now_s: float) -> None:
        self.phase = Phase.CATCHING_UP
        self.queued_bytes = 0
        self._max_queued_bytes = max_queued_bytes
        self._queue: OrderedDict[Index, Item[W]] = OrderedDict()
        self._partials: dict[UtteranceId, Index] = {}  # the newest queued partial of an utterance
        self._beginnings: set[Index] = set()  # those of them that this viewer gets as the first of their utterance
        self._free_up_to = Index(0)  # replayed messages, up to this index, don't count
        self._handed_bytes = 0  # of live messages in the last piece, which the peer may not have taken yet
        self._handed_s = now_s
        self._greeted_s = NOT_YET_S  # when the peer had taken its replay or snapshot: from then on waiting counts
        self._skipped = 0
        self._told = False  # it knows that it is conflated
        self._progress_s, self._backlog_bytes = now_s, 0

    def __len__(self) -> int:
        return len(self._queue)

    def on(self, event: On) -> None:
        """Moves on. Raises LocalError for a pair that is not in the table."""
        following = TRANSITIONS.get((self.phase, event))
        if following is None:
            raise LocalError(f"a viewer that is {self.phase.name} can't take {event.name}")
        self.phase = following
        if following in (Phase.RESYNC, Phase.CLOSING, Phase.CLOSED):
            self._drop_queue()
        if event is On.RESYNCED:
            self._greeted_s = NOT_YET_S
        elif event is On.FLUSHED:
            self._greeted_s = 0.0

    def fall_behind(self, *, now_s: float, backlog_bytes: int) -> None:
        """It was in step; its transport now holds so many bytes of live messages, which count in its budget."""
        self.on(On.BEHIND)
        self.progressed(now_s=now_s, backlog_bytes=backlog_bytes)
        self._handed_bytes = backlog_bytes

    def replay(self, items: Sequence[Item[W]]) -> None:
        """What it missed since its position, oldest first; waits outside the budget."""
        for item in items:
            self._enqueue(item)
            self._free_up_to = item.index
        self.queued_bytes = 0
        self._skipped = 0  # what later messages of one replay supersede is no sign of a slow viewer

    def offer(self, item: Item[W]) -> None:
        """One live message for a viewer that is not in step. In RESYNC it is left out: the snapshot will hold it."""
        if self.phase in (Phase.RESYNC, Phase.CLOSING, Phase.CLOSED):
            return
        self._enqueue(item)
        if self.queued_bytes + self._handed_bytes > self._max_queued_bytes:
            self.on(On.OVERFLOW)

    def look(self, now_s: float) -> None:
        """Sees what has waited for too long: then a snapshot is what its viewer needs.

        Not while its replay or snapshot is on the way: a line that takes a minute for that would get nothing else.
        """
        oldest = next((item for item in self._queue.values() if not item.partial), None)
        if oldest is not None and now_s - max(oldest.at_s, self._greeted_s) > WAIT_S:
            self.on(On.OVERFLOW)

    def take(self, max_bytes: int = PIECE_BYTES) -> list[W]:
        """The next piece to write, at least one message if any waits; empty if none does.

        Args:
            max_bytes: of a replay; of live messages it is less, so that more of them can still be superseded.
        """
        piece: list[W] = []
        size_bytes = self._handed_bytes = 0
        live_bytes = min(max_bytes, LIVE_PIECE_BYTES, self._max_queued_bytes // 2)
        while self._queue:
            index, item = next(iter(self._queue.items()))
            size_bytes += item.size_bytes
            live = item.index > self._free_up_to
            if piece and size_bytes > (live_bytes if live else max_bytes):
                break
            del self._queue[index]
            self._forget(item)
            self._handed_bytes += item.size_bytes if live else 0
            piece.append(item.wire)
        return piece

    def taken(self, *, now_s: float) -> None:
        """The peer has taken all that was handed over: its replay or snapshot too, where no more of that waits."""
        self._handed_bytes = 0
        if self._greeted_s == NOT_YET_S and next(iter(self._queue), self._free_up_to + 1) > self._free_up_to:
            self._greeted_s = now_s

    def notice(self, *, flushed: bool) -> Notice | None:
        """What to tell it now: before a piece (`flushed` False), or when nothing waits any more (True)."""
        if flushed == self._told and (self._told or self._skipped):
            skipped, self._skipped, self._told = self._skipped, 0, not flushed
            return Notice("caught-up" if flushed else "conflating", skipped)
        return None

    def progressed(self, *, now_s: float, backlog_bytes: int) -> None:
        """Something was handed to the transport, which now holds `backlog_bytes`."""
        self._progress_s, self._handed_s, self._backlog_bytes = now_s, now_s, backlog_bytes

    def stalled(self, *, now_s: float, backlog_bytes: int, stall_s: float = STALL_S) -> bool:
        """Whether the peer has taken nothing for so long, or a piece takes so long, that it must be given up."""
        if backlog_bytes < self._backlog_bytes:
            self._progress_s = now_s
        self._backlog_bytes = backlog_bytes
        return now_s - self._progress_s >= stall_s or now_s - self._handed_s >= PIECE_S

    def _enqueue(self, item: Item[W]) -> None:
        begins = item.begins
        if item.utterance is not None:
            superseded = self._partials.pop(item.utterance, None)
            if superseded is not None:
                began = superseded in self._beginnings
                # The first message of an utterance says where it stands. Others have come since, so it stays: else this
                # viewer's screen would show the utterance below them, and no other viewer's does.
                if began and next(reversed(self._queue)) != superseded:
                    self._beginnings.discard(superseded)
                else:
                    # The new one goes to the end, not into the old place: indices must ascend.
                    self._forget(self._queue.pop(superseded))
                    self._skipped += 1
                    begins = began
            if item.partial:
                self._partials[item.utterance] = item.index
                if begins:
                    self._beginnings.add(item.index)
        self._queue[item.index] = item
        if item.index > self._free_up_to:
            self.queued_bytes += item.size_bytes

    def _forget(self, item: Item[W]) -> None:
        if item.index > self._free_up_to:
            self.queued_bytes -= item.size_bytes
        self._beginnings.discard(item.index)
        if item.partial and item.utterance is not None and self._partials.get(item.utterance) == item.index:
            del self._partials[item.utterance]

    def _drop_queue(self) -> None:
        self._queue.clear()
        self._partials.clear()
        self._beginnings.clear()
        self.queued_bytes = self._skipped = 0
        self._told = False
