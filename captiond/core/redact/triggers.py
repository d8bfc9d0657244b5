"""What words of a lexicon may do that no gate lets through (`core.redact.gate`): bits, found by a word's hash."""

from collections.abc import Iterable
from typing import Final

# What a word of the lexicon may do, as bits of one byte.
NUMBER: Final = 1  # says digits by itself
DIGIT_LIKE: Final = 2  # says them beside a digit ("for", "double", "hundred")
ZERO: Final = 4  # says one after a cue ("oh")
CUE: Final = 8  # announces something all by itself
CUE_END: Final = 16  # ends a phrase that announces something, where
CUE_BEFORE: Final = 32  # ... such a word stands before it
CONNECTOR: Final = 64  # "at", "dot", "dash", "plus"
LINKER: Final = 128  # "and", between tens and units; behind a letter "as in", which spells it

ALWAYS: Final = NUMBER | CUE | CONNECTOR
CUED: Final = ALWAYS | ZERO
RUNNING: Final = ALWAYS | ZERO | DIGIT_LIKE | LINKER  # while a run is open

SLOTS: Final = 1 << 16  # slots; some 500 words are in them, of German 3,600: one other word in twenty is looked up
SPACE: Final = 1
END: Final = 2  # punctuation that may stand at the end of a word
INNER: Final = 3  # apostrophe and hyphen, between letters
NUMERAL: Final = 4
HASH: Final = (1 << 26) - 1


def _characters() -> bytes:
    """The class of each character of Latin-1; 0 for those that only the machine can read."""
    classes = bytearray(256)
    classes[ord(" ")] = SPACE
    for char in ".,!?;:":
        classes[ord(char)] = END
    for char in "'-":
        classes[ord(char)] = INNER
    for char in "0123456789":
        classes[ord(char)] = NUMERAL
    for code in range(256):
        char = chr(code)
        folded = char.casefold()
        if char.isalpha() and char not in "ªºµ" and len(folded) == 1:
            classes[code] = ord(folded)
    classes[ord("ß")] = ord("ß")
    return bytes(classes)


CHARACTERS: Final[bytes] = _characters()


def table(words: Iterable[tuple[str, int]]) -> bytes:
    """What words of a lexicon may do, by their hash; words that no gate ever lets through need not be in it."""
    slots = bytearray(SLOTS)
    for word, bits in words:
        for spelled in _spellings(word):
            hashed = 0
            for char in spelled:
                hashed = (hashed * 31 + ord(char)) & HASH
            slots[(hashed ^ (hashed >> 11)) & (SLOTS - 1)] |= bits
    return bytes(slots)


def _spellings(word: str) -> list[str]:
    """A word as it may be written: tables are case-folded, which makes "ss" of a sharp s."""
    head, found, tail = word.partition("ss")
    return [head + mid + rest for mid in ("ss", "ß") for rest in _spellings(tail)] if found else [word]
