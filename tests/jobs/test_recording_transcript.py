"""Workflow 3 against the simulator: how it goes, and each row of workflows.md, section 5, that concerns it."""

import asyncio
import contextlib
import sqlite3
import stat
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from captiond.simulator import BrokenFault, DropFault, RangeFault, RefuseFault
from captiond.simulator.faults import Broken, On, Range
from captiond.simulator.longtext import RAW
from tests.harness import eventually
from tests.jobs.recording_stage import METRICS, PIECES, SAID, SHOWN, failure, nothing_raw, stage, transcript
from tests.jobs.studio import documents, sink_server


async def test_from_the_poll_to_the_sink(tmp_path: Path) -> None:
    async with (
        sink_server() as store,
        stage(
            tmp_path,
            transcript(polls=2),
            speed=20,
            CAPTIOND_JOBS__COMPLIANCE_URL=store.url,
            CAPTIOND_JOBS__COMPLIANCE_TOKEN="the token",
        ) as (workflows, upstream, records),
    ):
        store.answers[:] = [503, 200]
        done = await workflows.recording("t-1")
        assert (done.status, done.text, dict(done.redactions)) == ("completed", SHOWN, {"CC": 1})
        assert done.recording_id == "rec-1"
        assert done.metrics == METRICS
        assert done.file is not None and done.file.read_text() == SHOWN
        assert stat.S_IMODE(done.file.stat().st_mode) == 0o600
        assert stat.S_IMODE(done.file.parent.stat().st_mode) == 0o700
        assert upstream.ledger.count(On.TRANSCRIPT) == 3
        await eventually(lambda: len(store.came) == 2)
        assert store.came[1] == {
            "transcriptId": "t-1",
            "recordingId": "rec-1",
            "duration": 60.0,
            "completedTimestamp": store.came[1]["completedTimestamp"],
            "piiMarkersPresent": False,
            "qualityScore": 0.93,
            "syncedAt": store.came[1]["syncedAt"],
        }
        assert store.headers[1]["Authorization"] == "Bearer the token"
        [told] = records.of("transcript_retrieved")
        assert told["complianceFlag"] == "PII_REDACTED"
        assert told["latencyMs"] == 1_500
        assert "4111" not in str(records.kept)


async def test_the_result_says_when_the_compliance_store_has_it(tmp_path: Path) -> None:
    async with (
        sink_server() as store,
        stage(tmp_path, CAPTIOND_JOBS__COMPLIANCE_URL=store.url, speed=5) as (workflows, _, _),
    ):
        store.answers[:] = [503]
        done = await workflows.recording("t-1")
        await eventually(lambda: bool(store.came))
        job = await workflows.job(done.job)
        assert job is not None and job["result"]["complianceSynced"] is done.raw["complianceSynced"] is False
        store.answers[:] = [200]

        async def is_synced() -> bool:
            found = await workflows.job(done.job)
            return found is not None and found["result"] == {**done.raw, "complianceSynced": True}

        async with asyncio.timeout(10):
            while not await is_synced():  # noqa: ASYNC110  (what it waits for has no event)
                await asyncio.sleep(0.02)


async def test_without_a_store_nothing_is_synced(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, _, _):
        assert (await workflows.recording("t-1")).raw["complianceSynced"] is False
        assert documents(tmp_path) == 0


async def test_the_waits_between_polls_double_to_30_s(tmp_path: Path) -> None:
    """At least so long: `tests/base/test_backoff.py` has how long exactly, this machine adds what it takes itself."""
    async with stage(tmp_path, transcript(polls=7), speed=200) as (workflows, upstream, _):
        assert (await workflows.recording("t-1")).text == SHOWN
        asked = [one.at_s for one in upstream.ledger.requests if one.operation == On.TRANSCRIPT]
        waits = [later - sooner for sooner, later in pairwise(asked)]
        assert all(wait >= least for wait, least in zip(waits, (2, 4, 8, 16, 30, 30, 30), strict=True)), waits


async def test_what_does_not_come_in_time_fails_and_falls_back_only_if_asked(tmp_path: Path) -> None:
    never = transcript(status="in_progress")
    few = {"CAPTIOND_JOBS__POLL_ATTEMPTS": "3", "CAPTIOND_JOBS__POLL_BASE_S": "0.1"}
    async with stage(tmp_path, never, environ=few) as (workflows, upstream, _):
        assert (await failure(workflows)).code == "poll_timeout"
        assert (upstream.ledger.count(On.TRANSCRIPT), upstream.ledger.count(On.AUDIO)) == (3, 0)
        done = await workflows.recording("t-1", fallback_on_timeout=True)
        assert (done.status, done.raw["why"], done.audio_length) == ("fallback_triggered", "timeout", 64_044)


