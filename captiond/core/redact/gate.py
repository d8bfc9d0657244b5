"""Words that change nothing: read as characters, without making a token, while a channel is quiet.

Most of what people say is words that neither are part of a number or an address nor announce one. While no run is near
its end and no address is being said, such a word is shown as it stands, and what it leaves behind depends on the last
few words only. So it need not be stepped through the machine until something else comes; then the last `REPLAYED` words
are (`core.redact.scan`). This is a filter and decides nothing: whatever it does not know for sure to be such a word, it
does not let through. Words of the lexicon are found by a hash: another word with the same hash is stopped, too, which
costs time and changes nothing.
"""

from collections.abc import Iterable
from typing import Final

from mypy_extensions import i64

REPLAYED: Final = 6  # words that a later one can look back on: four before the last of a cue, five of a loose address

# What a word of the lexicon may do, as bits of one byte.
NUMBER: Final = 1  # says digits by itself
DIGIT_LIKE: Final = 2  # says them beside a digit ("for", "double", "hundred")
ZERO: Final = 4  # says one after a cue ("oh")
CUE: Final = 8  # announces something all by itself
CUE_END: Final = 16  # ends a phrase that announces something, where
CUE_BEFORE: Final = 32  # ... such a word stands before it
CONNECTOR: Final = 64  # "at", "dot", "dash", "plus"
LINKER: Final = 128  # "and", between tens and units

ALWAYS: Final = NUMBER | CUE | CONNECTOR
CUED: Final = ALWAYS | ZERO
RUNNING: Final = ALWAYS | ZERO | DIGIT_LIKE | LINKER  # while a run is open

MAX_DIGIT_LIKE: Final = 4  # so many in a row may be let through: REPLAYED reaches behind them

_SIZE: Final = 1 << 16  # slots; some 500 words are in them, so one other word in a hundred is stopped without need
_SPACE: Final = 1
_END: Final = 2  # punctuation that may stand at the end of a word
_INNER: Final = 3  # apostrophe and hyphen, between letters
_A: Final = 97  # what is not below it is a letter, as its lower case
_HASH: Final = (1 << 26) - 1
_SINGLE: Final = 1 << 8
_COUNTED: Final = 1 << 9
_HASHED: Final = 1 << 13


def _characters() -> bytes:
    """The class of each character of Latin-1; 0 for those that only the machine can read."""
    classes = bytearray(256)
    classes[ord(" ")] = _SPACE
    for char in ".,!?;:":
        classes[ord(char)] = _END
    for char in "'-":
        classes[ord(char)] = _INNER
    for code in range(256):
        char = chr(code)
        folded = char.casefold()
        if char.isalpha() and char not in "ªºµ" and len(folded) == 1:
            classes[code] = ord(folded)
    classes[ord("ß")] = ord("ß")
    return bytes(classes)


_CHARACTERS: Final[bytes] = _characters()


def table(words: Iterable[tuple[str, int]]) -> bytes:
    """What words of a lexicon may do, by their hash; words that no gate ever lets through need not be in it."""
    slots = bytearray(_SIZE)
    for word, bits in words:
        for spelled in _spellings(word):
            hashed = 0
            for char in spelled:
                hashed = (hashed * 31 + ord(char)) & _HASH
            slots[(hashed ^ (hashed >> 11)) & (_SIZE - 1)] |= bits
    return bytes(slots)


def _spellings(word: str) -> list[str]:
    """A word as it may be written: tables are case-folded, which makes "ss" of a sharp s."""
    head, found, tail = word.partition("ss")
    return [head + mid + rest for mid in ("ss", "ß") for rest in _spellings(tail)] if found else [word]


class Trail:
    """The words let through behind a point of one utterance.

    Attributes:
        start: where in the text the first of them begins; `stops`: for each, where the next one begins.
        triggers: bits of words that are not let through now; `budget`: how many words may be.
        rest: where the last word begins, which may not be over; the text's length where there is none.
    """

    __slots__ = ("_marks", "_slots", "budget", "rest", "start", "stops", "triggers")

    def __init__(self, slots: bytes) -> None:
        self._slots = slots
        self.start: i64 = 0
        self.stops: list[int] = []
        self._marks: list[int] = []
        self.triggers: i64 = 0
        self.budget: i64 = 0
        self.rest: i64 = 0

    def begin(self, start: int, triggers: int, budget: int, *, begun: bool, digit_like: int) -> None:
        """Nothing is let through yet.

        Args:
            begun: the word before may be the last but one of a phrase that announces something.
            digit_like: so many words before may be misheard digits.
        """
        self.start = start
        self.triggers = triggers
        self.budget = budget
        self.stops = []
        self._marks = [(CUE_BEFORE if begun else 0) + digit_like * _COUNTED]

    def end(self) -> int:
        """Where the next word begins."""
        return self.stops[-1] if self.stops else int(self.start)

    def back(self, same: int) -> None:
        """Only so many characters of the text are still the same."""
        while self.stops and self.stops[-1] > same:
            self.stops.pop()
            self._marks.pop()

    def walk(self, text: str) -> bool:
        """Lets through what is new; False where something else comes, or may."""
        slots = self._slots
        size: i64 = len(text)
        at: i64 = self.start
        known = len(self.stops)
        if known:
            at = self.stops[known - 1]
        before: i64 = self._marks[known]
        left: i64 = self.budget - known
        while at < size:
            hashed: i64 = 0
            part: i64 = 0
            flags: i64 = 0
            same: i64 = 0
            last: i64 = 0
            letters: i64 = 0
            i: i64 = at
            kind: i64 = 0
            while i < size:
                code: i64 = ord(text[i])
                if code > 255:
                    return False
                kind = _CHARACTERS[code]
                if kind >= _A:
                    if code == last:
                        same += 1
                        if same > 2:
                            return False  # "loooong": to be shortened
                    else:
                        last = code
                        same = 0
                    hashed = (hashed * 31 + kind) & _HASH
                    part = (part * 31 + kind) & _HASH
                    letters += 1
                elif kind == _INNER:
                    if part == 0:
                        return False
                    flags |= slots[(part ^ (part >> 11)) & (_SIZE - 1)]
                    hashed = (hashed * 31 + code) & _HASH
                    part = 0
                    last = 0
                else:
                    break
                i += 1
            if letters == 0:
                return False
            if i < size and kind == _END:
                while i < size:
                    code = ord(text[i])
                    if code > 255 or _CHARACTERS[code] != _END:
                        break
                    i += 1
            if i < size and ord(text[i]) != 32:
                return False
            flags |= slots[(part ^ (part >> 11)) & (_SIZE - 1)] | slots[(hashed ^ (hashed >> 11)) & (_SIZE - 1)]
            left -= 1
            if flags & self.triggers or left < 0:
                return False
            if flags & CUE_END and before & CUE_BEFORE:
                return False
            if hashed == before >> 13:
                return False  # said twice: one of them may be too many
            mark = hashed * _HASHED | (flags & 0xFF)
            if letters == 1:
                if before & _SINGLE or self.triggers & LINKER:
                    return False  # spelling
                mark |= _SINGLE
            if flags & DIGIT_LIKE:
                mark |= (before & (15 * _COUNTED)) + _COUNTED
                if mark & (15 * _COUNTED) > MAX_DIGIT_LIKE * _COUNTED:
                    return False
            if i >= size:
                break
            at = i + 1
            before = mark
            self.stops.append(int(at))
            self._marks.append(int(mark))
        self.rest = at
        return True
