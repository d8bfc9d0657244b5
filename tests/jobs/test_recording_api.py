"""A recording's transcript at a daemon: its calls over sockets, its text, its progress, and the command."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from captiond.daemon import Daemon
from captiond.serve import answers
from captiond.simulator import Fault, Simulator, SlowFault, Transcript
from captiond.simulator.faults import On
from captiond.simulator.longtext import RAW
from tests.harness import account, daemon_here, eventually
from tests.jobs.recording_stage import METRICS, SAID, SHOWN
from tests.jobs.studio import Api, api
from tests.jobs.test_jobs_api import captiond

KIND = "recording-transcript"
TRANSCRIPTS = (Transcript(transcript_id="t-1", text=SAID), Transcript(transcript_id="t-2", status="failed"))


@asynccontextmanager
async def serving(folder: Path, *faults: Fault, **environ: str) -> AsyncIterator[tuple[Simulator, Daemon, Api]]:
    """A simulator, a daemon in this loop, and a caller."""
    environ = {"CAPTIOND_JOBS__REQUESTS_PER_S": "1000", **environ}
    async with (
        Simulator(transcripts=TRANSCRIPTS, faults=faults) as upstream,
        daemon_here(folder, upstream, workers=1, **environ) as daemon,
        api(daemon.url) as caller,
    ):
        yield upstream, daemon, caller


async def test_a_job_and_its_text(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, daemon, caller), aiohttp.ClientSession() as http:
        status, job = await caller.post({"transcriptId": "t-1"}, kind=KIND)
        assert status == 202
        ended = await caller.ended(job["id"])
        answers.Job.model_validate(ended)
        result = ended["result"]
        assert (result["status"], result["transcript"], result["metrics"]) == ("completed", SHOWN, METRICS)
        assert ended["progress"] == {"done": 3, "of": 3, "percent": 100, "bytesDone": len(SAID.encode()),
                                     "bytesOf": len(SAID.encode())}  # fmt: skip
        link = daemon.url + result["transcriptLink"]
        async with http.get(link) as response:
            assert (response.status, response.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
            assert response.headers["Cache-Control"] == "no-store"
            assert await response.text() == SHOWN
        async with http.get(link, headers={"Range": "bytes=7-9"}) as response:
            assert (response.status, await response.text()) == (206, SHOWN[7:10])
        async with http.head(link) as response:
            assert response.headers["Content-Length"] == str(len(SHOWN.encode()))
        _, failed = await caller.post({"transcriptId": "t-2"}, kind=KIND)
        assert (await caller.ended(failed["id"]))["result"]["status"] == "fallback_triggered"
        for path, code in (
            (f"/v1/jobs/{failed['id']}/transcript.txt", "transcript_not_found"),
            ("/v1/jobs/none/transcript.txt", "job_not_found"),
        ):
            status, problem = await caller.get(path)
            assert (status, problem["code"]) == (404, code)
        metrics, _ = daemon.meter.render()
        for line in (
            f'recording_bytes_total{{what="text"}} {float(len(SAID.encode()))}',
            'recording_bytes_total{what="audio"} 64044.0',
            'recording_fallbacks_total{reason="failed"} 1.0',
            f'transcription_confidence_count{{kind="{KIND}"}} 1.0',
        ):
            assert f"captiond_{line}".encode() in metrics, line


async def test_the_text_needs_a_key_as_every_call(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_AUTH__API_KEYS="the-key") as (_, _, caller):
        assert (await caller.get("/v1/jobs/any/transcript.txt"))[0] == 401


async def test_what_is_asked_for_is_checked(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, _, caller):
        for body in (
            {},
            {"transcriptId": "a/b"},
            {"transcriptId": "t-1", "fallbackOnTimeout": "yes"},
            {"transcriptId": "t-1", "language": "not a tag"},
            {"transcriptId": "t-1", "retry": True},
        ):
            status, problem = await caller.post(body, kind=KIND)
            assert (status, problem["code"]) == (422, "invalid_request"), body
        assert upstream.ledger.count(On.TRANSCRIPT) == 0


async def test_how_far_it_is_is_told_in_bytes(tmp_path: Path) -> None:
    name = "sparse-6000000"
    held = SlowFault(on=On.CONTENT, delay_s=3_600, skip=30, session=name)
    async with serving(tmp_path, held, CAPTIOND_JOBS__CHUNK_BYTES="65536") as (upstream, _, caller):
        _, job = await caller.post({"transcriptId": name}, kind=KIND, Prefer="respond-async")
        await eventually(lambda: upstream.faults()[0]["struck"] == 1, within_s=30)
        _, found = await caller.get(f"/v1/jobs/{job['id']}")
        progress = found["progress"]
        assert (progress["done"], progress["of"], progress["bytesOf"]) == (1, 3, 6_000_000)
        assert 2_000_000 < progress["bytesDone"] < 4_000_000
        assert 33 + 11 <= progress["percent"] <= 33 + 23
        assert (await caller.get(f"/v1/jobs/{job['id']}/transcript.txt"))[0] == 404  # not all of it is there
        assert await caller.delete(f"/v1/jobs/{job['id']}") == 204


async def test_the_command(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES="4096") as (upstream, daemon, _):
        port = daemon.url.rpartition(":")[2]
        environ = {**account(upstream), "CAPTIOND_SERVER__PORT": port}
        done = await captiond(tmp_path, "recording", "t-1", **environ)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["transcript"] == SHOWN
        assert "3/3 completed" in done.stderr
        audio = await captiond(tmp_path, "recording", "t-2", "--resubmit", "--language", "en-GB", **environ)
        assert json.loads(audio.stdout)["status"] == "fallback_triggered"
        assert upstream.ledger.transcriptions == {"rec-1": 1}
        long = await captiond(tmp_path, "recording", "size-30000", **environ)
        assert json.loads(long.stdout)["transcript"] is None
        none = await captiond(tmp_path, "recording", "t-9", **environ)
        assert (none.returncode, none.stdout) == (1, "")
        assert "captiond: not_found: " in none.stderr
        assert not any(raw.decode() in ended.stdout + ended.stderr for raw in RAW for ended in (done, audio, long))
