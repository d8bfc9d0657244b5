"""Answers about web-messaging conversations, as they come and as they should not."""

import json
from typing import Any

import pytest

from captiond.genesys.messaging import (
    BROKEN,
    MAX_MESSAGES,
    Conversation,
    InvalidTranscript,
    is_uuid,
    parse_conversation,
    parse_page,
    query,
)
from captiond.genesys.payloads import MalformedAnswer

ONE = "0f0e2f5e-6b0c-4c52-9a5b-3f3a5c2d1e01"
TWO = "0f0e2f5e-6b0c-4c52-9a5b-3f3a5c2d1e02"


def body(*messages: Any, **more: Any) -> bytes:
    return json.dumps({"id": ONE, "messages": list(messages), **more}).encode()


def read(*messages: Any, **more: Any) -> Conversation:
    return parse_conversation(body(*messages, **more), conversation=ONE)


def said(sequence: Any, text: Any = "hello", **more: Any) -> dict[str, Any]:
    return {"sequenceId": sequence, "text": text, "from": "guest", **more}


def order_of(conversation: Conversation) -> list[tuple[int | None, Any]]:
    return [(one.sequence, one.text) for one in conversation.messages]


# -- the query ---------------------------------------------------------------------------------------------------------


def test_the_query_is_what_the_documents_say() -> None:
    times = {"since": "2026-01-01T00:00:00.000Z", "until": "2026-01-02T00:00:00.000Z"}
    assert query(**times, conversations=[ONE, TWO], redact=True, page_size=500, page=1) == {
        "dateRange": {"from": times["since"], "to": times["until"]},
        "entities": {"conversations": [{"id": ONE}, {"id": TWO}]},
        "interval": "PT1H",
        "redactPii": True,
        "groupBy": ["conversationId", "sequenceId"],
        "pageSize": 500,
    }
    assert query(**times, conversations=[], redact=False, page_size=7, page=3)["pageNumber"] == 3


