"""One word of a caption, read: which digits it says, and what it can be in a number or an address."""

import unicodedata
from typing import Final

from captiond.core.redact.lexicon import Lexicon

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

_VISIBLE_LEAD: Final = "\"'“‘«¿¡(["
_VISIBLE_TRAIL: Final = "\"'”’»)].,!?;:…"
_APOSTROPHES: Final = ("'", "’")
_SEPARATORS: Final = "-./\\_|*~=·•,;:"


class Token:
    """A word as it stands in the normalised text.

    Attributes:
        text: as it stands.
        core: case-folded, without the punctuation around it; "" for a mask that stood in the text as a word.
        cls: one of the classes above.
        digits: the digits it says, "" where none.
        first, last: where the core begins and ends in `text`.
        mixed: letters stand among the numerals ("DE89", "1Z3G", "21st").
    """

    __slots__ = ("cls", "core", "digits", "first", "last", "mixed", "text")

    def __init__(self, text: str, core: str, cls: int, digits: str, first: int, last: int, mixed: bool) -> None:
        self.text = text
        self.core = core
        self.cls = cls
        self.digits = digits
        self.first = first
        self.last = last
        self.mixed = mixed

    def lead(self) -> str:
        """The punctuation before the core that stays beside a mask."""
        lead = self.text[: self.first]
        return "".join(c for c in lead if c in _VISIBLE_LEAD)

    def trail(self) -> str:
        """The punctuation after the core that stays beside a mask."""
        trail = self.text[self.last :]
        return "".join(c for c in trail if c in _VISIBLE_TRAIL)


def read(word: str, lexicon: Lexicon) -> Token:
    """Reads one word. Never fails, whatever is in it; the cost is linear in its length."""
    size = len(word)
    first = 0
    while first < size and not word[first].isalnum():
        first += 1
    if first == size:
        return _read_mark(word)
    last = size
    while not word[last - 1].isalnum():
        last -= 1
    if first > 0 and word[first - 1] == "[" and last < size and word[last] == "]" and _is_mask(word[first:last]):
        return Token(word, "", WORD, "", first, last, False)
    core = word[first:last]
    if not core.isascii():
        core = unicodedata.normalize("NFC", core)
    core = core.casefold()
    if core[1:2] in _APOSTROPHES or core[2:3] in _APOSTROPHES:
        whole = core.partition("'")[2] or core.partition("’")[2]
        if whole in lexicon.cues:
            core = whole  # "l'iban", "d'e-mail"
    digits = "" if core in lexicon.cues else numerals(core)  # "cvv2"
    if "@" in core:
        return Token(word, core, ADDRESS, digits, first, last, False)
    if digits:
        mixed = any(c.isalpha() for c in core)
        if mixed and _is_ordinal(core):
            return Token(word, core, WORD, "", first, last, False)
        return Token(word, core, DIGITS, digits, first, last, mixed)
    cls, said = _look_up(core, lexicon)
    return Token(word, core, cls, said, first, last, False)


def _read_mark(word: str) -> Token:
    if word == "@":
        return Token(word, "@", WORD, "", 0, 1, False)
    separator = all(c in "-./+()#*_–—" for c in word) and word != "..."
    return Token(word, "", SILENT if separator else MARK, "", 0, len(word), False)


def _is_mask(inner: str) -> bool:
    return all(c.isupper() or c == "_" for c in inner)


def numerals(text: str) -> str:
    """All decimal digits in `text`, of any script, as ASCII."""
    if text.isalpha():
        return ""
    found: list[str] = []
    for char in text:
        if "0" <= char <= "9":
            found.append(char)
        elif char.isdigit():
            found.append(str(unicodedata.digit(char)))
    return "".join(found)


def _is_ordinal(core: str) -> bool:
    """ "21st", "4th": a day or a street, never a piece of a number."""
    return core[-2:] in ("st", "nd", "rd", "th") and core[:-2].isdigit() and len(core) <= 5


def _look_up(core: str, lexicon: Lexicon) -> tuple[int, str]:
    said = lexicon.digits.get(core)
    if said is not None:
        return SPOKEN, said
    said = lexicon.tens.get(core)
    if said is not None:
        return TENS, said
    said = lexicon.misheard.get(core)
    if said is not None:
        return WEAK, said
    if core in lexicon.multiples:
        return MULTIPLE, ""
    if core in lexicon.scales:
        return SCALE, "0" * lexicon.scales[core]
    if core in lexicon.fillers:
        return FILLER, ""
    if core in lexicon.silent or core in lexicon.plus:
        return SILENT, ""
    if len(core) == 1:
        return (LETTER if core.isalpha() else MARK), ""
    if any(c in _SEPARATORS for c in core):
        return _read_compound(core, lexicon)
    return WORD, ""


def _read_compound(core: str, lexicon: Lexicon) -> tuple[int, str]:
    """ "twenty-two", "four-one-one-one", "four.one.one": number words glued by separators."""
    for separator in _SEPARATORS:
        core = core.replace(separator, " ")
    parts = core.split()
    said: list[str] = []
    others = 0
    tens = ""
    for part in parts:
        unit = lexicon.digits.get(part)
        if unit is None and said:
            unit = lexicon.misheard.get(part)
        if unit is not None:
            if tens and len(unit) == 1 and unit != "0":
                said[-1] = tens[0] + unit
            else:
                said.append(unit)
            tens = ""
            continue
        tens = lexicon.tens.get(part, "")
        if tens:
            said.append(tens)
        elif part not in lexicon.multiples and part not in lexicon.linkers:
            others += 1
    if said and (others == 0 or len(said) > others):
        return SPOKEN, "".join(said)
    return WORD, ""
