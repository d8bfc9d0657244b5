"""The daemon's end and return: SIGTERM under load, `kill -9`, and what its viewers and its audit are left with."""

import asyncio
import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from captiond.core.screen import screen_of
from captiond.simulator.packaged import packaged_tracks
from captiond.simulator.playback import AtEnd
from captiond.simulator.server import Simulator
from tests.harness import ROOT, Viewer, account, daemon_process, eventually, start

VIEWERS_OF_EACH = 6


def audit_verifies(path: Path) -> None:
    """`captiond audit verify` is content."""
    done = subprocess.run(
        [sys.executable, "-m", "captiond", "audit", "verify", str(path)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def kept(folder: Path) -> tuple[int, int]:
    """How many events and how many finals the daemon has written to its files."""
    events = (folder / "audit.jsonl").read_text().count('"kind":"transcription"')
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        [finals] = database.execute("SELECT count(*) FROM finals").fetchone()
    return events, finals


async def test_sigterm_under_load(tmp_path: Path) -> None:
    """Every viewer gets `bye` 4001 with a retry time; upstream is unsubscribed from; exit 0 within 10 s."""
    tracks = packaged_tracks()
    async with (
        Simulator(tracks=tracks, speed=10.0, at_end=AtEnd.LOOP) as upstream,
        daemon_process(tmp_path, **account(upstream)) as daemon,
    ):
        viewers = []
        async with asyncio.TaskGroup() as group:
            for track in tracks:
                await start(daemon, track.session, language=track.language or "en-US")
                for number in range(VIEWERS_OF_EACH):
                    viewer = Viewer(daemon.url, track.session, "ws" if number % 2 else "sse")
                    viewers.append(viewer)
                    group.create_task(viewer.watch())
            await eventually(lambda: all(len(viewer.messages) > 20 for viewer in viewers), within_s=30)
            daemon.signal(signal.SIGTERM)
            assert await daemon.exit_status(within_s=10) == 0
        for viewer in viewers:
            bye = viewer.messages[-1]
            assert (bye["type"], bye["code"], bye["resume"]) == ("bye", 4001, True)
            assert 0 < bye["retryMs"] <= 60_000
            screen_of(viewer.messages)
        assert len({viewer.messages[-1]["retryMs"] for viewer in viewers}) > 5  # they don't come back all at once
        assert sum(upstream.ledger.unsubscribes.values()) == len(tracks)
        audit_verifies(tmp_path / "audit.jsonl")
        assert "Traceback" not in daemon.log


@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_kill_and_return(tmp_path: Path, transport: str) -> None:
    """The audit chain goes on, live sessions come back by themselves under a new epoch, held finals end masked."""
    async with (
        Simulator(unknown="silent") as upstream,
        daemon_process(tmp_path, **account(upstream)) as daemon,
    ):
        await start(daemon, "call-1")
        before = Viewer(daemon.url, "call-1", transport)

        async def say(sequence: int, text: str) -> None:
            await upstream.emit("call-1", {"eventSequence": sequence, "transcript": text, "isPartial": False})

        async with asyncio.TaskGroup() as group:
            group.create_task(before.watch(until=lambda m: m["type"] == "caption" and m["held"]))
            await eventually(lambda: len(before.messages) >= 2)
            await eventually(lambda: upstream.ledger.subscriptions_now["call-1"] == 1)
            await say(1, "Good morning, this is Ann.")
            await say(2, "My card number is four one one one one one one one")
        held = before.of_type("caption")[-1]
        assert held["final"] and "one" not in held["text"]
        seen = screen_of(before.messages)
        await eventually(lambda: kept(tmp_path) == (2, 2))  # what is not on the disk yet may be lost by a kill
        daemon.signal(signal.SIGKILL)
        assert await daemon.exit_status(within_s=5) == -signal.SIGKILL
        await daemon.start()
        await eventually(lambda: upstream.ledger.subscriptions_ever["call-1"] == 2)

        after = Viewer(daemon.url, "call-1", transport, position=seen.position)
        async with asyncio.TaskGroup() as group:
            group.create_task(after.watch(until=lambda m: m["type"] == "caption"))
            await eventually(lambda: len(after.messages) >= 2)
            await say(3, "Thank you very much.")
        welcome, snapshot = after.messages[:2]
        assert (welcome["recovered"], snapshot["type"]) == (False, "snapshot")
        assert welcome["position"].partition(".")[0] != seen.position.partition(".")[0]  # type: ignore[union-attr]
        texts = [caption["text"] for caption in snapshot["captions"]]
        assert texts == ["Good morning, this is Ann.", "My card number is [NUMBER]"]
        assert not any(caption["held"] for caption in snapshot["captions"])
        assert after.of_type("caption")[-1]["text"] == "Thank you very much."

        daemon.signal(signal.SIGTERM)
        assert await daemon.exit_status(within_s=10) == 0
        audit_verifies(tmp_path / "audit.jsonl")
        kinds = [json.loads(line)["kind"] for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
        assert "resumed" in kinds
        for path in tmp_path.iterdir():  # raw text is in no file that the daemon wrote
            assert b"four one one one" not in path.read_bytes(), path.name
