"""Workflow 4 against the simulator: how it goes, and each row of workflows.md, section 5, that concerns it."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from captiond.jobs.machine import State
from captiond.jobs.requests import InvalidBody
from captiond.simulator import BrokenFault, DropFault, Fault, RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import Broken, On
from tests.harness import eventually
from tests.jobs.chats import SAID, SHOWN, chat, conversation_id, failure, session_id, stage, texts
from tests.jobs.studio import FastPace, Json, sink_server, studio

ONE, TWO, THREE = (conversation_id(number) for number in (1, 2, 3))


def asked_for(upstream: Simulator) -> Counter[str | None]:
    """How often each conversation was asked for, whatever the answer."""
    return Counter(one.session for one in upstream.ledger.requests if one.operation == On.MESSAGING_DETAILS)


async def test_from_the_request_to_the_sink_and_the_function(tmp_path: Path) -> None:
    given: list[Json] = []

    async def take(document: Any) -> None:
        given.append(document)
        if len(given) == 1:
            raise ValueError("not today")

    async with (
        sink_server() as analytics,
        Simulator(conversations=[chat(1), chat(2, "hello")]) as upstream,
        studio(
            tmp_path, upstream, pace=FastPace(20), on_conversation=take, CAPTIOND_JOBS__ANALYTICS_URL=analytics.url
        ) as workflows,
    ):
        done = await workflows.messaging([TWO, ONE.upper(), TWO])
        kept = [one async for one in workflows.conversations(done)]
        await eventually(lambda: len(analytics.came) == 2 and len(given) == 3)
        job = await workflows.job(done.job)
    assert done.conversation_ids == (TWO, ONE)
    assert [[message.text for message in one.messages] for one in kept] == [
        ["hello"],
        ["What is your card number?", SHOWN],
    ]
    assert (kept[1].message_count, kept[1].redaction_count, kept[1].messages[1].redacted) == (2, 1, True)
    assert job is not None
    assert (job["state"], job["progress"]) == ("completed", {"done": 5, "of": 5, "percent": 100})
    assert upstream.ledger.conversations == {ONE: 1, TWO: 1}
    body = next(one for one in analytics.came if one["conversationId"] == ONE)
    assert body.keys() == {"conversationId", "messages", "metrics"}
    assert body["metrics"].keys() == {"latencyMs", "redactionCount", "contextWindowSize", "messageCount"}
    assert texts(body) == ["What is your card number?", SHOWN]
    assert sorted(analytics.keys, key=str) == [f"{done.job}.analytics.{one}" for one in (ONE, TWO)]
    assert [one in analytics.came for one in given] == [True, True, True]
    assert done.raw["totals"] == {
        "totalLatencyMs": sum(one.latency_ms for one in kept),
        "requestsProcessed": 2,
        "succeeded": 2,
        "failed": 0,
    }
    [query] = upstream.messaging.queries
    assert query["entities"] == {"conversations": [{"id": TWO}, {"id": ONE}]}


async def test_guest_sessions_are_looked_for_page_by_page(tmp_path: Path) -> None:
    """A session's id is none of a conversation: it never stands where those belong."""
    chats = [chat(number, "hello") for number in range(1, 31)]
    async with stage(tmp_path, chats) as (workflows, upstream, _):
        upstream.messaging.largest_page = 7
        done = await workflows.messaging(
            [conversation_id(9)], session_ids=[session_id(20), session_id(9), session_id(12)]
        )
        assert done.conversation_ids == (conversation_id(9), conversation_id(20), conversation_id(12))
        found = {one["conversationId"]: one.get("sessionIds") for one in done.raw["conversations"]}
        assert found[conversation_id(20)] == [session_id(20)]
        assert found[conversation_id(9)] == [session_id(9)]
        named = [[one["id"] for one in query["entities"]["conversations"]] for query in upstream.messaging.queries]
        assert named == [[conversation_id(9)], [], [], []]  # the third page has the last session
        assert upstream.ledger.conversations == dict.fromkeys(done.conversation_ids, 1)


async def test_a_session_that_no_page_has_is_looked_for_to_the_end(tmp_path: Path) -> None:
    async with stage(tmp_path, [chat(number, "hello") for number in range(1, 21)]) as (workflows, upstream, records):
        upstream.messaging.largest_page = 6
        done = await workflows.messaging(session_ids=[session_id(3), session_id(99)])
        [failed] = done.failures
        assert (failed.session_id, failed.conversation_id, failed.code) == (session_id(99), None, "not_found")
        assert len(upstream.messaging.queries) == 4
        told = [one for one in records.of("transcript_intercepted") if one["status"] == "failed"]
        assert [(one["sessionId"], one["error"]) for one in told] == [(session_id(99), "not_found")]


