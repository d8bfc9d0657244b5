"""The search over a real file: what is found, corrected, erased, and in which order."""

import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from captiond.core.messages import Caption
from captiond.db import jobs, parts, search
from captiond.db.jobs import Job
from captiond.db.migrations import STEPS, statements
from captiond.db.parts import Part, PartState
from captiond.db.passages import MAX_CHARS, Passage, passages_of
from captiond.db.query import parse
from captiond.db.search import Found, Wanted
from captiond.db.store import Store
from tests.db.said import ONE, SAID, TWO, final, say, started


def job(number: int, result: Any, *, kind: str = "transcription-request") -> Job:
    return Job(
        id=f"job-{number}", kind=kind, request={}, state="completed", phase="over", due_s=0, deadline_s=9e9,
        created_s=1_718_447_400.0, updated_s=1_718_447_500.0, ended_s=1_718_447_500.0, result=result,
    )  # fmt: skip


async def ended(store: Store, *results: tuple[Any, str]) -> None:
    """Jobs that were running and have come to these results."""

    def write(connection: sqlite3.Connection) -> None:
        for number, (result, kind) in enumerate(results):
            done = job(number, result, kind=kind)
            jobs.add(connection, job(number, None, kind=kind), most_open=100)
            with connection:
                connection.execute("UPDATE jobs SET state = 'running', ended_s = NULL WHERE id = ?", (done.id,))
            assert jobs.save(connection, done)

    await store.work(write)


async def found(store: Store, query: str, **more: Any) -> Found:
    return await store.work(lambda connection: search.find(connection, Wanted(parse(query), **more)))


async def texts(store: Store, query: str, **more: Any) -> list[str]:
    return [hit.text for hit in (await found(store, query, **more)).hits]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'captions.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    opened.save_session(started(ONE, "call-7"))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("refund", {0, 1}),
        ("REFUNDING", {0, 1}),
        ("refund card", {0}),
        ('"two days"', {0}),
        ('"days two"', set()),
        ("refund -late", {0}),
        ('refund -"two days"', {1}),
        ("CAFE deja", {2}),
        ("caf*", {2}),
        ("billin*", {3}),
        ("organiz* -late", {3}),
        ("refund run*", {1}),
        ("refund -runn*", {0}),
        ("r* -refund*", set()),
        ("cc", {0}),
        ("refund café", set()),
    ],
)
async def test_what_is_found(store: Store, query: str, numbers: set[int]) -> None:
    """Words in any form, phrases, without, beginnings (of words as they were said, not of their stems)."""
    await say(store, *SAID)
    assert set(await texts(store, query)) == {SAID[number] for number in numbers}


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("refund day", ["refund", "days"]),
        ('"two days"', ["two days"]),
        ("tak* two", ["takes", "two"]),
        ("cc", ["CC"]),
    ],
)
async def test_what_matched_is_shown_in_code_points(store: Store, query: str, marked: list[str]) -> None:
    await say(store, f"😀é {SAID[0]}")
    [hit] = (await found(store, query)).hits
    assert [hit.text[start:end] for start, end in hit.highlights] == marked


async def test_a_text_with_the_marks_own_characters_is_found_unmarked(store: Store) -> None:
    """Better no mark than one in the wrong place."""
    await say(store, "a \ufdd0b\ufdd1 card")
    [hit] = (await found(store, "card")).hits
    assert hit.highlights == ()


async def test_what_is_put_in_again_is_there_once(store: Store) -> None:
    await ended(store, ({"transcript": "alpha\nbeta"}, "interaction-transcription"))

    def again(connection: sqlite3.Connection) -> None:
        with connection:
            search.put(connection, "job-0", [Passage("beta"), Passage("gamma")], first=1)

    await store.work(again)
    await store.work(again)
    assert [await texts(store, word) for word in ("alpha", "beta", "gamma")] == [["alpha"], ["beta"], ["gamma"]]
    await store.work(intact)


