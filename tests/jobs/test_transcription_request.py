"""Workflow 1 against the simulator: how it goes, and each row of workflows.md, section 5, that concerns it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from captiond.jobs.refusals import JobFailed
from captiond.jobs.requests import InvalidBody
from captiond.library import OpenWorkflows, Transcription
from captiond.simulator import BrokenFault, DropFault, Fault, Recording, RefuseFault, Simulator
from captiond.simulator.faults import Broken, On
from tests.jobs.studio import FastPace, Json, Records, documents, sink_server, studio

CARD = "four one one one one one one one one one one one one one one one"


@asynccontextmanager
async def stage(
    folder: Path, *recordings: Recording, faults: tuple[Fault, ...] = (), speed: float = 1.0, **environ: str
) -> AsyncIterator[tuple[OpenWorkflows, Simulator, Records]]:
    """The workflow and its simulator, in time that runs `speed` times as fast for both."""
    pace, records = FastPace(speed), Records()
    media = recordings or (Recording(media_id="m-1"),)
    async with (
        Simulator(media=media, faults=faults, pace=pace) as upstream,
        studio(folder, upstream, pace=pace, audit=records, **environ) as workflows,
    ):
        yield workflows, upstream, records


async def failure(workflows: OpenWorkflows, media: str = "m-1", **asked: Any) -> JobFailed:
    """What that request fails with."""
    with pytest.raises(JobFailed) as caught:
        await workflows.transcribe(media, **asked)
    return caught.value


# -- how it goes ---------------------------------------------------------------------------------------------------


async def test_from_the_request_to_the_redacted_transcript(tmp_path: Path) -> None:
    pieces = (
        {"text": f"My card is {CARD}.", "speaker": "customer", "confidence": 0.8, "startMs": 0, "endMs": 900},
        {"text": "Thank you, that is 250 dollars.", "speaker": "agent", "confidence": 0.9},
    )
    recording = Recording(media_id="m-1", duration=61.5, codec="OPUS", format="Ogg", transcripts=pieces)
    async with (
        sink_server() as index,
        stage(tmp_path, recording, CAPTIOND_JOBS__INDEX_URL=index.url) as (workflows, upstream, records),
    ):
        done = await workflows.transcribe("m-1", languages=["en-US", "es-ES"], redaction_policy_id="p-1")
        async with asyncio.timeout(5):
            while not index.came:  # noqa: ASYNC110  (the sink has no event)
                await asyncio.sleep(0.01)
    assert isinstance(done, Transcription)
    assert (done.status, done.latency_s, done.average_confidence) == ("completed", 1.5, 0.85)
    assert done.text == "My card is [CC].\nThank you, that is 250 dollars."
    assert [piece.speaker for piece in done.pieces] == ["customer", "agent"]
    assert (done.pieces[0].start_ms, done.pieces[0].end_ms, done.pieces[1].start_ms) == (0, 900, None)
    assert (dict(done.redactions), done.warnings) == ({"CC": 1}, ())
    assert upstream.ledger.transcriptions == {"m-1": 1}
    [document] = index.came
    assert document == {
        "id": done.transcription_id,
        "mediaReference": "m-1",
        "content": done.text,
        "confidence": 0.85,
        "indexedAt": document["indexedAt"],
    }
    [told] = records.of("transcription_completed")
    assert {key: told[key] for key in ("transcriptionId", "mediaId", "status", "latencySeconds", "redacted")} == {
        "transcriptionId": done.transcription_id,
        "mediaId": "m-1",
        "status": "completed",
        "latencySeconds": 1.5,
        "redacted": True,
    }
    steps = [(step["phase"], step["outcome"]) for step in records.of("job_step")]
    assert steps == [
        ("checking", "created"),
        ("checking", "done"),
        ("submitting", "done"),
        ("awaiting", "called back"),
        ("settling", "done"),
    ]


async def test_what_is_asked_of_upstream(tmp_path: Path) -> None:
    asked: list[Json] = []
    async with stage(tmp_path) as (workflows, _, _):
        calls = workflows._workflows.runner._tools.calls
        true_post = calls.post

        async def post(path: str, body: Json, **more: Any) -> Any:
            asked.append({"path": path, "body": body, **more})
            return await true_post(path, body, **more)

        calls.post = post  # type: ignore[method-assign, assignment]
        done = await workflows.transcribe("m-1", languages=["en-US"], enable_speaker_identification=False)
    [sent] = asked
    hook = sent["body"].pop("webhooks")[0]
    assert sent["body"] == {
        "mediaId": "m-1",
        "languages": ["en-US"],
        "settings": {"enableSpeakerIdentification": False},
    }
    assert hook["events"] == ["transcription.completed", "transcription.failed"]
    assert f"/v1/webhooks/transcription-request?job={done.job}" in hook["uri"]
    assert sent["key"] == f"{done.job}:submit"


async def test_a_callback_that_is_faster_than_the_answer_is_not_lost(tmp_path: Path) -> None:
    async with stage(tmp_path, Recording(media_id="m-1", early=True)) as (workflows, upstream, _):
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert upstream.ledger.transcriptions == {"m-1": 1}


async def test_a_callback_that_comes_three_times_is_used_once(tmp_path: Path) -> None:
    async with stage(tmp_path, Recording(media_id="m-1", calls=3)) as (workflows, upstream, records):
        done = await workflows.transcribe("m-1")
        async with asyncio.timeout(5):
            while upstream.ledger.callbacks_taken[done.transcription_id] < 3:  # noqa: ASYNC110  (has no event)
                await asyncio.sleep(0.01)
        assert len(records.of("transcription_completed")) == 1


# -- refused before anything is begun ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recording", "code"),
    [
        (Recording(media_id="m-1", duration=1_800.5), "too_long"),
        (Recording(media_id="m-1", codec="speex"), "unsupported_codec"),
        (Recording(media_id="m-1", format="avi"), "unsupported_format"),
    ],
)
async def test_media_that_cannot_be_transcribed_is_422_before_any_post(
    tmp_path: Path, recording: Recording, code: str
) -> None:
    async with stage(tmp_path, recording) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert (failed.code, failed.status) == (code, 422)
        assert not upstream.ledger.transcriptions
        assert upstream.ledger.count("submission") == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"languages": ["english"]}, "unsupported_language"),
        ({"languages": ["en-US", "en_GB"]}, "unsupported_language"),
        ({"languages": [""]}, None),
        ({"languages": []}, None),
        ({"languages": "en-US"}, None),
        ({"webhooks": [{"uri": "http://hooks.example.com/x"}]}, "invalid_webhook_url"),
        ({"webhooks": [{"uri": "https://hooks.example.com/x"}, {"uri": "ftp://x"}]}, "invalid_webhook_url"),
        ({"mediaId": "../media"}, None),
        ({"mediaID": "m-1"}, None),
    ],
)
async def test_a_request_that_cannot_be_meant_is_422_and_upstream_is_not_asked(
    tmp_path: Path, body: Json, code: str | None
) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        asked = {"mediaId": "m-1", "languages": ["en-US"], **body}
        with pytest.raises((JobFailed, InvalidBody)) as caught:
            await workflows._workflows.submit("transcription-request", asked)
        assert getattr(caught.value, "code", None) == code
        assert getattr(caught.value, "status", 422) == 422
        assert upstream.ledger.count("media") == 0


@pytest.mark.parametrize("missing", ["duration", "codec", "format"])
async def test_null_is_invalid_and_not_nothing(tmp_path: Path, missing: str) -> None:
    async with stage(tmp_path, Recording(media_id="m-1", **{missing: None})) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert (failed.code, failed.status) == ("upstream_invalid", None)
        assert missing in failed.message
        assert not upstream.ledger.transcriptions


# -- what upstream may answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [On.MEDIA, On.SUBMISSION])
async def test_401_is_one_new_token_and_one_more_try(tmp_path: Path, on: On) -> None:
    once = RefuseFault(on=on, status=401)
    async with stage(tmp_path, faults=(once,)) as (workflows, upstream, _):
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert (upstream.ledger.count(on), upstream.ledger.tokens_issued) == (2, 2)
    (tmp_path / "again").mkdir()
    always = RefuseFault(on=on, status=401, times=None)
    async with stage(tmp_path / "again", faults=(always,)) as (workflows, upstream, _):
        assert (await failure(workflows)).code == "upstream_unauthorized"
        assert (upstream.ledger.count(on), upstream.ledger.tokens_issued) == (2, 2)


@pytest.mark.parametrize("what", [Broken.MISSING_KEYS, Broken.WRONG_TYPES])
async def test_a_token_answer_without_a_token_names_the_field_and_never_the_body(tmp_path: Path, what: Broken) -> None:
    faults = (BrokenFault(on=On.TOKEN, what=what, times=None),)
    async with stage(tmp_path, faults=faults, speed=40) as (workflows, _, _):
        failed = await failure(workflows)
    assert failed.code == "upstream_invalid"
    assert "access_token" in failed.message
    assert "soon" not in failed.message


@pytest.mark.parametrize("on", [On.MEDIA, On.SUBMISSION])
async def test_403_lists_the_scopes(tmp_path: Path, on: On) -> None:
    faults = (RefuseFault(on=on, status=403, permission="media:media:read", times=None),)
    async with stage(tmp_path, faults=faults) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_forbidden"
        assert failed.extra["scopes"] == ["media:transcription:write", "media:media:read"]
        assert upstream.ledger.count(on) == 1


async def test_400_says_what_the_server_said_redacted_and_the_field(tmp_path: Path) -> None:
    said = "languages: not known to caller 415 555 0132"
    faults = (RefuseFault(on=On.SUBMISSION, status=400, message=said, field="languages"),)
    async with stage(tmp_path, faults=faults) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_refused"
        assert failed.extra["upstreamStatus"] == 400
        assert failed.extra["field"] == "languages"
        assert failed.extra["upstreamMessage"] == "languages: not known to caller [PHONE]"
        assert "0132" not in failed.message
        assert upstream.ledger.count("submission") == 1


async def test_404_is_not_found(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        assert (await failure(workflows, "m-unknown")).code == "not_found"
        assert upstream.ledger.count("media") == 1


async def test_429_waits_as_told_and_gives_up_after_three_more_tries(tmp_path: Path) -> None:
    waits = RefuseFault(on=On.SUBMISSION, status=429, retry_after_s=3, times=2)
    async with stage(tmp_path, faults=(waits,), speed=20) as (workflows, upstream, _):
        began_s = time.monotonic()
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert time.monotonic() - began_s >= 2 * 3 / 20
        seen = [one.at_s for one in upstream.ledger.requests if one.operation == "submission"]
        assert all(later - sooner >= 3 for sooner, later in pairwise(seen))
    (tmp_path / "again").mkdir()
    always = RefuseFault(on=On.SUBMISSION, status=429, times=None)  # names no time: 2, 4, 8 s
    async with stage(tmp_path / "again", faults=(always,), speed=40) as (workflows, upstream, _):
        assert (await failure(workflows)).code == "upstream_rate_limited"
        seen = [one.at_s for one in upstream.ledger.requests if one.operation == "submission"]
        waited = [later - sooner for sooner, later in pairwise(seen)]
        assert [wait >= least for wait, least in zip(waited, (2, 4, 8), strict=True)] == [True] * 3


@pytest.mark.parametrize(
    "fault",
    [
        RefuseFault(on=On.MEDIA, status=503, times=3),
        DropFault(on=On.MEDIA, times=3),
        RefuseFault(on=On.SUBMISSION, status=500, times=3),
        DropFault(on=On.SUBMISSION, times=3),
    ],
)
async def test_5xx_and_a_broken_network_are_tried_again(tmp_path: Path, fault: RefuseFault | DropFault) -> None:
    async with stage(tmp_path, faults=(fault,), speed=40) as (workflows, upstream, _):
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert upstream.ledger.count(fault.on) == 4
        assert upstream.ledger.transcriptions == {"m-1": 1}


async def test_an_answer_that_never_came_begins_nothing_twice(tmp_path: Path) -> None:
    """The transcription was begun, its id was not told: the next try carries the same key."""
    recording, lost = Recording(media_id="m-1", delay_s=200), DropFault(on=On.SUBMISSION, after=True, times=2)
    async with stage(tmp_path, recording, faults=(lost,), speed=80) as (workflows, upstream, _):
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert upstream.ledger.count("submission") == 3
        assert upstream.ledger.transcriptions == {"m-1": 1}
        assert len(upstream.ledger.callbacks) == 1


async def test_a_callback_tells_what_the_lost_answer_did_not(tmp_path: Path) -> None:
    recording, lost = Recording(media_id="m-1", early=True), DropFault(on=On.SUBMISSION, after=True)
    async with stage(tmp_path, recording, faults=(lost,), speed=40) as (workflows, upstream, _):
        assert (await workflows.transcribe("m-1")).status == "completed"
        assert upstream.ledger.count("submission") == 1


async def test_upstream_that_stays_away_fails_the_job_at_its_deadline(tmp_path: Path) -> None:
    faults = (RefuseFault(on=On.MEDIA, status=502, times=None),)
    async with stage(tmp_path, faults=faults, speed=60, CAPTIOND_JOBS__DEADLINE_S="120") as (workflows, upstream, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_unavailable"
        assert upstream.ledger.count("media") > 5


@pytest.mark.parametrize("on", [On.MEDIA, On.SUBMISSION])
@pytest.mark.parametrize("what", [Broken.NOT_JSON, Broken.EMPTY, Broken.MISSING_KEYS, Broken.WRONG_TYPES])
async def test_an_answer_of_success_that_is_none_fails_at_once(tmp_path: Path, on: On, what: Broken) -> None:
    async with stage(tmp_path, faults=(BrokenFault(on=on, what=what, times=None),)) as (workflows, upstream, _):
        assert (await failure(workflows)).code == "upstream_invalid"
        assert upstream.ledger.count(on) == 1


# -- what the callback may say -------------------------------------------------------------------------------------


async def test_failed_is_failed_audited_and_not_indexed(tmp_path: Path) -> None:
    recording = Recording(media_id="m-1", outcome="failed", failure_reason="caller (415) 555-0132 hung up")
    async with (
        sink_server() as index,
        stage(tmp_path, recording, CAPTIOND_JOBS__INDEX_URL=index.url) as (workflows, _, records),
    ):
        failed = await failure(workflows)
        assert failed.code == "transcription_failed"
        assert "caller [PHONE] hung up" in failed.message
        assert [told["status"] for told in records.of("transcription_failed")] == ["failed"]
        assert documents(tmp_path) == 0


@pytest.mark.parametrize("pieces", [(), ({"text": "  "},), ({"confidence": 0.9},)])
async def test_completed_with_nothing_in_it_is_told_and_not_indexed(
    tmp_path: Path, pieces: tuple[Json, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        sink_server() as index,
        stage(tmp_path, Recording(media_id="m-1", transcripts=pieces), CAPTIOND_JOBS__INDEX_URL=index.url) as (
            workflows,
            _,
            records,
        ),
    ):
        done = await workflows.transcribe("m-1")
        assert (done.status, done.text, done.average_confidence) == ("completed-empty", "", None)
        assert "no_transcripts" in done.warnings
        assert [told["status"] for told in records.of("transcription_completed")] == ["completed-empty"]
        assert documents(tmp_path) == 0
    assert any("warnings=no_transcripts" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "data",
    [
        {"startedAt": None},
        {"completedAt": None},
        {"startedAt": 1_767_225_600.5},
        {"startedAt": "yesterday"},
        {"completedAt": "2001-01-01T00:00:00Z"},  # before it began
    ],
)
async def test_a_time_that_is_missing_or_none_makes_no_latency(tmp_path: Path, data: Json) -> None:
    async with stage(tmp_path, Recording(media_id="m-1", data=data)) as (workflows, _, records):
        done = await workflows.transcribe("m-1")
        assert (done.status, done.latency_s) == ("completed", None)
        assert records.of("transcription_completed")[0]["latencySeconds"] is None


async def test_the_mean_is_of_all_confidences_that_there_are(tmp_path: Path) -> None:
    pieces = tuple({"text": "yes", "confidence": value} for value in (0.5, 1.0, None, "high", 7, True, 0))
    async with stage(tmp_path, Recording(media_id="m-1", transcripts=pieces)) as (workflows, _, _):
        done = await workflows.transcribe("m-1")
    assert done.average_confidence == 0.5
    assert [piece.confidence for piece in done.pieces] == [0.5, 1.0, None, None, None, None, 0.0]


async def test_a_callback_that_never_comes_fails_the_job_at_its_deadline(tmp_path: Path) -> None:
    recording = Recording(media_id="m-1", outcome="silent")
    async with stage(tmp_path, recording, speed=60, CAPTIOND_JOBS__DEADLINE_S="60") as (workflows, upstream, _):
        assert (await failure(workflows)).code == "deadline_exceeded"
        assert upstream.ledger.transcriptions == {"m-1": 1}


async def test_without_an_address_for_callbacks_nothing_is_begun(tmp_path: Path) -> None:
    async with Simulator(any_media=True) as upstream:
        async with studio(tmp_path, upstream) as workflows:
            workflows.url = ""
            failed = await failure(workflows)
        assert (failed.code, failed.status) == ("invalid_webhook_url", 422)
        assert upstream.ledger.count("media") == 0