async def test_what_is_older_than_a_day_is_found_where_it_is_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, [chat(1, "hello", started_s=90_000)]) as (workflows, upstream, _):
        assert (await failure(workflows)).code == "not_found"
        since = upstream.messaging.queries[0]["dateRange"]["from"].replace("Z", "+00:00")
        earlier = f"{int(since[:4]) - 1}{since[4:]}"
        assert (await workflows.messaging([ONE], since=earlier)).conversation_ids == (ONE,)


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"conversationIds": ["c-1"]}, "conversationIds.0"),
        ({"conversationIds": [ONE, f"{ONE}\n"]}, "conversationIds.1"),
        ({"sessionIds": [ONE.replace("-", "")]}, "sessionIds.0"),
        ({"conversationIds": [], "sessionIds": []}, "conversationIds"),
        ({"conversationIds": [ONE], "from": "yesterday"}, "from"),
        ({"conversationIds": [ONE], "to": "2026-13-01T00:00:00Z"}, "to"),
        ({"conversationIds": [ONE], "from": 1_767_225_600}, "from"),
        ({"conversationIds": [ONE], "from": "2026-01-02T00:00:00Z", "to": "2026-01-02T01:00:00+01:00"}, "from"),
        ({"conversationIds": [ONE], "from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"conversationIds": [ONE], "pageSize": 501}, "pageSize"),
        ({"conversationIds": [ONE], "pageSize": 0}, "pageSize"),
        ({"conversationIds": [ONE], "contextWindow": -1}, "contextWindow"),
        ({"conversationIds": [ONE], "contextWindow": True}, "contextWindow"),
        ({"conversationIds": ONE}, "conversationIds"),
        ({"conversationIds": [ONE], "more": 1}, "more"),
    ],
)
async def test_a_request_that_is_none_is_422_and_nobody_is_asked(tmp_path: Path, body: Json, key: str) -> None:
    async with stage(tmp_path, [chat(1)]) as (workflows, upstream, _):
        with pytest.raises(InvalidBody) as caught:
            await workflows._workflows.submit("messaging-transcript", body)
        assert [fault["key"] for fault in caught.value.faults] == [key]
        assert not upstream.ledger.requests


async def test_a_beginning_that_is_still_to_come_is_422(tmp_path: Path) -> None:
    async with stage(tmp_path, [chat(1)]) as (workflows, upstream, _):
        failed = await failure(workflows, since="2199-01-01T00:00:00Z")
        assert (failed.code, failed.status) == ("invalid_request", 422)
        assert not upstream.ledger.requests


async def test_over_100_ids_are_split(tmp_path: Path) -> None:
    ids = [conversation_id(number) for number in range(1, 251)]
    async with stage(tmp_path, [chat(number, "hello") for number in range(1, 251)]) as (workflows, upstream, _):
        done = await workflows.messaging([*ids, *ids[:50]])
        assert done.conversation_ids == tuple(ids)
        assert [len(query["entities"]["conversations"]) for query in upstream.messaging.queries] == [100, 100, 50]
        assert upstream.ledger.conversations == dict.fromkeys(ids, 1)


async def test_pages_of_named_conversations_are_all_read(tmp_path: Path) -> None:
    ids = [conversation_id(number) for number in range(1, 26)]
    async with stage(tmp_path, [chat(number, "hello") for number in range(1, 26)]) as (workflows, upstream, _):
        upstream.messaging.largest_page = 10
        assert (await workflows.messaging(ids)).conversation_ids == tuple(ids)
        assert [query.get("pageNumber") for query in upstream.messaging.queries] == [None, 2, 3]


async def test_an_id_in_no_answer_is_reported_and_not_dropped(tmp_path: Path) -> None:
    async with stage(tmp_path, [chat(1), chat(2, hidden=True)]) as (workflows, upstream, records):
        done = await workflows.messaging([THREE, ONE, TWO])
        assert done.conversation_ids == (ONE,)
        assert [(one.conversation_id, one.code) for one in done.failures] == [(THREE, "not_found"), (TWO, "not_found")]
        job = await workflows.job(done.job)
        assert job is not None and job["state"] == State.COMPLETED_WITH_ERRORS
        assert asked_for(upstream) == {ONE: 1}
        assert {one["conversationId"]: one["status"] for one in records.of("transcript_intercepted")} == {
            ONE: "success",
            TWO: "failed",
            THREE: "failed",
        }


