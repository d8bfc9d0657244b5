"""What a messaging job comes to: what is kept of messages, and what a result has room for."""

from pathlib import Path
from typing import Any

import pytest

from captiond.simulator import Messages
from tests.jobs.chats import SAID, chat, conversation_id, failure, stage, texts

LONG = " ".join(["we said that it was fine and went on to talk of other things"] * 20)
ONE, TWO, THREE = (conversation_id(number) for number in (1, 2, 3))


async def test_no_text_unknown_language_and_broken_bytes_are_kept(tmp_path: Path) -> None:
    broken = f'{{"id":"{ONE}","messages":[{{"sequenceId":1,"text":"caf\udce9 4111 1111 1111 1111"}},{{"sequenceId":2}},'
    broken += '{"sequenceId":3,"text":"ok"},{"sequenceId":3,"text":"Where is the refund that you promised to me?"}]}'
    async with stage(tmp_path, [Messages(conversation_id=ONE, body=broken)]) as (workflows, _, _):
        done = await workflows.messaging([ONE])
        [found] = done.raw["conversations"]
        assert texts(found) == ["[...]", None, "ok", "Where is the refund that you promised to me?"]
        metadata = [message["metadata"] for message in found["messages"]]
        assert [one["language"] for one in metadata] == [None, None, None, "en"]
        assert (metadata[0]["brokenEncoding"], metadata[0]["redactionApplied"]) == (True, True)
        assert found["sequence"]["repeated"] == [3]
        assert not any("redactionApplied" in one for one in metadata[1:])


async def test_only_the_window_is_kept_and_the_configured_one_is_the_default(tmp_path: Path) -> None:
    long = chat(1, *(f"message {number}" for number in range(60)))
    async with stage(tmp_path, [long], CAPTIOND_JOBS__CONTEXT_WINDOW="7") as (workflows, _, _):
        for asked, size in ((None, 7), (3, 3), (0, 0), (100, 60)):
            done = await workflows.messaging([ONE], context_window=asked)
            [found] = done.raw["conversations"]
            assert texts(found) == [f"message {number}" for number in range(60 - size, 60)]
            assert (found["metrics"]["contextWindowSize"], found["metrics"]["messageCount"]) == (size, 60)


async def test_none_at_all_fails_and_says_why_each_did(tmp_path: Path) -> None:
    chats = [chat(1, messages=None, plain=True), chat(2, hidden=True)]
    async with stage(tmp_path, chats) as (workflows, _, _):
        failed = await failure(workflows, ONE, TWO)
        assert failed.code == "no_conversation"
        assert {one["conversationId"]: one["code"] for one in failed.extra["errors"]} == {
            ONE: "invalid_transcript",
            TWO: "not_found",
        }


async def test_an_answer_about_another_conversation_is_nobodys(tmp_path: Path) -> None:
    async with stage(tmp_path, [chat(1, data={"id": TWO})]) as (workflows, _, _):
        assert (await failure(workflows)).code == "upstream_invalid"


async def test_a_fault_inside_is_the_conversations_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(messages: Any) -> None:
        raise ValueError(SAID) if any(one.text == SAID for one in messages) else KeyError

    monkeypatch.setattr("captiond.genesys.messaging.in_order", broken)
    async with stage(tmp_path, [chat(1)]) as (workflows, _, _):
        assert (await failure(workflows)).code == "internal_error"
    assert "4111" not in caplog.text


async def test_a_result_has_room_for_so_much_and_the_rest_is_read_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captiond.jobs.messaging_transcript.INLINE_BYTES", 2_000)
    async with stage(tmp_path, [chat(number, LONG) for number in (1, 2, 3)]) as (workflows, _, _):
        done = await workflows.messaging([ONE, TWO, THREE])
        inline = [one["messages"] is not None for one in done.raw["conversations"]]
        assert inline == [True, False, False]
        assert done.raw["conversations"][2]["messagesAt"] == f"/v1/jobs/{done.job}/conversations/{THREE}"
        kept = [one async for one in workflows.conversations(done)]
        assert [one.conversation_id for one in kept] == [ONE, TWO, THREE]
        assert all(one.messages[0].text == LONG for one in kept)


async def test_fingerprints_are_the_same_after_a_restart_and_others_elsewhere(tmp_path: Path) -> None:
    seen = []
    for folder in ("one", "one", "other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        fixed = chat(1, {"from": "guest", "text": "hello", "timestamp": "2026-01-31T09:30:00Z"})
        async with stage(tmp_path / folder, [fixed]) as (workflows, _, _):
            done = await workflows.messaging([ONE])
            seen.append(done.raw["conversations"][0]["messages"][0]["metadata"]["fingerprint"])
    assert seen[0] == seen[1] != seen[2]
