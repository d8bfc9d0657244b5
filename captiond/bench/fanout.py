"""`captiond bench fanout`: one session, many viewers, the whole daemon: how soon a caption is at the last of them.

A daemon process follows a simulator in this process; this process is the audience too, on the other core. What is
printed first is the daemon's own figure (`captiond_daemon_latency_seconds`: frame received to handed to the last
socket); beside it what a viewer sees, from the event's sending to its receipt, which includes both event loops.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop

from captiond.bench.load import LoadViewer, Received, cpu_s, rss_bytes
from captiond.simulator.server import Simulator

SESSION: Final = "bench"
SPEECH: Final = (
    "so the delivery that you were waiting for has left our depot this morning and it should be at your door before "
    "noon tomorrow unless the weather in the mountains gets worse than what they say"
)
JOINING_AT_ONCE: Final = 200  # connections opened at the same time
READY_S: Final = 60.0
_BUCKET: Final = re.compile(r'^captiond_daemon_latency_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.M)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `captiond bench fanout`."""
    parser.add_argument("--viewers", type=int, default=100, metavar="N", help="default 100")
    parser.add_argument("--rate", type=float, default=5.0, metavar="R", help="events a second, default 5")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long, default 20")
    parser.add_argument("--transport", choices=("ws", "sse", "both"), default="both", help="default both, one run each")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(args: argparse.Namespace) -> int:
    """Runs and prints. Exit status 1 where a delivery is missing: then no figure means anything."""
    if args.viewers < 1 or args.rate <= 0 or args.seconds <= 0:
        print("captiond: --viewers, --rate and --seconds: allowed are numbers above 0", file=sys.stderr)
        return 2
    rows = []
    for transport in ("ws", "sse") if args.transport == "both" else (args.transport,):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            rows.append(runner.run(measure(args.viewers, args.rate, args.seconds, transport)))
    if args.json:
        print(json.dumps({"conditions": conditions(), "runs": rows}, indent=1))
    else:
        print(", ".join(f"{name}: {value}" for name, value in conditions().items()))
        for row in rows:
            print(table(row))
    return 0 if all(row["delivered"] == row["expected"] for row in rows) else 1


async def measure(viewers: int, rate: float, seconds: float, transport: str) -> dict[str, Any]:
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

    cores = _split_cores()
    with tempfile.TemporaryDirectory(prefix="captiond-bench-") as folder:
        async with Simulator(unknown="silent") as upstream, _daemon(Path(folder), upstream, cores) as (pid, url):
            async with aiohttp.ClientSession() as http:
                async with http.post(f"{url}/v1/sessions", json={"mediaSessionId": SESSION}) as answer:
                    answer.raise_for_status()
                idle_bytes = rss_bytes(pid)
                audience = await _join(url, viewers, transport, received)
                first_index = audience[0].ready.result()
                per_viewer_bytes = (rss_bytes(pid) - idle_bytes) / viewers
                before, started_cpu_s = await _buckets(http, url), cpu_s(pid)
                await _speak(upstream, rate, seconds, sent_s)
                expected = len(sent_s) * viewers
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        while len(latencies_s) < expected:  # noqa: ASYNC110  (many viewers, one wait)
                            await asyncio.sleep(0.05)
                used_cpu_s = cpu_s(pid) - started_cpu_s
                after = await _buckets(http, url)
            for viewer in audience:
                viewer.transport.abort()
    daemon = [(bound, after[bound] - before[bound]) for bound in after]
    spread_s = sorted(last_s[place] - sent for place, sent in enumerate(sent_s) if place in last_s)
    latencies_s.sort()
    return {
        "transport": transport,
        "viewers": viewers,
        "eventsPerSecond": rate,
        "seconds": seconds,
        "events": len(sent_s),
        "expected": expected,
        "delivered": len(latencies_s),
        "daemonP50Ms": _quantile_of_buckets(daemon, 0.5),
        "daemonP99Ms": _quantile_of_buckets(daemon, 0.99),
        "viewerP50Ms": _at(latencies_s, 0.5),
        "viewerP99Ms": _at(latencies_s, 0.99),
        "lastViewerP50Ms": _at(spread_s, 0.5),
        "lastViewerP99Ms": _at(spread_s, 0.99),
        "daemonCpuUsPerDelivery": round(used_cpu_s / max(1, len(latencies_s)) * 1e6, 2),
        "bytesPerViewer": round(per_viewer_bytes),
        "cores": {"daemon": sorted(cores[0]), "audience": sorted(cores[1])},
    }


