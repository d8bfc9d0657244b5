"""One utterance while it is heard: each new partial is read from where it differs from the one before.

Behind the last `Point`, the state after some words, come words that the gate let through (`core.redact.gate`); when
another word comes, the last of them are read as if the gate had not been there. So what a text becomes does not depend
on the partials before it; the tests prove it with random ones, and that the gate changes nothing.
"""

from typing import Final

from captiond.base.prefix import common_prefix
from captiond.core.normalise import KEPT, Repeats, clean, joins
from captiond.core.redact.classes import IS_BEFORE_CUE
from captiond.core.redact.gate import REPLAYED, Trail
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.machine import Machine, Stand
from captiond.core.redact.tokens import read

MAX_POINTS: Final = 32
KEPT_POINTS: Final = 16  # recognisers rewrite the last few words; what goes further back is read anew from the start
MAX_TOKENS: Final = 512  # words in one machine's window; then it forgets what is settled, and the points before


class Point:
    """The state after a word.

    Attributes:
        offset: in the raw text, behind the white space after that word's chunk; -1 where reading can't go on from it.
        word: as normalised, with the punctuation that joined it; "" where it was dropped.
        last, count: what `Repeats` knew.
    """

    __slots__ = ("count", "last", "offset", "stand", "word")

    def __init__(self, offset: int, word: str, stand: Stand, last: str, count: int) -> None:
        self.offset = offset
        self.word = word
        self.stand = stand
        self.last = last
        self.count = count


