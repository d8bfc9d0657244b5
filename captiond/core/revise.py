"""Partials replace each other, finals settle: shown text in, captions with a revision and a stable length out.

The rule of `stable_length` is stated in docs/stability.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from captiond.base.errors import LocalError
from captiond.base.ids import SafeText, UtteranceId
from captiond.base.prefix import common_prefix
from captiond.core.arrival import Arrival
from captiond.core.messages import Caption

_NOTHING: Final = SafeText("")
OPEN_MASK: Final = "[...]"
UNDECIDED: Final = "[NUMBER]"  # what an open mask becomes once its raw text is gone for good
MAX_SETTLED: Final = 256  # finals remembered for corrections: the snapshot's 50, and room for upstream's own rewrites


@dataclass(slots=True)
class Utterance:
    """One utterance as its viewers know it. `revision` is 0 until the first message."""

    id: UtteranceId
    channel: str
    language: str
    emitted_at: str
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    revision: int = 0
    final: bool = False
    held: bool = False
    text: SafeText = _NOTHING
    stable_length: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict)
    _agreed: int = 0  # code points that the text and the one before have in common

    def heard(self, arrival: Arrival, *, language: str) -> None:
        """Takes over what a new event of this utterance says beside its text."""
        self.emitted_at, self.language = arrival.timestamp, language
        if arrival.start_ms is not None and self.start_ms is None:
            self.start_ms = arrival.start_ms  # the first one stands: an utterance must not move on the screen
        if arrival.end_ms is not None:
            self.end_ms = arrival.end_ms
        if arrival.confidence is not None:
            self.confidence = arrival.confidence


class Revise:
    """The utterances of one session: those open, those held, and the newest settled ones.

    Attributes:
        settled_rewrites: how often text changed that had been called settled.
    """

    def __init__(self) -> None:
        self.settled_rewrites = 0
        self._open: dict[UtteranceId, Utterance] = {}  # open partials and held finals: never forgotten
        self._settled: dict[UtteranceId, Utterance] = {}

    def begin(self, utterance: Utterance) -> None:
        """A new utterance. Raises LocalError where its id was used before."""
        if utterance.id in self:
            raise LocalError("an utterance id was used twice")
        self._open[utterance.id] = utterance

    def __contains__(self, utterance: UtteranceId) -> bool:
        return utterance in self._open or utterance in self._settled

    def get(self, utterance: UtteranceId) -> Utterance | None:
        """What is known of it; None where it was retracted or forgotten."""
        return self._open.get(utterance) or self._settled.get(utterance)

    def retract(self, utterance: UtteranceId) -> bool:
        """Forgets an open partial. True where viewers have it on their screens."""
        gone = self._open.pop(utterance, None)
        return gone is not None and gone.revision > 0

    def show(
        self, id_: UtteranceId, text: SafeText, *, final: bool, held: bool, settled: int, redactions: Mapping[str, int]
    ) -> Caption | None:
        """The message that a newly shown text makes, or None where nothing changed.

        Args:
            settled: leading code points before the first open mask.
        Returns:
            None too for a partial after its final, and for an utterance that is not known (any more).
        """
        utterance = self.get(id_)
        if utterance is None or (utterance.final and not final):
            return None
        agreed = min(common_prefix(utterance.text, text), settled) if utterance.revision else 0
        stable = settled if final else word_end(text, min(agreed, utterance._agreed))
        rewritten = utterance.stable_length > 0 and not _keeps(utterance, text)
        changed = (
            not utterance.revision
            or text != utterance.text
            or final != utterance.final
            or held != utterance.held
            or stable != utterance.stable_length
        )
        utterance._agreed = agreed
        if not changed:
            return None
        if rewritten:
            self.settled_rewrites += 1
        correction = utterance.final
        utterance.text, utterance.final, utterance.held = text, final, held
        utterance.stable_length, utterance.redactions = stable, redactions
        utterance.revision += 1
        if final:
            self._settle(utterance)
        return Caption(
            utterance=utterance.id,
            revision=utterance.revision,
            final=final,
            text=text,
            stable_length=stable,
            held=held,
            channel=utterance.channel,
            language=utterance.language,
            emitted_at=utterance.emitted_at,
            start_ms=utterance.start_ms,
            end_ms=utterance.end_ms,
            confidence=utterance.confidence,
            redactions=redactions,
            correction=correction,
        )

    def _settle(self, utterance: Utterance) -> None:
        if utterance.held:
            self._settled.pop(utterance.id, None)
            self._open.pop(utterance.id, None)
            self._open[utterance.id] = utterance
            while len(self._open) > MAX_SETTLED:
                del self._open[next(iter(self._open))]
            return
        self._open.pop(utterance.id, None)
        self._settled[utterance.id] = utterance
        while len(self._settled) > MAX_SETTLED:
            del self._settled[next(iter(self._settled))]


def without_open_masks(caption: Caption) -> Caption:
    """A final from before a restart: what was held ends masked, one revision later. The same object if none was."""
    if OPEN_MASK not in caption.text and not caption.held:
        return caption
    text = SafeText(caption.text.replace(OPEN_MASK, UNDECIDED))  # only masks change, so it is as safe as it was
    return replace(caption, text=text, held=False, revision=caption.revision + 1, stable_length=len(text))


def _keeps(utterance: Utterance, text: str) -> bool:
    return text.startswith(utterance.text[: utterance.stable_length])


def word_end(text: str, length: int) -> int:
    """The longest whole words within the first `length` code points, without the space after them."""
    if length < len(text) and text[length] != " ":
        length = text.rfind(" ", 0, length)
    while length > 0 and text[length - 1] == " ":
        length -= 1
    return max(length, 0)
