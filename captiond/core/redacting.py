"""What a room asks of a redactor, and what stands in for one that has failed: masks, whatever was said."""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from captiond.base.ids import RawText, SafeText, UtteranceId

OPEN_MASK: Final = SafeText("[...]")


class Shown(Protocol):
    """What may be shown now of one utterance; see `core.redact`."""

    @property
    def utterance(self) -> UtteranceId: ...
    @property
    def text(self) -> SafeText: ...
    @property
    def final(self) -> bool: ...
    @property
    def held(self) -> bool: ...
    @property
    def redactions(self) -> Mapping[str, int]: ...
    @property
    def settled(self) -> int: ...


class Redacting(Protocol):
    """One channel's redactor, as `core.redact.Redactor` is one."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Iterable[Shown]: ...
    def retract(self, utterance: UtteranceId) -> None: ...
    def lose(self) -> None: ...
    def expire(self, *, now_s: float) -> Iterable[Shown]: ...
    def end(self) -> Iterable[Shown]: ...
    @property
    def due_s(self) -> float | None: ...
    @property
    def faults(self) -> int: ...
    @property
    def fault(self) -> str: ...


class MakeRedactor(Protocol):
    """Makes the redactor of one more channel; kinds and linked calls are bound already."""

    def __call__(self, *, language: str) -> Redacting: ...


class Masked:
    """What is shown of an utterance whose redaction failed: nothing of it."""

    text: Final = OPEN_MASK
    held: Final = True
    settled: Final = 0

    def __init__(self, utterance: UtteranceId, *, final: bool) -> None:
        self.utterance, self.final = utterance, final
        self.redactions: Mapping[str, int] = {}


class Closed:
    """Stands in where no redactor can be made: everything is masked."""

    due_s: Final = None
    fault: Final = ""

    def __init__(self) -> None:
        self.faults = 0

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Iterable[Shown]:
        self.faults += 1
        return (Masked(utterance, final=final),)

    def retract(self, utterance: UtteranceId) -> None: ...

    def lose(self) -> None: ...

    def expire(self, *, now_s: float) -> Iterable[Shown]:
        return ()

    def end(self) -> Iterable[Shown]:
        return ()
