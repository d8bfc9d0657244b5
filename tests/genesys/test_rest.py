"""Activation over a real socket: the request, the answers, and every rule for refusals."""

import asyncio
import gzip
from typing import Any

import pytest
from aiohttp import web

from captiond.base.errors import (
    LocalError,
    MissingPermission,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.base.ids import SessionId
from captiond.genesys.client import Genesys
from captiond.genesys.exchange import MAX_ANSWER_BYTES
from captiond.genesys.payloads import MediaRequest
from tests.genesys.small_genesys import Bench, HighChance

REQUEST = MediaRequest(SessionId("m-1"), language="fr-FR", codec="pcmu", region="eu-west-1", chunk_size=900)


async def test_an_activation_carries_the_token_and_the_agreed_body(bench: Bench) -> None:
    async with bench.genesys() as genesys:
        activation = await genesys.activate(REQUEST)
    assert (activation.id, activation.status, activation.media_session_id) == ("t-1", "ACTIVE", "m-1")
    body = {
        "mediaSessionId": "m-1",
        "language": "fr-FR",
        "profanityFilter": True,
        "chunkSize": 900,
        "languageModel": "conversational",
    }
    assert bench.upstream.activations == [("Bearer token-1", body)]
    assert bench.audit.records[-1] == ("activated", {"mediaSessionId": "m-1"})
    assert bench.meter.counts["upstream_requests_total{operation=activate,status=201}"] == 1


async def test_one_token_serves_many_activations(bench: Bench) -> None:
    async with bench.genesys() as genesys:
        await asyncio.gather(*(genesys.activate(MediaRequest(SessionId(f"m-{number}"))) for number in range(10)))
    assert len(bench.upstream.logins) == 1
    assert len(bench.upstream.activations) == 10


async def test_401_gets_one_new_token(bench: Bench) -> None:
    bench.upstream.activation_answers.append((401, {"message": "expired"}, {}))
    async with bench.genesys() as genesys:
        await genesys.activate(REQUEST)
    assert [bearer for bearer, _ in bench.upstream.activations] == ["Bearer token-1", "Bearer token-2"]


async def test_a_second_401_fails(bench: Bench) -> None:
    bench.upstream.activation_answers.extend([(401, {"message": "no, token-2 is not good"}, {})] * 2)
    failure = await _failure(bench)
    assert isinstance(failure, Unauthorised)
    assert failure.message == "no, [secret] is not good"
    assert (len(bench.upstream.activations), len(bench.upstream.logins)) == (2, 2)


async def test_many_401s_at_once_cost_one_new_token(bench: Bench) -> None:
    bench.upstream.activation_answers.extend([(401, {}, {})] * 10)
    async with bench.genesys() as genesys:
        await genesys.token()
        await asyncio.gather(*(genesys.activate(MediaRequest(SessionId(f"m-{number}"))) for number in range(10)))
    assert len(bench.upstream.logins) == 2


async def test_403_fails_at_once_and_names_the_permission(bench: Bench) -> None:
    words = {"message": "Forbidden", "errorParams": {"missingPermissions": ["conversation:transcription:view"]}}
    bench.upstream.activation_answers.append((403, words, {}))
    failure = await _failure(bench)
    assert isinstance(failure, MissingPermission)
    assert failure.message == "missing permission: conversation:transcription:view"
    assert len(bench.upstream.activations) == 1
    assert bench.time.delays == []


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 301, 308])
async def test_other_refusals_fail_with_what_the_server_said(bench: Bench, status: int) -> None:
    bench.upstream.activation_answers.append((status, {"message": "no such\nthing"}, {"Location": "/elsewhere"}))
    failure = await _failure(bench)
    assert isinstance(failure, UpstreamRefused)
    assert (failure.status, failure.message) == (status, "no such thing")
    assert bench.upstream.others == []
    assert len(bench.upstream.activations) == 1


async def test_429_is_obeyed_and_then_works(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.upstream.activation_answers.extend([(429, {}, {"Retry-After": "2"}), (429, {}, {}), (429, {}, {})])
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(genesys.activate(REQUEST))
        assert [await bench.time.pass_delay() for _ in range(3)] == [2.0, 10.0, 20.0]
        await call
    assert bench.meter.counts["upstream_rate_limited_total"] == 3
    limited = [fields for kind, fields in bench.audit.records if kind == "rate_limited"]
    assert limited[0] == {"mediaSessionId": "m-1", "operation": "activate", "seconds": 2.0, "tries": 1}
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("rate limited")]
    assert lines[0] == "rate limited: operation=activate session=m-1 seconds=2 try=1"
    assert len(lines) == 3


