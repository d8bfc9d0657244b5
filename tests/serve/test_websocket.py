"""Captions over a WebSocket, with clients that share nothing with the server: websockets', and bytes by hand."""

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SessionId
from captiond.core.messages import SessionState
from captiond.hub.limits import Limits as HubLimits
from captiond.serve.access import Rules
from captiond.serve.wiring import Limits
from tests.serve.serving import SECRET, Json, RawAnswer, Served, raw, serving, until


def watching(served: Served, query: str = "", session: str = "s1", **options: object) -> connect:
    url = f"ws://127.0.0.1:{served.port}/v1/sessions/{session}/ws{query}"
    return connect(url, proxy=None, **options)  # type: ignore[arg-type]


async def message(ws: ClientConnection) -> Json:
    said: Json = json.loads(await asyncio.wait_for(ws.recv(), 5))
    return said


async def closed(ws: ClientConnection) -> tuple[list[Json], int | None, str | None]:
    """All that still comes, and how it closes."""
    rest = []
    try:
        while True:
            rest.append(await message(ws))
    except ConnectionClosed:
        return rest, ws.close_code, ws.close_reason


async def refusal(served: Served, path: str = "/v1/sessions/s1/ws", **headers: str) -> tuple[int, Json]:
    url = f"ws://127.0.0.1:{served.port}{path}"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None, additional_headers=headers):
            pass
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.body or b"")


async def test_welcome_snapshot_then_captions_as_they_come(served: Served) -> None:
    served.open()
    async with watching(served, subprotocols=[Subprotocol("captions.v1")]) as ws:
        welcome, snapshot = await message(ws), await message(ws)
        assert ws.subprotocol == "captions.v1"
        assert (welcome["type"], welcome["session"], welcome["recovered"]) == ("welcome", "s1", False)
        assert (snapshot["type"], snapshot["position"]) == ("snapshot", welcome["position"])
        served.say("hello")
        served.say("hello there", final=True)
        first, second = await message(ws), await message(ws)
    assert (first["text"], first["final"]) == ("hello", False)
    assert (second["text"], second["final"], second["index"]) == ("hello there", True, first["index"] + 1)


async def test_no_extension_and_no_sub_protocol_unless_asked(served: Served) -> None:
    served.open()
    async with watching(served) as ws:
        assert ws.subprotocol is None
        assert "Sec-WebSocket-Extensions" not in ws.response.headers  # type: ignore[union-attr]
    async with watching(served, subprotocols=[Subprotocol("other")]) as ws:
        assert ws.subprotocol is None
        assert (await message(ws))["type"] == "welcome"


async def test_finals_only(served: Served) -> None:
    served.open()
    async with watching(served, "?partials=0") as ws:
        await message(ws), await message(ws)
        served.say("hel")
        served.say("hello", final=True)
        assert (await message(ws))["text"] == "hello"


async def test_a_viewer_that_leaves_is_forgotten_at_once(served: Served) -> None:
    live = served.open()
    async with watching(served) as ws:
        await message(ws)
        assert live.viewers == 1
    await until(lambda: live.viewers == 0)


async def test_a_cut_cable_is_noticed(served: Served) -> None:
    live = served.open()
    async with watching(served) as ws:
        await message(ws)
        ws.transport.abort()
        await until(lambda: live.viewers == 0)
    served.say("nobody is there", final=True)


async def test_the_end_of_a_session_is_told_and_closes_with_4510(served: Served) -> None:
    served.open()
    async with watching(served) as ws:
        await message(ws), await message(ws)
        served.rooms.end(SessionId("s1"), SessionState.ENDED, "upstream_closed")
        rest, code, reason = await closed(ws)
    assert [(one["type"], one.get("state"), one.get("code")) for one in rest] == [
        ("session", "ended", None),
        ("bye", None, 4510),
    ]
    assert (code, reason) == (4510, CloseCode.SESSION_ENDED.reason)


