"""Searches beside the writing: they see what was said before, take no final's time, and are bounded themselves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from captiond.db.query import parse
from captiond.db.search import Found, Wanted
from captiond.db.searcher import MAX_WAITING, SearchBusy, Searcher, SearchTooLong
from captiond.db.store import Store, StoreError
from tests.db.said import ONE, final, say, started


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'captions.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    opened.save_session(started(ONE))
    yield opened
    await opened.close()


async def test_a_search_sees_what_was_said_before_it(store: Store, url: str) -> None:
    searcher = Searcher(url, store)
    for number in range(50):
        store.keep_final(ONE, final(f"u{number}", f"refund {number}"))
        assert (await searcher.find(Wanted(parse("refund")))).total == number + 1
    await searcher.close()


async def test_a_runaway_search_is_interrupted_and_the_next_one_runs(store: Store, url: str) -> None:
    await say(store, *(f"the same words again {number}" for number in range(4_000)))
    late = [False]
    times = iter(range(10**9))
    searcher = Searcher(url, store, time_s=5, monotonic_s=lambda: next(times) * 10.0 if late[0] else 0.0)
    wanted = Wanted(parse("the same words"), order="newest")
    assert (await searcher.find(wanted)).total == 4_000
    late[0] = True
    with pytest.raises(SearchTooLong, match="more than 5 s"):
        await searcher.find(wanted)
    late[0] = False
    assert (await searcher.find(wanted)).total == 4_000
    await searcher.close()


async def test_too_many_searches_are_told_to_come_again(store: Store, url: str) -> None:
    await say(store, "refund")
    searcher = Searcher(url, store)
    came = await asyncio.gather(
        *(searcher.find(Wanted(parse("refund"))) for _ in range(MAX_WAITING + 5)), return_exceptions=True
    )
    assert sum(isinstance(one, SearchBusy) for one in came) == 5
    assert sum(isinstance(one, Found) for one in came) == MAX_WAITING
    await searcher.close()


async def test_a_search_cannot_write_and_a_database_that_is_gone_is_said(
    store: Store, url: str, tmp_path: Path
) -> None:
    searcher = Searcher(url.replace("captions.db", "none.db"), store)
    with pytest.raises(StoreError, match="cannot be searched"):
        await searcher.find(Wanted(parse("refund")))
    assert not (tmp_path / "none.db").exists()
    await searcher.close()
