"""White space, punctuation, repeats: a caption is what was said, in one spelling. Pure; twice is the same as once.

`clean` works on one white-space-delimited chunk, `Repeats` over chunks, so that `core.redact` can normalise a growing
text from a checkpoint; `normalise` is the same two applied to a whole text. Source: contract, section 6.
"""

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64, mypyc_attr

MAX_SAME_LETTERS: Final = 3  # more in a row are shortened to two
MAX_SAME_WORDS: Final = 3  # more in a row are kept twice
KEPT: Final = 2
# Code points without white space; the longest address has 254. What is longer is the next word, so that a text without
# any white space is not read from its beginning again and again. A prime number: pieces of a text that repeats itself
# are not equal, as words said again and again are, of which two are kept.
MAX_CHUNK: Final = 257

_JOINERS: Final = ".,!?"  # no space before these
_SPACED: Final = ",!?"  # a space after these before a letter

# Hyphens and dashes of Unicode, the minus signs, and the one of full width. The soft hyphen is zero-width, see below.
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_ZERO_WIDTH: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff\ufe0e\ufe0f"
    "\u3164\uffa0"  # Hangul fillers
)
# No width either, and they would steer a terminal that shows a transcript. White space among them has split before.
_CONTROL: Final = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
_TABLE: Final[dict[int, str | None]] = {
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _ZERO_WIDTH + _CONTROL), None),
    **{0xFF10 + i: str(i) for i in range(10)},
}


def _kinds() -> bytes:
    """What each character of Latin-1 is to `is_clean`; 0 for those that `clean` may change."""
    kinds = bytearray(256)
    for code in (*range(0x21, 0x7F), *range(0xC0, 0x100)):
        char = chr(code)
        kinds[code] = _LETTER if char.isalpha() else _MARK if char in ".,!?:@" else _OTHER
    return bytes(kinds)


_OTHER: Final = 1
_LETTER: Final = 2
_MARK: Final = 3  # where a space may be missing behind it, or an address be
_KINDS: Final[bytes] = _kinds()


def is_space(text: str, at: i64) -> bool:
    """Whether a character of a text is white space, as `str.split` sees it."""
    code: i64 = ord(text[at])
    return code == 32 or ((code < 32 or code > 126) and text[at].isspace())


def is_clean(text: str, start: int, stop: int) -> bool:
    """Whether `clean` is sure to leave that chunk as it is, and `joins` to be False; False where neither is known."""
    i: i64 = start
    end: i64 = stop
    kind: i64 = 0
    before: i64 = 0
    same: i64 = 0
    marks: i64 = 0
    if i == end:
        return False
    while i < end:
        code: i64 = ord(text[i])
        if code > 255:
            return False
        kind = _KINDS[code]
        if kind == _MARK:
            marks = 1
        elif kind == _LETTER:
            if marks:
                return False
        elif kind != _OTHER:
            return False
        if code != before:
            before = code
            same = 1
        else:
            same += 1
            if same > MAX_SAME_LETTERS and kind == _LETTER:
                return False
        i += 1
    return _KINDS[ord(text[start])] != _MARK


def _never(_: str) -> bool:
    return False


def clean(chunk: str) -> list[str]:
    """The words of one chunk without white space inside; none where only zero-width characters were in it.

    A word that begins with one of `. , ! ?` and is punctuation up to a letter is glued to the word before it
    by the caller (`joins`).
    """
    if not chunk.isascii() or not chunk.isprintable():
        chunk = chunk.translate(_TABLE)
    if chunk.isalpha() and chunk.isascii() and len(chunk) <= MAX_SAME_LETTERS:
        return [chunk]
    if not chunk:
        return []
    return _split(_shorten(chunk))


