"""Callbacks at a daemon: who may, what is taken, and that each is taken once."""

import asyncio
import contextlib
import hmac
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.daemon import Daemon
from captiond.jobs.callbacks import Callbacks
from captiond.simulator import Recording, Simulator
from tests.harness import daemon_here, eventually
from tests.jobs.studio import ASKED, KIND, SECRET, Api, api

CARD = "4111 1111 1111 1111"


def completed(transcription: str = "tr-1", text: str = f"My card is {CARD}.", **data: Any) -> bytes:
    """A callback as Genesys sends it."""
    result = {"mediaId": "m-1", "redacted": False, "transcripts": [{"text": text, "confidence": 0.9}]}
    body = {"transcriptionId": transcription, "status": "COMPLETED", "result": result, **data}
    return json.dumps({"eventType": "transcription.completed", "data": body}).encode()


def signed(body: bytes, *, at_s: float | None = None) -> dict[str, str]:
    """The headers of a genuine callback."""
    stamp = str(int(time.time() if at_s is None else at_s))
    signature = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return {"X-Captiond-Timestamp": stamp, "X-Captiond-Signature": f"sha256={signature}"}


@asynccontextmanager
async def receiving(folder: Path, **environ: str) -> AsyncIterator[tuple[Daemon, Api]]:
    """A daemon with a job `m-1` that waits for its callback, and a caller."""
    environ = {"CAPTIOND_JOBS__WEBHOOK_SECRET": SECRET, **environ}
    async with (
        Simulator(media=[Recording(media_id="m-1", outcome="silent")]) as upstream,
        daemon_here(folder, upstream, workers=1, **environ) as daemon,
        api(daemon.url) as caller,
    ):
        yield daemon, caller


async def waiting_job(daemon: Daemon, caller: Api) -> tuple[str, str]:
    """A job that waits for its callback: its id, and its id upstream."""
    _, job = await caller.post(ASKED)
    assert daemon.workflows is not None
    while True:
        found = await daemon.workflows.get(job["id"])
        if found is not None and found.state == "waiting":
            return found.id, str(found.upstream)
        await asyncio.sleep(0.01)


def outcomes(daemon: Daemon) -> dict[str, int]:
    """`webhooks_total` by outcome."""
    text = daemon.meter.render()[0].decode()
    lines = [line for line in text.splitlines() if line.startswith("captiond_webhooks_total{")]
    return {line.partition('outcome="')[2].partition('"')[0]: int(float(line.rpartition(" ")[2])) for line in lines}


async def test_rows(tmp_path: Path) -> None:
    """Bad signature 401; too large 413; no JSON or no id 400; unknown event or id 200; repeated 200, nothing done."""
    async with receiving(tmp_path, CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES="2048") as (daemon, caller):
        job, upstream_id = await waiting_job(daemon, caller)
        body = completed(upstream_id)
        other = completed("tr-nobody-knows", "nothing private")
        unknown_event = json.dumps({"eventType": "transcription.paused", "data": {}}).encode()
        old = signed(body, at_s=time.time() - 301)
        for content, headers, expected in (
            (body, {}, (401, "bad_signature")),
            (body, {"X-Captiond-Signature": "sha256=" + "0" * 64}, (401, "bad_signature")),
            (body, old, (401, "bad_signature")),
            (body, {"Authorization": "Bearer guessed"}, (401, "bad_signature")),
            (b"x" * 2_049, signed(b"x" * 2_049), (413, "body_too_large")),
            (b"{", signed(b"{"), (400, "invalid_callback")),
            (b"[]", signed(b"[]"), (400, "invalid_callback")),
            (b"\xff", signed(b"\xff"), (400, "invalid_callback")),
            (b'{"eventType":"transcription.completed"}', None, (400, "invalid_callback")),
            (b'{"data":{"transcriptionId":"t"}}', None, (400, "invalid_callback")),
            (unknown_event, None, (200, None)),
            (other, None, (200, None)),
            (other, None, (200, None)),
            (body, None, (200, None)),
            (body, None, (200, None)),
        ):
            proof = signed(content) if headers is None else headers
            status, answer = await caller.callback(content, **proof)
            assert (status, answer.get("code")) == expected, content[:60]
            assert status != 200 or answer == {"status": "accepted"}
        ended = await caller.ended(job)
        assert ended["result"]["transcripts"][0]["text"] == "My card is [CC]."
        status, answer = await caller.callback(body, **signed(body))
        assert (status, await caller.ended(job)) == (200, ended)
        assert outcomes(daemon) == {
            "unauthorized": 4, "too_large": 1, "invalid": 5, "ignored": 1, "unknown": 1, "repeated": 3, "accepted": 1,
        }  # fmt: skip
        chunked, asked = _pieces(3_000), f"{caller.url}/v1/webhooks/{KIND}"
        async with aiohttp.ClientSession() as http, http.post(asked, data=chunked, headers=signed(b"")) as response:
            assert response.status == 413  # also where nobody says beforehand how long it will be


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100):
        yield b"x" * 100


