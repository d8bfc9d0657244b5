"""Profile `notifications`: the workflows where Genesys transcribes by its settings, as Genesys Cloud really does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.genesys.conversations import parse_after_call, parse_conversation, parse_transcript_url
from captiond.genesys.payloads import MalformedAnswer
from captiond.jobs.refusals import JobFailed
from captiond.library import OpenWorkflows
from captiond.simulator import BrokenFault, Call, DropFault, Fault, Leg, RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import Broken, On
from tests.harness import account, daemon_process, eventually
from tests.jobs.studio import FastPace, Json, Records, api, sink_server, studio
from tests.jobs.test_kill import free_port, held_now, kill, nothing_raw_is_left, row_of, undelivered

ASKED = {"text": "may I have the card number please", "participantPurpose": "internal"}
ANSWERED = {
    "text": "it is four one one one one one one one one one one one one one one one",
    "decoratedText": "It is 4111 1111 1111 1111.",
    "participantPurpose": "external",
    "confidence": 0.87,
}
CUSTOMER = Leg(communication_id="leg-c", purpose="customer", phrases=(ASKED, ANSWERED))
TALK = Call(conversation_id="c-1", legs=(Leg(communication_id="leg-a", purpose="agent", phrases=None), CUSTOMER))
ALONE = Call(conversation_id="c-1", legs=(CUSTOMER,))


@asynccontextmanager
async def stage(
    folder: Path, *calls: Call, faults: tuple[Fault, ...] = (), speed: float = 1.0, **environ: str
) -> AsyncIterator[tuple[OpenWorkflows, Simulator, Records]]:
    pace, records = FastPace(speed), Records()
    async with (
        Simulator(calls=calls or (ALONE,), faults=faults, pace=pace) as upstream,
        studio(
            folder, upstream, pace=pace, audit=records, CAPTIOND_GENESYS__PROFILE="notifications", **environ
        ) as workflows,
    ):
        yield workflows, upstream, records


async def failure(workflows: OpenWorkflows, **asked: Any) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        await workflows.transcribe("c-1", languages=["en-US"], **asked)
    return caught.value


async def test_a_conversation_is_transcribed_without_being_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, records):
        done = await workflows.transcribe("c-1", languages=["en-US"])
        assert [piece.text for piece in done.pieces] == ["may I have the card number please", "It is [CC]."]
        assert (done.raw["transcriptionId"], done.raw["redactions"]) == ("st-leg-c", {"CC": 1})
        second = done.raw["transcripts"][1]
        assert (second["speaker"], second["startMs"], second["endMs"]) == ("external", 2_000, 3_800)
        assert second["confidence"] == 0.87
        phases = [step["phase"] for step in records.of("job_step") if step["outcome"] != "created"]
        assert phases == ["checking", "polling", "fetching", "settling"]
        assert not upstream.ledger.transcriptions  # nothing was begun
        assert b"4111 1111" not in (tmp_path / "captiond.db").read_bytes()


async def test_an_interaction_goes_to_its_sink_with_all_that_was_said(tmp_path: Path) -> None:
    async with (
        sink_server() as nlp,
        stage(tmp_path, CAPTIOND_JOBS__NLP_URL=nlp.url) as (workflows, _, _),
    ):
        done = await workflows.transcribe_interaction("c-1")
        await eventually(lambda: bool(nlp.came))
        assert done.text == "may I have the card number please\nIt is [CC]."
        assert done.raw["webhookSubscribed"] is False
        assert nlp.came[0]["transcript"] == done.text


async def test_it_waits_until_the_transcript_is_there_and_not_for_a_leg_that_gets_none(tmp_path: Path) -> None:
    late = TALK.model_copy(update={"legs": (TALK.legs[0], CUSTOMER.model_copy(update={"looks": 3}))})
    async with stage(tmp_path, late, speed=200.0) as (workflows, upstream, records):
        done = await workflows.transcribe("c-1", languages=["en-US"])
        assert len(done.pieces) == 2
        looks = [step for step in records.of("job_step") if step["outcome"] == "not yet"]
        assert len(looks) == 6  # three in vain, three more for the other leg
        assert [step["seconds"] for step in looks][:4] == [2.0, 4.0, 8.0, 16.0]
        asked = [seen.path for seen in upstream.ledger.requests if seen.operation == "transcript-url"]
        assert asked[0].endswith("leg-c/transcripturl")  # the customer's first


async def test_an_address_that_has_expired_is_asked_for_again(tmp_path: Path) -> None:
    async with stage(tmp_path, speed=50.0) as (workflows, upstream, records):
        upstream.after_calls.refuse = 2  # the look's, and the first that is used
        done = await workflows.transcribe("c-1", languages=["en-US"])
        assert len(done.pieces) == 2
        again = [step["cause"] for step in records.of("job_step") if step["outcome"] == "again"]
        assert again == ["UpstreamUnavailable"]
        assert [seen.status for seen in upstream.ledger.requests if seen.operation == "signed"] == [403, 200]


async def test_the_signed_address_is_told_to_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    faults = (DropFault(on=On.SIGNED, times=1), RefuseFault(on=On.SIGNED, status=500, times=1))
    async with stage(tmp_path, faults=faults, speed=50.0) as (workflows, upstream, records):
        await workflows.transcribe("c-1", languages=["en-US"])
        signed = [seen.path for seen in upstream.ledger.requests if seen.operation == "signed"]
        assert len(signed) == 3
        kept = (tmp_path / "captiond.db").read_bytes() + json.dumps(records.kept, default=str).encode()
        for path in signed:
            key = path.rpartition("/")[2]
            assert key not in caplog.text
            assert key.encode() not in kept
        assert "X-Amz" not in caplog.text


@pytest.mark.parametrize(
    ("call", "fault", "code"),
    [
        (ALONE.model_copy(update={"legs": ()}), None, "unsupported_format"),
        (ALONE.model_copy(update={"duration_s": 1_801.0}), None, "too_long"),
        (ALONE.model_copy(update={"conversation_id": "other"}), None, "not_found"),
        (ALONE, RefuseFault(on=On.CONVERSATION, status=403, permission="conversation:communication:view"), None),
        (ALONE, BrokenFault(on=On.CONVERSATION, what=Broken.MISSING_KEYS), "upstream_invalid"),
        (ALONE, BrokenFault(on=On.TRANSCRIPT_URL, what=Broken.MISSING_KEYS), "upstream_invalid"),
        (ALONE, BrokenFault(on=On.SIGNED, what=Broken.NOT_JSON), "upstream_invalid"),
        (ALONE, BrokenFault(on=On.SIGNED, what=Broken.HUGE), "too_large"),
    ],
)
async def test_what_cannot_be_transcribed_fails_with_its_reason(
    tmp_path: Path, call: Call, fault: Fault | None, code: str | None
) -> None:
    async with stage(tmp_path, call, faults=(fault,) if fault else ()) as (workflows, _, _):
        failed = await failure(workflows)
        assert failed.code == (code or "upstream_forbidden")
        if code is None:
            assert "speechAndTextAnalytics:data:view" in failed.extra["scopes"]


async def test_where_transcription_is_disabled_nothing_is_waited_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        upstream.after_calls.enabled = "Disabled"
        assert (await failure(workflows)).code == "not_licensed"


async def test_who_may_not_see_the_settings_may_have_transcripts(tmp_path: Path) -> None:
    async with stage(tmp_path, faults=(RefuseFault(on=On.SETTINGS, status=403),)) as (workflows, _, _):
        assert len((await workflows.transcribe("c-1", languages=["en-US"])).pieces) == 2


async def test_what_only_the_documents_have_is_refused_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, upstream, _):
        assert (await failure(workflows, redaction_policy_id="p-1")).code == "unsupported_option"
        assert not [seen for seen in upstream.ledger.requests if seen.operation != "token"]


# -- of recordings -----------------------------------------------------------------------------------------------------


async def test_a_calls_transcript_is_kept_like_that_of_a_recording(tmp_path: Path) -> None:
    async with (
        sink_server() as compliance,
        stage(tmp_path, CAPTIOND_JOBS__COMPLIANCE_URL=compliance.url) as (workflows, _, _),
    ):
        done = await workflows.recording("c-1:leg-c")
        await eventually(lambda: bool(compliance.came))
        assert done.raw["transcript"] == "Internal: may I have the card number please\nExternal: It is [CC]."
        assert done.raw["metrics"] == {
            "processingLatencyMs": None,
            "accuracyScore": 0.87,
            "wordCount": None,
            "speakerCount": 2,
        }
        assert done.raw["redactions"] == {"CC": 1}
        assert compliance.came[0]["transcriptId"] == "c-1:leg-c"
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or b"4111 1111" not in path.read_bytes(), path.name


@pytest.mark.parametrize("why", ["empty", "timeout"])
async def test_a_call_without_words_has_its_audio(tmp_path: Path, why: str) -> None:
    leg = CUSTOMER.model_copy(update={"phrases": () if why == "empty" else None})
    call = ALONE.model_copy(update={"legs": (leg,), "audio_looks": 2})
    async with stage(tmp_path, call, speed=200.0, CAPTIOND_JOBS__POLL_ATTEMPTS="3") as (workflows, upstream, _):
        done = await workflows.recording("c-1", fallback_on_timeout=True)
        assert (done.raw["status"], done.raw["why"], done.raw["audioLength"]) == ("fallback_triggered", why, 64_044)
        assert Path(done.raw["audioFile"]).stat().st_size == 64_044
        asked = [seen.status for seen in upstream.ledger.requests if seen.operation == "audio"]
        assert asked == [202, 202, 200]


async def test_a_call_that_never_gets_a_transcript_is_told_so(tmp_path: Path) -> None:
    never = ALONE.model_copy(update={"legs": (CUSTOMER.model_copy(update={"phrases": None}),)})
    async with stage(tmp_path, never, speed=200.0, CAPTIOND_JOBS__POLL_ATTEMPTS="3") as (workflows, _, _):
        with pytest.raises(JobFailed) as caught:
            await workflows.recording("c-1")
        assert (caught.value.code, caught.value.extra["tries"]) == ("poll_timeout", 3)


async def test_a_call_without_audio_says_both_reasons(tmp_path: Path) -> None:
    silent = ALONE.model_copy(update={"legs": (CUSTOMER.model_copy(update={"phrases": ()}),), "audio_bytes": None})
    async with stage(tmp_path, silent, speed=200.0) as (workflows, _, _):
        with pytest.raises(JobFailed) as caught:
            await workflows.recording("c-1")
        assert caught.value.code == "audio_unavailable"
        assert "no audio of it ready" in caught.value.extra["audioReason"]


async def test_what_cannot_be_asked_for_again_is_refused_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as (workflows, _, _):
        with pytest.raises(JobFailed) as caught:
            await workflows.recording("c-1", resubmit=True)
        assert caught.value.code == "unsupported_option"


# -- killed ----------------------------------------------------------------------------------------------------------

HOUR_S = 3_600.0


async def test_killed_around_every_request_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    requests = {"conversation": 0, "look": 0, "address": 1, "signed": 0}
    on = {
        "conversation": On.CONVERSATION,
        "look": On.TRANSCRIPT_URL,
        "address": On.TRANSCRIPT_URL,
        "signed": On.SIGNED,
    }
    held = {
        f"{when}-{name}": SlowFault(
            on=on[name], delay_s=HOUR_S, session=f"{when}-{name}", skip=skip, after=when == "after"
        )
        for name, skip in requests.items()
        for when in ("before", "after")
    }
    calls = [ALONE.model_copy(update={"conversation_id": name}) for name in held]
    async with (
        sink_server() as index,
        Simulator(calls=calls, faults=held.values()) as upstream,
        daemon_process(
            tmp_path,
            **account(upstream),
            CAPTIOND_GENESYS__PROFILE="notifications",
            CAPTIOND_JOBS__INDEX_URL=index.url,
            CAPTIOND_JOBS__REQUESTS_PER_S="1000",
            CAPTIOND_SERVER__PORT=str(free_port()),
        ) as daemon,
        api(daemon.url) as caller,
    ):
        asked = {name: {"mediaId": name, "languages": ["en-US"]} for name in held}
        jobs = {}
        for name, body in asked.items():
            jobs[name] = (await caller.post(body, Prefer="respond-async", Idempotency_Key=name))[1]["id"]
        await eventually(lambda: held_now(upstream) == len(held))
        await kill(daemon)
        phases = {"conversation": "checking", "look": "polling", "address": "fetching", "signed": "fetching"}
        for name, job in jobs.items():
            row = row_of(tmp_path, job)
            assert (row["state"], row["phase"]) == ("running", phases[name.partition("-")[2]]), name
        await daemon.start()
        for name, body in asked.items():
            assert (await caller.post(body, Idempotency_Key=name))[1]["id"] == jobs[name]
        ended = [await caller.ended(job) for job in jobs.values()]
        for job in ended:
            assert job["state"] == "completed", job["error"]
            assert [one["text"] for one in job["result"]["transcripts"]][1] == "It is [CC]."
        await eventually(lambda: undelivered(tmp_path) == 0)
        assert sorted(document["mediaReference"] for document in index.came) == sorted(held)
        nothing_raw_is_left(tmp_path)
        for path in tmp_path.iterdir():
            assert b"4111 1111" not in path.read_bytes(), path.name


async def test_live_captions_of_this_profile_say_that_they_are_not_there(tmp_path: Path) -> None:
    async with (
        Simulator() as upstream,
        daemon_process(tmp_path, **account(upstream), CAPTIOND_GENESYS__PROFILE="notifications") as daemon,
        aiohttp.ClientSession() as http,
    ):
        for body in ({"mediaSessionId": "m-1"}, {"conversationId": "c-1"}):
            async with http.post(f"{daemon.url}/v1/sessions", json=body) as answer:
                assert (answer.status, (await answer.json(content_type=None))["code"]) == (501, "not_available")
        assert "genesys.profile is" in daemon.log


# -- what comes in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "ftp://bucket.example/x",
        "http://bucket.example/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://user:pass@bucket.example/x",
        "https:///x",
        "https://bucket.example/x y",
        "https://[bucket/x",
        "https://bucket.example/" + "x" * 9_000,
    ],
)
def test_an_address_that_one_should_not_ask_is_refused_and_not_quoted(url: str | None) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_transcript_url({"url": url}, local=False)
    assert "bucket" not in str(caught.value)


def test_the_own_machine_may_be_asked_only_where_the_api_is_there() -> None:
    assert parse_transcript_url({"url": "http://127.0.0.1:1/x"}, local=True) == "http://127.0.0.1:1/x"
    assert parse_transcript_url({"url": "https://b.example/x?k=1"}, local=False) == "https://b.example/x?k=1"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["participants", "calls", "id", "purpose", "startTime", "transcripts", "phrases", "text", "startTimeMs", "duration"]
)
SHAPED = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, SHAPED, max_size=4))
def test_whatever_comes_is_read_or_refused(document: Json) -> None:
    for read in (parse_conversation, parse_after_call):
        try:
            read(document)
        except MalformedAnswer as fault:
            assert len(str(fault)) < 80
