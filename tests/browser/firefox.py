"""<live-captions> in a real Firefox against the running daemon: `python -m tests.browser.firefox`.

Not among the tests that run every time: Debian's firefox-esr is 250 MB to install, and the rules tried here are those
that Chromium's tests try at length. Driven over WebDriver BiDi, which Firefox serves itself. Exit status 0: all held.
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from captiond.demo import demonstrating
from tests.browser.cable import cable_to
from tests.browser.chromium import ARTIFACTS
from tests.browser.embedding import ELEMENT, ROOT

Json = dict[str, Any]
START_S, WAIT_S = 60.0, 45.0
SPEED = 4.0
SESSION = "en-US-benefits-agent"
FINALS = f"{ELEMENT}.feed.items.filter(one => one.final).map(one => [one.utterance, one.text])"


class Firefox:
    """One tab of one Firefox; `faults` are its console's errors and uncaught exceptions."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last_id = 0
        self._context = ""
        self.faults: list[str] = []

    async def open(self) -> None:
        await self._call("session.new", capabilities={})
        await self._call("session.subscribe", events=["log.entryAdded"])
        self._context = (await self._call("browsingContext.getTree"))["contexts"][0]["context"]

    async def _call(self, method: str, **params: Any) -> Json:
        self._last_id += 1
        await self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": params}))
        async with asyncio.timeout(START_S):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == self._last_id:
                    assert answer["type"] == "success", f"{method}: {answer.get('error')}: {answer.get('message')}"
                    result: Json = answer["result"]
                    return result
                if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                    self.faults.append(str(answer["params"]["text"])[:300])

    async def go(self, url: str) -> None:
        await self._call("browsingContext.navigate", context=self._context, url=url, wait="interactive")

    async def run(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        answer = await self._call(
            "script.evaluate",
            expression=f"Promise.resolve({script}).then(JSON.stringify)",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    async def until(self, condition: str) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            try:
                if await self.run(condition):
                    return
            except AssertionError:
                pass  # still loading
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came true: {condition}")

    async def key(self, key: str) -> None:
        """Pressed where the focus is. Keys without a letter have WebDriver's code points."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        await self._call(
            "input.performActions",
            context=self._context,
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    async def screenshot(self, name: str) -> Path:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        answer = await self._call("browsingContext.captureScreenshot", context=self._context)
        path = ARTIFACTS / f"{name}.png"
        path.write_bytes(base64.b64decode(answer["data"]))
        return path


async def try_it(port: int, folder: Path) -> None:
    """Captions come, settings hold, a cut line resumes, and the console has no error. AssertionError: one did not."""
    (folder / "demo.toml").touch()
    async with (
        demonstrating(folder, port=0, speed=SPEED) as daemon,
        cable_to(daemon.url) as cable,
        connect(f"ws://127.0.0.1:{port}/session", max_size=1 << 26, proxy=None, ping_interval=None) as socket,
    ):
        page = Firefox(socket)
        await page.open()
        await page.go(f"{cable.url}/display/{SESSION}")
        await page.until(f"{ELEMENT}?.state === 'live' && {FINALS}.length >= 2")
        print("captions come, over", await page.run(f"{ELEMENT}.transport"))
        shown = f"[...{ROOT}.querySelectorAll('.line .text')].some(one => one.textContent === {FINALS}[0][1])"
        await page.until(shown)
        assert await page.run(f"getComputedStyle({ROOT}.querySelector('.base')).display") == "flex"
        assert await page.run(f"{ELEMENT}.matches(':state(live)')")
        await page.screenshot("firefox-display")

        await page.run(f"{ROOT}.querySelector('.viewport').focus()")
        await page.key("s")
        await page.until(f"{ROOT}.querySelector('.panel')?.open")
        await page.run(f"void ({ELEMENT}.settings = {{size: 150, textColor: 'yellow', windowColor: 'blue'}})")
        await page.until(f"getComputedStyle({ROOT}.querySelector('.line .text')).color.includes('1 1 0')")
        await page.screenshot("firefox-settings")
        await page.key("\ue00c")  # Escape
        await page.until(f"!{ROOT}.querySelector('.panel').open")
        assert await page.run(f"{ROOT}.activeElement.className.includes('viewport')")
        await page.run(f"void ({ELEMENT}.settings = {{}})")
        print("settings open by key, hold, close by Escape and give the focus back")

        await page.key("f")
        await page.until(f"!{ROOT}.querySelector('.search').hidden")
        for letter in "the":
            await page.key(letter)
        await page.until(f"/\\d/.test({ROOT}.querySelector('.search-count').textContent)")
        await page.screenshot("firefox-search")
        await page.key("\ue00c")
        print("search finds")

        before = len(page.faults)
        cable.cut()
        await page.until(f"{ELEMENT}.state === 'reconnecting'")
        missed_from = await page.run(f"{FINALS}.length")
        await asyncio.sleep(4)
        cable.plug(loses=True)
        await page.until(f"{ELEMENT}.state === 'live' && {FINALS}.length > {missed_from}")
        del page.faults[before:]  # the browser says that it could not connect
        await page.until(f"{ELEMENT}.state === 'ended'")
        finals = await page.run(FINALS)
        told = await page.run(
            f"fetch('/v1/sessions/{SESSION}/transcript.json').then(answer => answer.json())"
            ".then(({captions}) => captions.map(({utterance, text}) => [utterance, text]))"
        )
        assert finals == told[-len(finals) :]
        assert len(finals) == len(told)
        print(f"a cut line resumes: {len(finals)} finals, all that the daemon has")
        assert page.faults == [], page.faults
        print("no error in the console")


def main() -> int:
    """The command."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        print("Firefox is not here: as root, apt-get install firefox-esr (Debian)", file=sys.stderr)
        return 1
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:  # Firefox may still be writing as it dies
        folder = Path(name)
        (folder / "profile").mkdir()
        (folder / "daemon").mkdir()
        command = [program, "--headless", "--no-remote", "--profile", str(folder / "profile")]
        with (folder / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*command, "--remote-debugging-port", "0", "about:blank"],
                stdout=log,
                stderr=log,
                env=os.environ | {"HOME": name, "TMPDIR": name},
                start_new_session=True,
            )
            try:
                asyncio.run(try_it(_port(process, folder / "log"), folder / "daemon"))
            except* AssertionError as faults:
                print(f"FAILED: {first_of(faults)}", file=sys.stderr)
                failed = True
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return int(failed)


def first_of(faults: BaseException) -> BaseException:
    """What a group of errors is about."""
    while isinstance(faults, BaseExceptionGroup):
        faults = faults.exceptions[0]
    return faults


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if "WebDriver BiDi listening on ws://" in line:
                return int(line.rpartition(":")[2])
        assert process.poll() is None, "Firefox did not start"
        time.sleep(0.1)  # another process's file: there is nothing to wait on
    raise AssertionError(f"Firefox offered no WebDriver BiDi within {START_S} s")


if __name__ == "__main__":
    sys.exit(main())
