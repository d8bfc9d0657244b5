"""What is erased on request is in no table, not in the search, and not in a byte of the files; the rest stays."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from captiond.base.ids import SessionId
from captiond.core.messages import Gap
from captiond.db import erasing, jobs, outbox, parts, search
from captiond.db.beside import beside
from captiond.db.jobs import Called, Job
from captiond.db.outbox import Parcel
from captiond.db.parts import Part, PartState
from captiond.db.passages import MAX_PASSAGES, Passage
from captiond.db.query import parse
from captiond.db.search import Wanted
from captiond.db.store import Store, StoreError
from tests.db.said import ONE, TWO, final, say, started

KIND = "messaging-transcript"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'captions.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url, now_s=lambda: 9.0)  # what is erased is not so for its age
    yield opened
    await opened.close()


def job(name: str, **more: Any) -> Job:
    return Job(
        id=name, kind=KIND, request={}, state="running", phase="fetching", due_s=0, deadline_s=9e9,
        created_s=1.0, updated_s=2.0, upstream=f"up-{name}", **more,
    )  # fmt: skip


def with_all(connection: sqlite3.Connection, name: str, word: str, *, passages: int = 5) -> None:
    """A job that is over, and says that word everywhere."""
    jobs.add(connection, job(name), most_open=100)
    chats = [Part(f"{word}-chat-{n}", n, PartState.FOUND) for n in range(3)]
    parts.write(connection, name, chats)
    for chat in chats:
        done = Part(chat.name, chat.place, PartState.DONE)
        told = [Parcel(id=f"{name}-{chat.place}", sink="nlp", job=name, body=f'{{"text":"{word} {"x" * 9_000}"}}')]
        content = f'{{"messages":[{{"text":"{word} in a part"}}]}}'
        assert parts.keep(connection, name, done, content=content, parcels=told, now_s=3.0, units="units")
    jobs.call(connection, KIND, Called(f"up-{name}", {"text": f"{word} called"}, 2.0), job=name, most_strange=10)
    with connection:
        found = [Passage(f"{word} number {n}") for n in range(passages)]
        search.put(connection, name, found, first=9 * MAX_PASSAGES)
    assert jobs.save(
        connection, job(name, result={"transcript": f"{word} in the result"}, ended_s=4.0, data={"said": word})
    )
    with connection:
        connection.execute("UPDATE jobs SET state = 'completed' WHERE id = ?", (name,))


def found(connection: sqlite3.Connection, query: str) -> int:
    return search.find(connection, Wanted(parse(query))).total


def rows(connection: sqlite3.Connection, name: str) -> dict[str, int]:
    """In how many rows a job is named, by table."""
    counts = {"jobs": "id", "job_parts": "job", "passages": "job", "outbox": "job", "callbacks": "job"}
    return {
        table: connection.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", (name,)).fetchone()[0]
        for table, column in counts.items()
    }


def intact(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO spoken_stems (spoken_stems, rank) VALUES ('integrity-check', 1)")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def on_disk(folder: Path, word: str) -> bool:
    return any(word.encode() in path.read_bytes() for path in folder.iterdir())


async def test_a_job_is_erased_with_everything_and_its_neighbour_stays(store: Store, tmp_path: Path) -> None:
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    await store.work(partial(with_all, name="job-2", word="madagascarene"))
    assert on_disk(tmp_path, "zanzibar")
    assert await store.work(partial(rows, name="job-1")) == {
        "jobs": 1, "job_parts": 3, "passages": 8, "outbox": 3, "callbacks": 1,
    }  # fmt: skip
    before = await store.work(partial(rows, name="job-2"))
    await erasing.erase(store, partial(erasing.erase_job, job="job-1"))
    assert set((await store.work(partial(rows, name="job-1"))).values()) == {0}
    assert await store.work(partial(found, query="zanz*")) == 0
    assert not on_disk(tmp_path, "zanzibar")
    assert await store.work(partial(rows, name="job-2")) == before
    assert await store.work(partial(found, query="madagascarene")) == 8
    assert on_disk(tmp_path, "madagascar")
    await store.work(intact)
    assert await store.work(partial(erasing.job_kept, job="job-1")) == "nothing"


async def test_a_callback_for_what_was_erased_is_not_kept(store: Store, tmp_path: Path) -> None:
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    await erasing.erase(store, partial(erasing.erase_job, job="job-1"))

    def call(connection: sqlite3.Connection, upstream: str) -> tuple[bool, bool]:
        called = Called(upstream, {"text": "zanzibarine again"}, 9.0)
        return jobs.call(connection, KIND, called, job="job-1", most_strange=1)

    assert await store.work(partial(call, upstream="up-job-1")) == (False, False)
    assert not on_disk(tmp_path, "zanzibar")
    # What stands for it takes no place of those that are strange.
    assert await store.work(partial(call, upstream="up-job-9")) == (True, False)
    assert on_disk(tmp_path, "zanzibar")


async def test_a_large_job_goes_in_portions(store: Store) -> None:
    await store.work(partial(with_all, name="job-1", word="zanzibarine", passages=3 * erasing.ROWS))
    portions = 0
    while await store.work(partial(erasing.erase_job, job="job-1")):
        portions += 1
        assert await store.work(partial(erasing.job_kept, job="job-1")) == "over"
    assert portions == 4 + 1 + 1  # texts, parts, documents


async def test_what_is_not_over_is_told_and_its_row_stays(store: Store) -> None:
    await store.work(lambda connection: jobs.add(connection, job("job-1"), most_open=10))
    assert await store.work(partial(erasing.job_kept, job="job-1")) == "open"
    await erasing.erase(store, partial(erasing.erase_job, job="job-1"))
    assert await store.work(partial(erasing.job_kept, job="job-1")) == "open"


async def test_all_starts_of_a_session_that_are_over_are_erased(store: Store, tmp_path: Path) -> None:
    for number in range(2):
        store.save_session(started(ONE, "call-7"))
        await say(store, f"zanzibarine {number}", *(f"and the zanzibarine {n}" for n in range(erasing.ROWS)))
        store.keep(ONE, Gap(7, "sequence"))
        store.end_session(ONE, state="ended")
    store.save_session(started(TWO, "call-7"))
    store.keep_final(TWO, final("other", "madagascarene"))
    assert await store.work(partial(erasing.session_kept, session=ONE)) == "over"
    assert await store.work(partial(erasing.session_kept, session=TWO)) == "open"
    assert await store.work(partial(found, query="zanzibarine")) == 2 * (erasing.ROWS + 1)
    for session in (ONE, TWO):
        await erasing.erase(store, partial(erasing.erase_session, session=session))
    assert await store.kept(ONE) is None and await store.finals(ONE) == []
    assert await store.work(partial(found, query="zanz*")) == 0
    assert not on_disk(tmp_path, "zanzibar")
    assert [one.text for one in await store.finals(TWO)] == ["madagascarene"]  # it runs
    assert await store.work(partial(erasing.session_kept, session=ONE)) == "nothing"
    assert await store.work(lambda connection: connection.execute("SELECT count(*) FROM gaps").fetchone()) == (0,)
    await store.work(intact)


async def test_a_start_that_runs_is_not_touched_when_earlier_ones_are_erased(store: Store) -> None:
    store.save_session(started(ONE))
    store.keep_final(ONE, final("old", "zanzibarine"))
    store.end_session(ONE, state="ended")
    store.save_session(started(ONE))
    store.keep_final(ONE, final("new", "madagascarene"))
    await erasing.erase(store, partial(erasing.erase_session, session=ONE))
    assert [one.text for one in await store.finals(ONE)] == ["madagascarene"]
    assert [one.session for one in await store.live_sessions()] == [SessionId(ONE)]
    assert await store.work(partial(found, query="zanzibarine")) == 0


async def test_what_a_killed_process_left_in_the_index_goes_with_the_next_round(url: str, tmp_path: Path) -> None:
    store = await Store.open(url)
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    while await store.work(partial(erasing.erase_job, job="job-1")):
        pass
    await store.close()  # as if it had been killed here: the rows are gone, the words in the index are not
    assert on_disk(tmp_path, "zanzibar")
    store = await Store.open(url, now_s=lambda: 9.0)  # nothing is old
    assert await store.erase_older(30) == 0
    assert not on_disk(tmp_path, "zanzibar")
    await store.work(intact)
    await store.close()


async def test_what_could_not_be_overwritten_is_with_the_next_round(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    await store.erase_older(30)  # what a start has to look after is done
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    with monkeypatch.context() as broken, pytest.raises(StoreError):
        broken.setattr(search, "purge", refused)
        await erasing.erase(store, partial(erasing.erase_job, job="job-1"))
    assert on_disk(tmp_path, "zanzibar")
    await store.work(lambda connection: connection.execute("PRAGMA wal_checkpoint").fetchall())
    assert await store.erase_older(30) == 0
    assert not on_disk(tmp_path, "zanzibar")


async def test_while_a_backup_reads_the_log_of_changes_stays_and_the_next_round_folds_it_back(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    await store.work(lambda connection: connection.execute("PRAGMA busy_timeout = 20").fetchall())
    with closing(sqlite3.connect(tmp_path / "captions.db")) as backup:
        backup.execute("BEGIN")
        assert backup.execute("SELECT count(*) FROM passages").fetchone() == (8,)
        await erasing.erase(store, partial(erasing.erase_job, job="job-1"))
        assert on_disk(tmp_path, "zanzibar")
        assert "erased texts stay in the log of changes" in caplog.text
    assert await store.erase_older(30) == 0
    assert not on_disk(tmp_path, "zanzibar")


async def test_a_command_beside_the_daemon_erases_as_thoroughly(store: Store, url: str, tmp_path: Path) -> None:
    await store.work(partial(with_all, name="job-1", word="zanzibarine"))
    assert await store.work(outbox.counts) == {("nlp", "pending"): 3}
    with beside(url) as database:
        assert erasing.erase_beside(database, partial(erasing.erase_job, job="job-1"))
    assert not on_disk(tmp_path, "zanzibar")
    assert await store.work(outbox.counts) == {}
    await store.work(intact)
