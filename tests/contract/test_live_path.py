"""The whole path over real sockets: simulator, daemon process, viewers. Contract, sections 3 to 5."""

import asyncio
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from captiond.core.screen import Screen, screen_of
from captiond.simulator.packaged import packaged_conversations
from captiond.simulator.server import Simulator
from captiond.simulator.tracks import Track, load_tracks
from tests.harness import (
    SHARED_DATA,
    DaemonProcess,
    Json,
    Viewer,
    account,
    daemon_process,
    final_texts,
    start,
)

SESSIONS = 50
SPEED = 20.0


def shared_tracks() -> Iterator[tuple[str, Track]]:
    """(conversation, track) of the shared streams, in the order of their names."""
    for path in sorted((SHARED_DATA / "pii").glob("*.jsonl")):
        for track in load_tracks(path):
            yield path.stem, track


@pytest.mark.shared
async def test_fifty_sessions_at_twenty_times_the_speed(tmp_path: Path) -> None:
    """Every final is delivered once and in order, and WebSocket and SSE viewers get the same messages."""
    chosen = list(islice(shared_tracks(), SESSIONS))
    async with (
        Simulator(tracks=[track for _, track in chosen], speed=SPEED) as upstream,
        daemon_process(tmp_path, **account(upstream)) as daemon,
    ):
        pairs: dict[str, tuple[Viewer, Viewer]] = {}
        async with asyncio.TaskGroup() as group:
            for conversation, track in chosen:
                await start(daemon, track.session, conversationId=conversation, language=track.language or "en-US")
                pair = (Viewer(daemon.url, track.session), Viewer(daemon.url, track.session, "sse"))
                pairs[track.session] = pair
                for viewer in pair:
                    group.create_task(viewer.watch())
        for _, track in chosen:
            by_socket, by_stream = pairs[track.session]
            assert by_socket.closed_with == 4510
            assert by_socket.messages[-1]["type"] == by_stream.messages[-1]["type"] == "bye"
            one, other = screen_of(by_socket.messages), screen_of(by_stream.messages)
            assert one.lines() == other.lines()
            assert one.state == other.state == "ended"
            assert not one.gaps()
            assert all(line.final and not line.held for line in one.lines())
            assert one.earlier_finals + len(one.lines()) == final_texts(track)
            newest = min(len(by_socket.indices()), len(by_stream.indices()))
            tail = [m for m in by_socket.messages if "index" in m][-newest:]
            assert tail == [m for m in by_stream.messages if "index" in m][-newest:]


@pytest.mark.parametrize("seed", range(3))
async def test_a_viewer_cut_at_any_moment_has_the_transcript_of_one_that_stayed(tmp_path: Path, seed: int) -> None:
    """Cut after a random number of messages, resumed by position over the other transport, again and again."""
    chance = random.Random(seed)
    conversation = packaged_conversations()[seed]
    track = conversation.tracks()[0]
    async with (
        Simulator(tracks=[track], speed=SPEED) as upstream,
        daemon_process(tmp_path, **account(upstream)) as daemon,
    ):
        await start(daemon, track.session, language=conversation.language)
        stayed = Viewer(daemon.url, track.session)
        screen, connections, recovered = Screen(), 0, 0
        async with asyncio.TaskGroup() as group:
            group.create_task(stayed.watch())
            for transport in cycle(("ws", "sse", "sse", "ws")):
                left = chance.randint(1, 25)

                def enough(message: Json, viewer_messages: list[Json] = [], most: int = left) -> bool:  # noqa: B006
                    viewer_messages.append(message)
                    return len(viewer_messages) > most

                cut = Viewer(daemon.url, track.session, transport, position=screen.position)
                await cut.watch(until=enough)
                connections += 1
                for message in cut.messages:
                    screen.apply(message)
                recovered += bool(screen.recovered)
                if screen.bye is not None:
                    break
        assert connections > 5
        assert recovered == connections - 1  # all but the first, which had no position
        assert screen.lines() == screen_of(stayed.messages).lines()
        assert screen.state == "ended"
        assert len(screen.lines()) == final_texts(track)


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize(
    "position", ["", "nonsense", "-1", "AAAAAAAA.5", "{epoch}.99999999", "{epoch}.-1", "{epoch}.1e3", "x" * 3000]
)
async def test_a_position_that_cannot_be_resumed_from_gets_a_snapshot(
    shared_daemon: tuple[DaemonProcess, str], transport: str, position: str
) -> None:
    """T3: unknown, future, malformed, negative and other-epoch positions lead to a snapshot, nothing else."""
    daemon, session = shared_daemon
    first = Viewer(daemon.url, session)
    await first.watch(until=lambda message: message["type"] == "snapshot")
    epoch = first.messages[0]["position"].partition(".")[0]
    viewer = Viewer(daemon.url, session, transport, position=position.format(epoch=epoch))
    await viewer.watch(until=lambda message: message["type"] == "snapshot")
    assert [message["type"] for message in viewer.messages] == ["welcome", "snapshot"]
    assert viewer.messages[0]["recovered"] is False
