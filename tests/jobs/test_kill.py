"""`kill -9` at every boundary of every step, then a restart: the job ends as if nothing had happened.

The simulator is the barrier. It holds a request until the daemon is dead: when the request has come, all that came
before it is on the disk, and nothing after it has happened. Held before it is done, the step is lost; after it is done,
only its answer. Between the callback and the end there is no request to hold: there the row is put as a kill leaves it.
One kill serves many jobs, each at another boundary.
"""

import contextlib
import itertools
import json
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from captiond.simulator import Fault, Recording, RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import On
from tests.harness import DaemonProcess, account, daemon_process, eventually
from tests.jobs.studio import SECRET, Api, Json, SinkServer, api, sink_server

HOUR_S = 3_600.0
WAIT_S = 3.0
SAID = "My card is four one one one one one one one one one one one one one one one."
PIECES = ({"text": SAID, "confidence": 0.9},)


def row_of(folder: Path, job: str) -> dict[str, object]:
    """The job's row, read as the daemon's killer sees it."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone())


@contextlib.asynccontextmanager
async def scene(
    folder: Path, recordings: Sequence[Recording], *faults: Fault
) -> AsyncIterator[tuple[Simulator, DaemonProcess, Api, SinkServer]]:
    """A simulator, a daemon at a port that it keeps, a caller, and a search index."""
    async with (
        sink_server() as index,
        Simulator(media=recordings, faults=faults, webhook_secret=SECRET) as upstream,
        daemon_process(
            folder,
            **account(upstream),
            CAPTIOND_JOBS__INDEX_URL=index.url,
            CAPTIOND_JOBS__WEBHOOK_SECRET=SECRET,
            CAPTIOND_SERVER__PORT=str(free_port()),
        ) as daemon,
        api(daemon.url) as caller,
    ):
        yield upstream, daemon, caller, index


def free_port() -> int:
    """A port that is free now: the daemon must come back where callbacks are sent to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def held_now(upstream: Simulator) -> int:
    """How many requests are held."""
    return sum(int(str(one["struck"])) for one in upstream.faults() if one["fault"] == "slow")


def callback_of(transcription: str) -> bytes:
    """What Genesys would have sent."""
    data = {
        "transcriptionId": transcription,
        "status": "COMPLETED",
        "startedAt": "2026-01-01T00:00:00Z",
        "completedAt": "2026-01-01T00:00:09Z",
        "result": {"mediaId": None, "redacted": True, "transcripts": [{"text": SAID, "confidence": 0.9}]},
    }
    return json.dumps({"eventType": "transcription.completed", "data": data}).encode()


