"""Frames of the `media` profile <-> `core.arrival`. Pure.

A frame is a JSON array of events, or one object alone. What is well formed becomes an `Arrival`; what is not is named
by a reason and counted, and the rest of the frame still counts. The push source speaks the same events.
Source: contract, section 3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from captiond.base.backoff import clamp_retry_after_s
from captiond.base.ids import RawText, SessionId
from captiond.core.arrival import Arrival
from captiond.genesys.fields import ID, LANGUAGE, matching
from captiond.genesys.payloads import missing_permission_words, server_words

MAX_FRAME_BYTES: Final = 1_048_576  # a real frame has one event of under 10 KB; ten minutes of them fit in here
MAX_EVENTS_PER_FRAME: Final = 1_000  # bounds the time that one frame may keep every other session waiting

_TOPICS: Final = ("conversation:transcription",)
_LARGEST: Final = 2**53 - 1  # the largest whole number that every JSON reader agrees on
_UTTERANCE_ID: Final = re.compile(r"[!-~]{1,128}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_CHANNELS: Final = frozenset({"internal", "external"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Upstream will not serve this subscription. `retry_after_s` is None where it named no time."""

    status: int | None
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one frame held.

    Attributes:
        arrivals: its well-formed events, in their order.
        rejected: one reason for each piece that was not well formed; words of a small fixed set, fit for a label.
        ignored: how many objects were of no interest: acknowledgements, unknown event types.
        refusal: the first refusal in it.
    """

    arrivals: tuple[Arrival, ...] = ()
    rejected: tuple[str, ...] = ()
    ignored: int = 0
    refusal: Refusal | None = None


class Rejected(ValueError):
    """One event is not well formed. `reason` is one word of a small fixed set and never holds what was sent."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the event is not well formed: {reason}")


def subscribe_frame(session: SessionId) -> str:
    """What asks for the events of one media session."""
    return _frame("subscribe", session)


def unsubscribe_frame(session: SessionId) -> str:
    """What ends a subscription, before the socket is closed with 1000."""
    return _frame("unsubscribe", session)


def decode_frame(frame: str | bytes, *, session: SessionId | None) -> Decoded:
    """Everything that a frame holds. Never raises, whatever is in it.

    Args:
        frame: one WebSocket message, or one body or line of events from any recogniser.
        session: events of other media sessions are rejected; None takes them all.
    """
    # An upper bound is enough here: the length in code points is never above that in bytes.
    if len(frame) > MAX_FRAME_BYTES:
        return Decoded(rejected=("frame_too_big",))
    try:
        parsed = orjson.loads(frame)
    except (orjson.JSONDecodeError, UnicodeEncodeError):  # the latter: a str with half of a surrogate pair
        return Decoded(rejected=("not_json",))
    items = parsed if isinstance(parsed, list) else [parsed]
    arrivals: list[Arrival] = []
    rejected = ["too_many_events"] * (len(items) - MAX_EVENTS_PER_FRAME)
    refusal: Refusal | None = None
    ignored = 0
    for item in items[:MAX_EVENTS_PER_FRAME]:
        try:
            if not isinstance(item, dict):
                raise Rejected("not_an_object")
            if item.get("eventType") == "transcription":
                arrivals.append(decode_event(item, session=session))
            elif (refused := _refusal(item)) is not None:
                refusal = refusal or refused
            elif "transcript" in item and not isinstance(item.get("eventType"), str):
                raise Rejected("event_type")  # somebody's words: not to be lost in silence
            else:
                ignored += 1
        except Rejected as fault:
            rejected.append(fault.reason)
        except Exception:  # ours. One event is lost, which the next one's number tells; its text is in no traceback
            rejected.append("failed_inside")
    return Decoded(arrivals=tuple(arrivals), rejected=tuple(rejected), ignored=ignored, refusal=refusal)


