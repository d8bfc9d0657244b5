"""T13: everybody comes back at once. Snapshots are made for sessions, not for viewers, and all are caught up.

Found in the field as centrifugo#982: after a network's return a server spent minutes making the same answer again and
again. 500 viewers here; `captiond bench fanout --storm` brings 10,000.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from captiond.base.ids import SessionId
from captiond.hub.limits import Limits as HubLimits
from tests.serve.serving import Served, serving, until

VIEWERS = 500
SESSIONS = ("s1", "s2", "s3", "s4", "s5")


class Client(asyncio.Protocol):
    """One viewer that keeps the bytes it got."""

    def __init__(self, head: bytes) -> None:
        self._head, self.got = head, bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        self.got += data


@asynccontextmanager
async def crowd(served: Served, transport: str, positions: dict[str, str] | None = None) -> AsyncIterator[list[Client]]:
    """500 viewers of five sessions that ask all at once."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    async with asyncio.TaskGroup() as group:
        for number in range(VIEWERS):
            session = SESSIONS[number % len(SESSIONS)]
            query = f"?position={positions[session]}" if positions else ""
            upgrade = (
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            )
            kind, more = ("ws", upgrade) if transport == "ws" else ("events", "")
            head = f"GET /v1/sessions/{session}/{kind}{query} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n{more}\r\n"
            client = Client(head.encode())
            clients.append(client)
            group.create_task(loop.create_connection(lambda client=client: client, "127.0.0.1", served.port))  # type: ignore[misc]
    try:
        yield clients
    finally:
        for client in clients:
            client.transport.abort()


def speak(served: Served) -> None:
    for session in SESSIONS:
        live = served.open(session)
        for number in range(40):
            served.say(f"{number} words that were said before anybody came back", final=True, session=session)
        assert live.viewers == 0


@pytest.mark.parametrize("transport", ["ws", "events"])
async def test_snapshots_are_made_for_sessions_and_not_for_viewers(transport: str) -> None:
    async with serving() as served:
        speak(served)
        async with crowd(served, transport) as clients:
            await until(lambda: all(b'"type":"snapshot"' in client.got for client in clients))
            assert served.rooms.viewers == VIEWERS
            assert served.meter.of["snapshots_encoded_total",] == len(SESSIONS)
            # The next caption makes the next snapshot due; nobody asks for one, so none is made.
            for session in SESSIONS:
                served.say("and on it goes", final=True, session=session)
            await until(lambda: all(b"and on it goes" in client.got for client in clients))
            assert served.meter.of["snapshots_encoded_total",] == len(SESSIONS)
        await until(lambda: served.rooms.viewers == 0)


@pytest.mark.parametrize("transport", ["ws", "events"])
async def test_who_comes_back_with_a_position_gets_what_it_missed_and_no_snapshot(transport: str) -> None:
    async with serving() as served:
        speak(served)
        positions = {}
        for session in SESSIONS:
            live = served.rooms.get(SessionId(session))
            assert live is not None
            positions[session] = live.position
            served.say("said while everybody was away", final=True, session=session)
        async with crowd(served, transport, positions) as clients:
            await until(lambda: all(b"said while everybody was away" in client.got for client in clients))
            assert all(client.got.count(b'"type":"caption"') == 1 for client in clients)
        assert served.meter.of["recoveries_total", "recovered"] == VIEWERS
        assert served.meter.of["snapshots_encoded_total",] == 0


async def test_who_was_away_too_long_shares_a_snapshot() -> None:
    async with serving(hub_limits=HubLimits(retention_messages=5)) as served:
        speak(served)
        lives = {session: served.rooms.get(SessionId(session)) for session in SESSIONS}
        positions = {session: f"{live.position.partition('.')[0]}.3" for session, live in lives.items() if live}
        async with crowd(served, "events", positions) as clients:
            await until(lambda: all(b'"type":"snapshot"' in client.got for client in clients))
        assert served.meter.of["recoveries_total", "snapshot"] == VIEWERS
        assert served.meter.of["snapshots_encoded_total",] == len(SESSIONS)


async def test_captions_go_on_while_everybody_comes_back() -> None:
    """Each caption of a session that nobody joins is with its viewer before the storm's next few have joined."""
    async with serving() as served:
        speak(served)
        served.open("calm")
        calm = Client(f"GET /v1/sessions/calm/events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        await asyncio.get_running_loop().create_connection(lambda: calm, "127.0.0.1", served.port)
        await until(lambda: b'"type":"snapshot"' in calm.got)
        said, worst = 0, 0

        async def go_on() -> None:
            nonlocal said, worst
            while served.rooms.viewers < VIEWERS + 1:
                before = served.rooms.viewers
                said += 1
                served.say(f"calm {said}", final=True, session="calm")
                while calm.got.count(b'"type":"caption"') < said:  # noqa: ASYNC110  (bytes on a socket)
                    await asyncio.sleep(0)
                worst = max(worst, served.rooms.viewers - before)

        # It speaks before the first of the storm connects: many have joined when the last one has connected.
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(go_on())
            async with crowd(served, "events") as clients:
                await until(lambda: all(b'"type":"snapshot"' in client.got for client in clients))
        calm.transport.abort()
        assert said >= 5
        assert worst <= 8 * 16  # to be read, to go out, to be read again: a few turns each
