"""Cues that the gate let through: nothing is masked because of them yet, but they reach what comes behind them.

A cue leaves a marker and nothing else. So it need not be stepped through the machine, as long as a digit that follows
finds the marker: `core.redact.scan` writes it down when it reads on.
"""

from typing import TYPE_CHECKING

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.classes import ENDS_CUE, IS_COUNTRY, is_ordinary
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.tokens import read
from captiond.core.redact.window import Marker, Window

if TYPE_CHECKING:
    from captiond.core.redact.gate import Trail


@mypyc_attr(acyclic=True, free_list_len=1)
class Pending:
    """The cues among the words let through behind a point.

    Attributes:
        markers: what each will leave in the window, in order of time.
        cued: one of them announces digits.
    """

    __slots__ = ("_first", "_lexicon", "_window", "cued", "markers")

    def __init__(self, window: Window, lexicon: Lexicon) -> None:
        self._window = window
        self._lexicon = lexicon
        self._first = window.end()
        self.markers: list[Marker] = []
        self.cued = False

    def begin(self) -> None:
        """Nothing is let through yet; the next word let through gets the index after the window's newest."""
        self._first = self._window.end()
        if self.markers:
            self.markers = []
            self.cued = False

    def back(self, words: i64) -> None:
        """Only so many words are still let through."""
        stop = self._first + words
        if self.markers and self.markers[-1].at >= stop:
            self.markers = [marker for marker in self.markers if marker.at < stop]
            self.cued = any(marker.cues for marker in self.markers)

    def find(self, text: str, trail: "Trail", stop: i64, *, begun: bool) -> Marker | None:
        """What one more word, which ends at `stop`, announces; None for nothing.

        Args:
            trail: the words let through before it.
            begun: the one before it may be the last but one of a phrase; else no phrase has it.
        """
        count = trail.words()
        token = read(text[trail.stop(count) : stop], self._lexicon)
        if not token.flags & ENDS_CUE:
            return None  # another word of the same hash
        # The words before it, last one first, as far as a phrase asked.
        before = [self._core(text, trail, count - 1) if begun else ""]
        for words, kind in self._lexicon.cues_of(token.core, before[0]):
            size = len(words)
            back = 1
            while back < size:
                if back > len(before):
                    before.append(self._core(text, trail, count - back))
                if before[back - 1] != words[back]:
                    break
                back += 1
            if back == size and self._window.is_on(kind):
                return self._window.cue(words, kind, self._first + count, self._window.number)
        return None

    def take(self, text: str, trail: "Trail", stop: i64, marker: Marker) -> bool:
        """Whether that word, which announces this, may pass."""
        token = read(text[trail.stop(trail.words()) : stop], self._lexicon)
        capital = token.flags & IS_COUNTRY != 0 and token.text[:2].isupper()
        if marker.exacting or not is_ordinary(token.cls, token.flags, capital=capital):
            return False
        self.markers.append(marker)
        self.cued = self.cued or marker.cues
        return True

    def _core(self, text: str, trail: "Trail", i: i64) -> str:
        """The core of a word let through; of one before them, where that is still known."""
        if i < 0:
            return self._window.core(self._first + i)
        return read(text[trail.stop(i) : trail.stop(i + 1) - 1], self._lexicon).core
