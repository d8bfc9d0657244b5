"""One channel's speech, word by word: what is settled, open, and may be shown. Deterministic, left to right."""

from typing import Final

from mypy_extensions import mypyc_attr

from captiond.core.redact import gate
from captiond.core.redact.classes import DIGITS, FILLER, IS_BEGINNING, IS_COMMON, LETTER, MARK, SPOKEN, TENS, WORD
from captiond.core.redact.dates import as_date
from captiond.core.redact.decide import ENDED, PASSED, SILENCE, TOO_LONG, decide, loose_end
from captiond.core.redact.kinds import DOB, EMAIL, IBAN, NATIONAL_ID
from captiond.core.redact.lexicon import KEEP, Lexicon
from captiond.core.redact.mail import NOTHING, Chain
from captiond.core.redact.rest import Decision
from captiond.core.redact.runs import MAX_RUN_TOKENS, MAX_WORDS_BETWEEN, NONE, Run, is_bank, is_country, is_linker
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Mask, Window

OPEN: Final = "..."
MANY: Final = 1 << 30  # words: as good as no limit
OPEN_RUN: Final = -1
OPEN_CHAIN: Final = -2


_WORDS: Final = (WORD, FILLER, LETTER)
_EXACTING: Final = (EMAIL, IBAN, DOB, NATIONAL_ID)  # after such a cue ordinary words and letters may be private


class Sheet:
    """The settled beginning of an earlier utterance's caption, and what was masked in it. It never changes."""

    __slots__ = ("counts", "text")

    def __init__(self, text: str, counts: dict[str, int]) -> None:
        self.text = text
        self.counts = counts


@mypyc_attr(acyclic=True, free_list_len=1)
class Point:
    """Where a machine stood behind a word, so that it can step back: what it had, and how much of what only grows.

    Attributes:
        offset: in the raw text, behind the white space after that word's chunk; -1 where reading can't go on from it.
        word: as normalised, with the punctuation that joined it; "" where it was dropped.
        last, count: what `normalise.Repeats` knew.
    """

    __slots__ = (
        "base", "chain", "count", "counts", "end", "group", "kept", "last", "lost", "markers", "markers_size", "masks",
        "masks_size", "offset", "run", "settled", "sheets", "text", "tokens", "used", "word",
    )  # fmt: skip

    def __init__(self, machine: "Machine", offset: int, word: str, last: str, count: int) -> None:
        self.offset = offset
        self.word = word
        self.last = last
        self.count = count
        window = machine.window
        self.tokens = window.tokens
        self.base = window.base
        self.end = window.base + len(window.tokens)
        self.masks = window.masks
        self.masks_size = len(window.masks)
        self.markers = window.markers
        self.markers_size = len(window.markers)
        self.used = window.used
        run = machine.run
        self.run: Run | None = None if run.start == NONE and run.weak == NONE else run.copy()
        self.chain: Chain | None = None if machine.chain.phase == NOTHING else machine.chain.copy()
        self.text = machine.text
        self.counts = machine.counts
        self.sheets = machine.sheets
        self.settled = machine.settled
        self.group = machine.group
        self.lost = machine.lost
        self.kept = len(machine.kept)