class Scan:
    """One utterance. `machine` is the channel's as earlier finals left it, begun anew; it is this scan's now.

    Attributes:
        head, settled, held, counts: the caption up to the last point (`Machine.shown`), while the gate is open.
    """

    __slots__ = (
        "_ahead", "_gated", "_points", "_repeats", "_stood", "_text", "_trail", "_waiting", "_waiting_offset",
        "_warm", "counts", "head", "held", "lexicon", "machine", "settled",
    )  # fmt: skip

    def __init__(self, machine: Machine, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.machine = machine
        self.head, self.settled, self.held = "", 0, False
        self.counts = machine.counts
        self._text = ""
        self._repeats = Repeats()
        self._points: list[Point] = [Point(0, "", Stand(machine), "", 0)]
        self._trail = Trail(lexicon.gate)
        self._ahead = False  # the machine stands behind the last point
        self._waiting, self._waiting_offset = "", 0  # a word that is not stepped yet, and the offset of its point
        self._stood = 1  # points that were there before and still are
        self._warm = 0  # so many words more are read only for what they leave behind
        self._gated = False
        self._open_gate()

    def goes_on(self, text: str) -> bool:
        """Whether this text can be read from here; otherwise a new scan must read it from its start."""
        if text.startswith(self._text):
            return True
        same = common_prefix(self._text, text)
        points = self._points
        if points[0].offset > same:
            return False
        if points[-1].offset > same:
            while points[-1].offset > same or points[-1].offset < 0:
                points.pop()
            self._stand_at_last_point()
            self._open_gate()
        elif self._gated:
            self._trail.back(same)
        return True

    def passes(self, text: str) -> str | None:
        """The caption of a partial whose new words the gate lets through; None where the machine must read it.

        `goes_on` must have said so.
        """
        if not (self._gated and self._trail.walk(text)):
            return None
        self._text = text
        start = int(self._trail.start)
        stop = len(text)
        if stop and text[stop - 1] == " ":
            stop -= 1
        if stop <= start:
            return self.head
        if start == 0 and not self.head:
            return text if stop == len(text) else text[:stop]
        return f"{self.head} {text[start:stop]}" if self.head else text[start:stop]

    def read(self, text: str, *, final: bool) -> str | None:
        """Reads the text. None where the machine stands behind its last word; a caption as of `passes` else.

        Args:
            final: its last word is said to its end.
        """
        if self._ahead:
            self._stand_at_last_point()
        offset = self._replay(text)
        size = len(text)
        chunks = text[offset:].split()
        rest = ""
        if chunks and not text[size - 1].isspace():
            rest = chunks.pop()
        for chunk in chunks:
            offset = text.index(chunk, offset) + len(chunk) + 1
            self._take(chunk, offset)
            if len(self._points) > MAX_POINTS or len(self.machine.window.tokens) > MAX_TOKENS:
                self._forget()
        self._flush(self._repeats.last, self._repeats.count)
        self._text = text
        if not final and (chunks or not self._gated):
            self._open_gate()
            if self._gated:
                caption = self.passes(text)
                if caption is not None:
                    return caption
        if rest:
            self._ahead = True
            self._take_last(rest, final=final)
        return None

    def _replay(self, text: str) -> int:
        """Where reading begins: the gate's words are let go, but for the last, which are read after all."""
        start = self._points[-1].offset
        if not self._gated:
            return start
        self._gated = False
        stops = self._trail.stops
        words = len(stops) - REPLAYED
        if words <= 0:
            return start
        stop = stops[words - 1]
        self.machine.leap(text[start : stop - 1], words)
        self._repeats.start("")
        self._points.append(Point(-1, "", Stand(self.machine), "", 0))
        self._warm = REPLAYED - 1
        return stop

    def _open_gate(self) -> None:
        """Looks whether words may pass behind the last point."""
        triggers, budget = self.machine.quiet()
        self._gated = triggers != 0 and self._repeats.count <= KEPT
        if not self._gated:
            return
        window = self.machine.window
        begun = bool(window.tokens) and window.tokens[-1].flags & IS_BEFORE_CUE != 0
        self._trail.begin(self._points[-1].offset, triggers, budget, begun=begun, digit_like=self.machine.digit_like())
        self.head, self.settled, self.held = self.machine.shown(self.machine.current)
        self.counts = self.machine.counts

    def _stand_at_last_point(self) -> None:
        point = self._points[-1]
        self.machine.back(point.stand)
        self._repeats.last, self._repeats.count = point.last, point.count
        self._ahead = False

    def _take(self, chunk: str, offset: int) -> None:
        """Goes on by one chunk that is over; its last word waits for punctuation that may follow."""
        for word in clean(chunk):
            self._word(word)
        if self._waiting:
            self._waiting_offset = offset
        else:
            self._points[-1].offset = offset

    def _take_last(self, chunk: str, *, final: bool) -> None:
        """Goes on by the last chunk, which may be no more than the beginning of a word: the next text takes it anew."""
        self._ahead = True
        words = clean(chunk)
        if len(words) == 1 and not joins(words[0]) and not self._repeats.is_same(words[0]):
            self.machine.step(read(words[0], self.lexicon), unfinished=not final)
            return
        points = self._points
        stood = self._stood = len(points)
        for word in words:
            self._word(word)
        self._flush(self._repeats.last, self._repeats.count, unfinished=not final)
        self._gated = self._gated and self._stood == stood
        del points[self._stood :]
        while points[-1].offset < 0:
            points.pop()

    def _word(self, word: str) -> None:
        """Goes on by one word. It waits for the next one, which may be punctuation, or be said once too often with it."""
        points, repeats = self._points, self._repeats
        if joins(word) and (self._waiting or (len(points) > 1 and points[-1].word)):
            if not self._waiting:
                self._waiting = self._pop()
            self._waiting += word
            repeats.start("")
            return
        if not repeats.is_same(word):
            self._flush(repeats.last, repeats.count)
            repeats.start(word)
        else:
            last, count = repeats.last, repeats.count
            drop = repeats.next(word, number=self.lexicon.is_number(word))
            if drop == KEPT:
                if not self._waiting:
                    self._pop()
                self._waiting = ""
            if drop:
                if not self._waiting:
                    points.append(Point(-1, points[-1].word, Stand(self.machine), repeats.last, repeats.count))
                return
            self._flush(last, count)
        self._waiting, self._waiting_offset = word, -1

    def _pop(self) -> str:
        """Takes the last word back, and says what it was."""
        points = self._points
        word = points.pop().word
        self.machine.back(points[-1].stand)
        self._stood = min(self._stood, len(points))
        return word

    def _flush(self, last: str, count: int, *, unfinished: bool = False) -> None:
        """The word that waits is whole."""
        if self._waiting:
            self.machine.step(read(self._waiting, self.lexicon), unfinished=unfinished)
            offset = self._waiting_offset
            if self._warm:
                self._warm -= 1
                offset = -1  # its state misses what only a word further back could tell: nothing goes on from here
            self._points.append(Point(offset, self._waiting, Stand(self.machine), last, count))
            self._waiting = ""

    def _forget(self) -> None:
        """Drops the oldest points, and what the machine only keeps for them."""
        points, window = self._points, self.machine.window
        first = len(points) - KEPT_POINTS
        while first > 0 and points[first].offset < 0:
            first -= 1
        if len(window.tokens) > MAX_TOKENS:
            while first < len(points) - 1 and (
                points[first].offset < 0 or points[first].stand.tokens is not window.tokens
            ):
                first += 1
        if first > 0:
            del points[:first]
        if len(window.tokens) > MAX_TOKENS:
            window.trim(points[0].stand.settled)
            for point in points:
                point.stand.tokens, point.stand.base = window.tokens, window.base
