"""Transcriptions of interactions, in the documents' form: bodies and answers <-> typed values. Pure.

What comes in is bounded and checked here, and never quoted where it is not what the documents say. Text stays raw until
`jobs.masking` has seen it. Source: workflows.md, section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from captiond.base.ids import RawText
from captiond.genesys.fields import ID, LONGEST_S, WORD, matching
from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.transcriptions import Segment, instant_s

EVENT: Final = "transcription:transcript:created"
STARTS: Final = "/api/v2/interactions/transcriptions"
WEBHOOKS: Final = "/api/v2/webhooks"
CAPABILITIES: Final = "/api/v2/users/me/capabilities"
LOCALES: Final = ("en-US", "en-GB", "es-ES", "fr-FR", "de-DE", "ja-JP")
HEARD: Final = frozenset({"audio", "video"})
MAX_MEDIA: Final = 1_000  # of one interaction


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript that was made, or not; None where Genesys did not say. Called back with it is one piece."""

    transcription: str
    interaction: str | None
    status: str | None
    redacted: bool | None
    begun_s: float | None
    segments: tuple[Segment, ...] = field(repr=False)

    @property
    def failed(self) -> bool:
        """Whether there will be none."""
        return (self.status or "").lower() in ("failed", "error", "cancelled")

    @property
    def is_there(self) -> bool:
        """Whether it is done, one way or the other: not queued, not in progress."""
        return self.failed or (self.status or "").lower() in ("completed", "complete", "done", "fulfilled")


def interaction_path(interaction: str) -> str:
    """Where an interaction is described."""
    return f"/api/v2/interactions/{quote(interaction, safe='')}"


def transcript_path(transcription: str) -> str:
    """Where a transcript can be looked at. Not in the documents: a server may not know it."""
    return f"{STARTS}/{quote(transcription, safe='')}"


def webhook_path(webhook: str) -> str:
    """Where a subscription is taken back. Not in the documents: a server may not know it."""
    return f"{WEBHOOKS}/{quote(webhook, safe='')}"


def parse_media(answer: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Kind, in lower case, and seconds of each medium. An empty list where there is none.

    Raises:
        MalformedAnswer: the media are no list of objects with a type, or what can be heard has no duration.
    """
    media = answer.get("media")
    if media is None:
        return []
    if not isinstance(media, list) or len(media) > MAX_MEDIA:
        raise MalformedAnswer("the interaction's media is no list")
    return [_medium(one) for one in media]


def is_licensed(answer: Mapping[str, Any]) -> bool:
    """Whether the account may transcribe. Raises MalformedAnswer."""
    found = answer.get("capabilities")
    if not isinstance(found, list):
        raise MalformedAnswer("the answer holds no capabilities")
    return any(
        isinstance(one, Mapping) and one.get("id") == "transcription" and one.get("enabled") is True for one in found
    )


def start(interaction: str, *, locale: str, redact: bool) -> dict[str, Any]:
    """The body that begins a transcription."""
    return {
        "interactionId": interaction,
        "languageLocale": locale,
        "redactPii": redact,
        "speakerLabeling": True,
        "type": "speech",
        "customPhrases": [],
        "suppressSpeakerLabels": False,
    }


def subscription(transcription: str, *, endpoint: str) -> dict[str, Any]:
    """The body that asks to be called back about one transcription."""
    return {
        "name": f"transcription-initiator-{transcription}",
        "enabled": True,
        "eventTypes": [EVENT],
        "endpoint": endpoint,
        "contentType": "application/json",
        "includeResource": True,
        "filter": {"field": "transcriptionId", "operator": "EQ", "value": transcription},
    }


def parse_id(answer: Mapping[str, Any]) -> str:
    """The `id` of what was made. Raises MalformedAnswer."""
    found = answer.get("id")
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise MalformedAnswer("the answer holds no id")
    return found


def parse_started(answer: Mapping[str, Any]) -> tuple[str, float | None]:
    """The transcription's id, and since when it goes on, if that is said. Raises MalformedAnswer."""
    return parse_id(answer), instant_s(answer.get("createdTimestamp"))


def parse_transcript(body: Mapping[str, Any], *, id_key: str = "transcriptionId") -> Transcript:
    """A callback, or (with `id_key="id"`) what stands at `transcript_path`.

    Raises:
        MalformedAnswer: it does not say which transcription it is about.
    """
    transcription = body.get(id_key, body.get("transcriptionId"))
    if not isinstance(transcription, str) or not ID.fullmatch(transcription):
        raise MalformedAnswer("the callback holds no transcriptionId")
    inner = body.get("transcript")
    text = inner.get("text") if isinstance(inner, Mapping) else None
    redacted = body.get("redactPii")
    return Transcript(
        transcription=transcription,
        interaction=matching(body.get("interactionId"), ID),
        status=matching(body.get("status"), WORD),
        redacted=redacted if isinstance(redacted, bool) else None,
        begun_s=instant_s(body.get("initiationTimestamp")),
        segments=(Segment(RawText(text)),) if isinstance(text, str) and text.strip() else (),
    )


def _medium(one: Any) -> tuple[str, float | None]:
    kind = one.get("type") if isinstance(one, Mapping) else None
    if not isinstance(kind, str):
        raise MalformedAnswer("a medium of the interaction has no type")
    duration = one.get("duration")
    usable = isinstance(duration, int | float) and not isinstance(duration, bool) and 0 <= duration <= LONGEST_S
    if kind.lower() in HEARD and not usable:
        raise MalformedAnswer("a medium of the interaction has no duration")
    return kind.lower(), float(duration) if usable else None
