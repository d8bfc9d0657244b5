"""Words that change nothing: read as characters, without making a token, while a channel is quiet.

Most of what people say is words that neither are part of a number or an address nor announce one. While no run is near
its end and no address is being said, such a word is shown as it stands, and what it leaves behind depends on the last
few words only. So it need not be stepped through the machine until something else comes; then the last `REPLAYED` words
are (`core.redact.scan`). This is a filter and decides nothing: whatever it does not know for sure to be such a word, it
does not let through. Words of the lexicon are found by a hash; a word that is stopped by it is looked up, since another
one may have the same. A hash never lets a word of the lexicon through that the lexicon would stop.
"""

from typing import TYPE_CHECKING, Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.classes import (
    IS_AT,
    IS_COUNTRY,
    MASKED_FROM_DIGITS,
    MULTIPLE,
    SPOKEN,
    TENS,
    WEAK,
    Entry,
    is_ordinary,
)
from captiond.core.redact.codes import COUNTRY_LETTERS, LETTER_WORDS
from captiond.core.redact.leave import Leave
from captiond.core.redact.triggers import (
    ALWAYS,
    CHARACTERS,
    CONNECTOR,
    CUE,
    CUE_BEFORE,
    CUE_END,
    CUED,
    DIGIT_LIKE,
    END,
    HASH,
    INNER,
    LINKER,
    NUMBER,
    NUMERAL,
    SLOTS,
    ZERO,
)
from captiond.core.redact.window import Marker

if TYPE_CHECKING:
    from captiond.core.redact.pending import Pending

REPLAYED: Final = 6  # words that a later one can look back on: four before the last of a cue, five of a loose address

MAX_WORD: Final = 64  # code points; the machine reads longer ones, and cuts what has no end
MAX_DIGIT_LIKE: Final = 4  # so many in a row may be let through: REPLAYED reaches behind them

_Z: Final = 122
_A: Final = 97  # what is not below it is a letter, as its lower case
_FOLDED: Final = 0xE0  # small letters of the rest of Latin-1 begin here, behind the sharp s
_STOP: Final = (1 << 14) - 1  # in a mark: where the next word begins; a text has at most 8,192 characters
_BEFORE: Final = 1 << 14
_SINGLE: Final = 1 << 15
_SPOKEN: Final = 1 << 16
_COUNTED: Final = 1 << 17  # and the two bits above
_COUNT: Final = 7 * _COUNTED
_HASHED: Final = 1 << 20
_HASHED_SHIFT: Final = 20
_KEPT_HASH: Final = (1 << 10) - 1  # of a word's hash: a mark has 30 bits, one digit of Python's
_NO_MARK: Final = -1
_DIGIT_CLASSES: Final = (SPOKEN, TENS)
_AFTER_SPOKEN: Final = (WEAK, MULTIPLE)


