"""Messages out: what a room tells its viewers, before `serve.encode` gives them bytes. Source: contract, section 5."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from captiond.base.ids import SafeText, UtteranceId


class SessionState(StrEnum):
    """The life of a session, as the control API and `session` messages name it."""

    ACTIVATING = "activating"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self in (SessionState.ENDED, SessionState.FAILED)


@dataclass(frozen=True, slots=True)
class Caption:
    """The whole text of one utterance; replaces any lower revision of it. `stable_length` counts code points.

    `correction`: it changes a final; whoever does not have that final can't tell it from a first one by anything else.
    """

    utterance: UtteranceId
    revision: int
    final: bool
    text: SafeText
    stable_length: int
    held: bool
    channel: str
    language: str
    emitted_at: str
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    correction: bool = False


@dataclass(frozen=True, slots=True)
class Retraction:
    """Take that utterance off the screen: an open partial that will never get its final."""

    utterance: UtteranceId


@dataclass(frozen=True, slots=True)
class Gap:
    """`lost` upstream events are missing here (None: not known). Cause: "sequence", "disconnect" or "owner"."""

    lost: int | None
    cause: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """The session's state changed; `reason` is for people and programs, never transcript text."""

    state: SessionState
    reason: str | None = None


Message = Caption | Retraction | Gap | StateChange
"""The four types that take an index."""
