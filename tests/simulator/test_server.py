"""The stand-in as a client sees it: token, activation, subscriptions, pacing; over real sockets, in manual time."""

import json
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection

from captiond.base.errors import LocalError
from captiond.simulator import EventFileError, ManualPace, Simulator, Unknown
from tests.simulator.plain_client import (
    PlainClient,
    close_code,
    nothing_more,
    receive_events,
    receive_frame,
    spoken,
)


async def test_events_come_at_their_times_with_fresh_timestamps(client: PlainClient) -> None:
    """Half the spacing at twice the speed; nothing early."""
    pace = ManualPace(wall_s=datetime.fromisoformat("2026-05-01T12:00:00Z").timestamp())
    async with Simulator(pace=pace, speed=2.0, at_end="stay") as sim:
        sim.play("call-1", spoken(3, spacing_s=1.0, channel="external", language="en-US", startMs=12))
        socket = await client.open(sim)
        await pace.advance(100)  # a session starts at its first subscription, whenever that is
        acknowledgement = await client.subscribe(socket)
        assert acknowledgement == {
            "action": "subscribe",
            "status": 200,
            "topics": ["conversation:transcription"],
            "filter": {"mediaSessionId": "call-1"},
        }
        (first,) = await receive_frame(socket)
        assert first == {
            "eventType": "transcription",
            "eventSequence": 1,
            "mediaSessionId": "call-1",
            "transcript": "w1",
            "isPartial": True,
            "timestamp": "2026-05-01T12:01:40.000Z",
            "channel": "external",
            "language": "en-US",
            "startMs": 12,
        }
        await pace.advance(0.49)
        await nothing_more(socket)
        await pace.advance(0.01)
        (second,) = await receive_frame(socket)
        assert (second["transcript"], second["timestamp"]) == ("w2", "2026-05-01T12:01:40.500Z")
        await pace.advance(10)
        (third,) = await receive_frame(socket)
        assert (third["isPartial"], third["timestamp"]) == (False, "2026-05-01T12:01:41.000Z")
        await nothing_more(socket)
        await socket.close()


async def test_an_event_that_is_late_in_the_file_says_its_own_time(client: PlainClient) -> None:
    pace = ManualPace(wall_s=datetime.fromisoformat("2026-05-01T12:00:00Z").timestamp())
    one, two, three = spoken(3)
    async with Simulator(pace=pace, speed=2.0, at_end="stay") as sim:
        sim.play("call-1", [one, three, two])
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(1)
        assert [(event["eventSequence"], event["timestamp"][17:]) for event in await receive_events(socket, 3)] == [
            (1, "00.000Z"),
            (3, "01.000Z"),
            (2, "00.500Z"),
        ]
        await socket.close()


