"""What is hard on a fan-out, each a run of its own: idle thousands, bursts, slow viewers, a storm, two workers."""

import asyncio
import contextlib
import random
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from captiond.bench.fanout_compare import ratio, spread
from captiond.bench.fanout_hall import OURS, Hall, Seat, Slice, say
from captiond.bench.processes import family, listen_overflows, ran_ns, rss_bytes, sockets

BURST: Final = 4
THROTTLED_BYTES_PER_S: Final = 1_000
SAMPLE_S: Final = 0.2
SLOW_WARM_UP_S: Final = 10.0  # until the kernel's buffers of the slow are full; only then are they felt


async def coalescing(hall: Hall, transport: str, viewers: int, *, rounds: int, slice_s: float) -> dict[str, Any]:
    """Four captions that are due at once, in one frame of upstream and in four, against four that come one by one."""
    seat = await hall.seat_ours(transport, viewers)
    ways: dict[str, dict[str, Any]] = {
        "single": {"in_flight": 1, "burst": 1, "one_frame": True},
        "oneFrame": {"in_flight": BURST, "burst": BURST, "one_frame": True},
        "fourFrames": {"in_flight": BURST, "burst": BURST, "one_frame": False},
    }
    slices: dict[str, list[Slice]] = {name: [] for name in ways}
    for number in range(rounds):
        if number % 5 == 0:
            say(f"bursts of {BURST}: {number} of {rounds}")
        for name in random.sample(list(ways), len(ways)):
            slices[name].append(await seat.closed(slice_s, **ways[name]))
    return {
        "transport": transport,
        "viewers": viewers,
        "burst": BURST,
        "complete": all(one.complete for some in slices.values() for one in some),
        **{
            name: {
                "usPerDelivery": round(statistics.median(one.per_delivery_us for one in slices[name]), 2),
                "captionsPerRecv": round(statistics.median(one.figures["captionsPerRecv"] for one in slices[name]), 2),
                "ratio": ratio(slices[name], slices["single"]),
            }
            for name in ways
        },
    }


async def idle(hall: Hall, name: str, transport: str, viewers: int) -> dict[str, Any]:
    """Memory of one idle viewer."""
    seat = await (hall.seat_ours(transport, viewers) if name == OURS else hall.seat(name, transport, viewers))
    return {
        "server": name,
        "transport": transport,
        "viewers": viewers,
        "bytesPerViewer": round(seat.bytes_per_viewer),
        "rssBytes": rss_bytes(seat.pids()),
        "joinCpuUs": round(seat.join_cpu_us, 1),
    }


async def slow(
    hall: Hall,
    transport: str,
    viewers: int,
    *,
    stalled: float,
    throttled: float,
    rate: float,
    seconds: float,
    rounds: int,
) -> dict[str, Any]:
    """The p99 of those who read, with slow ones among them and without, in turn."""
    stuck, dripping = round(viewers * stalled), round(viewers * throttled)
    seat = await hall.seat_ours(transport, viewers - stuck - dripping)
    assert seat.daemon is not None
    await seat.open(rate, min(seconds, 2.0))  # the first captions of a daemon are no one's measure
    quiet_bytes, before = rss_bytes(seat.pids()), await seat.daemon.metrics()
    without: list[Slice] = []
    among: list[Slice] = []
    async with _peak(seat) as peak:
        for number in range(rounds):
            say(f"without slow ones: {number + 1} of {rounds}")
            without.append(await seat.open(rate, seconds))
            say(f"{stuck} stalled and {dripping} at {THROTTLED_BYTES_PER_S} B/s: {number + 1} of {rounds}")
            await _connect(seat, stuck, "stalled")
            await _connect(seat, dripping, "throttled", bytes_per_s=THROTTLED_BYTES_PER_S)
            await seat.open(rate, min(seconds, SLOW_WARM_UP_S))
            among.append(await seat.open(rate, seconds))
            await seat.loader.drop("stalled")
            await seat.loader.drop("throttled")
            await seat.loader.rest(0.5)
    after = await seat.daemon.metrics()
    p99 = [(one.figures["p99Ms"], other.figures["p99Ms"]) for one, other in zip(without, among, strict=True)]
    return {
        "transport": transport,
        "viewers": viewers,
        "stalled": stuck,
        "throttled": dripping,
        "eventsPerSecond": rate,
        "seconds": seconds,
        "rounds": rounds,
        "complete": all(one.complete for one in (*without, *among)),
        "p50WithoutMs": round(statistics.median(one.figures["p50Ms"] for one in without), 2),
        "p50AmongMs": round(statistics.median(one.figures["p50Ms"] for one in among), 2),
        "p99WithoutMs": round(statistics.median(one for one, _ in p99), 2),
        "p99AmongMs": round(statistics.median(other for _, other in p99), 2),
        "p99Ratio": spread([other / one for one, other in p99]),
        "cpuRatio": ratio(among, without),
        "slowCaptions": among[-1].figures["slowCaptions"],
        "rssGrowthBytes": peak[0] - quiet_bytes,
        "rssGrowthPerSlowBytes": round((peak[0] - quiet_bytes) / max(1, stuck + dripping)),
        **_counted(before, after, ("viewer_conflated_total", "viewer_resyncs_total", "viewer_closes_total")),
    }


