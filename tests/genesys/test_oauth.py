"""The token: asked for once, shared, renewed in time, and never shown."""

import asyncio

import pytest
from aiohttp import web

from captiond.base.errors import RateLimited, UpstreamRefused, UpstreamUnavailable
from captiond.genesys.client import Genesys
from captiond.genesys.oauth import Credentials, Token
from tests.genesys.small_genesys import SECRET, Bench, HighChance


async def test_client_credentials_become_a_token(bench: Bench) -> None:
    async with bench.genesys() as genesys:
        assert await genesys.token() == "token-1"
    ((pair, content_type, body),) = bench.upstream.logins
    assert (pair, content_type) == (f"client-1:{SECRET}", "application/x-www-form-urlencoded")
    assert body == "grant_type=client_credentials"
    assert bench.audit.records == [("token_obtained", {"livesS": 86_400.0})]
    assert bench.meter.counts["upstream_requests_total{operation=token,status=200}"] == 1
    assert bench.meter.counts["observed upstream_request_seconds"] == 1


async def test_scopes_are_sent_if_there_are_any(bench: Bench) -> None:
    credentials = Credentials("client-1", SECRET, scopes=("a:b", "c"))
    async with Genesys(
        bench.upstream.endpoints,
        credentials,
        clock=bench.time,
        chance=HighChance(),
        meter=bench.meter,
        audit=bench.audit,
    ) as genesys:
        await genesys.token()
    assert bench.upstream.logins[0][2] == "grant_type=client_credentials&scope=a%3Ab+c"


async def test_it_is_kept_until_a_minute_before_it_expires(bench: Bench) -> None:
    bench.upstream.expires_in = 600
    async with bench.genesys() as genesys:
        assert await genesys.token() == "token-1"
        bench.time.advance(539.9)
        assert await genesys.token() == "token-1"
        bench.time.advance(0.1)
        assert await genesys.token() == "token-2"
    assert len(bench.upstream.logins) == 2


async def test_only_the_current_token_can_be_dropped(bench: Bench) -> None:
    """Many sessions are refused with one old token; only the first of them costs a new one."""
    async with bench.genesys() as genesys:
        tokens = genesys._tokens
        old = await tokens.token()
        tokens.drop(old)
        new = await tokens.token()
        tokens.drop(old)
        assert await tokens.token() is new


async def test_many_callers_share_one_request(bench: Bench) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        asked.set()
        await gate.wait()
        return web.json_response({"access_token": "token-x", "expires_in": 30})  # too short to be kept at all

    bench.upstream.login_answers.append(slow)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        callers = [group.create_task(genesys.token()) for _ in range(50)]
        await asked.wait()
        gate.set()
        assert await asyncio.gather(*callers) == ["token-x"] * 50
    assert len(bench.upstream.logins) == 1


async def test_many_callers_share_one_refusal_and_the_next_one_asks_again(bench: Bench) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        asked.set()
        await gate.wait()
        return web.json_response({"error": "invalid_client", "description": "unknown client"}, status=401)

    bench.upstream.login_answers.append(slow)
    async with bench.genesys() as genesys:
        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(_outcome(genesys)) for _ in range(20)]
            await asked.wait()
            gate.set()
        assert {caller.result() for caller in callers} == {"token: upstream refused with 401: unknown client"}
        assert len(bench.upstream.logins) == 1
        assert await genesys.token() == "token-2"


async def test_a_cancelled_caller_leaves_the_request_to_the_next_one(bench: Bench) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def stuck(_: web.Request) -> web.StreamResponse:
        asked.set()
        await never.wait()
        return web.json_response({})

    bench.upstream.login_answers.append(stuck)
    async with bench.genesys() as genesys:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(genesys.token())
            await asked.wait()
            second = group.create_task(genesys.token())
            await asyncio.sleep(0)
            first.cancel()
        assert first.cancelled()
        assert second.result() == "token-2"
    never.set()


async def test_429_is_obeyed_three_times_then_told(bench: Bench) -> None:
    bench.upstream.login_answers.extend([(429, {}, {"Retry-After": "7"}), *[(429, {}, {})] * 3])
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        caller = group.create_task(_failure(genesys))
        waits_s = [await bench.time.pass_delay() for _ in range(3)]
        failure = await caller
    assert waits_s == [7.0, 10.0, 20.0]
    assert isinstance(failure, RateLimited)
    assert bench.time.delays == waits_s  # no fourth wait before giving up
    assert len(bench.upstream.logins) == 4
    assert bench.meter.counts["upstream_rate_limited_total"] == 3


async def test_a_date_in_retry_after_is_read_by_the_wall_clock(bench: Bench) -> None:
    bench.upstream.login_answers.append((429, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:12 GMT"}))
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        caller = group.create_task(genesys.token())
        assert await bench.time.pass_delay() == 12.0
        assert await caller == "token-2"


async def test_5xx_and_no_connection_are_tried_again_a_few_times(bench: Bench) -> None:
    bench.upstream.login_answers.extend([(500, b"oops", {}), (503, b"", {}), (502, b"", {}), (504, b"", {})])
    async with bench.genesys(chance=HighChance()) as genesys, asyncio.TaskGroup() as group:
        caller = group.create_task(genesys.token())
        waits_s = [await bench.time.pass_delay() for _ in range(4)]
        assert await caller == "token-5"
    assert waits_s == pytest.approx([0.999, 1.998, 3.996, 7.992])


async def test_it_gives_up_after_five_tries(bench: Bench) -> None:
    bench.upstream.login_answers.extend([(500, b"oops", {})] * 5)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        caller = group.create_task(_failure(genesys))
        for _ in range(4):
            await bench.time.pass_delay()
        failure = await caller
    assert isinstance(failure, UpstreamUnavailable)
    assert failure.status == 500
    assert len(bench.upstream.logins) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
async def test_a_refusal_is_final_and_says_what_the_server_said_without_the_secret(bench: Bench, status: int) -> None:
    words = {"error": "invalid_client", "description": f"the pair client-1/{SECRET} is not known"}
    bench.upstream.login_answers.append((status, words, {"Location": "/elsewhere"}))
    async with bench.genesys() as genesys:
        failure = await _failure(genesys)
    assert isinstance(failure, UpstreamRefused)
    assert failure.status == status
    assert "not known" in failure.message
    assert SECRET not in str(failure)
    assert bench.upstream.others == []  # a redirect was not followed
    assert bench.time.delays == []


async def test_an_answer_without_a_token_is_none(bench: Bench) -> None:
    bench.upstream.login_answers.extend([(200, {"access_token": "token-1"}, {})] * 5)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(_failure(genesys))
        for _ in range(4):
            await bench.time.pass_delay()
        failure = await call
    assert isinstance(failure, UpstreamUnavailable)
    assert "expires_in" in str(failure)


def test_secrets_hide_themselves() -> None:
    token = Token("token-9", 5.0)
    credentials = Credentials("client-1", SECRET)
    shown = f"{token} {token!r} {[token]} {credentials} {credentials!r}"
    assert "token-9" not in shown
    assert SECRET not in shown
    assert token.header == {"Authorization": "Bearer token-9"}


async def _failure(genesys: Genesys) -> Exception | None:
    try:
        await genesys.token()
    except (UpstreamRefused, RateLimited, UpstreamUnavailable) as failure:
        return failure
    return None


async def _outcome(genesys: Genesys) -> str:
    return str(await _failure(genesys))