async def test_events_due_while_nobody_is_subscribed_are_lost(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay") as sim:
        sim.play("call-1", spoken(10))
        first = await client.open(sim)
        await client.subscribe(first)
        await pace.advance(1)
        assert [event["eventSequence"] for event in await receive_events(first, 2)] == [1, 2]
        await first.close()
        await pace.advance(3)
        second = await client.open(sim)
        await client.subscribe(second)
        await pace.advance(1)
        assert [event["eventSequence"] for event in await receive_events(second, 1)] == [6]
        await nothing_more(second)
        assert sim.ledger.events_missed["call-1"] == 3
        await second.close()


async def test_a_session_on_hold_goes_on_where_it_stopped(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay", resume="hold") as sim:
        sim.play("call-1", spoken(10))
        first = await client.open(sim)
        await client.subscribe(first)
        await pace.advance(1.25)
        await receive_events(first, 2)
        await first.close()
        await pace.advance(30)
        second = await client.open(sim)
        await client.subscribe(second)
        await pace.advance(0.7)
        await nothing_more(second)
        await pace.advance(0.1)
        assert [event["eventSequence"] for event in await receive_events(second, 1)] == [3]
        await second.close()


async def test_the_socket_closes_with_1000_when_all_its_sessions_are_over(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace) as sim:
        sim.play("call-1", spoken(2))
        sim.play("call-2", spoken(4))
        socket = await client.open(sim)
        await client.subscribe(socket, "call-1")
        await receive_events(socket, 1)
        await client.subscribe(socket, "call-2")
        await pace.advance(2)
        await nothing_more_but(socket, 4)
        await pace.advance(5)
        assert await close_code(socket) == 1000
        assert list(sim.ledger.closes_sent) == [1000]
        assert not sim.ledger.close_codes


async def nothing_more_but(socket: ClientConnection, number: int) -> None:
    await receive_events(socket, number)
    await nothing_more(socket)


async def test_a_session_that_is_over_starts_anew_with_its_next_activation(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace) as sim:
        sim.play("call-1", spoken(2))
        token = await client.token(sim)
        for round_ in (1, 2):
            await client.activate(sim, "call-1", token=token)
            socket = await client.open(sim, token)
            await client.subscribe(socket)
            assert [event["eventSequence"] for event in await receive_events(socket, 1)] == [1]
            await client.activate(sim, "call-1", token=token)  # not over: it does not begin again
            await pace.advance(1)
            assert [event["eventSequence"] for event in await receive_events(socket, 1)] == [2]
            assert await close_code(socket) == 1000, round_


async def test_a_loop_goes_on_with_its_numbers(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="loop") as sim:
        sim.play("call-1", spoken(2))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(5)
        events = await receive_events(socket, 4)
        assert [(event["eventSequence"], event["transcript"]) for event in events] == [
            (1, "w1"),
            (2, "w2"),
            (3, "w1"),
            (4, "w2"),
        ]
        stamps = [datetime.fromisoformat(event["timestamp"]).timestamp() for event in events]
        assert [round(stamp - stamps[0], 3) for stamp in stamps] == [0, 1, 4, 5]
        await socket.close()


async def test_unsubscribing_stops_one_session_only(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay") as sim:
        sim.play("call-1", spoken(5))
        sim.play("call-2", spoken(5, session="call-2"))
        socket = await client.open(sim)
        await client.subscribe(socket, "call-1")
        await receive_events(socket, 1)
        await client.subscribe(socket, "call-2")
        await receive_events(socket, 1)
        await socket.send(
            json.dumps(
                {
                    "action": "unsubscribe",
                    "topics": ["conversation:transcription"],
                    "filter": {"mediaSessionId": "call-1"},
                }
            )
        )
        assert (await receive_frame(socket))["action"] == "unsubscribe"
        await pace.advance(2)
        assert {event["mediaSessionId"] for event in await receive_events(socket, 2)} == {"call-2"}
        await nothing_more(socket)
        assert sim.ledger.unsubscribes == {"call-1": 1}
        assert (sim.ledger.subscriptions_now["call-1"], sim.ledger.subscriptions_now["call-2"]) == (0, 1)
        await socket.close(1000)
    assert list(sim.ledger.close_codes) == [1000]
    assert sim.ledger.subscriptions_now["call-2"] == 0


async def test_two_sockets_of_one_session_are_counted(client: PlainClient) -> None:
    async with Simulator(unknown=Unknown.SILENT) as sim:
        first, second = await client.open(sim), await client.open(sim)
        await client.subscribe(first)
        await client.subscribe(first)  # again on the same socket: no second subscription
        assert sim.ledger.max_concurrent_subscriptions["call-1"] == 1
        await client.subscribe(second)
        assert sim.ledger.max_concurrent_subscriptions["call-1"] == 2
        assert await sim.emit("call-1", {"eventSequence": 1, "transcript": "hello", "isPartial": False}) == 2
        for socket in (first, second):
            (event,) = await receive_frame(socket)
            assert (event["transcript"], event["mediaSessionId"]) == ("hello", "call-1")
            await socket.close()


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        "{}",
        '{"action":"subscribe"}',
        '{"action":"subscribe","topics":["conversation:transcription"],"filter":{"mediaSessionId":7}}',
        '{"action":"subscribe","topics":["other"],"filter":{"mediaSessionId":"call-1"}}',
        '{"action":"dance","topics":["conversation:transcription"],"filter":{"mediaSessionId":"call-1"}}',
        b"\x00",
    ],
)
async def test_a_bad_command_is_refused_and_the_socket_stays(client: PlainClient, frame: str | bytes) -> None:
    async with Simulator(unknown="silent") as sim:
        socket = await client.open(sim)
        await socket.send(frame)
        refusal = await receive_frame(socket)
        assert (refusal["error"], refusal["status"]) == ("bad.request", 400)
        assert (await client.subscribe(socket))["status"] == 200
        assert sim.ledger.bad_frames == 1
        await socket.close()


async def test_an_unknown_session_is_refused(client: PlainClient) -> None:
    async with Simulator() as sim:
        token = await client.token(sim)
        status, body = await client.activate(sim, "call-9", token=token)
        assert (status, body["code"]) == (404, "not.found")
        socket = await client.open(sim, token)
        refusal = await client.subscribe(socket, "call-9")
        assert (refusal["status"], refusal["filter"]) == (404, {"mediaSessionId": "call-9"})
        assert sim.ledger.refused_subscriptions == {"call-9": 1}
        await socket.close()


async def test_an_unknown_session_may_play_any_track_of_its_language(client: PlainClient) -> None:
    async with Simulator(unknown="any", mapping={"mapped": "fr"}, pace=ManualPace()) as sim:
        sim.play("en", spoken(2, language="en-US"))
        sim.play("fr", spoken(2, language="fr-FR"))
        token = await client.token(sim)
        socket = await client.open(sim, token)
        for session, language, wanted in (
            ("x", "fr-FR", "fr-FR"),
            ("y", "en-US", "en-US"),
            ("mapped", "en-US", "fr-FR"),
        ):
            assert (await client.activate(sim, session, token=token, language=language))[0] == 201
            await client.subscribe(socket, session)
            (event,) = await receive_events(socket, 1)
            assert (event["mediaSessionId"], event["language"]) == (session, wanted)
        await socket.close()


async def test_an_activation_can_be_required(client: PlainClient) -> None:
    async with Simulator(unknown="silent", require_activation=True) as sim:
        token = await client.token(sim)
        socket = await client.open(sim, token)
        assert (await client.subscribe(socket))["status"] == 404
        await client.activate(sim, "call-1", token=token)
        assert (await client.subscribe(socket))["status"] == 200
        assert sim.ledger.unactivated_subscriptions == {"call-1": 1}
        await socket.close()


async def test_frames_hold_groups_of_events(client: PlainClient) -> None:
    """Full groups at once; a group that is not full goes out before a pause."""
    pace = ManualPace()
    async with Simulator(pace=pace, batch=3, at_end="stay") as sim:
        sim.play("call-1", [*spoken(4, spacing_s=0.5), *later(spoken(6, spacing_s=0.5)[4:], 10)])
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(3)
        assert [len(await receive_frame(socket)) for _ in range(2)] == [3, 1]
        await nothing_more(socket)
        await pace.advance(20)
        assert len(await receive_frame(socket)) == 2
        await socket.close()


def later(events: list[dict[str, Any]], seconds: int) -> list[dict[str, Any]]:
    """The same events with their times moved by tens of seconds."""
    moved = f"T10:00:{seconds // 10}"
    return [{**event, "timestamp": event["timestamp"].replace("T10:00:0", moved)} for event in events]


@pytest.mark.parametrize(
    ("frames", "shapes"), [("array", [list] * 4), ("object", [dict] * 4), ("mixed", [list, dict, list, dict])]
)
async def test_a_lone_event_may_come_without_an_array(client: PlainClient, frames: str, shapes: list[type]) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, frames=frames, at_end="stay") as sim:
        sim.play("call-1", spoken(4))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(4)
        assert [type(await receive_frame(socket)) for _ in range(4)] == shapes
        await socket.close()