@pytest.mark.parametrize("why", ["failed", "empty", "blank"])
async def test_where_there_is_no_text_the_audio_is_fetched(tmp_path: Path, why: str) -> None:
    change: dict[str, Any] = {
        "failed": {"status": "failed", "failure_reason": "Caller (415) 555-0132 hung up."},
        "empty": {"text": ""},
        "blank": {"text": " \n\n\t \n"},
    }[why]
    async with stage(tmp_path, transcript(audio_bytes=300_000, **change)) as (workflows, upstream, records):
        done = await workflows.recording("t-1")
        assert (done.status, done.text, done.file) == ("fallback_triggered", None, None)
        assert done.audio is not None and done.audio.stat().st_size == done.audio_length == 300_000
        assert done.audio.read_bytes()[:4] == b"RIFF"
        assert stat.S_IMODE(done.audio.stat().st_mode) == 0o600
        assert upstream.ledger.count(On.RESUBMISSION) == 0
        if why == "failed":
            [told] = records.of("transcript_failed")
            assert told["failureReason"] == done.raw["failureReason"] == "Caller [PHONE] hung up."
        assert records.of("audio_retrieved")[0]["audioLength"] == 300_000


@pytest.mark.parametrize("again_id", [None, "t-2"])
async def test_another_transcript_is_asked_for_once_for_a_recording(tmp_path: Path, again_id: str | None) -> None:
    failed = transcript(status="failed", again=SAID, again_id=again_id)
    async with stage(tmp_path, failed) as (workflows, upstream, _):
        done = await workflows.recording("t-1", resubmit=True, language="en-GB")
        assert (done.status, done.text, done.transcript_id) == ("completed", SHOWN, again_id or "t-1")
        assert upstream.ledger.transcriptions == {"rec-1": 1}
        assert upstream.ledger.count(On.AUDIO) == 0


async def test_nobody_asks_a_second_time_whichever_job(tmp_path: Path) -> None:
    fault = DropFault(on=On.RESUBMISSION, after=True)  # done, and its answer lost: one key, so nothing is begun twice
    async with stage(tmp_path, transcript(status="failed"), faults=(fault,)) as (workflows, upstream, _):
        jobs = await asyncio.gather(*(workflows.recording("t-1", resubmit=True) for _ in range(3)))
        assert {one.status for one in jobs} == {"fallback_triggered"}  # it failed again
        assert upstream.ledger.transcriptions == {"rec-1": 1}
        assert (await workflows.recording("t-1", resubmit=True)).status == "fallback_triggered"
        assert upstream.ledger.count(On.RESUBMISSION) == 2


async def test_a_server_that_takes_no_resubmission_has_the_audio(tmp_path: Path) -> None:
    fault = RefuseFault(on=On.RESUBMISSION, status=405)
    async with stage(tmp_path, transcript(status="failed"), faults=(fault,)) as (workflows, _, _):
        assert (await workflows.recording("t-1", resubmit=True)).status == "fallback_triggered"


# -- what is looked at -----------------------------------------------------------------------------------------------


async def test_markers_are_counted_and_none_where_some_belong_is_told(tmp_path: Path) -> None:
    marked = "My card is <REDACTED> and my name [REDACTED_PII], not [REDACTED] or REDACTED, and <REDACTED>.\n"
    async with stage(
        tmp_path,
        transcript(text=marked),
        transcript(transcript_id="bare"),
        transcript(transcript_id="plain", text="It was fine."),
    ) as (workflows, _, records):
        done = await workflows.recording("t-1")
        assert done.raw["markers"] == {"<REDACTED>": 2, "[REDACTED_PII]": 1}
        assert (done.raw["piiMarkersPresent"], done.warnings) == (True, ())
        assert done.text == marked.strip()
        bare = await workflows.recording("bare")
        assert (bare.raw["markers"], bare.raw["piiMarkersPresent"]) == ({}, False)
        assert bare.warnings == ("no_redaction_markers",)
        assert (await workflows.recording("plain")).warnings == ()
        assert [one["warnings"] for one in records.of("transcript_retrieved")] == [[], ["no_redaction_markers"], []]


