"""Answers that are larger than memory: read as they come, and what goes wrong in the middle of one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web

from captiond.base.errors import LocalError, MissingPermission, RateLimited, UpstreamUnavailable
from captiond.genesys.exchange import Exchange
from tests.genesys.small_genesys import RecordingMeter, SimulatedTime

PATIENCE_S = 0.3
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def asking(handler: Handler) -> AsyncIterator[tuple[Exchange, str, RecordingMeter]]:
    """An exchange of little patience, and a server that answers so."""
    app = web.Application()
    app.router.add_get("/it", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    meter = RecordingMeter()
    exchange = Exchange(
        clock=SimulatedTime(), meter=meter, tls=ssl.create_default_context(), answer_timeout_s=PATIENCE_S
    )
    try:
        yield exchange, f"http://127.0.0.1:{runner.addresses[0][1]}/it", meter
    finally:
        await exchange.close()
        await runner.cleanup()


async def read(exchange: Exchange, url: str) -> list[bytes]:
    async with exchange.stream(url, operation="content", headers={}) as answer, aclosing(answer.pieces()) as pieces:
        came = [piece async for piece in pieces]
        assert answer.complete
        return came


async def begun(request: web.Request, said: int) -> web.StreamResponse:
    """An answer that has told its length and sent its first 1,000 bytes."""
    response = web.StreamResponse()
    response.content_length = said
    await response.prepare(request)
    await response.write(b"x" * 1_000)
    return response


async def test_it_comes_in_pieces_none_of_which_is_large() -> None:
    async def large(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 3_000_000)

    async with asking(large) as (exchange, url, meter):
        pieces = await read(exchange, url)
        assert sum(map(len, pieces)) == 3_000_000
        assert max(map(len, pieces)) <= 65_536
        assert meter.counts["upstream_requests_total{operation=content,status=200}"] == 1


async def test_one_that_stops_in_the_middle_is_not_waited_for() -> None:
    async def stops(request: web.Request) -> web.StreamResponse:
        response = await begun(request, 2_000)
        await asyncio.sleep(3_600)
        return response

    async with asking(stops) as (exchange, url, _):
        with pytest.raises(UpstreamUnavailable, match="stopped in the middle"):
            await read(exchange, url)


async def test_one_that_is_slow_but_goes_on_is_waited_for() -> None:
    """Longer than an answer may take in all, never as long without a byte."""

    async def slow(request: web.Request) -> web.StreamResponse:
        response = await begun(request, 1_006)
        for _ in range(6):
            await asyncio.sleep(PATIENCE_S / 4)
            await response.write(b"y")
        return response

    async with asking(slow) as (exchange, url, _):
        assert sum(map(len, await read(exchange, url))) == 1_006


async def test_one_that_is_cut_is_told_from_one_that_is_over() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = await begun(request, 2_000)
        assert request.transport is not None
        request.transport.close()
        return response

    async with asking(cut) as (exchange, url, _):
        came = []
        async with exchange.stream(url, operation="content", headers={}) as answer:
            with pytest.raises(UpstreamUnavailable, match="was cut in the middle"):
                async for piece in answer.pieces():
                    came.append(piece)  # noqa: PERF401  (what came before the end counts)
            assert not answer.complete
        assert b"".join(came) == b"x" * 1_000


async def test_an_answer_that_does_not_begin_is_not_waited_for() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3_600)
        return web.Response()

    async with asking(never) as (exchange, url, meter):
        with pytest.raises(UpstreamUnavailable, match="timed out"):
            await read(exchange, url)
        assert meter.counts["upstream_requests_total{operation=content,status=none}"] == 1


@pytest.mark.parametrize(
    ("status", "error"), [(403, MissingPermission), (429, RateLimited), (503, UpstreamUnavailable)]
)
async def test_errors_are_those_of_any_answer(status: int, error: type[Exception]) -> None:
    async def refuses(_: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "no"}, status=status)

    async with asking(refuses) as (exchange, url, _):
        with pytest.raises(error):
            await read(exchange, url)


async def test_a_status_that_is_an_answer_here_is_one() -> None:
    async def beyond(_: web.Request) -> web.StreamResponse:
        return web.Response(status=416, headers={"Content-Range": "bytes */7"})

    async with asking(beyond) as (exchange, url, _):
        async with exchange.stream(url, operation="content", headers={}, also=frozenset({416})) as answer:
            assert (answer.status, answer.header("content-range")) == (416, "bytes */7")
        await exchange.close()
        with pytest.raises(LocalError):
            await read(exchange, url)
