"""`POST /v1/transcripts/search` and `captiond search`, at a daemon over sockets, against the simulator."""

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

from captiond.base.ids import SessionId
from captiond.daemon import Daemon
from captiond.db.search import MAX_HITS
from captiond.searching import SNIPPET_CHARS, snippet
from captiond.serve import answers
from captiond.simulator import (
    BrokenFault,
    Interaction,
    Messages,
    Recording,
    RefuseFault,
    Simulator,
    Transcript,
)
from captiond.simulator.faults import Broken, On
from tests.harness import TREE, Json, daemon_here, eventually, start
from tests.jobs.studio import ASKED, api

TALK = "6c1d0ac2-9f4f-4d64-9f0a-3f6d1f1a7b42"


@asynccontextmanager
async def serving(folder: Path, **environ: str) -> AsyncIterator[tuple[Simulator, Daemon]]:
    async with (
        Simulator(
            unknown="silent",
            media=[
                Recording(media_id="m-1", transcripts=({"text": "The refund to (415) 555-0132.", "speaker": "agent"},))
            ],
            interactions=[Interaction(interaction_id="i-1", text="A refund, at last.")],
            transcripts=[
                Transcript(transcript_id="t-1", text="Agent: A refund?\nCustomer: Yes, to 4111 1111 1111 1111.\n"),
            ],
            conversations=[
                Messages(conversation_id=TALK, messages=[{"from": "guest", "text": "My refund of 078-05-1120"}])
            ],
        ) as upstream,
        daemon_here(folder, upstream, workers=1, CAPTIOND_JOBS__REQUESTS_PER_S="1000", **environ) as daemon,
    ):
        yield upstream, daemon


async def ask(daemon: Daemon, query: str, **more: Any) -> tuple[int, Json]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{daemon.url}/v1/transcripts/search", json={"query": query, **more}) as response,
    ):
        return response.status, await response.json(content_type=None)


async def hits(daemon: Daemon, query: str, **more: Any) -> list[Json]:
    status, answer = await ask(daemon, query, **more)
    assert status == 200, answer
    answers.SearchAnswer.model_validate(answer)
    found: list[Json] = answer["hits"]
    return found


async def say(upstream: Simulator, session: str, *said: str, first: int = 1) -> None:
    events = [
        {"eventSequence": number, "transcript": text, "isPartial": False, "channel": "external"}
        for number, text in enumerate(said, first)
    ]
    assert await upstream.emit(session, *events) == 1


async def heard(daemon: Daemon, session: str, finals: int) -> None:
    """Waits until so many finals are kept."""
    async with asyncio.timeout(10):
        while len(await daemon.store.finals(SessionId(session))) < finals:  # noqa: ASYNC110  (no event tells it)
            await asyncio.sleep(0.005)


