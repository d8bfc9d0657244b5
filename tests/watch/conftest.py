"""A caption server for `captiond watch`: real sockets, one script for each connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

Json = dict[str, Any]
SERVER_TIME = "2024-06-15T10:00:00.000Z"


class Station:
    """Plays `scripts`, one for each connection in turn.

    A script is a status (refused before the upgrade), or a list of messages; at its end "drop" breaks the line, "stay"
    keeps it open, a number closes with that code.
    """

    def __init__(self) -> None:
        self.scripts: list[int | list[Any]] = []
        self.paths: list[str] = []
        self.tokens: list[str | None] = []
        self.retry_after: str | None = None
        self.url = ""

    def process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.tokens.append(request.headers.get("Authorization"))
        script = self.scripts[len(self.paths) - 1]
        if isinstance(script, list):
            return None
        headers = Headers([("Content-Length", "0"), ("Connection", "close")])
        if self.retry_after:
            headers["Retry-After"] = self.retry_after
        return Response(script, HTTPStatus(script).phrase, headers, b"")

    async def play(self, socket: ServerConnection) -> None:
        script = self.scripts[len(self.paths) - 1]
        assert isinstance(script, list)
        for step in script:
            if step == "drop":
                socket.transport.abort()
            elif step == "stay":
                await socket.wait_closed()
            elif isinstance(step, int):
                await socket.close(step)
            elif isinstance(step, str):
                await socket.send(step)
            else:
                await socket.send(json.dumps(step))


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    one = Station()
    async with serve(one.play, "127.0.0.1", 0, process_request=one.process_request, compression=None) as server:
        one.url = f"http://127.0.0.1:{_port(server)}"
        yield one
        await asyncio.sleep(0)


def _port(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


class Messages:
    """Makes messages of one session; indexes and revisions count up."""

    def __init__(self) -> None:
        self.index = 0
        self._revisions: dict[str, int] = {}

    def welcome(self, *, recovered: bool = False, at: int | None = None, state: str = "live") -> Json:
        return {
            "type": "welcome",
            "protocol": "captions.v1",
            "session": "call-1",
            "position": f"aaaaaaaa.{self.index if at is None else at}",
            "recovered": recovered,
            "state": state,
            "language": "en-US",
            "pingS": 25,
            "serverTime": SERVER_TIME,
        }

    def snapshot(self, *captions: Json, gaps: tuple[Json, ...] = (), earlier: int = 0) -> Json:
        return {
            "type": "snapshot",
            "position": f"aaaaaaaa.{self.index}",
            "captions": list(captions),
            "gaps": list(gaps),
            "earlierFinals": earlier,
        }

    def caption(self, utterance: str, text: str, *, final: bool = False, **extra: Any) -> Json:
        self.index += 1
        self._revisions[utterance] = self._revisions.get(utterance, 0) + 1
        mask = text.find("[...]")
        settled = len(text) if mask < 0 else mask
        return {
            "type": "caption",
            "index": self.index,
            "utterance": utterance,
            "revision": self._revisions[utterance],
            "final": final,
            "text": text,
            "stableLength": settled if final else 0,
            "held": mask >= 0,
            "channel": "",
            "language": "en-US",
            "emittedAt": "2024-06-15T10:00:00.000Z",
            "sentAt": "2024-06-15T10:00:00.500Z",
            "redactions": {},
        } | extra

    def gap(self, lost: int | None) -> Json:
        self.index += 1
        return {"type": "gap", "index": self.index, "lost": lost, "cause": "sequence"}

    def retraction(self, utterance: str) -> Json:
        self.index += 1
        return {"type": "retraction", "index": self.index, "utterance": utterance}

    def state(self, state: str, reason: str | None = None) -> Json:
        self.index += 1
        return {"type": "session", "index": self.index, "state": state, "reason": reason}

    def bye(self, code: int, retry_ms: int | None = None) -> Json:
        return {"type": "bye", "code": code, "reason": "", "resume": code < 4500, "retryMs": retry_ms}


@pytest.fixture
def messages() -> Messages:
    return Messages()