def undelivered(folder: Path) -> int:
    """Documents that the sink does not have."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        [many] = database.execute("SELECT count(*) FROM outbox WHERE state != 'delivered'").fetchone()
    return int(many)


async def kill(daemon: DaemonProcess) -> None:
    daemon.signal(signal.SIGKILL)
    assert await daemon.exit_status(within_s=5) == -signal.SIGKILL


def as_if_nothing_had_happened(ended: Json, upstream: Simulator, index: SinkServer) -> None:
    """One transcription, one result, one document: redacted."""
    media = ended["request"]["mediaId"]
    assert (ended["state"], ended["result"]["status"]) == ("completed", "completed"), media
    assert ended["result"]["transcripts"][0]["text"] == "My card is [CC].", media
    assert upstream.ledger.transcriptions[media] == 1, media
    keys = {
        key: document["content"]
        for key, document in zip(index.keys, index.came, strict=True)
        if document["mediaReference"] == media
    }
    assert keys == {f"{ended['id']}.index": "My card is [CC]."}, media


def nothing_raw_is_left(folder: Path) -> None:
    """In every file that the daemon wrote, and an audit that goes on over the kill."""
    records = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert "resumed" in {record["kind"] for record in records}
    for path in folder.iterdir():
        assert b"one one one" not in path.read_bytes(), path.name


async def test_killed_around_every_request(tmp_path: Path) -> None:
    held = {
        "before-checking": SlowFault(on=On.MEDIA, delay_s=HOUR_S, session="before-checking"),
        "after-checking": SlowFault(on=On.MEDIA, delay_s=HOUR_S, session="after-checking", after=True),
        "before-submitting": SlowFault(on=On.SUBMISSION, delay_s=HOUR_S, session="before-submitting"),
        "after-submitting": SlowFault(on=On.SUBMISSION, delay_s=HOUR_S, session="after-submitting", after=True),
    }
    limited = RefuseFault(on=On.MEDIA, status=429, retry_after_s=WAIT_S, session="limited")
    recordings = [
        *(Recording(media_id=name, transcripts=PIECES) for name in (*held, "limited")),
        Recording(media_id="awaiting", transcripts=PIECES, delay_s=0.5),  # comes while nobody is there
        Recording(media_id="indexing", transcripts=PIECES),
    ]
    jobs: dict[str, str] = {}

    async def begin(caller: Api, media: str) -> None:
        body = {"mediaId": media, "languages": ["en-US"]}
        status, job = await caller.post(body, Prefer="respond-async", Idempotency_Key=media)
        assert status == 202
        jobs[media] = job["id"]

    async with scene(tmp_path, recordings, *held.values(), limited) as (upstream, daemon, caller, index):
        index.answers[:] = [503]
        await begin(caller, "indexing")
        await eventually(lambda: bool(index.came))
        for media in held:
            await begin(caller, media)
        await eventually(lambda: held_now(upstream) == len(held))
        await begin(caller, "awaiting")
        await eventually(lambda: row_of(tmp_path, jobs["awaiting"])["state"] == "waiting")
        await begin(caller, "limited")
        await eventually(lambda: row_of(tmp_path, jobs["limited"])["state"] == "waiting")
        await kill(daemon)
        left = {media: row_of(tmp_path, job) for media, job in jobs.items()}
        assert {media: (row["state"], row["phase"]) for media, row in left.items()} == {
            "before-checking": ("running", "checking"),
            "after-checking": ("running", "checking"),
            "before-submitting": ("running", "submitting"),
            "after-submitting": ("running", "submitting"),
            "awaiting": ("waiting", "awaiting"),
            "limited": ("waiting", "checking"),
            "indexing": ("completed", "over"),
        }
        index.answers[:] = [200]
        await daemon.start()
        again = {media: (await caller.post({"mediaId": media, "languages": ["en-US"]}, Idempotency_Key=media))[1]
                 for media in jobs}  # fmt: skip
        assert {media: job["id"] for media, job in again.items()} == jobs
        ended = [await caller.ended(job) for job in jobs.values()]
        await eventually(lambda: undelivered(tmp_path) == 0, within_s=40)
        for job in ended:
            as_if_nothing_had_happened(job, upstream, index)
        assert len(upstream.ledger.callbacks) == len(jobs)
        asked = [one.at_s for one in upstream.ledger.requests if one.session == "limited" and one.operation == "media"]
        assert len(asked) == 2
        assert asked[1] - asked[0] >= WAIT_S  # the wait that upstream asked for outlives the process
        nothing_raw_is_left(tmp_path)


async def test_killed_between_the_callback_and_the_end(tmp_path: Path) -> None:
    """Acknowledged is kept: whatever the daemon was about to do with a callback, it is done once."""
    boundaries = list(itertools.product(("awaiting", "settling"), ("waiting", "running")))
    names = [f"{phase}-{state}" for phase, state in boundaries]
    recordings = [Recording(media_id=name, outcome="silent") for name in names]
    proof = {"Authorization": f"Bearer {SECRET}"}
    async with scene(tmp_path, recordings) as (upstream, daemon, caller, index):
        jobs = {}
        for name in names:
            _, job = await caller.post({"mediaId": name, "languages": ["en-US"]})
            jobs[name] = job["id"]
        await eventually(lambda: all(row_of(tmp_path, job)["state"] == "waiting" for job in jobs.values()))
        given = {name: str(row_of(tmp_path, job)["upstream"]) for name, job in jobs.items()}
        for upstream_id in given.values():
            assert (await caller.callback(callback_of(upstream_id), **proof))[0] == 200
        await kill(daemon)
        with contextlib.closing(sqlite3.connect(tmp_path / "captiond.db")) as database, database:
            database.execute("DELETE FROM outbox")
            for (phase, state), job in zip(boundaries, jobs.values(), strict=True):
                database.execute(
                    "UPDATE jobs SET phase = ?, state = ?, ended_s = NULL, result = NULL, due_s = 0 WHERE id = ?",
                    (phase, state, job),
                )
        index.came.clear()
        index.keys.clear()
        await daemon.start()
        ended = [await caller.ended(job) for job in jobs.values()]
        await eventually(lambda: undelivered(tmp_path) == 0)
        for job in ended:
            as_if_nothing_had_happened(job, upstream, index)
        for name, upstream_id in given.items():
            status, answer = await caller.callback(callback_of(upstream_id), **proof)
            assert (status, answer) == (200, {"status": "accepted"})
            assert (await caller.get(f"/v1/jobs/{jobs[name]}"))[1] in ended
        nothing_raw_is_left(tmp_path)