async def storm(hall: Hall, transport: str, viewers: int, *, away: int, rate: float, rounds: int) -> dict[str, Any]:
    """All hang up, `away` captions pass, all come back at once; how long until the last has what it missed."""
    seat = await hall.seat_ours(transport, viewers)
    assert seat.daemon is not None
    await seat.open(rate, 1.0)
    storms = []
    for number in range(rounds):
        say(f"storm {number + 1} of {rounds}")
        before, ran, dropped = await seat.daemon.metrics(), ran_ns(seat.pids()), listen_overflows()
        figures = await seat.loader.storm(away, rate)
        after = await seat.daemon.metrics()
        storms.append(
            {
                **figures,
                "daemonCpuS": round((ran_ns(seat.pids()) - ran) / 1e9, 3),
                "listenOverflows": listen_overflows() - dropped,
                **_counted(before, after, ("snapshots_encoded_total", "recoveries_total")),
            }
        )
        await seat.loader.rest(1.0)
    return {
        "transport": transport,
        "viewers": viewers,
        "away": away,
        "complete": all(one["caughtUp"] == viewers for one in storms),
        "allS": spread([one["allS"] for one in storms]),
        "storms": storms,
    }


async def workers(
    hall: Hall, transport: str, viewers: int, *, count: int, rounds: int, slice_s: float
) -> dict[str, Any]:
    """CPU time per delivery over several workers against one worker's, and how many viewers each has.

    With one caption in flight the two do the same; with two, one worker more often has two to send in one write.
    """
    one = await hall.seat_ours(transport, viewers, name="1 worker")
    many = await hall.seat_ours(transport, 0, name=f"{count} workers", workers=count, cores=hall.every_core)
    before = {pid: sockets(pid) for pid in family(many.pid)}
    await many.fill(viewers)
    gained = {pid: sockets(pid) - before.get(pid, 0) for pid in family(many.pid)}
    held = sorted(gain for gain in gained.values() if gain > viewers / 100)
    turns = [(seat, in_flight) for seat in (one, many) for in_flight in (1, 2)]
    slices: dict[tuple[str, int], list[Slice]] = {(seat.name, in_flight): [] for seat, in_flight in turns}
    for number in range(rounds):
        if number % 5 == 0:
            say(f"paired rounds: {number} of {rounds}")
        for seat, in_flight in random.sample(turns, len(turns)):
            slices[seat.name, in_flight].append(await seat.closed(slice_s, in_flight=in_flight))
    return {
        "transport": transport,
        "viewers": viewers,
        "workers": count,
        "complete": all(slice_.complete for some in slices.values() for slice_ in some),
        "cpuRatio": ratio(slices[many.name, 1], slices[one.name, 1]),
        "cpuRatioTwoInFlight": ratio(slices[many.name, 2], slices[one.name, 2]),
        "usPerDelivery": {
            f"{name}, {in_flight} in flight": _median_us(some) for (name, in_flight), some in slices.items()
        },
        "viewersOfEach": held,
        "shares": [round(gain / max(1, sum(held)), 3) for gain in held],
        "bytesPerViewer": {one.name: round(one.bytes_per_viewer), many.name: round(many.bytes_per_viewer)},
    }


def _median_us(slices: Sequence[Slice]) -> float:
    return round(statistics.median(one.per_delivery_us for one in slices), 2)


async def _connect(seat: Seat, viewers: int, kind: str, *, bytes_per_s: int = 0) -> None:
    if viewers:
        await seat.loader.connect(viewers, kind, bytes_per_s=bytes_per_s)


@contextlib.asynccontextmanager
async def _peak(seat: Seat) -> AsyncIterator[list[int]]:
    """The most memory that a server has at any moment of the block, in bytes; the list's one element grows."""
    peak = [rss_bytes(seat.pids())]

    async def sample() -> None:
        while True:
            peak[0] = max(peak[0], rss_bytes(seat.pids()))
            await asyncio.sleep(SAMPLE_S)

    try:
        async with asyncio.TaskGroup() as tasks:
            sampling = tasks.create_task(sample())
            yield peak
            sampling.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


def _counted(before: Mapping[str, float], after: Mapping[str, float], names: Sequence[str]) -> dict[str, Any]:
    """How much these counters rose, with their labels; empty where the daemon has none of that name."""
    rose = {
        name.removeprefix("captiond_"): value - before.get(name, 0.0)
        for name, value in after.items()
        if name.startswith(tuple(f"captiond_{one}" for one in names)) and value != before.get(name, 0.0)
    }
    return {"counted": rose}