async def test_what_nobody_said_is_null_and_not_nothing(tmp_path: Path) -> None:
    silent = dict.fromkeys(
        ("completedTimestamp", "createdTimestamp", "duration", "wordCount", "speakerCount", "quality")
    )
    async with (
        sink_server() as store,
        stage(tmp_path, transcript(data=silent), CAPTIOND_JOBS__COMPLIANCE_URL=store.url) as (workflows, _, _),
    ):
        done = await workflows.recording("t-1")
        assert done.metrics == dict.fromkeys(METRICS)
        assert "no_latency" in done.warnings
        await eventually(lambda: bool(store.came))
        assert [store.came[0][key] for key in ("duration", "completedTimestamp", "qualityScore")] == [None] * 3


async def test_talk_in_a_language_that_nobody_names_is_redacted(tmp_path: Path) -> None:
    text = "Meine Karte ist vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins."
    async with stage(tmp_path, transcript(text=text)) as (workflows, _, _):
        assert (await workflows.recording("t-1")).text == "Meine Karte ist [CC]."


async def test_what_cannot_be_read_is_masked_whole_and_told(tmp_path: Path) -> None:
    text = "It was fine.\nMy card is 4111\udcff1111 1111 1111.\n" + "4111" * 2_000 + "\nThank you."
    async with stage(tmp_path, transcript(text=text)) as (workflows, _, _):
        done = await workflows.recording("t-1")
        assert done.text is not None and "4111" not in done.text
        assert done.text.splitlines()[0] == "It was fine."
        assert done.text.splitlines()[-1] == "Thank you."
        assert "unreadable_parts" in done.warnings


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [On.TRANSCRIPT, On.CONTENT, On.RESUBMISSION])
async def test_each_call_follows_the_rules_of_all(tmp_path: Path, on: On) -> None:
    """401 twice, 403, 400, 404: each ends the job with its own code, at once, and no audio is fetched."""
    resubmits = on is On.RESUBMISSION
    known = transcript(status="failed") if resubmits else transcript()
    async with stage(tmp_path, known) as (workflows, upstream, _):
        for status, code, asked in (
            (401, "upstream_unauthorized", 2),
            (403, "upstream_forbidden", 1),
            *(() if resubmits else ((400, "upstream_refused", 1), (404, "not_found", 1))),
        ):
            upstream.clear_faults()
            upstream.add_faults(RefuseFault(on=on, status=status, times=asked))
            before = upstream.ledger.count(on)
            upstream.recordings.store([known.model_copy(update={"recording_id": f"rec-{status}"})])
            failed = await failure(workflows, resubmit=resubmits)
            assert failed.code == code
            assert upstream.ledger.count(on) - before == asked
            assert upstream.ledger.count(On.AUDIO) == 0
            if code == "upstream_forbidden":
                assert failed.extra["scopes"] == [
                    "recordings:view",
                    "recordings:read",
                    "search:read",
                    "analytics:query",
                ]


@pytest.mark.parametrize("what", [Broken.NOT_JSON, Broken.EMPTY, Broken.MISSING_KEYS])
async def test_an_answer_that_is_none_is_upstreams_fault(tmp_path: Path, what: Broken) -> None:
    async with stage(tmp_path, faults=(BrokenFault(on=On.TRANSCRIPT, what=what),)) as (workflows, _, _):
        assert (await failure(workflows)).code == "upstream_invalid"


