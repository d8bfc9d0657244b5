"""A real Chromium, driven over the DevTools protocol, and a caption server that says what the test tells it to.

No browser-automation package: the few calls needed are JSON over the WebSocket that Chromium offers, and `websockets`
is here anyway. Screenshots are kept under artifacts/browser/.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect

from captiond.serve.app import SECURITY_HEADERS
from captiond.serve.pages import PAGES, Pages

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "browser"
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests run as root in containers; only pages of this repository are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
START_S = 40.0  # a cold Chromium on a busy machine
WAIT_S = 15.0  # for anything that a page should come to show
Json = dict[str, Any]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DevTools address of one Chromium for all tests."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is needed to test the widget: install the Debian package chromium"
    profile = tmp_path_factory.mktemp("chromium")
    with (profile / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=log,
            stderr=log,
            env=os.environ | {"TMPDIR": str(profile)},  # what it leaves behind goes with the profile
            start_new_session=True,
        )
        try:
            yield _devtools_address(process, profile)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _devtools_address(process: "subprocess.Popen[bytes]", profile: Path) -> str:
    said = profile / "DevToolsActivePort"
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        lines = said.read_text().splitlines() if said.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        assert process.poll() is None, (
            "Chromium did not start: " + (profile / "log").read_text(errors="replace")[-2000:]
        )
        time.sleep(0.05)  # another process's file: there is nothing to wait on
    raise AssertionError(f"Chromium offered no DevTools within {START_S} s")


class Page:
    """One tab. Remembers what went wrong in it: uncaught errors, and everything the content policy refused."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session = ""
        self._last_id = 0
        self.faults: list[str] = []
        self.requests: list[str] = []

    async def open(self) -> None:
        target = await self._call("Target.createTarget", url="about:blank", newWindow=True)  # drawn, too
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self._call(f"{domain}.enable")

    async def _call(self, method: str, **params: Any) -> Json:
        self._last_id += 1
        request = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            request["sessionId"] = self._session
        await self._socket.send(json.dumps(request))
        async with asyncio.timeout(START_S):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == self._last_id:
                    assert "error" not in answer, f"{method}: {answer['error']}"
                    result: Json = answer["result"]
                    return result
                self._note(answer)

    def _note(self, event: Json) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.faults.append(json.dumps(params["exceptionDetails"])[:600])
        elif method == "Log.entryAdded" and params["entry"]["source"] in ("security", "violation", "javascript"):
            self.faults.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    async def go(self, url: str) -> None:
        await self._call("Page.navigate", url=url)

    async def before_each_page(self, script: str) -> None:
        """Runs in every page that is opened from now on, before the page's own scripts."""
        await self._call("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def size(self, width: int, height: int) -> None:
        await self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def media(self, **features: str) -> None:
        """For example `prefers_color_scheme="dark"`."""
        chosen = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        await self._call("Emulation.setEmulatedMedia", features=chosen)

    async def run(self, script: str) -> Any:
        """The value of an expression (a promise is awaited) in the page."""
        answer = await self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, json.dumps(answer["exceptionDetails"])[:1000]
        return answer["result"].get("value")

    async def until(self, condition: str, *, wait_s: float = WAIT_S) -> Any:
        """Waits until the expression is true; answers its value. Fails with what the page shows instead."""
        deadline_s = time.monotonic() + wait_s
        while time.monotonic() < deadline_s:
            # The page's own frames are the clock here. A page that is still loading has no answer yet.
            with contextlib.suppress(AssertionError):
                value = await self.run(f"new Promise(go => requestAnimationFrame(() => go({condition})))")
                if value:
                    return value
        seen = await self.run(SHOWN)
        raise AssertionError(f"never came true: {condition}\nthe page shows: {seen}\nfaults: {self.faults}")

    async def click(self, selector: str) -> None:
        await self.run(f"({selector}).click()")

    async def screenshot(self, name: str) -> Path:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        answer = await self._call("Page.captureScreenshot", format="png")
        path = ARTIFACTS / f"{name}.png"
        path.write_bytes(base64.b64decode(answer["data"]))
        return path


# What the first <live-captions> shows, line by line, as a reader sees it: masks by their labels.
SHOWN = """
(() => {
  const element = document.querySelector("live-captions");
  const root = element?.shadowRoot;
  if (!root) return null;
  return [...root.querySelectorAll(".line, .gap")].map((line) => line.textContent);
})()
"""


@pytest.fixture
async def pages(chromium: str) -> AsyncIterator[Callable[[], Awaitable[Page]]]:
    """Makes new tabs; the test fails where one had an uncaught error or the content policy refused anything."""
    tabs: list[Page] = []
    async with contextlib.AsyncExitStack() as sockets:

        async def make() -> Page:
            tab = Page(
                await sockets.enter_async_context(connect(chromium, max_size=1 << 26, compression=None, proxy=None))
            )
            await tab.open()
            tabs.append(tab)
            return tab

        yield make
        for tab in tabs:
            assert await tab.run("1 + 1") == 2  # the page is alive, and all its events have been read
            assert tab.faults == []


@pytest.fixture
async def page(pages: Callable[[], Awaitable[Page]]) -> Page:
    """A new tab."""
    return await pages()


class Station:
    """A caption server under the test's hand: real sockets, real pages, scripted messages.

    Attributes:
        url: its address.
        joined: the query of each connection, in order, as (session, transport, query).
        websockets: False: refuses every upgrade, as a proxy that knows no WebSockets does.
        logs: what was sent of each session, so that a viewer that resumes gets what it missed.
        earlier_finals: how many a snapshot says that it leaves out.
        transcript: the captions of every transcript; None: nobody may read one.
    """

    def __init__(self) -> None:
        self.url = ""
        self.joined: list[tuple[str, str, dict[str, str]]] = []
        self.websockets = True
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
        if not self.websockets:
            self.joined.append((request.match_info["id"], "refused", dict(request.query)))
            self._changed.set()
            return web.Response(status=502)
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
            async for _ in socket:
                pass
        return socket

    async def _sse(self, request: web.Request) -> web.StreamResponse:
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
            newest = {message["utterance"]: message for message in log if message["type"] == "caption"}
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


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    """The caption server, on a port of its own."""
    one = Station()
    runner = web.AppRunner(one.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()


@pytest.fixture
def caption() -> Callable[..., Json]:
    """Makes caption messages; revisions count up by utterance."""
    revisions: dict[str, int] = {}

    def make(utterance: str, text: str, *, final: bool = False, stable: int | None = None, **extra: Any) -> Json:
        revisions[utterance] = revisions.get(utterance, 0) + 1
        mask = text.find("[...]")
        settled = mask if mask >= 0 else len(text)
        return {
            "type": "caption",
            "utterance": utterance,
            "revision": revisions[utterance],
            "final": final,
            "text": text,
            "stableLength": settled if stable is None and final else stable or 0,
            "held": mask >= 0,
            "channel": "",
            "language": "en-US",
            "emittedAt": "2024-06-15T10:00:00.000Z",
            "sentAt": "2024-06-15T10:00:00.010Z",
            "redactions": {},
        } | extra

    return make
