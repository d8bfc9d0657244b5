"""T15, tokens that no longer count: the rule and its bounds by hand, then over real sockets on both transports."""

import asyncio
import json

import jwt
import pytest

from captiond.base.ids import SessionId
from captiond.serve import admission as admission_module
from captiond.serve import revocations as revocations_module
from captiond.serve.access import Rules
from captiond.serve.revocations import EVERY_SESSION, KEPT_S, Revocations
from captiond.serve.wiring import WIRING
from tests.serve.serving import SECRET, START_S, Json, Served, raw, serving, until

TRANSPORTS = ("ws", "events")
KEY = "a-key-for-this-test"
WITH_KEY = {"Authorization": f"Bearer {KEY}", "Connection": "close"}
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@pytest.mark.parametrize(
    ("issued_s", "refused"),
    [(None, True), (0.0, True), (99.0, True), (100.0, True), (100.5, True), (100.500001, False), (101.0, False)],
)
def test_what_was_issued_up_to_the_moment_is_refused(issued_s: float | None, refused: bool) -> None:
    """A whole second is when other people's tokens say they were issued: the one of the moment may be before it."""
    revocations = Revocations()
    assert not revocations.refuses("s1", issued_s)
    assert revocations.revoke("s1", at_s=100.5) == ({"s1": 100.5}, [])
    assert revocations.refuses("s1", issued_s) is refused
    assert not revocations.refuses("s2", issued_s)


def test_a_moment_is_never_taken_back_by_a_clock_that_was() -> None:
    revocations = Revocations()
    revocations.revoke("s1", at_s=100.0)
    assert revocations.revoke("s1", at_s=40.0) == ({"s1": 100.0}, [])
    assert revocations.refuses("s1", 99.0)


def test_what_a_full_book_forgets_of_one_session_holds_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations_module, "MAX_REVOCATIONS", 3)
    revocations = Revocations({"c": 30.0, "a": 10.0, "b": 20.0})
    revocations.revoke("a", at_s=40.0)  # the oldest is `b` by now
    assert revocations.revoke("d", at_s=50.0) == ({"d": 50.0, EVERY_SESSION: 20.0}, ["b"])
    assert revocations.count == 3
    assert (revocations.refuses("b", 20.0), revocations.refuses("never heard of", 20.0)) == (True, True)
    assert (revocations.refuses("b", 20.1), revocations.refuses("never heard of", None)) == (False, True)
    again = Revocations({"a": 40.0, "c": 30.0, "d": 50.0, EVERY_SESSION: 20.0})
    for session, issued_s in (("a", 40.0), ("a", 40.1), ("z", 20.0), ("z", 20.1)):
        assert again.refuses(session, issued_s) == revocations.refuses(session, issued_s)


def test_what_is_older_than_any_token_goes() -> None:
    revocations = Revocations({"a": 10.0, "b": 20.0})
    kept, forgotten = revocations.revoke("c", at_s=11.0 + KEPT_S)
    assert (kept, forgotten) == ({"c": 11.0 + KEPT_S, EVERY_SESSION: 10.0}, ["a"])


# -- over real sockets -----------------------------------------------------------------------------------------------


async def revoke(served: Served, session: str = "s1") -> tuple[int, Json]:
    async with served.http.post(f"{served.url}/v1/sessions/{session}/revoke", headers=WITH_KEY) as answer:
        return answer.status, await answer.json(content_type=None)


async def status_of(served: Served, transport: str, token: str) -> tuple[int, str]:
    more = UPGRADE if transport == "ws" else ()
    answer = await raw(served, f"/v1/sessions/s1/{transport}?token={token}", *more)
    if answer.status < 300:
        return answer.status, ""
    body = json.loads(await answer.reader.readexactly(int(answer.headers["content-length"])))
    return answer.status, body["code"]


