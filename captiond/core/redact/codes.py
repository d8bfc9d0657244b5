"""Letters beside digits: the country and the bank of an IBAN, and when letters are expected at all."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import FILLER, IS_COMMON, IS_COUNTRY, LETTER, MARK, MULTIPLE, SILENT, WORD
from captiond.core.redact.kinds import IBAN_CHARS, MAX_IBAN_CHARS, NATIONAL_ID, is_iban
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import FOR_IBAN, FOR_ID, Window

NOWHERE: Final = -1
COUNTRY_LETTERS: Final = 2
LETTER_WORDS: Final = ("a", "e", "i", "o", "u", "y", "à", "è", "é")


def is_bank(window: Window, at: i64, token: Token) -> bool:
    """Whether a word may be the four letters of a bank inside an IBAN."""
    if token.cls != WORD or len(token.core) != 4 or not token.core.isalpha() or token.core in window.lexicon.pauses:
        return False
    return token.core not in window.lexicon.common or (token.text[:4].isupper() and not _is_loud(window, at - 1))


def is_country(window: Window, token: Token) -> bool:
    """Whether a word may be the country of an IBAN; "es" and "de" are everybody's words until they are capitals."""
    if len(token.core) != 2 or token.core.upper() not in IBAN_CHARS:
        return False
    return token.core not in window.lexicon.common or token.text[token.first : token.first + 2].isupper()


def is_code_cued(window: Window, at: i64) -> bool:
    """Whether a cue announced something that has letters: an IBAN, a national id."""
    owner = window.owner(at)
    return window.has_cue(FOR_IBAN, owner) or (NATIONAL_ID in window.kinds and window.has_cue(FOR_ID, owner))


def may_be_country(window: Window, at: i64, token: Token) -> bool:
    """ "GB" or "G", "B": where an IBAN may begin."""
    if token.cls == LETTER:
        return True
    if token.cls != WORD or not token.flags & IS_COUNTRY:
        return False
    if token.text[:2].isupper() and not _is_loud(window, at - 1):
        return True
    return token.core not in window.lexicon.common and window.has_cue(FOR_IBAN, window.owner(at))


def iban_start(window: Window, at: i64, token: Token) -> i64:
    """Where an IBAN may begin with the newest word, which ends its country or is all of it; NOWHERE if it may not."""
    return min(_spelled_country(window, at + 1), at) if may_be_country(window, at, token) else NOWHERE


def country_before(window: Window, at: i64) -> i64:
    """Where a country begins that ends right before an index: "GB", "G B", "G - B -"; the index where none does."""
    if len(window.core(at - 1)) == COUNTRY_LETTERS and may_be_country(window, at - 1, window.token(at - 1)):
        return at - 1
    return _spelled_country(window, at)


def _spelled_country(window: Window, stop: i64) -> i64:
    """Where the two letters of a country begin that end right before an index; `stop` where none do."""
    at = stop
    letters = ""
    while at > window.base and len(letters) < COUNTRY_LETTERS:
        at -= 1
        core = window.core(at)
        if len(core) == 1:
            letters = core + letters
        elif window.token(at).cls != SILENT:
            return stop
    return at if letters.upper() in IBAN_CHARS else stop


def _is_loud(window: Window, at: int) -> bool:
    """Whether a word that everybody says is in capitals: from a recogniser that knows no others, they tell nothing."""
    if at < window.base:
        return False
    token = window.token(at)
    if token.cls != WORD or len(token.core) < COUNTRY_LETTERS or not token.text.isupper():
        return False
    return token.flags & IS_COMMON != 0 or token.core in window.lexicon.pauses


def letters_said(tokens: list[Token], said: list[str]) -> str:
    """The characters of a part that has letters, in upper case. `said`: the digits of its words that say some."""
    letters: list[str] = []
    i: i64 = 0
    for token in tokens:
        if token.cls in (LETTER, WORD):
            letters.append(token.core.upper())
        elif token.cls not in (MULTIPLE, SILENT, FILLER, MARK):
            mixed = "".join([c for c in token.core.upper() if c.isalnum()]) if token.mixed else said[i]
            letters.append(mixed)
            i += 1
    joined = "".join(letters)
    return joined if is_iban(joined) else joined[:MAX_IBAN_CHARS]
