"""Transcripts of recordings at the simulator: honest ranges, faulty ones, texts of any size."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from captiond.simulator import Fault, RangeFault, Simulator, Transcript
from captiond.simulator.faults import Range
from captiond.simulator.longtext import RAW, long_text, silence

BASE = "/api/v2/recordings"
SIZED = f"{BASE}/transcripts/size-100000/content"


class Client:
    """Who asks, with a token."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = url, http

    async def ask(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.request(method, self._url + path, headers=named) as response:
            return response.status, await response.read(), response.headers

    async def json(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.request(method, self._url + path, headers=named) as response:
            return response.status, await response.json()


@asynccontextmanager
async def asking(*transcripts: Transcript, faults: tuple[Fault, ...] = ()) -> AsyncIterator[tuple[Client, Simulator]]:
    async with Simulator(transcripts=transcripts, faults=faults) as sim, aiohttp.ClientSession() as http:
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        async with http.post(f"{sim.url}/oauth/token", data=form) as answer:
            http.headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"
        yield Client(sim.url, http), sim


@pytest.mark.parametrize("sparse", [False, True])
def test_any_part_of_a_long_text_is_the_same_as_cut_from_the_whole(*, sparse: bool) -> None:
    text, chance = long_text(400_003, sparse=sparse), random.Random(7)
    whole = text.part(0, text.size)
    assert len(whole) == text.size
    whole.decode()  # no letter is split at its end
    assert sparse or all(value in whole for value in RAW)
    for _ in range(100):
        first = chance.randrange(text.size)
        end = chance.randrange(first, text.size) + 1
        assert text.part(first, end) == whole[first:end]
    assert long_text(400_003, version=1).part(0, 90) != whole[:90]
    assert b"".join(silence(100).part(at, at + 1) for at in range(100)) == silence(100).part(0, 100)


async def test_a_transcript_is_not_there_for_so_many_looks() -> None:
    async with asking(Transcript(transcript_id="t-1", polls=1)) as (client, _):
        assert (await client.ask(f"{BASE}/transcripts/t-1/content"))[0] == 404
        assert [(await client.json(f"{BASE}/transcripts/t-1"))[1]["status"] for _ in range(3)] == [
            "in_progress", "completed", "completed",
        ]  # fmt: skip
        assert (await client.json(f"{BASE}/transcripts/none"))[0] == 404


async def test_ranges() -> None:
    async with asking() as (client, sim):
        whole = long_text(100_000).part(0, 100_000)
        status, body, headers = await client.ask(SIZED, Range="bytes=8192-16383")
        assert (status, body, headers["Content-Range"]) == (206, whole[8_192:16_384], "bytes 8192-16383/100000")
        status, body, headers = await client.ask(SIZED, Range="bytes=99990-200000")
        assert (status, body, headers["Content-Range"]) == (206, whole[99_990:], "bytes 99990-99999/100000")
        status, _, headers = await client.ask(SIZED, Range="bytes=100000-")
        assert (status, headers["Content-Range"]) == (416, "bytes */100000")
        tag = headers.get("ETag") or (await client.ask(SIZED, Range="bytes=0-0"))[2]["ETag"]
        assert (await client.ask(SIZED, Range="bytes=0-9", If_Range=tag))[0] == 206
        assert (await client.ask(SIZED, Range="bytes=0-9", If_Range='"other"'))[0] == 200
        assert (await client.ask(SIZED))[1] == whole
        assert sim.recordings.ranges["size-100000"][0] == (8_192, 16_383)


@pytest.mark.parametrize("what", list(Range))
async def test_each_fault_is_what_it_says(what: Range) -> None:
    async with asking(faults=(RangeFault(what=what, after_bytes=100),)) as (client, _):
        whole = long_text(100_000).part(0, 100_000)
        if what is Range.CUT:
            with pytest.raises(aiohttp.ClientPayloadError):
                await client.ask(SIZED, Range="bytes=0-999")
        else:
            status, body, headers = await client.ask(SIZED, Range="bytes=0-999")
            told = headers.get("Content-Range")
            assert {
                Range.WHOLE: (status, len(body), told) == (200, 100_000, None),
                Range.UNSATISFIED: (status, body, told) == (416, b"", "bytes */100000"),
                Range.SHORT: (status, len(body), told) == (206, 500, "bytes 0-999/100000"),
                Range.LONG: (status, len(body), told) == (206, 1_100, "bytes 0-999/100000"),
                Range.NOT_SAID: (status, len(body), told) == (206, 1_000, None),
                Range.OTHER_START: (status, told) == (206, "bytes 1-999/100000"),
                Range.OTHER_TOTAL: (status, told) == (206, "bytes 0-999/100001"),
                Range.SHORT_NOT_SAID: (status, len(body), told) == (206, 500, None),
                Range.OTHER_TAG: (status, len(body), headers.get("ETag")) == (206, 1_000, '"other"'),
                Range.CHANGED: (status, body != whole[:1_000], told) == (206, True, "bytes 0-999/100007"),
            }[what]
        assert (await client.ask(SIZED, Range="bytes=0-999"))[0] == 206  # once


async def test_audio_and_another_try() -> None:
    known = Transcript(transcript_id="t-1", status="failed", audio_bytes=200_000, again="It was fine.", again_id="t-2")
    async with asking(known) as (client, sim):
        assert (await client.json(f"{BASE}/transcripts/t-1"))[1]["failureReason"] == known.failure_reason
        status, body, headers = await client.ask(f"{BASE}/rec-1/audio")
        assert (status, len(body), body[:4], headers["Content-Type"]) == (200, 200_000, b"RIFF", "audio/wav")
        answers = [await client.json(f"{BASE}/rec-1/transcripts", method="POST", Idempotency_Key="k") for _ in range(2)]
        assert answers == [(202, {"status": "queued", "transcriptId": "t-2"})] * 2
        assert sim.ledger.transcriptions == {"rec-1": 1}
        assert (await client.json(f"{BASE}/transcripts/t-2"))[1]["status"] == "completed"
        assert (await client.ask(f"{BASE}/transcripts/t-2/content"))[1] == b"It was fine."
        assert (await client.ask(f"{BASE}/none/audio"))[0] == 404
