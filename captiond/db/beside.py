"""The database beside a running daemon: for commands that look at it, and for the few that write a word into it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from captiond.db.address import sqlite_path
from captiond.db.migrations import STEPS
from captiond.db.store import StoreError

WAIT_S: Final = 5.0  # for the daemon's write to end


@contextlib.contextmanager
def beside(url: str) -> Iterator[sqlite3.Connection]:
    """The open database. Nothing is created or brought up to date: that is the daemon's.

    Raises:
        StoreError: there is none, or another version of captiond made it.
    """
    try:
        path = sqlite_path(url)
    except ValueError as fault:
        raise StoreError(str(fault)) from None
    if not Path(path).is_file():
        raise StoreError(f"there is no database {path}: `captiond serve` makes it")
    try:
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level="IMMEDIATE")
    except sqlite3.Error as fault:
        raise StoreError(f"the database {path} cannot be opened: {fault}") from None
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON").fetchall()  # who erases from outside erases as the daemon does
        [done] = connection.execute("SELECT max(step) FROM migrations").fetchone()
        if done != len(STEPS):
            raise StoreError(f"the database {path} was made by another version: `captiond serve` brings it up to date")
        yield connection
    except sqlite3.Error as fault:
        raise StoreError(f"the database {path} cannot be used: {fault}") from None
    finally:
        connection.close()
