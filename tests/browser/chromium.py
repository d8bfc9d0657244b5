"""A real Chromium, driven over the DevTools protocol: for tests (conftest) and for what is measured (paint, memory).

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
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect

from tests.browser.station import WAIT_S, Station

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
Json = dict[str, Any]


@contextlib.contextmanager
def launched(profile: Path) -> Iterator[str]:
    """The DevTools address of a Chromium that runs so long; `profile` is its folder, the caller's to remove."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is needed to test the widget: install the Debian package chromium"
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


# What the first <live-captions> shows, line by line, as a reader sees it: masks by their labels.
SHOWN = """
(() => {
  const element = document.querySelector("live-captions");
  const root = element?.shadowRoot;
  if (!root) return null;
  return [...root.querySelectorAll(".line, .gap")].map((line) => line.textContent);
})()
"""


class Page:
    """One tab. Remembers what went wrong in it: uncaught errors, and everything the content policy refused."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session = self._target = ""
        self._last_id = 0
        self._pressed = False
        self.faults: list[str] = []
        self.requests: list[str] = []

    async def open(self) -> None:
        target = await self._call("Target.createTarget", url="about:blank", newWindow=True)  # drawn, too
        self._target = target["targetId"]
        attached = await self._call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self._call(f"{domain}.enable")

    async def shut(self) -> None:
        """Closes the tab: what is left open goes on drawing and asking behind all that follow."""
        self._session = ""  # this is asked of the browser, not of the tab
        await self._call("Target.closeTarget", targetId=self._target)

    async def renderers_cpu_s(self) -> dict[int, float]:
        """Processor seconds of each process that draws pages, all its threads, by process."""
        session, self._session = self._session, ""  # this is asked of the browser, not of the tab
        try:
            answer = await self._call("SystemInfo.getProcessInfo")
        finally:
            self._session = session
        return {one["id"]: one["cpuTime"] for one in answer["processInfo"] if one["type"] == "renderer"}

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
                value = await self.run(
                    "new Promise((go, no) => requestAnimationFrame(() => {"
                    f" try {{ go({condition}) }} catch (fault) {{ no(fault) }} }}))"
                )
                if value:
                    return value
        seen = await self.run(SHOWN)
        raise AssertionError(f"never came true: {condition}\nthe page shows: {seen}\nfaults: {self.faults}")

    async def mouse(self, what: str, x: float, y: float) -> None:
        """`mouseMoved`, `mousePressed` or `mouseReleased`, of the left button."""
        self._pressed = what == "mousePressed" or (what == "mouseMoved" and self._pressed)
        click = {"clickCount": 1} if what != "mouseMoved" else {}
        held = {"button": "left" if click or self._pressed else "none", "buttons": int(self._pressed)}
        await self._call("Input.dispatchMouseEvent", type=what, x=x, y=y, **held, **click)

    async def key(self, key: str) -> None:
        """One key, pressed where the focus is."""
        text = {"text": key} if len(key) == 1 else {}
        await self._call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        await self._call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def click(self, selector: str) -> None:
        await self.run(f"({selector}).click()")

    async def screenshot(self, name: str) -> Path:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        answer = await self._call("Page.captureScreenshot", format="png")
        path = ARTIFACTS / f"{name}.png"
        path.write_bytes(base64.b64decode(answer["data"]))
        return path


@contextlib.asynccontextmanager
async def opened(devtools: str) -> AsyncIterator[Page]:
    """A new tab."""
    async with connect(devtools, max_size=1 << 26, compression=None, proxy=None, ping_interval=None) as socket:
        tab = Page(socket)
        await tab.open()
        try:
            yield tab
        finally:
            await tab.shut()


@contextlib.asynccontextmanager
async def caption_server() -> AsyncIterator[Station]:
    """A caption server under the caller's hand, on a port of its own."""
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
