"""What the store keeps, as values: sessions to bring back, and finals with their rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption, Gap

OPEN_MASK: Final = "[...]"
CLOSED_MASK: Final = "[NUMBER]"  # contract, section 6: digits of no certain kind

FINAL_COLUMNS: Final = (
    "utterance, revision, text, held, channel, language, emitted_at, start_ms, end_ms, confidence, redactions"
)


@dataclass(frozen=True, slots=True)
class SavedSession:
    """A session as it must be known to start it again.

    Attributes:
        request: the body that started it, as JSON values; never transcript text.
        conversation: what links media sessions of one call, or None.
        created_at: ISO 8601 UTC.
    """

    session: SessionId
    source: str
    language: str
    request: Mapping[str, Any]
    created_at: str
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """Updates that were lost. `before`: so many of the session's finals, counted from the newest, came behind it."""

    before: int
    gap: Gap


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What is known of a session that was started once.

    Attributes:
        state: "live" until it has ended; then "ended" or "failed".
        created_at: ISO 8601 UTC; times of its transcript count from it.
        missed: where updates were lost, in order; the newest `gaps.MAX_GAPS`.
    """

    language: str
    state: str
    created_at: str
    missed: Sequence[Missed] = ()


def final_row(caption: Caption) -> tuple[Any, ...]:
    """A caption's values in the order of `FINAL_COLUMNS`."""
    return (
        caption.utterance,
        caption.revision,
        caption.text,
        int(caption.held),
        caption.channel,
        caption.language,
        caption.emitted_at,
        caption.start_ms,
        caption.end_ms,
        caption.confidence,
        orjson.dumps(dict(caption.redactions)).decode(),
    )


def final_of(row: Sequence[Any]) -> Caption:
    """A final as it stands in its row."""
    utterance, revision, text, held, channel, language, emitted_at, start_ms, end_ms, confidence, redactions = row
    return Caption(
        utterance=UtteranceId(utterance),
        revision=revision,
        final=True,
        text=SafeText(text),  # it was safe when it was kept
        stable_length=text.index(OPEN_MASK) if held and OPEN_MASK in text else len(text),
        held=bool(held),
        channel=channel,
        language=language,
        emitted_at=emitted_at,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=confidence,
        redactions=orjson.loads(redactions),
    )
