"""Why a stream is not served (handshake, frame, login server): what waits, what renews a token, what fails."""

import asyncio
from typing import Any

import orjson
import pytest

from captiond.core.messages import SessionState
from tests.genesys.small_genesys import SUBSCRIBE, Bench, HighChance, following, not_a_ping, short


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
