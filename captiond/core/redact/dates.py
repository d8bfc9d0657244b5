"""Dates of birth: after their cue the words of a date count as digits, so that it is masked whole, from its first word.

"born on the third of May nineteen eighty": without this only the year is digits. Where the kind is off, or no cue came,
dates are what captions must keep, and nothing here happens. Source: contract, section 6.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import DIGITS, FILLER, MARK, SCALE, SILENT, SPOKEN, TENS, WORD
from captiond.core.redact.parts import Part
from captiond.core.redact.shapes import is_date, is_year
from captiond.core.redact.tokens import Token, numerals
from captiond.core.redact.window import FOR_BIRTH, Window

WORD_DIGITS: Final = "00"  # a month or an ordinal counts as two digits, which ones tells nobody anything
MIN_DATE_DIGITS: Final = 3  # "may" alone is a word, "may 3" a date
MAX_DAY_DIGITS: Final = 2
MAX_DATE_DIGITS: Final = 14  # "seis de junio de mil novecientos ochenta" as its words say it: 6, 00, 000 900 80
MAX_BETWEEN_TOKENS: Final = 3  # fillers between the day, the month and the year
_ORDINAL_ENDINGS: Final = ("st", "nd", "rd", "th")


def as_date(window: Window, token: Token, owner: i64) -> Token:
    """A word as a piece of a date of birth; itself where it is none, or no cue for one reaches that utterance.

    Args:
        token: the word that comes after the newest one in the window.
    """
    if token.cls not in (WORD, SCALE) or not window.has_cue(FOR_BIRTH, owner):
        return token
    core, lexicon = token.core, window.lexicon
    if token.cls == SCALE:  # "mil novecientos": the first word of a year
        return token if _follows_digits(window, bridge=False) else _as(token, SPOKEN, token.digits)
    if core in lexicon.months:
        return _as(token, SPOKEN, WORD_DIGITS)
    if core in lexicon.years:
        return _as(token, SPOKEN, lexicon.years[core])
    if core in lexicon.of and _follows_digits(window, bridge=True):
        return _as(token, SILENT, "")  # "third of may", "7 de junio"
    if core[-2:] in _ORDINAL_ENDINGS and core[0].isdigit():
        return _as(token, SPOKEN, numerals(core))  # "17th"
    if _is_ordinal(window, core):
        return _as(token, SPOKEN, WORD_DIGITS)
    return token


def birthday_end(window: Window, parts: list[Part], first: i64) -> i64:
    """The index after the last of the parts that make one date of birth; `first` where they make none."""
    if not window.has_cue(FOR_BIRTH, window.owner(parts[first].start)):
        return first
    stop, digits, month = first, 0, False
    while stop < len(parts) and (stop == first or _is_next(window, parts[stop - 1], parts[stop])):
        part = parts[stop]
        named = _has_month(window, part)
        if not (named or month or len(part.digits) <= MAX_DAY_DIGITS or _is_year(window, part)):
            break
        if digits + len(part.digits) > MAX_DATE_DIGITS:
            break
        month = month or named
        digits += len(part.digits)
        stop += 1
    if month and digits >= MIN_DATE_DIGITS:
        for i in range(first, stop - 1):
            parts[i].stop = parts[i + 1].start  # "7 de junio": the words between are masked with it
        return stop
    token = window.token(parts[first].start)
    typed = token.cls == DIGITS and is_date(token.core)
    return first + 1 if typed or _is_year(window, parts[first]) else first


def _as(token: Token, cls: i64, digits: str) -> Token:
    return Token(token.text, token.core, cls, digits, token.first, token.last, False, token.flags)


def _follows_digits(window: Window, *, bridge: bool) -> bool:
    """Whether the newest word says digits; with `bridge` fillers and separators are looked past, but not far."""
    at = window.end() - 1
    first = max(window.base, window.end() - MAX_BETWEEN_TOKENS) if bridge else at
    while at > first and window.token(at).cls in (FILLER, SILENT):
        at -= 1
    return at >= window.base and window.token(at).digits != ""


def _is_ordinal(window: Window, core: str) -> bool:
    """ "third", "twenty-third"; "one second" and "a second" are pauses."""
    ordinals = window.lexicon.ordinals
    if core not in ordinals:
        return "-" in core and any(word in ordinals for word in core.split("-"))
    if core not in window.lexicon.units:
        return True
    if window.end() == window.base:
        return True
    before = window.token(window.end() - 1)
    return before.cls == TENS or (before.digits == "" and len(before.core) > 1)


def _is_next(window: Window, one: Part, other: Part) -> bool:
    """Whether nothing but fillers stands between two parts."""
    if other.start - one.stop > MAX_BETWEEN_TOKENS:
        return False
    return all(window.token(at).cls in (FILLER, MARK, SILENT) for at in range(one.stop, other.start))


def _has_month(window: Window, part: Part) -> bool:
    return any(window.core(at) in window.lexicon.months for at in range(part.start, part.stop))


def _is_year(window: Window, part: Part) -> bool:
    tokens = [window.token(at) for at in range(part.start, part.stop)]
    return is_year(tokens) or (len(tokens) == 1 and tokens[0].core in window.lexicon.years)
