"""Who gets a seat: the node, the session, the address; over real sockets, on both transports."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from captiond.base.ids import SessionId
from captiond.hub.limits import Limits as HubLimits
from captiond.serve.access import Rules
from captiond.serve.addresses import Addresses
from captiond.serve.seats import SeatLimits, Seats
from tests.serve.serving import SECRET, Json, RawAnswer, Served, raw, serving, until

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
TRANSPORTS = ("ws", "events")


async def ask(served: Served, transport: str, *headers: str, session: str = "s1", query: str = "") -> RawAnswer:
    more = UPGRADE if transport == "ws" else ()
    return await raw(served, f"/v1/sessions/{session}/{transport}{query}", *more, *headers)


async def refused(answer: RawAnswer) -> tuple[int, Json, str | None]:
    """Status, problem and Retry-After of a refusal; the connection stays open, so its length counts."""
    body = await answer.reader.readexactly(int(answer.headers["content-length"]))
    return answer.status, json.loads(body), answer.headers.get("retry-after")


@asynccontextmanager
async def open_to(per_address: int = 0, **more: object) -> AsyncIterator[Served]:
    seats = Seats(SeatLimits(per_address=per_address, new_per_s=0.5))
    rules = {"rules": Rules(public_sessions=True), **more}
    async with serving(seats=seats, addresses=Addresses(("127.0.0.1",)), **rules) as served:  # type: ignore[arg-type]
        served.open()
        yield served


GOOD = {"ws": 101, "events": 200}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("limit", "hub_limits"),
    [("node", HubLimits(max_connections=2)), ("session", HubLimits(max_per_session=2))],
)
async def test_the_third_of_two_is_told_which_limit_and_when_to_come_back(
    transport: str, limit: str, hub_limits: HubLimits
) -> None:
    async with open_to(hub_limits=hub_limits) as served:
        served.open("s2")
        answers = [await ask(served, transport) for _ in range(2)]
        assert [answer.status for answer in answers] == [GOOD[transport]] * 2
        status, problem, retry_after = await refused(await ask(served, transport))
        assert (status, problem["code"], problem["limit"], retry_after) == (429, "too_many_connections", limit, "5")
        assert (await ask(served, transport, session="s2")).status == (429 if limit == "node" else GOOD[transport])
        assert served.meter.of["viewers_refused_total", limit] == 1 + (limit == "node")
        assert served.audit.records[0] == (
            "viewer_refused",
            {"mediaSessionId": "s1", "status": 429, "code": "too_many_connections"},
        )
        answers[0].cut()
        await until(lambda: served.rooms.viewers < (2 if limit == "node" else 3))
        assert (await ask(served, transport)).status == GOOD[transport]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_address_behind_our_proxy_has_its_own_seats(transport: str) -> None:
    async with open_to(per_address=2) as served:
        mine = [await ask(served, transport, "X-Forwarded-For: 192.0.2.1") for _ in range(2)]
        assert [answer.status for answer in mine] == [GOOD[transport]] * 2
        status, problem, retry_after = await refused(
            await ask(served, transport, "X-Forwarded-For: 203.0.113.5, 192.0.2.1")
        )
        assert (status, problem["limit"], retry_after) == (429, "rate", "5")
        served.clock.passed_s += 2.0  # one more attempt is fine by now; a seat there is none
        status, problem, _ = await refused(await ask(served, transport, "X-Forwarded-For: 192.0.2.1"))
        assert (status, problem["code"], problem["limit"]) == (429, "too_many_connections", "address")
        assert (await ask(served, transport, "X-Forwarded-For: 192.0.2.2")).status == GOOD[transport]
        served.clock.passed_s += 2.0
        mine[0].cut()
        await until(lambda: served.rooms.viewers == 2)
        assert (await ask(served, transport, "X-Forwarded-For: 192.0.2.1")).status == GOOD[transport]


async def test_without_a_number_this_machine_is_not_limited() -> None:
    async with serving(seats=Seats(SeatLimits(new_per_s=0.1))) as served:
        served.open()
        for _ in range(50):
            assert (await ask(served, "events")).status == 200
        assert served.rooms.viewers == 50


async def test_guessing_tokens_is_an_attempt_and_fills_no_audit() -> None:
    """A refusal costs a signature and a record each; whoever guesses is told to wait before either."""
    async with open_to(per_address=4, rules=Rules(), secret=SECRET) as served:
        statuses = [(await ask(served, "events", query="?token=guess")).status for _ in range(10)]
        assert statuses == [401] * 4 + [429] * 6
        assert [fields["status"] for _, fields in served.audit.records] == [401] * 4 + [429]
        assert served.meter.of["viewers_refused_total", "unauthorized"] == 4
        assert served.meter.of["viewers_refused_total", "rate"] == 6
        good = f"?token={served.mint('s1')}"
        assert (await ask(served, "events", query=good)).status == 429
        served.clock.passed_s += 2.0
        assert (await ask(served, "events", query=good)).status == 200


@pytest.mark.parametrize(
    ("path", "reason"), [("/v1/sessions/none/events", "unknown"), ("/v1/sessions/old/events", "gone")]
)
async def test_every_refusal_is_counted_by_its_reason(served: Served, path: str, reason: str) -> None:
    served.open("old")
    served.rooms.forget(SessionId("old"))
    await refused(await raw(served, path))
    assert served.meter.of["viewers_refused_total", reason] == 1


async def test_who_is_refused_while_draining_is_counted(served: Served) -> None:
    served.open()
    served.draining_ms = 1_000
    status, problem, _ = await refused(await ask(served, "ws"))
    assert (status, problem["code"]) == (503, "draining")
    assert served.meter.of["viewers_refused_total", "draining"] == 1
