"""One suite over both transports and the real hub: the same messages, positions and promises on each.

The numbers T1 to T15 are bugs that other servers shipped, each test names whose. Under random schedules, on virtual
time: tests/hub/test_model.py.
"""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from captiond.base.ids import SessionId
from captiond.core.messages import SessionState
from captiond.hub.limits import Draining, TooManyViewers
from captiond.hub.limits import Limits as HubLimits
from tests.serve.serving import SECRET, Json, Served, raw, serving, until

TRANSPORTS = ("ws", "sse")


class Watcher:
    """One viewer over one transport."""

    def __init__(self, receive: Callable[[], "asyncio.Future[Json]"]) -> None:
        self._receive = receive
        self.messages: list[Json] = []

    async def message(self) -> Json:
        said: Json = await asyncio.wait_for(self._receive(), 5)
        self.messages.append(said)
        return said

    async def until(self, index: int) -> list[Json]:
        """Everything up to the message with that index."""
        while not self.messages or self.messages[-1].get("index") != index:
            await self.message()
        return self.messages

    @property
    def position(self) -> str:
        """Where this viewer is: what it would resume from."""
        epoch = self.messages[0]["position"].partition(".")[0]
        for message in reversed(self.messages):
            if "index" in message:
                return f"{epoch}.{message['index']}"
            if message["type"] in ("snapshot", "welcome"):
                return str(message["position"])
        raise AssertionError("no position yet")


@asynccontextmanager
async def watcher(
    served: Served, transport: str, position: str | None = None, query: str = ""
) -> AsyncIterator[Watcher]:
    at = (f"position={position}&" if position is not None else "") + query
    if transport == "ws":
        async with served.http.ws_connect(f"{served.url}/v1/sessions/s1/ws?{at}", max_msg_size=0) as ws:
            yield Watcher(ws.receive_json)  # type: ignore[arg-type]
    else:
        answer = await raw(served, f"/v1/sessions/s1/events?{at}")
        assert answer.status == 200
        yield Watcher(answer.message)  # type: ignore[arg-type]
        answer.cut()


def top(served: Served) -> int:
    """The newest index."""
    live = served.rooms.get(SessionId("s1"))
    assert live is not None
    return int(live.position.partition(".")[2])


def talk(served: Served, chance: random.Random) -> None:
    """One random upstream event."""
    served.say(" ".join(chance.choices(["one", "two", "three"], k=chance.randint(1, 5))), final=chance.random() < 0.4)


async def test_both_transports_say_the_same_at_the_same_positions(served: Served) -> None:
    chance = random.Random(1)
    served.open()
    for _ in range(10):
        talk(served, chance)
    async with watcher(served, "ws") as ws, watcher(served, "sse") as sse:
        for one in (ws, sse):
            await one.message(), await one.message()
        for _ in range(40):
            talk(served, chance)
        served.rooms.disconnected(SessionId("s1"), "cause")
        served.rooms.reconnected(SessionId("s1"))
        assert await ws.until(top(served)) == await sse.until(top(served))
    assert len(ws.messages) > 30


