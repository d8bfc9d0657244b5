"""Each fault on request, seen by a plain client over real sockets, in manual time."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from captiond.simulator import (
    AbortFault,
    CloseFault,
    ExpireTokensFault,
    Fault,
    GarbageFault,
    LateFault,
    LostFault,
    ManualPace,
    RepeatedFault,
    RestartFault,
    SilenceFault,
    Simulator,
    parse_faults,
)
from captiond.simulator.faultbook import FaultBook
from captiond.simulator.faults import MAX_FAULTS, Junk, On
from tests.simulator.plain_client import (
    PATIENCE_S,
    PlainClient,
    close_code,
    nothing_more,
    receive_events,
    receive_frame,
    spoken,
)


async def played(client: PlainClient, faults: list[Fault], *, events: int = 6, expected: int) -> list[Any]:
    """What a client gets of so many events under these faults."""
    pace = ManualPace()
    async with Simulator(pace=pace, faults=faults, at_end="stay") as sim:
        sim.play("call-1", spoken(events))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(events)
        got = await receive_events(socket, expected)
        await nothing_more(socket)
        await socket.close()
    return got


def numbers(events: list[Any]) -> list[int]:
    return [event["eventSequence"] for event in events]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (LostFault(events=(2, 5)), [1, 3, 4, 6]),
        (LostFault(every=3), [1, 2, 4, 5]),
        (LostFault(events=(2,), session="call-2"), [1, 2, 3, 4, 5, 6]),
        (RepeatedFault(events=(3,)), [1, 2, 3, 3, 4, 5, 6]),
        (RepeatedFault(events=(3,), times=2), [1, 2, 3, 3, 3, 4, 5, 6]),
        (LateFault(events=(2,)), [1, 3, 2, 4, 5, 6]),
        (LateFault(events=(2,), by_events=3), [1, 3, 4, 5, 2, 6]),
        (LateFault(events=(6,)), [1, 2, 3, 4, 5, 6]),
        (RestartFault(after_event=4), [1, 2, 3, 4, 1, 2]),
    ],
)
async def test_events_are_lost_repeated_late_or_renumbered(
    client: PlainClient, fault: Fault, expected: list[int]
) -> None:
    got = await played(client, [fault], expected=len(expected))
    assert numbers(got) == expected
    stamps = {event["transcript"]: event["timestamp"] for event in got}
    assert sorted(stamps.values()) == [stamps[f"w{n}"] for n in range(1, 7) if f"w{n}" in stamps]


async def test_two_restarts_and_a_loss_add_up(client: PlainClient) -> None:
    faults: list[Fault] = [RestartFault(after_event=2), RestartFault(after_event=4), LostFault(events=(4,))]
    got = await played(client, faults, expected=5)
    assert [(event["transcript"], event["eventSequence"]) for event in got] == [
        ("w1", 1),
        ("w2", 2),
        ("w3", 1),
        ("w5", 1),
        ("w6", 2),
    ]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CloseFault(after_event=3), 1011),
        (CloseFault(after_event=3, code=1000), 1000),
        (CloseFault(after_event=3, code=4444, reason="maintenance"), 4444),
        (CloseFault(after_s=2.5, code=1012), 1012),
        (AbortFault(after_event=3), None),
        (AbortFault(after_s=2.5), None),
    ],
)
async def test_the_server_ends_the_socket_at_its_moment(client: PlainClient, fault: Fault, code: int | None) -> None:
    """And only once: the next subscription goes on."""
    pace = ManualPace()
    async with Simulator(pace=pace, faults=[fault], resume="hold", at_end="stay") as sim:
        sim.play("call-1", spoken(5))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(2)
        assert numbers(await receive_events(socket, 3)) == [1, 2, 3]
        await pace.advance(0.5)
        assert await close_code(socket) == code
        if isinstance(fault, CloseFault):
            assert socket.close_reason == fault.reason
        again = await client.open(sim)
        await client.subscribe(again)
        await pace.advance(5)
        assert numbers(await receive_events(again, 2)) == [4, 5]
        assert sim.ledger.max_concurrent_subscriptions["call-1"] == 1
        await again.close()


async def test_a_fault_with_no_moment_strikes_at_each_subscription(client: PlainClient) -> None:
    async with Simulator(unknown="silent", faults=[CloseFault(code=1013, times=2)]) as sim:
        for _ in range(2):
            socket = await client.open(sim)
            await client.subscribe(socket)
            assert await close_code(socket) == 1013
        socket = await client.open(sim)
        await client.subscribe(socket)
        await nothing_more(socket)
        await socket.close()


@pytest.mark.parametrize(
    "fault", [AbortFault(after_s=2.5, times=None), AbortFault(after_event=3, times=None)], ids=["time", "event"]
)
async def test_a_moment_that_was_missed_does_not_come_again(client: PlainClient, fault: Fault) -> None:
    """However often a fault may strike: whoever subscribes later than its moment is spared."""
    pace = ManualPace()
    async with Simulator(pace=pace, faults=[fault], at_end="stay") as sim:
        sim.play("call-1", spoken(6))
        first = await client.open(sim)
        await client.subscribe(first)
        await pace.advance(3)
        assert await close_code(first) is None
        await pace.advance(0.5)
        second = await client.open(sim)
        await client.subscribe(second)
        await pace.advance(3)
        assert numbers(await receive_events(second, 2)) == [5, 6]
        await nothing_more(second)
        await second.close()


async def test_a_fault_added_later_strikes_at_once(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace) as sim:
        sim.play("call-1", spoken(3, spacing_s=30))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await receive_events(socket, 1)
        sim.add_faults(CloseFault(code=4001))
        assert await close_code(socket) == 4001


async def test_a_silent_socket_stays_open_and_answers_nothing(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay", faults=[SilenceFault(after_event=2)]) as sim:
        sim.play("call-1", spoken(5))
        token = await client.token(sim)
        dead, alive = await client.open(sim, token), await client.open(sim, token)
        await client.subscribe(dead)
        await pace.advance(1)
        assert numbers(await receive_events(dead, 2)) == [1, 2]
        await pace.advance(10)
        await sim.emit("call-1", {"eventSequence": 9, "transcript": "lost in silence", "isPartial": True})
        pong = await dead.ping()
        await dead.send(json.dumps({"action": "subscribe"}))
        await nothing_more(alive)  # the other socket's answers are proof of time passing
        assert isinstance(pong, asyncio.Future) and not pong.done()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await dead.recv()
        assert sim.ledger.pings_seen == 2
        # A dead peer does not answer a close frame either; the simulator forgets the subscription all the same.
        dead.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            while sim.ledger.subscriptions_now["call-1"]:
                await nothing_more(alive)
        await alive.close()


async def test_a_close_is_not_answered_in_silence(client: PlainClient) -> None:
    async with Simulator(unknown="silent", faults=[SilenceFault(session="call-1")]) as sim:
        token = await client.token(sim)
        dead, alive = await client.open(sim, token), await client.open(sim, token)
        await client.subscribe(dead)
        async with asyncio.TaskGroup() as group:
            closing = group.create_task(dead.close())
            async with asyncio.timeout(PATIENCE_S):
                while sim.ledger.subscriptions_now["call-1"]:
                    await nothing_more(alive)
            await nothing_more(alive)
            assert not closing.done()
            dead.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            while sim.ledger.sockets_now > 1:
                await nothing_more(alive)
        assert list(sim.ledger.close_codes) == [1000]
        await alive.close()


async def test_a_silence_may_end(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay", faults=[SilenceFault(after_event=1, for_s=2.5)]) as sim:
        sim.play("call-1", spoken(5))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(2.4)
        assert numbers(await receive_events(socket, 1)) == [1]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await socket.recv()
        await pace.advance(0.2)
        assert numbers(await receive_events(socket, 2)) == [2, 3]
        await nothing_more(socket)
        await socket.close()


async def raw_frames(socket: ClientConnection, number: int) -> list[Any]:
    async with asyncio.timeout(PATIENCE_S):
        return [await socket.recv(decode=False) for _ in range(number)]


def is_good(event: Any, session: str = "call-1") -> bool:
    """Whether a daemon must take this event."""
    return (
        isinstance(event, dict)
        and event.get("eventType") == "transcription"
        and type(event.get("eventSequence")) is int
        and event["eventSequence"] >= 1
        and event.get("mediaSessionId") == session
        and isinstance(event.get("transcript"), str)
        and type(event.get("isPartial")) is bool
        and str(event.get("timestamp", ""))[4:5] == "-"
    )


@pytest.mark.parametrize("what", list(Junk))
async def test_garbage_comes_between_good_frames(client: PlainClient, what: Junk) -> None:
    """Nothing in it passes for an event, and the numbering of the good ones is whole."""
    pace = ManualPace()
    fault = GarbageFault(what=what, after_event=1, size_bytes=300_000, depth=3_000)
    async with Simulator(pace=pace, at_end="stay", faults=[fault]) as sim:
        sim.play("call-1", spoken(2))
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(1)
        good, junk, last = await raw_frames(socket, 3)
        assert numbers(json.loads(good) + json.loads(last)) == [1, 2]
        if what is Junk.HUGE:
            assert len(junk) > 300_000
        elif what is Junk.DEEP:
            assert junk == b"[" * 3_000 + b"]" * 3_000
        try:
            parsed = json.loads(junk)
        except (ValueError, RecursionError):
            assert what in {Junk.NOT_JSON, Junk.BAD_UTF8, Junk.EMPTY, Junk.BINARY, Junk.DEEP}
        else:
            assert not any(is_good(event) for event in parsed) if isinstance(parsed, list) else parsed == 42
        await socket.close()


async def test_tokens_expire_in_mid_stream(client: PlainClient) -> None:
    faults = [ExpireTokensFault(after_event=2, close_code=4401)]
    pace = ManualPace()
    async with Simulator(pace=pace, faults=faults, resume="hold", at_end="stay") as sim:
        sim.play("call-1", spoken(3))
        token = await client.token(sim)
        socket = await client.open(sim, token)
        await client.subscribe(socket)
        await pace.advance(1)
        await receive_events(socket, 2)
        assert await close_code(socket) == 4401
        with pytest.raises(InvalidStatus) as refused:
            await client.open(sim, token)
        assert refused.value.response.status_code == 401
        assert (await client.activate(sim, "call-1", token=token))[0] == 401
        fresh = await client.open(sim)
        await client.subscribe(fresh)
        await pace.advance(1)
        assert numbers(await receive_events(fresh, 1)) == [3]
        await fresh.close()


async def test_faults_are_posted_listed_and_cleared(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace, at_end="stay") as sim:
        sim.play("call-1", spoken(4))
        url = f"{sim.url}/_simulator/faults"
        asked = {
            "faults": [{"fault": "lost", "events": [1]}, {"fault": "repeated", "events": [2], "session": "call-1"}]
        }
        async with client.http.post(url, json=asked) as response:
            assert response.status == 200
        socket = await client.open(sim)
        await client.subscribe(socket)
        await pace.advance(1)
        assert numbers(await receive_events(socket, 2)) == [2, 2]
        async with client.http.get(url) as response:
            assert [item["struck"] for item in (await response.json())["faults"]] == [1, 1]
        await nothing_more(socket)
        async with client.http.post(url, json={"fault": "garbage", "what": "bare-value"}) as response:
            assert response.status == 200
        assert await receive_frame(socket) == 42  # with no event due and no time gone by
        async with client.http.post(url, json={"fault": "close", "code": 99}) as response:
            assert response.status == 400
            assert "faults[0].close.code: allowed are 1000 to 4999" in (await response.json())["details"][0]
        async with client.http.delete(url) as response:
            assert response.status == 204
        async with client.http.get(url) as response:
            assert await response.json() == {"faults": []}
        await socket.close()


def test_the_first_fault_that_is_not_used_up_strikes() -> None:
    book = FaultBook(
        parse_faults(
            b'[{"fault":"refuse","on":"token","status":429,"times":2},{"fault":"slow","on":"token","delayS":1},'
            b'{"fault":"refuse","on":"token","status":500}]',
            name="test",
        )
    )
    struck = [[getattr(fault, "status", "slow") for fault in book.asked(On.TOKEN)] for _ in range(4)]
    assert struck == [["slow", 429], [429], [500], []]
    assert book.asked(On.ACTIVATION) == []


def test_a_book_is_bounded() -> None:
    book = FaultBook([AbortFault()] * (MAX_FAULTS - 1))
    with pytest.raises(ValueError, match="at most 1000"):
        book.add([AbortFault(), AbortFault()])
    assert len(book.listing()) == MAX_FAULTS - 1


async def test_an_unsubscription_leaves_a_socket_whose_other_sessions_are_over(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(pace=pace) as sim:
        sim.play("call-1", spoken(1))
        sim.play("call-2", spoken(9))
        socket = await client.open(sim)
        for session in ("call-2", "call-1"):
            await client.subscribe(socket, session)
            await receive_events(socket, 1)
        await nothing_more(socket)
        asked = {"topics": ["conversation:transcription"], "filter": {"mediaSessionId": "call-2"}}
        await socket.send(json.dumps({"action": "unsubscribe", **asked}))
        assert await close_code(socket) == 1000
