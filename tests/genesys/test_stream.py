"""One subscription over a real socket: subscribe, deliver, reconnect, give up, say goodbye."""

import asyncio
import traceback
from typing import Any

import orjson
import pytest

from captiond.base.inside import Inside
from captiond.core.messages import SessionState
from captiond.genesys.dialect_media import MAX_FRAME_BYTES
from captiond.genesys.stream import TURN_S
from captiond.genesys.stream_socket import _Connection
from tests.adversity.reporter import exceptions_of
from tests.genesys.small_genesys import SUBSCRIBE, Bench, HighChance, a_ping, event, following, not_a_ping, short


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
    assert not [name for name in bench.meter.counts if name.startswith("upstream_events_total")]  # the hub counts them


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


async def test_a_frame_full_of_costly_events_keeps_nobody_waiting_for_all_of_them(bench: Bench) -> None:
    """Others on the loop get their turn between two events, once those before have taken long."""
    turns: list[int] = []

    class SlowSink(type(bench.sink)):  # type: ignore[misc]
        def deliver(self, arrival: Any, *, received_s: float) -> None:
            bench.time.monotonic += 2 * TURN_S
            asyncio.get_running_loop().call_soon(lambda: turns.append(len(bench.sink.arrivals)))
            super().deliver(arrival, received_s=received_s)

    bench.sink = SlowSink()
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send(orjson.dumps([event(number) for number in range(1, 6)]))
        await bench.sink.sequences(5)
    assert turns == [1, 2, 3, 4, 5]


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
        async with asyncio.timeout(3.0):  # the limits that hold without this one are 4 s together
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


@pytest.mark.parametrize(
    "kind", [ZeroDivisionError, MemoryError, RecursionError, asyncio.CancelledError, BaseException]
)
async def test_what_a_sink_raises_ends_the_stream_and_tells_nothing_of_what_was_said(
    bench: Bench, kind: type[BaseException]
) -> None:
    """A cancellation, too, is a fault where nothing waits: the task that follows the stream must not end by it."""

    class BrokenSink(type(bench.sink)):  # type: ignore[misc]
        def deliver(self, arrival: Any, *, received_s: float) -> None:
            said = arrival.text
            raise kind(said)

    bench.sink = BrokenSink()
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        task = group.create_task(_raised_by(genesys.follow(bench.session, bench.sink)))
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1, "zebrafinch")
        fault = await task
        assert isinstance(fault, Inside) and fault.kind is kind
        assert "zebrafinch" not in "".join(
            traceback.TracebackException.from_exception(fault, capture_locals=True).format()
        )
        assert list(exceptions_of(fault)) == [fault]
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
