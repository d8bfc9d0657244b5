"""A text that is too long to hold, redacted on its way: bytes in, redacted bytes out, and a mark from which to go on.

It is worked on in pieces: lines, and long lines between words. A piece is one finished utterance of its speaker (who a
line names, else nobody); the redactor's state goes on from piece to piece, so a number that is cut in two is masked in
each, and a piece is put out only when nothing that follows can correct it. The mark stands before the first piece that
is not out yet. Who goes on from a mark gives what stands before it once more (`LOOK_BACK_BYTES` at most): it is read
for what it leaves behind, and not put out. So nothing raw need be kept, and a text that was worked on in parts comes
out as if it had been one.

What cannot be read (bytes that are no UTF-8, control characters, a word longer than any) is masked whole.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Self

from captiond.base.ids import RawText, SafeText, UtteranceId
from captiond.core.redact import Call, Redactor, Shown
from captiond.jobs.tongues import Tongues

PIECE_BYTES: Final = 1_000  # at once, some 2 ms of work; lines of talk are shorter
WORD_BYTES: Final = 500  # a longer one is nobody's word
LOOK_BACK_BYTES: Final = 32_768  # some 20 minutes of talk: no cue and no open number reaches so far
SLICE_S: Final = 0.001  # of work; then live captions have their turn: each passes some five turns of the loop
SILENCE_PIECES: Final = 30  # of others; after so many a speaker's open number ends, as it does after 3 s of silence
PAUSE_S: Final = 3.0 / SILENCE_PIECES
MASKED: Final = SafeText("[...]")

# Who speaks, by words that name nobody and hold no number: anything else before a colon is part of what was said.
SPEAKER: Final = re.compile(
    r"\s*(agent|customer|caller|callee|client|operator|representative|rep|supervisor|speaker|participant|user|bot|ivr"
    r"|system|internal|external)( \d)?\s*:(?=\s|$)",
    re.ASCII | re.IGNORECASE,
)
_UNREADABLE: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\udc80-\udcff]")
# Where a long line may be cut: behind white space, or behind what ends a phrase where no spaces are written.
_BREAKS: Final = (b" ", b"\t", "\u3000".encode(), "\u3002".encode(), "\u3001".encode(), "\u00a0".encode())


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a text is done, and what was counted up to there.

    Attributes:
        read: bytes of the text as it came; written: bytes of what was put out.
        speaker: of the line in which it stands; inside: it stands within a line; overlong: within a word too long.
        said: whether anything but white space came.
        redactions: values masked, by kind; markers: of upstream, by their words; unreadable: pieces masked whole.
    """

    read: int = 0
    written: int = 0
    speaker: str = ""
    inside: bool = False
    overlong: bool = False
    said: bool = False
    redactions: Mapping[str, int] = field(default_factory=dict)
    markers: Mapping[str, int] = field(default_factory=dict)
    unreadable: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what was kept."""
        return cls(**kept)


@dataclass(slots=True)
class _Piece:
    """One piece on its way out. `end`: bytes of the text up to behind it; `warm`: it is only looked back at."""

    end: int
    warm: bool
    inside: bool  # it goes on the line of the one before
    goes_on: bool  # the next one goes on its line
    speaker: str
    label: str = field(repr=False)
    text: SafeText = field(default=SafeText(""), repr=False)
    redactions: Mapping[str, int] = field(default_factory=dict)
    markers: Mapping[str, int] = field(default_factory=dict)
    said: bool = False
    overlong: bool = False
    unreadable: bool = False


class LongText:
    """One text on its way.

    Args:
        language: of the talk; "" where nobody knows: each line's own where it tells, else the words of all languages.
        markers: what upstream puts where it took something out; counted.
        mark: where to go on.

    Attributes:
        mark: how far it is done by now.
        out: what was put out since somebody took it (`take`).
    """

    def __init__(self, *, kinds: frozenset[str], language: str, markers: Iterable[str], mark: Mark) -> None:
        self._kinds, self._language, self._markers = kinds, language, tuple(markers)
        self.mark = mark
        self._out = bytearray()
        self._buffer, self._at = bytearray(), 0
        self._read = mark.read  # up to where the buffer's first byte that is not used yet
        self._warm, self._over = False, False
        self._speaker, self._inside, self._overlong = mark.speaker, mark.inside, mark.overlong
        self._tongues = None if language else Tongues()
        self._call = Call()
        self._redactors: dict[str, Redactor] = {}
        self._waits: dict[str, int] = {}  # the oldest piece that a speaker may still correct
        self._pieces: deque[_Piece] = deque()
        self._first = 0  # number of the first piece in it
        self._now_s = 0.0

    def look_back(self, before: bytes) -> None:
        """What stands before the mark; first of all. Work it off (`slice`) before the text goes on."""
        newline = before.find(b"\n")
        start = (newline if newline >= 0 else before.find(b" ")) + 1
        self._warm = 0 < start < len(before)
        if self._warm:
            self._buffer += before[start:]
            self._read -= len(before) - start
            self._inside, self._overlong = newline < 0, False

    def feed(self, data: bytes) -> None:
        """More of it."""
        self._buffer += data

    def end(self) -> None:
        """There is no more."""
        self._over = True

    def take(self) -> bytes:
        """What was put out since the last time."""
        out = bytes(self._out)
        self._out.clear()
        return out

    @property
    def redactors(self) -> Iterable[Redactor]:
        """See `masking.Work`."""
        return self._redactors.values()

    @property
    def holds(self) -> int:
        """Bytes that wait to be taken."""
        return len(self._out)

    def slice(self) -> bool:
        """Works for a while; True where nothing is left to do with what came."""
        until_s = monotonic() + SLICE_S
        while self._step():
            if monotonic() >= until_s:
                return False
        if self._warm:  # the mark is a border, whatever stands there
            self._warm = False
            self._speaker, self._inside = self.mark.speaker, self.mark.inside
            self._overlong = self.mark.overlong
        elif self._over:
            for redactor in self._redactors.values():
                self._keep(redactor.end())
            self._waits.clear()
        self._put_out()
        del self._buffer[: self._at]
        self._at = 0
        return True

    # -- pieces ------------------------------------------------------------------------------------------------------

    def _step(self) -> bool:
        """The next piece; False where what came holds no whole one."""
        ended = self._over or self._warm
        newline = self._buffer.find(b"\n", self._at, self._at + PIECE_BYTES)
        if newline >= 0:
            self._piece(bytes(self._buffer[self._at : newline]), newline + 1, goes_on=False)
        elif len(self._buffer) - self._at > PIECE_BYTES:
            self._cut()
        elif ended and len(self._buffer) > self._at:
            self._piece(bytes(self._buffer[self._at :]), len(self._buffer), goes_on=self._warm)
        else:
            return False
        if self._at > 65_536:
            del self._buffer[: self._at]
            self._at = 0
        return True

    def _cut(self) -> None:
        """A piece of a line that is longer than one."""
        most = self._at + PIECE_BYTES
        least = most - WORD_BYTES
        found = max((at + len(one) for one in _BREAKS if (at := self._buffer.rfind(one, least, most)) >= 0), default=0)
        if found:
            self._piece(bytes(self._buffer[self._at : found]), found, goes_on=True)
            return
        first = not self._overlong
        self._overlong = True
        self._piece(b"", most, goes_on=True, overlong=first)

    def _piece(self, raw: bytes, end: int, *, goes_on: bool, overlong: bool = False) -> None:
        start = self._read
        self._read += end - self._at
        self._at = end
        number = self._first + len(self._pieces)
        text, label = raw.decode("utf-8", "surrogateescape"), ""
        if not self._inside:
            if start == 0:
                text = text.removeprefix("\ufeff")
            self._speaker = ""
            if named := SPEAKER.match(text):
                label, text = named[0].strip(), text[named.end() :]
                self._speaker = " ".join(label.lower().rstrip(":").split())
        piece = _Piece(self._read, self._warm, self._inside, goes_on, self._speaker, label)
        self._pieces.append(piece)
        if overlong or self._overlong:
            self._pass_over(piece, text, first=overlong)
        elif text.strip():
            self._redact(piece, number, text)
        piece.overlong = self._overlong
        self._inside = goes_on
        self._put_out()

    def _pass_over(self, piece: _Piece, text: str, *, first: bool) -> None:
        """A word too long: one mask for all of it, up to the white space behind it, and the piece in which it ends."""
        piece.said = True
        if first:
            piece.text, piece.unreadable = MASKED, True
            self._redactor(piece.speaker).lose()  # what stands behind may be the rest of a number
        elif text:
            piece.text, piece.unreadable = MASKED, True
        if text or not piece.goes_on:
            self._overlong = False

    def _redact(self, piece: _Piece, number: int, text: str) -> None:
        piece.said = True
        if _UNREADABLE.search(text):
            piece.text, piece.unreadable = MASKED, True
            self._redactor(piece.speaker).lose()
            return
        piece.markers = {one: many for one in self._markers if (many := text.count(one))}
        self._now_s += PAUSE_S
        for name, other in self._redactors.items():
            due_s = other.due_s
            if name != piece.speaker and due_s is not None and self._now_s >= due_s:
                self._keep(other.expire(now_s=self._now_s))
                self._look(name, other)
        redactor = self._redactor(piece.speaker)
        language = None if self._tongues is None else self._tongues.of(piece.speaker, text)
        utterance = UtteranceId(str(number))
        self._keep(redactor.caption(utterance, RawText(text), final=True, now_s=self._now_s, language=language))
        self._look(piece.speaker, redactor)

    def _redactor(self, speaker: str) -> Redactor:
        if speaker not in self._redactors:
            self._redactors[speaker] = Redactor(kinds=self._kinds, language=self._language, call=self._call)
        return self._redactors[speaker]

    def _look(self, speaker: str, redactor: Redactor) -> None:
        oldest = redactor.oldest_waiting
        if oldest is None:
            self._waits.pop(speaker, None)
        else:
            self._waits[speaker] = int(oldest)

    def _keep(self, shown: Iterable[Shown]) -> None:
        for one in shown:
            number = int(one.utterance) - self._first
            if number >= 0:
                self._pieces[number].text = one.text
                self._pieces[number].redactions = dict(one.redactions)

    # -- out ---------------------------------------------------------------------------------------------------------

    def _put_out(self) -> None:
        """Every piece up to the first that may still be corrected."""
        stays = min(self._waits.values(), default=self._first + len(self._pieces))
        before, redactions, markers = self.mark, Counter[str](), Counter[str]()
        written, said, unreadable = before.written, before.said, before.unreadable
        last: _Piece | None = None
        while self._pieces and self._first < stays:
            piece = self._pieces.popleft()
            self._first += 1
            if piece.warm:
                continue
            joiner = b"" if not (said or written) and not piece.inside else b" " if piece.inside else b"\n"
            shown = " ".join(one for one in (piece.label, piece.text) if one).encode("utf-8", "replace")
            if shown or not piece.inside:
                out = joiner + shown
                self._out += out
                written += len(out)
            last = piece
            said, unreadable = said or piece.said, unreadable + piece.unreadable
            redactions.update(piece.redactions)
            markers.update(piece.markers)
        if last is None:
            return
        self.mark = Mark(
            read=last.end,
            written=written,
            speaker=last.speaker,
            inside=last.goes_on,
            overlong=last.overlong,
            said=said,
            redactions=dict(Counter(before.redactions) + redactions) if redactions else before.redactions,
            markers=dict(Counter(before.markers) + markers) if markers else before.markers,
            unreadable=unreadable,
        )