async def last_words(served: Served, transport: str, token: str) -> "asyncio.Future[tuple[Json, int | None]]":
    """A viewer that reads to its end; answers its `bye` and the close code (None on an event stream)."""
    loop = asyncio.get_running_loop()
    if transport == "events":
        answer = await raw(served, f"/v1/sessions/s1/events?token={token}")

        async def read() -> tuple[Json, int | None]:
            text = (await answer.rest()).decode()
            return json.loads(text.rpartition("data: ")[2]), None

        return loop.create_task(read())
    ws = await served.http.ws_connect(f"{served.url}/v1/sessions/s1/ws?token={token}")

    async def receive() -> tuple[Json, int | None]:
        said = [json.loads(message.data) async for message in ws]
        return said[-1], ws.close_code

    return loop.create_task(receive())


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_viewers_go_and_their_tokens_open_nothing_until_there_are_new_ones(transport: str) -> None:
    """T15 (mercure#666): a session whose tokens are revoked."""
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        served.open()
        served.open("s2")
        tokens = {"one": served.mint("s1"), "all": served.mint("*"), "both": served.mint("s1", "s2")}
        ends = [await last_words(served, transport, token) for token in tokens.values()]
        elsewhere = await raw(served, f"/v1/sessions/s2/events?token={tokens['both']}")
        await until(lambda: served.rooms.viewers == 4)
        served.clock.passed_s += 0.25
        status, said = await revoke(served)
        assert (status, said) == (200, {"id": "s1", "revokedAt": "2024-06-15T10:30:00.250Z", "viewersClosed": 3})
        for end in ends:
            bye, code = await asyncio.wait_for(end, 5)
            assert (bye["type"], bye["code"], bye["resume"], bye["retryMs"]) == ("bye", 4507, False, None)
            assert code == (4507 if transport == "ws" else None)
        assert ("viewers_revoked", {"mediaSessionId": "s1", "viewers": 3}) in served.audit.records
        assert served.kept.moments == {"s1": START_S + 0.25}
        for token in tokens.values():
            assert await status_of(served, transport, token) == (401, "token_revoked")
        assert served.meter.of["viewers_refused_total", "unauthorized"] == 3
        assert (await raw(served, f"/v1/sessions/s2/events?token={tokens['both']}")).status == 200
        assert elsewhere.status == 200
        served.clock.passed_s += 0.001
        assert (await status_of(served, transport, served.mint("s1")))[0] in (101, 200)


@pytest.mark.parametrize(("claims", "opens"), [({}, False), ({"iat": "soon"}, False), ({"iat": START_S + 1}, True)])
async def test_a_token_that_does_not_say_when_is_refused_once_anything_was_revoked(claims: Json, opens: bool) -> None:
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        served.open()
        token = jwt.encode({"sessions": ["s1"], "exp": START_S + 60, **claims}, SECRET, algorithm="HS256")
        assert (await status_of(served, "events", token))[0] == 200
        served.clock.passed_s += 0.5
        await revoke(served)
        assert (await status_of(served, "events", token))[0] == (200 if opens else 401)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_who_was_on_the_way_in_is_sent_away_as_well(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking at a token and joining lies the upgrade: a revocation in between must not be outrun."""
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        served.open()
        join = admission_module.join
        meanwhile: list[object] = []

        def late(*args: object) -> object:
            if not meanwhile:
                meanwhile.append(served.app[WIRING].access._revocations.revoke("s1", at_s=START_S + 1))
            return join(*args)  # type: ignore[arg-type]

        for module in ("websocket", "sse"):
            monkeypatch.setattr(f"captiond.serve.{module}.join", late)
        bye, _ = await asyncio.wait_for(await last_words(served, transport, served.mint("s1")), 5)
        assert (bye["code"], served.rooms.viewers) == (4507, 0)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("how", ["revoked", "expired", "deleted"])
async def test_a_viewer_that_is_far_behind_goes_too(transport: str, how: str) -> None:
    """What it does not read cannot keep its connection: the end is not queued behind all that it never took."""
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        live = served.open()
        more = UPGRADE if transport == "ws" else ()
        answer = await raw(served, f"/v1/sessions/s1/{transport}?token={served.mint('s1', ttl_s=30)}", *more)
        answer.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(3_000):
            served.say(f"{number} " + "x" * 400, final=True)
            if live._audience.behind:
                break
        await until(lambda: bool(live._audience.behind))
        if how == "revoked":
            assert (await revoke(served))[1]["viewersClosed"] == 1
        elif how == "expired":
            served.pass_time(31)
        else:
            served.rooms.forget(SessionId("s1"))
        await until(lambda: live.viewers == 0)
        await until(lambda: served.connections == 0)


async def test_only_who_holds_a_key_revokes_and_only_what_there_is() -> None:
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        served.open()
        async with served.http.post(f"{served.url}/v1/sessions/s1/revoke") as answer:
            assert answer.status == 401
        status, problem = await revoke(served, "s9")
        assert (status, problem["code"]) == (404, "session_not_found")
        assert served.kept.moments == {}


async def test_what_the_disk_does_not_take_holds_all_the_same_and_is_told() -> None:
    async with serving(rules=Rules(api_keys=(KEY,)), secret=SECRET) as served:
        served.open()
        token = served.mint("s1")
        served.kept.full = True
        served.clock.passed_s += 1
        status, problem = await revoke(served)
        assert (status, problem["code"]) == (503, "not_kept")
        assert await status_of(served, "events", token) == (401, "token_revoked")
