"""The real daemon, fed as in production: the simulator says an event whenever the load client asks for one."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import orjson

from captiond.bench.fanout_load import LoadFailed, Times
from captiond.bench.processes import started_on
from captiond.simulator.server import Simulator

SPEECH: Final = (
    "so the delivery that you were waiting for has left our depot this morning and it should be at your door before "
    "noon tomorrow unless the weather in the mountains gets worse than what they say"
)
VOCABULARY: Final = tuple(SPEECH.split())
WORDS: Final = 8  # of an utterance; its caption is then some 250 bytes of JSON
READY_S: Final = 60.0
FRAME_EACH: Final = 128  # in an order: a frame for each of its events


@dataclass(frozen=True, slots=True)
class Build:
    """Which captiond is measured: the command that runs it, what it says of itself, and where it is."""

    command: tuple[str, ...]
    says: str
    where: str
    python_path: str = ""


def build_of(daemon: str | None) -> Build:
    """The installation at that path, or the captiond that this is.

    Raises:
        LoadFailed: there is none that runs.
    """
    path = "" if daemon else str(Path(__file__).parents[2])
    # -P: not the source that may be the working folder.
    command = (daemon,) if daemon else (sys.executable, "-P", "-m", "captiond")
    environ = _environ({"PYTHONPATH": path} if path else {})
    try:
        ran = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, env=environ)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise LoadFailed(f"--daemon {daemon or sys.executable}: it does not run ({type(fault).__name__})") from None
    where = "--daemon" if daemon else "source tree" if Path(path, "pyproject.toml").is_file() else "installed"
    return Build(command, ran.stdout.strip(), where, path)


def spoken(number: int) -> tuple[str, bool]:
    """What is said by the event of that number, and whether it is a final: growing partials, then a final."""
    length = number % WORDS + 1
    words = [VOCABULARY[(number // WORDS * 3 + place) % len(VOCABULARY)] for place in range(length)]
    return " ".join(words), length == WORDS


def write_texts(path: Path) -> None:
    """What the other servers send: captions of the same form and length as ours, without their index, a line each."""
    with path.open("wb") as file:
        for number in range(10 * WORDS):
            text, final = spoken(number)
            fields = {
                "utterance": f"BenchXyz-{number // WORDS + 1}",
                "revision": number % WORDS + 1,
                "final": final,
                "text": text,
                "stableLength": len(text) if final else 0,
                "held": False,
                "channel": "",
                "language": "en-US",
                "emittedAt": "2026-01-01T00:00:00.000Z",
                "sentAt": "2026-01-01T00:00:00.000Z",
                "redactions": {},
            }
            file.write(b"," + orjson.dumps(fields)[1:] + b"\n")


class Feeder:
    """Takes orders from a load client, a byte each: how many events to say now, and whether in one frame.

    Attributes:
        theirs: the load client's end; to be inherited by it.
    """

    def __init__(self, upstream: Simulator, session: str, times: Times) -> None:
        self.theirs, self._ours = socket.socketpair()
        self._ours.setblocking(False)
        self._upstream, self._session, self._times = upstream, session, times
        self._number = 0

    async def run(self) -> None:
        """Until it is cancelled, or the load client has gone."""
        loop = asyncio.get_running_loop()
        while orders := await loop.sock_recv(self._ours, 4096):
            for order in orders:
                await self._say(order & ~FRAME_EACH, one_frame=not order & FRAME_EACH)

    async def _say(self, count: int, *, one_frame: bool) -> None:
        events = []
        for number in range(self._number, self._number + count):
            text, final = spoken(number)
            events.append({"eventSequence": number + 1, "transcript": text, "isPartial": not final})
            self._times.sent(number, time.monotonic_ns())
        self._number += count
        for frame in [events] if one_frame else [[event] for event in events]:
            await self._upstream.emit(self._session, *frame)

    def close(self) -> None:
        """Both ends."""
        self.theirs.close()
        self._ours.close()


@contextlib.asynccontextmanager
async def feeding(upstream: Simulator, session: str, times: Times) -> AsyncIterator[Feeder]:
    """A feeder at work, while the block lasts."""
    feeder = Feeder(upstream, session, times)
    try:
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(feeder.run())
            yield feeder
            work.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what happened inside the block is its caller's, and not a group to it
    finally:
        feeder.close()


class Daemon:
    """A captiond that serves.

    Attributes:
        pid: of the process that was started; workers descend from it.
        url: where it serves.
    """

    def __init__(self, pid: int, url: str) -> None:
        self.pid, self.url = pid, url
        self.port = int(url.rpartition(":")[2])

    async def begin(self, session: str) -> None:
        """Has it caption a session; returns when it is subscribed."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/v1/sessions", json={"mediaSessionId": session}) as answer,
        ):
            if answer.status != 201:
                raise LoadFailed(f"the daemon did not begin the session: {answer.status}")

    async def metrics(self) -> dict[str, float]:
        """Its figures, by name and labels as they stand there."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}


@contextlib.asynccontextmanager
async def serving(
    build: Build, upstream: Simulator, folder: Path, *, cores: set[int], workers: int = 1
) -> AsyncIterator[Daemon]:
    """The daemon, while the block lasts; its files in a folder of its own.

    Raises:
        LoadFailed: it did not start.
    """
    folder.mkdir()  # noqa: ASYNC240  (nobody waits for this process yet)
    environ = _environ(
        {
            "CAPTIOND_SERVER__PORT": "0",
            "CAPTIOND_GENESYS__LOGIN_URL": upstream.login_url,
            "CAPTIOND_GENESYS__API_URL": upstream.api_url,
            "CAPTIOND_GENESYS__STREAM_URL": upstream.stream_url,
            "CAPTIOND_GENESYS__CLIENT_ID": "bench",
            "CAPTIOND_GENESYS__CLIENT_SECRET": "bench",
            "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
            "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            "CAPTIOND_LOG__LEVEL": "error",
            **({"PYTHONPATH": build.python_path} if build.python_path else {}),
        }
    )
    several = ("--workers", str(workers)) if workers != 1 else ()
    with started_on(cores):
        process = await asyncio.create_subprocess_exec(
            *build.command, "serve", *several, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE
        )
    try:
        assert process.stdout is not None
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                line = await process.stdout.readline()
        if b"http://" not in line:
            raise LoadFailed("the daemon did not start")
        yield Daemon(process.pid, line[line.index(b"http://") :].decode().strip())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(READY_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _environ(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment without what configures a captiond, and with `ours`."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")}
    rest.pop("PYTHONPATH", None)
    return {**rest, **ours}
