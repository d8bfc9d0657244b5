"""Each fault on request, seen by a plain client over real sockets, in manual time."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidMessage, InvalidStatus

from captiond.simulator import (
    AbortFault,
    CloseFault,
    DropFault,
    ExpireTokensFault,
    Fault,
    GarbageFault,
    LateFault,
    LostFault,
    ManualPace,
    RefuseFault,
    RepeatedFault,
    RestartFault,
    SilenceFault,
    Simulator,
    SlowFault,
    parse_faults,
)
from captiond.simulator.faultbook import FaultBook
from captiond.simulator.faults import MAX_FAULTS, Broken, BrokenFault, Junk, On
from tests.simulator.plain_client import (
    PATIENCE_S,
    PlainClient,
    close_code,
    nothing_more,
    receive_events,
    spoken,
)


async def played(client: PlainClient, faults: Sequence[Fault], *, events: int = 6, expected: int) -> list[Any]:
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
    faults = [RestartFault(after_event=2), RestartFault(after_event=4), LostFault(events=(4,))]
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
        pong = await dead.ping()
        await dead.send(json.dumps({"action": "subscribe"}))
        await nothing_more(alive)  # the other socket's answers are proof of time passing
        assert not pong.done()
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
        closing = asyncio.get_running_loop().create_task(dead.close())
        async with asyncio.timeout(PATIENCE_S):
            while sim.ledger.subscriptions_now["call-1"]:
                await nothing_more(alive)
        await nothing_more(alive)
        assert not closing.done()
        dead.transport.abort()
        await closing
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


async def ask(client: PlainClient, sim: Simulator, on: On, token: str) -> tuple[int, str | None, Any]:
    """One request of that kind: status, Retry-After and body."""
    headers = {"Authorization": f"Bearer {token}"}
    if on is On.TOKEN:
        call = client.http.post(
            f"{sim.login_url}/oauth/token",
            data={"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"},
        )
    elif on is On.ACTIVATION:
        body = {"mediaSessionId": "call-1", "language": "en-US"}
        call = client.http.post(f"{sim.api_url}/api/v2/media/transcriptions", json=body, headers=headers)
    else:
        try:
            await (await client.open(sim, token)).close()
        except InvalidStatus as refused:
            response = refused.response
            return response.status_code, response.headers.get("Retry-After"), json.loads(response.body or b"")
        return 101, None, None
    async with call as answer:
        return answer.status, answer.headers.get("Retry-After"), await answer.json()


GOOD = {On.TOKEN: 200, On.ACTIVATION: 201, On.HANDSHAKE: 101}


@pytest.mark.parametrize("on", [On.TOKEN, On.ACTIVATION, On.HANDSHAKE])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_request_is_refused_so_many_times(client: PlainClient, on: On, status: int) -> None:
    async with Simulator(unknown="silent") as sim:
        token = await client.token(sim)
        sim.add_faults(RefuseFault(on=on, status=status, skip=1, times=2))
        answers = [await ask(client, sim, on, token) for _ in range(4)]
        assert [answer[0] for answer in answers] == [GOOD[on], status, status, GOOD[on]]
        assert answers[1][1] is None
        body = answers[1][2]
        assert body["status"] == status
        assert set(body) >= {"message", "code", "messageParams", "contextId", "details", "errors"}
        if status == 403:
            assert "conversation:transcription:view" in body["message"]
            assert body["messageParams"] == {"permissions": "conversation:transcription:view"}
        assert sim.ledger.count(on, status) == 2


@pytest.mark.parametrize("on", [On.TOKEN, On.ACTIVATION, On.HANDSHAKE])
async def test_a_429_says_when_to_come_back(client: PlainClient, on: On) -> None:
    pace = ManualPace(wall_s=datetime.fromisoformat("2026-05-01T12:00:00.400Z").timestamp())
    async with Simulator(unknown="silent", pace=pace) as sim:
        token = await client.token(sim)
        sim.add_faults(
            RefuseFault(on=on, status=429, retry_after_s=3),
            RefuseFault(on=on, status=429, retry_after_date_s=90),
            RefuseFault(on=on, status=429, retry_after="soon"),
        )
        answers = [await ask(client, sim, on, token) for _ in range(4)]
        assert [answer[0] for answer in answers] == [429, 429, 429, GOOD[on]]
        assert answers[0][1] == "3"
        assert answers[0][2]["code"] == "too.many.requests.retry.after"
        assert parsedate_to_datetime(answers[1][1] or "") == datetime.fromisoformat("2026-05-01T12:01:31Z")
        assert answers[2][1] == "soon"


async def test_an_activation_of_one_session_is_refused(client: PlainClient) -> None:
    faults = [RefuseFault(on=On.ACTIVATION, status=403, session="call-2", times=None)]
    async with Simulator(unknown="silent", faults=faults) as sim:
        token = await client.token(sim)
        for _ in range(3):
            assert (await client.activate(sim, "call-1", token=token))[0] == 201
            assert (await client.activate(sim, "call-2", token=token))[0] == 403


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (RefuseFault(on=On.SUBSCRIBE, message="no such topic"), {"error": "no such topic", "message": "no such topic"}),
        (RefuseFault(on=On.SUBSCRIBE, status=403, message="not yours"), {"status": 403, "message": "not yours"}),
        (
            RefuseFault(on=On.SUBSCRIBE, status=429, retry_after_s=2),
            {"status": 429, "message": "Rate limit exceeded the maximum.", "retryAfter": 2.0},
        ),
    ],
)
async def test_a_subscription_is_refused(client: PlainClient, fault: Fault, expected: dict[str, Any]) -> None:
    async with Simulator(unknown="silent", faults=[fault]) as sim:
        socket = await client.open(sim)
        refusal = await client.subscribe(socket)
        assert refusal == {"action": "subscribe", "filter": {"mediaSessionId": "call-1"}, **expected}
        assert sim.ledger.subscriptions_ever["call-1"] == 0
        assert (await client.subscribe(socket))["status"] == 200
        await socket.close()


@pytest.mark.parametrize("on", [On.TOKEN, On.ACTIVATION, On.HANDSHAKE])
async def test_an_answer_is_slow(client: PlainClient, on: On) -> None:
    pace = ManualPace()
    async with Simulator(unknown="silent", pace=pace) as sim, asyncio.TaskGroup() as asking:
        token = await client.token(sim)
        sim.add_faults(SlowFault(on=on, delay_s=7))
        answer = asking.create_task(ask(client, sim, on, token))
        await until_someone_waits(client, sim, pace)
        await pace.advance(6.9)
        await client.http.get(f"{sim.url}/_simulator/state")  # a later request is answered; the slow one is not
        assert not answer.done()
        await pace.advance(0.2)
        assert (await answer)[0] == GOOD[on]


async def test_a_subscription_is_slow_and_a_stop_does_not_wait_for_it(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(unknown="silent", pace=pace, faults=[SlowFault(on=On.SUBSCRIBE, delay_s=1000)]) as sim:
        socket = await client.open(sim)
        asked = {"topics": ["conversation:transcription"], "filter": {"mediaSessionId": "call-1"}}
        await socket.send(json.dumps({"action": "subscribe", **asked}))
        await until_someone_waits(client, sim, pace)
        assert sim.ledger.subscriptions_now["call-1"] == 0
    assert await close_code(socket) in (1001, None)


async def until_someone_waits(client: PlainClient, sim: Simulator, pace: ManualPace) -> None:
    """Lets requests under way arrive, by round trips of other ones."""
    async with asyncio.timeout(PATIENCE_S):
        while pace.next_deadline_s is None:
            async with client.http.get(f"{sim.url}/_simulator/state") as response:
                await response.read()


@pytest.mark.parametrize("on", [On.TOKEN, On.ACTIVATION, On.HANDSHAKE])
async def test_the_connection_is_cut_in_place_of_an_answer(client: PlainClient, on: On) -> None:
    async with Simulator(unknown="silent") as sim:
        token = await client.token(sim)
        sim.add_faults(DropFault(on=on))
        with pytest.raises((aiohttp.ClientError, ConnectionError, EOFError, InvalidMessage)):
            await ask(client, sim, on, token)
        assert (await ask(client, sim, on, token))[0] == GOOD[on]


async def test_the_connection_is_cut_in_place_of_an_acknowledgement(client: PlainClient) -> None:
    async with Simulator(unknown="silent", faults=[DropFault(on=On.SUBSCRIBE)]) as sim:
        socket = await client.open(sim)
        await socket.send(
            '{"action":"subscribe","topics":["conversation:transcription"],"filter":{"mediaSessionId":"a"}}'
        )
        assert await close_code(socket) is None
        assert sim.ledger.subscriptions_ever["a"] == 0


@pytest.mark.parametrize("what", list(Broken))
async def test_an_answer_is_useless(client: PlainClient, what: Broken) -> None:
    faults = [BrokenFault(on=On.TOKEN, what=what, size_bytes=500_000)]
    async with Simulator(faults=faults) as sim:
        async with client.http.post(f"{sim.login_url}/oauth/token", data={"grant_type": "client_credentials"}) as reply:
            assert reply.status == 200
            content = await reply.read()
        try:
            body = json.loads(content)
        except ValueError:
            assert what in (Broken.NOT_JSON, Broken.EMPTY)
        else:
            assert not isinstance(body.get("access_token"), str)
        assert (len(content) > 500_000) == (what is Broken.HUGE)
        assert await client.token(sim)


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
