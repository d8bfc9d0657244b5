"""Web-messaging conversations, in the documents' form: bodies and answers <-> typed values. Pure.

What comes in is bounded and checked here, and never quoted where it is not what the documents say. Text stays raw until
`jobs.masking` has seen it. Source: workflows.md, section 4.
"""

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

import orjson

from captiond.base.ids import RawText
from captiond.genesys.fields import WORD, objects
from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.transcriptions import instant_s

QUERY: Final = "/api/v2/analytics/conversations/web/details/query"
IDS_A_REQUEST: Final = 100
PAGE_SIZE: Final = 500  # the largest that is allowed
MAX_PAGES: Final = 200  # of one query: 100,000 conversations, which Genesys itself does not page beyond
MAX_MESSAGES: Final = 50_000  # of one conversation: 2 MiB of messages of some forty characters each
BROKEN: Final = "\ufdd0"  # stands for bytes that are no UTF-8: no character of any text (Unicode, noncharacters)

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_MAX_NUMBER: Final = 2**53


class InvalidTranscript(MalformedAnswer):
    """An answer about a conversation that holds no messages to read."""


def is_uuid(text: str) -> bool:
    """Whether that is an id of a conversation or a session."""
    return _UUID.fullmatch(text) is not None


# -- which conversations there are -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One conversation of a query's answer, and the sessions in it. Ids in lower case."""

    conversation: str
    sessions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a query.

    Attributes:
        entries: how many it had, also those that name no conversation.
        total: how many there are in all; None where it does not say.
    """

    found: tuple[Found, ...]
    entries: int
    total: int | None


def query(
    *, since: str, until: str, conversations: Sequence[str], redact: bool, page_size: int, page: int
) -> dict[str, Any]:
    """The body that asks for conversations: these, or with none named all of that time. A session's id is none of a
    conversation: it is looked for in the answers.

    Args:
        since, until: ISO 8601.
        page: from 1.
    """
    body: dict[str, Any] = {
        "dateRange": {"from": since, "to": until},
        "entities": {"conversations": [{"id": one} for one in conversations]},
        "interval": "PT1H",
        "redactPii": redact,
        "groupBy": ["conversationId", "sequenceId"],
        "pageSize": page_size,
    }
    return body if page == 1 else {**body, "pageNumber": page}


def parse_page(answer: Mapping[str, Any]) -> Page:
    """One answer of a query. Raises MalformedAnswer."""
    total = answer.get("totalHits")
    if total is not None and (isinstance(total, bool) or not isinstance(total, int) or total < 0):
        raise MalformedAnswer("totalHits is no count")
    found = answer.get("conversations")
    if found is None and total == 0:
        return Page((), 0, 0)
    if not isinstance(found, list):
        raise MalformedAnswer("the answer holds no conversations")
    known = tuple(one for one in map(_found, found) if one is not None)
    return Page(known, len(found), total)


def _found(entry: Any) -> Found | None:
    name = entry.get("conversationId") if isinstance(entry, Mapping) else None
    if not isinstance(name, str) or not is_uuid(name):
        return None
    sessions = {
        one["sessionId"].lower()
        for participant in objects(entry.get("participants"))
        for one in objects(participant.get("sessions"))
        if isinstance(one.get("sessionId"), str) and is_uuid(one["sessionId"])
    }
    return Found(name.lower(), frozenset(sessions))


# -- one of them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came; None where it did not say.

    Attributes:
        text: `BROKEN` stands where bytes were no UTF-8.
        sender, receiver: as they came: they may be anybody's address.
        timestamp: ISO 8601 as it came; None where it is none.
        metadata: what of it is nobody's: words without digits, small numbers, true and false.
    """

    sequence: int | None
    text: RawText | None = field(repr=False)
    sender: RawText | None = field(repr=False)
    receiver: RawText | None = field(repr=False)
    timestamp: str | None
    metadata: Mapping[str, Any]

    @property
    def is_broken(self) -> bool:
        """Whether its text is not what was sent."""
        return self.text is not None and BROKEN in self.text


@dataclass(frozen=True, slots=True)
class Order:
    """What was found of the numbering.

    Attributes:
        missing: numbers between the first and the last one that no message has, as [from, to].
        repeated: numbers that several messages have; of those that are the same in all, one is kept.
        unnumbered: messages without a number: they stand behind the one that they came after.
    """

    missing: tuple[tuple[int, int], ...] = ()
    repeated: tuple[int, ...] = ()
    unnumbered: int = 0

    @property
    def lost(self) -> int:
        """How many messages are missing."""
        return sum(last - first + 1 for first, last in self.missing)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, its messages in their order.

    Attributes:
        kind: its type, in Genesys' word.
        unreadable: entries that are no messages.
    """

    kind: str | None
    started_at: str | None
    ended_at: str | None
    messages: tuple[Message, ...] = field(repr=False)
    order: Order
    unreadable: int


def details_path(conversation: str) -> str:
    """Where a conversation's messages are."""
    return f"/api/v2/conversations/web/details/{quote(conversation, safe='')}"


