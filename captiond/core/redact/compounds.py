"""Numbers below a hundred that are said in several words, as each language builds them: what belongs to what.

"forty seven" and "quarante sept" are 47, "dreißig acht" is 308; "soixante et onze" is 71, "drei und zwanzig" 23.
"""

from mypy_extensions import i64

from captiond.core.redact.classes import SCALE, SPOKEN, TENS
from captiond.core.redact.window import Window


def ties(window: Window, at: i64) -> bool:
    """Whether a word ties the numbers beside it into one: "treinta y dos", "vingt et un", "drei und zwanzig"."""
    lexicon = window.lexicon
    if window.core(at) not in lexicon.linkers or at <= window.base or at + 1 >= window.end():
        return False
    before, after = window.token(at - 1), window.token(at + 1)
    if before.cls in (TENS, SCALE):
        return after.cls in (SPOKEN, TENS) or after.core in lexicon.articles
    return is_inverted(window, at)


def is_inverted(window: Window, at: i64) -> bool:
    """ "drei und zwanzig", "ein und achtzig": whether a unit stands before that word, and its tens behind."""
    if window.core(at) not in window.lexicon.inverted or at <= window.base or at + 1 >= window.end():
        return False
    unit = window.token(at - 1).digits
    return len(unit) == 1 and unit != "0" and window.token(at + 1).cls == TENS


def is_unit_of(window: Window, at: i64) -> bool:
    """Whether a unit right behind tens, or behind a word that ties both, is of them: not in "dreißig acht"."""
    before = window.core(at - 1)
    return before in window.lexicon.fused or before in window.lexicon.linkers


def is_vigesimal(window: Window, at: i64) -> bool:
    """ "soixante dix", "soixante et onze": the number is added to the tens before it."""
    before = window.core(at - 1)
    if before in window.lexicon.linkers:
        before = window.core(at - 2)
    return before in window.lexicon.vigesimals
