"""Parts of a job: each ends once, with what sinks are to get, and goes with its job."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from captiond.db import jobs, outbox, parts
from captiond.db.jobs import Job
from captiond.db.keys import key
from captiond.db.outbox import Parcel
from captiond.db.parts import Part, PartState
from captiond.db.store import _connect

JOB = Job(
    id="job-1",
    kind="messaging-transcript",
    request={},
    state="queued",
    phase="collecting",
    due_s=0.0,
    deadline_s=1e9,
    created_s=1.0,
    updated_s=1.0,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = _connect(f"sqlite:///{tmp_path / 'captiond.db'}", lambda: 1.0)
    jobs.add(connection, JOB, most_open=10)
    jobs.take_due(connection, now_s=2.0, most=1)
    yield connection
    connection.close()


def keep(database: sqlite3.Connection, job: str, part: Part, **named: Any) -> bool:
    return parts.keep(database, job, part, units="units", **named)


def done(part: Part) -> Part:
    return replace(part, state=PartState.DONE, facts={"latencyMs": 7})


def test_a_part_ends_once(database: sqlite3.Connection) -> None:
    found = Part("a", 0, PartState.FOUND)
    parts.write(database, "job-1", [found])
    parcel = Parcel("job-1.sink.a", "sink", "job-1", "{}")
    assert keep(database, "job-1", done(found), content='{"n":1}', parcels=[parcel], now_s=3.0)
    assert not keep(database, "job-1", done(found), content='{"n":2}', parcels=[parcel], now_s=4.0)
    parts.write(database, "job-1", [found])  # looking again finds it again
    assert parts.content(database, "job-1", "a") == b'{"n":1}'
    assert [one.id for one in outbox.listing(database)] == ["job-1.sink.a"]
    assert [(one.name, one.facts) for one in parts.ended(database, "job-1")] == [("a", {"latencyMs": 7})]
    assert parts.sizes(database, "job-1") == {"a": 7}


def test_a_part_of_a_job_that_was_cancelled_is_not_kept(database: sqlite3.Connection) -> None:
    found = Part("a", 0, PartState.FOUND)
    parts.write(database, "job-1", [found])
    jobs.cancel(database, "job-1", now_s=3.0)
    parcel = Parcel("job-1.sink.a", "sink", "job-1", "{}")
    assert not keep(database, "job-1", done(found), content="{}", parcels=[parcel], now_s=4.0)
    assert outbox.listing(database) == []
    assert parts.content(database, "job-1", "a") is None


def test_those_that_had_to_wait_come_first_and_in_their_time(database: sqlite3.Connection) -> None:
    names = [Part(name, place, PartState.FOUND) for place, name in enumerate("abcd")]
    parts.write(database, "job-1", names)
    waits = replace(names[2], tries={"unavailable": 1}, due_s=10.0)
    assert keep(database, "job-1", waits, content=None, parcels=(), now_s=3.0)
    assert [one.name for one in parts.due(database, "job-1", now_s=9.0, most=9)] == ["a", "b", "d"]
    assert [one.name for one in parts.due(database, "job-1", now_s=10.0, most=2)] == ["c", "a"]
    assert parts.get(database, "job-1", "c") == replace(waits, version=2)
    for part in names[:2] + names[3:]:
        keep(database, "job-1", done(part), content="{}", parcels=(), now_s=3.0)
    assert parts.next_due_s(database, "job-1") == 10.0
    keep(database, "job-1", done(waits), content="{}", parcels=(), now_s=11.0)
    assert parts.next_due_s(database, "job-1") is None
    assert parts.counts(database, "job-1") == {"done": 4}


def test_events_are_those_of_a_range_of_versions(database: sqlite3.Connection) -> None:
    found = [Part(name, place, PartState.FOUND) for place, name in enumerate("ab")]
    parts.write(database, "job-1", found)
    [running] = jobs.listing(database)
    keep(database, "job-1", done(found[0]), content="{}", parcels=(), now_s=3.0)
    assert jobs.save(database, running)
    keep(database, "job-1", done(found[1]), content="{}", parcels=(), now_s=3.0)
    version = running.version
    assert [one.name for one in parts.ended(database, "job-1", since=0, before=version + 1)] == ["a"]
    assert [one.name for one in parts.ended(database, "job-1", since=version + 1, before=version + 2)] == ["b"]


def test_now_and_then_the_job_says_how_many_have_ended(database: sqlite3.Connection) -> None:
    """Its row is written anew, but not for each of a thousand parts."""
    found = [Part(str(place), place, PartState.FOUND) for place in range(8)]
    parts.write(database, "job-1", [*found, Part("x", 9, PartState.ELSEWHERE)])
    [before] = jobs.listing(database)
    told = []
    for at_s, part in enumerate(found):
        assert keep(database, "job-1", done(part), content="{}", parcels=(), now_s=before.updated_s + 0.5 * at_s)
        [now] = jobs.listing(database)
        told.append((now.version - before.version, now.data.get("units")))
    assert told == [(0, None)] * 4 + [(1, [5, 8])] * 4
    assert [one.name for one in parts.ended(database, "job-1", before=before.version + 1)] == list("01234")


def test_parts_are_erased_with_their_job(database: sqlite3.Connection) -> None:
    parts.write(database, "job-1", [Part("a", 0, PartState.FOUND)])
    jobs.cancel(database, "job-1", now_s=3.0)
    with database:
        jobs.erase(database, 4.0)
    assert parts.counts(database, "job-1") == {}


def test_a_key_is_made_once(database: sqlite3.Connection) -> None:
    assert key(database, "fingerprints", new=b"one") == b"one"
    assert key(database, "fingerprints", new=b"two") == b"one"
    assert key(database, "other", new=b"three") == b"three"
