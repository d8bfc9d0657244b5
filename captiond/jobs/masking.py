"""Results' texts, redacted: what a workflow keeps, forwards or answers has been through here.

The redactor is the live path's own (`core.redact`): each piece of a transcript is one finished utterance of its
speaker, and no time passes between them, so a number that is cut in two by a pause is masked in each.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from captiond.base.ids import RawText, SafeText, UtteranceId
from captiond.base.inside import sealed
from captiond.base.observe import FaultSink, NullFaults
from captiond.core.redact import Call, Redactor, Shown
from captiond.core.redact.redactor import SILENCE_S
from captiond.jobs.long_text import LongText, Mark

PIECE: Final = 2_000  # code points redacted at once; far below what the redactor would mask whole
SLICE_S: Final = 0.005  # of work; then live captions have their turn
MAX_SPEAKERS: Final = 32  # of one transcript; more share the last one's state
PAUSE_S: Final = 0.01  # of event time between two pieces: no silence that would end an open number
DEFAULT_LANGUAGE: Final = "en-US"
OPEN_MASK: Final = "[...]"
CLOSED_MASK: Final = "[NUMBER]"  # contract, section 6: digits of no certain kind


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a transcript as it came.

    Attributes:
        apart: no number of the speaker's last piece goes on in it: as behind a silence.
    """

    text: RawText = field(repr=False)
    speaker: str = ""
    language: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Masked:
    """The texts of all pieces in their order, safe, and how many values of each kind were masked.

    Attributes:
        of_each: the same for each piece; a value that is cut over several counts in the last one.
    """

    texts: tuple[SafeText, ...] = field(repr=False)
    redactions: dict[str, int]
    of_each: tuple[dict[str, int], ...] = ()


class Work(Protocol):
    """Redaction that takes long.

    Attributes:
        redactors: that work on it.
    """

    @property
    def redactors(self) -> Iterable[Redactor]: ...

    def slice(self) -> bool:
        """Works for a few milliseconds; True where nothing is left to do."""
        ...


class Masking:
    """Redacts what comes from upstream.

    Args:
        kinds: which are masked.
        language: where a piece names none.
        faults: told where the redactor failed inside, and masked.
    """

    def __init__(
        self, kinds: frozenset[str], language: str = DEFAULT_LANGUAGE, *, faults: FaultSink | None = None
    ) -> None:
        self._kinds, self._language, self._faults = kinds, language, faults or NullFaults()
        # One slice in a turn of the event loop, however many transcripts come at once; they take turns.
        self._one_slice = asyncio.Lock()

    async def transcript(self, pieces: Sequence[Said], *, language: str | None = None) -> Masked:
        """A whole transcript. Live captions go on meanwhile: the work is done in slices.

        Raises:
            Inside: the redactor failed; nothing of the text is in it.
        """
        work = _Transcript(pieces, kinds=self._kinds, language=language or self._language)
        while not await self.go_on(work):
            pass
        return await work.result()

    def long_text(self, mark: Mark, *, language: str | None, markers: Iterable[str]) -> LongText:
        """A text that is too long to hold, from that mark on; `go_on` works on what it was fed."""
        return LongText(kinds=self._kinds, language=language or "", markers=markers, mark=mark)

    async def go_on(self, work: "Work") -> bool:
        """One slice of some work; whether it is done.

        Raises:
            Inside: the redactor failed; nothing of the text is in it.
        """
        async with self._one_slice:
            before = sum(one.faults for one in work.redactors)
            done = _go_on(work)
            self._look_at(work.redactors, before)
            await asyncio.sleep(0)  # while the others wait: else each would have its slice in this very turn
        return done

    def words(self, text: str) -> SafeText:
        """A few words of upstream's, an error message for instance: one utterance alone. A fault inside masks all."""
        redactor = Redactor(kinds=self._kinds, language=self._language, call=Call())
        shown = [*redactor.caption(UtteranceId("words"), RawText(text), final=True, now_s=0.0), *redactor.end()]
        self._look_at((redactor,))
        return shown[-1].text if shown else SafeText("")

    def excerpt(self, text: RawText) -> SafeText:
        """A piece that was cut out of a transcript somewhere: a number may have begun before it, and may go on behind
        it. So one that it begins with counts as asked for, and one that is open at its end stays masked.
        """
        cautious = self._excerpt(text, after_gap=True)
        begins = cautious.lstrip(" .,;:!?\"'-\u2026").startswith("[")
        return cautious if begins else self._excerpt(text, after_gap=False)

    def _excerpt(self, text: RawText, *, after_gap: bool) -> SafeText:
        redactor = Redactor(kinds=self._kinds, language=self._language, call=Call())
        if after_gap:
            redactor.lose()
        shown = redactor.caption(UtteranceId("excerpt"), text, final=True, now_s=0.0)
        self._look_at((redactor,))
        return SafeText(shown[-1].text.replace(OPEN_MASK, CLOSED_MASK)) if shown else SafeText("")

    def _look_at(self, redactors: Iterable[Redactor], before: int = 0) -> None:
        """Tells of faults: a redactor that fails masks, and says nothing."""
        times = sum(one.faults for one in redactors) - before
        if times:
            self._faults.masked("jobs", times, said=next(one.fault for one in redactors if one.fault))