def conditions() -> dict[str, Any]:
    """What a figure from another machine needs to be compared with these."""
    return {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}


def table(row: dict[str, Any]) -> str:
    """One run for people."""
    lines = (
        f"{row['transport']}: {row['viewers']} viewers, {row['eventsPerSecond']:g} events/s for {row['seconds']:g} s, "
        f"{row['delivered']} of {row['expected']} delivered",
        f"  frame received to last socket written  p50 <= {row['daemonP50Ms']} ms, p99 <= {row['daemonP99Ms']} ms",
        f"  event sent to received, all viewers    p50 {row['viewerP50Ms']} ms, p99 {row['viewerP99Ms']} ms",
        f"  event sent to received, last viewer    p50 {row['lastViewerP50Ms']} ms, p99 {row['lastViewerP99Ms']} ms",
        f"  daemon CPU per delivery                {row['daemonCpuUsPerDelivery']} us (parse, core, audit in it)",
        f"  memory per viewer                      {row['bytesPerViewer'] / 1000:.1f} kB",
    )
    return "\n" + "\n".join(lines)


async def _join(url: str, viewers: int, transport: str, received: Received) -> list[LoadViewer]:
    host, _, port = url.removeprefix("http://").partition(":")
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
            await loop.create_connection(lambda viewer=viewer: viewer, host, int(port))  # type: ignore[misc]
        async with asyncio.timeout(READY_S):
            await asyncio.gather(*(viewer.ready for viewer in some))
        audience += some
    return audience


async def _speak(upstream: Simulator, rate: float, seconds: float, sent_s: list[float]) -> None:
    """Growing partials with a final every 20 words, at an even pace that a slow send does not stretch."""
    clock = time.perf_counter
    start_s, vocabulary = clock(), SPEECH.split()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, start_s + number / rate - clock()))
        length = number % 20 + 1
        words = [vocabulary[(number // 20 * 3 + place) % len(vocabulary)] for place in range(length)]
        sent_s.append(clock())
        await upstream.emit(
            SESSION, {"eventSequence": number + 1, "transcript": " ".join(words), "isPartial": length < 20}
        )


@contextlib.asynccontextmanager
async def _daemon(
    folder: Path, upstream: Simulator, cores: tuple[set[int], set[int]]
) -> AsyncIterator[tuple[int, str]]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")},
        "CAPTIOND_SERVER__PORT": "0",
        "CAPTIOND_GENESYS__LOGIN_URL": upstream.login_url,
        "CAPTIOND_GENESYS__API_URL": upstream.api_url,
        "CAPTIOND_GENESYS__STREAM_URL": upstream.stream_url,
        "CAPTIOND_GENESYS__CLIENT_ID": "bench",
        "CAPTIOND_GENESYS__CLIENT_SECRET": "bench",
        "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
        "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
        "CAPTIOND_LOG__LEVEL": "error",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "captiond", "serve", cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(READY_S):
            line = (await process.stdout.readline()).decode()
        if "http://" not in line:
            raise RuntimeError("the daemon did not start")
        os.sched_setaffinity(process.pid, cores[0])
        os.sched_setaffinity(0, cores[1])
        yield process.pid, line[line.index("http://") :].strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        os.sched_setaffinity(0, cores[0] | cores[1])


def _split_cores() -> tuple[set[int], set[int]]:
    """One core for the daemon, the others for the audience; the same one where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, set(cores[1:]) or {cores[0]}


async def _buckets(http: aiohttp.ClientSession, url: str) -> dict[float, float]:
    async with http.get(f"{url}/metrics") as answer:
        text = await answer.text()
    return {float(bound): float(count) for bound, count in _BUCKET.findall(text)}


def _quantile_of_buckets(buckets: Sequence[tuple[float, float]], quantile: float) -> float:
    """The upper bound, in ms, of the bucket in which that quantile lies."""
    total = buckets[-1][1]
    return next((bound * 1000 for bound, count in buckets if count >= quantile * total), float("inf"))


def _at(ordered: Sequence[float], quantile: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] * 1000, 3) if ordered else float("nan")