def _shorten(chunk: str) -> str:
    """A letter more than three times in a row becomes two of it. Digits never."""
    run = 1
    longest = 1
    for i in range(1, len(chunk)):
        if chunk[i] == chunk[i - 1]:
            run += 1
            longest = max(longest, run)
        else:
            run = 1
    if longest <= MAX_SAME_LETTERS:
        return chunk
    out: list[str] = []
    i = 0
    while i < len(chunk):
        j = i
        while j < len(chunk) and chunk[j] == chunk[i]:
            j += 1
        shorten = j - i > MAX_SAME_LETTERS and chunk[i].isalpha()
        out.append(chunk[i] * KEPT if shorten else chunk[i:j])
        i = j
    return "".join(out)


def _split(chunk: str) -> list[str]:
    """Puts in the spaces that are missing: after `, ! ?` before a letter, after `.` from lower case to upper."""
    if "@" in chunk or "://" in chunk:
        return [chunk]  # an address: never split
    words: list[str] = []
    start = 0
    for i in range(1, len(chunk)):
        mark, after = chunk[i - 1], chunk[i]
        if not after.isalpha():
            continue
        if mark in _SPACED:
            missing = True
        elif mark == "." and i >= 2 and after.isupper() and chunk[i - 2].islower():
            # From one lower case letter on it is a sentence's end ("done.Then"); "e.g.A" and "Node.JS" look the same
            # to no one but us: the letter before the dot must end a word of two letters or more.
            missing = i >= 3 and chunk[i - 3].isalpha()
        else:
            missing = False
        if missing:
            words.append(chunk[start:i])
            start = i
    words.append(chunk[start:])
    return words


def joins(word: str) -> bool:
    """Whether a word belongs to the one before it: punctuation that a space was put before.

    ".5", ".com" and ".NET" keep their space: what follows the mark there is part of the word.
    """
    if word[0] not in _JOINERS:
        return False
    return not any(char.isalnum() or char in "@$€£" for char in word)


@mypyc_attr(acyclic=True, free_list_len=1)
class Repeats:
    """Decides over words whether one is said once too often. State is two fields, so it can be kept and given back.

    The third of four equal words is only known to be too many when the fourth comes.

    Attributes:
        last: the last word; "" where none can be equal to it. `count`: how many times it was said in a row.
    """

    __slots__ = ("count", "last")

    def __init__(self) -> None:
        self.last = ""
        self.count = 0

    def is_same(self, word: str) -> bool:
        """Whether a word is the last one again: then `next` must be asked, else `start` be told."""
        return len(word) == len(self.last) and (word == self.last or word.lower() == self.last.lower())

    def start(self, word: str) -> None:
        """Another word than the last one."""
        self.last, self.count = word, 1

    def next(self, word: str, *, number: bool) -> int:
        """The same word again: how many to drop: 0 none; 1 this one; 2 this one and the third before it.

        Args:
            number: it is a number word. Those are never dropped, nor is anything with a digit or without a letter, nor
                a mask: each stands for another number.
        """
        mask = word[0] == "[" and word == word.upper()
        if number or mask or not any(c.isalpha() for c in word) or any(c.isdigit() for c in word):
            self.start(word)
            return 0
        self.count += 1
        if self.count == MAX_SAME_WORDS + 1:
            return 2
        return 1 if self.count > MAX_SAME_WORDS else 0


def normalise(text: str, *, is_number: Callable[[str], bool] = _never) -> str:
    """The whole text in one spelling.

    Args:
        is_number: whether a word is a spoken digit or number word, which are never dropped as a repeat.
    """
    out: list[str] = []
    repeats = Repeats()
    chunks = [whole[at : at + MAX_CHUNK] for whole in text.split() for at in range(0, len(whole), MAX_CHUNK)]
    for chunk in chunks:
        for word in clean(chunk):
            if out and joins(word) and len(out[-1]) + len(word) <= MAX_CHUNK:
                out[-1] += word
                repeats = Repeats()
                continue
            drop = 0
            if repeats.is_same(word):
                drop = repeats.next(word, number=is_number(word))
            else:
                repeats.start(word)
            if drop == 0:
                out.append(word)
            elif drop == 2:
                out.pop()
    return " ".join(out)