async def test_an_ended_session_is_replayed_to_late_viewers(served: Served) -> None:
    served.open()
    served.say("the last words", final=True)
    served.rooms.end(SessionId("s1"), SessionState.ENDED, None)
    async with watching(served) as ws:
        rest, code, _ = await closed(ws)
    assert [one["type"] for one in rest] == ["welcome", "snapshot", "bye"]
    assert rest[1]["captions"][0]["text"] == "the last words"
    assert code == 4510


async def test_refusals_before_the_upgrade_are_problems() -> None:
    rules = Rules(allowed_origins=("https://good.example",))
    async with serving(rules=rules, secret=SECRET, hub_limits=HubLimits(max_connections=1)) as served:
        served.open()
        token = served.mint("s1", "gone", "never")
        assert await _code(served, "") == (401, "token_required")
        assert await _code(served, "", session="never") == (401, "token_required")
        assert await _code(served, "?token=rubbish") == (401, "bad_token")
        assert await _code(served, f"?token={served.mint('other')}") == (403, "forbidden_session")
        assert await _code(served, f"?token={token}", Origin="https://evil.example") == (403, "foreign_origin")
        assert await _code(served, f"?token={token}", session="never") == (404, "session_not_found")
        served.open("gone")
        served.rooms.end(SessionId("gone"))
        served.rooms.forget(SessionId("gone"))
        assert await _code(served, f"?token={token}", session="gone") == (410, "session_gone")
        async with watching(served, f"?token={token}") as ws:
            await message(ws)
            status, problem = await refusal(served, f"/v1/sessions/s1/ws?token={token}")
            assert (status, problem["code"]) == (429, "too_many_connections")
        served.draining_ms = 2500
        assert await _code(served, f"?token={token}") == (503, "draining")
    refused = [fields["code"] for kind, fields in served.audit.records if kind == "viewer_refused"]
    assert refused == [
        *("token_required", "token_required", "bad_token", "forbidden_session", "foreign_origin"),
        *("session_not_found", "session_gone", "too_many_connections", "draining"),
    ]
    assert token not in str(served.audit.records)


async def _code(served: Served, query: str, session: str = "s1", **headers: str) -> tuple[int, str]:
    status, problem = await refusal(served, f"/v1/sessions/{session}/ws{query}", **headers)
    assert problem["status"] == status
    return status, problem["code"]


async def test_a_plain_get_is_told_to_upgrade(served: Served) -> None:
    served.open()
    answer = await raw(served, "/v1/sessions/s1/ws")
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
    assert answer.headers["sec-websocket-version"] == "13"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_token_may_stand_in_the_header_and_ends_the_stream_when_it_ends() -> None:
    """T15 (mercure#666), over a WebSocket."""
    async with serving(secret=SECRET) as served:
        served.open()
        bearer = {"Authorization": f"Bearer {served.mint('*', ttl_s=30)}"}
        async with watching(served, additional_headers=bearer) as ws:
            await message(ws), await message(ws)
            served.pass_time(31)
            rest, code, _ = await closed(ws)
    assert [one["code"] for one in rest if one["type"] == "bye"] == [4005]
    assert code == 4005


@pytest.mark.parametrize(
    "said",
    [
        "",
        "not json",
        "[]",
        '{"type":"shout"}',
        '{"type":"pong","position":7}',
        b"\x00",
        "x" * 4097,
        '{"type":"pong","x":"' + "é" * 2048 + '"}',
    ],
    ids=["empty", "no json", "list", "unknown", "position", "binary", "long", "long in bytes"],
)
async def test_a_viewer_that_says_what_it_should_not_is_closed_with_4501(served: Served, said: str | bytes) -> None:
    live = served.open()
    async with watching(served) as ws:
        await message(ws), await message(ws)
        await ws.send(said)
        rest, code, _ = await closed(ws)
    assert [(one["type"], one["code"], one["resume"]) for one in rest] == [("bye", 4501, False)]
    assert code == 4501
    assert live.viewers == 0


async def test_a_frame_that_is_far_too_long_is_not_read(served: Served) -> None:
    live = served.open()
    async with watching(served) as ws:
        await message(ws), await message(ws)
        with pytest.raises(ConnectionClosed):
            await ws.send("x" * 1_000_000)
            await ws.recv()
        await ws.wait_closed()
    assert ws.close_code in (1009, 1006)
    await until(lambda: live.viewers == 0)


