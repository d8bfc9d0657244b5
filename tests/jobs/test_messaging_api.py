"""Messaging jobs at a daemon, over sockets, on the command line, and with what people say."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.daemon import Daemon
from captiond.serve import answers
from captiond.simulator import Messages, RefuseFault, Simulator
from captiond.simulator.faults import On
from tests.harness import SHARED_DATA, TREE, daemon_here, eventually
from tests.jobs.chats import KIND, SHOWN, chat, conversation_id, session_id
from tests.jobs.studio import Api, Json, api, sink_server

ONE, TWO, THREE = (conversation_id(number) for number in (1, 2, 3))


@asynccontextmanager
async def serving(folder: Path, *chats: Messages, **environ: str) -> AsyncIterator[tuple[Simulator, Daemon, Api]]:
    """A simulator, a daemon in this loop, and a caller."""
    environ = {"CAPTIOND_JOBS__READS_PER_S": "2000", **environ}
    async with (
        Simulator(conversations=chats) as upstream,
        daemon_here(folder, upstream, workers=1, **environ) as daemon,
        api(daemon.url) as caller,
    ):
        yield upstream, daemon, caller


async def stream(caller: Api, job: str, *, last: str | None = None) -> list[tuple[str, str, Json]]:
    """The job's events until its end: name, id ("" where it has none), data."""
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{caller.url}/v1/jobs/{job}/events", headers=headers) as response,
    ):
        text = await response.text()
    found = []
    for piece in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in piece.split("\n") if ": " in line)
        if "event" in fields:
            found.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return found


def inside_of(told: list[tuple[str, str, Json]]) -> list[Json]:
    """What has happened inside the job, whatever the order."""
    return sorted((data for name, _, data in told if name != "job"), key=lambda data: str(data["conversationId"]))


async def test_each_conversation_is_told_as_it_ends_and_read_alone(tmp_path: Path) -> None:
    async with serving(tmp_path, chat(1), chat(2)) as (upstream, daemon, caller):
        upstream.add_faults(RefuseFault(on=On.MESSAGING_DETAILS, status=503, session=TWO))
        body = {"conversationIds": [ONE, THREE, TWO], "sessionIds": [session_id(1)]}
        status, job = await caller.post(body, kind=KIND)
        assert status == 202
        told = await stream(caller, job["id"])
        answers.Job.model_validate(told[-1][2])
        ended = await caller.ended(job["id"])
        assert told[-1] == ("job", told[-1][1], ended)
        assert ended["state"] == "completed_with_errors"
        inside = [data for name, _, data in told if name == "transcript:intercepted"]
        assert {one["conversationId"]: (one["status"], one.get("error")) for one in inside} == {
            ONE: ("success", None),
            TWO: ("success", None),
            THREE: ("failed", "not_found"),
        }
        assert all(one["latencyMs"] >= 0 for one in inside if one["status"] == "success")
        assert len(inside) == 3
        progress = [data["progress"]["percent"] for name, _, data in told if name == "job"]
        assert progress == sorted(progress)
        assert progress[-1] == 100
        # Whoever comes back gets what has happened since, and nothing of before.
        at = [place for place, (name, _, _) in enumerate(told) if name == "job"]
        for place in at[:-1]:
            again = await stream(caller, job["id"], last=told[place][1])
            assert inside_of(again) == inside_of(told[place:])
        for name, status in ((ONE, 200), (TWO.upper(), 200), (THREE, 404), (session_id(1), 404)):
            found, conversation = await caller.get(f"/v1/jobs/{job['id']}/conversations/{name}")
            assert found == status
            if found == 200:
                answers.Conversation.model_validate(conversation)
                assert conversation in ended["result"]["conversations"]
        assert (await caller.get(f"/v1/jobs/none/conversations/{ONE}"))[1]["code"] == "job_not_found"
        figures = daemon.meter.render()[0].decode()
        assert 'captiond_upstream_requests_total{operation="messaging_details",status="503"} 1.0' in figures
        assert 'captiond_conversations_total{outcome="success"} 2.0' in figures
        assert 'captiond_conversations_total{outcome="not_found"} 1.0' in figures
        assert "captiond_conversation_seconds_count 2.0" in figures
        assert f'captiond_job_seconds_count{{kind="{KIND}"}} 1.0' in figures


