"""What is kept of one conversation: redacted whole, cut to its window, signed."""

import hmac
import json
from hashlib import sha256
from typing import Any

from captiond.core.redact import DEFAULT
from captiond.genesys.messaging import parse_conversation
from captiond.jobs.conversations import Conversations, Kept
from captiond.jobs.languages import Languages
from captiond.jobs.masking import Masking

ONE = "0f0e2f5e-6b0c-4c52-9a5b-3f3a5c2d1e01"
KEY = b"a key of some bytes"


async def kept(*messages: Any, window: int = 50, key: bytes = KEY) -> Kept:
    """`messages`: texts of the agent and the guest in turn, or whole messages."""
    whole = [
        {"sequenceId": place, "from": ("agent", "guest")[place % 2], "text": one} if not isinstance(one, dict) else one
        for place, one in enumerate(messages)
    ]
    content = json.dumps({"id": ONE, "messages": whole}).encode("utf-8")
    conversation = parse_conversation(content, conversation=ONE)
    conversations = Conversations(Masking(frozenset(DEFAULT)), Languages(), key=key)
    return await conversations.keep(conversation, name=ONE, window=window)


def texts(found: Kept) -> list[str | None]:
    return [message["text"] for message in found.document["messages"]]


async def test_the_question_of_one_party_is_a_cue_for_the_other() -> None:
    assert texts(await kept("And what is the CVV?", "it is 123")) == [
        "And what is the CVV?",
        "it is [CVV]",
    ]
    assert texts(await kept("How many would you like?", "it is 123"))[1] == "it is 123"


async def test_a_picture_between_question_and_answer_takes_nothing_from_it() -> None:
    asked = {"sequenceId": 0, "from": "agent", "text": "And what is the CVV?"}
    answer = {"sequenceId": 3, "from": "guest", "text": "it is 123"}
    empty = [{"sequenceId": 1, "from": "guest", "text": None}, {"sequenceId": 2, "from": "guest", "text": " "}]
    assert texts(await kept(asked, *empty, answer)) == [asked["text"], None, " ", "it is [CVV]"]


async def test_a_cue_before_the_window_counts() -> None:
    found = await kept("hello", "hello", "And what is the CVV?", "it is 123", window=1)
    assert texts(found) == ["it is [CVV]"]
    assert found.document["metrics"] == {"redactionCount": 1, "contextWindowSize": 1, "messageCount": 4}


async def test_what_was_masked_before_the_window_is_not_counted() -> None:
    found = await kept("hello", "4111 1111 1111 1111", "thanks", "bye", window=2)
    assert (texts(found), found.redactions, found.document["redactions"]) == (["thanks", "bye"], 0, {})
    assert (await kept("a", "b", window=0)).document["messages"] == []


async def test_numbers_of_two_parties_are_not_one() -> None:
    assert texts(await kept("1204", "1311")) == ["1204", "1311"]
    alone = [{"sequenceId": place, "from": "guest", "text": text} for place, text in enumerate(("1204", "1311"))]
    assert texts(await kept(*alone)) == ["[NUMBER]", "[NUMBER]"]


async def test_a_number_over_two_messages_is_masked_in_both() -> None:
    found = await kept(
        {"sequenceId": 1, "from": "guest", "text": "4111 1111"}, {"sequenceId": 2, "from": "guest", "text": "1111 1111"}
    )
    assert texts(found) == ["[CC]", "[CC]"]
    assert [message["metadata"]["redactionApplied"] for message in found.document["messages"]] == [True, True]


async def test_only_what_was_masked_says_so() -> None:
    found = await kept("My card is 4111 1111 1111 1111.", "I see [CC] there", "2 for 10 dollars")
    applied = [message["metadata"].get("redactionApplied") for message in found.document["messages"]]
    assert applied == [True, None, None]


