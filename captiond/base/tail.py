"""A bounded log addressed by (epoch, index): what lets a viewer resume without loss, or be told that it can't.

All or nothing: `since` answers everything after a position, or None. Never a part.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar

from captiond.base.errors import LocalError
from captiond.base.ids import Epoch, Index

T = TypeVar("T")

MAX_POSITION_CHARS: Final = 32  # 8 letters, a point, at most 16 digits (JSON integers end at 2^53); rest is slack
_POSITION: Final = re.compile(r"([A-Za-z]{8})\.(0|[1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in one log: all up to and including `index` is known. Index 0 is the beginning."""

    epoch: Epoch
    index: Index

    def __str__(self) -> str:
        return f"{self.epoch}.{self.index}"


def parse_position(text: str | None) -> Position | None:
    """A position as a viewer sent it; None for whatever is not exactly one (wrong shape, sign, length, zeros)."""
    if text is None or len(text) > MAX_POSITION_CHARS:
        return None
    match = _POSITION.fullmatch(text)
    return Position(Epoch(match[1]), Index(int(match[2]))) if match else None


class Kept(NamedTuple, Generic[T]):
    """One message of the log. `at_s`: monotonic, when it was appended."""

    item: T
    size_bytes: int
    at_s: float


class Tail(Generic[T]):
    """The newest messages of one log, bounded in messages, bytes and age.

    Args:
        epoch: names this log; new whenever the log is new.
        max_messages, max_bytes: the oldest go first; the newest one always stays until it is too old.
        max_age_s: by the time handed to `append` and `trim`, monotonic seconds.
    """

    def __init__(self, epoch: Epoch, *, max_messages: int, max_bytes: int, max_age_s: float) -> None:
        self.epoch: Final = epoch
        self.top = Index(0)
        self.size_bytes = 0
        self._max_messages, self._max_bytes, self._max_age_s = max_messages, max_bytes, max_age_s
        self._kept: deque[Kept[T]] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def position(self) -> Position:
        """Where the log ends now."""
        return Position(self.epoch, self.top)

    @property
    def next_index(self) -> Index:
        """The index that the next `append` gives."""
        return Index(self.top + 1)

    def append(self, item: T, *, size_bytes: int, now_s: float) -> Index:
        """Adds a message and answers its index, exactly one above the last."""
        self.top = Index(self.top + 1)
        self._kept.append(Kept(item, size_bytes, now_s))
        self.size_bytes += size_bytes
        while len(self._kept) > 1 and (len(self._kept) > self._max_messages or self.size_bytes > self._max_bytes):
            self._drop_oldest()
        self.trim(now_s)
        return self.top

    def trim(self, now_s: float) -> None:
        """Lets go of what is too old. The top stays: a viewer that has it all can still prove so."""
        while self._kept and now_s - self._kept[0].at_s > self._max_age_s:
            self._drop_oldest()

    def reaches(self, position: Position) -> bool:
        """Whether everything after `position` is here."""
        return position.epoch == self.epoch and 0 <= self.top - position.index <= len(self._kept)

    def since(self, position: Position) -> list[T] | None:
        """Everything after `position`, oldest first; None where that can't be proved (other epoch, future, too old)."""
        if not self.reaches(position):
            return None
        missing = self.top - position.index
        return [kept.item for kept in islice(self._kept, len(self._kept) - missing, None)]

    def __iter__(self) -> Iterator[T]:
        return (kept.item for kept in self._kept)

    def kept(self) -> Iterator[Kept[T]]:
        """What is kept, oldest first, with its size and time: to make a copy of this log elsewhere (see `begin_at`)."""
        return iter(self._kept)

    def begin_at(self, top: Index) -> None:
        """A copy begins where the original's oldest message does: the next `append` gives `top` + 1."""
        if self._kept:
            raise LocalError("a log that holds messages can't begin elsewhere")
        self.top = top

    def _drop_oldest(self) -> None:
        self.size_bytes -= self._kept.popleft().size_bytes
