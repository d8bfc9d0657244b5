"""The store: sessions to bring back after a restart, and redacted finals. SQLite in one thread of its own.

Writing never waits: it queues, and the thread commits what has gathered in one transaction. Reading is awaited and
sees every write before it. Only `SafeText` comes here (contract, section 5, promise 5).
"""

import asyncio
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, TypeVar

import orjson

from captiond.base.errors import CaptiondError
from captiond.base.ids import SessionId
from captiond.base.inside import remains
from captiond.core.messages import Caption, Gap
from captiond.db import gaps, retention, search
from captiond.db import kept as rows
from captiond.db.address import sqlite_path
from captiond.db.migrations import STEPS, statements
from captiond.db.records import CLOSED_MASK, FINAL_COLUMNS, OPEN_MASK, KeptSession, SavedSession, final_row

MAX_WAITING_WRITES: Final = 50_000  # some 50 MB of finals, minutes of the largest load: later ones are refused
BATCH_WRITES: Final = 1_000  # in one transaction: some 10 ms
RETRY_S: Final = 1.0  # a disk that is full stays full for a while
BUSY_TIMEOUT_S: Final = 5.0  # somebody's backup may hold the lock for a moment

log = logging.getLogger("captiond.db")

_INSERT_SESSION: Final = """
    INSERT INTO conversations (session, source, language, conversation, request, state, created_at)
    VALUES (?, ?, ?, ?, ?, 'live', ?)
"""
# Of these statements everything is our own, names of columns and a query; values are bound (hence S608).
_END_SESSION: Final = f"UPDATE conversations SET state = ?, reason = ?, ended_s = ? WHERE row = ({rows.NEWEST})"  # noqa: S608
_INSERT_FINAL: Final = f"""
    INSERT INTO finals (conversation, kept_s, {FINAL_COLUMNS})
    SELECT row, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM conversations WHERE session = ? ORDER BY row DESC LIMIT 1
    ON CONFLICT (conversation, utterance) DO UPDATE SET
        revision = excluded.revision, text = excluded.text, held = excluded.held, start_ms = excluded.start_ms,
        end_ms = excluded.end_ms, confidence = excluded.confidence, redactions = excluded.redactions
    WHERE excluded.revision > finals.revision
"""  # noqa: S608

# One value that SQLite will never take: asking again would hold up all others for ever.
_HOPELESS: Final = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeEncodeError,
)
Answer = TypeVar("Answer")


class StoreError(CaptiondError):
    """The database cannot be used as it is; the message says why, never with content."""


@dataclass(frozen=True, slots=True)
class _Write:
    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """Work in the thread whose answer is awaited; a write too where its answer matters."""

    run: Callable[[sqlite3.Connection], Any]
    answer: "Future[Any]"


