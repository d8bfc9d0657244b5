"""What is erased by its age, and how it leaves the disk. The connection has `secure_delete` on (`Store.open`)."""

import sqlite3

from captiond.db import jobs, outbox


def erase(connection: sqlite3.Connection, before_s: float) -> tuple[int, int]:
    """Erases finals kept, and sessions, jobs and documents ended, before then; answers how many finals, and how many
    other rows.
    """
    with connection:
        erased = connection.execute("DELETE FROM finals WHERE kept_s < ?", (before_s,)).rowcount
        before = connection.total_changes
        connection.execute("DELETE FROM gaps WHERE kept_s < ?", (before_s,))
        connection.execute("DELETE FROM conversations WHERE ended_s < ?", (before_s,))
        jobs.erase(connection, before_s)
        outbox.erase(connection, before_s)
        more = connection.total_changes - before
    fold_back(connection)
    return erased, more


def fold_back(connection: sqlite3.Connection) -> bool:
    """The log of changes still holds old pages until it is folded back into the file. False: somebody reads it."""
    [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not busy
