"""Event in: one upstream update of one utterance, frozen. Made by `genesys.dialect_*`, read by `core.room`."""

from dataclasses import dataclass, field

from captiond.base.ids import RawText, SessionId


@dataclass(frozen=True, slots=True)
class Arrival:
    """One transcription event, parsed and checked at the border.

    Attributes:
        session: the media session it belongs to.
        sequence: upstream's number, from 1, rising by 1 within a session.
        text: the whole utterance so far. Never shown in a repr.
        final: no later partial of this utterance comes.
        timestamp: ISO 8601 UTC as upstream wrote it; goes out as `emittedAt`.
        event_s: the same instant in seconds since 1970: event time.
        channel: "internal", "external", or "" where upstream does not say.
        language: the event's own language, or None for the session's.
        confidence: 0 to 1, None where unknown. None is not 0.
        utterance_id: upstream's, None where the dialect has none.
        start_ms, end_ms: within the session, None where unknown.
    """

    session: SessionId
    sequence: int
    text: RawText = field(repr=False)
    final: bool
    timestamp: str
    event_s: float
    channel: str = ""
    language: str | None = None
    confidence: float | None = None
    utterance_id: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
