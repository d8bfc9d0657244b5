"""The store over a real file: what comes back after a restart, what does not, and what a bad file or disk is told."""

import asyncio
import dataclasses
import logging
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption
from captiond.db.migrations import STEPS
from captiond.db.records import SavedSession
from captiond.db.store import Store, StoreError

ONE = SessionId("ms-1")
DAY_S = 86_400.0


class Calendar:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_718_447_400.0

    def __call__(self) -> float:
        return self.now_s


def a_final(utterance: str, text: str, *, revision: int = 1, held: bool = False) -> Caption:
    return Caption(
        utterance=UtteranceId(utterance),
        revision=revision,
        final=True,
        text=SafeText(text),
        stable_length=len(text),
        held=held,
        channel="external",
        language="en-US",
        emitted_at="2024-06-15T10:30:00.000Z",
        start_ms=1200,
        end_ms=2400,
        confidence=0.87,
        redactions={"CC": 1} if "[CC]" in text else {},
    )


def a_session(session: SessionId = ONE) -> SavedSession:
    return SavedSession(
        session=session,
        source="media",
        language="en-US",
        request={"mediaSessionId": session, "codec": "opus", "chunkSize": 1500},
        created_at="2024-06-15T10:29:00.000Z",
        conversation="call-7",
    )


