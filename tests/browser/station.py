"""A caption server under the test's hand, for pages in a real browser."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from captiond.serve.app import SECURITY_HEADERS
from captiond.serve.pages import PAGES, Pages

WAIT_S = 15.0  # for anything that a page should come to show
Json = dict[str, Any]


class Station:
    """A caption server under the test's hand: real sockets, real pages, scripted messages.

    Attributes:
        url: its address.
        joined: the query of each connection, in order, as (session, transport, query).
        websockets: False: refuses every upgrade, as a proxy that knows no WebSockets does.
        refusal: 0, or the status that every viewer is refused with.
        logs: what was sent of each session, so that a viewer that resumes gets what it missed.
        earlier_finals: how many a snapshot says that it leaves out.
        transcript: the captions of every transcript; None: nobody may read one.
    """

    def __init__(self) -> None:
        self.url = ""
        self.joined: list[tuple[str, str, dict[str, str]]] = []
        self.websockets = True
        self.refusal = 0
        self.sessions: list[Json] = []
        self.logs: dict[str, list[Json]] = {}
        self.resumable = True
        self.earlier_finals = 0
        self.transcript: list[Json] | None = None
        self._viewers: dict[str, list[Callable[[Json | None], Awaitable[None]]]] = {}
        self._changed = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        pages = Pages([])
        for route in PAGES:
            app.router.add_get(route, pages.page)
        app.router.add_get("/static/{name}", pages.static)
        app.on_response_prepare.append(self._headers)
        app.router.add_get("/v1/sessions", self._list)
        app.router.add_get("/v1/sessions/{id}/ws", self._ws)
        app.router.add_get("/v1/sessions/{id}/events", self._sse)
        app.router.add_get("/v1/sessions/{id}/transcript.json", self._transcript)
        return app

    async def _headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(SECURITY_HEADERS)

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response({"sessions": self.sessions})

    async def _transcript(self, request: web.Request) -> web.Response:
        if self.transcript is None:
            return web.json_response({"code": "unauthorized"}, status=401)
        return web.json_response({"session": request.match_info["id"], "captions": self.transcript})

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if not self.websockets or self.refusal:
            self.joined.append((request.match_info["id"], "refused", dict(request.query)))
            self._changed.set()
            return web.Response(status=self.refusal or 502)
        socket = web.WebSocketResponse(protocols=("captions.v1",), compress=False)
        await socket.prepare(request)

        async def send(message: Json | None) -> None:
            if message is None:
                assert request.transport is not None
                request.transport.abort()
            else:
                await socket.send_json(message)
                if message["type"] == "bye":
                    await socket.close(code=message["code"])

        async with self._joined(request, "ws", send):
            async for asked in socket:
                if asked.type is WSMsgType.TEXT and json.loads(asked.data).get("ask"):
                    log = self.logs[request.match_info["id"]]
                    at = log[-1]["index"] if log else 0
                    now = "2024-06-15T10:00:00.000Z"
                    ping = {"type": "ping", "position": f"aaaaaaaa.{at}", "serverTime": now, "answer": True}
                    await socket.send_json(ping)
        return socket

    async def _sse(self, request: web.Request) -> web.StreamResponse:
        if self.refusal:
            self.joined.append((request.match_info["id"], "refused", dict(request.query)))
            self._changed.set()
            return web.json_response({"code": "refused"}, status=self.refusal)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        over = asyncio.Event()

        async def send(message: Json | None) -> None:
            if message is None:
                assert request.transport is not None
                request.transport.abort()
                over.set()
            else:
                await response.write(f"event: {message['type']}\ndata: {json.dumps(message)}\n\n".encode())
                if message["type"] == "bye":
                    over.set()

        async with self._joined(request, "sse", send):
            await over.wait()
        return response

    @contextlib.asynccontextmanager
    async def _joined(
        self, request: web.Request, transport: str, send: Callable[[Json | None], Awaitable[None]]
    ) -> AsyncIterator[None]:
        session, query = request.match_info["id"], dict(request.query)
        log = self.logs.setdefault(session, [])
        top = log[-1]["index"] if log else 0
        position = query.get("position", "")
        recovered = self.resumable and position.startswith("aaaaaaaa.")
        at = int(position.split(".")[1]) if recovered else top
        await send(
            {
                "type": "welcome",
                "protocol": "captions.v1",
                "session": session,
                "position": f"aaaaaaaa.{at}",
                "recovered": recovered,
                "state": "live",
                "language": "en-US",
                "pingS": 25,
                "serverTime": "2024-06-15T10:00:00.000Z",
            }
        )
        if recovered:
            for message in log:
                if message["index"] > at:
                    await send(message)
        else:
            newest: dict[str, Json] = {}
            for message in log:
                if message["type"] == "caption":
                    newest[message["utterance"]] = message
                elif message["type"] == "retraction":
                    newest.pop(message["utterance"], None)
            await send(
                {
                    "type": "snapshot",
                    "position": f"aaaaaaaa.{top}",
                    "captions": list(newest.values()),
                    "gaps": [message for message in log if message["type"] == "gap"],
                    "earlierFinals": self.earlier_finals,
                }
            )
        viewers = self._viewers.setdefault(session, [])
        viewers.append(send)
        self.joined.append((session, transport, query))
        self._changed.set()
        try:
            yield
        finally:
            viewers.remove(send)

    async def until_joined(self, count: int) -> None:
        """Until there were so many connections, refused ones too."""
        async with asyncio.timeout(WAIT_S):
            while len(self.joined) < count:
                self._changed.clear()
                await self._changed.wait()

    async def say(self, session: str, *messages: Json) -> None:
        """Sends to all viewers of a session; indexed messages get the next index and are kept for who resumes."""
        log = self.logs.setdefault(session, [])
        for message in messages:
            if message["type"] in ("caption", "retraction", "gap", "session"):
                message["index"] = (log[-1]["index"] if log else 0) + 1
                log.append(message)
            for send in list(self._viewers.get(session, ())):
                await send(message)

    async def cut(self, session: str) -> None:
        """Breaks the connection of every viewer of a session, without a close frame."""
        for send in list(self._viewers.get(session, ())):
            await send(None)
