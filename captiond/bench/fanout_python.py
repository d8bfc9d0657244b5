"""Where there is no C load client: one daemon, and an audience in this process, which shares the other core with the
simulator. Good enough for a first impression; what it can say of many viewers is bounded by Python reading them."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from captiond.bench.fanout_compare import latency_ms
from captiond.bench.fanout_feed import Build, serving, spoken
from captiond.bench.load import LoadViewer, Received
from captiond.bench.processes import cpu_s, family, rss_bytes, split_cores
from captiond.simulator.server import Simulator

SESSION: Final = "bench"
JOINING_AT_ONCE: Final = 100  # connections opened at the same time
READY_S: Final = 60.0


async def measure(build: Build, viewers: int, rate: float, seconds: float, transport: str) -> dict[str, Any]:
    """One run: `viewers` on one session, `rate` events a second for `seconds`."""
    clock = time.perf_counter  # the loop's own clock counts whole milliseconds
    sent_s: list[float] = []
    latencies_s: list[float] = []
    last_s: dict[int, float] = {}
    first_index = 0

    def received(_viewer: int, index: int) -> None:
        place = index - first_index - 1
        if 0 <= place < len(sent_s):
            now_s = clock()
            latencies_s.append(now_s - sent_s[place])
            last_s[place] = now_s

    theirs, ours = split_cores()
    before_all = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="captiond-bench-") as folder:
        try:
            async with (
                Simulator(unknown="silent") as upstream,
                serving(build, upstream, Path(folder) / "daemon", cores=theirs) as daemon,
            ):
                os.sched_setaffinity(0, ours)
                await daemon.begin(SESSION)
                pids = family(daemon.pid)
                idle_bytes = rss_bytes(pids)
                audience = await _join(daemon.port, viewers, transport, received)
                first_index = audience[0].ready.result()
                per_viewer_bytes = (rss_bytes(pids) - idle_bytes) / viewers
                before, started_cpu_s = await daemon.metrics(), cpu_s(pids)
                await _speak(upstream, rate, seconds, sent_s)
                expected = len(sent_s) * viewers
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        while len(latencies_s) < expected:  # noqa: ASYNC110  (many viewers, one wait)
                            await asyncio.sleep(0.05)
                used_cpu_s = cpu_s(pids) - started_cpu_s
                after = await daemon.metrics()
                for viewer in audience:
                    viewer.transport.abort()
        finally:
            os.sched_setaffinity(0, before_all)
    spread_s = sorted(last_s[place] - sent for place, sent in enumerate(sent_s) if place in last_s)
    latencies_s.sort()
    return {
        "server": "captiond",
        "transport": transport,
        "viewers": viewers,
        "eventsPerSecond": rate,
        "seconds": seconds,
        "events": len(sent_s),
        "expected": expected,
        "delivered": len(latencies_s),
        "daemonP50Ms": latency_ms(before, after, 0.5),
        "daemonP99Ms": latency_ms(before, after, 0.99),
        "viewerP50Ms": _at(latencies_s, 0.5),
        "viewerP99Ms": _at(latencies_s, 0.99),
        "lastViewerP50Ms": _at(spread_s, 0.5),
        "lastViewerP99Ms": _at(spread_s, 0.99),
        "cpuUsPerDelivery": round(used_cpu_s / max(1, len(latencies_s)) * 1e6, 2),
        "bytesPerViewer": round(per_viewer_bytes),
    }


def table(row: dict[str, Any]) -> str:
    """One run for people."""
    lines = (
        f"{row['transport']}: {row['viewers']} viewers, {row['eventsPerSecond']:g} events/s for {row['seconds']:g} s, "
        f"{row['delivered']} of {row['expected']} delivered",
        f"  frame received to last socket written  p50 <= {row['daemonP50Ms']} ms, p99 <= {row['daemonP99Ms']} ms",
        f"  event sent to received, all viewers    p50 {row['viewerP50Ms']} ms, p99 {row['viewerP99Ms']} ms",
        f"  event sent to received, last viewer    p50 {row['lastViewerP50Ms']} ms, p99 {row['lastViewerP99Ms']} ms",
        f"  daemon CPU per delivery                {row['cpuUsPerDelivery']} us (parse, core, audit in it)",
        f"  memory per viewer                      {row['bytesPerViewer'] / 1000:.1f} kB",
    )
    return "\n" + "\n".join(lines)


async def _join(port: int, viewers: int, transport: str, received: Received) -> list[LoadViewer]:
    path = f"/v1/sessions/{SESSION}/{'ws' if transport == 'ws' else 'events'}"
    loop = asyncio.get_running_loop()
    audience: list[LoadViewer] = []
    for start in range(0, viewers, JOINING_AT_ONCE):
        some = [
            LoadViewer(number, path, websocket=transport == "ws", received=received)
            for number in range(start, min(viewers, start + JOINING_AT_ONCE))
        ]
        for viewer in some:
            # mypy infers no lambda with a default, which is what binds each turn's viewer.
            await loop.create_connection(lambda viewer=viewer: viewer, "127.0.0.1", port)  # type: ignore[misc]
        async with asyncio.timeout(READY_S):
            await asyncio.gather(*(viewer.ready for viewer in some))
        audience += some
    return audience


async def _speak(upstream: Simulator, rate: float, seconds: float, sent_s: list[float]) -> None:
    """Growing partials and finals at an even pace that a slow send does not stretch."""
    clock = time.perf_counter
    start_s = clock()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, start_s + number / rate - clock()))
        text, final = spoken(number)
        sent_s.append(clock())
        await upstream.emit(SESSION, {"eventSequence": number + 1, "transcript": text, "isPartial": not final})


def _at(ordered: Sequence[float], quantile: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] * 1000, 3) if ordered else float("nan")