@mypyc_attr(acyclic=True, free_list_len=1)
class Trail:
    """The words let through behind a point of one utterance: ordinary ones, or digits that a mask hides already.

    Attributes:
        digits: how many of them are digits of the masked run at the point; no ordinary word passes behind those.
        halted: the last word of the text was stopped for what it is, wherever the gate begins.
        hidden: all that `walk` has seen behind the point are such digits.
        pending: the cues among them; None where no cue may pass.
    """

    __slots__ = (
        "_budget", "_entries", "_last", "_last_stop", "_lettered", "_marks", "_room", "_slots", "_strict", "_triggers",
        "digits", "halted", "hidden", "pending",
    )  # fmt: skip

    def __init__(self, slots: bytes, entries: dict[str, Entry], pending: "Pending | None" = None) -> None:
        self._slots = slots
        self._entries = entries
        self.pending = pending
        self._marks: list[int] = []  # the point's, then one for each word: what it leaves behind, and where it ends
        self._last: i64 = _NO_MARK  # the mark of the text's last word, if it leaves the same when it is over
        self._last_stop: i64 = 0  # and where it ends
        self._triggers: i64 = 0
        self._budget: i64 = 0
        self._room: i64 = 0
        self._strict = False
        self._lettered = False
        self.digits: i64 = 0
        self.halted = False
        self.hidden = False

    def begin(self, start: i64, leave: Leave, *, begun: bool) -> None:
        """Nothing is let through yet.

        Args:
            begun: the word before may be the last but one of a phrase that announces something.
        """
        self._triggers = leave.triggers
        self._budget = leave.words
        self._room = leave.digits
        self._strict = leave.strict
        self._lettered = leave.lettered
        self.digits = 0
        if self.pending is not None:
            self.pending.begin()
        mark = start + leave.digit_like * _COUNTED
        if begun:
            mark += _BEFORE
        if leave.spoken:
            mark += _SPOKEN
        self._marks = [int(mark)]
        self._last = _NO_MARK

    def words(self) -> i64:
        """How many words are let through."""
        return len(self._marks) - 1

    def stop(self, words: i64) -> i64:
        """Where in the text the first so many of them end, and the next one begins."""
        return self._marks[words] & _STOP

    def reach(self, back: i64) -> i64:
        """Where in the text the words let through end, but for the last `back`; -1 where there are not so many."""
        i = len(self._marks) - 1 - back
        return self._marks[i] & _STOP if i >= 0 else -1

    def back(self, same: i64) -> None:
        """Only so many characters of the text are still the same."""
        self._last = _NO_MARK
        marks = self._marks
        words = len(marks) - 1
        if words == 0 or marks[words] & _STOP <= same:
            return
        while words > 0 and marks[words] & _STOP > same:
            marks.pop()
            words -= 1
        self.digits = min(self.digits, words)
        if self.pending is not None:
            self.pending.back(words)

    def other_word(self) -> None:
        """The last word of the text, which is not let through yet, is another one."""
        self._last = _NO_MARK

    def walk(self, text: str) -> bool:
        """Lets through what is new; False where something else comes, or may."""
        slots = self._slots
        pending = self.pending
        marks = self._marks
        triggers = self._triggers
        if pending is not None and pending.cued:
            triggers |= CUED
        size: i64 = len(text)
        known: i64 = len(marks) - 1
        before: i64 = marks[known]
        at: i64 = before & _STOP
        digits: i64 = self.digits
        hidden = digits == known
        self.halted = False
        if self._last != _NO_MARK:  # the word that was the last one has been looked at
            stop: i64 = self._last_stop
            if stop < size and ord(text[stop]) == 32:
                at = stop + 1
                before = self._last + at
                marks.append(int(before))
                known += 1
                hidden = False
            self._last = _NO_MARK
        while at < size:
            hashed: i64 = 0
            part: i64 = 0
            tail: i64 = 0
            parts: i64 = 0
            flags: i64 = 0
            same: i64 = 0
            last: i64 = 0
            i: i64 = at
            kind: i64 = 0
            while i < size:
                code: i64 = ord(text[i])
                if _A <= code <= _Z:
                    kind = code
                elif code > 255:
                    return False
                else:
                    kind = CHARACTERS[code]
                if kind >= _A:
                    if code == last:
                        same += 1
                        if same > 2:
                            return False  # "loooong": to be shortened
                    else:
                        last = code
                        same = 0
                    hashed = (hashed * 31 + kind) & HASH
                    if parts:
                        part = (part * 31 + kind) & HASH
                        tail = (tail * 31 + kind) & HASH
                elif kind == INNER:
                    if last == 0:
                        return False
                    if parts == 0:
                        part = hashed
                    else:
                        tail = (tail * 31 + code) & HASH
                    parts = 1
                    flags |= slots[(part ^ (part >> 11)) & (SLOTS - 1)]
                    hashed = (hashed * 31 + code) & HASH
                    part = 0
                    last = 0
                else:
                    break
                i += 1
            stop = i
            if stop == at:
                if kind != NUMERAL:
                    return False
                while i < size and 48 <= ord(text[i]) <= 57:
                    i += 1
                if i < size and ord(text[i]) != 32:
                    return False
                flags = NUMBER
            else:
                if last == 0:
                    return False  # "x-": the machine reads the word without that mark
                if i < size and kind == END:
                    while i < size:
                        code = ord(text[i])
                        if code > 255 or CHARACTERS[code] != END:
                            break
                        i += 1
                if i < size and ord(text[i]) != 32:
                    return False
                flags |= slots[(hashed ^ (hashed >> 11)) & (SLOTS - 1)]
                if parts:
                    flags |= slots[(part ^ (part >> 11)) & (SLOTS - 1)]
                    flags |= slots[(tail ^ (tail >> 11)) & (SLOTS - 1)]  # "d'e-mail"
            if i - at > MAX_WORD:
                return False
            mark: i64 = (hashed & _KEPT_HASH) * _HASHED
            if flags & CUE_BEFORE:
                mark += _BEFORE
            if known == digits and flags & (NUMBER | DIGIT_LIKE) and digits < self._room:
                if stop != at:
                    if i != stop or not self._says_digits(text, at, stop, before & _SPOKEN != 0):
                        return False
                    mark += _SPOKEN
                if i < size:
                    digits += 1
                flags = NUMBER  # with the next word, it is looked at again
            else:
                whole = flags
                if i >= size:  # the last word, which may not be over: what it leaves behind is nothing yet
                    if not flags & (NUMBER | ZERO):  # "au dos": said by the cue itself, a digit is masked at once
                        flags &= ~(CUE | CUE_END)
                    if flags & NUMBER and triggers == ALWAYS and not before & _COUNT:
                        if not self._says_few(text, at, stop, i, alone=parts == 0):
                            return False
                        flags &= CUE | CUE_END
                if flags & triggers and parts == 0 and stop > at and self._entry(text, at, stop) is None:
                    flags = 0  # no word of the lexicon, but one of the same hash
                if flags & CONNECTOR and known > 0 and not self._strict and self._is_place(text, at, stop):
                    flags &= ~CONNECTOR
                marker: Marker | None = None
                if flags & CUE or (flags & CUE_END and before & _BEFORE):
                    if pending is None:
                        return False
                    marker = pending.find(text, self, int(i), begun=before & _BEFORE != 0)
                    if marker is not None and (i >= size or parts or self._strict or triggers & LINKER):
                        return False
                    flags &= ~CUE
                if flags & triggers or known >= self._budget or digits:
                    self.halted = i >= size and flags & triggers & (NUMBER | CONNECTOR) != 0
                    return False
                if self._strict and not self._is_common(text, at, stop):
                    return False
                if self._lettered and (parts or self._may_begin_code(text, at, stop)):
                    return False
                if hashed & _KEPT_HASH == before >> _HASHED_SHIFT:
                    return False  # said twice: one of them may be too many
                if flags & LINKER and before & _SINGLE:
                    return False  # "m comme ..."
                if stop - at == 1:
                    if before & _SINGLE or triggers & LINKER:
                        return False  # spelling
                    mark += _SINGLE
                if flags & DIGIT_LIKE:
                    mark += (before & _COUNT) + _COUNTED
                    if mark & _COUNT > MAX_DIGIT_LIKE * _COUNTED:
                        return False
                hidden = False
                if marker is not None and pending is not None:
                    if not pending.take(text, self, int(i), marker):
                        return False
                    if pending.cued:
                        triggers |= CUED
                flags = whole
            if i >= size:
                if not flags & ~CUE_BEFORE:
                    self._last, self._last_stop = mark, i
                break
            at = i + 1
            before = mark + at
            known += 1
            self.digits = digits
            marks.append(int(before))
        self.hidden = hidden
        return True

    def _says_few(self, text: str, start: i64, stop: i64, end: i64, *, alone: bool) -> bool:
        """Whether a first number has so few digits that it is shown while no run is open and no cue came.

        Args:
            alone: it is not part of a word with hyphens.
        """
        if stop == start:
            return end - start < MASKED_FROM_DIGITS
        entry = self._entry(text, start, stop)
        if entry is None:
            return alone  # no word of the lexicon, but one of the same hash
        return entry.cls in _DIGIT_CLASSES and len(entry.digits) < MASKED_FROM_DIGITS

    def _says_digits(self, text: str, start: i64, stop: i64, spoken: bool) -> bool:
        """Whether a word is one that a run takes for digits; a hash alone does not tell.

        Args:
            spoken: a number word stands before it: then a misheard one is a digit, too.
        """
        entry = self._entry(text, start, stop)
        if entry is None:
            return False
        return entry.cls in _DIGIT_CLASSES or (spoken and entry.cls in _AFTER_SPOKEN)

    def _is_place(self, text: str, start: i64, stop: i64) -> bool:
        """ "we are at": whether a word that may join an address stands behind one that is part of none."""
        entry = self._entry(text, start, stop)
        if entry is None or not entry.flags & IS_AT or not self._is_common(text, start, stop):
            return False
        return self._is_common(text, self.reach(1), start - 1)

    def _may_begin_code(self, text: str, start: i64, stop: i64) -> bool:
        """ "GB", "nl", "G": whether a word may be a country's letters, or the first of them, which is no word."""
        if stop - start == 1:
            return text[start:stop].lower() not in LETTER_WORDS
        if stop - start != COUNTRY_LETTERS:
            return False
        entry = self._entry(text, start, stop)
        return entry is not None and entry.flags & IS_COUNTRY != 0 and not self._is_common(text, start, stop)

    def _is_common(self, text: str, start: i64, stop: i64) -> bool:
        """Whether a word is known, and no part of an address or a code."""
        if stop - start < 2:
            return False
        entry = self._entry(text, start, stop)
        return entry is not None and is_ordinary(entry.cls, entry.flags, capital=ord(text[start + 1]) < _A)

    def _entry(self, text: str, start: i64, stop: i64) -> Entry | None:
        word = text[start:stop]
        entry = self._entries.get(word)
        if entry is None:
            i: i64 = start
            while i < stop:
                code: i64 = ord(text[i])
                if code < _A or _Z < code < _FOLDED:
                    return self._entries.get(word.casefold())
                i += 1
        return entry
