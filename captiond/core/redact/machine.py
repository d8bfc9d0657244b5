"""One channel's speech, word by word: what is settled, open, and may be shown. Deterministic, left to right."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.classes import FILLER, IS_COUNTRY, LETTER, WORD, is_ordinary
from captiond.core.redact.dates import as_date
from captiond.core.redact.decide import ENDED, PASSED, SILENCE, TOO_LONG, decide, loose_end
from captiond.core.redact.gate import Trail
from captiond.core.redact.kinds import EMAIL
from captiond.core.redact.leave import Leave, leave_behind
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.mail import NOTHING, Chain
from captiond.core.redact.pauses import is_wait
from captiond.core.redact.points import Point, Sheet
from captiond.core.redact.render import joined, render
from captiond.core.redact.rest import Decision
from captiond.core.redact.runs import MAX_WORDS_BETWEEN, NONE, Run
from captiond.core.redact.tokens import Token
from captiond.core.redact.unfinished import may_be_digit_or_pause, may_become, may_say_what_waits, said_by_half
from captiond.core.redact.window import FOR_EMAIL, Window

MAX_RECENT: Final = 96  # characters; some more than that are copied for each word
NOTHING_COUNTED: Final[dict[str, int]] = {}

_WORDS: Final = (WORD, FILLER, LETTER)


@mypyc_attr(acyclic=True, free_list_len=1)
class Machine:
    """All state of one channel. A copy goes on alone; within one utterance it can step back to where it stood.

    Attributes:
        window: unsettled words and their context.
        text, recent: the settled beginning of the newest utterance's caption, in two pieces: the first may be long.
        counts: what was masked in it.
        sheets: the same of the utterances before it that are still asked for.
        first: number of the first of them; that of the newest is `Window.number`.
        settled: index of the first unsettled word.
        lost: events are missing: the channel counts as cued until a run closes.
        hedged: the last step would have gone another way, were its word known to be over.
        known: digits of harmless numbers and codes said before in the call; `kept`: those found since the utterance
            began.
    """

    __slots__ = (
        "chain", "counts", "first", "group", "hedged", "kept", "known", "lost", "recent", "run",
        "settled", "sheets", "text", "window",
    )  # fmt: skip

    def __init__(self, lexicon: Lexicon, kinds: frozenset[str], before: "Machine | None" = None) -> None:
        self.kept: list[str] = []
        self.hedged = False
        if before is None:
            self.window = Window(lexicon, kinds)
            self.run = Run()
            self.chain = Chain()
            self.text = ""
            self.recent = ""
            self.counts: dict[str, int] = NOTHING_COUNTED
            self.sheets: list[Sheet] = []
            self.first: i64 = 0
            self.settled: i64 = 0
            self.group: i64 = 0
            self.lost = False
            self.known: frozenset[str] = frozenset()
            return
        self.window = Window(lexicon, kinds, before.window, before.settled)
        self.run = Run() if before.run.is_idle() else before.run.copy()
        self.chain = Chain() if before.chain.phase == NOTHING else before.chain.copy()
        self.text, self.recent, self.counts, self.sheets = before.text, before.recent, before.counts, before.sheets
        self.first, self.settled = before.first, before.settled
        self.group, self.lost, self.known = before.group, before.lost, before.known

    def copy(self) -> "Machine":
        """One that goes on alone from the same state, and has kept nothing yet."""
        return Machine(self.window.lexicon, self.window.kinds, self)

    def back(self, point: Point) -> None:
        """Steps back to where it stood in this utterance, whatever came since."""
        window = self.window
        tokens = point.tokens
        size = point.end - point.base
        while len(tokens) > size:
            tokens.pop()
        window.tokens = tokens
        window.base = point.base
        masks = point.masks
        while len(masks) > point.masks_size:
            masks.pop()
        window.masks = masks
        markers = point.markers
        while len(markers) > point.markers_size:
            markers.pop()
        window.markers = markers
        window.used = point.used
        window.asked = point.asked
        if point.run is not None:
            self.run.take(point.run)
        else:
            self.run.reset()
            self.run.drop_weak()
        if point.chain is not None:
            self.chain.take(point.chain)
        elif self.chain.phase != NOTHING:
            self.chain.reset()
        self.text = point.text
        self.recent = point.recent
        self.counts = point.counts
        self.sheets = point.sheets
        self.settled = point.settled
        self.group = point.group
        self.lost = point.lost
        if len(self.kept) > point.kept:
            self.kept = self.kept[: point.kept]

    def begin(self) -> None:
        """A new utterance: cues of the one before the last end here, unless an open run came after them."""
        window = self.window
        if self.sheets or self.settled < window.end():
            self.sheets = [*self.sheets, Sheet(joined(self.text, self.recent), self.counts)]
        else:  # nothing of what was said can change any more
            self.first = window.number + 1
        self.text, self.recent, self.counts = "", "", NOTHING_COUNTED
        reaching = window.owner(self.run.start) if self.run.is_open() else window.number + 1
        window.begin()
        window.forget_cues(reaching)

    def leap(self, text: str, words: i64) -> None:
        """So many words came, as `text`, that the gate let through: they are settled and leave nothing behind."""
        self.run.drop_weak()
        self.chain.reset()
        self.settle()
        self.window.leap(words)
        self._write_down(text, self.window.end())

    def leave(self) -> Leave | None:
        """Which words the gate may let through now; None for none."""
        return leave_behind(self.window, self.run, self.chain, lost=self.lost)

    def step(self, token: Token, *, unfinished: bool = False) -> None:
        """One more word of the newest utterance.

        Args:
            unfinished: it is the last one of a partial. It may be half a word, or be heard otherwise in a moment
                ("do" that becomes "dot", "tree" that becomes "three"), so it ends nothing that would be shown then.
                `hedged` says whether that made a difference.
        """
        self.advance(token, unfinished=unfinished)
        self.settle()

    def go_over(self, token: Token) -> None:
        """As `advance`, for a word that the gate let through: what it announces is known."""
        if self._leaves_nothing(token):
            self.window.tokens.append(token)
        else:
            self.advance(token)

    def _leaves_nothing(self, token: Token) -> bool:
        """An ordinary word while nothing is open: neither a run nor an address would do anything."""
        window, run = self.window, self.run
        return (
            run.start == NONE
            and run.weak == NONE
            and self.chain.phase == NOTHING
            and is_ordinary(token.cls, token.flags, capital=token.flags & IS_COUNTRY != 0 and token.text[:2].isupper())
            and not window.dates
            and not window.has_cue(FOR_EMAIL, self.window.number)
        )

    def advance(self, token: Token, *, unfinished: bool = False) -> None:
        """As `step`, for one of several words: what has settled is written down at the end of the last one."""
        self.hedged = False
        window = self.window
        run, chain = self.run, self.chain
        if self._leaves_nothing(token):
            window.append(token)
            return
        if window.dates:
            # A date may go on in the next utterance, which its cue no longer reaches by itself.
            asked = window.owner(run.start) if run.is_open() else self.window.number
            token = as_date(window, token, asked)
        at = window.append(token)
        waits = unfinished and run.is_waiting() and token.cls in _WORDS and not said_by_half(window.lexicon, token)
        if waits and may_say_what_waits(window, run.weak, token):
            self.hedged = True  # "um, oh on": the "oh" before it stays what it may be
        elif run.step(window, at, token, cued=self.lost or window.is_cued(self.window.number), unfinished=unfinished):
            if run.gap <= MAX_WORDS_BETWEEN:
                self._shorten_run()
            elif unfinished and (may_become(token) or may_be_digit_or_pause(window.lexicon, token.core)):
                self.hedged = True
            else:
                self._close_run(PASSED)
        if run.hedged:
            self.hedged = True
        if window.addresses and chain.step(window, at, token):
            open_mask = unfinished and chain.is_masked() and not chain.is_complete()
            if open_mask and (may_become(token) or chain.expects_part(window, at)):
                chain.last = at  # half a word of the name, or of what follows it
                self.hedged = True
                return
            self._close_chain()
            chain.step(window, at, token)

    def finish(self) -> None:
        """The utterance is final: what it did not go on with is decided; what it ends inside of stays open."""
        run, chain = self.run, self.chain
        run.take_waiting(self.window)
        if run.is_open() and self.window.owner(run.last) < self.window.number and not self._only_waits():
            self._close_run(ENDED)
        if chain.phase != NOTHING and (chain.is_complete() or self.window.owner(chain.last) < self.window.number):
            self._close_chain()
        self.settle()

    def _only_waits(self) -> bool:
        """ "um, hold on": an utterance that says no more ends nothing, as it would not inside the one before."""
        window = self.window
        start = window.end()
        while start > window.base and window.owner(start - 1) == self.window.number:
            start -= 1
        return start < window.end() and is_wait(window, start, window.end())

    def close(self) -> None:
        """Nothing follows: every run ends here."""
        self.window.hear_answers()
        if self.run.is_open():
            self._close_run(SILENCE)
        if self.chain.phase != NOTHING:
            self._close_chain()
        self.run.drop_weak()
        self.settle()

    def is_open(self) -> bool:
        """Whether a next utterance could go on with something."""
        return self.run.is_open() or self.chain.phase != NOTHING

    def _shorten_run(self) -> None:
        """A run has become too long: figures strewn over much talk, or endless digits."""
        start = loose_end(self.window, self.run)
        if start <= self.run.start:
            self._close_run(TOO_LONG)
            self.lost = True  # what follows such a run is not to be shown either
            return
        self._judge(self.run.shorten(self.window, start), PASSED)

    def _close_run(self, how: i64) -> None:
        self._judge(self.run, how)
        self.run.reset()
        self.lost = False

    def _judge(self, run: Run, how: i64) -> None:
        window = self.window
        decision: Decision = decide(window, run, how, self.known)
        for found in decision.found:
            self.group += 1
            for part in found.parts:
                window.set_label(part.start, part.stop, found.label, self.group)
            self._count(found.label, found.parts[-1].stop - 1)
        self.kept.extend(decision.kept)

    def _close_chain(self) -> None:
        chain, window = self.chain, self.window
        if chain.is_whole():
            if chain.begins_with_word(window):
                chain.start += 1  # a word of one letter before the address: "a jane arroba", "I jane at"
            self.group += 1
            window.set_label(chain.start, chain.last + 1, EMAIL, self.group)
            self._count(EMAIL, chain.last)
            window.answer(EMAIL, chain.start)
            if self.run.is_open() and chain.start <= self.run.start and self.run.last <= chain.last:
                self.run.reset()
        chain.reset()

    def _count(self, label: str, at: i64) -> None:
        owner = self.window.owner(at)
        if owner == self.window.number:
            self.counts = {**self.counts, label: self.counts.get(label, 0) + 1}
            return
        if owner < self.first:
            return  # "IBAN est FR" was told before "5" made it the beginning of a number
        sheet = self.sheets[owner - self.first]
        self._replace(owner, Sheet(sheet.text, {**sheet.counts, label: sheet.counts.get(label, 0) + 1}))

    def _replace(self, number: i64, sheet: Sheet) -> None:
        i = number - self.first
        self.sheets = [*self.sheets[:i], sheet, *self.sheets[i + 1 :]]

    def hold(self) -> i64:
        """The first index that a later word can still change."""
        hold = self.window.end()
        run = self.run.hold()
        if run != NONE and run < hold:
            hold = run
        chain = self.chain.start
        return chain if chain != NONE and chain < hold else hold

    def settle(self) -> None:
        """Writes down what no later word can change any more."""
        hold = self.hold()
        at = self.settled
        if hold <= at:
            return
        window = self.window
        if hold == at + 1 and at >= window.begun and window.mask(at) is None:
            self._write_down(window.tokens[at - window.base].text, hold)
            return
        if len(self.recent) > MAX_RECENT:
            self.text, self.recent = joined(self.text, self.recent), ""
        while at < hold:
            owner = window.owner(at)
            stop = at + 1
            while stop < hold and window.owner(stop) == owner:
                stop += 1
            words, _ = render(window, self.run, self.chain, at, stop, opened=False)
            if owner == self.window.number:
                self.recent = joined(self.recent, words)
            else:
                sheet = self.sheets[owner - self.first]
                self._replace(owner, Sheet(joined(sheet.text, words), sheet.counts))
            at = stop
        self.settled = hold

    def settle_passed(self, text: str, trail: Trail, begun: i64) -> None:
        """As `settle`, for words that the gate let through: they are shown as they stand in the text.

        Args:
            begun: index of the first of them.
        """
        at, hold = self.settled, self.hold()
        if at < begun or hold <= at or self.window.mask(at) is not None:
            self.settle()
        else:
            self._write_down(text[trail.stop(at - begun) : trail.stop(hold - begun) - 1], hold)

    def _write_down(self, text: str, stop: i64) -> None:
        """What comes before that word has settled and is shown as this text."""
        if len(self.recent) > MAX_RECENT:
            self.text, self.recent = joined(self.text, self.recent), ""
        self.recent = joined(self.recent, text)
        self.settled = stop

    def shown(self, number: i64) -> tuple[str, int, bool]:
        """The caption of an utterance now: its text, how much of it is settled, whether an open mask is in it."""
        window = self.window
        at = max(self.settled, window.base)
        stop = window.end()
        if number == self.window.number:
            before, text = self.text, self.recent
            while at < stop and window.owner(at) < number:
                at += 1
        else:
            before, text = "", self.sheets[number - self.first].text
            while at < stop and window.owner(at) < number:
                at += 1
            end = at
            while end < stop and window.owner(end) == number:
                end += 1
            stop = end
        if at >= stop:
            text = joined(before, text)
            return text, len(text), False
        words, opened = render(window, self.run, self.chain, at, stop, opened=True)
        text = f"{before} {text} {words}" if before and text and words else joined(joined(before, text), words)
        return text, len(text) - len(words) + opened if opened >= 0 else len(text), opened >= 0

    def counted(self, number: i64) -> dict[str, int]:
        """How many numbers of each kind end in an utterance. It never changes."""
        return self.counts if number == self.window.number else self.sheets[number - self.first].counts

    def stand(self) -> tuple[int, int, int, int, int, int, int]:
        """What the captions of earlier utterances hang on, up to the last index here, that of the last digit."""
        run, chain = self.run, self.chain
        flags = run.is_masked() + 2 * run.iban + 4 * chain.is_masked()
        return (self.settled, self.group, flags, run.start, chain.start, chain.last, run.last)

    def same_until(self, stood: tuple[int, int, int, int, int, int, int]) -> i64:
        """Up to which index captions are what they were when it stood so; 0 for none."""
        now = self.stand()
        return stood[6] if now[:6] == stood[:6] and now[6] >= stood[6] else 0

    def is_settled(self, number: i64) -> bool:
        """Whether nothing of an utterance can change any more."""
        return self.settled >= self.window.end() or self.window.owner(self.settled) > number

    def forget(self, number: i64) -> None:
        """The utterances before that one are settled and were told: their sheets go."""
        if number > self.first:
            self.sheets = self.sheets[number - self.first :]
            self.first = number