async def test_what_is_said_live_is_found_at_once_masked_and_corrected(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        await start(daemon, "ms-1", conversationId="call-7")
        await say(upstream, "ms-1", "My card is 4111 1111 1111 1111, the refund is late.", "It is 415 555")
        await heard(daemon, "ms-1", 2)
        [hit] = await hits(daemon, "refunds -invoice")
        assert hit["text"] == hit["snippet"]["text"] == "My card is [CC], the refund is late."
        assert [hit["text"][one["start"] : one["end"]] for one in hit["highlights"]] == ["refund"]
        assert (hit["kind"], hit["session"], hit["conversation"], hit["channel"]) == (
            "live",
            "ms-1",
            "call-7",
            "external",
        )
        async with aiohttp.ClientSession() as http, http.get(daemon.url + hit["links"]["transcript"]) as response:
            [first, second] = (await response.json())["captions"]
        assert (first["utterance"], first["text"], first["emittedAt"]) == (hit["utterance"], hit["text"], hit["at"])
        # What was held is named later: the index goes along.
        assert "[...]" in second["text"]
        [held] = await hits(daemon, '"it is"')
        assert held["held"]
        await say(upstream, "ms-1", "0132 thanks a lot", first=3)
        await heard(daemon, "ms-1", 3)
        await daemon.sessions.delete(SessionId("ms-1"))
        [named] = await hits(daemon, '"it is"')
        assert (named["held"], named["text"]) == (False, "It is [PHONE]")
        assert named["revision"] > held["revision"]
        assert await hits(daemon, "4111") == await hits(daemon, "555*") == await hits(daemon, "0132") == []


async def test_what_jobs_come_to_is_found_and_filters_choose(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon), api(daemon.url) as caller:
        await start(daemon, "ms-1")
        await say(upstream, "ms-1", "A refund was said.")
        await heard(daemon, "ms-1", 1)
        ids = {}
        for kind, body in (
            ("transcription-request", ASKED),
            ("interaction-transcription", {"interactionId": "i-1"}),
            ("recording-transcript", {"transcriptId": "t-1"}),
            ("messaging-transcript", {"conversationIds": [TALK]}),
        ):
            ids[kind] = (await caller.post(body, kind=kind))[1]["id"]
            assert (await caller.ended(ids[kind]))["state"] == "completed"
        found = await hits(daemon, "refund")
        assert {hit["kind"]: hit["text"] for hit in found} == {
            "live": "A refund was said.",
            "transcription-request": "The refund to [PHONE].",
            "interaction-transcription": "A refund, at last.",
            "recording-transcript": "Agent: A refund?",
            "messaging-transcript": "My refund of [SSN]",
        }
        assert len(found) == 5
        [one] = await hits(daemon, "refund", kind="transcription-request")
        assert (one["job"], one["links"]["job"], one["channel"]) == (
            ids[one["kind"]],
            f"/v1/jobs/{one['job']}",
            "agent",
        )
        assert await hits(daemon, "refund", job=one["job"]) == [one]
        for filters, kinds in (
            ({"conversation": "i-1"}, ["interaction-transcription"]),
            ({"conversation": TALK}, ["messaging-transcript"]),
            ({"session": "ms-1"}, ["live"]),
            ({"channel": "external"}, ["live"]),
            ({"from": "2020-01-01", "to": "2020-01-02T00:00:00Z"}, []),
            ({"to": "2020-01-02"}, []),
            ({"from": "2020-01-01", "kind": "live"}, ["live"]),
        ):
            assert [hit["kind"] for hit in await hits(daemon, "refund", **filters)] == kinds, filters
        _, page = await ask(daemon, "refund", limit=3)
        _, rest = await ask(daemon, "refund", limit=3, offset=3)
        assert (page["more"], rest["more"], page["total"], page["ranking"]) == (True, False, 5, "bm25")
        assert [hit["kind"] for hit in (*page["hits"], *rest["hits"])] == [hit["kind"] for hit in found]
        newest = await ask(daemon, "refund", order="newest")
        times = [hit["at"] for hit in newest[1]["hits"]]
        assert (newest[1]["ranking"], times) == ("newest", sorted(times, reverse=True))


async def test_a_transcript_that_stands_in_a_file_is_found_too(tmp_path: Path) -> None:
    environ = {"CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES": "65536"}
    async with serving(tmp_path, **environ) as (_, daemon), api(daemon.url) as caller:
        job = (await caller.post({"transcriptId": "size-70000"}, kind="recording-transcript"))[1]["id"]
        ended = await caller.ended(job)
        assert (ended["state"], ended["result"]["transcript"]) == ("completed", None)
        async with aiohttp.ClientSession() as http, http.get(f"{daemon.url}/v1/jobs/{job}/transcript.txt") as response:
            words = (await response.text()).split()
        last = next(word for word in reversed(words) if word.isalpha() and len(word) > 3)
        assert (await hits(daemon, last, order="newest"))[0]["job"] == job
        pieces = await daemon.store.work(
            lambda connection: connection.execute(
                "SELECT text FROM passages WHERE job = ? ORDER BY place", (job,)
            ).fetchall()
        )
        assert " ".join(text for (text,) in pieces).split() == words


async def test_what_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, daemon):
        for query, more, code in (
            ("", {}, "invalid_request"),
            ("x" * 501, {}, "invalid_request"),
            ("?!", {}, "invalid_query"),
            ("-only", {}, "invalid_query"),
            ("a", {"limit": 0}, "invalid_request"),
            ("a", {"limit": MAX_HITS + 1}, "invalid_request"),
            ("a", {"source": "elsewhere"}, "invalid_request"),
            ("a", {"kind": "tea"}, "invalid_request"),
            ("a", {"from": "yesterday"}, "invalid_request"),
            ("a", {"from": "2024-01-02", "to": "2024-01-01"}, "invalid_request"),
            ("a", {"form": "2024-01-02"}, "invalid_request"),
            ("a", {"source": "genesys", "session": "ms-1"}, "invalid_request"),
        ):
            status, problem = await ask(daemon, query, **more)
            assert (status, problem["code"]) == (422, code), (query, more)
            assert "yesterday" not in json.dumps(problem)


