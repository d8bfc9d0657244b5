"""Several workers are one node: whichever answers, viewers get the same, and nothing is lost when one dies."""

import asyncio
import json

import aiohttp
import pytest

from captiond.core.messages import SessionState
from tests.harness import Viewer, eventually
from tests.workers.conftest import HEAD, RELAY, SESSION, Node, Start, Watching, messages_but_times


async def got(watching: Watching, last: str) -> None:
    """Waits until a viewer has a caption with that text."""
    await eventually(lambda: any(m.get("text") == last for m in watching.viewer.messages))


@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_captions_snapshots_and_replays_are_the_same_at_every_worker(start: Start, transport: str) -> None:
    async with start() as node:
        node.open()
        node.say("before anybody came")
        node.say("half a", final=False)
        here, there = [await node.watch(worker, transport=transport) for worker in (HEAD, RELAY)]
        for number in range(5):
            node.say(f"half a sentence {number}", final=False)
        node.say("half a sentence and the other half")
        node.say("last")
        for watching in (here, there):
            await got(watching, "last")
        assert messages_but_times(here.viewer) == messages_but_times(there.viewer)
        assert [text for _, _, text in here.viewer.finals()] == [
            "before anybody came", "half a sentence and the other half", "last",
        ]  # fmt: skip
        # Who comes later gets one snapshot, who comes back one replay, wherever.
        position = f"{here.viewer.messages[0]['position'].partition('.')[0]}.{here.viewer.indices()[2]}"
        for more in ({}, {"position": position}, {"partials": False}, {"position": position, "partials": False}):
            at_head = await node.watch(HEAD, transport=transport, **more)
            at_relay = await node.watch(RELAY, transport="sse" if transport == "ws" else "ws", **more)
            assert messages_but_times(at_head.viewer) == messages_but_times(at_relay.viewer)
            assert at_relay.viewer.messages[0]["recovered"] is ("position" in more)


async def test_a_relay_that_is_killed_comes_back_and_nobody_misses_a_final(start: Start) -> None:
    async with start() as node:
        node.open()
        node.say("apples")
        there = await node.watch(RELAY, transport="ws")
        node.say("pears")
        await got(there, "pears")
        assert (await node.figure('viewers{transport="ws"}'), node.daemon.rooms.viewers) == (1, 1)
        deliveries = await node.figure('deliveries_total{transport="ws"}')
        assert deliveries == 1
        killed = node.kill(RELAY)
        node.say("plums")
        await there.task
        node.say("cherries")
        await eventually(lambda: node.daemon.rooms.viewers == 0)
        epoch = there.viewer.messages[0]["position"].partition(".")[0]
        position = f"{epoch}.{there.viewer.indices()[-1]}"
        # At once, from the head; the relay's socket is the head's as long as it is away.
        back = await node.watch(position=position)
        assert back.worker == HEAD
        await node.until_workers_serve(but=killed)
        again = await node.watch(RELAY, position=position)
        node.say("grapes")
        for watching in (back, again):
            await got(watching, "grapes")
            texts = [text for _, _, text in there.viewer.finals() + watching.viewer.finals()]
            assert texts == ["apples", "pears", "plums", "cherries", "grapes"]
            assert watching.viewer.messages[0]["recovered"] is True
        assert await node.figure("worker_restarts_total") == 1
        assert await node.figure('deliveries_total{transport="ws"}') >= deliveries + 2  # what the dead one told stays


async def test_sessions_end_and_are_forgotten_at_every_worker(start: Start) -> None:
    async with start(CAPTIOND_SESSIONS__RETENTION_S="1") as node:
        node.open()
        there = await node.watch(RELAY)
        node.say("goodbye")
        node.daemon.rooms.end(SESSION, SessionState.ENDED, "deleted")
        await asyncio.wait_for(there.task, 5)
        assert there.viewer.closed_with == 4510
        assert [m["type"] for m in there.viewer.messages[-2:]] == ["session", "bye"]
        late = await watch_anywhere(node, times=6)
        assert {tuple(m["type"] for m in viewer.messages) for viewer in late} == {("welcome", "snapshot", "bye")}
        await eventually(lambda: node.daemon.rooms.get(SESSION) is None)
        assert {status for status, _ in [await node.get("/v1/sessions/s1/events") for _ in range(6)]} == {410}
        assert {status for status, _ in [await node.get("/v1/sessions/s2/events") for _ in range(6)]} == {404}


async def watch_anywhere(node: Node, times: int) -> list[Viewer]:
    """Viewers that stay until the server closes them."""
    viewers = [Viewer(node.url, SESSION) for _ in range(times)]
    for viewer in viewers:
        await asyncio.wait_for(viewer.watch(), 5)
    return viewers


async def test_limits_are_those_of_the_node(start: Start) -> None:
    async with start(CAPTIOND_VIEWERS__MAX_CONNECTIONS="3", CAPTIOND_VIEWERS__MAX_PER_SESSION="2") as node:
        node.open("s1")
        node.open("s2")
        viewers = [await node.watch(HEAD), await node.watch(RELAY)]
        for _ in range(4):  # both workers answer some of these
            status, body = await node.get("/v1/sessions/s1/events")
            assert (status, json.loads(body)["limit"]) == (429, "session")
        viewers.append(await node.watch(session="s2"))
        for _ in range(4):
            status, body = await node.get("/v1/sessions/s2/events")
            assert (status, json.loads(body)["limit"]) == (429, "node")
        assert await node.figure('viewers_refused_total{reason="session"}') == 4
        assert await node.figure('viewers_refused_total{reason="node"}') == 4
        _, listed = await node.get("/v1/sessions")
        assert {one["id"]: one["viewers"] for one in json.loads(listed)["sessions"]} == {"s1": 2, "s2": 1}
        await viewers[1].cut()
        await eventually(lambda: node.daemon.rooms.viewers == 2)
        await node.watch(session="s1")
        node.daemon.audit.flush(5.0)  # one chain for all
        assert node.daemon.audit.path.read_text().count("viewer_refused") == 8


async def test_four_hundred_viewers_are_spread_evenly(start: Start) -> None:
    async with start() as node:
        node.open()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            answers = [await http.get(f"{node.url}/v1/sessions/s1/events") for _ in range(400)]
            assert {answer.status for answer in answers} == {200}
            assert sum(node.loads.values()) == 400
            assert 180 <= node.loads[RELAY] <= 220, node.loads
            for answer in answers:
                answer.close()
        await eventually(lambda: node.daemon.rooms.viewers == 0)
