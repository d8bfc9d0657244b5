"""What is erased because somebody asked, at once: all that the database holds of a job or of a session.

Rows go in portions, so that finals are written in between, and triggers take their words from the search. What that
leaves on the disk goes with `secure_delete` (the pages), `search.purge` (the index: SQLite before 3.42 only notes there
that a row is gone) and `retention.fold_back` (the log of changes).
"""

import sqlite3
from collections.abc import Callable
from typing import Final, Literal

from captiond.db import retention, search
from captiond.db.store import Store

Kept = Literal["nothing", "open", "over"]
"""Whether there is something to erase, and whether it is over: only then nobody adds to it any more."""

ROWS: Final = 200  # of small ones in one transaction: some ms
LARGE_ROWS: Final = 4  # that may have 2 MiB each
ERASED: Final = ""  # in place of a callback's job: it is not kept when it comes (again); see `jobs.call`

_JOBS_ROWS: Final = (("passages", ROWS), ("job_parts", LARGE_ROWS), ("outbox", LARGE_ROWS))
_STARTS: Final = "SELECT row FROM conversations WHERE session = ?1 AND ended_s IS NOT NULL"


def job_kept(connection: sqlite3.Connection, job: str) -> Kept:
    """Where a job stands."""
    found = connection.execute("SELECT ended_s FROM jobs WHERE id = ?", (job,)).fetchone()
    return "nothing" if found is None else "open" if found[0] is None else "over"


def session_kept(connection: sqlite3.Connection, session: str) -> Kept:
    """Where the newest start of a session stands."""
    newest = "SELECT ended_s FROM conversations WHERE session = ? ORDER BY row DESC LIMIT 1"
    found = connection.execute(newest, (session,)).fetchone()
    return "nothing" if found is None else "open" if found[0] is None else "over"


def erase_job(connection: sqlite3.Connection, job: str) -> bool:
    """One portion of a job that is over: its texts, parts, documents for sinks and callback, its row last.

    Returns:
        Whether there is more.
    """
    with connection:
        for table, most in _JOBS_ROWS:
            some = f"DELETE FROM {table} WHERE row IN (SELECT row FROM {table} WHERE job = ? LIMIT ?)"  # noqa: S608  (names of our own)
            if connection.execute(some, (job, most)).rowcount:
                return True
        # A callback that comes (again) is known to have come: nothing of it is kept.
        connection.execute(
            """INSERT INTO callbacks (kind, upstream, job, content, received_s)
               SELECT kind, upstream, ?, '{}', updated_s FROM jobs WHERE id = ? AND upstream IS NOT NULL
               ON CONFLICT (kind, upstream) DO UPDATE SET job = excluded.job, content = excluded.content""",
            (ERASED, job),
        )
        connection.execute("DELETE FROM callbacks WHERE job = ?", (job,))
        connection.execute("DELETE FROM jobs WHERE id = ? AND ended_s IS NOT NULL", (job,))
    return False


def erase_session(connection: sqlite3.Connection, session: str) -> bool:
    """One portion of a session's starts that are over: finals, gaps, and their rows last.

    Returns:
        Whether there is more.
    """
    with connection:
        if connection.execute(
            f"DELETE FROM finals WHERE place IN (SELECT place FROM finals WHERE conversation IN ({_STARTS}) LIMIT ?2)",  # noqa: S608  (a query of our own)
            (session, ROWS),
        ).rowcount:
            return True
        connection.execute("DELETE FROM conversations WHERE session = ? AND ended_s IS NOT NULL", (session,))
    return False


def erase_beside(connection: sqlite3.Connection, portion: Callable[[sqlite3.Connection], bool]) -> bool:
    """As `erase`, on a connection of one's own beside a daemon's. False: somebody reads, and so the log of changes
    holds the texts until the daemon folds it back.
    """
    while portion(connection):
        pass
    begin = True
    while search.purge(connection, begin=begin):
        begin = False
    return retention.fold_back(connection)


async def erase(store: Store, portion: Callable[[sqlite3.Connection], bool]) -> None:
    """Erases portion by portion, then overwrites what that has left on the disk.

    Raises:
        StoreError: the database cannot be used.
    """
    while await store.work(portion):
        pass
    await store.purge()
