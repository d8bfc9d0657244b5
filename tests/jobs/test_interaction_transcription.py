"""Workflow 2 against the simulator: how it goes, and each row of workflows.md, section 5, that concerns it."""

import asyncio
import contextlib
import json
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from captiond.jobs.refusals import JobFailed
from captiond.library import OpenWorkflows
from captiond.simulator import BrokenFault, DropFault, Fault, Interaction, RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import Broken, On
from tests.harness import account, daemon_process, eventually
from tests.jobs.studio import SECRET, FastPace, Json, Records, api, documents, sink_server, studio

KIND = "interaction-transcription"
SAID = "My card is four one one one one one one one one one one one one one one one. It costs 250 dollars."
SHOWN = "My card is [CC]. It costs 250 dollars."


def medium(kind: str = "audio", duration: Any = 60.0) -> Json:
    return {"type": kind, "state": "ended", "recording": True, "duration": duration}


@asynccontextmanager
async def stage(
    folder: Path, *interactions: Interaction, faults: tuple[Fault, ...] = (), speed: float = 1.0, **environ: str
) -> AsyncIterator[tuple[OpenWorkflows, Simulator, Records]]:
    """The workflow and its simulator, in time that runs `speed` times as fast for both."""
    pace, records = FastPace(speed), Records()
    known = interactions or (Interaction(interaction_id="i-1", text=SAID),)
    async with (
        Simulator(interactions=known, faults=faults, pace=pace) as upstream,
        studio(folder, upstream, pace=pace, audit=records, **environ) as workflows,
    ):
        yield workflows, upstream, records


async def failure(workflows: OpenWorkflows, **asked: Any) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        await workflows.transcribe_interaction("i-1", **asked)
    return caught.value


async def test_from_the_start_to_the_sink(tmp_path: Path) -> None:
    async with (
        sink_server() as nlp,
        stage(tmp_path, CAPTIOND_JOBS__NLP_URL=nlp.url) as (workflows, upstream, records),
    ):
        done = await workflows.transcribe_interaction("i-1", locale="en-GB")
        await eventually(lambda: bool(nlp.came))
        assert (done.status, done.text, dict(done.redactions)) == ("completed", SHOWN, {"CC": 1})
        assert done.latency_ms is not None and done.latency_ms >= 0
        assert done.raw["webhookSubscribed"] is True
        assert upstream.ledger.transcriptions == {"i-1": 1}
        assert upstream.interactions.webhooks == {}  # what was subscribed to was taken back
        [document] = nlp.came
        assert document == {
            "transcriptionId": done.transcription_id,
            "transcript": SHOWN,
            "latencyMs": done.latency_ms,
            "processedAt": document["processedAt"],
        }
        [told] = records.of("transcription_completed")
        assert (told["interactionId"], told["auditAction"]) == ("i-1", "transcription.completed")
        phases = [step["phase"] for step in records.of("job_step") if step["outcome"] != "created"]
        assert phases == ["checking", "starting", "subscribing", "looking", "awaiting", "tidying", "settling"]


async def test_a_result_that_is_faster_than_the_subscription_is_found(tmp_path: Path) -> None:
    async with stage(tmp_path, Interaction(interaction_id="i-1", text=SAID, delay_s=0)) as (workflows, upstream, _):
        done = await workflows.transcribe_interaction("i-1")
        assert (done.status, done.text) == ("completed", SHOWN)
        assert not upstream.ledger.callbacks


async def test_a_server_that_cannot_be_looked_at_calls_back(tmp_path: Path) -> None:
    async with stage(tmp_path, Interaction(interaction_id="i-1", text=SAID, delay_s=0.5, calls=2)) as (
        workflows,
        upstream,
        records,
    ):
        upstream.interactions.can_look = False
        upstream.add_faults(RefuseFault(on=On.WEBHOOK_END, status=405))
        assert (await workflows.transcribe_interaction("i-1")).text == SHOWN
        assert len(records.of("transcription_completed")) == 1


@pytest.mark.parametrize(
    ("media", "code"),
    [
        (None, "no_media"),
        ([], "no_media"),
        ([medium("message", None), medium("screenshare", None)], "unsupported_media"),
        ([medium(), medium("video", 1_800.5)], "too_long"),
        ([medium("audio", 10), medium("cobrowse", 2_000.0)], "too_long"),  # any medium, not only the first
    ],
)
async def test_what_cannot_be_transcribed_is_422_before_anything_is_begun(
    tmp_path: Path, media: Any, code: str
) -> None:
    async with stage(tmp_path, Interaction(interaction_id="i-1", media=media)) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert (failed.code, failed.status) == (code, 422)
        assert not upstream.ledger.transcriptions