@pytest.mark.parametrize("on", [On.MESSAGING_QUERY, On.MESSAGING_DETAILS])
async def test_each_call_follows_the_rules_of_all(tmp_path: Path, on: On) -> None:
    """401 twice, 403, 400, 404, an answer that is none: each ends the job with its own code, at once."""
    async with stage(tmp_path, [chat(1)]) as (workflows, upstream, _):
        for fault, code, asked in (
            (RefuseFault(on=on, status=401, times=2), "upstream_unauthorized", 2),
            (RefuseFault(on=on, status=403), "upstream_forbidden", 1),
            (RefuseFault(on=on, status=400, field="pageSize", message="call (415) 555-0132"), "upstream_refused", 1),
            (RefuseFault(on=on, status=404), "not_found", 1),
            (BrokenFault(on=on, what=Broken.NOT_JSON), "upstream_invalid", 1),
            (BrokenFault(on=on, what=Broken.EMPTY), "upstream_invalid", 1),
        ):
            upstream.clear_faults()
            upstream.add_faults(fault)
            before = upstream.ledger.count(on)
            failed = await failure(workflows)
            assert failed.code == code
            assert upstream.ledger.count(on) - before == asked
            if code == "upstream_forbidden":
                assert failed.extra["scopes"] == ["analytics:conversation:view", "webmessaging:conversation:view"]
            if code == "upstream_refused":
                assert (failed.extra["field"], failed.extra["upstreamStatus"]) == ("pageSize", 400)
                assert failed.extra["upstreamMessage"] == "call [PHONE]"


async def test_one_refusal_of_a_token_is_not_seen(tmp_path: Path) -> None:
    faults = [RefuseFault(on=on, status=401) for on in (On.MESSAGING_QUERY, On.MESSAGING_DETAILS)]
    async with stage(tmp_path, [chat(1)], faults) as (workflows, upstream, _):
        assert (await workflows.messaging([ONE])).failures == ()
        assert upstream.ledger.tokens_issued == 3


@pytest.mark.parametrize("on", [On.MESSAGING_QUERY, On.MESSAGING_DETAILS])
async def test_a_429_is_waited_for_as_it_says_and_given_up_after_three_waits(tmp_path: Path, on: On) -> None:
    async with stage(tmp_path, [chat(1)], speed=20) as (workflows, upstream, records):
        for after_s, waits in ((3.0, [3.0, 3.0]), (None, [1.0, 2.0, 4.0])):
            upstream.clear_faults()
            upstream.add_faults(RefuseFault(on=on, status=429, retry_after_s=after_s, times=len(waits)))
            before, told = upstream.ledger.count(on), len(records.kept)
            assert (await workflows.messaging([ONE])).conversation_ids == (ONE,)
            at_s = [one.at_s for one in upstream.ledger.requests if one.operation == on][before:]
            gaps = [later - sooner for sooner, later in pairwise(at_s)]
            again = [
                one for _, one in records.kept[told:] if "seconds" in one and one.get("outcome", "again") == "again"
            ]
            said = [one["seconds"] for one in again]
            jitter = 1.0 if after_s is not None else 1.25
            assert all(wait_s <= one <= jitter * wait_s for wait_s, one in zip(waits, said, strict=True)), said
            assert all(one - 0.01 <= gap_s for one, gap_s in zip(said, gaps, strict=True)), gaps
        upstream.clear_faults()
        upstream.add_faults(RefuseFault(on=on, status=429, retry_after_s=0.2, times=4))
        assert (await failure(workflows)).code == "upstream_rate_limited"


async def test_what_fails_for_a_while_is_tried_again_by_itself(tmp_path: Path) -> None:
    faults: list[Fault] = [
        RefuseFault(on=On.MESSAGING_DETAILS, status=503, times=3, session=TWO),
        DropFault(on=On.MESSAGING_DETAILS, session=THREE, times=2),  # the first one costs a kept connection only
        RefuseFault(on=On.MESSAGING_QUERY, status=502, times=2),
    ]
    async with stage(tmp_path, [chat(1), chat(2), chat(3)], faults, speed=40) as (workflows, upstream, records):
        done = await workflows.messaging([ONE, TWO, THREE])
        assert done.failures == ()
        assert asked_for(upstream) == {ONE: 1, TWO: 4, THREE: 3}
        again = Counter(one["conversationId"] for one in records.of("conversation_again"))
        assert again[TWO] == 3
        assert again[THREE] in (1, 2)


