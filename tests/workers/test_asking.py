"""What viewers ask is answered at every worker: whether anybody is there, and which sessions caption a call."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import connect

from tests.workers.conftest import HEAD, RELAY, SESSION, Start


async def test_who_asks_is_answered_at_every_worker(start: Start) -> None:
    async with start() as node, contextlib.AsyncExitStack() as sockets:
        node.open()
        address = f"{node.url.replace('http', 'ws', 1)}/v1/sessions/{SESSION}/ws"
        asking = [await sockets.enter_async_context(connect(address, proxy=None)) for _ in range(6)]
        assert min(node.loads[HEAD], node.loads[RELAY]) >= 1
        for socket in asking:
            await socket.send('{"type":"pong","ask":true}')
            async with asyncio.timeout(10):
                kinds = [json.loads(await socket.recv()) for _ in range(3)]
            assert [message["type"] for message in kinds] == ["welcome", "snapshot", "ping"]
            assert (kinds[2]["answer"], kinds[2]["position"]) == (True, kinds[1]["position"])
        # A call is looked up at the head, whoever took the connection.
        for _ in range(4):
            status, body = await node.get(f"/v1/conversations/{SESSION}")
            assert (status, [one["id"] for one in json.loads(body)["sessions"]]) == (200, [SESSION])