def parse_conversation(body: bytes, *, conversation: str) -> Conversation:
    """The answer about one conversation.

    Args:
        conversation: its id, in lower case.
    Raises:
        InvalidTranscript: it holds no array of messages, or more of them than anybody writes.
        MalformedAnswer: it is no JSON object, or about another conversation. Nothing of the answer is in either.
    """
    return conversation_of(object_of_bytes(body), conversation=conversation)


def conversation_of(answer: Mapping[str, Any], *, conversation: str) -> Conversation:
    """The same, of an answer that was read. Raises as `parse_conversation`."""
    name = answer.get("id")
    if name is not None and (not isinstance(name, str) or name.lower() != conversation):
        raise MalformedAnswer("it is about another conversation")
    given = answer.get("messages")
    if not isinstance(given, list):
        raise InvalidTranscript("it holds no array of messages")
    if len(given) > MAX_MESSAGES:
        raise InvalidTranscript(f"it holds more than {MAX_MESSAGES} messages")
    read = [_message(one) for one in given if isinstance(one, Mapping)]
    messages, order = in_order(read)
    kind = answer.get("type")
    return Conversation(
        kind=kind if isinstance(kind, str) and WORD.fullmatch(kind) else None,
        started_at=_stamp(answer.get("startTimestamp")),
        ended_at=_stamp(answer.get("endTimestamp")),
        messages=messages,
        order=order,
        unreadable=len(given) - len(read),
    )


def in_order(messages: Sequence[Message]) -> tuple[tuple[Message, ...], Order]:
    """The messages by their numbers, and what is wrong with these. Equal numbers stay as they came."""
    keyed: list[tuple[int, Message]] = []
    last = -_MAX_NUMBER
    for message in messages:
        last = last if message.sequence is None else message.sequence
        keyed.append((last, message))
    keyed.sort(key=lambda one: one[0])
    kept: list[Message] = []
    repeated: dict[int, None] = {}
    number, same = None, set[Any]()  # what those kept with the last number say
    for _, message in keyed:
        if message.sequence is not None:
            says = (message.sender, message.receiver, message.text, message.timestamp)
            if message.sequence != number:
                number, same = message.sequence, set()
            else:
                repeated[message.sequence] = None
            if says in same:
                continue
            same.add(says)
        kept.append(message)
    numbers = sorted({one.sequence for one in messages if one.sequence is not None})
    missing = tuple((one + 1, other - 1) for one, other in pairwise(numbers) if other - one > 1)
    unnumbered = sum(one.sequence is None for one in messages)
    return tuple(kept), Order(missing, tuple(repeated), unnumbered)


def object_of_bytes(body: bytes) -> Mapping[str, Any]:
    """The answer's JSON object. Bytes that are no UTF-8, and halves of characters, become `BROKEN`."""
    parsed: object = None
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = _mended(body)
    if not isinstance(parsed, dict):
        raise MalformedAnswer("it is not a JSON object")
    return parsed


def _mended(body: bytes) -> object:
    text = body.decode("utf-8", errors=_MENDS)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)  # it takes halves of characters, which a browser that cuts a text sends as \ud83d
    except (ValueError, RecursionError):
        return None


def _mend(fault: UnicodeError) -> tuple[str, int]:
    assert isinstance(fault, UnicodeDecodeError)
    return BROKEN, fault.end


_MENDS: Final = "captiond.broken"
codecs.register_error(_MENDS, _mend)


def _message(given: Mapping[str, Any]) -> Message:
    return Message(
        sequence=_number(given.get("sequenceId")),
        text=_raw(given.get("text")),
        sender=_raw(given.get("from")),
        receiver=_raw(given.get("to")),
        timestamp=_stamp(given.get("timestamp")),
        metadata=_harmless(given.get("metadata")),
    )


def _raw(value: Any) -> RawText | None:
    return RawText(_SURROGATE.sub(BROKEN, value)) if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= _MAX_NUMBER:
        return None
    return value


def _stamp(value: Any) -> str | None:
    return value if isinstance(value, str) and _STAMP.fullmatch(value) and instant_s(value) is not None else None


def _harmless(metadata: Any) -> dict[str, Any]:
    """What of a message's metadata can be kept as it is: anything else might be somebody's words or number."""
    if not isinstance(metadata, Mapping):
        return {}
    kept = ((key, value) for key, value in metadata.items() if WORD.fullmatch(key) and _is_harmless(value))
    return dict(sorted(kept)[:32])


def _is_harmless(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < 1_000
    return isinstance(value, str) and WORD.fullmatch(value) is not None
