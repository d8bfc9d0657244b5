"""A plain client (aiohttp and websockets, nothing of the daemon) and events to play."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from captiond.simulator import Simulator

CLIENT = ("client", "s3cret")
SUBSCRIPTION = {"topics": ["conversation:transcription"]}
PATIENCE_S = 10.0  # for an answer on loopback; only a broken program takes it


def spoken(number: int, *, spacing_s: float = 1.0, session: str = "call-1", **keys: Any) -> list[dict[str, Any]]:
    """That many partials, one each `spacing_s`, numbered from 1; the texts are w1, w2..."""
    return [
        {
            "eventType": "transcription",
            "eventSequence": n,
            "mediaSessionId": session,
            "transcript": f"w{n}",
            "isPartial": n < number,
            "timestamp": stamp_at((n - 1) * spacing_s),
            **keys,
        }
        for n in range(1, number + 1)
    ]


def stamp_at(seconds: float) -> str:
    """A file's timestamp so long after the start of its conversation."""
    millis = round(seconds * 1000)
    return f"2024-06-15T10:{millis // 60_000:02}:{millis // 1000 % 60:02}.{millis % 1000:03}Z"


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of client credentials."""
    return {"Authorization": aiohttp.encode_basic_auth(client_id, secret)}


class PlainClient:
    """Talks to a simulator as any client could."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http

    async def token(self, sim: Simulator) -> str:
        async with self.http.post(
            f"{sim.login_url}/oauth/token",
            data={"grant_type": "client_credentials"},
            headers=basic(*CLIENT),
        ) as response:
            assert response.status == 200
            return str((await response.json())["access_token"])

    async def activate(self, sim: Simulator, session: str, *, token: str, **keys: Any) -> tuple[int, dict[str, Any]]:
        body = {"mediaSessionId": session, "language": "en-US", **keys}
        async with self.http.post(
            f"{sim.api_url}/api/v2/media/transcriptions", json=body, headers={"Authorization": f"Bearer {token}"}
        ) as response:
            return response.status, await response.json()

    async def open(self, sim: Simulator, token: str | None = None) -> ClientConnection:
        """A socket with no pings of its own. The caller closes it."""
        bearer = token if token is not None else await self.token(sim)
        return await connect(
            sim.stream_url,
            additional_headers={"Authorization": f"Bearer {bearer}"},
            ping_interval=None,
            close_timeout=PATIENCE_S,
            proxy=None,
            max_size=None,
        )

    async def subscribe(self, socket: ClientConnection, session: str = "call-1") -> dict[str, Any]:
        """Subscribes and answers the first frame after it, which is the acknowledgement or the refusal."""
        await socket.send(json.dumps({"action": "subscribe", **SUBSCRIPTION, "filter": {"mediaSessionId": session}}))
        frame = await receive_frame(socket)
        assert isinstance(frame, dict)
        return frame


async def receive_frame(socket: ClientConnection) -> Any:
    """The next frame, parsed."""
    async with asyncio.timeout(PATIENCE_S):
        return json.loads(await socket.recv())


async def receive_events(socket: ClientConnection, number: int) -> list[dict[str, Any]]:
    """The next so many events."""
    events: list[dict[str, Any]] = []
    while len(events) < number:
        frame = await receive_frame(socket)
        events.extend(frame if isinstance(frame, list) else [frame])
    return events


async def nothing_more(socket: ClientConnection) -> None:
    """Proves that the server has sent nothing: its pong overtakes no frame."""
    pong = await socket.ping()
    async with asyncio.timeout(PATIENCE_S):
        await pong
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await socket.recv()


async def close_code(socket: ClientConnection) -> int | None:
    """How the server closed; None where it just vanished."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else None
