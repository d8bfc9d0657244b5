"""One subscription over a real socket: subscribe, deliver, reconnect, give up, say goodbye."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from captiond.core.messages import SessionState
from captiond.genesys.dialect_media import MAX_FRAME_BYTES
from captiond.genesys.stream import Ended
from captiond.genesys.stream_socket import _Connection
from tests.genesys.small_genesys import Bench, HighChance, event

SUBSCRIBE = {
    "action": "subscribe",
    "topics": ["conversation:transcription"],
    "filter": {"mediaSessionId": "m-1"},
}


def short(delay_s: float) -> bool:
    """A wait before a first try: full jitter under a second."""
    return delay_s < 1.0


def a_ping(delay_s: float) -> bool:
    """The wait before the next ping; floats add up to nearly 15."""
    return abs(delay_s - 15.0) < 1e-6


def not_a_ping(delay_s: float) -> bool:
    return not a_ping(delay_s)


@asynccontextmanager
async def following(bench: Bench, **options: Any) -> AsyncIterator[asyncio.Task[Ended]]:
    """Follows m-1 in the background; cancels it at the end if it still runs."""
    async with bench.genesys(**options) as genesys, asyncio.TaskGroup() as group:
        task = group.create_task(genesys.follow(bench.session, bench.sink))
        try:
            yield task
        finally:
            task.cancel()


async def test_it_subscribes_with_the_token_and_delivers(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.peer()
        assert peer.bearer == "Bearer token-1"
        assert peer.request is not None
        assert peer.request.path == "/api/v2/websocket"
        assert "Sec-WebSocket-Extensions" not in peer.request.headers
        assert await peer.next_frame() == SUBSCRIBE
        bench.time.advance(0.25)
        await peer.send_event(1, "hello")
        await peer.send(orjson.dumps([event(2, "hello you"), event(3, "hello you there", isPartial=False)]))
        assert await bench.sink.sequences(3) == [1, 2, 3]
    assert [arrival.text for arrival in bench.sink.arrivals] == ["hello", "hello you", "hello you there"]
    assert bench.sink.received_s[0] == pytest.approx(bench.time.monotonic, abs=1.0)
    assert bench.sink.story == [("subscribed", False)]
    assert bench.meter.counts["upstream_events_total{kind=partial,profile=media}"] == 2
    assert bench.meter.counts["upstream_events_total{kind=final,profile=media}"] == 1


async def test_each_frame_is_stamped_when_it_came_not_when_it_was_read(bench: Bench) -> None:
    stamps: list[float] = []

    class SlowSink(type(bench.sink)):  # type: ignore[misc]
        def deliver(self, arrival: Any, *, received_s: float) -> None:
            bench.time.monotonic += 10.0  # the work on one event takes long
            stamps.append(received_s)
            super().deliver(arrival, received_s=received_s)

    bench.sink = SlowSink()
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        started_s = bench.time.monotonic
        await peer.send(orjson.dumps([event(1), event(2)]))
        await peer.send_event(3)
        await bench.sink.sequences(3)
    assert stamps == [started_s] * 3


async def test_closed_with_1000_it_is_over_after_everything_was_delivered(bench: Bench) -> None:
    async with following(bench) as task:
        peer = await bench.upstream.subscribed_peer()
        for sequence in range(1, 101):
            await peer.send_event(sequence)
        await peer.close(1000, "done")
        ended = await task
    assert (ended.reason, ended.failed, ended.state) == ("upstream_closed", False, SessionState.ENDED)
    assert await bench.sink.sequences(100) == list(range(1, 101))
    assert bench.audit.kinds() == ["token_obtained", "subscribed", "stream_closed"]
    assert bench.audit.records[-1] == ("stream_closed", {"mediaSessionId": "m-1", "code": 1000})
    assert bench.meter.counts["upstream_reconnects_total"] == 0


@pytest.mark.parametrize("code", [1001, 1002, 1005, 1011, 1012, 1013, 3000, 4000, None])
async def test_any_other_end_reconnects_within_a_second(
    bench: Bench, code: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1)
        await bench.sink.sequences(1)
        if code is None:
            peer.drop()
        elif code == 1005:
            peer.protocol.send_close()
            peer.send_data()
        else:
            await peer.close(code, "hello: very private words of a server")
        await bench.time.pass_delay(short)
        second = await bench.upstream.subscribed_peer()
        await second.send_event(2)
        assert await bench.sink.sequences(2) == [1, 2]
    cause = {None: "connection lost", 1005: "closed without a code"}.get(code, f"closed {code}")
    (_, (kind, told_cause, delay_s), last) = bench.sink.story
    assert (kind, told_cause, last) == ("disconnected", cause, ("subscribed", True))
    assert 0 <= delay_s < 1.0
    assert bench.upstream.most_open == 1
    assert bench.meter.counts["upstream_reconnects_total"] == 1
    assert ("reconnect", {"mediaSessionId": "m-1", "cause": cause, "seconds": round(delay_s, 3)}) in bench.audit.records
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("captiond")]
    assert lines == [
        "token obtained: lives_s=86400",
        "subscribed: session=m-1",
        f"stream closed: session=m-1 code={code or 'none'}",
        f"reconnect: session=m-1 cause={cause} delay_s={delay_s:.3f}",
        "subscribed: session=m-1",
        "stream closed: session=m-1 code=1000",
    ]


async def test_the_delay_doubles_while_upstream_is_away_and_an_event_resets_it(bench: Bench) -> None:
    bench.upstream.handshakes.extend([(503, b"busy", {})] * 7)
    async with following(bench, chance=HighChance()):
        delays_s = [await bench.time.pass_delay() for _ in range(7)]
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1)
        await bench.sink.sequences(1)
        peer.drop()
        again_s = await bench.time.pass_delay(not_a_ping)
        await bench.upstream.subscribed_peer()
    assert delays_s == pytest.approx([0.999, 1.998, 3.996, 7.992, 15.984, 29.97, 29.97])
    assert again_s == pytest.approx(0.999)
    assert bench.sink.story[0] == ("disconnected", "status 503", delays_s[0])
    assert bench.sink.story[-3:] == [
        ("subscribed", False),
        ("disconnected", "connection lost", again_s),
        ("subscribed", True),
    ]


async def test_a_socket_that_opens_and_breaks_at_once_resets_nothing(bench: Bench) -> None:
    async with following(bench, chance=HighChance()):
        delays_s = []
        for _ in range(4):
            peer = await bench.upstream.subscribed_peer()
            peer.drop()
            delays_s.append(await bench.time.pass_delay(not_a_ping))
    assert delays_s == pytest.approx([0.999, 1.998, 3.996, 7.992])


async def test_an_open_socket_without_events_is_healthy_after_30_s(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pongs = count_pongs(monkeypatch)
    async with following(bench, chance=HighChance()):
        for _ in range(3):
            (await bench.upstream.subscribed_peer()).drop()
            await bench.time.pass_delay(not_a_ping)
        peer = await bench.upstream.subscribed_peer()
        for number in (1, 2, 3):
            await bench.time.pass_delay(a_ping)
            await pongs(number)
        peer.drop()
        assert await bench.time.pass_delay(not_a_ping) == pytest.approx(0.999)


async def test_it_pings_every_15_s_and_a_pong_is_a_sign_of_life(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pongs = count_pongs(monkeypatch)
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        for number in range(1, 9):  # two minutes without a single frame
            assert await bench.time.pass_delay() == pytest.approx(15.0)
            await pongs(number)
            assert peer.pings == number
        await peer.send_event(1)
        assert await bench.sink.sequences(1) == [1]
    assert bench.sink.story == [("subscribed", False)]


async def test_40_s_of_silence_is_a_dead_connection(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        peer.transport.pause_reading()
        waits_s = [await bench.time.pass_delay() for _ in range(3)]
        await bench.time.pass_delay(short)
        await bench.upstream.subscribed_peer()
    assert waits_s == pytest.approx([15.0, 15.0, 10.0])
    assert [step[:2] for step in bench.sink.story] == [
        ("subscribed", False),
        ("disconnected", "silent"),
        ("subscribed", True),
    ]


async def test_frames_keep_a_connection_alive_whose_pongs_never_come(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        monkeypatch.setattr(peer.protocol, "recv_frame", lambda frame: None)
        for sequence in range(1, 7):
            bench.time.advance(30.0)
            await peer.send_event(sequence)
            await bench.sink.sequences(sequence)
    assert bench.sink.story == [("subscribed", False)]


async def test_401_at_the_handshake_gets_one_new_token_at_once(bench: Bench) -> None:
    bench.upstream.handshakes.append((401, b"", {}))
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        assert peer.bearer == "Bearer token-2"
    assert bench.sink.story == [("disconnected", "token refused", 0.0), ("subscribed", False)]


async def test_a_second_401_fails_the_stream(bench: Bench) -> None:
    bench.upstream.handshakes.extend([(401, b'{"message":"token-2 is not known"}', {})] * 2)
    async with following(bench) as task:
        ended = await task
    assert (ended.failed, ended.state) == (True, SessionState.FAILED)
    assert ended.reason == "subscribe: upstream refused with 401: [secret] is not known"
    assert bench.upstream.tried == 2
    assert bench.audit.kinds()[-1] == "stream_failed"


async def test_a_token_that_expires_while_open_is_renewed_for_the_next_socket(bench: Bench) -> None:
    bench.upstream.expires_in = 600
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1)
        await bench.sink.sequences(1)
        bench.time.monotonic += 541.0
        await peer.close(1012)
        await bench.time.pass_delay(short)
        assert (await bench.upstream.subscribed_peer()).bearer == "Bearer token-2"


@pytest.mark.parametrize("code", [1008, 4401])
async def test_a_close_that_hints_at_the_token_drops_it_once(bench: Bench, code: int) -> None:
    async with following(bench, chance=HighChance()):
        bearers = []
        for _ in range(3):
            peer = await bench.upstream.subscribed_peer()
            bearers.append(peer.bearer)
            await peer.close(code)
            await bench.time.pass_delay(not_a_ping)
    assert bearers == ["Bearer token-1", "Bearer token-2", "Bearer token-2"]


async def test_403_fails_at_once_and_names_the_permission(bench: Bench) -> None:
    body = b'{"message":"denied","missingPermissions":["conversation:transcription:view"]}'
    bench.upstream.handshakes.append((403, body, {}))
    async with following(bench) as task:
        ended = await task
    assert ended.failed
    assert ended.reason == "subscribe: upstream refused with 403: missing permission: conversation:transcription:view"
    assert bench.upstream.tried == 1


@pytest.mark.parametrize("status", [400, 404, 410, 302])
async def test_other_handshake_refusals_fail_with_what_the_server_said(bench: Bench, status: int) -> None:
    location = f"ws://127.0.0.1:{bench.upstream.ws_port}/other"
    bench.upstream.handshakes.append((status, b'{"message":"no such stream"}', {"Location": location}))
    async with following(bench) as task:
        ended = await task
    assert ended.reason == f"subscribe: upstream refused with {status}: no such stream"
    assert bench.upstream.tried == 1


async def test_429_at_the_handshake_waits_as_told_then_gives_up(bench: Bench) -> None:
    bench.upstream.handshakes.extend([(429, b"", {"Retry-After": "7"}), *[(429, b"", {})] * 3])
    async with following(bench) as task:
        assert [await bench.time.pass_delay() for _ in range(3)] == [7.0, 10.0, 20.0]
        ended = await task
    assert ended.failed
    assert "rate limited" in ended.reason
    assert bench.upstream.tried == 4
    assert bench.meter.counts["upstream_rate_limited_total"] == 3


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"error": "no such topic"}, "subscribe: upstream refused with 400: no such topic"),
        ({"status": 404, "message": "unknown session"}, "subscribe: upstream refused with 404: unknown session"),
        ({"status": 500, "message": "broken"}, "subscribe: upstream refused with 500: broken"),
        (
            {"status": 403, "message": "needs conversation:transcription:view"},
            "subscribe: upstream refused with 403: missing permission: conversation:transcription:view",
        ),
    ],
)
async def test_a_refused_subscription_fails_with_the_servers_words(
    bench: Bench, frame: dict[str, Any], reason: str
) -> None:
    async with following(bench) as task:
        peer = await bench.upstream.subscribed_peer()
        await peer.send(orjson.dumps(frame))
        ended = await task
        await peer.wait_closed()
    assert (ended.failed, ended.reason) == (True, reason)
    assert peer.close_code == 1000


async def test_a_429_for_a_subscription_waits_and_asks_again(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send(orjson.dumps({"status": 429, "message": "slow down", "retryAfter": 4}))
        assert await bench.time.pass_delay(not_a_ping) == 4.0
        second = await bench.upstream.subscribed_peer()
        await second.send_event(1)
        assert await bench.sink.sequences(1) == [1]
    assert ("disconnected", "rate limited", 4.0) in bench.sink.story
    assert bench.upstream.most_open == 1


async def test_a_401_for_a_subscription_gets_a_new_token(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send(orjson.dumps({"status": 401}))
        assert (await bench.upstream.subscribed_peer()).bearer == "Bearer token-2"


async def test_an_acknowledgement_is_accepted_and_not_waited_for(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1)
        await peer.send(orjson.dumps({"status": "subscribed", "topics": SUBSCRIBE["topics"]}))
        await peer.send_event(2)
        assert await bench.sink.sequences(2) == [1, 2]
    assert bench.meter.counts["upstream_events_total{kind=other,profile=media}"] == 1


async def test_cancelling_unsubscribes_and_closes_with_1000(bench: Bench) -> None:
    async with following(bench) as task:
        peer = await bench.upstream.subscribed_peer()
        task.cancel()
        assert await peer.next_frame() == SUBSCRIBE | {"action": "unsubscribe"}
        await peer.wait_closed()
        assert peer.close_code == 1000
        await asyncio.wait([task])
        assert task.cancelled()
    assert bench.upstream.open_now == 0


async def test_cancelling_does_not_wait_for_a_server_that_never_answers(bench: Bench) -> None:
    async with following(bench, close_timeout_s=0.1) as task:
        peer = await bench.upstream.subscribed_peer()
        peer.transport.pause_reading()
        task.cancel()
        async with asyncio.timeout(1.0):
            await asyncio.wait([task])
        assert task.cancelled()


async def test_cancelling_between_two_tries_opens_nothing_more(bench: Bench) -> None:
    bench.upstream.handshakes.append((503, b"", {}))
    async with following(bench) as task:
        await bench.time.asleep(short)
        task.cancel()
        await asyncio.wait([task])
    assert bench.upstream.tried == 1


async def test_bad_frames_and_events_are_counted_and_cost_nothing_else(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send("not json: very private")
        await peer.send(b"\xff\xfe\x00", text=True)  # bad UTF-8 is one bad frame
        await peer.send(orjson.dumps([event(1), event(2, eventSequence="2"), event(3, mediaSessionId="m-2")]).decode())
        await peer.send(["[", orjson.dumps(event(4)).decode(), "]"])  # in three fragments
        await peer.send_event(5, timestamp=None)
        await peer.send_event(6)
        assert await bench.sink.sequences(3) == [1, 4, 6]
    reasons = {key: count for key, count in bench.meter.counts.items() if key.startswith("upstream_rejected_total")}
    assert reasons == {
        "upstream_rejected_total{reason=not_json}": 2,
        "upstream_rejected_total{reason=event_sequence}": 1,
        "upstream_rejected_total{reason=other_session}": 1,
        "upstream_rejected_total{reason=timestamp}": 1,
    }


async def test_a_frame_beyond_the_limit_costs_the_connection_not_the_stream(bench: Bench) -> None:
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send(b" " * (MAX_FRAME_BYTES + 1))
        await bench.time.pass_delay(short)
        second = await bench.upstream.subscribed_peer()
        await second.send_event(1, "x" * 500_000)
        await bench.sink.sequences(1)
    assert bench.sink.story[1][1] == "frame too big"
    assert bench.meter.counts["upstream_rejected_total{reason=frame_too_big}"] == 1


async def test_a_handshake_that_is_never_answered_is_given_up(bench: Bench) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        bench.upstream.ws_port = server.sockets[0].getsockname()[1]
        async with following(bench, open_timeout_s=0.1):
            await bench.time.asleep(short)
    assert bench.sink.story[0][:2] == ("disconnected", "no usable answer")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"])
async def test_a_server_that_speaks_something_else_is_tried_again(bench: Bench, answer: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    async with server:
        bench.upstream.ws_port = server.sockets[0].getsockname()[1]
        async with following(bench):
            await bench.time.asleep(short)
    assert bench.sink.story[0][:2] == ("disconnected", "no usable answer")


async def test_nobody_listening_is_tried_for_ever(bench: Bench) -> None:
    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(gone, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    working, bench.upstream.ws_port = bench.upstream.ws_port, port
    async with following(bench, chance=HighChance()) as task:
        for _ in range(12):
            await bench.time.pass_delay()
        assert not task.done()
    assert bench.sink.story[-1] == ("disconnected", "no usable answer", pytest.approx(29.97))
    bench.upstream.ws_port = working


async def test_a_login_server_that_is_away_does_not_fail_a_stream(bench: Bench) -> None:
    bench.upstream.login_answers.extend([(500, b"", {})] * 7)
    async with following(bench):
        for _ in range(7):  # four waits of the token, one of the stream, two of the token
            await bench.time.pass_delay()
        await bench.upstream.subscribed_peer()
    assert len(bench.upstream.logins) == 8


async def test_a_login_server_that_refuses_fails_it(bench: Bench) -> None:
    bench.upstream.login_answers.append((401, {"error": "invalid_client"}, {}))
    async with following(bench) as task:
        ended = await task
    assert ended.reason == "token: upstream refused with 401: invalid_client"
    assert len(bench.upstream.logins) == 1


async def test_what_a_sink_raises_ends_the_stream_as_it_is(bench: Bench) -> None:
    class BrokenSink(type(bench.sink)):  # type: ignore[misc]
        def deliver(self, arrival: Any, *, received_s: float) -> None:
            raise ZeroDivisionError

    bench.sink = BrokenSink()
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        task = group.create_task(_raised_by(genesys.follow(bench.session, bench.sink)))
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1)
        assert isinstance(await task, ZeroDivisionError)
        await peer.wait_closed()
    assert bench.upstream.open_now == 0


async def _raised_by(awaitable: Any) -> Exception | None:
    try:
        await awaitable
    except Exception as error:
        return error
    return None


def count_pongs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a test wait until the client has read so many pongs."""
    seen, changed = [0], asyncio.Event()
    original = _Connection.acknowledge_pings

    def acknowledge(connection: _Connection, data: bytes) -> None:
        original(connection, data)
        seen[0] += 1
        changed.set()

    monkeypatch.setattr(_Connection, "acknowledge_pings", acknowledge)

    async def until(number: int) -> None:
        async with asyncio.timeout(5.0):
            while seen[0] < number:
                changed.clear()
                await changed.wait()

    return until
