"""The last word of a partial: it may be half of another one, so nothing that is masked is shown because of it."""

from mypy_extensions import i64

from captiond.core.redact.articles import may_become_thanks
from captiond.core.redact.classes import FILLER, IS_BEGINNING, IS_COMMON, IS_COUNTRY, IS_STEM, LETTER, MARK, WORD
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window


def may_become(token: Token) -> bool:
    """Whether it may turn into a digit, a connector or a name before it is over."""
    known = token.cls in (WORD, FILLER) and token.flags & IS_COMMON
    return not known or token.flags & IS_BEGINNING != 0


def may_be_no_evidence(lexicon: Lexicon, token: Token) -> bool:
    """Whether a unit, a month, an ordinary word may be half of something that tells nothing of the digits before it.

    "cent" of "cento", "dun" of "dunque", "GB" of "GB29", "h" of "hold on", "%" of "%1", "mai" of "mail".
    """
    if token.flags & (IS_BEGINNING | IS_STEM) or token.cls in (MARK, LETTER):
        return True
    return (token.flags & IS_COUNTRY != 0 and token.text[:2].isupper()) or may_be_filler(lexicon, token.core)


def may_say_what_waits(window: Window, waits: i64, token: Token) -> bool:
    """Whether it may be half of a word that makes the one that waits before it, at index `waits`, a digit."""
    return token.flags & IS_BEGINNING != 0 or may_become_thanks(window, waits, token.core)


def said_by_half(lexicon: Lexicon, token: Token) -> str:
    """ "quatre-v", "un-s": what the first half of a number word says, which is one already; "" where it is none."""
    if token.cls != WORD or "-" not in token.core:
        return ""
    head = token.core.partition("-")[0]
    said = lexicon.digits.get(head) or lexicon.tens.get(head) or ""
    return lexicon.misheard[head] if not said and head in lexicon.articles else said


def may_be_filler(lexicon: Lexicon, core: str) -> bool:
    """Whether it may be half of a word that counts for none: "eu" of "euh", "war" of "warten"."""
    return core in lexicon.halves


def may_be_digit_or_pause(lexicon: Lexicon, core: str) -> bool:
    """Whether it may be half of a word that a run survives: "eu" of "euh", "at" of "ate"."""
    return core in lexicon.halves or core in lexicon.half_digits
