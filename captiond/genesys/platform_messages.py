"""Web-messaging conversations by the API that Genesys Cloud has: the analytics query, and messages in batches. Pure.

A conversation lists its messages' ids and times; their texts are asked for by id. Both are put together as the
conversation that `genesys.messaging` reads in the documents' form, so that all that follows is the same: messages are
numbered by their times, and one that a batch does not hold is a hole. Source: reference/genesys.md, section 5; the
public SDK's models (ConversationQuery, MessageDetails, MessageData).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from captiond.genesys.fields import ID, matching, objects
from captiond.genesys.messaging import MAX_MESSAGES, Conversation, InvalidTranscript, conversation_of, object_of_bytes
from captiond.genesys.transcriptions import instant_s

QUERY: Final = "/api/v2/analytics/conversations/details/query"
PAGE_SIZE: Final = 100  # the largest that is allowed
BATCH: Final = 100  # ids of one request


def query(*, since: str, until: str, conversations: Sequence[str], page_size: int, page: int) -> dict[str, Any]:
    """The body that asks for message conversations: these, or with none named all of that time.

    Args:
        since, until: ISO 8601.
        page: from 1.
    """
    body: dict[str, Any] = {
        "interval": f"{since}/{until}",
        "order": "asc",
        "orderBy": "conversationStart",
        "paging": {"pageSize": min(page_size, PAGE_SIZE), "pageNumber": page},
        "segmentFilters": [{"type": "and", "predicates": [_matches("mediaType", "message")]}],
    }
    if not conversations:
        return body
    named = [_matches("conversationId", one) for one in conversations]
    return {**body, "conversationFilters": [{"type": "or", "predicates": named}]}


def conversation_path(conversation: str) -> str:
    """Where a conversation lists its messages."""
    return f"/api/v2/conversations/messages/{quote(conversation, safe='')}"


def batch_path(conversation: str) -> str:
    """Where messages are asked for: a POST of their ids."""
    return f"{conversation_path(conversation)}/messages/bulk?useNormalizedMessage=true"


def message_ids(body: bytes) -> list[str]:
    """The ids of a conversation's messages, in the order of their times.

    Raises:
        MalformedAnswer: it is no JSON object.
        InvalidTranscript: it lists no participants, or more messages than anybody writes.
    """
    return list(_listed(object_of_bytes(body)))


def parse_conversation(body: bytes, batches: Sequence[bytes], *, conversation: str) -> Conversation:
    """A conversation and its messages.

    Args:
        body: as `message_ids` took it; batches: the answers about those.
        conversation: its id, in lower case.
    Raises:
        InvalidTranscript, MalformedAnswer: as `messaging.parse_conversation`.
    """
    answer = object_of_bytes(body)
    texts: dict[str, Mapping[str, Any]] = {}
    for batch in batches:
        entities = object_of_bytes(batch).get("entities")
        if not isinstance(entities, list):
            raise InvalidTranscript("a batch of messages holds no entities")
        texts.update((one["id"], one) for one in objects(entities) if matching(one.get("id"), ID))
    said = [(one, time) for one, time in _listed(answer).items() if not _is_receipt(texts.get(one, {}))]
    messages = [_message(texts[one], number, time) for number, (one, time) in enumerate(said, start=1) if one in texts]
    document = {
        "id": answer.get("id"),
        "type": "message",
        "startTimestamp": answer.get("startTime"),
        "endTimestamp": answer.get("endTime"),
        "messages": messages,
    }
    return conversation_of(document, conversation=conversation)


def _listed(answer: Mapping[str, Any]) -> dict[str, str | None]:
    """Ids and times of messages, by their times; each once, though several participants list it."""
    if not isinstance(answer.get("participants"), list):
        raise InvalidTranscript("it holds no participants")
    found = dict(_details(answer["participants"]))
    if len(found) > MAX_MESSAGES:
        raise InvalidTranscript(f"it holds more than {MAX_MESSAGES} messages")
    return dict(sorted(found.items(), key=lambda one: instant_s(one[1]) or 0.0))


def _details(participants: list[Any]) -> Iterator[tuple[str, str | None]]:
    for participant in objects(participants):
        for communication in objects(participant.get("messages")):
            for one in objects(communication.get("messages")):
                if matching(one.get("messageId"), ID):
                    time = one.get("messageTime")
                    yield one["messageId"], time if isinstance(time, str) else None


def _message(data: Mapping[str, Any], number: int, time: str | None) -> dict[str, Any]:
    """One message in the documents' words. Parties are named by what they are: an address is nobody's business."""
    normalised = data.get("normalizedMessage")
    texts = (normalised.get("text") if isinstance(normalised, Mapping) else None, data.get("textBody"))
    inbound = str(data.get("direction")).lower() == "inbound"
    return {
        "sequenceId": number,
        "from": "customer" if inbound else "agent",
        "to": "agent" if inbound else "customer",
        "text": next((text for text in texts if isinstance(text, str)), None),
        "timestamp": data.get("timestamp") or time,
        "metadata": {},
    }


def _is_receipt(data: Mapping[str, Any]) -> bool:
    """Whether this says that another one has arrived."""
    normalised = data.get("normalizedMessage")
    return isinstance(normalised, Mapping) and normalised.get("type") == "Receipt"


def _matches(dimension: str, value: str) -> dict[str, Any]:
    return {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}
