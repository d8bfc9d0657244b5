"""Jobs, callbacks and documents as rows: what is one transaction, and what a process that died leaves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from captiond.db import jobs, outbox
from captiond.db.beside import beside
from captiond.db.jobs import Called, Job
from captiond.db.migrations import STEPS
from captiond.db.outbox import Parcel
from captiond.db.store import Store, StoreError

NOW_S = 1_000.0


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level="IMMEDIATE")) as connection:
        for step in STEPS:
            connection.executescript(step)
        yield connection


def job(number: int = 1, **more: object) -> Job:
    new = Job(
        id=f"job-{number}",
        kind="k",
        request={"mediaId": "m"},
        state="queued",
        phase="checking",
        due_s=NOW_S,
        deadline_s=NOW_S + 100,
        created_s=NOW_S,
        updated_s=NOW_S,
    )
    return replace(new, **more)  # type: ignore[arg-type]


def taken(database: sqlite3.Connection) -> Job:
    jobs.add(database, job(), most_open=10)
    [one] = jobs.take_due(database, now_s=NOW_S, most=10)
    return replace(one, state="running")


def test_a_job_is_read_as_it_was_written(database: sqlite3.Connection) -> None:
    full = job(
        data={"a": 1}, tries={"limited": 2}, upstream="u", result={"x": [1]}, error={"code": "c"}, key="k", ended_s=7.0
    )
    assert jobs.add(database, full, most_open=1) == full
    assert jobs.get(database, "job-1") == full
    assert jobs.listing(database, kind="k") == [full]
    assert jobs.listing(database, state="failed") == []
    assert jobs.get(database, "job-2") is None


def test_a_key_is_one_job_of_its_kind(database: sqlite3.Connection) -> None:
    first = jobs.add(database, job(1, key="a"), most_open=10)
    assert jobs.add(database, job(2, key="a"), most_open=10) == first
    assert jobs.add(database, job(3, key="a", kind="other"), most_open=10) != first
    assert jobs.add(database, job(4), most_open=2) is None  # so many are open
    assert jobs.add(database, job(5, key="a"), most_open=2) == first


def test_what_is_due_is_taken_once_oldest_first(database: sqlite3.Connection) -> None:
    for number, due_s in ((1, 30.0), (2, 10.0), (3, 20.0), (4, 5_000.0)):
        jobs.add(database, job(number, due_s=due_s), most_open=10)
    assert [one.id for one in jobs.take_due(database, now_s=NOW_S, most=2)] == ["job-2", "job-3"]
    assert [one.id for one in jobs.take_due(database, now_s=NOW_S, most=2)] == ["job-1"]
    assert jobs.take_due(database, now_s=NOW_S, most=2) == []
    assert jobs.next_due_s(database) == 5_000.0


def test_steps_of_a_process_that_died_are_due_again_and_waits_stay_waits(database: sqlite3.Connection) -> None:
    running = taken(database)
    jobs.add(database, job(2, state="waiting", due_s=NOW_S + 50), most_open=10)
    assert jobs.take_up(database, now_s=NOW_S + 1) == 1
    assert [one.id for one in jobs.take_due(database, now_s=NOW_S + 1, most=10)] == [running.id]


def test_a_step_and_its_documents_are_written_together_or_not_at_all(database: sqlite3.Connection) -> None:
    running = taken(database)
    done = replace(running, state="completed", phase="over", ended_s=NOW_S)
    parcel = Parcel("p", "index", running.id, "{}")
    bad = Parcel("q", "index", running.id, None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        jobs.save(database, done, parcels=[parcel, bad])
    assert (jobs.get(database, running.id), outbox.listing(database)) == (replace(running, version=2), [])
    assert jobs.save(database, done, parcels=[parcel])
    assert [one.id for one in outbox.listing(database)] == ["p"]


def test_a_cancelled_job_takes_no_more_steps(database: sqlite3.Connection) -> None:
    running = taken(database)
    cancelled = jobs.cancel(database, running.id, now_s=NOW_S + 1)
    assert cancelled is not None and cancelled.state == "cancelled"
    assert not jobs.save(
        database, replace(running, phase="submitting"), parcels=[Parcel("p", "index", running.id, "{}")]
    )
    assert jobs.get(database, running.id) == cancelled
    assert outbox.listing(database) == []
    assert jobs.cancel(database, running.id, now_s=NOW_S + 9) == cancelled
    assert jobs.cancel(database, "none", now_s=NOW_S) is None


@pytest.mark.parametrize("by", ["upstream", "address"])
def test_a_callback_wakes_its_job_and_is_kept_once(database: sqlite3.Connection, by: str) -> None:
    running = replace(taken(database), upstream="u" if by == "upstream" else None)
    jobs.save(database, replace(running, state="waiting", due_s=NOW_S + 90), awaits=True)
    assert jobs.next_due_s(database) == NOW_S + 90
    named = running.id if by == "address" else None
    assert jobs.call(database, "k", Called("u", {"a": 1}, NOW_S), job=named, most_strange=5) == (True, True)
    assert jobs.next_due_s(database) == 0
    assert jobs.call(database, "k", Called("u", {"a": 2}, NOW_S), job=named, most_strange=5) == (False, True)
    found = jobs.callback_of(database, running)
    assert found is not None and found.content == {"a": 1}


def test_a_callback_that_comes_while_the_step_is_made_is_not_slept_through(database: sqlite3.Connection) -> None:
    running = replace(taken(database), upstream="u")
    jobs.call(database, "k", Called("u", {}, NOW_S), job=None, most_strange=5)
    jobs.save(database, replace(running, state="waiting", due_s=NOW_S + 90), awaits=True)
    assert jobs.next_due_s(database) == 0


def test_a_callback_does_not_shorten_a_wait_that_upstream_asked_for(database: sqlite3.Connection) -> None:
    running = replace(taken(database), tries={"limited": 1})
    jobs.save(database, replace(running, state="waiting", due_s=NOW_S + 90))
    jobs.call(database, "k", Called("u", {}, NOW_S), job=running.id, most_strange=5)
    assert jobs.next_due_s(database) == NOW_S + 90


def test_strange_callbacks_are_bounded(database: sqlite3.Connection) -> None:
    for number in range(5):
        jobs.call(database, "k", Called(f"s{number}", {}, NOW_S), job=None, most_strange=3)
    assert [jobs.is_called(database, "k", f"s{number}") for number in range(5)] == [True] * 3 + [False] * 2


def test_what_is_old_is_erased_and_what_is_pending_is_not(database: sqlite3.Connection) -> None:
    jobs.add(database, job(1, ended_s=1.0), most_open=10)
    jobs.add(database, job(2, ended_s=NOW_S), most_open=10)
    jobs.call(database, "k", Called("u", {}, 1.0), job=None, most_strange=5)
    with database:
        outbox.put(database, [Parcel(name, "index", "job-1", "{}") for name in ("sent", "waits")], now_s=1.0)
    outbox.delivered(database, "sent", now_s=1.0)
    with database:
        jobs.erase(database, 500.0)
        outbox.erase(database, 500.0)
    assert [one.id for one in jobs.listing(database)] == ["job-2"]
    assert [one.id for one in outbox.listing(database)] == ["waits"]
    assert not jobs.is_called(database, "k", "u")


async def test_a_database_of_before_jobs_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, old:
        old.execute("CREATE TABLE migrations (step INTEGER PRIMARY KEY, applied_s REAL NOT NULL)")
        old.executescript(STEPS[0])
        old.execute("INSERT INTO migrations VALUES (1, 0)")
    url = f"sqlite:///{tmp_path / 'old.db'}"
    with pytest.raises(StoreError, match="another version"), beside(url):
        pass
    store = await Store.open(url)
    assert await store.work(jobs.counts) == {}
    with beside(url) as other:
        assert jobs.counts(other) == {}
    await store.close()


def test_beside_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"), beside(f"sqlite:///{tmp_path / 'none.db'}"):
        pass
    (tmp_path / "text.db").write_text("no database")
    with pytest.raises(StoreError, match="cannot be used"), beside(f"sqlite:///{tmp_path / 'text.db'}"):
        pass
    assert not (tmp_path / "none.db").exists()
