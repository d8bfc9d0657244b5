"""The workflows' calls at a daemon, over sockets, and the commands that use them."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from captiond.daemon import Daemon
from captiond.serve import answers
from captiond.simulator import Interaction, Recording, RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import On
from tests.harness import TREE, account, daemon_here, eventually
from tests.jobs.studio import ASKED, KIND, Api, Json, api

SAID = ({"text": "Call (415) 555-0132.", "speaker": "agent"},)


@asynccontextmanager
async def serving(folder: Path, *recordings: Recording, **environ: str) -> AsyncIterator[tuple[Simulator, Daemon, Api]]:
    """A simulator, a daemon in this loop, and a caller."""
    media = recordings or (Recording(media_id="m-1", transcripts=SAID), Recording(media_id="silent", outcome="silent"))
    environ = {"CAPTIOND_JOBS__REQUESTS_PER_S": "1000", **environ}
    async with (
        Simulator(
            media=media, interactions=[Interaction(interaction_id="i-1", text="Call (415) 555-0132.")]
        ) as upstream,
        daemon_here(folder, upstream, workers=1, **environ) as daemon,
        api(daemon.url) as caller,
    ):
        yield upstream, daemon, caller


async def test_a_job_from_its_start_to_its_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon, caller):
        status, job = await caller.post(ASKED)
        assert status == 202
        answers.JobCreated.model_validate(job)
        assert job["links"] == {"self": f"/v1/jobs/{job['id']}", "events": f"/v1/jobs/{job['id']}/events"}
        ended = await caller.ended(job["id"])
        answers.Job.model_validate(ended)
        assert (ended["state"], ended["phase"], ended["error"]) == ("completed", "over", None)
        assert ended["progress"] == {"done": 4, "of": 4, "percent": 100}
        assert ended["result"]["transcripts"][0]["text"] == "Call [PHONE]."
        status, listed = await caller.get("/v1/jobs?state=completed&kind=transcription-request")
        answers.JobList.model_validate(listed)
        assert [one["id"] for one in listed["jobs"]] == [job["id"]]
        assert "result" not in listed["jobs"][0]
        assert (await caller.get("/v1/jobs?state=failed"))[1] == {"jobs": []}
        assert upstream.ledger.transcriptions == {"m-1": 1}
        metrics, _ = daemon.meter.render()
        assert f'captiond_job_seconds_count{{kind="{KIND}"}} 1.0'.encode() in metrics
        assert f'captiond_webhooks_total{{kind="{KIND}",outcome="accepted"}} 1.0'.encode() in metrics
        assert f'captiond_transcription_processing_seconds_sum{{kind="{KIND}"}} 1.5'.encode() in metrics


async def test_the_same_key_gives_the_same_job_and_another_body_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, _, caller):
        asked = await asyncio.gather(*(caller.post(ASKED, Idempotency_Key="k") for _ in range(8)))
        assert {status for status, _ in asked} == {202}
        assert len({job["id"] for _, job in asked}) == 1
        assert upstream.ledger.count("media") == 1
        status, problem = await caller.post({**ASKED, "languages": ["de-DE"]}, Idempotency_Key="k")
        assert (status, problem["code"]) == (422, "idempotency_key_reused")
        assert (await caller.post(ASKED, Idempotency_Key="k2"))[1]["id"] != asked[0][1]["id"]


@pytest.mark.parametrize(
    ("recording", "code"),
    [
        (Recording(media_id="m-1", duration=1_801), "too_long"),
        (Recording(media_id="m-1", codec="g729"), "unsupported_codec"),
        (Recording(media_id="m-1", format="aiff"), "unsupported_format"),
    ],
)
async def test_what_cannot_be_done_is_an_answer(tmp_path: Path, recording: Recording, code: str) -> None:
    async with serving(tmp_path, recording) as (upstream, _, caller):
        status, problem = await caller.post(ASKED)
        assert (status, problem["code"]) == (422, code)
        _, job = await caller.get(f"/v1/jobs/{problem['job']}")
        assert (job["state"], job["error"]["code"], job["error"]["status"]) == ("failed", code, 422)
        assert not upstream.ledger.transcriptions


async def test_refusals(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, _, caller):
        for body, headers, expected in (
            ({"mediaId": "m-1"}, {}, (422, "invalid_request")),
            ({**ASKED, "languages": ["en_US"]}, {}, (422, "unsupported_language")),
            ({**ASKED, "webhooks": [{"uri": "http://example.com"}]}, {}, (422, "invalid_webhook_url")),
            (ASKED, {"Idempotency_Key": "x" * 256}, (422, "invalid_request")),
        ):
            status, problem = await caller.post(body, **headers)
            assert (status, problem["code"]) == expected, body
        for path, expected in (
            ("/v1/jobs/none", (404, "job_not_found")),
            ("/v1/jobs/none/events", (404, "job_not_found")),
            ("/v1/jobs?limit=0", (422, "invalid_request")),
            ("/v1/jobs?limit=0000000011001", (422, "invalid_request")),
            (f"/v1/jobs?limit=000000001{'9' * 4_999}", (422, "invalid_request")),
            ("/v1/jobs?state=lost", (422, "invalid_request")),
            ("/v1/jobs?kind=tea", (422, "invalid_request")),
        ):
            status, problem = await caller.get(path)
            assert (status, problem["code"]) == expected, path
        assert (await caller.post({"transcriptId": "t"}, kind="tea"))[1]["code"] == "unknown_kind"
        assert await caller.delete("/v1/jobs/none") == 404
        assert upstream.ledger.count("media") == 0


async def events(caller: Api, job: str, *, last: str | None = None) -> tuple[int, list[tuple[int, Json]]]:
    """The stream of a job until its end: (id, data) of each event."""
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{caller.url}/v1/jobs/{job}/events", headers=headers) as response,
    ):
        text = await response.text()
    pieces = [piece.split("\n") for piece in text.split("\n\n") if piece.startswith("event: job")]
    return response.status, [(int(lines[1][4:]), json.loads(lines[2][6:])) for lines in pieces]


async def test_a_job_is_followed_as_it_changes_and_the_stream_ends_with_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, _, caller):
        upstream.store(Recording(media_id="m-1", transcripts=SAID, delay_s=0.2))
        upstream.add_faults(*(SlowFault(on=on, delay_s=0.2) for on in (On.MEDIA, On.SUBMISSION)))
        _, job = await caller.post(ASKED, Prefer="respond-async")
        status, told = await events(caller, job["id"])
        assert status == 200
        assert [number for number, _ in told] == sorted({number for number, _ in told})
        phases = list(dict.fromkeys(one["phase"] for _, one in told))
        assert [phase for phase in phases if phase != "settling"] == ["checking", "submitting", "awaiting", "over"]
        assert told[-1][1]["state"] == "completed"
        assert told[-1][1] == await caller.ended(job["id"])
        # Late, and again after the end: an EventSource that has seen it is stopped.
        assert await events(caller, job["id"]) == (200, told[-1:])
        assert await events(caller, job["id"], last=str(told[-1][0])) == (204, [])


async def test_a_cancelled_job_stays_so_and_its_callback_changes_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon, caller):
        upstream.store(Recording(media_id="slow", delay_s=1.0))
        _, waits = await caller.post({**ASKED, "mediaId": "slow"})
        await eventually(lambda: upstream.ledger.transcriptions["slow"] == 1)
        assert await caller.delete(f"/v1/jobs/{waits['id']}") == 204
        cancelled = await caller.ended(waits["id"])
        assert (cancelled["state"], cancelled["result"]) == ("cancelled", None)
        await eventually(lambda: sum(upstream.ledger.callbacks_taken.values()) == 1)
        assert await caller.ended(waits["id"]) == cancelled
        assert await caller.delete(f"/v1/jobs/{waits['id']}") == 204
        # In the middle of a request, too.
        upstream.add_faults(RefuseFault(on=On.MEDIA, status=503, times=None))
        _, tried = await caller.post(ASKED, Prefer="respond-async")
        await eventually(lambda: upstream.ledger.count("media", 503) > 0)
        assert await caller.delete(f"/v1/jobs/{tried['id']}") == 204
        asked = upstream.ledger.count("media")
        assert (await caller.ended(tried["id"]))["state"] == "cancelled"
        await asyncio.sleep(0.05)
        assert upstream.ledger.count("media") == asked
        assert daemon.workflows is not None


async def test_a_job_in_trouble_says_when_it_is_tried_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, _, caller):
        upstream.add_faults(RefuseFault(on=On.MEDIA, status=429, retry_after_s=30))
        status, job = await caller.post(ASKED)
        assert status == 202
        _, found = await caller.get(f"/v1/jobs/{job['id']}")
        assert (found["state"], found["phase"]) == ("waiting", "checking")
        assert found["nextTryAt"] > found["updatedAt"]


async def test_without_an_account_it_says_so(tmp_path: Path) -> None:
    async with daemon_here(tmp_path) as daemon, api(daemon.url) as caller:
        status, problem = await caller.post(ASKED)
        assert (status, problem["code"]) == (503, "no_account")


async def test_the_calls_need_a_key(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_AUTH__API_KEYS="the-key") as (_, _, caller):
        for path in ("/v1/jobs", "/v1/jobs/x", "/v1/jobs/x/events"):
            assert (await caller.get(path))[0] == 401
        assert (await caller.post(ASKED))[0] == 401
        assert (await caller.post(ASKED, Authorization="Bearer the-key"))[0] == 202


# -- commands ----------------------------------------------------------------------------------------------------------


async def captiond(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """A command, as a user runs it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "captiond", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(TREE), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_commands(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_AUTH__API_KEYS="the-key") as (upstream, daemon, _):
        environ = {
            **account(upstream),
            "CAPTIOND_SERVER__PORT": daemon.url.rpartition(":")[2],
            "CAPTIOND_AUTH__API_KEYS": "the-key",
            "CAPTIOND_DATABASE__URL": f"sqlite:///{tmp_path / 'captiond.db'}",
        }
        digest = {**environ, "CAPTIOND_AUTH__API_KEYS": f"sha256:{hashlib.sha256(b'the-key').hexdigest()}"}
        bare, wrong, sought, given = await asyncio.gather(
            captiond(tmp_path, "transcribe", "m-1", **digest),
            captiond(tmp_path, "transcribe", "m-1", "--key", "another", **digest),
            captiond(tmp_path, "search", "call", **digest),
            captiond(tmp_path, "transcribe", "m-1", "--no-wait", "--key", "the-key", **digest),
        )
        for one in (bare, sought):
            assert (one.returncode, one.stdout) == (1, "")
            assert "captiond: unauthorized: " in one.stderr and "give one by --key" in one.stderr
        assert wrong.returncode == 1 and "--key" not in wrong.stderr  # it was shown one
        assert given.returncode == 0, given.stderr
        done, talk, left, refused, listed = await asyncio.gather(
            captiond(tmp_path, "transcribe", "m-1", "--language", "en-US", "es-ES", **environ),
            captiond(tmp_path, "interaction", "i-1", "--locale", "en-GB", **environ),
            captiond(tmp_path, "transcribe", "silent", "--no-wait", **environ),
            captiond(tmp_path, "transcribe", "m-unknown", **environ),
            captiond(tmp_path, "jobs", "list", "--json", "--state", "cancelled", **environ),
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert (result["status"], result["transcripts"][0]["text"]) == ("completed", "Call [PHONE].")
        assert result["languages"] == ["en-US", "es-ES"]
        assert "4/4 completed" in done.stderr
        assert json.loads(talk.stdout)["transcript"] == "Call [PHONE]."
        assert "7/7 completed" in talk.stderr
        assert left.returncode == 0, left.stderr
        job = left.stdout.strip()
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "captiond: not_found: " in refused.stderr
        assert (listed.returncode, listed.stdout) == (0, "")
        shown, cancelled, unknown = await asyncio.gather(
            captiond(tmp_path, "jobs", "show", job, **environ),
            captiond(tmp_path, "jobs", "cancel", job, **environ),
            captiond(tmp_path, "jobs", "show", "job-0", **environ),
        )
        assert json.loads(shown.stdout)["request"]["mediaId"] == "silent"
        assert (cancelled.returncode, cancelled.stdout) == (0, f"{job} cancelled\n")
        assert (unknown.returncode, unknown.stderr) == (1, "captiond: there is no job job-0\n")
        again, all_of_them = await asyncio.gather(
            captiond(tmp_path, "jobs", "cancel", job, **environ), captiond(tmp_path, "jobs", "list", **environ)
        )
        assert again.returncode == 1
        assert "has ended already: cancelled" in again.stderr
        assert {line.split()[3] for line in all_of_them.stdout.splitlines()} == {"completed", "cancelled", "failed"}


async def test_commands_without_a_daemon_say_so(tmp_path: Path) -> None:
    environ = {"CAPTIOND_SERVER__PORT": "9", "CAPTIOND_DATABASE__URL": f"sqlite:///{tmp_path / 'none.db'}"}
    asked, listed = await asyncio.gather(
        captiond(tmp_path, "transcribe", "m-1", **environ), captiond(tmp_path, "jobs", "list", **environ)
    )
    for ended, said in ((asked, "does it run?"), (listed, "there is no database")):
        assert (ended.returncode, ended.stdout) == (1, "")
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr
    assert not (tmp_path / "none.db").exists()