async def test_without_a_key_nobody_searches(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_AUTH__API_KEYS='["a-key-of-some-length"]') as (_, daemon):
        assert (await ask(daemon, "refund"))[0] == 401


async def test_a_transcript_and_what_was_found_outlive_a_restart_until_they_are_erased(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        view = await start(daemon, "ms-1")
        await say(upstream, "ms-1", "A refund was said.", "And another one.")
        await heard(daemon, "ms-1", 2)
        await daemon.sessions.delete(SessionId("ms-1"))
        forms = {form: await transcript(daemon, "ms-1", form) for form in ("json", "txt", "vtt", "srt")}
    async with serving(tmp_path) as (_, daemon):
        assert daemon.sessions.get(SessionId("ms-1")) is None
        for form, (status, body) in forms.items():
            assert (status, await transcript(daemon, "ms-1", form)) == (200, (200, body)), form
        assert json.loads(forms["json"][1])["startedAt"] == view["createdAt"]
        assert [hit["session"] for hit in await hits(daemon, "refund")] == ["ms-1"]
        assert await daemon.store.erase_older(-1) == 2
        assert await hits(daemon, "refund") == []
        assert {(await transcript(daemon, "ms-1", form))[0] for form in forms} == {404}


async def transcript(daemon: Daemon, session: str, form: str) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{daemon.url}/v1/sessions/{session}/transcript.{form}") as response,
    ):
        return response.status, await response.read()


async def test_genesys_is_asked_in_its_form_and_what_it_finds_is_redacted(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        upstream.findings.store(
            "r-1", "my card is 4111 1111 <em>1111</em> 1111, a refund", score=2.5, startTimestamp="2024-06-15T10:30:00Z"
        )
        upstream.findings.store("4155550132", '...0132 "a \\ refund" for jane.doe@example.com', note="415 555 0132")
        status, answer = await ask(daemon, "refund", source="genesys")
        assert status == 200
        answers.SearchAnswer.model_validate(answer)
        assert (answer["source"], answer["total"], answer["more"], answer["ranking"]) == (
            "genesys",
            2,
            False,
            "genesys",
        )
        first, second = answer["hits"]
        assert first["texts"] == ["my card is [NUMBER], a refund"]  # it may go on behind what was cut out
        assert (first["recording"], first["score"], first["at"]) == ("r-1", 2.5, "2024-06-15T10:30:00.000Z")
        assert second["recording"] is None  # it might be somebody's number
        assert "0132" not in json.dumps(second) and "jane" not in json.dumps(second)
        assert upstream.findings.queries[0] == 'transcript:"refund"'
        _, limited = await ask(daemon, "refund", source="genesys", limit=1)
        assert (len(limited["hits"]), limited["more"]) == (1, True)
        _, timed = await ask(daemon, "refund", source="genesys", **{"from": "2025-01-01"})
        assert ([hit["recording"] for hit in timed["hits"]], timed["warnings"]) == ([None], ["not_filtered_by_time"])


async def test_genesys_cloud_itself_is_asked_in_its_own_form(tmp_path: Path) -> None:
    async with serving(tmp_path, CAPTIOND_GENESYS__PROFILE="notifications") as (upstream, daemon):
        upstream.findings.store("c-1", "a refund for 4111 1111 1111 1111")
        status, answer = await ask(daemon, '"a refund"', source="genesys")
        assert status == 200
        answers.SearchAnswer.model_validate(answer)
        assert [(hit["conversation"], hit["texts"]) for hit in answer["hits"]] == [("c-1", [])]
        assert upstream.findings.queries == ["a refund"]


async def test_what_is_typed_stays_within_its_phrase(tmp_path: Path) -> None:
    typed = 'he said "no" \\ OR transcript:"x"'
    async with serving(tmp_path) as (upstream, daemon):
        upstream.findings.store("r-1", f"and {typed} and left")
        upstream.findings.store("r-2", "x")
        _, answer = await ask(daemon, typed, source="genesys")
        assert [hit["recording"] for hit in answer["hits"]] == ["r-1"]
        assert upstream.findings.queries == ['transcript:"he said \\"no\\" \\\\ OR transcript:\\"x\\""']


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (RefuseFault(on=On.SEARCH, status=400, message="no 4111 1111 1111 1111"), 502, "upstream_refused"),
        (RefuseFault(on=On.SEARCH, status=401, times=None), 502, "upstream_unauthorized"),
        (RefuseFault(on=On.SEARCH, status=403), 502, "upstream_forbidden"),
        (RefuseFault(on=On.SEARCH, status=429, retry_after_s=7), 503, "upstream_rate_limited"),
        (RefuseFault(on=On.SEARCH, status=500), 502, "upstream_unavailable"),
        (BrokenFault(on=On.SEARCH, what=Broken.NOT_JSON), 502, "upstream_invalid"),
        (BrokenFault(on=On.SEARCH, what=Broken.EMPTY), 502, "upstream_invalid"),
    ],
)
async def test_what_genesys_refuses_is_told(tmp_path: Path, fault: Any, status: int, code: str) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        upstream.add_faults(fault)
        got, problem = await ask(daemon, "refund", source="genesys")
        assert (got, problem["code"]) == (status, code)
        assert "4111" not in json.dumps(problem)
        if code == "upstream_forbidden":
            assert problem["scopes"] == ["search:read", "recordings:view"]