async def test_what_is_wrong_with_a_request_is_an_answer(tmp_path: Path) -> None:
    async with serving(tmp_path, chat(1)) as (upstream, _, caller):
        for body in (
            {"conversationIds": ["c-1"]},
            {"conversationIds": [ONE], "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            {"conversationIds": [ONE], "from": "2199-01-01T00:00:00Z"},
            {"conversationIds": [ONE], "pageSize": 501},
            {},
        ):
            status, problem = await caller.post(body, kind=KIND)
            assert (status, problem["code"]) == (422, "invalid_request"), body
        assert upstream.ledger.count(On.MESSAGING_QUERY) == 0
        first = await caller.post({"conversationIds": [ONE.upper(), ONE]}, kind=KIND, Idempotency_Key="k")
        again = await caller.post({"conversationIds": [ONE]}, kind=KIND, Idempotency_Key="k")
        assert (first[1]["id"], again[0]) == (again[1]["id"], 202)


async def test_a_cancelled_job_asks_no_more_and_hands_on_no_more(tmp_path: Path) -> None:
    chats = [chat(number) for number in range(1, 101)]
    async with (
        sink_server() as analytics,
        serving(tmp_path, *chats, CAPTIOND_JOBS__READS_PER_S="100", CAPTIOND_JOBS__ANALYTICS_URL=analytics.url) as (
            upstream,
            _,
            caller,
        ),
    ):
        _, job = await caller.post({"conversationIds": [one.conversation_id for one in chats]}, kind=KIND)
        await eventually(lambda: len(upstream.ledger.conversations) > 20)
        assert await caller.delete(f"/v1/jobs/{job['id']}") == 204
        assert (await caller.ended(job["id"]))["state"] == "cancelled"
        await asyncio.sleep(0.05)
        asked = len(upstream.ledger.conversations)
        await asyncio.sleep(0.2)
        assert len(upstream.ledger.conversations) == asked < 100
        assert len(set(analytics.keys)) <= asked


async def captiond(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command, as a user runs it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "captiond", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(TREE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_command_prints_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what a job's result has no room for."""
    monkeypatch.setattr("captiond.jobs.messaging_transcript.INLINE_BYTES", 1_000)
    async with serving(tmp_path, chat(1), chat(2)) as (_, daemon, _):
        words = ["messaging", ONE, THREE, "--session", session_id(2), "--window", "1", "--url", daemon.url]
        done = await captiond(tmp_path, *words)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert [one["conversationId"] for one in result["conversations"]] == [ONE, TWO]
        assert [[message["text"] for message in one["messages"]] for one in result["conversations"]] == [[SHOWN]] * 2
        assert [error["conversationId"] for error in result["errors"]] == [THREE]
        assert "6/6 completed_with_errors" in done.stderr
        failed = await captiond(tmp_path, "messaging", THREE, "--url", daemon.url)
        assert (failed.returncode, failed.stdout) == (1, "")
        assert "not_found" in failed.stderr


@pytest.mark.shared
async def test_nothing_private_of_what_people_say_is_in_any_file(tmp_path: Path) -> None:
    """The shared conversations as messages: stored, handed on, told and logged, and nobody's number in any of it."""
    chats, private = _shared()
    kinds = "CC,CVV,SSN,PHONE,EMAIL,IBAN,ACCOUNT,DOB,NATIONAL_ID"
    async with sink_server() as analytics:
        async with serving(
            tmp_path, *chats, CAPTIOND_REDACTION__KINDS=kinds, CAPTIOND_JOBS__ANALYTICS_URL=analytics.url
        ) as (_, _, caller):
            ids = [one.conversation_id for one in chats]
            _, job = await caller.post({"conversationIds": ids, "contextWindow": 1_000}, kind=KIND)
            ended = await caller.ended(job["id"], within_s=60)
            assert ended["state"] == "completed"
            await eventually(lambda: len(set(analytics.keys)) == len(ids))
        handed_on = {one["conversationId"]: one for one in analytics.came}
    for name, spans in private.items():
        texts = [str(message["text"]) for message in handed_on[name]["messages"]]
        for place, span in spans:
            assert span.casefold() not in texts[place].casefold(), (name, place)
    assert sum(len(spans) for spans in private.values()) > 150
    typed = {span for spans in private.values() for _, span in spans if sum(map(str.isdigit, span)) > 6}
    assert len(typed) > 40
    for path in (one for one in tmp_path.rglob("*") if one.is_file()):
        content = path.read_bytes()
        for span in typed:
            assert span.encode() not in content, path.name


def _shared() -> tuple[list[Messages], dict[str, list[tuple[int, str]]]]:
    """Conversations with private values, and these by conversation: in which message, and how they stand there."""
    chats: list[Messages] = []
    private: dict[str, list[tuple[int, str]]] = {}
    for number, path in enumerate(sorted((SHARED_DATA / "pii" / "truth").glob("*.json")), start=1):
        truth: Any = json.loads(path.read_text())
        said = sorted(truth["utterances"], key=lambda one: one["startMs"])
        chats.append(chat(number, *({"from": one["channel"], "text": one["text"]} for one in said)))
        private[conversation_id(number)] = [
            (place, " ".join(one["text"][entity["start"] : entity["end"]].split()))
            for place, one in enumerate(said)
            for entity in one["entities"]
            if entity["cls"] == "pii"
        ]
    return chats, private
