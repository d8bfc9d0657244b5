"""Profile `notifications`: web messaging as Genesys Cloud has it."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.platform_messages import message_ids, parse_conversation
from captiond.jobs.refusals import JobFailed
from captiond.library import OpenWorkflows
from captiond.simulator import Fault, Messages, RefuseFault, Simulator
from captiond.simulator.faults import On
from tests.jobs.studio import FastPace, Json, Records, studio

ONE, OTHER, GUEST = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
TALK: tuple[Json, ...] = (
    {"from": "agent", "text": "May I have the card number?"},
    {"from": "guest", "text": "4111 1111 1111 1111"},
    {"from": "agent", "text": None, "data": {"normalizedMessage": {"type": "Receipt"}}},
    {"from": "guest", "text": "it costs 250 dollars"},
)


@asynccontextmanager
async def stage(
    folder: Path, *conversations: Messages, faults: tuple[Fault, ...] = (), speed: float = 1.0, **environ: str
) -> AsyncIterator[tuple[OpenWorkflows, Simulator]]:
    pace = FastPace(speed)
    known = conversations or (Messages(conversation_id=ONE, session_id=GUEST, messages=TALK),)
    async with (
        Simulator(conversations=known, faults=faults, pace=pace) as upstream,
        studio(
            folder, upstream, pace=pace, audit=Records(), CAPTIOND_GENESYS__PROFILE="notifications", **environ
        ) as workflows,
    ):
        yield workflows, upstream


async def raw(workflows: OpenWorkflows, **asked: Any) -> Any:
    return (await workflows.messaging([ONE], **asked)).raw["conversations"][0]


async def test_messages_are_listed_fetched_in_batches_and_redacted(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream):
        conversation = await raw(workflows)
        assert [message["text"] for message in conversation["messages"]] == [
            "May I have the card number?",
            "[CC]",
            "it costs 250 dollars",
        ]
        assert [message["sequenceId"] for message in conversation["messages"]] == [1, 2, 3]  # a receipt is no message
        assert conversation["sequence"]["missing"] == []
        [query] = upstream.messaging.queries
        assert query["segmentFilters"][0]["predicates"][0]["value"] == "message"
        assert query["conversationFilters"][0]["predicates"][0]["value"] == ONE
        assert b"4111 1111" not in (tmp_path / "captiond.db").read_bytes()


async def test_a_guest_session_is_looked_for_in_all_of_that_time(tmp_path: Path) -> None:
    many = [Messages(conversation_id=str(uuid.UUID(int=number, version=4))) for number in range(100, 330)]
    mine = Messages(conversation_id=ONE, session_id=GUEST, messages=TALK, started_s=10)
    async with stage(tmp_path, *many, mine, CAPTIOND_JOBS__READS_PER_S="1000") as (workflows, upstream):
        found = await workflows.messaging(session_ids=[GUEST])
        assert [one["conversationId"] for one in found.raw["conversations"]] == [ONE]
        assert [query["paging"]["pageNumber"] for query in upstream.messaging.queries] == [1, 2, 3]


async def test_more_messages_than_a_batch_has_and_one_that_no_batch_holds(tmp_path: Path) -> None:
    many: tuple[Json, ...] = tuple(
        {"from": "guest", "text": f"word {number}", "lost": number == 120} for number in range(1, 251)
    )
    async with stage(tmp_path, Messages(conversation_id=ONE, messages=many)) as (workflows, upstream):
        conversation = await raw(workflows, context_window=1000)
        assert len(conversation["messages"]) == 249
        assert conversation["sequence"]["missing"] == [[120, 120]]
        assert upstream.ledger.conversations[ONE] == 3


@pytest.mark.parametrize(
    ("conversation", "fault", "code"),
    [
        (Messages(conversation_id=OTHER), None, "not_found"),
        (Messages(conversation_id=ONE, data={"participants": None}), None, "invalid_transcript"),
        (Messages(conversation_id=ONE, body="{}"), None, "invalid_transcript"),
        (Messages(conversation_id=ONE, body="no"), None, "upstream_invalid"),
        (Messages(conversation_id=ONE, body='{"entities": "' + "x" * 2_100_000 + '"}'), None, "too_large"),
        (Messages(conversation_id=ONE), RefuseFault(on=On.MESSAGING_DETAILS, status=403), "upstream_forbidden"),
    ],
)
async def test_a_conversation_that_cannot_be_had_says_why(
    tmp_path: Path, conversation: Messages, fault: Fault | None, code: str
) -> None:
    async with stage(tmp_path, conversation, faults=(fault,) if fault else ()) as (workflows, _):
        with pytest.raises(JobFailed) as caught:
            await workflows.messaging([ONE])
        assert caught.value.code == code


async def test_bytes_that_are_no_text_are_masked_whole(tmp_path: Path) -> None:
    entity = f'{{"id":"{ONE}-1","direction":"inbound","normalizedMessage":{{"text":"4111 \udcff1111"}}}}'
    body = f'{{"entities":[{entity}]}}'
    async with stage(tmp_path, Messages(conversation_id=ONE, messages=TALK[:1], body=body)) as (workflows, _):
        assert (await raw(workflows))["messages"][0]["text"] == "[...]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["participants", "messages", "messageId", "messageTime", "entities", "id", "textBody"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["participants", "entities", "id"]), JSON, max_size=3))
def test_whatever_comes_is_read_or_refused(document: Json) -> None:
    body = json.dumps(document).encode()
    try:
        message_ids(body)
        parse_conversation(body, [body], conversation=ONE)
    except MalformedAnswer as fault:
        assert len(str(fault)) < 80
