"""Transcripts of recordings, in the documents' form: paths, answers and ranges <-> typed values. Pure.

What comes in is bounded and checked here, and never quoted where it is not what the documents say.
Source: workflows.md, section 3; ranges: RFC 9110, section 14.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from captiond.base.ids import RawText
from captiond.genesys.fields import ID, LANGUAGE, LONGEST_S, WORD, matching, number
from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.transcriptions import instant_s

COMPLETED: Final = "completed"
FAILED: Final = "failed"
MARKERS: Final = ("<REDACTED>", "[REDACTED_PII]")  # what Genesys puts where it took something out

_SPAN: Final = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)
_UNSATISFIED: Final = re.compile(r"bytes\s+\*/(\d{1,18})", re.ASCII | re.IGNORECASE)
_STRONG_TAG: Final = re.compile(r'"[!#-~]{1,256}"', re.ASCII)
_MOST: Final = 1_000_000_000  # words, speakers: what counts more is no count


@dataclass(frozen=True, slots=True)
class Standing:
    """How a transcript stands; None where Genesys did not say. None is not 0.

    Attributes:
        status: in lower case: `completed`, `failed`, or anything else, which means not yet.
        reason: why it failed, raw words; "" where it does not say.
        confidence: of the whole transcript, 0 to 1.
    """

    status: str
    recording: str | None
    language: str | None
    created_s: float | None
    completed_s: float | None
    duration_s: float | None
    words: int | None
    speakers: int | None
    confidence: float | None
    reason: RawText = field(repr=False)

    @property
    def latency_ms(self) -> int | None:
        """From the order to the transcript."""
        if self.created_s is None or self.completed_s is None or self.completed_s < self.created_s:
            return None
        return round((self.completed_s - self.created_s) * 1_000)


@dataclass(frozen=True, slots=True)
class Span:
    """A `Content-Range`: the first and the last byte, and of how many, where that is said."""

    first: int
    last: int
    total: int | None


def transcript_path(transcript: str) -> str:
    """Where one asks how a transcript stands."""
    return f"/api/v2/recordings/transcripts/{quote(transcript, safe='')}"


def content_path(transcript: str) -> str:
    """Its text, in ranges."""
    return f"{transcript_path(transcript)}/content"


def audio_path(recording: str) -> str:
    """What was recorded."""
    return f"/api/v2/recordings/{quote(recording, safe='')}/audio"


def resubmission_path(recording: str) -> str:
    """Where one asks for another transcript of it."""
    return f"/api/v2/recordings/{quote(recording, safe='')}/transcripts"


def resubmission(language: str | None) -> dict[str, Any]:
    """The body of that."""
    return {} if language is None else {"language": language}


def parse_standing(answer: Mapping[str, Any], *, transcript: str) -> Standing:
    """The answer to `GET /api/v2/recordings/transcripts/{id}`.

    Raises:
        MalformedAnswer: it holds no status, or is about another transcript.
    """
    status, quality = answer.get("status"), answer.get("quality")
    if not isinstance(status, str) or not WORD.fullmatch(status):
        raise MalformedAnswer("the transcript holds no status")
    if isinstance(answer.get("id"), str) and answer["id"] != transcript:
        raise MalformedAnswer("the answer is about another transcript: its id")
    confidence = quality.get("confidence") if isinstance(quality, Mapping) else None
    reason = answer.get("failureReason")
    return Standing(
        status=status.lower(),
        recording=matching(answer.get("recordingId"), ID),
        language=matching(answer.get("language"), LANGUAGE),
        created_s=instant_s(answer.get("createdTimestamp")),
        completed_s=instant_s(answer.get("completedTimestamp")),
        duration_s=number(answer.get("duration"), LONGEST_S),
        words=_count(answer.get("wordCount")),
        speakers=_count(answer.get("speakerCount")),
        confidence=number(confidence, 1.0),
        reason=RawText(reason[:500] if isinstance(reason, str) else ""),
    )


def parse_resubmitted(answer: Mapping[str, Any], *, transcript: str) -> str:
    """The id of the transcript that is made now: a new one where the answer names it, else the one there was."""
    found = answer.get("transcriptId", answer.get("id"))
    return found if isinstance(found, str) and ID.fullmatch(found) else transcript


def parse_span(header: str | None) -> Span | None:
    """A `Content-Range` of a 206; None where there is none.

    Raises:
        MalformedAnswer: it is there and makes no sense.
    """
    if header is None:
        return None
    found = _SPAN.fullmatch(header.strip())
    if found is None:
        raise MalformedAnswer("Content-Range is not of the form")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if last < first or (total is not None and last >= total):
        raise MalformedAnswer("Content-Range names no range")
    return Span(first, last, total)


def parse_unsatisfied(header: str | None) -> int | None:
    """How long what was asked for is, by the `Content-Range` of a 416; None where it does not say."""
    found = _UNSATISFIED.fullmatch((header or "").strip())
    return None if found is None else int(found[1])


def strong_tag(header: str | None) -> str | None:
    """An ETag that may stand in `If-Range`; None for a weak one, which does not promise the same bytes."""
    return header if header is not None and _STRONG_TAG.fullmatch(header) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None