async def test_a_conversation_that_fails_for_ever_holds_up_no_other_and_ends(tmp_path: Path) -> None:
    faults = [RefuseFault(on=On.MESSAGING_DETAILS, status=500, times=None, session=TWO)]
    async with stage(tmp_path, [chat(1), chat(2), chat(3)], faults, speed=60) as (workflows, upstream, _):
        done = await workflows.messaging([ONE, TWO, THREE])
        assert done.conversation_ids == (ONE, THREE)
        assert [(one.conversation_id, one.code) for one in done.failures] == [(TWO, "upstream_unavailable")]
        assert asked_for(upstream)[TWO] == 7
        assert len(upstream.messaging.queries) == 3  # the last two asked whether Genesys answers at all


async def test_an_outage_is_waited_for(tmp_path: Path) -> None:
    """Longer than a conversation that fails alone: the query is not answered, either."""
    faults = [RefuseFault(on=On.MESSAGING_DETAILS, status=503, times=None)]
    async with stage(tmp_path, [chat(1)], faults, speed=100) as (workflows, upstream, _):
        upstream.add_faults(RefuseFault(on=On.MESSAGING_QUERY, status=503, skip=1, times=None))
        _, job = await workflows._workflows.submit("messaging-transcript", {"conversationIds": [ONE]}, patient=False)
        await eventually(lambda: upstream.ledger.count(On.MESSAGING_DETAILS) > 8)
        upstream.clear_faults()
        async for changed in workflows._workflows.watch(job.id):
            job = changed or job
        assert job.state == State.COMPLETED


async def test_an_outage_beyond_the_deadline_ends_the_job(tmp_path: Path) -> None:
    faults = [
        RefuseFault(on=On.MESSAGING_DETAILS, status=503, times=None),
        RefuseFault(on=On.MESSAGING_QUERY, status=503, skip=1, times=None),
    ]
    async with stage(tmp_path, [chat(1)], faults, speed=60, CAPTIOND_JOBS__DEADLINE_S="120") as (workflows, _, _):
        assert (await failure(workflows)).code == "upstream_unavailable"


async def test_an_answer_that_takes_too_long_is_a_timeout_and_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captiond.upstream.Genesys.__init__", _hasty)
    async with stage(tmp_path, [chat(1)], [SlowFault(on=On.MESSAGING_DETAILS, delay_s=30.0)]) as (
        workflows,
        upstream,
        _,
    ):
        assert (await workflows.messaging([ONE])).conversation_ids == (ONE,)
        assert upstream.ledger.conversations == {ONE: 1}


def _hasty(self: Any, *args: Any, **named: Any) -> None:
    TRUE_INIT(self, *args, **{**named, "answer_timeout_s": 0.5})


TRUE_INIT = __import__("captiond.genesys.client", fromlist=["Genesys"]).Genesys.__init__


@pytest.mark.parametrize("messages", [None, {"1": {"text": SAID}}, SAID, 7])
async def test_messages_that_are_no_array_are_an_invalid_transcript(tmp_path: Path, messages: Any) -> None:
    async with stage(tmp_path, [chat(1, messages=messages, plain=True), chat(2)]) as (workflows, upstream, _):
        done = await workflows.messaging([ONE, TWO])
        assert [(one.conversation_id, one.code) for one in done.failures] == [(ONE, "invalid_transcript")]
        assert asked_for(upstream)[ONE] == 1
        assert (await failure(workflows, ONE)).code == "invalid_transcript"


async def test_over_the_limit_is_too_large_and_reading_stops(tmp_path: Path) -> None:
    small = chat(2, "x" * 900)
    fault = BrokenFault(on=On.MESSAGING_DETAILS, what=Broken.HUGE, size_bytes=60_000_000, session=ONE)
    async with stage(tmp_path, [chat(1), small], [fault], CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES="2048") as (
        workflows,
        upstream,
        _,
    ):
        done = await workflows.messaging([ONE, TWO])
        assert [(one.conversation_id, one.code) for one in done.failures] == [(ONE, "too_large")]
        assert asked_for(upstream)[ONE] == 1
        upstream.messaging.store([chat(2, "x" * 2_000)])
        assert (await failure(workflows, TWO)).code == "too_large"