async def test_without_an_account_there_is_only_what_was_said_here(tmp_path: Path) -> None:
    async with daemon_here(tmp_path) as daemon:
        assert (await ask(daemon, "refund"))[1]["hits"] == []
        status, problem = await ask(daemon, "refund", source="genesys")
        assert (status, problem["code"]) == (503, "no_account")


async def test_a_search_is_recorded_and_counted_but_not_what_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with serving(tmp_path) as (_, daemon):
        await ask(daemon, "zanzibarine", session="ms-1")
        metrics, _ = daemon.meter.render()
        assert b'captiond_searches_total{outcome="nothing",source="local"} 1.0' in metrics
        assert b'captiond_search_seconds_count{source="local"} 1.0' in metrics
        await eventually(lambda: "transcripts_searched" in (tmp_path / "audit.jsonl").read_text())
    records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    [record] = [record for record in records if record["kind"] == "transcripts_searched"]
    assert (record["source"], record["hits"], record["filters"]) == ("local", 0, ["session"])
    assert "zanzibarine" not in caplog.text + (tmp_path / "audit.jsonl").read_text()


async def test_the_command(tmp_path: Path) -> None:
    async with serving(tmp_path) as (upstream, daemon):
        await start(daemon, "ms-1")
        await say(upstream, "ms-1", "A refund was said.", "Another refund \x1b[31m came.")
        upstream.findings.store("r-1", "a refund of Genesys")
        await heard(daemon, "ms-1", 2)

        async def command(*arguments: str) -> tuple[int, str, str]:
            done = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "captiond", "search", "--url", daemon.url, *arguments],
                capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(TREE)}, check=False,
            )  # fmt: skip
            return done.returncode, done.stdout, done.stderr

        said, found, nothing, wrong, genesys = await asyncio.gather(
            command("refund", "--limit", "1"),
            command("--json", "said", "refund"),
            command("nothing", "there"),
            command("refund", "--limit", "0"),
            command("refund", "--source", "genesys"),
        )
    assert said[0] == 0 and "session ms-1  external" in said[1] and "1 of 2; --offset" in said[1]
    assert "\x1b" not in said[1]
    assert found[0] == 0 and json.loads(found[1])["hits"][0]["text"] == "A refund was said."
    assert nothing == (1, "", "captiond: nothing was found\n")
    assert wrong[0] == 1 and wrong[2].startswith("captiond: invalid_request: ") and wrong[2].count("\n") == 1
    assert genesys[0] == 0 and "recording r-1\n    a refund of Genesys" in genesys[1]


def test_a_snippet_shows_where_most_matched() -> None:
    text = f"refund {'word ' * 100}the refund of a refund {'word ' * 100}"
    at = [place for place in range(len(text)) if text.startswith("refund", place)]
    start, part, highlights = snippet(text, [(one, one + 6) for one in at])
    assert len(part) <= SNIPPET_CHARS
    assert part == text[start : start + len(part)]
    assert [part[one:other] for one, other in highlights] == ["refund", "refund"]
    assert (text[start - 1], text[start + len(part)]) == (" ", " ")
    assert snippet("short", [(0, 5)]) == (0, "short", [(0, 5)])
    long = "x" * 400
    start, part, highlights = snippet(long, [(0, 400)])
    assert (start, len(part), highlights) == (0, SNIPPET_CHARS, [(0, SNIPPET_CHARS)])
