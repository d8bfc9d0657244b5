"""Order, duplicates, gaps and restarts of one media session's numbering. Source: contract, section 3, sequence rules.

`last` never moves back, except where the numbering itself begins again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from captiond.core.arrival import Arrival

RESTART_AFTER_S: Final = 2.0  # a repeated number this much later than the newest event is a new numbering, not a copy


class Verdict(StrEnum):
    """What an event is, by its number alone."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # the newest number again
    LATE = "late"  # an older number


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with an event.

    Attributes:
        verdict: only an accepted event goes on.
        gap: whether events are missing before it.
        lost: how many; None where it can't be known (a new numbering after a reconnect). Meaningless without `gap`.
        cause: "sequence", or "disconnect" where the stream was away in between.
    """

    verdict: Verdict
    gap: bool = False
    lost: int | None = 0
    cause: str = "sequence"


_ACCEPTED: Final = Judgement(Verdict.ACCEPTED)
_DUPLICATE: Final = Judgement(Verdict.DUPLICATE)
_LATE: Final = Judgement(Verdict.LATE)


class Continuity:
    """The numbering of one media session. Keeps two numbers, a time and a hash; never a text."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._last_event_s = 0.0
        # Salted per process and one-way: tells two texts apart without keeping either.
        self._first_text_hash: int | None = None
        self._was_away = False

    def disconnected(self) -> None:
        """The stream is away: a gap or restart seen next is laid to that."""
        self._was_away = True

    def receive(self, arrival: Arrival) -> Judgement:
        """Judges one event and, if it is accepted, takes its number as the newest."""
        n = arrival.sequence
        if self.last is None or n == self.last + 1:
            return self._accept(arrival, _ACCEPTED)
        cause = "disconnect" if self._was_away else "sequence"
        if n > self.last + 1:
            return self._accept(arrival, Judgement(Verdict.ACCEPTED, gap=True, lost=n - self.last - 1, cause=cause))
        if not self._restarts(arrival):
            return _DUPLICATE if n == self.last else _LATE
        self._first_text_hash = None
        if self._was_away:
            return self._accept(arrival, Judgement(Verdict.ACCEPTED, gap=True, lost=None, cause=cause))
        return self._accept(arrival, _ACCEPTED)

    def _restarts(self, arrival: Arrival) -> bool:
        if arrival.event_s - self._last_event_s > RESTART_AFTER_S:
            return True
        if arrival.sequence != 1:
            return False
        if self._first_text_hash is None:
            # We joined after number 1, so "another text" can't be told by the text. A late number 1 was sent before
            # the newest event, a new numbering after it.
            return arrival.event_s > self._last_event_s
        return hash(arrival.text) != self._first_text_hash

    def _accept(self, arrival: Arrival, judgement: Judgement) -> Judgement:
        self.last, self._last_event_s, self._was_away = arrival.sequence, arrival.event_s, False
        if arrival.sequence == 1:
            self._first_text_hash = hash(arrival.text)
        return judgement
