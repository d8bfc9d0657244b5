"""Letters beside digits: the country and the bank of an IBAN, and when letters are expected at all."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import IS_COMMON, IS_COUNTRY, LETTER, WORD
from captiond.core.redact.kinds import IBAN, IBAN_CHARS, NATIONAL_ID
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window

LETTER_WORDS: Final = ("a", "e", "i", "o", "u", "y", "à", "è", "é")


def is_bank(window: Window, token: Token) -> bool:
    """Whether a word may be the four letters of a bank inside an IBAN."""
    if token.cls != WORD or len(token.core) != 4 or not token.core.isalpha() or token.core in window.lexicon.pauses:
        return False
    return token.core not in window.lexicon.common or token.text[:4].isupper()  # "GB82 WEST"


def is_country(window: Window, token: Token) -> bool:
    """Whether a word may be the country of an IBAN; "es" and "de" are everybody's words until they are capitals."""
    if len(token.core) != 2 or token.core.upper() not in IBAN_CHARS:
        return False
    return token.core not in window.lexicon.common or token.text[token.first : token.first + 2].isupper()


def is_code_cued(window: Window, at: i64) -> bool:
    """Whether a cue announced something that has letters: an IBAN, a national id."""
    owner = window.owner(at)
    return window.has_cue(IBAN, owner) or (NATIONAL_ID in window.kinds and window.has_cue(NATIONAL_ID, owner))


def may_be_country(window: Window, at: i64, token: Token) -> bool:
    """ "GB" or "G", "B": where an IBAN may begin."""
    if token.cls == LETTER:
        return True
    if token.cls != WORD or not token.flags & IS_COUNTRY:
        return False
    if token.text[:2].isupper() and not _is_loud(window, at - 1):
        return True
    return token.core not in window.lexicon.common and window.has_cue(IBAN, window.owner(at))


def _is_loud(window: Window, at: int) -> bool:
    """Whether a word that everybody says is in capitals: from a recogniser that knows no others, they tell nothing."""
    if at < window.base:
        return False
    token = window.token(at)
    return token.cls == WORD and token.flags & IS_COMMON != 0 and token.text.isupper() and len(token.core) > 1
