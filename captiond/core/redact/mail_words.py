"""What a word may be in an e-mail address: a piece of its name, of its host, an ending."""

from typing import Final

from captiond.core.redact.classes import (
    DIGITS,
    ENDS_CUE,
    IS_COMMON,
    LETTER,
    MULTIPLE,
    SCALE,
    SPOKEN,
    TENS,
    WEAK,
    WORD,
)
from captiond.core.redact.shapes import is_clock
from captiond.core.redact.tokens import Token

MINUTES: Final = 60  # a smaller number may be some
HOUR_DIGITS: Final = 2


def is_part(token: Token) -> bool:
    """Whether a token may stand in a local part: letters, digits, and words that are not everybody's words."""
    if token.cls == WORD:
        return token.core != "" and not token.flags & (IS_COMMON | ENDS_CUE)
    return token.cls in (DIGITS, SPOKEN, TENS, MULTIPLE, SCALE, LETTER) or is_letter(token)


def is_letter(token: Token) -> bool:
    """Whether it is one spelled letter, "o" among them."""
    return token.cls == LETTER or (token.cls == WEAK and len(token.core) == 1)


def is_hour(token: Token) -> bool:
    """ "meet Alexis at 8", "at three thirty", "at 6:45"; a host may begin with "1 and 1"."""
    if token.cls not in (DIGITS, SPOKEN, TENS) or token.mixed:
        return False
    if ":" in token.core:
        return is_clock(token.core)
    return len(token.digits) <= HOUR_DIGITS and 1 < int(token.digits) < MINUTES


def has_ending(address: str) -> bool:
    """Whether what follows its last "@" has a dot with letters behind it: "example.com"."""
    _, _, domain = address.rpartition("@")
    _, dot, ending = domain.rpartition(".")
    return bool(dot) and len(ending) >= 2 and ending[0].isalpha()