async def test_the_fourth_429_is_told_without_another_wait(bench: Bench) -> None:
    bench.upstream.activation_answers.extend([(429, {}, {"Retry-After": "3"})] * 4)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(_failure_of(genesys))
        for _ in range(3):
            await bench.time.pass_delay()
        failure = await call
    assert isinstance(failure, RateLimited)
    assert failure.retry_after_s == 3.0
    assert bench.time.delays == [3.0, 3.0, 3.0]


async def test_5xx_is_tried_again(bench: Bench) -> None:
    bench.upstream.activation_answers.extend([(503, b"<html>", {}), (500, b"", {})])
    async with bench.genesys(chance=HighChance()) as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(genesys.activate(REQUEST))
        assert [await bench.time.pass_delay() for _ in range(2)] == pytest.approx([0.999, 1.998])
        await call
    assert bench.meter.counts["upstream_requests_total{operation=activate,status=503}"] == 1


async def test_a_connection_that_breaks_is_tried_again(bench: Bench) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    bench.upstream.activation_answers.append(cut)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(genesys.activate(REQUEST))
        await bench.time.pass_delay()
        await call
    assert bench.meter.counts["upstream_requests_total{operation=activate,status=none}"] == 1


async def test_an_answer_that_never_ends_is_not_waited_for(bench: Bench) -> None:
    release = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        await response.write(b'{"id":')
        await release.wait()
        return response

    bench.upstream.activation_answers.extend([trickle] * 5)
    async with bench.genesys(answer_timeout_s=0.1) as genesys, asyncio.TaskGroup() as group:
        await genesys.token()
        call = group.create_task(_failure_of(genesys))
        for _ in range(4):
            await bench.time.pass_delay()
        failure = await call
        release.set()
    assert isinstance(failure, UpstreamUnavailable)
    assert str(failure) == "activate: upstream timed out"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((201, b"x" * (MAX_ANSWER_BYTES + 1), {}), "longer than"),
        ((201, b"not json", {}), "not JSON"),
        ((200, {"mediaSessionId": "m-2"}, {}), "another media session"),
        ((201, gzip.compress(b'{"id":"t-1"}'), {"Content-Encoding": "gzip"}), "not JSON"),  # we asked for none
    ],
)
async def test_an_answer_that_cannot_be_used_is_none(
    bench: Bench, answer: tuple[int, Any, dict[str, str]], words: str
) -> None:
    bench.upstream.activation_answers.extend([answer] * 5)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(_failure_of(genesys))
        for _ in range(4):
            await bench.time.pass_delay()
        failure = await call
    assert isinstance(failure, UpstreamUnavailable)
    assert words in str(failure)


async def test_after_an_answer_that_cannot_be_used_the_next_one_may_be_good(bench: Bench) -> None:
    bench.upstream.activation_answers.append((201, b"<html>maintenance</html>", {}))
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        call = group.create_task(genesys.activate(REQUEST))
        await bench.time.pass_delay()
        assert (await call).id == "t-1"


async def test_a_huge_error_body_is_read_only_in_part(bench: Bench) -> None:
    bench.upstream.activation_answers.append((400, b"y" * 5_000_000, {}))
    failure = await _failure(bench)
    assert isinstance(failure, UpstreamRefused)
    assert failure.message == "y" * 500


async def test_errors_of_the_login_server_are_final_for_a_call(bench: Bench) -> None:
    bench.upstream.login_answers.append((400, {"error": "invalid_client"}, {}))
    failure = await _failure(bench)
    assert str(failure) == "token: upstream refused with 400: invalid_client"
    assert bench.upstream.activations == []


async def test_a_closed_account_makes_no_request(bench: Bench) -> None:
    genesys = bench.genesys()
    await genesys.close()
    with pytest.raises(LocalError):
        await genesys.token()
    assert bench.upstream.logins == []


async def _failure_of(genesys: Genesys) -> UpstreamError | None:
    try:
        await genesys.activate(REQUEST)
    except UpstreamError as failure:
        return failure
    return None


async def _failure(bench: Bench) -> UpstreamError | None:
    async with bench.genesys() as genesys:
        return await _failure_of(genesys)
