"""Documents for sinks: none is lost, none is made twice, what a sink will not take is kept aside."""

import asyncio
import contextlib
import json
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from captiond.base.observe import NullMeter
from captiond.cli import main
from captiond.db import outbox as rows
from captiond.db.outbox import Parcel
from captiond.db.store import Store
from captiond.jobs.outbox import GIVE_UP_S, HOPELESS, Outbox, Sink
from tests.harness import eventually
from tests.jobs.studio import FastPace, Records, sink_server


class Figures(NullMeter):
    """What was counted and set."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str], float] = {}

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        key = (name, labels.get("sink", ""))
        self.counted[key] = self.counted.get(key, 0) + by

    def set(self, name: str, value: float, /, **labels: str) -> None:
        self.counted[name, labels.get("sink", "")] = value


@asynccontextmanager
async def sending(
    folder: Path, sinks: Sequence[Sink], *, speed: float = 1.0
) -> AsyncIterator[tuple[Store, Outbox, Records, Figures]]:
    """A database and the outbox that works on it, in time that runs `speed` times as fast."""
    pace, records, figures = FastPace(speed), Records(), Figures()
    store = await Store.open(f"sqlite:///{folder / 'captiond.db'}")
    try:
        outbox = Outbox(sinks, store=store, pace=pace, chance=random.Random(7), meter=figures, audit=records)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(outbox.run())
            yield store, outbox, records, figures
            work.cancel()
    finally:
        await store.close()


async def put(store: Store, outbox: Outbox, *names: str, sink: str = "index") -> None:
    """Documents as steps of jobs leave them."""

    def write(connection: sqlite3.Connection) -> None:
        parcels = [Parcel(name, sink, "job-1", json.dumps({"id": name})) for name in names]
        with connection:
            rows.put(connection, parcels, now_s=time.time())

    await store.work(write)
    outbox.look()


async def states(store: Store) -> dict[str, str]:
    found = await store.work(lambda connection: rows.listing(connection, most=1_000))
    return {parcel.id: parcel.state for parcel in found}


async def until(store: Store, wanted: dict[str, str]) -> None:
    async with asyncio.timeout(20):
        while await states(store) != wanted:  # noqa: ASYNC110  (the database has no event)
            await asyncio.sleep(0.02)


async def test_a_document_goes_out_once_with_its_key_and_the_sinks_token(tmp_path: Path) -> None:
    async with (
        sink_server() as server,
        sending(tmp_path, [Sink("compliance", server.url, "its-token")]) as (store, outbox, records, _),
    ):
        await put(store, outbox, "a", sink="compliance")
        await put(store, outbox, "a", sink="compliance")  # the step was made again
        await until(store, {"a": "delivered"})
        assert (server.came, server.keys) == ([{"id": "a"}], ["a"])
        assert server.headers[0]["Authorization"] == "Bearer its-token"
        assert [record["tries"] for record in records.of("delivered")] == [1]
        assert "its-token" not in repr(Sink("compliance", server.url, "its-token"))


async def test_a_sink_that_is_down_for_an_hour_loses_nothing(tmp_path: Path) -> None:
    """Nobody listens, then it says 503, then it is back: everything comes, and nothing twice that was taken."""
    names = [f"d{number}" for number in range(20)]
    async with sink_server() as server:
        server.answers[:] = [503]
        async with sending(tmp_path, [Sink("index", server.url)], speed=900) as (store, outbox, _, figures):
            await put(store, outbox, *names)
            began_s = outbox._pace.monotonic_s()
            await outbox._pace.wait(asyncio.Event(), 3_600)
            assert outbox._pace.monotonic_s() - began_s >= 3_600
            assert set((await states(store)).values()) == {"pending"}
            # The one backoff policy, and one document that asks for all: some 15 s between tries, not 20 at once.
            assert len(server.came) <= 3_600 / 8
            assert figures.counted["outbox_pending", "index"] == 20
            server.came.clear()
            server.answers[:] = [200]
            await until(store, dict.fromkeys(names, "delivered"))
            assert sorted(document["id"] for document in server.came) == sorted(names)
            assert ("outbox_dead_total", "index") not in figures.counted


async def test_a_sink_that_is_down_holds_up_no_other(tmp_path: Path) -> None:
    async with (
        sink_server() as index,
        sending(tmp_path, [Sink("nlp", "http://127.0.0.1:9/"), Sink("index", index.url)]) as (store, outbox, _, _),
    ):
        await put(store, outbox, "n", sink="nlp")
        await put(store, outbox, "i")
        await until(store, {"n": "pending", "i": "delivered"})


@pytest.mark.parametrize("status", sorted(HOPELESS))
async def test_what_a_sink_will_never_take_is_dead_and_told(tmp_path: Path, status: int) -> None:
    async with sink_server() as server:
        server.answers[:] = [status, 200]
        async with sending(tmp_path, [Sink("index", server.url)]) as (store, outbox, records, figures):
            await put(store, outbox, "bad")
            await until(store, {"bad": "dead"})
            await put(store, outbox, "good")
            await until(store, {"bad": "dead", "good": "delivered"})
            assert figures.counted["outbox_dead_total", "index"] == 1
            [told] = records.of("sink_failure")
            assert (told["why"], told["outcome"]) == (f"answered {status}", "dead")


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500])
async def test_what_may_pass_is_tried_again(tmp_path: Path, status: int) -> None:
    async with sink_server() as server:
        server.answers[:] = [status, status, 200]
        async with sending(tmp_path, [Sink("index", server.url)], speed=60) as (store, outbox, _, _):
            await put(store, outbox, "a")
            await until(store, {"a": "delivered"})
            assert server.keys == ["a", "a", "a"]


async def test_after_three_days_it_is_dead(tmp_path: Path) -> None:
    async with sink_server() as server:
        server.answers[:] = [503]
        async with sending(tmp_path, [Sink("index", server.url)], speed=GIVE_UP_S / 2) as (store, outbox, _, _):
            now_s = outbox._pace.now_s()

            def write(connection: sqlite3.Connection) -> None:
                with connection:
                    rows.put(connection, [Parcel("old", "index", "job-1", "{}")], now_s=now_s)

            await store.work(write)
            outbox.look()
            await until(store, {"old": "dead"})
            assert len(server.came) > 1


def test_the_command_shows_and_sends_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAPTIOND_DATABASE__URL", f"sqlite:///{tmp_path / 'captiond.db'}")

    async def fill() -> None:
        store = await Store.open(f"sqlite:///{tmp_path / 'captiond.db'}")

        def write(connection: sqlite3.Connection) -> None:
            parcels = [Parcel(name, "index", "job-1", '{"content":"[CC]"}') for name in ("a", "b", "c")]
            with connection:
                rows.put(connection, parcels, now_s=1.0)
            for name in ("a", "b"):
                rows.not_taken(connection, name, why="answered 400", again_s=None, now_s=2.0)

        await store.work(write)
        await store.close()

    asyncio.run(fill())
    assert main(["outbox", "list", "--state", "dead"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["b", "a"]
    assert main(["outbox", "show", "a"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["body"], shown["why"], shown["state"]) == ({"content": "[CC]"}, "answered 400", "dead")
    assert main(["outbox", "show", "z"]) == 1
    assert "there is no document z" in capsys.readouterr().err
    assert main(["outbox", "replay", "a"]) == 0
    assert main(["outbox", "replay", "--all", "--sink", "nlp"]) == 0
    assert capsys.readouterr().out == "to be sent again: 1\nto be sent again: 0\n"
    with contextlib.closing(sqlite3.connect(tmp_path / "captiond.db")) as database:
        assert dict(database.execute("SELECT id, state FROM outbox")) == {"a": "pending", "b": "dead", "c": "pending"}
    assert main(["outbox", "replay", "--all"]) == 0
    with pytest.raises(SystemExit) as left:
        main(["outbox", "replay"])
    assert left.value.code == 2


async def test_a_running_daemon_sends_what_the_command_replays(tmp_path: Path) -> None:
    """Another process writes the word into the database; the outbox finds it by itself."""
    async with sink_server() as server:
        server.answers[:] = [400, 200]
        async with sending(tmp_path, [Sink("index", server.url)], speed=20) as (store, outbox, _, _):
            await put(store, outbox, "a")
            await until(store, {"a": "dead"})
            with contextlib.closing(sqlite3.connect(tmp_path / "captiond.db")) as other:
                assert rows.replay(other, ids=None, sink=None, now_s=0.0) == 1
            await until(store, {"a": "delivered"})
            await eventually(lambda: len(server.came) == 2)
