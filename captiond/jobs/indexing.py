"""What is long is put into the search in portions, before the job says that it is there: a text of thousands of pieces
in one transaction would keep finals, and whoever asks the database, waiting for seconds.

What is short goes into the search with what holds it (`db.jobs.save`, `db.parts.keep`), in one transaction. A portion
of what is long may be found a moment before its job has ended; where that does not come to be, it is taken back.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from captiond.db import jobs as rows
from captiond.db import parts, search
from captiond.db.jobs import Job
from captiond.db.outbox import Parcel
from captiond.db.passages import MAX_PASSAGES, Passage, cut, passages_of
from captiond.db.store import Store, StoreError

PORTION: Final = 100  # pieces in one transaction: some 50 ms at most, then finals have their turn
BLOCK_CHARS: Final = 65_536  # of a line that is longer than that, at once; a document that is shorter is no long one


async def index_file(store: Store, job: str, path: Path) -> None:
    """Puts the first `MAX_PASSAGES` pieces of a transcript into the search. Made again it changes nothing: a piece is
    known by its place.

    Raises:
        StoreError: the file or the database is at fault.
    """
    pieces, first = _pieces(path), 0
    while portion := await asyncio.to_thread(_take, pieces):
        found = [Passage(text) for text in portion]
        await store.work(partial(_put, job=job, first=first, found=found))
        first += len(portion)


async def save(store: Store, job: Job, *, parcels: Sequence[Parcel], awaits: bool) -> bool:
    """What a step came to; see `db.jobs.save`.

    Raises:
        StoreError: the database is at fault.
    """
    indexed = job.result is not None and await _index_result(store, job.id, job.result)
    kept = await store.work(partial(rows.save, job=job, parcels=parcels, awaits=awaits))
    if indexed and not kept:
        await _take_back(store, job.id, first=0, conversation=None)
    return kept


async def _index_result(store: Store, job: str, result: Any) -> bool:
    passages = await asyncio.to_thread(passages_of, result)
    if len(passages) <= PORTION or await store.work(partial(parts.any_of, job=job)):
        return False  # those of its parts are there
    await _index(store, job, passages, first=0)
    return True


async def index_part(store: Store, job: str, part: parts.Part, content: str) -> bool:
    """Puts the texts of a part that is about to be kept into the search, where they are many. What a process that was
    killed has left of it goes.

    Returns:
        Whether it did.
    Raises:
        StoreError: the database is at fault.
    """
    if len(content) < BLOCK_CHARS:
        return False
    passages = await asyncio.to_thread(lambda: passages_of(orjson.loads(content)))
    if len(passages) <= PORTION:
        return False
    await forget_part(store, job, part)
    await _index(store, job, passages, first=part.place * MAX_PASSAGES)
    return True


async def forget_part(store: Store, job: str, part: parts.Part) -> None:
    """Takes back what `index_part` did, in this process or one that was killed: the part is not kept as it was."""
    await _take_back(store, job, first=part.place * MAX_PASSAGES, conversation=part.name)


async def _index(store: Store, job: str, passages: Sequence[Passage], *, first: int) -> None:
    for start in range(0, len(passages), PORTION):
        await store.work(partial(_put, job=job, first=first + start, found=passages[start : start + PORTION]))


async def _take_back(store: Store, job: str, *, first: int, conversation: str | None) -> None:
    portion = partial(
        search.take_back, job=job, first=first, before=first + MAX_PASSAGES, conversation=conversation, most=PORTION
    )
    while await store.work(portion):
        pass


def _put(connection: sqlite3.Connection, *, job: str, first: int, found: Sequence[Passage]) -> None:
    with connection:
        if rows.runs(connection, job):  # it may have been cancelled meanwhile, or erased
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
