"""Conversations and the transcripts that are made of them after the call, by the API that Genesys Cloud has. Pure.

Genesys transcribes by its settings; there is nothing to begin. Each communication (leg) of a conversation has a
transcript of its own, as JSON behind an address that is signed and soon expires. What comes in is bounded and checked
here, and never quoted. Source: reference/genesys.md, section 5; the public SDK's models (TranscriptUrl, Conversation).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson

from captiond.base.ids import RawText
from captiond.genesys.fields import ID, matching, number, objects
from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.regions import is_loopback
from captiond.genesys.transcriptions import Segment, instant_s

SETTINGS: Final = "/api/v2/routing/settings/transcription"
MAX_LEGS: Final = 50  # of one conversation; transfers and conferences make a few
MAX_PHRASES: Final = 50_000  # of one leg: an hour has about a thousand
MAX_URL: Final = 8_192  # a signed address holds a token of a kilobyte or two

_PURPOSE: Final = re.compile(r"[A-Za-z]{1,32}", re.ASCII)
_DIALECT: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", re.ASCII)
_LATEST_MS: Final = 4_102_444_800_000  # the year 2100: not a time that a phrase has
_LONGEST_MS: Final = 86_400_000  # a day: no phrase lasts as long


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of a conversation.

    Attributes:
        legs: the ids of its calls, the customer's first, each once.
        duration_s: from its start to its end; None where it goes on or does not say.
    """

    legs: tuple[str, ...]
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class AfterCall:
    """The transcript of one leg.

    Attributes:
        transcript: its id; "" where it has none.
        segments: times in milliseconds from the first of the conversation; None where they are not told.
        unusable: phrases without text.
    """

    transcript: str
    segments: tuple[Segment, ...] = field(repr=False)
    unusable: int = 0


def conversation_path(conversation: str) -> str:
    """Where a conversation is described."""
    return f"/api/v2/conversations/{quote(conversation, safe='')}"


def transcript_url_path(conversation: str, leg: str) -> str:
    """Where the address of a leg's transcript is given out."""
    place = f"{quote(conversation, safe='')}/communications/{quote(leg, safe='')}"
    return f"/api/v2/speechandtextanalytics/conversations/{place}/transcripturl"


def recordings_path(conversation: str) -> str:
    """Which recordings there are, as WAV; asked for the first time, they are made ready."""
    return f"{conversation_path(conversation)}/recordings?formatId=WAV&maxWaitMs=5000"


def parse_audio_url(body: bytes, *, recording: str | None, local: bool) -> str | None:
    """The signed address of a recording's audio; None where there is none yet.

    Args:
        recording: which one; None for the first that has audio.
        local: see `parse_transcript_url`.
    """
    try:
        listed = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None
    for one in listed if isinstance(listed, list) else []:
        named = isinstance(one, Mapping) and (recording is None or one.get("id") == recording)
        places = one.get("mediaUris") if named else None
        for place in places.values() if isinstance(places, Mapping) else ():
            with suppress(MalformedAnswer, KeyError, TypeError):
                return parse_transcript_url({"url": place["mediaUri"]}, local=local)
    return None


def is_enabled(settings: Mapping[str, Any]) -> bool:
    """Whether the account transcribes at all (`GET /api/v2/routing/settings/transcription`). Raises MalformedAnswer."""
    found = settings.get("transcription")
    if not isinstance(found, str):
        raise MalformedAnswer("the settings hold no transcription")
    return found.lower() != "disabled"