class _Transcript:
    """One transcript on its way through the redactor."""

    def __init__(self, pieces: Sequence[Said], *, kinds: frozenset[str], language: str) -> None:
        self._pieces, self._kinds, self._language = pieces, kinds, language
        self._call = Call()
        self._redactors: dict[str, Redactor] = {}
        self._parts: dict[UtteranceId, SafeText] = {}
        self._parts_of: list[list[UtteranceId]] = []
        self._redactions: dict[UtteranceId, dict[str, int]] = {}
        self._cuts = self._cut()
        self._now_s: dict[str, float] = {}  # of each speaker: one who is silent ends no number of another's

    @property
    def redactors(self) -> Iterable[Redactor]:
        """See `Work`."""
        return self._redactors.values()

    def _cut(self) -> Iterable[tuple[Said, UtteranceId, RawText, bool]]:
        for number, piece in enumerate(self._pieces):
            self._parts_of.append([])
            for part, text in enumerate(cut(piece.text)):
                utterance = UtteranceId(f"{number}.{part}")
                self._parts_of[number].append(utterance)
                yield piece, utterance, text, piece.apart and part == 0

    def slice(self) -> bool:
        """Works for a while; True at the end."""
        until_s = monotonic() + SLICE_S
        for piece, utterance, text, apart in self._cuts:
            name, redactor = self._redactor(piece.speaker)
            now_s = self._now_s.get(name, 0.0) + (PAUSE_S + SILENCE_S if apart else PAUSE_S)
            self._now_s[name] = now_s
            shown = redactor.caption(utterance, text, final=True, now_s=now_s, language=piece.language)
            self._keep(shown)
            if monotonic() >= until_s:
                return False
        for redactor in self._redactors.values():
            self._keep(redactor.end())
        return True

    async def result(self) -> Masked:
        """What came of it, put together in slices, too: a chat has thousands of pieces."""
        texts, of_each, counted = list[SafeText](), list[dict[str, int]](), Counter[str]()
        until_s = monotonic() + SLICE_S
        for parts in self._parts_of:
            texts.append(SafeText(" ".join(text for part in parts if (text := self._parts.get(part)))))
            found = [one for part in parts if (one := self._redactions.get(part))]
            for one in found:
                counted.update(one)
            of_each.append(found[0] if len(found) == 1 else dict(sum(map(Counter, found), Counter[str]())))
            if monotonic() >= until_s:
                await asyncio.sleep(0)
                until_s = monotonic() + SLICE_S
        return Masked(tuple(texts), dict(counted), tuple(of_each))

    def _redactor(self, speaker: str) -> tuple[str, Redactor]:
        name = speaker if speaker in self._redactors or len(self._redactors) < MAX_SPEAKERS else ""
        if name not in self._redactors:
            self._redactors[name] = Redactor(kinds=self._kinds, language=self._language, call=self._call)
        return name, self._redactors[name]

    def _keep(self, shown: Iterable[Shown]) -> None:
        for one in shown:
            self._parts[one.utterance] = one.text
            self._redactions[one.utterance] = dict(one.redactions)


@sealed
def _go_on(work: Work) -> bool:
    return work.slice()


def cut(text: RawText) -> list[RawText]:
    """A long text in pieces, between words where there are any."""
    pieces: list[RawText] = []
    at = 0
    while len(text) - at > PIECE:
        space = text.rfind(" ", at + PIECE // 2, at + PIECE)
        end = space + 1 if space >= 0 else at + PIECE
        pieces.append(RawText(text[at:end]))
        at = end
    pieces.append(RawText(text[at:]))
    return pieces
