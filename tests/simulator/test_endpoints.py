"""Tokens and activations, and each fault of a request, seen by a plain client over real sockets, in manual time."""

import asyncio
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from captiond.simulator import DropFault, Fault, ManualPace, RefuseFault, Simulator, SlowFault
from captiond.simulator.connection import CLOSE_PATIENCE_S
from captiond.simulator.faults import Broken, BrokenFault, On
from tests.simulator.plain_client import CLIENT, PATIENCE_S, PlainClient, basic, close_code, spoken


async def post_token(client: PlainClient, sim: Simulator, **how: Any) -> tuple[int, dict[str, Any]]:
    async with client.http.post(f"{sim.login_url}/oauth/token", **how) as response:
        return response.status, await response.json()


GRANT = {"grant_type": "client_credentials"}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "how",
    [
        {"data": GRANT, "headers": basic(*CLIENT)},
        {"data": {**GRANT, "scope": "media:transcription"}, "headers": basic(*CLIENT)},
        {"data": {**GRANT, "client_id": CLIENT[0], "client_secret": CLIENT[1]}},
        {"params": GRANT, "headers": basic(*CLIENT)},
    ],
)
async def test_the_right_credentials_get_a_token(client: PlainClient, how: dict[str, Any]) -> None:
    async with Simulator(credentials=CLIENT, expires_in_s=300) as sim:
        status, body = await post_token(client, sim, **how)
        assert (status, body["token_type"], body["expires_in"]) == (200, "bearer", 300)
        assert len(body["access_token"]) >= 32
        assert body.get("scope") == (how.get("data") or {}).get("scope")
        assert sim.ledger.tokens_issued == 1


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ({"data": GRANT, "headers": basic("client", "wrong")}, 401, "invalid_client"),
        ({"data": GRANT, "headers": basic("wrong", "s3cret")}, 401, "invalid_client"),
        ({"data": GRANT}, 401, "invalid_client"),
        ({"data": GRANT, "headers": {"Authorization": "Basic ???"}}, 401, "invalid_client"),
        ({"data": {"grant_type": "password"}, "headers": basic(*CLIENT)}, 400, "unsupported_grant_type"),
        (
            {"data": b"\xff=&" * 60, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            400,
            "unsupported",
        ),
        ({"json": GRANT, "headers": basic(*CLIENT)}, 400, "unsupported_grant_type"),
    ],
)
async def test_wrong_credentials_get_none(client: PlainClient, how: dict[str, Any], status: int, error: str) -> None:
    async with Simulator(credentials=CLIENT) as sim:
        answered, body = await post_token(client, sim, **how)
        assert answered == status
        assert body["error"].startswith(error)
        assert "s3cret" not in json.dumps(body) + repr(sim.ledger)
        assert sim.ledger.tokens_issued == 0
        assert sim.ledger.count("token", status) == 1


async def test_a_token_is_needed_and_expires(client: PlainClient) -> None:
    pace = ManualPace()
    async with Simulator(expires_in_s=60, pace=pace, unknown="silent") as sim:
        token = await client.token(sim)
        assert (await client.activate(sim, "call-1", token=token))[0] == 201
        assert (await client.activate(sim, "call-1", token=token + "x"))[0] == 401
        await pace.advance(59)
        await (await client.open(sim, token)).close()
        await pace.advance(2)
        status, body = await client.activate(sim, "call-1", token=token)
        assert (status, body["status"], body["code"]) == (401, 401, "bad.credentials")
        with pytest.raises(InvalidStatus) as refused:
            await client.open(sim, token)
        assert refused.value.response.status_code == 401
        assert token not in repr(sim.ledger)


async def test_an_activation_is_answered_as_upstream_does(client: PlainClient) -> None:
    pace = ManualPace(wall_s=datetime.fromisoformat("2026-05-01T12:00:00Z").timestamp())
    async with Simulator(pace=pace) as sim:
        sim.play("call-1", spoken(3))
        token = await client.token(sim)
        status, body = await client.activate(sim, "call-1", token=token, codec="opus", chunkSize=1500)
        assert status == 201
        assert body.pop("id")
        assert body == {"status": "ACTIVE", "mediaSessionId": "call-1", "createdTime": "2026-05-01T12:00:00.000Z"}
        assert sim.ledger.activations == {"call-1": 1}


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"language": "pt-BR"}, "language"),
        ({"language": ["en-US"]}, "language"),
        ({"codec": "mp3"}, "codec"),
        ({"codec": {}}, "codec"),
        ({"profanityFilter": "yes"}, "profanityFilter"),
        ({"chunkSize": 0}, "chunkSize"),
        ({"chunkSize": True}, "chunkSize"),
        ({"languageModel": ""}, "languageModel"),
        ({"mediaSessionId": "a b"}, "mediaSessionId"),
        ({"mediaSessionId": None}, "mediaSessionId"),
    ],
)
async def test_a_bad_activation_is_refused(client: PlainClient, keys: dict[str, Any], word: str) -> None:
    async with Simulator(unknown="silent") as sim:
        token = await client.token(sim)
        status, body = await client.activate(sim, "call-1", token=token, **keys)
        assert (status, body["status"], body["code"]) == (400, 400, "bad.request")
        assert word in body["message"]
        assert not sim.ledger.activations


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
        async with asyncio.timeout(CLOSE_PATIENCE_S * 0.9):  # less than it gives a client that does not answer
            await sim.stop()
        assert await close_code(socket) == 1001
        assert sim.ledger.subscriptions_ever["call-1"] == 0


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


async def test_the_state_shows_counters_and_no_secret(client: PlainClient) -> None:
    async with Simulator(unknown="silent") as sim:
        token = await client.token(sim)
        await client.activate(sim, "call-1", token=token)
        async with client.http.get(f"{sim.url}/_simulator/state?access_token={token}") as response:
            text = await response.text()
        assert token not in text
        state = json.loads(text)
        assert state["tokensIssued"] == 1
        assert state["activations"] == {"call-1": 1}
        assert state["requests"] == {"token 200": 1, "activation 201": 1}
