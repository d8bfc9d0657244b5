"""What whole-daemon tests share: a daemon as a process or in this loop, and viewers that write down every message."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

import captiond
from captiond.config import load
from captiond.daemon import Daemon, running
from captiond.simulator.server import Simulator
from captiond.simulator.tracks import Track

ROOT = Path(__file__).parents[1]
TREE = Path(captiond.__file__).parents[1]  # what is tested: this tree's source, or the compiled installation
SHARED_DATA = ROOT.parent / "shared" / "data"

Json = dict[str, Any]


def shared_events(path: str) -> list[Json]:
    """The events of one shared stream, in file order."""
    return [json.loads(line) for line in (SHARED_DATA / path).read_text().splitlines()]


@dataclass
class Viewer:
    """One viewer over one transport: connects, writes down what comes, may be cut at any message."""

    url: str
    session: str
    transport: str = "ws"
    token: str | None = None
    position: str | None = None
    partials: bool = True
    messages: list[Json] = field(default_factory=list)
    closed_with: int | None = None
    status: int | None = None

    @property
    def _query(self) -> str:
        pairs = [("position", self.position), ("token", self.token), ("partials", None if self.partials else "0")]
        text = "&".join(f"{key}={value}" for key, value in pairs if value is not None)
        return f"?{text}" if text else ""

    async def watch(self, *, until: Callable[[Json], bool] = lambda _: False) -> None:
        """Writes down messages until one satisfies `until`, then cuts the connection; or until the server closes."""
        if self.transport == "ws":
            await self._watch_ws(until)
        else:
            await self._watch_sse(until)

    async def _watch_ws(self, until: Callable[[Json], bool]) -> None:
        address = self.url.replace("http", "ws", 1) + f"/v1/sessions/{self.session}/ws{self._query}"
        async with connect(address, compression=None, max_size=None, max_queue=None, proxy=None) as socket:
            try:
                async for frame in socket:
                    message = json.loads(frame)
                    self.messages.append(message)
                    if until(message):
                        socket.transport.abort()
                        return
            except ConnectionClosedError:
                pass  # a code other than 1000 is no surprise here
            self.closed_with = socket.close_code

    async def _watch_sse(self, until: Callable[[Json], bool]) -> None:
        address = f"{self.url}/v1/sessions/{self.session}/events{self._query}"
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=2**24) as http,
            http.get(address) as response,
        ):
            self.status = response.status
            if response.status != 200:
                return
            event: dict[str, str] = {}
            async for raw in response.content:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if "data" in event:
                    message = json.loads(event["data"])
                    assert event.get("event") == message["type"]
                    if "index" in message:
                        assert event["id"].endswith(f".{message['index']}")
                    self.messages.append(message)
                    if until(message):
                        return
                event = {}

    def of_type(self, kind: str) -> list[Json]:
        """Every message of one type so far."""
        return [message for message in self.messages if message["type"] == kind]

    def finals(self) -> list[tuple[str, int, str]]:
        """(utterance, revision, text) of every final, snapshots included, in the order they came."""
        out = []
        for message in self.messages:
            if message["type"] == "snapshot":
                out += [(c["utterance"], c["revision"], c["text"]) for c in message["captions"] if c["final"]]
            elif message["type"] == "caption" and message["final"]:
                out.append((message["utterance"], message["revision"], message["text"]))
        return out

    def indices(self) -> list[int]:
        """The index of every message that has one, in the order they came."""
        return [message["index"] for message in self.messages if "index" in message]


def session_ended(message: Json) -> bool:
    """Whether this message says that the session is over."""
    return message["type"] == "session" and message["state"] in ("ended", "failed")


class DaemonProcess:
    """`captiond serve` as a process of its own, so that it can be killed."""

    def __init__(self, folder: Path, *, environ: dict[str, str], arguments: Iterable[str] = ()) -> None:
        self.folder, self.arguments = folder, tuple(arguments)
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")},
            "PYTHONPATH": str(TREE),
            "CAPTIOND_SERVER__PORT": "0",
            "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
            "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            **environ,
        }
        self.url = ""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """Everything it has written to stderr, over all its lives."""
        path = self.folder / "daemon.log"
        return path.read_text() if path.exists() else ""

    async def start(self, *, ready_s: float = 30.0) -> None:
        """Starts it and waits for the line with its URL."""
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "captiond", "serve", *self.arguments,
                cwd=self.folder, env=self.environ, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(ready_s):
            line = (await self._process.stdout.readline()).decode()
        assert "http://" in line, f"no ready line, but {line!r}; log:\n{self.log}"
        self.url = line[line.index("http://") :].split()[0].rstrip("/.")

    @property
    def pid(self) -> int:
        """Of its process, which has been started."""
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def exit_status(self, *, within_s: float) -> int:
        """Waits for its end."""
        assert self._process is not None
        async with asyncio.timeout(within_s):
            return await self._process.wait()

    async def stop(self) -> None:
        """Kills it if it is still there."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def daemon_process(folder: Path, *arguments: str, **environ: str) -> AsyncIterator[DaemonProcess]:
    """A started daemon process, killed at the end."""
    daemon = DaemonProcess(folder, environ=environ, arguments=arguments)
    try:
        await daemon.start()
        yield daemon
    finally:
        await daemon.stop()


def account(upstream: Simulator) -> dict[str, str]:
    """The configuration of a daemon whose Genesys is this simulator."""
    return {
        "CAPTIOND_GENESYS__LOGIN_URL": upstream.login_url,
        "CAPTIOND_GENESYS__API_URL": upstream.api_url,
        "CAPTIOND_GENESYS__STREAM_URL": upstream.stream_url,
        "CAPTIOND_GENESYS__CLIENT_ID": "test",
        "CAPTIOND_GENESYS__CLIENT_SECRET": "test",
    }


async def start(daemon: DaemonProcess | Daemon, session: str, **more: Any) -> Json:
    """Starts one session; answers its view."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{daemon.url}/v1/sessions", json={"mediaSessionId": session, **more}) as answer,
    ):
        body: Json = await answer.json(content_type=None)
        assert answer.status in (200, 201), body
        return body


def final_texts(track: Track) -> int:
    """How many utterances of a track are closed by a final that says something."""
    return sum(1 for step in track.steps if not step.event["isPartial"] and step.event["transcript"].strip())


@contextlib.asynccontextmanager
async def daemon_here(
    folder: Path, upstream: Simulator | None = None, *, workers: int = 1, **environ: str
) -> AsyncIterator[Daemon]:
    """A daemon in this process and loop, over real sockets; its other workers are processes of their own."""
    (folder / "captiond.toml").touch()
    config = load(
        folder / "captiond.toml",
        {
            "CAPTIOND_SERVER__PORT": "0",
            "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
            "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            **(account(upstream) if upstream is not None else {}),
            **environ,
        },
    )
    async with running(config, workers=workers) as daemon:
        yield daemon


async def eventually(holds: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Waits until something outside this task is so; fails where it is not in time."""
    try:
        async with asyncio.timeout(within_s):
            while not holds():  # noqa: ASYNC110  (what it waits for has no event)
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not so within {within_s} s") from None
