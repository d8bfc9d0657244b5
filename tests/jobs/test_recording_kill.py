"""`kill -9` at every boundary of every step of workflow 3, then a restart: the job ends as if nothing had happened.

As in `test_kill.py` the simulator is the barrier: it holds a request before or after it is done until the daemon is
dead. Between the last request and the end there is none to hold: there the row is put as a kill leaves it.
"""

import asyncio
import contextlib
import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

from captiond.core.redact import DEFAULT
from captiond.genesys.recordings import MARKERS
from captiond.jobs.long_text import LongText, Mark
from captiond.simulator import Simulator, SlowFault, Transcript
from captiond.simulator.faults import On
from captiond.simulator.longtext import RAW, long_text
from tests.harness import DaemonProcess, account, daemon_process, eventually
from tests.jobs.recording_stage import SAID, SHOWN, nothing_raw
from tests.jobs.studio import Api, Json, api, sink_server

KIND = "recording-transcript"
HOUR_S = 3_600.0
BOUNDARIES = {  # where a request is held: the phase, and what its transcript is
    On.TRANSCRIPT: ("polling", {}),
    On.CONTENT: ("fetching", {}),
    On.RESUBMISSION: ("resubmitting", {"status": "failed", "again": SAID}),
    On.AUDIO: ("falling_back", {"text": ""}),
}