async def test_spoken_numbers_of_a_language_that_is_not_known_are_masked() -> None:
    """No model is loaded here: all lexicons are used."""
    four = "vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins"
    found = await kept("cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno", four)
    assert texts(found) == ["[CC]", "[CC]"]
    assert all(message["metadata"]["language"] is None for message in found.document["messages"])


async def test_a_text_that_is_none_is_masked_whole_and_still_announces() -> None:
    broken = {"sequenceId": 1, "from": "agent", "text": "What is the CVV \ud83d?"}
    answer = {"sequenceId": 2, "from": "guest", "text": "it is 123"}
    found = await kept(broken, answer)
    assert texts(found) == ["[...]", "it is [CVV]"]
    metadata = found.document["messages"][0]["metadata"]
    assert (metadata["brokenEncoding"], metadata["redactionApplied"], metadata["language"]) == (True, True, None)
    assert found.document["redactions"] == {"BROKEN": 1, "CVV": 1}


async def test_parties_are_redacted_and_ids_are_not() -> None:
    parties = [ONE, "agent", "jane.doe@example.com", "+1 415 555 0132", "x" * 300, "\ud83d", None]
    found = await kept(
        *({"sequenceId": place, "from": one, "to": one, "text": "x"} for place, one in enumerate(parties))
    )
    shown = [message["from"] for message in found.document["messages"]]
    assert shown == [ONE, "agent", "[EMAIL]", "[PHONE]", "[...]", "[...]", None]
    assert shown == [message["to"] for message in found.document["messages"]]


async def test_a_fingerprint_is_of_what_is_shown_and_needs_the_key() -> None:
    message = {
        "sequenceId": 7,
        "from": "guest",
        "text": "My card is 4111 1111 1111 1111",
        "timestamp": "2026-01-31T09:30:00Z",
    }
    [shown] = (await kept(message)).document["messages"]
    signed = json.dumps(
        [ONE, 7, "guest", "2026-01-31T09:30:00Z", "My card is [CC]"], separators=(",", ":"), ensure_ascii=False
    )
    assert shown["metadata"]["fingerprint"] == hmac.new(KEY, signed.encode(), sha256).hexdigest()
    seen = {shown["metadata"]["fingerprint"]}
    for change in ({"sequenceId": 8}, {"from": "agent"}, {"text": "hello"}, {"timestamp": "2026-01-31T09:30:01Z"}):
        [other] = (await kept({**message, **change})).document["messages"]
        seen.add(other["metadata"]["fingerprint"])
    [other] = (await kept(message, key=b"another")).document["messages"]
    assert len(seen | {other["metadata"]["fingerprint"]}) == 6


async def test_many_messages_are_kept_in_turns() -> None:
    """Two MiB of short messages: all of them are read, and others have their turn meanwhile."""
    found = await kept(
        *({"sequenceId": place, "from": "guest", "text": "ok 12"} for place in range(3_000)), window=3_000
    )
    assert found.messages == len(found.document["messages"]) == 3_000


async def test_messages_of_their_own_are_not_one_number() -> None:
    counted = [f"message {number}" for number in range(40)]
    assert texts(await kept(*({"from": "guest", "text": one} for one in counted))) == counted
    rooms = ["Is room 1204 free?", "It is.", "And room 1311?", "No, but 1502 is.", "I take 2", "ok"]
    assert texts(await kept(*rooms)) == rooms


async def test_a_number_sent_in_four_messages_is_masked_in_each() -> None:
    """Where it was asked for, whatever stands before its parts; where nobody asked, where they begin with them."""
    asked = [
        "What is your card number?",
        "it starts with 4111",
        "yes?",
        "the next ones are 1111",
        "and?",
        "1111",
        "ok",
        "last: 1111",
    ]
    shown = texts(await kept(*asked))
    assert not any("1111" in (text or "") for text in shown), shown
    bare = [
        {"sequenceId": place, "from": "guest", "text": one}
        for place, one in enumerate(["4111", "1111", "and 1111", "um 1111"])
    ]
    assert texts(await kept(*bare)) == ["[CC]", "[CC]", "and [CC]", "um [CC]"]
