"""What a transcript of any size costs the daemon: `python -m tests.jobs.big_transcript --megabytes 200`.

A daemon as a user starts it, the simulator in this process, and everything that can go wrong with ranges on the way:
cuts, a 416, a wrong length, another text in the middle. Memory is read from outside, from the kernel's books. While it
goes on, a live session's captions are timed: upstream's event to the viewer's socket, and back through this process.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from websockets.asyncio.client import connect

from captiond.simulator import RangeFault, Simulator, track_of
from captiond.simulator.faults import Range
from captiond.simulator.longtext import RAW
from tests.harness import DaemonProcess, account, daemon_process, start
from tests.jobs.studio import api

SAMPLE_S: Final = 0.1
EVENT_EVERY_S: Final = 0.1
SESSION: Final = "beside"
QUIET_S: Final = 10.0


def strays(megabytes: float) -> list[tuple[Range, int]]:
    """What goes wrong, each once, and by how many requests it comes late. Another text comes when a quarter is there:
    the first 8 MiB take 64 requests, each MiB behind them takes one.
    """
    changed = 45 if megabytes < 40 else 89 + round(megabytes / 4)
    return [
        (Range.CUT, 4),
        (Range.UNSATISFIED, 12),
        (Range.CUT, 15),
        (Range.SHORT, 24),
        (Range.CHANGED, changed),
        (Range.CUT, changed + 15),
        (Range.CUT, changed + 16),
    ]


@dataclass
class Cost:
    """What it took."""

    megabytes: float
    seconds: float = 0.0
    before_bytes: int = 0
    peak_bytes: int = 0
    requests: int = 0
    starts: int = 0
    quiet_ms: list[float] = field(default_factory=list)
    busy_ms: list[float] = field(default_factory=list)
    raw_found: tuple[str, ...] = ()

    @property
    def growth_bytes(self) -> int:
        """By how much the daemon's memory grew at most."""
        return self.peak_bytes - self.before_bytes

    def __str__(self) -> str:
        quiet, busy = (spread(times) for times in (self.quiet_ms, self.busy_ms))
        return (
            f"{self.megabytes:.0f} MB in {self.seconds:.0f} s ({self.megabytes / self.seconds:.2f} MB/s of what was "
            f"kept), {self.requests} requests, begun {self.starts} times\n"
            f"resident memory: {self.before_bytes / 1e6:.1f} MB before, {self.peak_bytes / 1e6:.1f} MB at most: "
            f"{self.growth_bytes / 1e6:+.1f} MB\n"
            f"a caption beside it, event sent to frame received: {busy}; before: {quiet}\n"
            f"private values in files of the daemon: {', '.join(self.raw_found) or 'none'}"
        )


async def measure(
    megabytes: float, folder: Path, *, quiet_s: float = QUIET_S, sparse: bool = False, **environ: str
) -> Cost:
    """Has one transcript of that size fetched; everything that goes wrong on the way is made good."""
    size, cost = round(megabytes * 1e6), Cost(megabytes)
    name = f"{'sparse' if sparse else 'size'}-{size}"
    faults = [RangeFault(what=what, skip=skip, session=name, after_bytes=3_000) for what, skip in strays(megabytes)]
    silent = track_of(SESSION, [{"eventSequence": 1, "transcript": "It begins.", "isPartial": False,
                                 "timestamp": "2026-01-01T00:00:00Z"}])  # fmt: skip
    async with (
        Simulator(tracks=[silent], at_end="stay", faults=faults) as upstream,
        daemon_process(folder, **account(upstream), **environ) as daemon,
        api(daemon.url) as caller,
        captions_beside(upstream, daemon) as times,
    ):
        await asyncio.sleep(quiet_s)
        cost.quiet_ms = list(times)
        times.clear()
        cost.before_bytes = resident_bytes(daemon.pid)
        began_s = time.monotonic()
        status, job = await caller.post({"transcriptId": name}, kind="recording-transcript", Prefer="respond-async")
        assert status == 202, job
        ended: dict[str, object] = {}
        while not ended.get("endedAt"):
            await asyncio.sleep(SAMPLE_S)
            cost.peak_bytes = max(cost.peak_bytes, resident_bytes(daemon.pid))
            _, ended = await caller.get(f"/v1/jobs/{job['id']}")
        cost.seconds, cost.busy_ms = time.monotonic() - began_s, list(times)
        assert ended["state"] == "completed", ended
        assert all(int(str(fault["struck"])) == 1 for fault in upstream.faults()), upstream.faults()
        result = ended["result"]
        assert isinstance(result, dict)
        await fetched_whole(f"{daemon.url}{result['transcriptLink']}", result["transcriptBytes"])
        cost.peak_bytes = max(cost.peak_bytes, resident_bytes(daemon.pid))
        cost.requests = upstream.ledger.count("content")
        cost.starts = 1 + daemon.log.count("begins again")
    cost.raw_found = tuple(raw.decode() for raw in RAW if any(holds(path, raw) for path in files(folder)))
    return cost


def resident_bytes(pid: int) -> int:
    """What the kernel says that a process has in memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def files(folder: Path) -> list[Path]:
    """All that the daemon wrote."""
    return [path for path in folder.rglob("*") if path.is_file()]


def holds(path: Path, raw: bytes) -> bool:
    """Whether a file of any size holds that."""
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(1_048_576):
            if raw in tail + piece:
                return True
            tail = piece[-len(raw) :]
    return False


async def fetched_whole(address: str, size: int) -> None:
    """The text over HTTP: as long as the result says."""
    came = 0
    async with aiohttp.ClientSession() as http, http.get(address) as response:
        assert response.status == 200
        async for piece in response.content.iter_chunked(65_536):
            came += len(piece)
    assert came == size, (came, size)


@asynccontextmanager
async def captions_beside(upstream: Simulator, daemon: DaemonProcess) -> AsyncIterator[list[float]]:
    """A live session beside the work: how many milliseconds each of its captions took."""
    await start(daemon, SESSION)
    sent_s: dict[str, float] = {}
    times: list[float] = []

    async def say() -> None:
        number = 1
        while True:
            number += 1
            text = f"This is sentence {number} of them."
            sent_s[text] = time.perf_counter()
            await upstream.emit(SESSION, {"eventSequence": number, "transcript": text, "isPartial": False})
            await asyncio.sleep(EVENT_EVERY_S)

    async def hear() -> None:
        address = f"{daemon.url.replace('http', 'ws', 1)}/v1/sessions/{SESSION}/ws"
        async with connect(address, compression=None, proxy=None) as socket:
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "caption" and (at_s := sent_s.pop(message["text"], None)) is not None:
                    times.append((time.perf_counter() - at_s) * 1_000)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(hear()), group.create_task(say())]
        try:
            yield times
        finally:
            for task in tasks:
                task.cancel()


def spread(times: Sequence[float]) -> str:
    """The middle, the 99th percentile and the largest."""
    if not times:
        return "none"
    ordered = sorted(times)
    return (
        f"median {ordered[len(ordered) // 2]:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms, "
        f"most {ordered[-1]:.1f} ms ({len(ordered)} captions)"
    )


def main() -> int:
    """0 where nothing private was found in any file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=200.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cost = asyncio.run(measure(asked.megabytes, Path(folder)))
    sys.stdout.write(f"{cost}\n")
    return 1 if cost.raw_found else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