async def test_without_a_licence_nothing_is_begun(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        upstream.interactions.licensed = False
        failed = await failure(workflows)
        assert (failed.code, failed.status) == ("not_licensed", 422)
        assert upstream.ledger.count("start") == 0


async def test_a_locale_that_is_not_known_is_422_and_upstream_is_not_asked(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        failed = await failure(workflows, locale="it-IT")
        assert (failed.code, failed.status) == ("unsupported_language", 422)
        assert upstream.ledger.count("interaction") == 0


async def test_a_duration_that_is_missing_is_invalid_and_not_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, Interaction(interaction_id="i-1", media=[medium("audio", None)])) as (workflows, _, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_invalid"
        assert "duration" in failed.message


async def test_a_subscription_that_fails_is_its_own_step_and_starts_nothing_again(tmp_path: Path) -> None:
    fault = RefuseFault(on=On.WEBHOOK, status=503, times=3)
    async with stage(tmp_path, faults=(fault,), speed=40) as (workflows, upstream, _):
        assert (await workflows.transcribe_interaction("i-1")).text == SHOWN
        assert (upstream.ledger.count("start"), upstream.ledger.count("webhook")) == (1, 4)
        assert upstream.ledger.transcriptions == {"i-1": 1}


async def test_answers_that_never_came_begin_nothing_twice(tmp_path: Path) -> None:
    faults = tuple(DropFault(on=on, after=True) for on in (On.START, On.WEBHOOK, On.WEBHOOK_END))
    async with stage(tmp_path, faults=faults, speed=40) as (workflows, upstream, _):
        assert (await workflows.transcribe_interaction("i-1")).text == SHOWN
        assert upstream.ledger.transcriptions == {"i-1": 1}
        assert upstream.interactions.webhooks == {}


async def test_a_sink_that_is_down_does_not_hold_up_the_job(tmp_path: Path) -> None:
    async with sink_server() as nlp:
        nlp.answers[:] = [503, 200]
        async with stage(tmp_path, speed=20, CAPTIOND_JOBS__NLP_URL=nlp.url) as (workflows, _, _):
            assert (await workflows.transcribe_interaction("i-1")).status == "completed"
            await eventually(lambda: len(nlp.came) == 2)
            assert nlp.came[0] == nlp.came[1]


@pytest.mark.parametrize("on", [On.INTERACTION, On.CAPABILITIES, On.START, On.WEBHOOK])
async def test_each_call_follows_the_rules_of_all(tmp_path: Path, on: On) -> None:
    """401 twice, 403, 400, an answer that is none: each ends the job with its own code, at once."""
    async with stage(tmp_path) as (workflows, upstream, _):
        for fault, code, asked in (
            (RefuseFault(on=on, status=401, times=2), "upstream_unauthorized", 2),
            (RefuseFault(on=on, status=403), "upstream_forbidden", 1),
            (RefuseFault(on=on, status=400, field="endpoint"), "upstream_refused", 1),
            (RefuseFault(on=on, status=404), "not_found", 1),
            (BrokenFault(on=on, what=Broken.NOT_JSON), "upstream_invalid", 1),
        ):
            upstream.clear_faults()
            upstream.add_faults(fault)
            before = upstream.ledger.count(on)
            failed = await failure(workflows)
            assert failed.code == code
            assert upstream.ledger.count(on) - before == asked
            if code == "upstream_forbidden":
                assert "interaction:transcription:create" in failed.extra["scopes"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"status": "failed"}, "failed"), ({"text": None}, "completed-empty"), ({"text": "  "}, "completed-empty")],
)
async def test_no_text_is_told_and_not_forwarded(tmp_path: Path, change: Json, status: str) -> None:
    async with (
        sink_server() as nlp,
        stage(tmp_path, Interaction(interaction_id="i-1", **change), CAPTIOND_JOBS__NLP_URL=nlp.url) as (
            workflows,
            _,
            records,
        ),
    ):
        if status == "failed":
            assert (await failure(workflows)).code == "transcription_failed"
            [told] = records.of("transcription_failed")
        else:
            assert (await workflows.transcribe_interaction("i-1")).status == status
            [told] = records.of("transcription_completed")
        assert told["status"] == status
        assert documents(tmp_path) == 0