@pytest.mark.parametrize(("first", "second"), list(itertools.product(TRANSPORTS, TRANSPORTS)))
async def test_resuming_on_either_transport_misses_nothing(served: Served, first: str, second: str) -> None:
    """Cut after every number of messages; go on over the other transport: the whole is what an uncut viewer saw."""
    chance = random.Random(2)
    served.open()
    async with watcher(served, "ws") as whole:
        await whole.message(), await whole.message()
        async with watcher(served, first) as early:
            await early.message(), await early.message()
            for _ in range(12):
                talk(served, chance)
            await early.until(top(served))
            await whole.until(top(served))
        epoch = early.position.partition(".")[0]
        start = int(early.messages[0]["position"].partition(".")[2])
        expected = [one for one in whole.messages if "index" in one]
        for index in range(start, top(served) + 1):
            async with watcher(served, second, f"{epoch}.{index}") as late:
                welcome = await late.message()
                assert (welcome["recovered"], welcome["position"]) == (True, f"{epoch}.{index}")
                got = []
                if index < top(served):
                    got = (await late.until(top(served)))[1:]
            # Partials that the replay itself supersedes may be left out; finals and the newest of each may not.
            assert got == [one for one in expected if one in got]
            must = [one for one in expected if one["index"] > index and one.get("final")]
            assert [one for one in got if one.get("final")] == must
            if index < top(served):
                assert got[-1] == expected[-1]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t1_joining_while_captions_come_loses_and_doubles_nothing(served: Served, transport: str) -> None:
    """T1 (mercure#178, #200, #202): twenty join in the middle of a conversation, each at another moment of it."""
    chance = random.Random(3)
    served.open()

    async def join_late(turns: int) -> list[Json]:
        for _ in range(turns):
            await asyncio.sleep(0)
        async with watcher(served, transport) as late:
            await late.until(last)
            return late.messages

    last = 1 + 60  # the session message, then one for each event
    async with asyncio.TaskGroup() as viewers:
        tasks = [viewers.create_task(join_late(turns * 2)) for turns in range(20)]
        for number in range(60):
            served.say(f"word {number}", final=chance.random() < 0.5)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert top(served) == last
    for task in tasks:
        welcome, snapshot, *rest = task.result()
        assert welcome["position"] == snapshot["position"]
        start = int(snapshot["position"].partition(".")[2])
        assert [message["index"] for message in rest] == list(range(start + 1, last + 1))
        shown = {caption["utterance"]: caption["revision"] for caption in snapshot["captions"]}
        for message in rest:
            if message["type"] == "caption":
                assert message["revision"] == shown.get(message["utterance"], 0) + 1
                shown[message["utterance"]] = message["revision"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t2_a_lost_last_message_shows_within_one_ping(served: Served, transport: str) -> None:
    """T2 (mercure#243): no later message would show that the last one is missing; the ping's position does."""
    served.open()
    async with watcher(served, transport) as viewer:
        await viewer.message(), await viewer.message()
        served.say("the last", final=True)
        caption = await viewer.message()
        served.pass_time(26)
        ping = await viewer.message()
        while ping["type"] != "ping":
            ping = await viewer.message()
    assert ping["position"].endswith(f".{caption['index']}")


ODD = ("", "x", ".", "1", "epoch.", ".5", "{epoch}.-1", "{epoch}.999", "{epoch}.1e3", "{epoch}.0x1", "{epoch}.%D9%A3")
ODDER = ("other123.1", "{epoch}.1.1", "%00.1", "{epoch}.18446744073709551617", "a" * 5000, "%FF%FE.1", "{epoch}.+1")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("position", ODD + ODDER)
async def test_t3_a_position_that_cannot_be_gets_a_snapshot(served: Served, transport: str, position: str) -> None:
    """T3 (mercure#704, nchan 1.3.7): unknown, future, of another epoch, negative, malformed."""
    served.open()
    served.say("hello", final=True)
    live = served.rooms.get(SessionId("s1"))
    assert live is not None
    epoch = live.position.partition(".")[0]
    async with watcher(served, transport, position.format(epoch=epoch)) as viewer:
        welcome, snapshot = await viewer.message(), await viewer.message()
    assert (welcome["type"], welcome["recovered"], snapshot["type"]) == ("welcome", False, "snapshot")
    assert welcome["position"] == live.position


@pytest.mark.parametrize("header", ["\xff\xfe.1", "x" * 4000, "a b", "k3XbQwZt.1; DROP"])
async def test_t3_the_same_for_any_bytes_in_the_header(served: Served, header: str) -> None:
    """T3."""
    served.open()
    answer = await raw(served, "/v1/sessions/s1/events", f"Last-Event-ID: {header}")
    assert (await answer.message())["recovered"] is False
    assert (await answer.message())["type"] == "snapshot"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t4_after_a_long_quiet_time_resuming_at_the_top_is_recovered_with_nothing(transport: str) -> None:
    """T4 (socket.io#5282, centrifugo#230): the data has expired, the position has not."""
    async with serving(hub_limits=HubLimits(retention_s=10)) as served:
        served.open()
        served.say("old", final=True)
        async with watcher(served, transport) as viewer:
            await viewer.message(), await viewer.message()
            position = viewer.position
        served.pass_time(60)
        async with watcher(served, transport, position) as again:
            assert (await again.message())["recovered"] is True
            served.say("new", final=True)
            assert (await again.message())["text"] == "new"
        behind = f"{position.partition('.')[0]}.{int(position.partition('.')[2]) - 1}"
        served.pass_time(60)
        async with watcher(served, transport, behind) as too_late:
            assert (await too_late.message())["recovered"] is False


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t5_resuming_from_before_anything_was_said(served: Served, transport: str) -> None:
    """T5 (socket.io's documentation): a position stands in the first message, though nothing was published yet."""
    served.rooms.open(SessionId("s1"), source="media", language="en-US", created_at="2024-06-15T10:30:00.000Z")
    async with watcher(served, transport) as viewer:
        await viewer.message(), await viewer.message()
        position = viewer.position
    assert position.endswith(".0")
    async with watcher(served, transport, position) as again:
        assert (await again.message())["recovered"] is True
        served.rooms.set_state(SessionId("s1"), SessionState.LIVE)
        assert (await again.message())["state"] == "live"


async def test_t6_two_sockets_of_one_viewer_both_see_all(served: Served) -> None:
    """T6 (socket.io#4880, socket.io-redis-streams#26): it is back before we noticed that the old connection is dead."""
    served.open()
    async with watcher(served, "ws") as old:
        await old.message(), await old.message()
        served.say("one", final=True)
        await old.message()
        async with watcher(served, "ws", old.position) as new:
            assert (await new.message())["recovered"] is True
            served.say("two", final=True)
            assert (await new.message()) == (await old.message())


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t7_a_stalled_viewer_delays_nobody_and_gets_the_whole_picture_later(transport: str) -> None:
    """T7 (aiohttp#1367): it reads nothing while 600 captions come; others have each at once; it sees the end."""
    async with serving(hub_limits=HubLimits(max_queued_bytes=40_000)) as served:
        live = served.open()
        path = "/v1/sessions/s1/events" if transport == "sse" else "/v1/sessions/s1/ws"
        upgrade = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        )
        stalled = await raw(served, path, *(upgrade if transport == "ws" else ()))
        stalled.reader._transport.pause_reading()  # type: ignore[attr-defined]
        async with watcher(served, "ws") as other:
            await other.message(), await other.message()
            for number in range(600):
                served.say(f"{number} " + "word " * 300, final=number % 3 == 2)
                assert (await other.message())["type"] == "caption"
            assert live.viewers == 2
            waiting = [viewer.subscriber.queued_bytes + viewer.outlet.backlog() for viewer in live._viewers]
            assert max(waiting) < 150_000
        stalled.reader._transport.resume_reading()  # type: ignore[attr-defined]
        seen = bytearray()
        async with asyncio.timeout(10):
            while b'"text":"599 ' not in seen:
                seen += await stalled.reader.read(65_536)
        # Of the beginning, and a resync or a few: what the kernels hold between them is not ours to say.
        assert 2 <= seen.count(b'"type":"snapshot"') <= 6
        assert len(seen) < 1_000_000  # 600 captions are 1.1 MB: it was not sent all of them late


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_t8_a_slow_viewer_sees_every_final_once_and_nothing_goes_back(transport: str) -> None:
    """T8 (SignalK#2235, #2531): slower than captions come; partials are skipped, finals not, no revision goes back."""
    async with serving(hub_limits=HubLimits(max_queued_bytes=2_000_000)) as served:
        served.open()
        async with watcher(served, transport) as slow:
            await slow.message(), await slow.message()
            for number in range(400):
                served.say(f"{number} " + "word " * 400, final=number % 4 == 3)
                if number % 40 == 0:
                    await slow.message()
            await slow.until(top(served))
            messages = slow.messages
    captions = [message for message in messages if message["type"] == "caption"]
    finals = [int(caption["text"].split()[0]) for caption in captions if caption["final"]]
    assert finals == list(range(3, 400, 4))
    indices = [caption["index"] for caption in captions]
    assert indices == sorted(set(indices))
    newest: dict[str, int] = {}
    for caption in captions:
        assert caption["revision"] > newest.get(caption["utterance"], 0)
        newest[caption["utterance"]] = caption["revision"]
    notices = [message for message in messages if message["type"] == "notice"]
    skipped = sum(notice["skipped"] for notice in notices)
    assert [notice["code"] for notice in notices][:1] == ["conflating"]
    assert skipped == 400 - len(captions) > 0


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("refusal", "code"), [(Draining(), 4001), (TooManyViewers(limit=1), 4504)])
async def test_a_hub_that_changes_its_mind_after_the_upgrade_says_why(
    served: Served, monkeypatch: pytest.MonkeyPatch, transport: str, refusal: Exception, code: int
) -> None:
    """Between the answer to the request and the join a drain may begin, or the last seat be taken."""

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(served.open(), "join", refuse)
    async with watcher(served, transport) as viewer:
        bye = await viewer.message()
    assert (bye["type"], bye["code"]) == ("bye", code)
    await until(lambda: served.rooms.viewers == 0)


async def test_t15_a_token_that_ends_ends_the_stream_on_server_sent_events_too() -> None:
    """T15 (mercure#666). Revoked ones: test_revocations."""
    async with serving(secret=SECRET) as served:
        served.open()
        async with watcher(served, "sse", query=f"token={served.mint('s1', ttl_s=30)}") as viewer:
            await viewer.message(), await viewer.message()
            served.pass_time(31)
            while (last := await viewer.message())["type"] != "bye":
                pass
    assert (last["code"], last["resume"]) == (4005, True)


async def test_t13_many_join_at_once(served: Served) -> None:
    """T13 (centrifugo#982): a hundred come back together: one snapshot is encoded, and each has it whole."""
    served.open()
    for number in range(30):
        served.say(f"line {number}", final=True)

    async def picture() -> str:
        async with watcher(served, "ws") as viewer:
            await viewer.message()
            return json.dumps(await viewer.message())

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        served.http, before = http, served.http
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(picture()) for _ in range(100)]
        served.http = before
    assert len({task.result() for task in tasks}) == 1