class Store:
    """An open database. Made by `open`; closed by `close`, which writes what still waits.

    Attributes:
        fault: why nothing is being written, None when all is well. `/readyz` shows it.
    """

    def __init__(self, connection: sqlite3.Connection, *, now_s: Callable[[], float], max_waiting: int) -> None:
        self.fault: str | None = None
        self._connection, self._now_s = connection, now_s
        self._work: queue.Queue[_Write | _Read | None] = queue.Queue(max_waiting)
        self._refused = 0
        # A process that was killed may have erased rows and not yet their words in the index.
        self._unpurged, self._purge_due_s = True, float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="captiond-db", daemon=True)
        self._thread.start()

    @classmethod
    async def open(
        cls, url: str, *, now_s: Callable[[], float] = time.time, max_waiting: int = MAX_WAITING_WRITES
    ) -> Self:
        """Opens, creates or brings up to date the database at `url` (`sqlite:///PATH`).

        Finals that an earlier process left held are closed: each open mask in them is `[NUMBER]` from now on, since
        the raw text that would decide it died with that process, by design.

        Raises:
            StoreError: it cannot be opened or written, is no database of ours, or was made by a newer captiond.
        """
        connection = await asyncio.to_thread(_connect, url, now_s)
        return cls(connection, now_s=now_s, max_waiting=max_waiting)

    # -- writing: never waits, never raises -------------------------------------------------------------------------

    def save_session(self, saved: SavedSession) -> None:
        """Remembers a session that begins now; its finals start anew even where its id was used before."""
        request = orjson.dumps(dict(saved.request)).decode()
        values = (saved.session, saved.source, saved.language, saved.conversation, request, saved.created_at)
        self._put(_Write(_INSERT_SESSION, values))

    def end_session(self, session: SessionId, *, state: str, reason: str | None = None) -> None:
        """The session is over ("ended" or "failed"): it is not brought back. Its finals stay for `erase_older`."""
        self._put(_Write(_END_SESSION, (state, reason, self._now_s(), session)))

    def keep_final(self, session: SessionId, caption: Caption) -> None:
        """Keeps a final, or a correction of one (a higher revision replaces the lower). Of a session never saved:
        nothing is kept.
        """
        self._put(_Write(_INSERT_FINAL, (self._now_s(), *final_row(caption), session)))

    def keep(self, session: SessionId, said: Caption | Gap) -> None:
        """Keeps a final, as `keep_final` does, or that updates were lost behind the finals of now."""
        if isinstance(said, Caption):
            self.keep_final(session, said)
        else:
            self._put(_Write(gaps.INSERT, (self._now_s(), said.lost, said.cause, session)))

    # -- reading: awaited --------------------------------------------------------------------------------------------

    async def live_sessions(self) -> list[SavedSession]:
        """Sessions that had not ended, oldest first: what a restart brings back."""
        return await self._ask(rows.live_sessions)

    async def finals(self, session: SessionId) -> list[Caption]:
        """The newest start of that session: its finals in the order they were first said, as they stand now. At most
        the newest `kept.MAX_BOUND_FINALS`.
        """
        return await self._ask(lambda connection: rows.finals_of(connection, session))

    async def keep_revocations(self, kept: Mapping[str, float], dropped: Sequence[str]) -> None:
        """Remembers moments by session, and forgets others, in one step; answers once that is done."""

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO revocations VALUES (?, ?)", list(kept.items()))
                connection.executemany("DELETE FROM revocations WHERE session = ?", [(one,) for one in dropped])

        await self._ask(write)

    async def revocations(self) -> dict[str, float]:
        """All that is remembered, by session."""
        return await self._ask(
            lambda connection: dict(connection.execute("SELECT session, revoked_s FROM revocations"))
        )

    async def kept(self, session: SessionId) -> KeptSession | None:
        """The newest start of that session, whether it has ended or not; None where it is not known (any more)."""
        return await self._ask(lambda connection: rows.kept_of(connection, session))

    async def erase_older(self, days: float) -> int:
        """Erases finals kept, and sessions and jobs ended, more than `days` ago; answers how many finals that were.
        What is erased is overwritten on the disk, and goes from the search at once; see `purge` for its index.
        """
        before_s = self._now_s() - days * 86_400
        erased, more = await self._ask(lambda connection: retention.erase(connection, before_s))
        self._unpurged = self._unpurged or bool(erased or more)
        # Merging the index costs as much as the index is large: at most a hundredth of the time goes into it.
        if self._unpurged and self._now_s() >= self._purge_due_s:
            began_s = self._now_s()
            await self.purge()
            self._purge_due_s = self._now_s() + 100.0 * (self._now_s() - began_s)
        return erased

    async def purge(self) -> None:
        """Overwrites on the disk what erased texts have left in the search's index. In portions: finals are written
        in between. What cannot be overwritten now is at the next `erase_older`.
        """
        self._unpurged = False  # what is erased while this goes on sets it again
        begin = True
        try:
            while await self._ask(partial(search.purge, begin=begin)):
                begin = False
        except BaseException:
            self._unpurged = True
            raise
        if not await self._ask(retention.fold_back):
            log.warning("erased texts stay in the log of changes while somebody reads the database, a backup perhaps")

    async def close(self, timeout_s: float = 5.0) -> None:
        """Writes what waits and lets go of the file, in `timeout_s` at most."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        await asyncio.to_thread(self._shut, timeout_s)

    async def work(self, run: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """What another module of this folder does with the tables, in the thread: reading, or one transaction.

        Raises:
            StoreError: the database cannot be used now, or does not keep up.
        """
        return await self._ask(run)

    # -- the thread --------------------------------------------------------------------------------------------------

    def _put(self, write: _Write) -> None:
        try:
            self._work.put_nowait(write)
        except queue.Full:
            self._refused += 1
            if self._refused == 1:
                log.error("the database does not keep up: transcripts have holes from now on")
            self.fault = f"the database does not keep up: {self._refused} writes were refused"

    async def _ask(self, run: Callable[[sqlite3.Connection], Answer]) -> Answer:
        answer: Future[Answer] = Future()
        try:
            self._work.put_nowait(_Read(run, answer))
        except queue.Full:
            raise StoreError("the database does not keep up") from None
        return await asyncio.wrap_future(answer)

    def _shut(self, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        try:
            self._work.put(None, timeout=timeout_s)
        except queue.Full:
            log.error("the database was closed with writes waiting")
        self._thread.join(max(0.0, deadline_s - time.monotonic()))

    def _run(self) -> None:
        try:
            going_on = True
            while going_on:
                try:
                    going_on = self._turn(self._work.get())
                except Exception as fault:  # ours: a thread that has died would lose all finals, and nobody would know
                    log.error("a turn of the database failed inside", exc_info=remains(fault))
        finally:
            self._connection.close()

    def _turn(self, first: _Write | _Read | None) -> bool:
        """One piece of work, with the writes that wait right behind it; False at the end."""
        writes: list[_Write] = []
        work: _Write | _Read | None = first
        while isinstance(work, _Write):
            writes.append(work)
            if len(writes) >= BATCH_WRITES:
                break
            try:
                work = self._work.get_nowait()
            except queue.Empty:
                break
        if writes:
            self._commit(writes)
        if isinstance(work, _Read):
            self._answer(work)
        return work is not None

    def _commit(self, writes: list[_Write]) -> None:
        while True:
            try:
                with self._connection:
                    for write in writes:
                        try:
                            self._execute(write)
                        except sqlite3.Error:
                            raise  # the disk's fault: another time it works
                        except Exception as fault:  # ours: the thread must live
                            log.error("a write to the database failed inside", exc_info=remains(fault))
            except sqlite3.Error as fault:
                if self.fault is None:
                    log.error("the database cannot be written: %s", _why(fault))
                self.fault = f"the database cannot be written: {_why(fault)}"
                if self._stopping.wait(RETRY_S):
                    log.error("%d transcript writes were lost at the end", len(writes))
                    return
                continue
            if self.fault is not None and self._work.qsize() < self._work.maxsize // 2:
                log.warning("the database is being written again; %d writes were refused", self._refused)
                self.fault, self._refused = None, 0
            return

    def _execute(self, write: _Write) -> None:
        try:
            self._connection.execute(write.sql, write.values)
        except _HOPELESS as fault:
            log.error("a write to the database was left out: %s", type(fault).__name__)

    def _answer(self, read: _Read) -> None:
        if not read.answer.set_running_or_notify_cancel():
            return
        try:
            read.answer.set_result(read.run(self._connection))
        except sqlite3.Error as fault:
            read.answer.set_exception(StoreError(f"the database cannot be read: {_why(fault)}"))
        except Exception as fault:  # a row that is not what it should be; the thread must live
            log.error("reading the database failed inside", exc_info=remains(fault))
            read.answer.set_exception(StoreError(f"the database cannot be read: {type(fault).__name__}"))


def _connect(url: str, now_s: Callable[[], float]) -> sqlite3.Connection:
    try:
        path = sqlite_path(url)
    except ValueError as fault:
        raise StoreError(str(fault)) from None
    connection: sqlite3.Connection | None = None
    try:
        # SQLite would make the file readable by all; its side files take the file's mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level="IMMEDIATE")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(
            "PRAGMA synchronous = NORMAL"
        )  # with WAL: a power cut loses the last moments, never the file
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON").fetchall()  # what is erased after 30 days must be gone
        _migrate(connection, path, now_s())
    except OSError as fault:
        raise StoreError(f"the database {path} cannot be opened: {fault.strerror}") from None
    except sqlite3.Error as fault:
        if connection is not None:
            connection.close()
        raise StoreError(f"the database {path} cannot be used: {_why(fault)}") from None
    except StoreError:
        assert connection is not None
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: str, now_s: float) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY, applied_s REAL NOT NULL)")
        [done] = connection.execute("SELECT coalesce(max(step), 0) FROM migrations").fetchone()
        if done > len(STEPS):
            raise StoreError(f"the database {path} was made by a newer captiond: use that one, or another file")
        for number, step in enumerate(STEPS[done:], start=done + 1):
            for statement in statements(step):
                connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (number, now_s))
        # A file that may only be read is found out here, too, and not by the first final.
        connection.execute(
            "UPDATE finals SET text = replace(text, ?, ?), held = 0 WHERE held", (OPEN_MASK, CLOSED_MASK)
        )


def _why(fault: sqlite3.Error) -> str:
    """SQLite's own words: they name tables and conditions, never values."""
    return str(fault)