def parse_conversation(answer: Mapping[str, Any]) -> Conversation:
    """The answer to `GET /api/v2/conversations/{id}`.

    Raises:
        MalformedAnswer: it has no participants, or more than anybody can talk to.
    """
    participants = answer.get("participants")
    if not isinstance(participants, list):
        raise MalformedAnswer("the conversation holds no participants")
    calls: dict[str, bool] = {}
    for participant in participants:
        if not isinstance(participant, Mapping):
            raise MalformedAnswer("a participant of the conversation is no object")
        outside = str(participant.get("purpose")).lower() in ("customer", "external")
        for leg in _legs(participant):
            calls[leg] = calls.get(leg, False) or outside
    if len(calls) > MAX_LEGS:
        raise MalformedAnswer(f"the conversation holds more than {MAX_LEGS} calls")
    start_s, end_s = instant_s(answer.get("startTime")), instant_s(answer.get("endTime"))
    duration_s = None if start_s is None or end_s is None or end_s < start_s else round(end_s - start_s, 3)
    return Conversation(
        legs=tuple(sorted(calls, key=lambda leg: not calls[leg])),
        duration_s=duration_s,
    )


def parse_transcript_url(answer: Mapping[str, Any], *, local: bool) -> str:
    """The signed address of a transcript. It is a secret, and works for anybody who has it.

    Args:
        local: Genesys' API is this machine itself, so the transcript may be here, too.
    Raises:
        MalformedAnswer: none, or none that one should ask.
    """
    url = answer.get("url")
    if not isinstance(url, str) or not 1 <= len(url) <= MAX_URL or any(one <= " " or one == "\x7f" for one in url):
        raise MalformedAnswer("the answer holds no url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise MalformedAnswer("the answer's url is none") from None
    secure = parts.scheme == "https" and host and not is_loopback(host)
    if not secure and not (local and parts.scheme in ("http", "https") and is_loopback(host)):
        raise MalformedAnswer("the answer's url is not https:// to another machine")
    if parts.username is not None or parts.password is not None:
        raise MalformedAnswer("the answer's url holds a password")
    return url


def parse_after_call(document: Mapping[str, Any]) -> AfterCall:
    """The JSON behind a transcript's address.

    Raises:
        MalformedAnswer: it holds no list of transcripts, or more phrases than any call has.
    """
    parts = document.get("transcripts")
    if not isinstance(parts, list):
        raise MalformedAnswer("the transcript holds no transcripts")
    begun_ms = number(document.get("conversationStartTime"), _LATEST_MS)
    transcript, unusable, segments = "", 0, list[Segment]()
    for part in parts:
        if not isinstance(part, Mapping) or not isinstance(part.get("phrases"), list):
            raise MalformedAnswer("a transcript holds no phrases")
        transcript = transcript or matching(part.get("transcriptId"), ID) or ""
        language = matching(part.get("language"), _DIALECT)
        if len(segments) + unusable + len(part["phrases"]) > MAX_PHRASES:
            raise MalformedAnswer(f"the transcript holds more than {MAX_PHRASES} phrases")
        for phrase in part["phrases"]:
            segment = parse_phrase(phrase, begun_ms=begun_ms, language=language)
            if segment is None:
                unusable += 1
            else:
                segments.append(segment)
    return AfterCall(transcript, tuple(segments), unusable)


def parse_phrase(phrase: Any, *, begun_ms: float | None, language: str | None) -> Segment | None:
    """One phrase; None where it has no text.

    The decorated text comes first: it has the numbers as numerals, as the agent's screen shows them.
    """
    if not isinstance(phrase, Mapping):
        return None
    text = next((phrase[key] for key in ("decoratedText", "text") if _is_text(phrase.get(key))), None)
    if text is None:
        return None
    at_ms, duration = number(phrase.get("startTimeMs"), _LATEST_MS), phrase.get("duration")
    lasts_ms = number(duration.get("milliseconds") if isinstance(duration, Mapping) else duration, _LONGEST_MS)
    start_ms = None if at_ms is None or begun_ms is None or at_ms < begun_ms else round(at_ms - begun_ms)
    return Segment(
        text=RawText(text),
        speaker=(matching(phrase.get("participantPurpose"), _PURPOSE) or "").lower(),
        language=language,
        confidence=number(phrase.get("confidence"), 1),
        start_ms=start_ms,
        end_ms=None if start_ms is None or lasts_ms is None else start_ms + round(lasts_ms),
    )


def _legs(participant: Mapping[str, Any]) -> list[str]:
    return [one["id"] for one in objects(participant.get("calls")) if matching(one.get("id"), ID)]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
