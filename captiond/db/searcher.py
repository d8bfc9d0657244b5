"""Searches beside the writing: a connection and a thread of their own, so that no final waits for one, and each is
bounded in time.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from captiond.base.errors import CaptiondError
from captiond.db.address import sqlite_path
from captiond.db.search import Found, Wanted, find
from captiond.db.store import Store, StoreError

TIME_S: Final = 2.0  # of one search; any of 600,000 finals takes less than half of it, on a busy machine
MAX_WAITING: Final = 32  # searches, one after the other: later ones are asked to come again
LOOK_EVERY: Final = 10_000  # steps of SQLite's machine between two looks at the time: some 0.1 ms
WRITTEN_S: Final = 1.0  # how long a search waits for what was said before it to be written


class SearchTooLong(CaptiondError):
    """It was interrupted: too much matches."""


class SearchBusy(CaptiondError):
    """Too many searches wait."""


class Searcher:
    """Searches of one database. `close` it before its `Store`.

    Args:
        store: whose writes before a search it sees.
        time_s: of one search.
    """

    def __init__(
        self, url: str, store: Store, *, time_s: float = TIME_S, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._store = sqlite_path(url), store
        self._time_s, self._monotonic_s = time_s, monotonic_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captiond-search")
        self._connection: sqlite3.Connection | None = None
        self._waiting = 0
        self._until_s = float("inf")

    async def find(self, wanted: Wanted) -> Found:
        """One search, over all that was written before it.

        Raises:
            InvalidQuery: the index cannot look for these words.
            SearchTooLong, SearchBusy: another time, or with rarer words.
            StoreError: the database is at fault.
        """
        if self._waiting >= MAX_WAITING:
            raise SearchBusy("too many searches at once")
        self._waiting += 1
        try:
            await self._written()
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._find, wanted))
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Ends the search that runs, and lets go of the file."""
        self._until_s = float("-inf")
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _written(self) -> None:
        """A disk that takes nothing for now does not hold up a search: it finds what is there."""
        try:
            async with asyncio.timeout(WRITTEN_S):
                await self._store.work(lambda _connection: None)
        except (TimeoutError, StoreError):
            return

    def _find(self, wanted: Wanted) -> Found:
        if self._until_s == float("-inf"):
            raise SearchBusy("the daemon stops")
        self._until_s = self._monotonic_s() + self._time_s
        try:
            if self._connection is None:
                self._connection = self._connect()
            return find(self._connection, wanted)
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise SearchTooLong(f"the search took more than {self._time_s:g} s") from None
            raise StoreError(f"the database cannot be searched: {fault}") from None
        except sqlite3.Error as fault:
            raise StoreError(f"the database cannot be searched: {type(fault).__name__}") from None

    def _connect(self) -> sqlite3.Connection:
        address = f"{Path(self._path).absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        connection.set_progress_handler(self._is_late, LOOK_EVERY)
        return connection

    def _is_late(self) -> bool:
        return self._monotonic_s() >= self._until_s
