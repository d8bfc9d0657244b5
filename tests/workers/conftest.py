"""A node of several workers: the head in this process and loop, relays as processes; real sockets between them all."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.base.ids import RawText, SessionId
from captiond.base.instants import iso_utc
from captiond.core.arrival import Arrival
from captiond.core.messages import SessionState
from captiond.core.screen import Screen
from captiond.daemon import Daemon
from captiond.hub.live import Live
from tests.harness import Json, Viewer, daemon_here, eventually

HEAD, RELAY = 1, 2
SESSION = SessionId("s1")


@dataclass
class Watching:
    """A viewer that is connected, and the worker it is at."""

    viewer: Viewer
    worker: int
    task: "asyncio.Task[None]"

    def screen(self) -> Screen:
        """What it shows; raises where a promise is broken."""
        screen = Screen()
        for message in self.viewer.messages:
            screen.apply(message)
        return screen

    async def cut(self) -> None:
        """Its connection is lost."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@dataclass
class Node:
    """A started node."""

    daemon: Daemon
    group: asyncio.TaskGroup
    sequence: int = 0
    all: list[Watching] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.daemon.url

    @property
    def loads(self) -> dict[int, int]:
        """Viewers of each worker."""
        assert self.daemon.head is not None
        return self.daemon.head.loads()

    def pids(self) -> dict[int, int]:
        """Process ids of the relays."""
        assert self.daemon.head is not None
        return self.daemon.head.pids()

    def kill(self, worker: int, number: signal.Signals = signal.SIGKILL) -> int:
        """Sends a signal to a relay; answers its process id."""
        pid = self.pids()[worker]
        os.kill(pid, number)
        return pid

    def open(self, session: str = SESSION) -> Live:
        """A session that runs."""
        live = self.daemon.rooms.open(SessionId(session), source="media", language="en-US", created_at=self._now())
        live.set_state(SessionState.LIVE)
        return live

    def _now(self) -> str:
        return iso_utc(self.daemon.clock.now_s())

    def say(self, text: str, *, final: bool = True, session: str = SESSION) -> None:
        """One event, as upstream sends it."""
        self.sequence += 1
        now_s = self.daemon.clock.now_s()
        arrival = Arrival(
            session=SessionId(session),
            sequence=self.sequence,
            text=RawText(text),
            final=final,
            timestamp=iso_utc(now_s),
            event_s=now_s,
        )
        self.daemon.rooms.deliver(arrival, received_s=self.daemon.clock.monotonic_s())

    async def watch(
        self, worker: int | None = None, *, session: str = SESSION, transport: str = "ws", **more: Any
    ) -> Watching:
        """A viewer, at that worker: those that come to another one leave again."""
        for _ in range(40):
            before = self.loads
            viewer = Viewer(self.url, session, transport=transport, **more)
            task = self.group.create_task(viewer.watch())
            watching = Watching(viewer, 0, task)
            await eventually(lambda b=before, v=viewer: sum(self.loads.values()) > sum(b.values()) and v.messages)  # type: ignore[misc]
            after = self.loads
            watching.worker = next(one for one in after if after[one] > before.get(one, 0))
            if worker in (None, watching.worker):
                self.all.append(watching)
                return watching
            await watching.cut()
            await eventually(lambda b=before: self.loads == b)  # type: ignore[misc]
        raise AssertionError(f"no viewer came to worker {worker}")

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body, over a connection of its own."""
        async with aiohttp.ClientSession() as http, http.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def figure(self, name: str) -> float:
        """One sample of `/metrics`, as the node tells it."""
        _, body = await self.get("/metrics")
        found = [line for line in body.splitlines() if line.startswith(f"captiond_{name} ")]
        assert found, f"{name} is not there"
        return float(found[0].rpartition(" ")[2])

    async def until_workers_serve(self, count: int = 2, *, but: int | None = None) -> None:
        """Waits until so many workers take viewers, none of them process `but`."""
        await eventually(lambda: len(self.loads) == count and but not in self.pids().values(), within_s=20.0)


Start = Callable[..., contextlib.AbstractAsyncContextManager[Node]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts nodes."""

    @contextlib.asynccontextmanager
    async def started(workers: int = 2, **environ: str) -> AsyncIterator[Node]:
        async with daemon_here(tmp_path, None, workers=workers, **environ) as daemon, asyncio.TaskGroup() as group:
            node = Node(daemon, group)
            assert len(node.loads) == workers, "not all workers serve"
            yield node
            for watching in node.all:
                await watching.cut()

    return started


def messages_but_times(viewer: Viewer) -> list[Json]:
    """What it got, without what differs between any two viewers."""
    return [{key: value for key, value in message.items() if key != "serverTime"} for message in viewer.messages]