def row_of(folder: Path, job: str) -> dict[str, Any]:
    """The job's row, read as the daemon's killer sees it."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone())


async def kill(daemon: DaemonProcess) -> None:
    daemon.signal(signal.SIGKILL)
    assert await daemon.exit_status(within_s=5) == -signal.SIGKILL


async def begin(caller: Api, transcript: str) -> str:
    body = {"transcriptId": transcript, "resubmit": True}
    status, job = await caller.post(body, kind=KIND, Prefer="respond-async", Idempotency_Key=transcript)
    assert status == 202
    return str(job["id"])


def as_if_nothing_had_happened(ended: Json, name: str) -> None:
    result = ended["result"]
    if name.endswith(On.AUDIO):
        assert (result["status"], result["audioLength"]) == ("fallback_triggered", 64_044), name
        assert Path(result["audioFile"]).stat().st_size == 64_044
    else:
        assert (result["status"], result["transcript"]) == ("completed", SHOWN), name


async def test_killed_around_every_request(tmp_path: Path) -> None:
    names = {f"{when}-{on}": (on, when == "after") for on in BOUNDARIES for when in ("before", "after")}
    transcripts = [
        Transcript(**{"transcript_id": name, "recording_id": f"rec-{name}", "text": SAID, **BOUNDARIES[on][1]})
        for name, (on, _) in names.items()
    ]
    held = [
        SlowFault(
            on=on, delay_s=HOUR_S, session=name if on in (On.TRANSCRIPT, On.CONTENT) else f"rec-{name}", after=after
        )
        for name, (on, after) in names.items()
    ]
    waits = Transcript(transcript_id="waits", text=SAID, polls=2)
    environ = {"CAPTIOND_JOBS__REQUESTS_PER_S": "200", "CAPTIOND_JOBS__POLL_BASE_S": "3"}
    async with (
        sink_server() as store,
        Simulator(transcripts=[*transcripts, waits], faults=held) as upstream,
        daemon_process(tmp_path, **account(upstream), **environ, CAPTIOND_JOBS__COMPLIANCE_URL=store.url) as daemon,
    ):
        async with api(daemon.url) as caller:
            store.answers[:] = [503]
            jobs = {name: await begin(caller, name) for name in (*names, "waits", "settling")}
            await eventually(lambda: sum(int(str(one["struck"])) for one in upstream.faults()) == len(names))
            await eventually(lambda: row_of(tmp_path, jobs["waits"])["tries"] == '{"polled":1}')
            await eventually(lambda: row_of(tmp_path, jobs["settling"])["state"] in ("failed", "completed"))
            await kill(daemon)
        for name, (on, _) in names.items():
            row = row_of(tmp_path, jobs[name])
            assert (row["state"], row["phase"]) == ("running", BOUNDARIES[on][0]), name
        polled = [one for one in upstream.ledger.requests if one.session == "waits"]
        store.answers[:] = [200]
        await daemon.start()
        async with api(daemon.url) as caller:
            assert {name: await begin(caller, name) for name in jobs} == jobs
            ended = {name: await caller.ended(job) for name, job in jobs.items() if name != "settling"}
            for name, job in ended.items():
                as_if_nothing_had_happened(job, name)
            synced = [name for name, job in ended.items() if job["result"]["status"] == "completed"]
            await eventually(lambda: {f"{jobs[name]}.compliance" for name in synced} <= set(store.keys), within_s=30)
            assert {key for key in store.keys if store.keys.count(key) > 2} == set()
        again = [one for one in upstream.ledger.requests if one.session == "waits" and one.operation == On.TRANSCRIPT]
        assert (len(polled), len(again)) == (1, 3)  # how often it was looked, and when again, outlives the process
        assert again[1].at_s - again[0].at_s >= 3
        assert again[2].at_s - again[1].at_s >= 6
        resubmitted = [f"rec-{name}" for name, (on, _) in names.items() if BOUNDARIES[on][1].get("status") == "failed"]
        assert {name: many for name, many in upstream.ledger.transcriptions.items() if name in resubmitted} == (
            dict.fromkeys(resubmitted, 1)
        )
        assert set(upstream.ledger.transcriptions.values()) == {1}
        records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
        assert "resumed" in {record["kind"] for record in records}
        nothing_raw(tmp_path)


async def test_killed_before_what_came_of_it_was_written(tmp_path: Path) -> None:
    """Between the last piece and the end of the job: the same result, the same document, once."""
    async with (
        sink_server() as store,
        Simulator(transcripts=[Transcript(transcript_id="t", text=SAID)]) as upstream,
        daemon_process(tmp_path, **account(upstream), CAPTIOND_JOBS__COMPLIANCE_URL=store.url) as daemon,
    ):
        async with api(daemon.url) as caller:
            job = await begin(caller, "t")
            before = await caller.ended(job)
            await kill(daemon)
        with contextlib.closing(sqlite3.connect(tmp_path / "captiond.db")) as database, database:
            database.execute("DELETE FROM outbox")
            database.execute(
                "UPDATE jobs SET phase = 'settling', state = 'running', ended_s = NULL, result = NULL, due_s = 0"
            )
        asked = upstream.ledger.count(On.CONTENT)
        await daemon.start()
        async with api(daemon.url) as caller:
            after = await caller.ended(job)
        left_out = {"complianceSynced"}
        assert {k: v for k, v in after["result"].items() if k not in left_out} == {
            k: v for k, v in before["result"].items() if k not in left_out
        }
        assert upstream.ledger.count(On.CONTENT) == asked
        await eventually(lambda: f"{job}.compliance" in store.keys)


async def test_killed_in_the_middle_of_a_long_text_it_goes_on_there(tmp_path: Path) -> None:
    size = 5_000_000
    name = f"sparse-{size}"
    environ = {"CAPTIOND_JOBS__REQUESTS_PER_S": "1000", "CAPTIOND_JOBS__CHUNK_BYTES": "65536"}
    held = SlowFault(on=On.CONTENT, delay_s=HOUR_S, session=name, skip=28)
    async with (
        Simulator(faults=[held]) as upstream,
        daemon_process(tmp_path, **account(upstream), **environ) as daemon,
    ):
        async with api(daemon.url) as caller:
            job = await begin(caller, name)
            await eventually(lambda: upstream.faults()[0]["struck"] == 1, within_s=30)
            await kill(daemon)
        kept = json.loads(row_of(tmp_path, job)["data"])["fetched"]["mark"]["read"]
        assert kept > 2_000_000
        [path] = (tmp_path / "captiond.db-files").iterdir()
        with path.open("ab") as file:
            file.write(b"what was not written down yet")
        seen = len(upstream.recordings.ranges[name])
        await daemon.start()
        async with api(daemon.url) as caller:
            ended = await caller.ended(job, within_s=40)
        assert min(first for first, _ in list(upstream.recordings.ranges[name])[seen:]) > kept - 40_000
        assert ended["result"]["transcriptBytes"] == path.stat().st_size
        assert await asyncio.to_thread(path.read_bytes) == redacted(size)
        nothing_raw(tmp_path)


def redacted(size: int) -> bytes:
    """What that text comes to in one go."""
    text = LongText(kinds=frozenset(DEFAULT), language="", markers=MARKERS, mark=Mark())
    text.feed(long_text(size, sparse=True).part(0, size))
    text.end()
    while not text.slice():
        pass
    shown = text.take()
    assert not any(raw in shown for raw in RAW)
    return shown