async def test_parts_of_a_job_are_found_before_it_ends_and_not_twice_after_it(store: Store) -> None:
    """Conversations of a messaging job, which also stand in its result where that is short."""
    content = {
        "conversationId": "c-1",
        "messages": [{"from": "guest", "text": "alpha"}, {"from": "agent", "text": "beta"}],
    }
    part = Part("c-1", 3, PartState.FOUND)

    def keep(connection: sqlite3.Connection) -> bool:
        jobs.add(connection, job(0, None, kind="messaging-transcript"), most_open=100)
        with connection:
            connection.execute("UPDATE jobs SET state = 'running', ended_s = NULL")
        parts.write(connection, "job-0", [part])
        done = replace(part, state=PartState.DONE)
        return parts.keep(connection, "job-0", done, content=json.dumps(content), parcels=(), now_s=0.0, units="units")

    assert await store.work(keep)
    [beta] = (await found(store, "beta")).hits
    assert (beta.job, beta.conversation, beta.channel) == ("job-0", "c-1", "agent")
    over = job(0, {"conversations": [content]}, kind="messaging-transcript")
    assert await store.work(lambda connection: jobs.save(connection, over))
    assert [await texts(store, word) for word in ("alpha", "beta")] == [["alpha"], ["beta"]]


async def test_rare_words_and_short_texts_come_first_and_pages_do_not_overlap(store: Store) -> None:
    await say(
        store, "the invoice came and the invoice went and nobody ever knew why it did", "invoice", "a lamp", "a cat"
    )
    everything = await found(store, "invoice")
    assert everything.hits[0].text == "invoice"
    assert everything.hits[0].score is not None
    assert (everything.total, everything.total_is_exact, everything.more) == (2, True, False)
    first, second = await found(store, "invoice", limit=1), await found(store, "invoice", limit=1, offset=1)
    assert (first.more, second.more) == (True, False)
    assert first.hits + second.hits == everything.hits


async def test_the_newest_first_and_filters(store: Store) -> None:
    store.save_session(started(TWO))
    store.keep_final(ONE, final("a", "refund one", emitted_at="2024-06-15T12:30:00.000+02:00", channel="internal"))
    store.keep_final(ONE, final("b", "refund two", emitted_at="2024-06-15T10:31:00.000Z", language="de-DE"))
    store.keep_final(TWO, final("c", "refund three", emitted_at="2024-06-15T10:32:00.000Z"))
    await ended(store, ({"transcripts": [{"text": "refund four", "speaker": "agent"}]}, "transcription-request"))
    newest = await texts(store, "refund", order="newest")
    assert newest == ["refund three", "refund four", "refund two", "refund one"]  # the job ended at 10:31:40
    for filters, expected in (
        ({"since": "2024-06-15T10:31:00.000Z"}, ["refund three", "refund two", "refund four"]),
        ({"until": "2024-06-15T10:31:00.000Z"}, ["refund one"]),
        ({"session": "ms-2"}, ["refund three"]),
        ({"conversation": "call-7"}, ["refund two", "refund one"]),
        ({"kind": "transcription-request"}, ["refund four"]),
        ({"kind": "live", "channel": "external", "language": "en-US"}, ["refund three"]),
        ({"job": "job-0"}, ["refund four"]),
        ({"channel": "agent"}, ["refund four"]),
    ):
        got = await found(store, "refund", order="newest", **filters)
        assert [hit.text for hit in got.hits] == sorted(expected, key=newest.index), filters
        assert got.total == len(expected)
        assert sorted(await texts(store, "refund", **filters)) == sorted(expected)


async def test_a_correction_replaces_what_is_found(store: Store) -> None:
    store.keep_final(ONE, final("a", "it is [...] zanzibar"))
    store.keep_final(ONE, final("a", "it is forty madagascar", revision=2))
    assert await texts(store, "zanzibar") == []
    assert await texts(store, "zanzib*") == []
    assert await texts(store, "forty") == await texts(store, "madag*") == ["it is forty madagascar"]


async def test_what_a_restart_masks_is_found_masked(url: str) -> None:
    before = await Store.open(url)
    before.save_session(started(ONE))
    held = final("a", "it is [...] now")
    before.keep_final(ONE, Caption(**{**{name: getattr(held, name) for name in held.__slots__}, "held": True}))
    await before.close()
    after = await Store.open(url)
    assert await texts(after, "number") == ["it is [NUMBER] now"]
    await after.close()


