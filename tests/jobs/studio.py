"""What tests of the workflows share: the machinery over real sockets, in time that runs faster than it passes."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from captiond.config import load
from captiond.library import OpenWorkflows, open_workflows
from captiond.simulator.server import Simulator
from tests.harness import account

Json = dict[str, Any]
SECRET = "a secret of sixteen bytes or more"
KIND = "transcription-request"
ASKED: Json = {"mediaId": "m-1", "languages": ["en-US"]}


class FastPace:
    """Time that runs `speed` times as fast: waits are real, only shorter."""

    def __init__(self, speed: float) -> None:
        self._speed, self._wall_s, self._began_s = speed, time.time(), time.monotonic()

    def _passed_s(self) -> float:
        return (time.monotonic() - self._began_s) * self._speed

    def now_s(self) -> float:
        return self._wall_s + self._passed_s()

    def monotonic_s(self) -> float:
        return self._passed_s()

    async def wait(self, wake: asyncio.Event, timeout_s: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None if timeout_s is None else timeout_s / self._speed):
                await wake.wait()


@dataclass
class Records:
    """An audit sink that keeps what it gets."""

    kept: list[tuple[str, Json]] = field(default_factory=list)

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        self.kept.append((kind, fields))

    def of(self, kind: str) -> list[Json]:
        return [fields for name, fields in self.kept if name == kind]


@asynccontextmanager
async def studio(
    folder: Path,
    upstream: Simulator,
    *,
    pace: FastPace | None = None,
    audit: Any = None,
    meter: Any = None,
    on_conversation: Any = None,
    **environ: str,
) -> AsyncIterator[OpenWorkflows]:
    """The workflows of a program, against that simulator."""
    (folder / "captiond.toml").touch()
    config = load(
        folder / "captiond.toml",
        {
            "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            **account(upstream),
            "CAPTIOND_JOBS__REQUESTS_PER_S": "1000",
            **environ,
        },
    )
    async with open_workflows(
        config, pace=pace, audit=audit or Records(), meter=meter, on_conversation=on_conversation
    ) as opened:
        yield opened


@dataclass
class SinkServer:
    """A sink: what came, and how it answers. `answers` are used up from the left; the last one stays."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    came: list[Json] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.came.append(await request.json())
        self.keys.append(request.headers.get("Idempotency-Key"))
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status)


@asynccontextmanager
async def sink_server() -> AsyncIterator[SinkServer]:
    """A sink at a free port."""
    sink = SinkServer()
    app = web.Application()
    app.router.add_post("/take", sink.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}/take"
    try:
        yield sink
    finally:
        await runner.cleanup()


def documents(folder: Path) -> int:
    """How many there are for sinks, sent or not."""
    with closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        [many] = database.execute("SELECT count(*) FROM outbox").fetchone()
    return int(many)


class Api:
    """The daemon's calls for workflows."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self._http = url, http

    async def post(self, body: Json, *, kind: str = KIND, **headers: str) -> tuple[int, Json]:
        """`POST /v1/jobs/{kind}`; underscores in header names are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.post(f"{self.url}/v1/jobs/{kind}", json=body, headers=named) as response:
            return response.status, await response.json(content_type=None)

    async def get(self, path: str) -> tuple[int, Json]:
        async with self._http.get(f"{self.url}{path}") as response:
            return response.status, await response.json(content_type=None)

    async def delete(self, path: str) -> int:
        async with self._http.delete(f"{self.url}{path}") as response:
            return response.status

    async def callback(self, body: bytes, *, kind: str = KIND, query: str = "", **headers: str) -> tuple[int, Json]:
        """`POST /v1/webhooks/{kind}`."""
        named = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        address = f"{self.url}/v1/webhooks/{kind}{query}"
        async with self._http.post(address, data=body, headers=named) as response:
            return response.status, await response.json(content_type=None)

    async def ended(self, job: str, *, within_s: float = 20.0) -> Json:
        """The job once it is over."""
        async with asyncio.timeout(within_s):
            while True:
                _, found = await self.get(f"/v1/jobs/{job}")
                if found["endedAt"] is not None:
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def api(url: str) -> AsyncIterator[Api]:
    """A caller of that daemon."""
    async with aiohttp.ClientSession() as http:
        yield Api(url, http)