def decode_event(event: Mapping[str, Any], *, session: SessionId | None) -> Arrival:
    """One transcription event.

    A required key that is missing or wrong rejects the event. An optional value that is not what it should be (a
    number as the language, a confidence above 1) counts as not known: nobody loses words for their decoration.

    Args:
        event: a JSON object whose `eventType` is `transcription`.
        session: the media session it must belong to; None takes any.
    Raises:
        Rejected: with the reason, which is the name of the key in snake_case, or `other_session`.
    """
    owner = event.get("mediaSessionId")
    if not isinstance(owner, str) or not ID.fullmatch(owner):
        raise Rejected("media_session_id")
    if session is not None and owner != session:
        raise Rejected("other_session")
    sequence = event.get("eventSequence")
    if type(sequence) is not int or not 1 <= sequence <= _LARGEST:  # a bool is an int, but not a number of an event
        raise Rejected("event_sequence")
    text = event.get("transcript")
    if not isinstance(text, str):
        raise Rejected("transcript")
    partial = event.get("isPartial")
    if not isinstance(partial, bool):
        raise Rejected("is_partial")
    timestamp, event_s = _instant(event.get("timestamp"))
    start_ms, end_ms = _milliseconds(event.get("startMs")), _milliseconds(event.get("endMs"))
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        end_ms = None
    return Arrival(
        session=SessionId(owner),
        sequence=sequence,
        text=RawText(text),
        final=not partial,
        timestamp=timestamp,
        event_s=event_s,
        channel=_channel(event.get("channel")),
        language=matching(event.get("language"), LANGUAGE),
        confidence=_confidence(event.get("confidence")),
        utterance_id=_utterance_id(event.get("utteranceId")),
        start_ms=start_ms,
        end_ms=end_ms,
    )


def _frame(action: str, session: SessionId) -> str:
    return orjson.dumps({"action": action, "topics": _TOPICS, "filter": {"mediaSessionId": session}}).decode()


def _instant(stamp: Any) -> tuple[str, float]:
    """The timestamp in UTC, as it was written where it was in UTC already; and the same in seconds since 1970."""
    if not isinstance(stamp, str) or len(stamp) > 40 or not _TIMESTAMP.fullmatch(stamp):
        raise Rejected("timestamp")
    try:
        instant = datetime.fromisoformat(stamp)
        if stamp.endswith("Z"):
            return stamp, instant.timestamp()
        if instant.tzinfo is None:  # some recognisers leave out what is always UTC; a lost caption would help nobody
            instant = instant.replace(tzinfo=UTC)
        in_utc = instant.astimezone(UTC).isoformat(timespec="milliseconds")
        return in_utc.replace("+00:00", "Z"), instant.timestamp()
    except (ValueError, OverflowError):
        raise Rejected("timestamp") from None


def _milliseconds(value: Any) -> int | None:
    """Whole milliseconds; some recognisers measure finer."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        return None
    return round(value)


def _channel(value: Any) -> str:
    name = value.lower() if isinstance(value, str) else ""
    return name if name in _CHANNELS else ""


def _confidence(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _utterance_id(value: Any) -> str | None:
    return str(value) if type(value) is int else matching(value, _UTTERANCE_ID)  # an id by number is one all the same


def _refusal(item: Mapping[str, Any]) -> Refusal | None:
    """A refusal is an object with an `error` that says something, or a `status` of 400 and more."""
    status, error = _status(item), item.get("error")
    if error in (None, False, "", 0) and (status is None or status < 400):
        return None
    inner = error if isinstance(error, Mapping) else {}
    status = _status(inner) if status is None else status
    body = orjson.dumps(item)
    words = missing_permission_words(body) if status == 403 else server_words(body)
    asked_s = _retry_after_s(item)
    return Refusal(
        status=status,
        message=words or "no reason given",
        retry_after_s=_retry_after_s(inner) if asked_s is None else asked_s,
    )


def _status(item: Mapping[str, Any]) -> int | None:
    """A status that is, or reads as, an HTTP status; `"subscribed"` and the like are none."""
    for key in ("status", "code"):
        value = item.get(key)
        if isinstance(value, str) and re.fullmatch(r"[1-5]\d\d", value, re.ASCII):
            value = int(value)
        if type(value) is int and 100 <= value <= 599:
            return value
    return None


def _retry_after_s(item: Mapping[str, Any]) -> float | None:
    for key in ("retryAfter", "retry-after", "Retry-After", "retryAfterS", "retryAfterSeconds"):
        value = item.get(key)
        if isinstance(value, str) and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", value, re.ASCII):
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return clamp_retry_after_s(float(value))
    return None