def test_a_page_names_conversations_and_the_sessions_in_them() -> None:
    entry = {
        "conversationId": ONE.upper(),
        "participants": [
            {"purpose": "customer", "sessions": [{"sessionId": TWO.upper()}, {"sessionId": "no id"}, {}, 7]},
            {"purpose": "agent"},
            None,
        ],
    }
    page = parse_page({"conversations": [entry, {"conversationId": "no id"}, {}, "x"], "totalHits": 9})
    assert [(one.conversation, one.sessions) for one in page.found] == [(ONE, frozenset({TWO}))]
    assert (page.entries, page.total) == (4, 9)
    assert parse_page({"totalHits": 0}).found == ()
    assert parse_page({"conversations": []}).total is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"totalHits": 3},
        {"conversations": {}},
        {"conversations": [], "totalHits": "3"},
        {"conversations": [], "totalHits": True},
    ],
)
def test_a_page_that_is_none_is_told(answer: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        parse_page(answer)


def test_ids() -> None:
    assert is_uuid(ONE) and is_uuid(ONE.upper())
    assert not any(is_uuid(text) for text in ("", ONE[:-1], f"{ONE}\n", f"{{{ONE}}}", ONE.replace("-", ""), "x" * 36))


# -- one conversation ------------------------------------------------------------------------------------------------


def test_a_conversation_is_read() -> None:
    message = {
        "sequenceId": 1,
        "from": "agent",
        "to": "guest",
        "text": "hello",
        "timestamp": "2026-01-31T09:30:00.5Z",
        "metadata": {
            "channel": "web",
            "bot": False,
            "turn": 3,
            "phone": "4155550132",
            "id": 4111111111111111,
            "a b": "x",
        },
    }
    found = read(message, type="webmessaging", startTimestamp="2026-01-31T09:30:00Z", endTimestamp="soon")
    assert (found.kind, found.started_at, found.ended_at) == ("webmessaging", "2026-01-31T09:30:00Z", None)
    [one] = found.messages
    assert (one.sender, one.receiver, one.text, one.timestamp) == ("agent", "guest", "hello", "2026-01-31T09:30:00.5Z")
    assert one.metadata == {"bot": False, "channel": "web", "turn": 3}  # the rest may be anybody's
    assert "hello" not in repr(found) and "agent" not in repr(one)


def test_messages_stand_by_their_numbers_and_holes_are_told() -> None:
    found = read(said(5, "e"), said(1, "a"), said("3", "c"), said(9, "i"))
    assert order_of(found) == [(1, "a"), (3, "c"), (5, "e"), (9, "i")]
    assert found.order.missing == ((2, 2), (4, 4), (6, 8))
    assert found.order.lost == 5
    assert found.order.repeated == ()


def test_of_repeats_that_are_the_same_one_is_kept() -> None:
    found = read(said(2, "b"), said(1, "a"), said(2, "b"), said(2, "another"), said(2, "b"), said(1, "a", to="x"))
    assert order_of(found) == [(1, "a"), (1, "a"), (2, "b"), (2, "another")]
    assert found.order.repeated == (1, 2)
    assert found.order.missing == ()


def test_a_message_without_a_number_stands_behind_the_one_that_it_came_after() -> None:
    found = read(said(None, "first"), said(2, "b"), said("x", "behind b"), said(1, "a"), said(True, "behind a"))
    assert order_of(found) == [(None, "first"), (1, "a"), (None, "behind a"), (2, "b"), (None, "behind b")]
    assert found.order.unnumbered == 3


def test_many_with_one_number_cost_no_more_than_others() -> None:
    """Each is compared with those of its number; a list of them would be walked fifty thousand times."""
    found = read(*(said(1, f"text {number}") for number in range(20_000)))
    assert len(found.messages) == 20_000
    assert found.order.repeated == (1,)


def test_what_is_no_text_is_kept_as_none_and_what_is_no_message_is_counted() -> None:
    found = read({}, said(1, None), said(2, 7), said(3, ["a"]), "x", None, said(4, ""))
    assert [one.text for one in found.messages] == [None, None, None, None, ""]
    assert found.unreadable == 2


@pytest.mark.parametrize(
    "stamp", ["yesterday", 1_767_225_600, "2026-13-01T00:00:00Z", "2026-01-01T00:00:00.4111111111Z", None]
)
def test_a_time_that_is_none_is_none(stamp: Any) -> None:
    assert read(said(1, timestamp=stamp)).messages[0].timestamp is None


@pytest.mark.parametrize(
    ("raw", "broken"),
    [
        (b"caf\xc3\xa9", False),
        (b"caf\xe9 au lait", True),
        (b"\xff\xfe\xff", True),
        (b"\xf0\x9f\x98", True),
        (b"\\ud83d\\ude00", False),
        (b"\\ud83d", True),
        (b"\\ude00 and \xc3", True),
    ],
)
def test_bytes_that_are_no_text_are_told_of_their_message_alone(raw: bytes, broken: bool) -> None:
    content = b'{"id":"%s","messages":[{"sequenceId":1,"text":"%s"},{"sequenceId":2,"text":"fine"}]}' % (
        ONE.encode(),
        raw,
    )
    first, second = parse_conversation(content, conversation=ONE).messages
    assert (first.is_broken, second.is_broken, second.text) == (broken, False, "fine")
    assert (BROKEN in (first.text or "")) == broken


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"messages":[', b"\xff", b"<html>", b"[" * 100_000])
def test_an_answer_that_is_no_object_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_conversation(content, conversation=ONE)
    assert not isinstance(caught.value, InvalidTranscript)


@pytest.mark.parametrize("answer", [{}, {"messages": None}, {"messages": {"0": {}}}, {"messages": "4111 1111"}])
def test_an_answer_without_messages_is_an_invalid_transcript(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidTranscript) as caught:
        parse_conversation(json.dumps(answer).encode(), conversation=ONE)
    assert "4111" not in str(caught.value)


def test_too_many_messages_are_an_invalid_transcript() -> None:
    with pytest.raises(InvalidTranscript):
        parse_conversation(b'{"messages":[' + b"{}," * MAX_MESSAGES + b"{}]}", conversation=ONE)


def test_an_answer_about_another_conversation_is_refused() -> None:
    with pytest.raises(MalformedAnswer, match="another conversation"):
        parse_conversation(json.dumps({"id": TWO, "messages": []}).encode(), conversation=ONE)
    assert parse_conversation(json.dumps({"id": ONE.upper(), "messages": []}).encode(), conversation=ONE).messages == ()
