"""How steady a growing text is for who reads it: the published measures, each as it is defined in docs/stability.md.

Pure: timelines in, figures out. A timeline is what one utterance showed, a row wherever that changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from captiond.bench.reading import MASK

Words = Sequence[str]
_PERCENTILES: Final = (50, 95)


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown from `at_ms` on: the text, how many code points of it count as settled, and whether it is final."""

    at_ms: float
    text: str = field(repr=False)
    stable: int
    final: bool

    @property
    def words(self) -> list[str]:
        return self.text.split()


def folded(words: Words) -> list[str]:
    """Without case and punctuation; a mask stays what it is, and a word of nothing but punctuation is none."""
    return [kept for word in words if (kept := _fold(word))]


@lru_cache(maxsize=65_536)  # words come again with every partial
def _fold(word: str) -> str:
    return word if MASK.search(word) else "".join(c for c in word.casefold() if c.isalnum())


def erased(before: Words, after: Words) -> int:
    """E of Arivazhagan et al. (arXiv 1912.03393): words of `before` behind what both begin with."""
    return len(before) - _common(before, after)


def changed(before: Words, after: Words) -> int:
    """Words of `before` that are not in `after` at their place: all but a longest common subsequence.

    Unlike `erased`, a word that was put in early counts once and does not count all that stands behind it.
    """
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    row = [0] * (len(new) + 1)
    for one in old:
        diagonal = 0
        for at, other in enumerate(new, 1):
            diagonal, row[at] = row[at], diagonal + 1 if one == other else max(row[at], row[at - 1])
    return len(old) - row[-1]


def _common(one: Words, other: Words) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def first_seen_ms(rows: Sequence[Row]) -> list[float]:
    """When there was first a word at each place."""
    seen: list[float] = []
    for row in rows:
        seen += [row.at_ms] * (len(row.words) - len(seen))
    return seen


def stable_ms(rows: Sequence[Row]) -> list[float]:
    """For each word of the last text: since when it and all words before it have stood on the screen."""
    last = rows[-1].words
    since = [rows[-1].at_ms] * len(last)
    for row in reversed(rows):
        same = _common(row.words, last)
        since = [row.at_ms] * same + since[same:]
        if not same:
            break
        last = last[:same]
    return since


class Figures:
    """Adds up utterances; `report` makes the figures of them."""

    def __init__(self) -> None:
        self.utterances = self.words = self.folded_words = 0
        self._erased = {"displayed": 0, "displayedFolded": 0, "settled": 0, "settledFolded": 0, "afterFinal": 0}
        self._changed = self._revisions = 0
        self._open_ms = self._lagging_ms = 0.0
        self._delay_ms: list[float] = []
        self._stable_ms: list[float] = []

    def add(self, rows: Sequence[Row], said: Sequence[Row]) -> None:
        """One utterance: what was shown of it, and what the recogniser had said of it by then. The last is a final."""
        self.utterances += 1
        self.words += len(rows[-1].words)
        self.folded_words += len(folded(rows[-1].words))
        for before, after in pairwise(rows):
            words, then = before.words, after.words
            self._add_erased("displayed", words, then)
            self._add_erased("settled", before.text[: before.stable].split(), after.text[: after.stable].split())
            if before.final:  # redaction has decided what it held: no profile waits for that
                self._erased["afterFinal"] += erased(words, then)
            self._changed += changed(words, then)
            self._revisions += erased(words, then) > 0
        said_ms, shown_ms = first_seen_ms(said), first_seen_ms(rows)
        self._delay_ms += [shown - said for said, shown in zip(said_ms, shown_ms, strict=False)]
        self._stable_ms += [stood - said for said, stood in zip(said_ms, stable_ms(rows), strict=False)]
        self._add_lag(rows, said)

    def _add_erased(self, what: str, before: Words, after: Words) -> None:
        self._erased[what] += erased(before, after)
        self._erased[f"{what}Folded"] += erased(folded(before), folded(after))

    def _add_lag(self, rows: Sequence[Row], said: Sequence[Row]) -> None:
        end_ms = next(row.at_ms for row in said if row.final)
        moments = sorted({row.at_ms for row in (*said, *rows) if row.at_ms < end_ms} | {end_ms})
        for at_ms, then_ms in pairwise(moments):
            self._open_ms += then_ms - at_ms
            if _words_at(rows, at_ms) < _words_at(said, at_ms):
                self._lagging_ms += then_ms - at_ms

    def report(self) -> dict[str, Any]:
        """The figures, ready for JSON: ratios as fractions, times in ms. Empty where no utterance was added."""
        if not self.utterances:
            return {}
        erasure = {
            what: _ratio(count, self.folded_words if what.endswith("Folded") else self.words)
            for what, count in self._erased.items()
        }
        return {
            "normalizedErasure": erasure,
            "upwr": _ratio(self._changed, self.words),
            "upsr": _ratio(self._revisions, self.utterances),
            "timeToStableMs": _spread(self._stable_ms),
            "addedDelayMs": _spread(self._delay_ms) | {"max": round(max(self._delay_ms, default=0.0))},
            "lagShare": _ratio(self._lagging_ms, self._open_ms),
        }


def _words_at(rows: Sequence[Row], at_ms: float) -> int:
    return next((len(row.words) for row in reversed(rows) if row.at_ms <= at_ms), 0)


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _spread(values: Sequence[float]) -> dict[str, int]:
    ordered = sorted(values)

    def at(percent: int) -> float:
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]

    return {f"p{percent}": round(at(percent)) if ordered else 0 for percent in _PERCENTILES}
