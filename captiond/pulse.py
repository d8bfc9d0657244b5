"""When captions last came back: the judgement of the delivery probe, on times that are arguments. Pure."""

from collections.abc import Sequence
from typing import Final

LATE_S: Final = 10.0  # three beats: one that is lost in a storm of viewers is no outage, ten seconds of silence are

# Each letter stands for a digit: no redactor may find a number in them, no normaliser a letter said too often, so the
# letters alternate between two alphabets without vowels.
_EVEN: Final = "bcdfghjklm"
_ODD: Final = "npqrstvwxz"
WORD_DIGITS: Final = 8


class Pulse:
    """What was sent, and over which transports it came back. One caption is on its way at a time.

    Args:
        transports: over each of which every caption has to come.
    """

    def __init__(self, transports: Sequence[str], *, late_s: float = LATE_S) -> None:
        self._late_s = late_s
        self._came_s: dict[str, float | None] = dict.fromkeys(transports)
        self._awaited: dict[str, float] = {}
        self._words = ""
        self._number = 0

    @property
    def number(self) -> int:
        """How many captions were sent."""
        return self._number

    @property
    def missing(self) -> tuple[str, ...]:
        """The transports over which the caption that is on its way has not come."""
        return tuple(self._awaited)

    def give_up(self) -> tuple[str, ...]:
        """The caption is no longer waited for; answers over which transports it has not come."""
        missing = self.missing
        self._words, self._awaited = "", {}
        return missing

    def send(self, *, now_s: float) -> str:
        """The words of the next caption; the last one is given up."""
        self._words = words_of(self._number)
        self._number += 1
        self._awaited = dict.fromkeys(self._came_s, now_s)
        return self._words

    def came(self, transport: str, words: str, *, now_s: float) -> float | None:
        """A caption came: how long that took, in seconds; None where it is none that is waited for."""
        if words != self._words or transport not in self._awaited:
            return None
        self._came_s[transport] = now_s
        return now_s - self._awaited.pop(transport)

    def age_s(self, transport: str, *, now_s: float) -> float | None:
        """Since when none has come; None where none ever has."""
        came_s = self._came_s[transport]
        return None if came_s is None else now_s - came_s

    def fault(self, *, now_s: float) -> str | None:
        """Why the daemon does not deliver; None where it does."""
        for transport in self._came_s:
            age_s = self.age_s(transport, now_s=now_s)
            if age_s is None:
                return f"no caption has come back over {transport} yet"
            if age_s > self._late_s:
                return f"no caption has come back over {transport} for {age_s:.0f} s"
        return None


def words_of(number: int) -> str:
    """A caption that says which one it is, without a digit."""
    digits = f"{number:0{WORD_DIGITS}d}"
    return "probe " + "".join((_ODD if place % 2 else _EVEN)[int(digit)] for place, digit in enumerate(digits))
