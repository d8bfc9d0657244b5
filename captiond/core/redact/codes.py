"""Words that may belong to a code: the country and the bank of an IBAN, and the cues that announce letters."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import WORD
from captiond.core.redact.kinds import IBAN, IBAN_CHARS, NATIONAL_ID
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window

COUNTRY_LETTERS: Final = 2
BANK_LETTERS: Final = 4
LETTER_WORDS: Final = ("a", "e", "i", "o", "u", "y", "à", "è", "é")


def is_bank(window: Window, token: Token) -> bool:
    """Whether a word may be the four letters of a bank inside an IBAN."""
    if token.cls != WORD or len(token.core) != BANK_LETTERS or not token.core.isalpha():
        return False
    return token.core not in window.lexicon.common or token.text[:BANK_LETTERS].isupper()  # "GB82 WEST"


def is_country(window: Window, token: Token) -> bool:
    """Whether a word may be the country of an IBAN; "es" and "de" are everybody's words until they are capitals."""
    if len(token.core) != COUNTRY_LETTERS or token.core.upper() not in IBAN_CHARS:
        return False
    return token.core not in window.lexicon.common or token.text[token.first : token.first + COUNTRY_LETTERS].isupper()


def is_code_cued(window: Window, at: i64) -> bool:
    """Whether a cue announced something that has letters: an IBAN, a national id."""
    owner = window.owner(at)
    return window.has_cue(IBAN, owner) or (NATIONAL_ID in window.kinds and window.has_cue(NATIONAL_ID, owner))