async def test_hundreds_of_sessions_play_at_once(client: PlainClient) -> None:
    pace = ManualPace()
    number = 300
    async with Simulator(pace=pace) as sim:
        for n in range(number):
            sim.play(f"call-{n}", spoken(3))
        token = await client.token(sim)
        sockets = [await client.open(sim, token) for _ in range(10)]
        for n in range(number):
            await sockets[n % 10].send(
                json.dumps(
                    {
                        "action": "subscribe",
                        "topics": ["conversation:transcription"],
                        "filter": {"mediaSessionId": f"call-{n}"},
                    }
                )
            )
        seen: dict[str, list[int]] = {}
        for socket in sockets:
            await collect(socket, seen, events=30)
        await pace.advance(2)
        for socket in sockets:
            await collect(socket, seen, events=60)
            assert await close_code(socket) == 1000
        assert set(seen) == {f"call-{n}" for n in range(number)}
        assert all(numbers == [1, 2, 3] for numbers in seen.values())


async def collect(socket: ClientConnection, seen: dict[str, list[int]], *, events: int) -> None:
    """Reads so many events, acknowledgements aside."""
    got = 0
    while got < events:
        frame = await receive_frame(socket)
        if isinstance(frame, list):
            got += len(frame)
            for event in frame:
                seen.setdefault(event["mediaSessionId"], []).append(event["eventSequence"])


async def test_it_comes_back_on_its_port_with_its_memory(client: PlainClient) -> None:
    sim = Simulator(unknown="silent")
    await sim.start()
    token, url = await client.token(sim), sim.url
    socket = await client.open(sim, token)
    await client.subscribe(socket)
    await sim.stop()
    assert await close_code(socket) == 1001
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.token(sim)
    await sim.start()
    assert sim.url == url
    other = await client.open(sim, token)
    assert (await client.subscribe(other))["status"] == 200
    await sim.stop(abruptly=True)
    assert await close_code(other) is None
    assert sim.ledger.max_concurrent_subscriptions["call-1"] == 1
    await sim.stop()


async def test_a_session_being_played_cannot_be_given_other_events(client: PlainClient) -> None:
    async with Simulator(pace=ManualPace()) as sim:
        sim.play("call-1", spoken(2))
        socket = await client.open(sim)
        await client.subscribe(socket)
        with pytest.raises(LocalError):
            sim.play("call-1", spoken(2))
        with pytest.raises(EventFileError, match="event 1: missing or of the wrong type: transcript"):
            sim.play("call-2", [{**spoken(1)[0], "transcript": None}])
        await socket.close()


async def test_pings_are_answered_and_counted(client: PlainClient) -> None:
    async with Simulator(unknown="silent") as sim:
        socket = await client.open(sim)
        await nothing_more(socket)
        assert sim.ledger.pings_seen == 1
        await socket.close()
