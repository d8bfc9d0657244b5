"""A long redacted transcript, put into the search in portions: it stands in a file, not in its job's result."""

import asyncio
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from captiond.db import jobs as rows
from captiond.db import search
from captiond.db.passages import MAX_PASSAGES, Passage, cut
from captiond.db.store import Store, StoreError

PORTION: Final = 100  # pieces in one transaction: some 50 ms, then finals have their turn
BLOCK_CHARS: Final = 65_536  # of a line that is longer than that, at once


async def index_file(store: Store, job: str, path: Path) -> None:
    """Puts the first `MAX_PASSAGES` pieces of a transcript into the search. Made again it changes nothing: a piece is
    known by its place.

    Raises:
        StoreError: the file or the database is at fault.
    """
    pieces, first = _pieces(path), 0
    while portion := await asyncio.to_thread(_take, pieces):
        found = [Passage(text) for text in portion]
        # mypy infers no lambda with a default, which is what binds each turn's portion.
        await store.work(lambda connection, first=first, found=found: _put(connection, job, first, found))  # type: ignore[misc]
        first += len(portion)


def _put(connection: sqlite3.Connection, job: str, first: int, found: list[Passage]) -> None:
    with connection:
        if rows.get(connection, job) is not None:  # it may have been erased meanwhile
            search.put(connection, job, found, first=first)


def _take(pieces: Iterator[str]) -> list[str]:
    try:
        return list(islice(pieces, PORTION))
    except OSError as fault:
        raise StoreError(f"a file of a job cannot be read: {fault.strerror or type(fault).__name__}") from None


def _pieces(path: Path) -> Iterator[str]:
    return islice(_all_pieces(path), MAX_PASSAGES)


def _all_pieces(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        while block := file.readline(BLOCK_CHARS):
            yield from cut(block)
