"""One channel's speech, word by word: what is settled, open, and may be shown. Deterministic, left to right."""

from typing import Final

from captiond.core.redact.dates import as_date
from captiond.core.redact.decide import ENDED, PASSED, SILENCE, TOO_LONG, decide, loose_end
from captiond.core.redact.kinds import DOB, EMAIL
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.mail import NOTHING, Chain
from captiond.core.redact.rest import Decision
from captiond.core.redact.runs import MAX_WORDS_BETWEEN, NONE, Run, is_bank, is_country, is_linker
from captiond.core.redact.tokens import FILLER, LETTER, MARK, WORD, Token
from captiond.core.redact.window import Window

OPEN: Final = "..."
OPEN_RUN: Final = -1
OPEN_CHAIN: Final = -2


_WORDS: Final = (WORD, FILLER, LETTER)


class Sheet:
    """The settled beginning of one utterance's caption, and what was masked in it."""

    __slots__ = ("counts", "text")

    def __init__(self) -> None:
        self.text = ""
        self.counts: dict[str, int] = {}

    def copy(self) -> "Sheet":
        """An equal one that goes on alone."""
        other = Sheet()
        other.text = self.text
        other.counts = dict(self.counts)
        return other


class Machine:
    """All state of one channel. Copies go on alone, so a copy is a checkpoint.

    Attributes:
        window: unsettled words and their context.
        sheets: the settled text of the utterances that still have unsettled words, and of the newest.
        first: number of the first of them; `current`: number of the newest.
        settled: index of the first unsettled word.
        lost: events are missing: the channel counts as cued until a run closes.
    """

    __slots__ = ("chain", "current", "first", "group", "kept", "known", "lost", "run", "settled", "sheets", "window")

    def __init__(self, lexicon: Lexicon, kinds: frozenset[str]) -> None:
        self.window = Window(lexicon, kinds)
        self.run = Run()
        self.chain = Chain()
        self.sheets: list[Sheet] = [Sheet()]
        self.first = 0
        self.current = 0
        self.settled = 0
        self.group = 0
        self.lost = False
        self.known: frozenset[str] = frozenset()
        self.kept: list[str] = []

    def copy(self) -> "Machine":
        """An equal one that goes on alone."""
        other = Machine(self.window.lexicon, self.window.kinds)
        other.window = self.window.copy()
        other.run = self.run.copy()
        other.chain = self.chain.copy()
        other.sheets = [sheet.copy() for sheet in self.sheets]
        other.first, other.current, other.settled = self.first, self.current, self.settled
        other.group, other.lost, other.known = self.group, self.lost, self.known
        other.kept = self.kept[:]
        return other

    def begin(self) -> None:
        """A new utterance: cues of the one before the last end here, unless an open run came after them."""
        self.current += 1
        self.sheets.append(Sheet())
        self.kept = []
        window = self.window
        reaching = window.owner(self.run.start) if self.run.is_open() else self.current
        window.markers = [m for m in window.markers if m.reach >= reaching]
        window.used.intersection_update(window.markers)  # a call has hours of cues; only those that reach still matter

    def step(self, token: Token, *, unfinished: bool = False) -> None:
        """One more word of the newest utterance.

        Args:
            unfinished: it is the last one of a partial. It may be half a word, or be heard otherwise in a moment
                ("do" that becomes "dot", "tree" that becomes "three"), so it ends nothing that would be shown then.
        """
        window = self.window
        if DOB in window.kinds:
            # A date may go on in the next utterance, which its cue no longer reaches by itself.
            asked = window.owner(self.run.start) if self.run.is_open() else self.current
            token = as_date(window, token, asked)
        at = window.append(token, self.current)
        if unfinished and self.run.is_waiting() and token.cls in _WORDS and token.core in window.lexicon.beginnings:
            pass  # "um, oh on": the "oh" before it stays what it may be
        elif self.run.step(window, at, token, cued=self.lost or window.is_cued(self.current)):
            if self.run.gap <= MAX_WORDS_BETWEEN:
                self._shorten_run()
            elif not (unfinished and may_become(token, window.lexicon)):
                self._close_run(PASSED)
        if EMAIL in window.kinds and self.chain.step(window, at, token):
            known = not may_become(token, window.lexicon) and not self.chain.expects_part(window, at)
            if unfinished and self.chain.is_masked() and not self.chain.is_complete() and not known:
                self.chain.last = at  # half a word of the name, or of what follows it
                return
            self._close_chain()
            self.chain.step(window, at, token)
        self._settle()

    def finish(self) -> None:
        """The utterance is final: what it did not go on with is decided; what it ends inside of stays open."""
        run, chain = self.run, self.chain
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
            for marker in window.markers:
                if marker.kind == EMAIL and marker.at < chain.start:
                    window.used.add(marker)
            if self.run.is_open() and chain.start <= self.run.start and self.run.last <= chain.last:
                self.run.reset()
        chain.reset()

    def _count(self, label: str, at: int) -> None:
        counts = self.sheets[self.window.owner(at) - self.first].counts
        counts[label] = counts.get(label, 0) + 1

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
        if hold <= self.settled:
            return
        at = self.settled
        while at < hold:
            owner = self.window.owner(at)
            stop = at
            while stop < hold and self.window.owner(stop) == owner:
                stop += 1
            sheet = self.sheets[owner - self.first]
            sheet.text, _ = self._render(sheet.text, at, stop, opened=False)
            at = stop
        self.settled = hold
        self.window.trim(hold)

    def shown(self, number: int) -> tuple[str, int, bool]:
        """The caption of an utterance now: its text, how much of it is settled, whether an open mask is in it."""
        window = self.window
        text = self.sheets[number - self.first].text
        at = max(self.settled, window.base)
        while at < window.end() and window.owner(at) < number:
            at += 1
        stop = at
        while stop < window.end() and window.owner(stop) == number:
            stop += 1
        text, opened = self._render(text, at, stop, opened=True)
        return text, (len(text) if opened < 0 else opened), opened >= 0

    def is_settled(self, number: int) -> bool:
        """Whether nothing of an utterance can change any more."""
        return self.settled >= self.window.end() or self.window.owner(self.settled) > number

    def forget(self, number: int) -> None:
        """An earlier utterance is settled and was told: its sheet goes."""
        del self.sheets[: number + 1 - self.first]
        self.first = number + 1

    def _label(self, at: int, opened: bool) -> tuple[str, int]:
        """The mask of a word: a closed one, an open one, or none."""
        window = self.window
        i = at - window.base
        if window.labels[i]:
            return window.labels[i], window.groups[i]
        if not opened:
            return "", 0
        chain, run = self.chain, self.run
        if chain.phase != NOTHING and chain.is_masked() and chain.start <= at <= chain.last:
            return OPEN, OPEN_CHAIN
        if run.is_masked() and at >= run.start:
            token = window.tokens[i]
            if _is_of_run(window, at, token, run) if at <= run.last else run.is_pending(window, at, token):
                return OPEN, OPEN_RUN
        return "", 0

    def _render(self, text: str, start: int, stop: int, *, opened: bool) -> tuple[str, int]:
        """Adds words to a text, masked where they must be: (text, where the first open mask begins or -1)."""
        window = self.window
        pieces: list[str] = []
        size = len(text)
        first_open = -1
        at = start
        while at < stop:
            token = window.token(at)
            label, group = self._label(at, opened)
            if not label:
                piece = token.text
                at += 1
            else:
                end = at + 1
                while end < stop and self._label(end, opened) == (label, group):
                    end += 1
                piece = _mask(window, at, end, label)
                if label == OPEN and first_open < 0:
                    first_open = size + (1 if size else 0) + piece.index("[...]")
                at = end
            if size:
                pieces.append(" ")
                size += 1
            pieces.append(piece)
            size += len(piece)
        return (text + "".join(pieces) if pieces else text), first_open


def may_become(token: Token, lexicon: Lexicon) -> bool:
    """Whether the last word of a partial may turn into a digit, a connector or a name before it is over."""
    known = token.cls in (WORD, FILLER) and token.core in lexicon.common
    return not known or token.core in lexicon.beginnings


def _mask(window: Window, start: int, stop: int, label: str) -> str:
    first, last = window.token(start), window.token(stop - 1)
    lead, trail = first.lead(), last.trail()
    if lead.endswith("(") and ")" not in trail:
        lead = lead[:-1]
    return f"{lead}[{label}]{trail}"


def _is_of_run(window: Window, at: int, token: Token, run: Run) -> bool:
    """Whether a word inside an open run is masked with it; talk in between stays visible."""
    if token.cls == FILLER:
        return at < run.last and is_linker(window, at, at - 1)
    if token.cls == MARK:
        return False
    if token.cls in (WORD, LETTER):
        code = token.cls == LETTER or is_bank(window, token) or is_country(window, token)
        return run.iban and code
    return True