async def test_the_address_that_a_job_gave_out_is_proof_enough_for_that_job(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (daemon, caller):
        job, upstream_id = await waiting_job(daemon, caller)
        assert daemon.workflows is not None
        found = await daemon.workflows.get(job)
        assert found is not None
        query = "&".join(f"{name}={value}" for name, value in daemon.workflows.callbacks.query(found).items())
        wrong = query.replace(job, "job-ffffffffffffffffffff")
        assert (await caller.callback(completed(upstream_id), query=f"?{wrong}"))[0] == 401
        # From outside it comes by another name of the host, through a proxy.
        outside = {"Host": "captions.example.com", "X-Forwarded-For": "203.0.113.9"}
        assert (await caller.callback(completed(upstream_id), query=f"?{query}", **outside))[0] == 200
        assert (await caller.ended(job))["state"] == "completed"


async def test_without_a_secret_only_this_machine_may_call_back(tmp_path: Path) -> None:
    async with receiving(tmp_path, CAPTIOND_JOBS__WEBHOOK_SECRET="") as (daemon, caller):
        _, upstream_id = await waiting_job(daemon, caller)
        status, _ = await caller.callback(completed(upstream_id), X_Forwarded_For="203.0.113.9")
        assert status == 401
        assert (await caller.callback(completed(upstream_id)))[0] == 200


async def test_many_of_the_same_at_once_are_one(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (daemon, caller):
        job, upstream_id = await waiting_job(daemon, caller)
        body = completed(upstream_id)
        answers = await asyncio.gather(*(caller.callback(body, **signed(body)) for _ in range(10)))
        assert {status for status, _ in answers} == {200}
        await caller.ended(job)
        assert outcomes(daemon) == {"accepted": 1, "repeated": 9}
        await asyncio.to_thread(daemon.audit.flush, 5.0)
        steps = (tmp_path / "audit.jsonl").read_text()
        assert steps.count('"transcription_completed"') == 1


async def test_a_large_one_is_acknowledged_in_time_and_live_captions_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes too long is to be sent again: it is not acknowledged before it is kept, and it is kept once."""
    slow = asyncio.Event()
    true = Callbacks._owner

    async def wait(self: Callbacks, *args: Any) -> Any:
        await slow.wait()
        return await true(self, *args)

    monkeypatch.setattr(Callbacks, "_owner", wait)
    monkeypatch.setattr("captiond.jobs.callbacks.ACKNOWLEDGED_IN_S", 0.1)
    async with receiving(tmp_path) as (daemon, caller):
        job, upstream_id = await waiting_job(daemon, caller)
        body = completed(upstream_id)
        status, problem = await caller.callback(body, **signed(body))
        assert (status, problem["code"]) == (503, "busy")
        slow.set()
        assert (await caller.ended(job))["state"] == "completed"
        assert (await caller.callback(body, **signed(body)))[0] == 200


async def test_nothing_raw_is_kept_of_a_callback_that_nobody_waits_for(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (daemon, caller):
        for body in (completed("tr-strange"), completed("tr-bad", status="x" * 40 + CARD, speaker=CARD)):
            assert (await caller.callback(body, **signed(body)))[0] == 200
        bad = b'{"eventType":"transcription.completed","data":"' + CARD.encode()
        assert (await caller.callback(bad, **signed(bad)))[0] == 400
        await eventually(lambda: rows(tmp_path) == 2)
        assert daemon.url
    for path in tmp_path.iterdir():
        assert CARD.encode() not in path.read_bytes(), path.name


def rows(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        [many] = database.execute("SELECT count(*) FROM callbacks").fetchone()
    return int(many)
