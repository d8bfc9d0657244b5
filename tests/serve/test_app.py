"""What holds for every answer: headers, CORS, problems, and logs that keep tokens out."""

import asyncio
import logging

import pytest

from captiond.serve.access import Rules
from captiond.serve.app import turn_timers
from captiond.serve.wiring import WIRING, Limits
from tests.serve.serving import SECRET, Served, raw, serving, until


@pytest.mark.parametrize("path", ["/healthz", "/v1/sessions", "/v1/nothing", "/demo", "/static/live-captions.js"])
async def test_every_answer_is_careful(served: Served, path: str) -> None:
    answer = await raw(served, path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["server"] == "captiond"


async def test_only_our_names_are_answered_but_health_is_for_all() -> None:
    async with serving(rules=Rules(trusted_hosts=("captions.example",))) as served:
        assert (await raw(served, "/openapi.json", "Host: evil.example")).status == 403
        assert (await raw(served, "/openapi.json", "Host: captions.example:8787")).status == 200
        assert (await raw(served, "/healthz", "Host: 10.1.2.3")).status == 200


async def test_preflight_of_allowed_origins_and_no_others() -> None:
    asks = ("Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization")
    async with serving(rules=Rules(allowed_origins=("https://good.example",)), secret=SECRET) as served:
        good = await raw(served, "/v1/sessions/s1/events", "Origin: https://good.example", *asks, method="OPTIONS")
        assert good.status == 204
        assert good.headers["access-control-allow-origin"] == "https://good.example"
        assert "Last-Event-ID" in good.headers["access-control-allow-headers"]
        assert "GET" in good.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in good.headers
        evil = await raw(served, "/v1/sessions/s1/events", "Origin: https://evil.example", *asks, method="OPTIONS")
        assert evil.status == 403
        assert "access-control-allow-origin" not in evil.headers
        refusal = await raw(served, "/v1/sessions/s1/events", "Origin: https://good.example")
        assert refusal.status == 401
        assert refusal.headers["access-control-allow-origin"] == "https://good.example"


async def test_what_we_did_not_expect_is_a_problem_and_a_log_line_without_the_query(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[object]:
        raise RuntimeError("broken")

    monkeypatch.setattr(served.app[WIRING].sessions, "list", broken)
    answer = await raw(served, "/v1/sessions?token=tell-nobody")
    assert answer.status == 500
    assert b'"internal_error"' in await answer.reader.readuntil(b"}")
    assert "GET /v1/sessions failed" in caplog.text
    assert "tell-nobody" not in caplog.text


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /v1/sessions?token=tell-nobody HTTP/9.9x\r\n\r\n",
        b"GET /v1/sessions?token=tell-nobody" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nX: tell-nobody\x00\r\n\r\n",
        b"GET /v1/sessions?token=tell-nobody HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /v1/sessions/s1/ws?position=tell-nobody HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: tell-nobody\r\n\r\n",
    ],
    ids=["version", "long line", "bad header", "bad length", "sub-protocol"],
)
async def test_no_log_holds_a_piece_of_a_request(
    served: Served, caplog: pytest.LogCaptureFixture, request_head: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    served.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request_head)
    head = await asyncio.wait_for(reader.read(200), 5)
    writer.transport.abort()
    assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 101"))
    assert "tell-nobody" not in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_the_access_log_has_the_path_and_not_the_query(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "aiohttp.access")
    served.open()
    stream = await raw(served, "/v1/sessions/s1/events?token=tell-nobody%0Aforged")
    assert stream.status == 401
    await raw(served, "/v1/sessions/x%0Ay?token=tell-nobody")
    await until(lambda: "x%0Ay" in caplog.text)
    assert "GET /v1/sessions/s1/events 401" in caplog.text
    assert "tell-nobody" not in caplog.text


async def test_pings_are_sent_without_anybody_turning_the_timers() -> None:
    """The one test of the real clockwork: the application turns its own timers."""
    async with serving() as served:
        called = asyncio.Event()
        served.app[WIRING].timers.after(0.0, called.set)
        turning = turn_timers(served.app)
        await anext(turning)
        await asyncio.wait_for(called.wait(), 5)
        with pytest.raises(StopAsyncIteration):
            await anext(turning)


async def test_a_head_that_never_ends_is_cut() -> None:
    """What `IDLE_S` rests on: aiohttp counts an unfinished first request as idle."""
    async with serving(idle_s=0.2) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.transport.abort()


async def test_a_body_that_never_comes_is_refused() -> None:
    async with serving(limits=Limits(body_wait_s=0.1)) as served:
        answer = await raw(served, "/v1/sessions", "Content-Length: 10", method="POST")
        assert (answer.status, answer.headers["connection"]) == (408, "close")


async def test_a_client_that_leaves_before_its_answer_is_no_fault_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    served.open()
    for path in ("/v1/sessions/s1/events", "/v1/sessions/s1/ws", "/v1/sessions"):
        for _ in range(10):
            _, writer = await asyncio.open_connection("127.0.0.1", served.port)
            upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{upgrade}{key}\r\n".encode())
            writer.write_eof()
            await asyncio.sleep(0)
            writer.transport.abort()
    await until(lambda: served.rooms.viewers == 0 and caplog.text.count("GET /v1/sessions ") >= 10)
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


async def test_a_large_body_is_refused_while_it_comes(served: Served) -> None:
    async def endless() -> object:
        for _ in range(64):
            yield b"x" * 16_384

    async with served.http.post(f"{served.url}/v1/sessions", data=endless()) as answer:
        assert (answer.status, answer.content_type) == (413, "application/problem+json")