async def test_a_pong_with_a_position_is_welcome(served: Served) -> None:
    served.open()
    async with watching(served) as ws:
        welcome = await message(ws)
        await message(ws)
        for _ in range(5):
            await ws.send(json.dumps({"type": "pong", "position": welcome["position"]}))
        served.say("still here", final=True)
        assert (await message(ws))["text"] == "still here"


async def test_a_viewer_that_asks_whether_anybody_is_there_is_answered_behind_all_it_gets(served: Served) -> None:
    served.open()
    async with watching(served) as ws, watching(served) as other:
        await message(ws), await message(ws), await message(other), await message(other)
        served.say("first", final=True)
        await ws.send('{"type":"pong","ask":true}')
        caption, ping = await message(ws), await message(ws)
        assert (caption["text"], ping["type"], ping["answer"]) == ("first", "ping", True)
        assert ping["position"].endswith(f".{caption['index']}")
        served.say("second", final=True)
        assert [(await message(other))["text"] for _ in range(2)] == ["first", "second"]  # who did not ask gets no ping


@pytest.mark.parametrize("ask", ["false", "1", '"true"', "null"])
async def test_a_pong_that_does_not_ask_is_not_answered(served: Served, ask: str) -> None:
    served.open()
    async with watching(served) as ws:
        await message(ws), await message(ws)
        await ws.send(f'{{"type":"pong","ask":{ask}}}')
        await ws.ping(b"")  # read behind it
        served.say("next", final=True)
        assert (await message(ws))["text"] == "next"


async def test_a_viewer_that_talks_too_much_is_closed_with_4013() -> None:
    async with serving(limits=Limits(inbound_burst=5, close_wait_s=0.5)) as served:
        served.open()
        async with watching(served) as ws:
            await message(ws), await message(ws)
            for _ in range(6):
                await ws.send('{"type":"pong"}')
            rest, code, _ = await closed(ws)
    assert [(one["type"], one["code"], one["resume"]) for one in rest] == [("bye", 4013, True)]
    assert code == 4013


async def test_pings_of_the_client_are_answered(served: Served) -> None:
    served.open()
    async with watching(served) as ws:
        await message(ws)
        await asyncio.wait_for(await ws.ping(b"there?"), 5)


async def test_a_viewer_that_answers_pings_stays_one_that_does_not_is_closed_with_4012(served: Served) -> None:
    live = served.open()
    async with watching(served) as good:
        bad = await _mute(served)
        await until(lambda: live.viewers == 2)
        for _ in range(4):
            served.pass_time(25)
            for _ in range(2):  # one round shows that our ping has been answered, the next that the answer was read
                await asyncio.wait_for(await good.ping(), 20)
        await until(lambda: live.viewers == 1)
        byes = (await bad.rest()).partition(b'{"type":"bye","code":4012')
        assert byes[1]
        assert byes[2].endswith(b"\x0f\xac" + CloseCode.NO_PONG.reason.encode())
        served.say("still here", final=True)
        texts = []
        while "still here" not in texts:
            texts.append((await message(good)).get("text"))


async def _mute(served: Served) -> RawAnswer:
    """A client that has upgraded and never says anything."""
    answer = await raw(
        served,
        "/v1/sessions/s1/ws",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    assert answer.status == 101
    return answer


async def test_a_client_that_never_answers_the_close_is_cut(served: Served) -> None:
    """The handler must not wait for ever for a peer's close frame."""
    served.open()
    mute = await _mute(served)
    served.rooms.end(SessionId("s1"))
    await asyncio.wait_for(mute.rest(), 5)


async def test_a_drain_says_when_to_come_back(served: Served) -> None:
    served.open()
    async with watching(served) as ws:
        await message(ws), await message(ws)
        served.rooms.drain(4000)
        rest, code, _ = await closed(ws)
    assert (rest[-1]["code"], rest[-1]["resume"], code) == (4001, True, 4001)
    assert 2000 <= rest[-1]["retryMs"] <= 4000