async def test_a_time_that_is_missing_is_when_we_began(tmp_path: Path) -> None:
    interaction = Interaction(interaction_id="i-1", delay_s=4.0, data={"initiationTimestamp": None})
    async with stage(tmp_path, interaction, speed=10) as (workflows, _, _):
        done = await workflows.transcribe_interaction("i-1")
        assert done.latency_ms is not None and done.latency_ms >= 3_900
    (tmp_path / "later").mkdir()
    interaction = Interaction(interaction_id="i-1", data={"initiationTimestamp": "2099-01-01T00:00:00Z"})
    async with stage(tmp_path / "later", interaction) as (workflows, _, _):
        assert (await workflows.transcribe_interaction("i-1")).latency_ms is None


# -- over a daemon ----------------------------------------------------------------------------------------------------


def row_of(folder: Path, job: str) -> dict[str, Any]:
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone())


async def test_killed_around_every_request(tmp_path: Path) -> None:
    """One kill, a job at each boundary; then each ends as if nothing had happened."""
    boundaries = [
        (On.INTERACTION, "checking"),
        (On.START, "starting"),
        (On.WEBHOOK, "subscribing"),
        (On.LOOK, "looking"),
        (On.WEBHOOK_END, "tidying"),
    ]
    names = {
        f"{'after' if after else 'before'}-{phase}": (on, phase, after)
        for on, phase in boundaries
        for after in (False, True)
    }
    held = [SlowFault(on=on, delay_s=3_600, session=name, after=after) for name, (on, _, after) in names.items()]
    interactions = [
        Interaction(interaction_id=name, text=SAID, delay_s=0 if "tidying" in name else 2.0)
        for name in (*names, "awaiting")
    ]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environ = {
        "CAPTIOND_SERVER__PORT": port,
        "CAPTIOND_JOBS__WEBHOOK_SECRET": SECRET,
        "CAPTIOND_JOBS__REQUESTS_PER_S": "200",
    }
    async with (
        sink_server() as nlp,
        Simulator(interactions=interactions, faults=held, webhook_secret=SECRET) as upstream,
        daemon_process(tmp_path, **account(upstream), **environ, CAPTIOND_JOBS__NLP_URL=nlp.url) as daemon,
        api(daemon.url) as caller,
    ):
        jobs = {}
        for name in (*names, "awaiting"):
            _, job = await caller.post({"interactionId": name}, kind=KIND, Prefer="respond-async")
            jobs[name] = job["id"]
        await eventually(lambda: sum(int(str(one["struck"])) for one in upstream.faults()) == len(names))
        await eventually(lambda: row_of(tmp_path, jobs["awaiting"])["phase"] == "awaiting")
        daemon.signal(signal.SIGKILL)
        await daemon.exit_status(within_s=5)
        for name, (_, phase, _) in names.items():
            assert (row_of(tmp_path, jobs[name])["state"], row_of(tmp_path, jobs[name])["phase"]) == ("running", phase)
        await daemon.start()
        ended = await asyncio.gather(*(caller.ended(job) for job in jobs.values()))
        assert {job["state"] for job in ended} == {"completed"}
        assert {job["result"]["transcript"] for job in ended} == {SHOWN}
        assert upstream.ledger.transcriptions == dict.fromkeys((*names, "awaiting"), 1)
        assert upstream.interactions.webhooks == {}
        await eventually(lambda: len(set(nlp.keys)) == len(jobs))
        records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
        assert {record["kind"] for record in records} >= {"resumed", "job_step"}
        for path in tmp_path.iterdir():
            assert b"one one one" not in path.read_bytes(), path.name
        # Once more, by whoever: acknowledged in this kind's own words, and nothing is done.
        body = {
            "transcriptionId": ended[0]["result"]["transcriptionId"],
            "status": "completed",
            "transcript": {"text": "x"},
        }
        answer = await caller.callback(json.dumps(body).encode(), kind=KIND, Authorization=f"Bearer {SECRET}")
        assert answer == (200, {"acknowledged": True})
        assert await caller.ended(ended[0]["id"]) == ended[0]