async def test_what_was_there_before_the_search_is_found(tmp_path: Path) -> None:
    """A database of the version before, brought up to date."""
    path = tmp_path / "captions.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE migrations (step INTEGER PRIMARY KEY, applied_s REAL NOT NULL)")
    for number, step in enumerate(STEPS[:3], 1):
        for statement in statements(step):
            connection.execute(statement)
        connection.execute("INSERT INTO migrations VALUES (?, 0)", (number,))
    connection.execute(
        "INSERT INTO conversations VALUES (1, 'ms-1', 'media', 'en-US', NULL, '{}', 'ended', NULL, '', 1)"
    )
    connection.execute(
        "INSERT INTO finals VALUES (1, 'u', 1, 'an old refund', 0, '', 'en-US', '2024-06-15T10:30:00Z', 1, 2, NULL, "
        "'{}', 9e9, 5)"
    )
    connection.commit()
    connection.close()
    store = await Store.open(f"sqlite:///{path}")
    assert await texts(store, "refunds") == await texts(store, "ref*") == ["an old refund"]
    await store.close()


async def test_the_texts_of_results_are_found_whatever_their_kind(store: Store) -> None:
    await ended(
        store,
        ({"transcriptionId": "t", "transcripts": [{"text": "alpha", "speaker": "agent", "language": "de-DE",
          "startMs": 5, "endMs": 9, "confidence": 0.5}, {"text": "beta"}]}, "transcription-request"),
        ({"interactionId": "i-1", "transcript": "gamma\ndelta", "latencyMs": 3}, "interaction-transcription"),
        ({"conversations": [{"conversationId": "c-1", "messages": [
            {"from": "guest", "text": "epsilon", "timestamp": "2024-01-02T03:04:05Z"}, {"text": None}]}]},
         "messaging-transcript"),
    )  # fmt: skip
    [alpha] = (await found(store, "alpha")).hits
    assert (alpha.job, alpha.kind, alpha.place, alpha.channel, alpha.language) == (
        "job-0", "transcription-request", 0, "agent", "de-DE",
    )  # fmt: skip
    assert (alpha.start_ms, alpha.end_ms, alpha.confidence, alpha.said_at) == (5, 9, 0.5, "2024-06-15T10:31:40.000Z")
    assert [hit.place for hit in (await found(store, "beta")).hits] == [1]
    [delta] = (await found(store, "delta")).hits
    assert (delta.text, delta.place, delta.conversation) == ("delta", 1, "i-1")
    [epsilon] = (await found(store, "epsilon")).hits
    assert (epsilon.conversation, epsilon.channel, epsilon.said_at) == ("c-1", "guest", "2024-01-02T03:04:05Z")
    assert (epsilon.session, epsilon.utterance) == (None, None)


def test_long_texts_are_cut_between_words_and_nothing_is_lost() -> None:
    words = [f"w{number}" for number in range(2_000)]
    pieces = passages_of({"transcript": " ".join(words)})
    assert all(len(piece.text) <= MAX_CHARS for piece in pieces)
    assert " ".join(piece.text for piece in pieces).split() == words
    assert [piece.text for piece in passages_of({"text": "x" * (MAX_CHARS + 1)})] == ["x" * MAX_CHARS, "x"]


async def test_what_is_erased_is_found_no_more_and_leaves_the_disk(store: Store, tmp_path: Path) -> None:
    """In the index, too, which by itself only notes that a row is gone."""
    await say(store, *(f"zanzibarine number {number}" for number in range(300)))
    await ended(store, ({"transcript": "madagascarene"}, "interaction-transcription"))
    await store.work(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    assert on_disk(tmp_path, b"zanzibar") and on_disk(tmp_path, b"madagascar")
    assert await store.erase_older(-1) == 300
    assert await texts(store, "zanzibarine") == await texts(store, "madagascarene") == []
    assert await texts(store, "zanz*") == []
    assert not on_disk(tmp_path, b"zanzibar") and not on_disk(tmp_path, b"madagascar")
    await store.work(intact)


async def test_erasing_leaves_what_is_younger(url: str) -> None:
    now_s = 1_718_447_400.0
    store = await Store.open(url, now_s=lambda: now_s)
    store.save_session(started(ONE))
    store.keep_final(ONE, final("old", "an old refund"))
    await store.finals(ONE)
    now_s += 2 * 86_400
    store.keep_final(ONE, final("new", "a new refund"))
    assert await store.erase_older(1) == 1
    assert await texts(store, "refund") == ["a new refund"]
    await store.work(intact)
    await store.close()


def intact(connection: sqlite3.Connection) -> None:
    """The index holds what the tables hold: SQLite's own check, which raises where it does not."""
    connection.execute("INSERT INTO spoken_stems (spoken_stems, rank) VALUES ('integrity-check', 1)")


def on_disk(folder: Path, word: bytes) -> bool:
    return any(word in path.read_bytes() for path in folder.iterdir())
