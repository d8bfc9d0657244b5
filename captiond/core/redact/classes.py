"""What a word can be in a number or an address: its class, and bits for what else a lexicon knows of it."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

MASKED_FROM_DIGITS: Final = 4  # of an open run: a viewer never gets 4 digits of one number (contract, section 6)

WORD: Final = 0
FILLER: Final = 1  # never closes a run
DIGITS: Final = 2  # numerals, with or without letters and separators
SPOKEN: Final = 3  # number words
TENS: Final = 4  # "forty": a unit after it belongs to it
WEAK: Final = 5  # a word that is often a misheard digit: counts beside a digit
MULTIPLE: Final = 6  # "double"
SCALE: Final = 7  # "hundred"
SILENT: Final = 8  # "dash" and "-": separators inside a number
LETTER: Final = 9
ADDRESS: Final = 10  # has an @ inside
MARK: Final = 11  # no letter, no digit

# What else the lexicon knows of a word, as bits.
ENDS_CUE: Final = 1  # the last word of a cue or a keep-phrase
IS_COMMON: Final = 2  # everybody's word: no part of an e-mail address
IS_PROSE: Final = 4  # of these, one that is no hesitation
IS_AT: Final = 8
IS_DOT: Final = 16
IS_JOIN: Final = 32
IS_MONTH: Final = 64
IS_BESIDE_DAY: Final = 256  # a month, an ordinal, or what stands between them ("of")
IS_COUNTRY: Final = 512  # an IBAN may begin with it
IS_STEM: Final = 128  # of a month: a longer word begins with it
IS_BEGINNING: Final = 1024  # may be the first letters of a number word or a connector
IS_PARTICLE: Final = 4096  # of a name ("de la"): in an address it belongs to the word behind it
IS_LETTERS: Final = 2048  # nothing but letters: no mark in it that says something

_VISIBLE_LEAD: Final = "\"'“‘«¿¡(["
_VISIBLE_TRAIL: Final = "\"'”’»)].,!?;:…"


@mypyc_attr(acyclic=True)
class Entry:
    """What the lexicon knows of one word: its class, the digits it says, and the bits above."""

    __slots__ = ("cls", "digits", "flags")

    def __init__(self, cls: i64, digits: str, flags: i64) -> None:
        self.cls = cls
        self.digits = digits
        self.flags = flags


@mypyc_attr(acyclic=True)
class Token:
    """A word as it stands in the normalised text. Nothing in it changes: a lexicon's words are read only once.

    Attributes:
        text: as it stands.
        core: case-folded, without the punctuation around it; "" for a mask that stood in the text as a word.
        cls: one of the lexicon's classes.
        flags: the lexicon's bits; 0 for a word it doesn't have.
        digits: the digits it says, "" where none.
        first, last: where the core begins and ends in `text`.
        mixed: letters stand among the numerals ("DE89", "1Z3G", "21st").
    """

    __slots__ = ("cls", "core", "digits", "first", "flags", "last", "mixed", "text")

    def __init__(
        self, text: str, core: str, cls: i64, digits: str, first: i64, last: i64, mixed: bool, flags: i64
    ) -> None:
        self.text = text
        self.core = core
        self.cls = cls
        self.digits = digits
        self.first = first
        self.last = last
        self.mixed = mixed
        self.flags = flags

    def lead(self) -> str:
        """The punctuation before the core that stays beside a mask."""
        if self.first == 0:
            return ""
        return "".join([c for c in self.text[: self.first] if c in _VISIBLE_LEAD])

    def trail(self) -> str:
        """The punctuation after the core that stays beside a mask."""
        if self.last == len(self.text):
            return ""
        return "".join([c for c in self.text[self.last :] if c in _VISIBLE_TRAIL])


def without_cue(token: Token) -> Token:
    """The same word, as one that announces nothing."""
    flags = token.flags & ~ENDS_CUE
    return Token(token.text, token.core, token.cls, token.digits, token.first, token.last, token.mixed, flags)


def is_ordinary(cls: i64, flags: i64, *, capital: bool) -> bool:
    """Whether a word is everybody's: outside a run or an address it leaves nothing behind, unless it ends a cue.

    Args:
        capital: it is written in capitals: "IT" may be a country, where "it" is a word.
    """
    return (
        cls == WORD
        and flags & (IS_COMMON | IS_MONTH | IS_PARTICLE) == IS_COMMON
        and not (capital and flags & IS_COUNTRY)
    )