class Machine:
    """All state of one channel. A copy goes on alone; within one utterance it can step back to where it stood.

    Attributes:
        window: unsettled words and their context.
        text, counts: the settled beginning of the newest utterance's caption, and what was masked in it.
        sheets: the same of the utterances before it that are still asked for.
        first: number of the first of them; `current`: number of the newest.
        settled: index of the first unsettled word.
        lost: events are missing: the channel counts as cued until a run closes.
        hedged: the last step would have gone another way, were its word known to be over.
        known: digits of harmless numbers said before in the call; `kept`: of those found since the utterance began.
    """

    __slots__ = (
        "chain", "counts", "current", "first", "group", "hedged", "kept", "known", "lost", "run", "settled", "sheets",
        "text", "window",
    )  # fmt: skip

    def __init__(self, lexicon: Lexicon, kinds: frozenset[str]) -> None:
        self.window = Window(lexicon, kinds)
        self.run = Run()
        self.chain = Chain()
        self.text = ""
        self.counts: dict[str, int] = {}
        self.sheets: list[Sheet] = []
        self.first = 0
        self.current = 0
        self.settled = 0
        self.group = 0
        self.lost = False
        self.known: frozenset[str] = frozenset()
        self.kept: list[str] = []
        self.hedged = False

    def copy(self) -> "Machine":
        """An equal one that goes on alone."""
        other = Machine(self.window.lexicon, self.window.kinds)
        other.window = self.window.copy()
        other.run = self.run.copy()
        other.chain = self.chain.copy()
        other.text, other.counts, other.sheets = self.text, self.counts, self.sheets
        other.first, other.current, other.settled = self.first, self.current, self.settled
        other.group, other.lost, other.known = self.group, self.lost, self.known
        other.kept = self.kept[:]
        return other

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
        if point.run is not None:
            self.run.take(point.run)
        else:
            self.run.reset()
            self.run.weak, self.run.weak_digits = NONE, 0
        if point.chain is not None:
            self.chain.take(point.chain)
        elif self.chain.phase != NOTHING:
            self.chain.reset()
        self.text = point.text
        self.counts = point.counts
        self.sheets = point.sheets
        self.settled = point.settled
        self.group = point.group
        self.lost = point.lost
        if len(self.kept) > point.kept:
            self.kept = self.kept[: point.kept]

    def begin(self) -> None:
        """A new utterance: cues of the one before the last end here, unless an open run came after them."""
        self.sheets = [*self.sheets, Sheet(self.text, self.counts)]
        self.text, self.counts = "", {}
        self.current += 1
        self.kept = []
        window = self.window
        window.forget_cues(window.owner(self.run.start) if self.run.is_open() else self.current)
        window.trim(self.settled)

    def leap(self, text: str, words: int) -> None:
        """So many words came, as `text`, that the gate let through: they are settled and leave nothing behind."""
        self.run.weak, self.run.weak_digits = NONE, 0
        self.chain.reset()
        self._settle()
        self.text = f"{self.text} {text}" if self.text else text
        self.window.leap(words)
        self.settled = self.window.end()

    def quiet(self) -> tuple[int, int]:
        """Which words the gate may let through now: (bits of those that it may not, how many); (0, 0) for none."""
        window, run, chain = self.window, self.run, self.chain
        if chain.phase != NOTHING and (chain.is_masked() or chain.joined or chain.letters > 1):
            return 0, 0
        cued = self.lost
        for marker in window.markers:
            if marker.reach >= self.current and marker.kind != KEEP:
                if marker.kind in _EXACTING and not window.is_used(marker):
                    return 0, 0
                cued = cued or marker.kind != EMAIL
        end = window.end()
        if run.is_open():
            if run.iban or run.weak != NONE or run.may_be_let_go():
                return 0, 0
            return gate.RUNNING, min(MAX_WORDS_BETWEEN - run.gap, MAX_RUN_TOKENS - 2 - (end - run.start))
        if run.weak != NONE and end - run.weak > 2:
            return 0, 0
        return (gate.CUED if cued else gate.ALWAYS), MANY

    def digit_like(self) -> int:
        """How many words stand at the end that are digits if the next one is."""
        return self.window.end() - self.run.weak if self.run.weak != NONE else 0

    def step(self, token: Token, *, unfinished: bool = False) -> None:
        """One more word of the newest utterance.

        Args:
            unfinished: it is the last one of a partial. It may be half a word, or be heard otherwise in a moment
                ("do" that becomes "dot", "tree" that becomes "three"), so it ends nothing that would be shown then.
                `hedged` says whether that made a difference.
        """
        self.hedged = False
        window = self.window
        if DOB in window.kinds:
            # A date may go on in the next utterance, which its cue no longer reaches by itself.
            asked = window.owner(self.run.start) if self.run.is_open() else self.current
            token = as_date(window, token, asked)
        at = window.append(token, self.current)
        if unfinished and self.run.is_waiting() and token.cls in _WORDS and token.flags & IS_BEGINNING:
            self.hedged = True  # "um, oh on": the "oh" before it stays what it may be
        elif self.run.step(window, at, token, cued=self.lost or window.is_cued(self.current)):
            if self.run.gap <= MAX_WORDS_BETWEEN:
                self._shorten_run()
            elif unfinished and may_become(token):
                self.hedged = True
            else:
                self._close_run(PASSED)
        if EMAIL in window.kinds and self.chain.step(window, at, token):
            known = not may_become(token) and not self.chain.expects_part(window, at)
            if unfinished and self.chain.is_masked() and not self.chain.is_complete() and not known:
                self.chain.last = at  # half a word of the name, or of what follows it
                self.hedged = True
                return
            self._close_chain()
            self.chain.step(window, at, token)
        self._settle()

    def finish(self) -> None:
        """The utterance is final: what it did not go on with is decided; what it ends inside of stays open."""
        run, chain = self.run, self.chain
        run.take_waiting(self.window)
        if run.is_open() and self.window.owner(run.last) < self.current:
            self._close_run(ENDED)
        if chain.phase != NOTHING and (chain.is_complete() or self.window.owner(chain.last) < self.current):
            self._close_chain()
        self._settle()

    def close(self) -> None:
        """Nothing follows: every run ends here."""
        if self.run.is_open():
            self._close_run(SILENCE)
        if self.chain.phase != NOTHING:
            self._close_chain()
        self.run.weak = NONE
        self._settle()

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

    def _close_run(self, how: int) -> None:
        self._judge(self.run, how)
        self.run.reset()
        self.lost = False

    def _judge(self, run: Run, how: int) -> None:
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
            if window.core(chain.start) in ("a", "i", "y", "o", "e") and window.token(chain.start + 1).cls == WORD:
                chain.start += 1  # a word of one letter before the address: "a jane arroba", "I jane at"
            self.group += 1
            window.set_label(chain.start, chain.last + 1, EMAIL, self.group)
            self._count(EMAIL, chain.last)
            window.answer([m for m in window.markers if m.kind == EMAIL and m.at < chain.start])
            if self.run.is_open() and chain.start <= self.run.start and self.run.last <= chain.last:
                self.run.reset()
        chain.reset()

    def _count(self, label: str, at: int) -> None:
        owner = self.window.owner(at)
        if owner == self.current:
            self.counts = {**self.counts, label: self.counts.get(label, 0) + 1}
            return
        sheet = self.sheets[owner - self.first]
        self._replace(owner, Sheet(sheet.text, {**sheet.counts, label: sheet.counts.get(label, 0) + 1}))

    def _replace(self, number: int, sheet: Sheet) -> None:
        i = number - self.first
        self.sheets = [*self.sheets[:i], sheet, *self.sheets[i + 1 :]]

    def _hold(self) -> int:
        """The first index that a later word can still change."""
        hold = self.window.end()
        run = self.run.hold()
        if run != NONE:
            hold = min(hold, run)
        if self.chain.start != NONE:
            hold = min(hold, self.chain.start)
        return hold

    def _settle(self) -> None:
        hold = self._hold()
        at = self.settled
        if hold <= at:
            return
        window = self.window
        while at < hold:
            owner = window.owner(at)
            stop = at + 1
            while stop < hold and window.owner(stop) == owner:
                stop += 1
            if owner == self.current:
                self.text, _ = self._render(self.text, at, stop, opened=False)
            else:
                sheet = self.sheets[owner - self.first]
                text, _ = self._render(sheet.text, at, stop, opened=False)
                self._replace(owner, Sheet(text, sheet.counts))
            at = stop
        self.settled = hold

    def shown(self, number: int) -> tuple[str, int, bool]:
        """The caption of an utterance now: its text, how much of it is settled, whether an open mask is in it."""
        window = self.window
        at = max(self.settled, window.base)
        stop = window.end()
        if number == self.current:
            text = self.text
            while at < stop and window.owner(at) < number:
                at += 1
        else:
            text = self.sheets[number - self.first].text
            while at < stop and window.owner(at) < number:
                at += 1
            end = at
            while end < stop and window.owner(end) == number:
                end += 1
            stop = end
        text, opened = self._render(text, at, stop, opened=True)
        return text, (len(text) if opened < 0 else opened), opened >= 0

    def counted(self, number: int) -> dict[str, int]:
        """How many numbers of each kind end in an utterance. It never changes."""
        return self.counts if number == self.current else self.sheets[number - self.first].counts

    def is_settled(self, number: int) -> bool:
        """Whether nothing of an utterance can change any more."""
        return self.settled >= self.window.end() or self.window.owner(self.settled) > number

    def forget(self, number: int) -> None:
        """An earlier utterance is settled and was told: its sheet goes."""
        self.sheets = self.sheets[number + 1 - self.first :]
        self.first = number + 1

    def _group(self, at: int, token: Token) -> int:
        """What masks a word for now: OPEN_CHAIN, OPEN_RUN, or 0 for nothing. Closed masks come first, see `_render`."""
        chain, run = self.chain, self.run
        if chain.start != NONE and chain.start <= at <= chain.last and chain.is_masked():
            return OPEN_CHAIN
        if run.start != NONE and at >= run.start and run.is_masked():
            masked = (
                _is_of_run(self.window, at, token, run) if at <= run.last else run.is_pending(self.window, at, token)
            )
            return OPEN_RUN if masked else 0
        return 0

    def _render(self, text: str, start: int, stop: int, *, opened: bool) -> tuple[str, int]:
        """Adds words to a text, masked where they must be: (text, where the first open mask begins or -1)."""
        window = self.window
        tokens, base = window.tokens, window.base
        closed = len(window.masks) > 0
        first_open = -1
        masked_from = start  # words before `at` that one mask hides begin there
        group = 0
        label = ""
        for at in range(start, stop + 1):
            token: Token | None = None
            mask: Mask | None = None
            now = 0
            if at < stop:
                token = tokens[at - base]
                if closed:
                    mask = window.mask(at)
                now = mask.group if mask is not None else (self._group(at, token) if opened else 0)
            if group and (now != group or (mask is not None and mask.label != label)):
                piece = _mask(window, masked_from, at, label)
                if first_open < 0 and label == OPEN:
                    first_open = len(text) + (1 if text else 0) + piece.index("[...]")
                text = f"{text} {piece}" if text else piece
                group = 0
            if token is None:
                break
            if not now:
                text = f"{text} {token.text}" if text else token.text
            elif not group:
                group, masked_from, label = now, at, (mask.label if mask is not None else OPEN)
        return text, first_open


def may_become(token: Token) -> bool:
    """Whether the last word of a partial may turn into a digit, a connector or a name before it is over."""
    known = token.cls in (WORD, FILLER) and token.flags & IS_COMMON
    return not known or token.flags & IS_BEGINNING != 0


def _mask(window: Window, start: int, stop: int, label: str) -> str:
    first, last = window.token(start), window.token(stop - 1)
    lead, trail = first.lead(), last.trail()
    if lead.endswith("(") and ")" not in trail:
        lead = lead[:-1]
    return f"{lead}[{label}]{trail}"


def _is_of_run(window: Window, at: int, token: Token, run: Run) -> bool:
    """Whether a word inside an open run is masked with it; talk in between stays visible."""
    cls = token.cls
    if cls in (DIGITS, SPOKEN, TENS):
        return True
    if cls == FILLER:
        return at < run.last and is_linker(window, at, at - 1)
    if token.cls == MARK:
        return False
    if token.cls in (WORD, LETTER):
        code = token.cls == LETTER or is_bank(window, token) or is_country(window, token)
        return run.iban and code
    return True