def rows(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    count = "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM finals)"
    return dict(zip(("conversations", "finals"), connection.execute(count).fetchone(), strict=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "captions.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
async def store(url: str, calendar: Calendar) -> AsyncIterator[Store]:
    opened = await Store.open(url, now_s=calendar)
    yield opened
    await opened.close()


async def test_a_session_and_its_finals_survive_a_restart(url: str) -> None:
    """Every field comes back as it was, in the order of saying."""
    before = await Store.open(url)
    finals = [a_final("e-1", "hello there"), a_final("e-2", "my card is [CC]"), a_final("e-3", "¿qué? 你好")]
    before.save_session(a_session())
    for final in finals:
        before.keep_final(ONE, final)
    await before.close()
    after = await Store.open(url)
    assert await after.live_sessions() == [a_session()]
    assert await after.finals(ONE) == finals
    await after.close()


async def test_an_unknown_start_stays_unknown(store: Store) -> None:
    """None is not 0."""
    store.save_session(a_session())
    store.keep_final(ONE, dataclasses.replace(a_final("e-1", "x"), start_ms=None, end_ms=0, confidence=None))
    [kept] = await store.finals(ONE)
    assert (kept.start_ms, kept.end_ms, kept.confidence) == (None, 0, None)


async def test_a_correction_replaces_in_place_and_never_goes_back(store: Store) -> None:
    store.save_session(a_session())
    store.keep_final(ONE, a_final("e-1", "first [...]", revision=3, held=True))
    store.keep_final(ONE, a_final("e-2", "second"))
    store.keep_final(ONE, a_final("e-1", "first [CC]", revision=4))
    store.keep_final(ONE, a_final("e-1", "older", revision=2))
    assert [(kept.text, kept.revision, kept.redactions) for kept in await store.finals(ONE)] == [
        ("first [CC]", 4, {"CC": 1}),
        ("second", 1, {}),
    ]


async def test_what_was_held_is_closed_by_a_restart_and_only_then(url: str) -> None:
    """While the process lives a correction may come; the raw text dies with it, so afterwards none can."""
    before = await Store.open(url)
    before.save_session(a_session())
    before.keep_final(ONE, a_final("e-1", "it is [...] and then [...]", held=True))
    before.keep_final(ONE, a_final("e-2", "he said [...] literally"))
    first, second = await before.finals(ONE)
    assert (first.text, first.held, first.stable_length) == ("it is [...] and then [...]", True, len("it is "))
    await before.close()
    after = await Store.open(url)
    first, second = await after.finals(ONE)
    assert (first.text, first.held) == ("it is [NUMBER] and then [NUMBER]", False)
    assert first.stable_length == len(first.text)
    assert second.text == "he said [...] literally"
    await after.close()


async def test_sessions_that_ended_are_not_brought_back(store: Store) -> None:
    other = SessionId("ms-2")
    store.save_session(a_session())
    store.save_session(a_session(other))
    store.keep_final(ONE, a_final("e-1", "hello"))
    store.end_session(ONE, state="failed", reason="403 from upstream")
    assert [saved.session for saved in await store.live_sessions()] == [other]
    assert len(await store.finals(ONE)) == 1


async def test_an_id_used_again_starts_an_empty_transcript(store: Store) -> None:
    store.save_session(a_session())
    store.keep_final(ONE, a_final("e-1", "the first call"))
    store.end_session(ONE, state="ended")
    store.save_session(a_session())
    store.keep_final(ONE, a_final("e-1", "the second call"))
    assert [kept.text for kept in await store.finals(ONE)] == ["the second call"]
    assert len(await store.live_sessions()) == 1


async def test_a_final_of_no_session_is_not_kept(store: Store) -> None:
    store.keep_final(ONE, a_final("e-1", "hello"))
    assert await store.finals(ONE) == []


async def test_what_is_older_than_its_days_is_erased(store: Store, calendar: Calendar) -> None:
    """The live session stays, its old finals go; the ended one goes whole."""
    other = SessionId("ms-2")
    for session in (ONE, other):
        store.save_session(a_session(session))
        store.keep_final(session, a_final("old", "said long ago"))
    store.end_session(other, state="ended")
    calendar.now_s += 1
    store.keep_final(other, a_final("late", "a correction after the end"))
    calendar.now_s += 30 * DAY_S - 1
    store.keep_final(ONE, a_final("new", "said today"))
    assert await store.erase_older(30) == 0
    calendar.now_s += 1
    assert await store.erase_older(30) == 2
    assert [kept.text for kept in await store.finals(ONE)] == ["said today"]
    assert await store.finals(other) == []
    assert [saved.session for saved in await store.live_sessions()] == [ONE]
    assert await store._ask(rows) == {"conversations": 1, "finals": 1}


async def test_erased_text_is_gone_from_the_disk(store: Store, calendar: Calendar, file: Path) -> None:
    store.save_session(a_session())
    store.keep_final(ONE, a_final("e-1", "a sentence to forget"))
    await store.finals(ONE)
    assert any(b"a sentence to forget" in path.read_bytes() for path in file.parent.iterdir())
    calendar.now_s += 2 * DAY_S
    assert await store.erase_older(1) == 1
    assert not any(b"a sentence to forget" in path.read_bytes() for path in file.parent.iterdir())


async def test_only_the_owner_reads_the_files(store: Store, file: Path) -> None:
    store.save_session(a_session())
    await store.finals(ONE)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == {"captions.db": 0o600, "captions.db-wal": 0o600, "captions.db-shm": 0o600}


async def test_values_are_never_read_as_sql(store: Store) -> None:
    evil = SessionId("x'; DROP TABLE finals; --")
    store.save_session(a_session(evil))
    store.keep_final(evil, a_final("e-1", "'); DROP TABLE conversations; --"))
    assert [kept.text for kept in await store.finals(evil)] == ["'); DROP TABLE conversations; --"]


async def test_many_writes_are_committed_together(store: Store) -> None:
    """5,000 finals put without waiting; all are there, in order."""
    store.save_session(a_session())
    for number in range(5_000):
        store.keep_final(ONE, a_final(f"e-{number}", f"line {number}"))
    assert [kept.text for kept in await store.finals(ONE)] == [f"line {number}" for number in range(5_000)]


async def test_a_disk_that_does_not_take_it_loses_nothing_and_is_told(
    store: Store, url: str, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself refuses (its page limit stands for a full disk); the write waits and is made when there is room."""
    monkeypatch.setattr("captiond.db.store.RETRY_S", 0.01)
    store.save_session(a_session())
    await store.finals(ONE)
    limit = await store._ask(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await store._ask(lambda connection: connection.execute(f"PRAGMA max_page_count = {limit}").fetchall())
    for number in range(50):
        store.keep_final(ONE, a_final(f"e-{number}", "x" * 500))
    await seen(lambda: store.fault == "the database cannot be written: database or disk is full")
    real_execute = Store._execute
    roomy = threading.Event()

    def execute(self: Store, write: object) -> None:
        if not roomy.is_set():
            self._connection.execute("PRAGMA max_page_count = 1000000").fetchall()
            roomy.set()
        real_execute(self, write)  # type: ignore[arg-type]  # a private value, handed through

    monkeypatch.setattr(Store, "_execute", execute)
    assert len(await store.finals(ONE)) == 50
    assert store.fault is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_value_that_sqlite_never_takes_holds_up_nobody(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.save_session(a_session())
    store.keep_final(ONE, dataclasses.replace(a_final("e-1", "secret words"), start_ms=2**70))
    store.keep_final(ONE, a_final("e-2", "good"))
    assert [kept.text for kept in await store.finals(ONE)] == ["good"]
    assert "left out: OverflowError" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_full_queue_refuses_at_once_and_says_so(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread is stuck in the disk; the caller is never held up."""
    free, stuck = threading.Event(), threading.Event()
    real_execute = Store._execute

    def execute(self: Store, write: object) -> None:
        stuck.set()
        assert free.wait(10)
        real_execute(self, write)  # type: ignore[arg-type]  # a private value, handed through

    monkeypatch.setattr(Store, "_execute", execute)
    store = await Store.open(url, max_waiting=5)
    store.save_session(a_session())
    assert await asyncio.to_thread(stuck.wait, 10)
    for number in range(8):
        store.keep_final(ONE, a_final(f"e-{number}", "x"))
    assert store.fault == "the database does not keep up: 3 writes were refused"
    with pytest.raises(StoreError, match="does not keep up"):
        await store.finals(ONE)
    free.set()
    await seen(lambda: store.fault is None)
    assert len(await store.finals(ONE)) == 5
    await store.close()
    assert caplog.text.count("transcripts have holes") == 1


async def test_closing_writes_what_waits_and_twice_is_fine(url: str, file: Path) -> None:
    store = await Store.open(url)
    store.save_session(a_session())
    for number in range(100):
        store.keep_final(ONE, a_final(f"e-{number}", "x"))
    await store.close()
    await store.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM finals").fetchone() == (100,)
    connection.close()


# -- files that cannot be used -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://user:hush@host/db", "only sqlite:///PATH"),
        ("sqlite:///", "only sqlite:///PATH"),
        ("sqlite:////proc/none/x.db", "No such file or directory"),
        ("sqlite:////", "Is a directory"),
    ],
)
async def test_an_address_that_cannot_be_used(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        await Store.open(url)
    assert "hush" not in str(caught.value)


async def test_a_file_that_is_no_database(url: str, file: Path) -> None:
    file.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        await Store.open(url)


async def test_a_torn_database_is_refused(url: str, file: Path) -> None:
    await (await Store.open(url)).close()
    content = bytearray(file.read_bytes())
    content[100:3000] = b"\xff" * 2900
    file.write_bytes(content)
    with pytest.raises(StoreError, match="malformed"):
        await Store.open(url)


async def test_a_file_that_may_only_be_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anything, so SQLite is told to open it for reading; the words are SQLite's."""
    await (await Store.open(url)).close()
    connect = sqlite3.connect

    def read_only(path: str, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr("captiond.db.store.sqlite3.connect", read_only)
    with pytest.raises(StoreError, match="readonly"):
        await Store.open(url)


async def test_a_database_of_a_newer_captiond_is_left_alone(url: str, file: Path) -> None:
    await (await Store.open(url)).close()
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO migrations VALUES (?, 0)", (len(STEPS) + 1,))
    connection.close()
    with pytest.raises(StoreError, match="made by a newer captiond"):
        await Store.open(url)


async def test_steps_are_applied_once(url: str, file: Path) -> None:
    for _ in range(3):
        await (await Store.open(url)).close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (len(STEPS),)
    connection.close()


async def test_a_step_that_fails_leaves_nothing_behind(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await Store.open(url)).close()
    monkeypatch.setattr("captiond.db.store.STEPS", (*STEPS, "CREATE TABLE half (x INTEGER); CREATE NONSENSE"))
    with pytest.raises(StoreError, match="syntax error"):
        await Store.open(url)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    connection.close()


async def seen(condition: object) -> None:
    """Waits for the thread: looks every few ms, for a bounded time."""
    assert callable(condition)
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the database's thread did not get there")


def test_the_log_of_the_store_is_captionds() -> None:
    from captiond.db import store as module

    assert module.log is logging.getLogger("captiond.db")
