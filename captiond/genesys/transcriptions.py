"""Transcriptions of stored media, in the documents' form: bodies and answers <-> typed values. Pure.

What comes in is bounded and checked here, and never quoted where it is not what the documents say. Text stays raw until
`jobs.masking` has seen it. Source: workflows.md, section 1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from captiond.base.ids import RawText
from captiond.genesys.fields import ID, LANGUAGE, LONGEST_S, WORD, matching, number
from captiond.genesys.payloads import MalformedAnswer

COMPLETED: Final = "transcription.completed"
FAILED: Final = "transcription.failed"
EVENTS: Final = (COMPLETED, FAILED)
MAX_SEGMENTS: Final = 20_000  # of one transcript: eleven a second for half an hour; reading more would hold others up
PATH: Final = "/api/v2/media/transcriptions"

_NAME: Final = re.compile(r"[a-z0-9._+-]{1,32}", re.ASCII)
_SPEAKER: Final = re.compile(r"[A-Za-z_. -]{0,32}\d{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Media:
    """A stored recording. Codec and format in lower case."""

    duration_s: float
    codec: str
    format: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a transcript as it came; None where upstream did not say."""

    text: RawText = field(repr=False)
    speaker: str = ""
    language: str | None = None
    confidence: float | None = None
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """What Genesys calls back with. `segments` is empty where there is no transcript.

    Attributes:
        event: `transcription.completed`, `transcription.failed` or something unknown, as a short word.
        latency_s: from `startedAt` to `completedAt`; None where one is missing or is no time.
        reason: why it failed, raw words; "" where it does not say.
        unusable: pieces of the transcript that hold no text.
    """

    event: str
    transcription: str
    status: str | None
    media: str | None
    redacted: bool | None
    latency_s: float | None
    reason: RawText = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)
    unusable: int = 0


def media_path(media: str) -> str:
    """Where a recording is described."""
    return f"/api/v2/media/{quote(media, safe='')}"


def parse_media(answer: Mapping[str, Any]) -> Media:
    """The answer to `GET /api/v2/media/{id}`.

    Raises:
        MalformedAnswer: names the field that is missing or not what it should be. None is not 0.
    """
    duration = answer.get("duration")
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 < duration <= LONGEST_S:
        raise MalformedAnswer("the media holds no positive duration")
    return Media(float(duration), codec=_name(answer, "codec"), format=_name(answer, "format"))


def submission(
    media: str,
    *,
    languages: Sequence[str],
    speakers: bool,
    policy: str | None,
    webhooks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The body of `POST /api/v2/media/transcriptions` for stored media."""
    body: dict[str, Any] = {
        "mediaId": media,
        "languages": list(languages),
        "webhooks": list(webhooks),
        "settings": {"enableSpeakerIdentification": speakers},
    }
    return body if policy is None else {**body, "redactionPolicyId": policy}


def parse_submission(answer: Mapping[str, Any]) -> str:
    """The transcription's id. Raises MalformedAnswer."""
    found = answer.get("transcriptionId")
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise MalformedAnswer("the answer holds no transcriptionId")
    return found


def parse_callback(body: Mapping[str, Any]) -> Callback:
    """A callback, whatever its event.

    Raises:
        MalformedAnswer: no `data.transcriptionId`, no event type, or more pieces than any recording has.
    """
    event, data = body.get("eventType"), body.get("data")
    if not isinstance(event, str):
        raise MalformedAnswer("the callback holds no eventType")
    data = data if isinstance(data, Mapping) else {}
    transcription = data.get("transcriptionId")
    if not isinstance(transcription, str) or not ID.fullmatch(transcription):
        raise MalformedAnswer("the callback holds no transcriptionId")
    result = data.get("result")
    result = result if isinstance(result, Mapping) else {}
    media, redacted = result.get("mediaId"), result.get("redacted")
    pieces = result.get("transcripts")
    pieces = pieces if isinstance(pieces, list) else []
    if len(pieces) > MAX_SEGMENTS:
        raise MalformedAnswer(f"the callback holds more than {MAX_SEGMENTS} pieces")
    segments = tuple(_segments(pieces))
    reason = next((data[key] for key in ("failureReason", "error", "message") if isinstance(data.get(key), str)), "")
    return Callback(
        event=event if event in EVENTS else "unknown",
        transcription=transcription,
        status=matching(data.get("status"), WORD),
        media=matching(media, ID),
        redacted=redacted if isinstance(redacted, bool) else None,
        latency_s=_latency_s(data.get("startedAt"), data.get("completedAt")),
        reason=RawText(reason[:500]),
        segments=segments,
        unusable=len(pieces) - len(segments),
    )


def _segments(pieces: list[Any]) -> list[Segment]:
    found = []
    for piece in pieces:
        text = piece.get("text") if isinstance(piece, Mapping) else None
        if isinstance(text, str) and text.strip():
            found.append(_segment(piece, text))
    return found


def _segment(piece: Mapping[str, Any], text: str) -> Segment:
    speaker = piece.get("speaker", piece.get("channel"))
    return Segment(
        text=RawText(text),
        speaker=matching(speaker, _SPEAKER) or "",
        language=matching(piece.get("language"), LANGUAGE),
        confidence=number(piece.get("confidence"), 1.0),
        start_ms=_milliseconds(piece.get("startMs")),
        end_ms=_milliseconds(piece.get("endMs")),
    )


def _latency_s(started: Any, completed: Any) -> float | None:
    start_s, end_s = instant_s(started), instant_s(completed)
    if start_s is None or end_s is None or end_s < start_s:
        return None
    return round(end_s - start_s, 3)


def instant_s(stamp: Any) -> float | None:
    """Seconds since 1970 of an ISO 8601 time; None where it is missing or none. A time without a zone is UTC."""
    if not isinstance(stamp, str) or not 10 <= len(stamp) <= 40:
        return None
    try:
        instant = datetime.fromisoformat(stamp)
        return (instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _name(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip().lower()):
        raise MalformedAnswer(f"the media holds no {key}")
    return value.strip().lower()


def _milliseconds(value: Any) -> int | None:
    found = number(value, LONGEST_S * 1000)
    return None if found is None else round(found)
