"""A long text gets into the search in portions: others have their turn, and nothing of what was not kept is found."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from captiond.db import jobs, parts, search
from captiond.db.jobs import Job
from captiond.db.parts import Part, PartState
from captiond.db.passages import MAX_PASSAGES, Passage
from captiond.db.query import parse
from captiond.db.search import Wanted
from captiond.db.store import Store
from captiond.jobs import indexing
from captiond.jobs.parts import Parts

KIND = "messaging-transcript"
MANY = 2_000  # messages: of 14,000 all the same is true, and takes longer
PADDING = "and so on it went "


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path / 'captions.db'}")
    yield opened
    await opened.close()


def job(name: str = "job-1", **more: Any) -> Job:
    facts: dict[str, Any] = {"state": "running", "phase": "fetching", **more}
    return Job(
        id=name, kind=KIND, request={}, due_s=0, deadline_s=9e9, created_s=1.0, updated_s=2.0, **facts
    )  # fmt: skip


def chat(name: str, word: str, many: int = MANY) -> str:
    messages = [{"from": "guest", "text": f"{word} {PADDING}{number}"} for number in range(many)]
    return json.dumps({"conversationId": name, "messages": messages})


async def begun(store: Store, *names: str) -> Parts:
    """A job that runs, with these parts to fetch."""
    await store.work(lambda connection: jobs.add(connection, job(), most_open=10))
    found = [Part(name, place, PartState.FOUND) for place, name in enumerate(names)]
    await store.work(lambda connection: parts.write(connection, "job-1", found))
    return Parts(store)


async def keep(kept: Parts, name: str, place: int, content: str | None) -> bool:
    state = PartState.FAILED if content is None else PartState.DONE
    return await kept.keep("job-1", Part(name, place, state), content=content, parcels=[], now_s=3.0)


async def hits(store: Store, query: str) -> int:
    return (await store.work(lambda connection: search.find(connection, Wanted(parse(query))))).total


async def others_while(store: Store, work: Any) -> tuple[int, Any]:
    """How many queries of somebody else are answered while that is done, and what it comes to."""
    answered = 0

    async def ask() -> None:
        nonlocal answered
        while True:
            await store.work(lambda connection: connection.execute("SELECT 1").fetchone())
            answered += 1

    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask())
        try:
            done = await work
        finally:
            asking.cancel()
    return answered, done


@pytest.fixture
def portions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts went into the search at once."""
    counted: list[int] = []
    put = search.put

    def noted(connection: sqlite3.Connection, name: str, passages: Sequence[Passage], *, first: int = 0) -> None:
        counted.append(len(passages))
        put(connection, name, passages, first=first)

    monkeypatch.setattr(search, "put", noted)
    return counted


async def test_others_have_their_turn_while_a_long_conversation_is_kept(store: Store, portions: list[int]) -> None:
    kept = await begun(store, "one", "two")
    answered, done = await others_while(store, keep(kept, "one", 0, chat("one", "zanzibarine")))
    assert done is True
    assert answered >= MANY // indexing.PORTION
    assert max(portions) == indexing.PORTION
    assert await hits(store, "zanzibarine") == MANY
    content = await kept.content("job-1", "one")
    assert content is not None and len(json.loads(content)["messages"]) == MANY
    assert await keep(kept, "two", 1, chat("two", "madagascarene", 3))
    assert await hits(store, "madagascarene") == 3


async def test_and_while_a_long_result_is_kept(store: Store, portions: list[int]) -> None:
    await store.work(lambda connection: jobs.add(connection, job(), most_open=10))
    said = [{"text": f"zanzibarine {PADDING}{number}", "speaker": "agent"} for number in range(MANY)]
    done = job(state="completed", ended_s=4.0, result={"transcripts": said})
    answered, written = await others_while(store, indexing.save(store, done, parcels=[], awaits=False))
    assert written is True
    assert max(portions) == indexing.PORTION
    assert answered >= MANY // indexing.PORTION
    assert await hits(store, "zanzibarine") == MANY
    assert await hits(store, '"zanzibarine and so on it went 1999"') == 1


