"""Erasing by a call and by the command: nothing of a session or a job is left, in memory, in answers, in the files."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.base.ids import SessionId
from captiond.daemon import Daemon
from captiond.simulator import Interaction, Simulator, Transcript
from tests.harness import Json, daemon_here, eventually, start
from tests.jobs.chats import chat, conversation_id
from tests.jobs.studio import api, sink_server
from tests.jobs.test_jobs_api import captiond

WORD, OTHER = "zanzibarine", "madagascarene"


@asynccontextmanager
async def serving(folder: Path, **environ: str) -> AsyncIterator[tuple[Simulator, Daemon]]:
    lines = "".join(f"Agent: the {WORD}, line {number}\n" for number in range(40))
    environ = {"CAPTIOND_JOBS__REQUESTS_PER_S": "1000", "CAPTIOND_JOBS__READS_PER_S": "1000", **environ}
    async with (
        Simulator(
            unknown="silent",
            conversations=[chat(1, f"the {WORD} one", "yes"), chat(2, f"the {OTHER} one")],
            interactions=[Interaction(interaction_id="i-1", text=f"a {WORD}", status="silent")],
            transcripts=[Transcript(transcript_id="t-1", text=lines)],
        ) as upstream,
        daemon_here(folder, upstream, workers=1, **environ) as daemon,
    ):
        yield upstream, daemon


async def call(daemon: Daemon, method: str, path: str, **body: Any) -> tuple[int, Json]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"{daemon.url}{path}", json=body or None) as response,
    ):
        content = await response.read()
        return response.status, json.loads(content) if content else {}


async def hits(daemon: Daemon, query: str) -> int:
    _, answer = await call(daemon, "POST", "/v1/transcripts/search", query=query)
    total: int = answer["total"]
    return total


async def said(upstream: Simulator, daemon: Daemon, session: str, *texts: str) -> None:
    await start(daemon, session)
    events = [{"eventSequence": number, "transcript": text, "isPartial": False} for number, text in enumerate(texts, 1)]
    assert await upstream.emit(session, *events) == 1
    live = daemon.rooms.get(SessionId(session))
    assert live is not None
    await eventually(lambda: live.audit_records >= len(texts))


def on_disk(folder: Path, word: str = WORD) -> bool:
    return any(word.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_session_that_runs_is_ended_and_nothing_of_it_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="captiond")
    async with serving(tmp_path) as (upstream, daemon):
        await said(upstream, daemon, "ms-1", f"The {WORD} was said.", "And more.")
        await said(upstream, daemon, "ms-2", f"The {OTHER} was said.")
        assert (await hits(daemon, WORD), await hits(daemon, OTHER)) == (1, 1)
        assert on_disk(tmp_path)
        for wrong in ("2", "yes", ""):
            status, problem = await call(daemon, "DELETE", f"/v1/sessions/ms-1?erase={wrong}")
            assert (status, problem["code"]) == (422, "invalid_request")
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1?erase=1"))[0] == 204
        for path, status in (("", 404), ("/transcript.json", 404), ("/events", 410)):
            assert (await call(daemon, "GET", f"/v1/sessions/ms-1{path}"))[0] == status, path
        assert (await hits(daemon, f"{WORD[:4]}*"), await hits(daemon, OTHER)) == (0, 1)
        assert not on_disk(tmp_path)
        assert on_disk(tmp_path, OTHER)
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1?erase=1"))[0] == 404
        assert (await call(daemon, "GET", "/v1/sessions/ms-2"))[1]["state"] == "live"
        await eventually(lambda: b'"session_erased"' in (tmp_path / "audit.jsonl").read_bytes())
    assert "session erased: session=ms-1" in caplog.text
    async with serving(tmp_path) as (_, daemon):
        assert [one["id"] for one in (await call(daemon, "GET", "/v1/sessions"))[1]["sessions"]] == ["ms-2"]


async def test_a_session_of_an_earlier_life_is_erased(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        await said(upstream, daemon, "ms-1", f"The {WORD} was said.")
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1"))[0] == 204
        assert (await call(daemon, "GET", "/v1/sessions/ms-1/transcript.json"))[0] == 200
    async with serving(tmp_path) as (_, daemon):
        assert (await call(daemon, "GET", "/v1/sessions/ms-1/transcript.json"))[0] == 200
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1"))[0] == 404  # nothing runs, nothing is ended
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1?erase=1"))[0] == 204
        assert (await call(daemon, "GET", "/v1/sessions/ms-1/transcript.json"))[0] == 404
        assert not on_disk(tmp_path)


async def test_jobs_go_with_results_parts_files_and_documents(tmp_path: Path) -> None:
    limit = {"CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES": "1024"}  # a longer one stands in a file
    async with sink_server() as sink:
        sink.answers = [503]
        async with (
            serving(tmp_path, CAPTIOND_JOBS__ANALYTICS_URL=sink.url, **limit) as (_, daemon),
            api(daemon.url) as to,
        ):
            _, talks = await to.post({"conversationIds": [conversation_id(1)]}, kind="messaging-transcript")
            _, others = await to.post({"conversationIds": [conversation_id(2)]}, kind="messaging-transcript")
            _, recording = await to.post({"transcriptId": "t-1"}, kind="recording-transcript")
            _, waiting = await to.post({"interactionId": "i-1", "locale": "en-US"}, kind="interaction-transcription")
            for one in (talks, others, recording):
                assert (await to.ended(one["id"]))["state"] == "completed"
            file = tmp_path / f"captiond.db-files/{recording['id']}.txt"
            assert WORD.encode() in file.read_bytes()
            assert await hits(daemon, WORD) == 41
            for one, left in ((recording, 1), (talks, 0), (waiting, 0)):
                assert await to.delete(f"/v1/jobs/{one['id']}?erase=1") == 204
                assert (await to.get(f"/v1/jobs/{one['id']}"))[0] == 404
                assert await hits(daemon, WORD) == left
            assert not file.exists()
            assert not on_disk(tmp_path)
            assert on_disk(tmp_path, OTHER)
            assert (await to.get(f"/v1/jobs/{others['id']}"))[0] == 200
            assert await to.delete(f"/v1/jobs/{talks['id']}?erase=1") == 404
            assert await to.delete(f"/v1/jobs/{others['id']}?erase=all") == 422
            assert daemon.workflows is not None
            outcomes = [one.state for one in await daemon.workflows.list()]
            assert outcomes == ["completed"]


async def test_who_follows_a_job_that_is_erased_is_let_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, daemon), api(daemon.url) as to:
        _, waiting = await to.post({"interactionId": "i-1", "locale": "en-US"}, kind="interaction-transcription")
        async with aiohttp.ClientSession() as http, http.get(f"{daemon.url}/v1/jobs/{waiting['id']}/events") as events:
            await events.content.readuntil(b"\n\n")
            assert await to.delete(f"/v1/jobs/{waiting['id']}?erase=1") == 204
            rest = await events.text()  # it ends
        assert WORD not in rest


async def test_the_command(tmp_path: Path) -> None:
    environ = {"CAPTIOND_DATABASE__URL": f"sqlite:///{tmp_path / 'captiond.db'}"}
    limit = {"CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES": "1024"}
    async with serving(tmp_path, **limit) as (upstream, daemon), api(daemon.url) as to:
        await said(upstream, daemon, "ms-1", f"The {WORD} was said.")
        await said(upstream, daemon, "ms-2", f"The {OTHER} was said.")
        _, recording = await to.post({"transcriptId": "t-1"}, kind="recording-transcript")
        await to.ended(recording["id"])
        assert (await call(daemon, "DELETE", "/v1/sessions/ms-1"))[0] == 204
        done = await captiond(tmp_path, "erase", "session", "ms-1", "ms-2", "ms-3", "ms-1", **environ)
        assert (done.returncode, done.stdout) == (1, "ms-1 erased\n")
        assert done.stderr == "captiond: ms-2 is not over: end it first\ncaptiond: there is no session ms-3\n"
        assert (await hits(daemon, WORD), await hits(daemon, OTHER)) == (40, 1)
    done = await captiond(tmp_path, "erase", "job", recording["id"], **environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{recording['id']} erased\n", "")
    assert not on_disk(tmp_path)
    assert on_disk(tmp_path, OTHER)
    done = await captiond(tmp_path, "erase", "job", recording["id"], **environ)
    assert (done.returncode, done.stderr) == (1, f"captiond: there is no job {recording['id']}\n")
