"""`kill -9` at every boundary of a messaging job, then a restart: what is done is not done again, the rest is.

As in `test_kill`, the simulator holds requests until the daemon is dead, and where there is no request to hold, rows
are put as a kill leaves them.
"""

import contextlib
import json
import signal
import socket
import sqlite3
from collections import Counter
from pathlib import Path

from captiond.simulator import RefuseFault, Simulator, SlowFault
from captiond.simulator.faults import On
from tests.harness import account, daemon_process, eventually
from tests.jobs.chats import KIND, SAID, SHOWN, chat, conversation_id, session_id, texts
from tests.jobs.studio import Json, api, sink_server

HOUR_S = 3_600.0
WAIT_S = 3.0
RAW = b"4111 1111"


def rows(folder: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def free_port() -> int:
    """A port that is free now: the daemon comes back where its callers are."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def phase_of(folder: Path, job: str) -> tuple[object, ...]:
    [found] = rows(folder, "SELECT state, phase FROM jobs WHERE id = ?", job)
    return found


def put_back(folder: Path, job: str, *, phase: str) -> None:
    """The row as a kill in the middle of that step leaves it."""
    with contextlib.closing(sqlite3.connect(folder / "captiond.db")) as database, database:
        change = "UPDATE jobs SET phase = ?, state = 'running', ended_s = NULL, result = NULL WHERE id = ?"
        database.execute(change, (phase, job))


async def told_of(folder: Path, count: int) -> Counter[str]:
    """How often the audit says of each conversation that it has ended, once it has said that so often: its records are
    written some at a time.
    """
    audit = folder / "audit.jsonl"
    await eventually(lambda: audit.read_text().count('"transcript_intercepted"') >= count)
    records = [json.loads(line) for line in audit.read_text().splitlines()]
    return Counter(one["conversationId"] for one in records if one["kind"] == "transcript_intercepted")


def held_now(upstream: Simulator) -> int:
    """How many requests are held."""
    return sum(int(str(one["struck"])) for one in upstream.faults() if one["fault"] == "slow")


def delivered(folder: Path) -> int:
    return len(rows(folder, "SELECT 1 FROM outbox WHERE state = 'delivered'"))


async def test_killed_around_every_request_and_between_them(tmp_path: Path) -> None:
    """Seven jobs, one kill. Conversations 10 to 14 are one job's: three are done, one asked for, one answered."""
    fetched = [conversation_id(number) for number in range(10, 15)]
    before, answered = fetched[3], fetched[4]
    limited = RefuseFault(on=On.MESSAGING_DETAILS, status=429, retry_after_s=WAIT_S, session=conversation_id(7))
    held = [
        SlowFault(on=On.MESSAGING_DETAILS, delay_s=HOUR_S, session=before),
        SlowFault(on=On.MESSAGING_DETAILS, delay_s=HOUR_S, session=answered, after=True),
    ]
    asked: dict[str, Json] = {
        "before-query": {"conversationIds": [conversation_id(1)]},
        "after-query": {"sessionIds": [session_id(2)]},
        "collecting": {"conversationIds": fetched},
        "collected": {"conversationIds": [conversation_id(4)]},
        "settling": {"conversationIds": [conversation_id(5), conversation_id(99)]},
        "over": {"conversationIds": [conversation_id(6)]},
        "limited": {"conversationIds": [conversation_id(7)]},
    }
    everybody = [chat(number) for number in (1, 2, 4, 5, 6, 7, *range(10, 15))]
    environ = {"CAPTIOND_JOBS__READS_PER_S": "500", "CAPTIOND_SERVER__PORT": str(free_port())}
    async with (
        sink_server() as analytics,
        Simulator(conversations=everybody, faults=[*held, limited]) as upstream,
        daemon_process(tmp_path, **account(upstream), **environ, CAPTIOND_JOBS__ANALYTICS_URL=analytics.url) as daemon,
        api(daemon.url) as caller,
    ):
        jobs: dict[str, str] = {}

        async def begin(name: str) -> None:
            status, job = await caller.post(asked[name], kind=KIND, Idempotency_Key=name)
            assert status == 202
            jobs[name] = job["id"]

        for name in ("collected", "settling", "over", "collecting"):
            await begin(name)
        for name in ("collected", "settling", "over"):
            await caller.ended(jobs[name])
        await eventually(lambda: held_now(upstream) == 2)
        await eventually(lambda: delivered(tmp_path) == 6)
        upstream.add_faults(
            SlowFault(on=On.MESSAGING_QUERY, delay_s=HOUR_S),
            SlowFault(on=On.MESSAGING_QUERY, delay_s=HOUR_S, after=True),
        )
        await begin("before-query")
        await eventually(lambda: held_now(upstream) == 3)
        await begin("after-query")
        await eventually(lambda: held_now(upstream) == 4)
        await begin("limited")
        await eventually(lambda: phase_of(tmp_path, jobs["limited"]) == ("waiting", "collecting"))
        daemon.signal(signal.SIGKILL)
        assert await daemon.exit_status(within_s=5) == -signal.SIGKILL
        assert {name: phase_of(tmp_path, job) for name, job in jobs.items()} == {
            "before-query": ("running", "querying"),
            "after-query": ("running", "querying"),
            "collecting": ("running", "collecting"),
            "collected": ("completed", "over"),
            "settling": ("completed_with_errors", "over"),
            "over": ("completed", "over"),
            "limited": ("waiting", "collecting"),
        }
        answered_now = [conversation_id(4), conversation_id(5), conversation_id(6), *fetched]
        answered_now.remove(before)
        assert upstream.ledger.conversations == dict.fromkeys(answered_now, 1)
        for phase, name in (("collecting", "collected"), ("settling", "settling")):
            put_back(tmp_path, jobs[name], phase=phase)
        await daemon.start()
        for name, body in asked.items():
            status, job = await caller.post(body, kind=KIND, Idempotency_Key=name)
            assert (status, job["id"]) == (202, jobs[name])
        ended = {name: await caller.ended(job) for name, job in jobs.items()}
        assert {name: job["state"] for name, job in ended.items()} == {
            **dict.fromkeys(asked, "completed"),
            "settling": "completed_with_errors",
        }
        for job in ended.values():
            assert all(texts(one)[1] == SHOWN for one in job["result"]["conversations"])
        assert [one["conversationId"] for one in ended["collecting"]["result"]["conversations"]] == fetched
        assert ended["after-query"]["result"]["conversations"][0]["sessionIds"] == [session_id(2)]
        handed_out = {one.conversation_id: 1 for one in everybody} | {answered: 2}  # its first answer came to nobody
        assert upstream.ledger.conversations == handed_out
        await eventually(lambda: delivered(tmp_path) == 11)
        assert Counter(analytics.keys) == {
            f"{jobs[name]}.analytics.{one['conversationId']}": 1
            for name, job in ended.items()
            for one in job["result"]["conversations"]
        }
        asked_s = [
            one.at_s
            for one in upstream.ledger.requests
            if (one.operation, one.session) == (On.MESSAGING_DETAILS, conversation_id(7))
        ]
        assert len(asked_s) == 2
        assert asked_s[1] - asked_s[0] >= WAIT_S  # what upstream asked for outlives the process
        assert await told_of(tmp_path, len(handed_out) + 1) == dict.fromkeys((*handed_out, conversation_id(99)), 1)
        for path in tmp_path.iterdir():
            assert RAW not in path.read_bytes(), path.name
        assert RAW in SAID.encode()