async def test_what_is_short_is_kept_in_one_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await begun(store, "one")

    def unasked(*_: Any, **__: Any) -> None:
        raise AssertionError("a short one was put into the search beforehand")

    monkeypatch.setattr(indexing, "_put", unasked)
    assert await keep(kept, "one", 0, chat("one", "zanzibarine", indexing.PORTION))
    said = [{"text": "madagascarene"}] * indexing.PORTION
    await store.work(lambda connection: jobs.add(connection, job("job-2"), most_open=10))
    done = job("job-2", state="completed", ended_s=4.0, result={"transcripts": said})
    assert await indexing.save(store, done, parcels=[], awaits=False)
    assert (await hits(store, "zanzibarine"), await hits(store, "madagascarene")) == (100, 100)


@pytest.mark.parametrize("what", ["part", "result"])
async def test_of_a_job_that_is_cancelled_meanwhile_nothing_is_found(store: Store, what: str) -> None:
    kept = await begun(store, *(["one"] if what == "part" else []))
    done = job(state="completed", ended_s=4.0, result={"text": "\n".join(f"zanzibarine {n}" for n in range(MANY))})
    keeping = (
        keep(kept, "one", 0, chat("one", "zanzibarine"))
        if what == "part"
        else indexing.save(store, done, parcels=[], awaits=False)
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(keeping)
        while not await store.work(lambda connection: search.has(connection, "job-1")):
            pass
        assert not running.done()
        await store.work(partial(jobs.cancel, job="job-1", now_s=3.0))
        assert await running is False
    assert await hits(store, "zanzibarine") == 0


def left_behind(connection: sqlite3.Connection, *, first: int, conversation: str | None, word: str) -> None:
    """What a process that was killed had put into the search."""
    with connection:
        found = [Passage(f"{word} {n}", conversation=conversation) for n in range(3 * indexing.PORTION)]
        search.put(connection, "job-1", found, first=first)


async def test_what_a_killed_process_left_of_a_part_goes_and_its_neighbours_stay(store: Store) -> None:
    kept = await begun(store, "one", "two")
    await store.work(partial(left_behind, first=0, conversation="one", word="zanzibarine"))
    await store.work(partial(left_behind, first=MAX_PASSAGES, conversation="two", word="neighbour"))
    assert await keep(kept, "one", 0, chat("one", "madagascarene"))
    assert (await hits(store, "zanzibarine"), await hits(store, "madagascarene")) == (0, MANY)
    assert await hits(store, "neighbour") == 3 * indexing.PORTION
    assert await keep(kept, "two", 1, None)  # it is not had after all
    assert (await hits(store, "neighbour"), await hits(store, "madagascarene")) == (0, MANY)


async def test_of_two_parts_at_one_place_each_keeps_its_own(store: Store) -> None:
    """A guest session may lead to two conversations, which stand where it stood."""
    kept = await begun(store, "one", "two")
    await store.work(partial(left_behind, first=0, conversation="two", word="neighbour"))
    await keep(kept, "one", 0, None)
    assert await hits(store, "neighbour") == 3 * indexing.PORTION


async def test_a_step_that_is_made_again_finds_its_result_half_there_and_goes_on(store: Store) -> None:
    await store.work(lambda connection: jobs.add(connection, job(), most_open=10))
    lines = [f"zanzibarine {n}" for n in range(MANY)]
    await store.work(partial(left_behind, first=0, conversation=None, word="zanzibarine"))
    done = job(state="completed", ended_s=4.0, result={"text": "\n".join(lines)})
    assert await indexing.save(store, done, parcels=[], awaits=False)
    assert await hits(store, "zanzibarine") == MANY


async def test_a_result_whose_parts_are_found_is_not_found_twice(store: Store) -> None:
    kept = await begun(store, "zero", "one")
    content = chat("one", "zanzibarine")
    assert await keep(kept, "zero", 0, None)
    assert await keep(kept, "one", 1, content)
    done = replace(job(), state="completed", ended_s=4.0, result={"conversations": [json.loads(content)]})
    assert await indexing.save(store, done, parcels=[], awaits=False)
    assert await hits(store, "zanzibarine") == MANY
