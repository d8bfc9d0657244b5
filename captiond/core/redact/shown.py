"""What may be shown of one utterance: the answer of the redactor."""

from collections.abc import Mapping
from typing import Final

from mypy_extensions import mypyc_attr

from captiond.base.ids import SafeText, UtteranceId

NONE_REDACTED: Final[Mapping[str, int]] = {}


@mypyc_attr(acyclic=True, free_list_len=1)
class Shown:
    """What may be shown now of one utterance. Nothing in it ever changes.

    Attributes:
        held: an open mask is in the text; it will be decided later.
        redactions: how many numbers of each kind end in it, by mask ("CC", ...).
        settled: leading code points before the first open mask; all of them where there is none.
    """

    __slots__ = ("final", "held", "redactions", "settled", "text", "utterance")

    def __init__(
        self,
        utterance: UtteranceId,
        text: SafeText,
        final: bool,
        held: bool,
        redactions: Mapping[str, int] = NONE_REDACTED,
        settled: int = 0,
    ) -> None:
        self.utterance = utterance
        self.text = text
        self.final = final
        self.held = held
        self.redactions = redactions
        self.settled = settled

    def _all(self) -> tuple[object, ...]:
        return (self.utterance, self.text, self.final, self.held, self.redactions, self.settled)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash((self.utterance, self.text))

    def __repr__(self) -> str:
        return f"Shown{self._all()!r}"
