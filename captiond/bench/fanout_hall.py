"""All servers of one comparison at once, each with its viewers: one core for the servers, another for the rest."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from captiond.bench import fanout_peers as peers
from captiond.bench.fanout_feed import Build, Daemon, feeding, serving, write_texts
from captiond.bench.fanout_load import Loader, LoadFailed, Times, Tools, loading
from captiond.bench.processes import cpu_s, family, ran_ns, rss_bytes, split_cores, waited_ns
from captiond.simulator.server import Simulator

FLOOR: Final = "floor"
OURS: Final = "captiond"
NCHAN: Final = "nchan"
NODE: Final = "node"
ONE_VIEWER: Final = "captiond, 1 viewer"
# The daemon's chores of an event that are not done at once (the audit file is written every 100 ms) are the event's.
SETTLE_S: Final = 0.11
MEMORY_SETTLE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Slice:
    """What one server did in one slice.

    Attributes:
        figures: as the load client printed them.
        cpu_s: of all threads of all processes, by the scheduler's clock; ticks_s: by the kernel's other account.
        waited: the share of the slice in which the server could have run and something else did.
    """

    figures: dict[str, Any]
    cpu_s: float
    ticks_s: float
    waited: float

    @property
    def complete(self) -> bool:
        """Whether every viewer got every caption."""
        return bool(self.figures["delivered"] == self.figures["expected"] > 0)

    @property
    def per_delivery_us(self) -> float:
        """CPU time of one caption to one viewer."""
        return self.cpu_s / max(1, int(self.figures["delivered"])) * 1e6

    @property
    def per_caption_us(self) -> float:
        """CPU time of one caption to all viewers."""
        return self.cpu_s / max(1, int(self.figures["published"])) * 1e6


@dataclass(slots=True)
class Seat:
    """One server, with its viewers."""

    name: str
    transport: str
    pid: int
    loader: Loader
    daemon: Daemon | None = None
    viewers: int = 0
    bytes_per_viewer: float = 0.0
    join_cpu_us: float = 0.0

    def pids(self) -> list[int]:
        """Its processes."""
        return family(self.pid)

    async def fill(self, viewers: int) -> None:
        """Lets viewers in; what they cost in memory and in CPU time is kept."""
        pids = self.pids()
        before_bytes, before_ns = rss_bytes(pids), ran_ns(pids)
        await self.loader.connect(viewers)
        await asyncio.sleep(MEMORY_SETTLE_S)
        self.bytes_per_viewer = (rss_bytes(pids) - before_bytes) / viewers
        self.join_cpu_us = (ran_ns(pids) - before_ns) / viewers / 1000
        self.viewers += viewers

    async def closed(self, seconds: float, *, in_flight: int = 2, burst: int = 1, one_frame: bool = True) -> Slice:
        """A slice with `in_flight` captions on the way."""
        return await self._measured(self.loader.closed(seconds, in_flight=in_flight, burst=burst, one_frame=one_frame))

    async def open(self, rate: float, seconds: float) -> Slice:
        """A slice at an even pace."""
        return await self._measured(self.loader.open(rate, seconds))

    async def _measured(self, asked: Any) -> Slice:
        pids = self.pids()
        ran, waited, ticks = ran_ns(pids), waited_ns(pids), cpu_s(pids)
        figures = await asked
        wall_s = max(figures["wallS"], 1e-9)
        late = (waited_ns(pids) - waited) / 1e9 / wall_s
        await asyncio.sleep(SETTLE_S)
        return Slice(figures, (ran_ns(pids) - ran) / 1e9, cpu_s(pids) - ticks, late)


class Hall:
    """Holds the servers, while the `async with` block lasts.

    Attributes:
        seats: the servers, by name.
        every_core: for a server with several processes.
    """

    def __init__(self, tools: Tools, folder: Path, build: Build, *, ws: Path | None) -> None:
        self.seats: dict[str, Seat] = {}
        self._tools, self._folder, self._build, self._ws = tools, folder, build, ws
        self._stack = contextlib.AsyncExitStack()
        self._texts = folder / "captions"
        self._theirs, self._ours = split_cores()
        self._made = 0
        self.every_core = self._theirs | self._ours

    async def __aenter__(self) -> Self:
        write_texts(self._texts)
        await self._stack.__aenter__()
        before = os.sched_getaffinity(0)
        self._stack.callback(lambda: os.sched_setaffinity(0, before))
        os.sched_setaffinity(0, self._ours)  # the simulator runs in this process
        self._upstream = await self._stack.enter_async_context(Simulator(unknown="silent"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def seat(self, name: str, transport: str, viewers: int) -> Seat:
        """Starts a peer or the floor, and fills it.

        Raises:
            LoadFailed: it did not start, or did not let its viewers in.
        """
        if name == FLOOR:
            peer = await self._stack.enter_async_context(peers.floor(self._tools, transport, self._theirs))
        elif name == NCHAN:
            peer = await self._stack.enter_async_context(peers.nchan(viewers, self._theirs))
        elif self._ws is not None:
            peer = await self._stack.enter_async_context(peers.node(self._ws, transport, self._theirs))
        else:
            raise LoadFailed(f"{name} is not here")
        loader = await self._load(peer, transport, self._times())
        return await self._fill(Seat(name, transport, peer.pid, loader), viewers)

    async def seat_ours(
        self, transport: str, viewers: int, *, name: str = OURS, workers: int = 1, cores: set[int] | None = None
    ) -> Seat:
        """Starts a daemon, and fills it. Its session is its own."""
        self._made += 1
        session, times = f"bench-{self._made}", self._times()
        feeder = await self._stack.enter_async_context(feeding(self._upstream, session, times))
        daemon = await self._stack.enter_async_context(
            serving(self._build, self._upstream, self._folder / session, cores=cores or self._theirs, workers=workers)
        )
        await daemon.begin(session)
        path = f"/v1/sessions/{session}/{'ws' if transport == 'ws' else 'events'}"
        peer = peers.Peer(daemon.pid, daemon.port, path, ("feed", str(feeder.theirs.fileno())))
        loader = await self._load(peer, transport, times, inherited=(feeder.theirs.fileno(),))
        return await self._fill(Seat(name, transport, daemon.pid, loader, daemon), viewers)

    async def _fill(self, seat: Seat, viewers: int) -> Seat:
        say(f"{seat.name}: {viewers} viewers ({seat.transport})")
        if viewers:
            await seat.fill(viewers)
        self.seats[seat.name] = seat
        return seat

    def _times(self) -> Times:
        self._made += 1
        times = Times(self._folder / f"times-{self._made}")
        self._stack.callback(times.close)
        return times

    async def _load(self, peer: peers.Peer, transport: str, times: Times, *, inherited: tuple[int, ...] = ()) -> Loader:
        return await self._stack.enter_async_context(
            loading(
                self._tools,
                port=peer.port,
                path=peer.path,
                transport=transport,
                captions=peer.publisher[0] == "feed",
                publisher=peer.publisher,
                texts=self._texts,
                times=times.path,
                cores=self._ours,
                inherited=inherited,
            )
        )


def say(what: str) -> None:
    """Progress, on stderr."""
    print(f"  {what}", file=sys.stderr, flush=True)
