"""What is on the screen of a viewer that joins now: one room's captions and gaps, in the order in which they are shown.

Holds messages together with their bytes (`W`, opaque here), so that a snapshot is spliced, not encoded again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from captiond.base.ids import Index, UtteranceId
from captiond.core.messages import Caption, Gap, Message, Retraction

W = TypeVar("W")

SNAPSHOT_FINALS: Final = 50  # a screen shows 2 to 10 lines; 50 utterances are some minutes to scroll back
SNAPSHOT_BYTES: Final = 65_536  # one piece: what a slow line takes in a few seconds
ENVELOPE_BYTES: Final = 512  # type, position, counters, frame and event headers around the captions
MAX_LINES: Final = 256  # held finals end within seconds; more lines than this are a fault somewhere, not speech
MAX_GAPS: Final = 100  # of one snapshot; more says no more than that the stream is broken


@dataclass(slots=True)
class Line(Generic[W]):
    """One utterance on the screen: its newest message and where it stands."""

    caption: Caption
    wire: W
    size_bytes: int
    first_index: Index
    final_index: Index | None  # of its first final: where it begins for viewers of finals only


@dataclass(frozen=True, slots=True)
class Picture(Generic[W]):
    """What a snapshot holds. `earlier_finals` counts the finals that are left out."""

    captions: Sequence[W]
    gaps: Sequence[W]
    earlier_finals: int


@dataclass(frozen=True, slots=True)
class Contents(Generic[W]):
    """All that a board knows, to make a copy of it elsewhere. `gaps`: index, wire, size in bytes."""

    lines: Sequence[Line[W]]
    gaps: Sequence[tuple[Index, W, int]]
    forgotten_finals: int


class Board(Generic[W]):
    """The newest state of each utterance that a snapshot may need; older finals are only counted.

    What is a last final is a question of when it was first final, for viewers of finals and all others: an utterance
    that began long ago may be the newest.

    Args:
        earlier_finals: finals from before this log (a restart of the daemon) that are not put on the board.
    """

    def __init__(self, *, earlier_finals: int = 0) -> None:
        self._lines: dict[UtteranceId, Line[W]] = {}  # in order of first index
        self._finals: dict[UtteranceId, Line[W]] = {}  # in order of first final: which are the last 50
        self._gaps: list[tuple[Index, W, int]] = []
        self._forgotten_finals = earlier_finals
        self._settled = 0  # lines that are final and not held: those that may be forgotten

    def apply(
        self, message: Message, wire: W, *, index: Index, size_bytes: int, restored: bool = False
    ) -> Caption | None:
        """Takes over one message and answers what stood there for its utterance, None where nothing did.

        Args:
            size_bytes: of its JSON, or a little more.
            restored: begins a log though it is not the first of its utterance.
        """
        before: Caption | None = None
        match message:
            case Caption():
                line = self._lines.get(message.utterance)
                before = line.caption if line else None
                if line is None and message.final and message.revision > 1 and not restored:
                    return None  # a correction of a final that is only counted by now
                if line is None:
                    line = self._lines[message.utterance] = Line(message, wire, size_bytes, index, None)
                else:
                    self._settled -= _settled(line.caption)
                    line.caption, line.wire, line.size_bytes = message, wire, size_bytes
                if message.final and line.final_index is None:
                    line.final_index = index
                    self._finals[message.utterance] = line
                self._settled += _settled(message)
                if self._settled > SNAPSHOT_FINALS or len(self._lines) > MAX_LINES:
                    self._forget_oldest()
            case Retraction():
                gone = self._lines.pop(message.utterance, None)
                self._finals.pop(message.utterance, None)
                if gone is not None:
                    self._settled -= _settled(gone.caption)
            case Gap():
                self._gaps.append((index, wire, size_bytes))
                del self._gaps[:-MAX_GAPS]
            case _:
                pass
        return before

    def contents(self) -> Contents[W]:
        """What it knows now; good until the next `apply`."""
        return Contents(list(self._lines.values()), list(self._gaps), self._forgotten_finals)

    def take_over(self, contents: Contents[W]) -> None:
        """Begins as a copy, instead of empty."""
        self._lines = {line.caption.utterance: line for line in contents.lines}
        finals = [line for line in contents.lines if line.final_index is not None]
        self._finals = {line.caption.utterance: line for line in sorted(finals, key=lambda one: one.final_index or 0)}
        self._gaps = list(contents.gaps)
        self._forgotten_finals = contents.forgotten_finals
        self._settled = sum(_settled(line.caption) for line in contents.lines)

    def finals(self) -> int:
        """Final utterances so far, those left out too."""
        return self._forgotten_finals + len(self._finals)

    def picture(self, *, partials: bool) -> Picture[W]:
        """What a viewer that joins now must see.

        The last 50 finals or as many as fit 64 KiB, every held final, every open partial (where wanted), and the gaps
        among them. Held finals and open partials are never left out, so only they can make it larger.
        """
        lines = list((self._lines if partials else self._finals).values())
        room_bytes = SNAPSHOT_BYTES - ENVELOPE_BYTES
        room_bytes -= sum(line.size_bytes for line in lines if not _settled(line.caption))
        left_out: set[UtteranceId] = set()
        finals = 0
        for utterance, line in reversed(self._finals.items()):
            if _settled(line.caption):
                # Once one is left out, older ones are too: no holes.
                if left_out or finals >= SNAPSHOT_FINALS or line.size_bytes > room_bytes:
                    left_out.add(utterance)
                    continue
                room_bytes -= line.size_bytes
            finals += 1
        shown = [line for line in lines if line.caption.utterance not in left_out]
        earlier_finals = self._forgotten_finals + len(left_out)
        began = [line.first_index if partials else line.final_index or line.first_index for line in shown]
        first = min(began, default=Index(0)) if earlier_finals else Index(0)
        gaps: list[W] = []
        for index, wire, size_bytes in reversed(self._gaps):
            if index < first or size_bytes > room_bytes:
                break
            gaps.append(wire)
            room_bytes -= size_bytes
        return Picture([line.wire for line in _in_order(shown)], gaps[::-1], earlier_finals)

    def _forget_oldest(self) -> None:
        too_many = len(self._lines) > MAX_LINES
        for utterance, line in self._finals.items():
            if _settled(line.caption) or too_many:
                del self._lines[utterance], self._finals[utterance]
                self._settled -= _settled(line.caption)
                self._forgotten_finals += 1
                return


def _settled(caption: Caption) -> bool:
    return caption.final and not caption.held


def _in_order(lines: Sequence[Line[W]]) -> list[Line[W]]:
    """By `startMs` where known, else by first index: each goes in front of those before it that start later."""
    ordered: list[Line[W]] = []
    for line in lines:
        at, start_ms = len(ordered), line.caption.start_ms
        while at and start_ms is not None:
            before_ms = ordered[at - 1].caption.start_ms
            if before_ms is None or before_ms <= start_ms:
                break
            at -= 1
        ordered.insert(at, line)
    return ordered