async def test_an_answer_about_another_transcript_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path, transcript(data={"id": "t-9"})) as (workflows, _, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_invalid"
        assert "t-9" not in failed.message


@pytest.mark.parametrize("on", [On.TRANSCRIPT, On.CONTENT])
async def test_429_is_waited_for_three_times(tmp_path: Path, on: On) -> None:
    async with stage(tmp_path, speed=100) as (workflows, upstream, _):
        upstream.add_faults(RefuseFault(on=on, status=429, retry_after_s=7, times=3))
        assert (await workflows.recording("t-1")).text == SHOWN
        asked = [one.at_s for one in upstream.ledger.requests if one.operation == on]
        assert all(later - sooner >= 7 for sooner, later in pairwise(asked[:4]))
        upstream.add_faults(RefuseFault(on=on, status=429, retry_after_s=7, times=4))
        assert (await failure(workflows)).code == "upstream_rate_limited"
        assert upstream.ledger.count(On.AUDIO) == 0


@pytest.mark.parametrize("on", [On.TRANSCRIPT, On.CONTENT, On.AUDIO])
async def test_5xx_and_answers_that_do_not_come_are_tried_again(tmp_path: Path, on: On) -> None:
    faults = (RefuseFault(on=on, status=503), DropFault(on=on))
    known = transcript(text="" if on is On.AUDIO else SAID)
    async with stage(tmp_path, known, faults=faults, speed=60) as (workflows, upstream, _):
        done = await workflows.recording("t-1")
        assert done.status == ("fallback_triggered" if on is On.AUDIO else "completed")
        assert upstream.ledger.count(on) >= 3


async def test_until_the_deadline_and_then_no_more(tmp_path: Path) -> None:
    fault = RefuseFault(on=On.CONTENT, status=503, times=None)
    async with stage(tmp_path, faults=(fault,), CAPTIOND_JOBS__DEADLINE_S="60") as (workflows, _, _):
        assert (await failure(workflows)).code == "upstream_unavailable"


@pytest.mark.parametrize("status", [403, 404, 503, 429])
async def test_audio_that_is_not_there_either_tells_both_reasons(tmp_path: Path, status: int) -> None:
    failed = transcript(status="failed", failure_reason="Nobody spoke.")
    retry = {"retry_after_s": 1.0} if status == 429 else {}
    fault = RefuseFault(on=On.AUDIO, status=status, times=None, message="It was erased.", **retry)
    async with stage(tmp_path, failed, faults=(fault,)) as (workflows, _, _):
        ended = await failure(workflows)
        assert ended.code == "audio_unavailable"
        assert ended.extra["transcriptReason"] == "Nobody spoke."
        assert ended.extra["audioReason"]
        assert "Nobody spoke." in ended.message


async def test_audio_that_is_cut_is_fetched_anew(tmp_path: Path) -> None:
    fault = RangeFault(on=On.AUDIO, what=Range.CUT, after_bytes=70_000)
    async with stage(tmp_path, transcript(text="", audio_bytes=200_000), faults=(fault,)) as (workflows, upstream, _):
        done = await workflows.recording("t-1")
        assert done.audio is not None and done.audio.stat().st_size == done.audio_length == 200_000
        assert upstream.ledger.count(On.AUDIO) == 2


async def test_without_a_recording_there_is_no_audio(tmp_path: Path) -> None:
    nameless = transcript(status="failed", data={"recordingId": None})
    async with stage(tmp_path, nameless) as (workflows, _, _):
        assert (await failure(workflows)).code == "audio_unavailable"
        assert (await workflows.recording("t-1", recording_id="rec-1")).status == "fallback_triggered"


# -- what is left ------------------------------------------------------------------------------------------------------


async def test_files_go_with_their_jobs(tmp_path: Path) -> None:
    async with stage(tmp_path, speed=1_000) as (workflows, _, _):
        kept, gone = [await workflows.recording("t-1") for _ in range(2)]
        assert kept.file is not None and gone.file is not None
        with contextlib.closing(sqlite3.connect(tmp_path / "captiond.db")) as database, database:
            database.execute("DELETE FROM jobs WHERE id = ?", (gone.job,))
        path = gone.file
        await eventually(lambda: not path.exists())
        assert kept.file.read_text() == SHOWN


async def test_nothing_raw_is_in_any_file_while_it_is_fetched_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captiond.jobs.fetching.STEP_BYTES", 40_000)
    async with stage(tmp_path, environ=PIECES) as (workflows, upstream, records):
        upstream.add_faults(RangeFault(what=Range.CHANGED, skip=6))
        job = asyncio.get_running_loop().create_task(workflows.recording("size-120000"))
        looked = 0
        while not job.done():
            looked += 1
            nothing_raw(tmp_path)
            await asyncio.sleep(0.05)
        assert (await job).status == "completed"
        assert looked > 2
        nothing_raw(tmp_path)
        assert not any(raw.decode() in str(records.kept) for raw in RAW)


@pytest.mark.parametrize(("what", "field"), [(Broken.MISSING_KEYS, "access_token"), (Broken.NOT_JSON, "")])
async def test_a_token_answer_that_is_none_is_told_by_its_field(tmp_path: Path, what: Broken, field: str) -> None:
    async with stage(tmp_path, faults=(BrokenFault(on=On.TOKEN, what=what, times=None),)) as (workflows, upstream, _):
        failed = await failure(workflows)
        assert failed.code == "upstream_invalid"
        assert field in failed.message
        assert upstream.ledger.count(On.TRANSCRIPT) == 0


async def test_a_token_that_expires_in_the_middle_is_renewed_once(tmp_path: Path) -> None:
    async with stage(tmp_path, environ=PIECES) as (workflows, upstream, _):
        upstream.add_faults(RefuseFault(on=On.CONTENT, status=401, skip=2))
        assert (await workflows.recording("size-40000")).status == "completed"
        assert upstream.ledger.tokens_issued == 2
