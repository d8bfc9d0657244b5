"""One utterance while it is heard: each new partial is read from where it differs from the one before.

Behind the last `Point`, the state after some words, come words that the gate let through (`core.redact.gate`); when
another word comes, the last of them are read as if the gate had not been there. So what a text becomes does not depend
on the partials before it; the tests prove it with random ones, and that the gate changes nothing.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.base.prefix import common_prefix
from captiond.core.normalise import KEPT, MAX_CHUNK, Repeats, clean, is_clean, is_space, joins
from captiond.core.redact.classes import without_cue
from captiond.core.redact.gate import REPLAYED, Trail
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.machine import Machine
from captiond.core.redact.pending import Pending
from captiond.core.redact.points import Point
from captiond.core.redact.tokens import read

MAX_POINTS: Final = 32
KEPT_POINTS: Final = 16  # recognisers rewrite the last few words; what goes further back is read anew from the start
STABLE_LAG: Final = 256  # characters; a text that differs within so many is compared and copied but once
LIKELY_REVISED: Final = 3  # words; farther back texts are compared by character
MAX_TOKENS: Final = 512  # words in one machine's window; then it forgets what is settled, and the points before


@mypyc_attr(acyclic=True, free_list_len=1)
class Scan:
    """One utterance. `machine` is the channel's as earlier finals left it, begun anew; it is this scan's now.

    Attributes:
        head, settled, held, counts: the caption up to the last point (`Machine.shown`), once a text passed the gate.
    """

    __slots__ = (
        "_ahead", "_as_it_is", "_former", "_gated", "_last_word", "_points", "_rendered", "_repeats", "_stable",
        "_stood", "_text", "_trail", "_waiting", "_waiting_offset", "counts", "head", "held", "lexicon", "machine",
        "settled",
    )  # fmt: skip

    def __init__(self, machine: Machine, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.machine = machine
        self.head = ""
        self.settled: i64 = 0
        self.held = False
        self.counts = machine.counts
        self._text = ""
        self._stable = ""  # how it began some time ago: a revision seldom reaches so far back
        self._repeats = Repeats()
        self._points: list[Point] = [Point(machine, 0, "", "", 0)]
        self._trail = self._new_trail()
        self._former: list[tuple[Point, Trail]] = []  # where the gate was open before, and what it let through there
        self._ahead = False  # the machine stands behind the last point
        self._last_word = ""  # the word it stands behind then, if that may as well be over; else ""
        self._waiting = ""  # a word that is not stepped yet,
        self._waiting_offset: i64 = 0  # and the offset of its point
        self._stood: i64 = 1  # points that were there before and still are
        self._gated = False
        self._rendered = False  # `head` is that of the last point
        self._as_it_is = False  # and it is the text itself, word for word
        self._open_gate()

    def goes_on(self, text: str) -> bool:
        """Whether this text can be read from here; otherwise a new scan must read it from its start."""
        if text.startswith(self._text):
            if len(text) - len(self._stable) > 2 * STABLE_LAG:
                self._stable = text[: len(text) - STABLE_LAG]
            return True
        self._last_word = ""
        if self._gated:
            trail = self._trail
            trail.other_word()
            back: i64 = 0
            while back < LIKELY_REVISED:  # mostly it is the last word, or the one before it, that was heard otherwise
                stop = trail.reach(back)
                if stop < 0:
                    break
                if self._is_same(text, stop):
                    if back:
                        trail.back(stop)
                    return True
                back += 1
        elif 0 <= self._points[-1].offset < len(text) and self._is_same(text, self._points[-1].offset):
            return True
        stable = len(self._stable)
        if stable and text.startswith(self._stable):
            same = stable + common_prefix(self._text[stable:], text[stable:])
        else:
            same = common_prefix(self._text, text)
            self._stable = ""
        same = min(same, len(text) - 1)  # what a chunk too long was cut at is its end, where nothing follows
        points = self._points
        if points[0].offset > same:
            return False
        if points[-1].offset > same:
            while points[-1].offset > same or points[-1].offset < 0:
                points.pop()
            if len(points) == 1 and points[0].word:
                return False  # what stood before it was forgotten, and punctuation may want it back
            self._stand_at_last_point()
            self._reopen_gate(same)
        elif self._gated:
            self._trail.back(same)
        return True

    def _is_same(self, text: str, stop: i64) -> bool:
        """Whether a text begins as the one before it, up to there."""
        stable = len(self._stable)
        if stable and stop > stable:
            return text[stable:stop] == self._text[stable:stop] and text.startswith(self._stable)
        if stop < stable:
            self._stable = ""  # nobody has compared what follows
        return text.startswith(self._text[:stop])

    def passes(self, text: str) -> str | None:
        """The caption of a partial whose new words the gate lets through; None where the machine must read it.

        `goes_on` must have said so.
        """
        if not (self._gated and self._trail.walk(text)):
            return None
        self._text = text
        if not self._rendered:
            self._render()
        if self._trail.hidden:
            return self.head
        stop: i64 = len(text)
        if stop and ord(text[stop - 1]) == 32:
            stop -= 1
        elif self._as_it_is:
            return text
        start = self._trail.stop(0)
        if stop <= start:
            return self.head
        if not self.head:
            return text if start == 0 and stop == len(text) else text[start:stop]
        if start and ord(text[start - 1]) == 32:
            return self.head + text[start - 1 : stop]
        return f"{self.head} {text[start:stop]}"

    def read(self, text: str, *, final: bool) -> str | None:
        """Reads the text; where it is `final`, its last word is over. None if the machine stands behind that word; else
        a caption as of `passes`."""
        trail = self._trail
        halted = self._gated and trail.halted
        offset: i64 = self._replay(text) if self._gated else self._resume(text)
        size: i64 = len(text)
        again = not self._gated  # else it is where it was when the gate stopped the first word
        while True:
            while offset < size and is_space(text, offset):
                offset += 1
            stop: i64 = offset
            end: i64 = min(size, offset + MAX_CHUNK)
            while stop < end:
                if is_space(text, stop):
                    break
                stop += 1
            if stop >= size:
                break
            offset = self._take(text, offset, stop)
            again = True
            halted = False
        self._flush(self._repeats.last, self._repeats.count)
        self._text = text
        if again and not (final or halted):
            self._open_gate()
            if self._gated:
                caption = self.passes(text)
                if caption is not None:
                    return caption
                self._gated = not trail.halted  # a number, mostly, and another one will follow
        if self._ahead:
            self._stand_at_last_point()
        if offset < size:
            self._take_last(text, offset, final=final)
        return None

    def _resume(self, text: str) -> i64:
        """Where reading goes on: at the last point, or one word further, which the machine has read already."""
        points = self._points
        offset = points[-1].offset
        if not self._ahead:
            return offset
        word = self._last_word
        if not word:
            self._stand_at_last_point()
            return offset
        self._last_word = ""
        stop = len(self._text)
        if len(text) == stop or not is_space(text, stop) or self._repeats.is_same(word):
            self._stand_at_last_point()
            return offset
        self._ahead = False
        self._repeats.start(word)
        points.append(Point(self.machine, stop + 1, word, word, 1))
        self._forget()
        return stop + 1

    def _replay(self, text: str) -> i64:
        """Where reading begins: the gate's words are let go, but for the last, which are read after all."""
        self._rendered = False
        trail = self._trail
        count = trail.words()
        if count == 0:
            points = len(self._points)
            offset = self._resume(text)
            self._gated = len(self._points) == points
            return offset
        self._gated = False
        if self._ahead:
            self._stand_at_last_point()
        start = self._points[-1].offset
        if count <= REPLAYED and self._repeats.is_same(text[start : trail.stop(1) - 1]):
            return start  # a word said again: that is read as if there were no gate
        machine = self.machine
        cues = trail.pending.markers if trail.pending is not None else []
        cue = 0
        begun = machine.window.end()
        first = 0
        if count > REPLAYED:  # a word before them may be heard otherwise: they need not be looked at again then
            self._former.append((self._points[-1], trail))
            self._trail = self._new_trail()
        if count > REPLAYED and not trail.digits:
            first = count - REPLAYED
            machine.leap(text[start : trail.stop(first) - 1], first)
            start = trail.stop(first)
            while cue < len(cues) and cues[cue].at < begun + first:
                machine.window.mark(cues[cue])
                cue += 1
        for i in range(first, count):
            stop = trail.stop(i + 1)
            word = text[start : stop - 1]
            token = read(word, self.lexicon)
            if cue < len(cues) and cues[cue].at == begun + i:
                machine.go_over(without_cue(token))
                machine.window.mark(cues[cue])
                cue += 1
            else:
                machine.go_over(token)
            start = stop
            if i == count - 2:  # the word behind this one may have to be taken back
                machine.settle_passed(text, trail, begun)
                self._points.append(Point(machine, -1, word, word, 1))
        machine.settle()
        self._repeats.start(word)
        self._points.append(Point(machine, stop, word, word, 1))
        self._forget()
        return stop

    def _new_trail(self) -> Trail:
        pending = Pending(self.machine.window, self.lexicon)
        return Trail(self.lexicon.gate, self.lexicon.entries, pending)

    def _reopen_gate(self, same: i64) -> None:
        """The last point is another one again: the gate is as it was there, as far as the text is the same."""
        former, point = self._former, self._points[-1]
        while former and former[-1][0].offset > point.offset:
            former.pop()
        if former and former[-1][0] is point:
            self._trail = former.pop()[1]
            self._trail.back(same)
            self._gated, self._rendered = True, False
        else:
            self._open_gate()

    def _open_gate(self) -> None:
        """Looks whether words may pass behind the last point."""
        self._rendered = False
        leave = self.machine.leave()
        offset = self._points[-1].offset
        whole = offset <= 0 or is_space(self._text, offset - 1)  # not in a chunk that is too long for one
        self._gated = leave is not None and whole and self._repeats.count <= KEPT
        if leave is not None and self._gated:
            tokens = self.machine.window.tokens
            # By this lexicon: the word may be of an utterance in another language, whose flags say nothing here.
            begun = bool(tokens) and tokens[-1].core in self.lexicon.before_cues
            self._trail.begin(offset, leave, begun=begun)

    def _render(self) -> None:
        if self._ahead:
            self._stand_at_last_point()
        self.head, self.settled, self.held = self.machine.shown(self.machine.window.number)
        self.counts = self.machine.counts
        self._rendered = True
        start = self._points[-1].offset
        size = len(self.head)
        whole = size == start == 0 or (size == start - 1 and self._text[size] == " ")
        self._as_it_is = whole and self._text.startswith(self.head)

    def _stand_at_last_point(self) -> None:
        point = self._points[-1]
        self.machine.back(point)
        self._repeats.last, self._repeats.count = point.last, point.count
        self._ahead = False
        self._last_word = ""

    def _take(self, text: str, start: i64, stop: i64) -> i64:
        """Goes on by one chunk that is over; its last word waits for punctuation that may follow. What is behind it."""
        chunk = text[start:stop]
        behind: i64 = stop + 1 if is_space(text, stop) else stop
        if is_clean(text, start, stop) and not self._repeats.is_same(chunk):
            self._flush(self._repeats.last, self._repeats.count)
            self._repeats.start(chunk)
            self._waiting, self._waiting_offset = chunk, behind
        else:
            for word in clean(chunk):
                self._word(word)
            if self._waiting:
                self._waiting_offset = behind
            else:
                self._points[-1].offset = behind
        self._forget()
        return behind

    def _take_last(self, text: str, start: i64, *, final: bool) -> None:
        """Goes on by the last chunk, which may be no more than the beginning of a word: the next text takes it anew."""
        self._ahead, self._last_word = True, ""
        chunk = text[start:] if start else text
        if is_clean(text, start, len(text)) and not self._repeats.is_same(chunk):
            self.machine.step(read(chunk, self.lexicon), unfinished=not final)
            if not self.machine.hedged:
                self._last_word = chunk
            return
        points = self._points
        stood = self._stood = len(points)
        for word in clean(chunk):
            self._word(word)
        self._flush(self._repeats.last, self._repeats.count, unfinished=not final)
        self._gated = self._gated and self._stood == stood
        del points[self._stood :]
        while points[-1].offset < 0:
            points.pop()

    def _word(self, word: str) -> None:
        """Goes on by one word. It waits for the next one, which may be punctuation, or make it one too many."""
        points, repeats = self._points, self._repeats
        before = self._waiting or (points[-1].word if len(points) > 1 else "")
        if before and joins(word) and len(before) + len(word) <= MAX_CHUNK:
            if not self._waiting:
                self._waiting = self._pop()
            self._waiting += word
            self._waiting_offset = -1  # the punctuation stands behind that offset
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
                    points.append(Point(self.machine, -1, points[-1].word, repeats.last, repeats.count))
                return
            self._flush(last, count)
        self._waiting, self._waiting_offset = word, -1

    def _pop(self) -> str:
        """Takes the last word back, and says what it was."""
        points = self._points
        word = points.pop().word
        self.machine.back(points[-1])
        self._stood = min(self._stood, len(points))
        return word

    def _flush(self, last: str, count: i64, *, unfinished: bool = False) -> None:
        """The word that waits is whole."""
        if not self._waiting:
            return
        self.machine.step(read(self._waiting, self.lexicon), unfinished=unfinished)
        self._points.append(Point(self.machine, self._waiting_offset, self._waiting, last, count))
        self._waiting = ""

    def _forget(self) -> None:
        """Drops the oldest points where there are too many, and what the machine only keeps for them."""
        points, window = self._points, self.machine.window
        full = len(window.tokens) > MAX_TOKENS
        if not full and len(points) <= MAX_POINTS:
            return
        first = max(len(points) - KEPT_POINTS, 0)
        if full:  # but for the last point, at which the last word may have to be taken back
            while first < len(points) - 2 and points[first].tokens is not window.tokens:
                first += 1
        while first > 0 and points[first].offset < 0:
            first -= 1
        if first > 0:
            del points[:first]
            while self._former and self._former[0][0].offset < points[0].offset:
                del self._former[0]
        if full and points[0].tokens is window.tokens:  # else soon
            window.trim(points[0].settled)
            for point in points:
                point.tokens, point.base = window.tokens, window.base
