"""The comparison: all servers hold their viewers at once and are driven in turn, in random order, a slice each.

What counts is a server's CPU time per delivery divided by the floor's in the same round: a machine that is slow or busy
for a moment is so for both. Wall-clock figures come from an open loop at an even pace, one server after the other.
"""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from captiond.bench.fanout_hall import FLOOR, NCHAN, NODE, ONE_VIEWER, OURS, Hall, Seat, Slice, say

LONE: Final = ", one in flight"
CLEAN: Final = 0.03  # a slice in which the server waited for its core no longer than that is clean


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare: the options of the command line that say so."""

    transport: str
    viewers: int
    rate: float
    seconds: float
    rounds: int
    slice_s: float
    in_flight: int
    peers: tuple[str, ...]


async def compare(hall: Hall, plan: Plan) -> dict[str, Any]:
    """One transport. The answer's `servers` are in the order floor, ours, peers."""
    for name in (FLOOR, *plan.peers):
        await hall.seat(name, plan.transport, plan.viewers)
    await hall.seat_ours(plan.transport, plan.viewers)
    await hall.seat_ours(plan.transport, 1, name=ONE_VIEWER)
    names = [FLOOR, OURS, *plan.peers]
    opened = {name: await _opened(hall.seats[name], plan) for name in names}
    rounds = await _rounds(hall, plan)
    one = statistics.median(slice_.per_caption_us for slice_ in rounds[ONE_VIEWER])
    servers = [
        {
            "server": name,
            "transport": plan.transport,
            "viewers": plan.viewers,
            **opened[name],
            "bytesPerViewer": round(hall.seats[name].bytes_per_viewer),
            "joinCpuUs": round(hall.seats[name].join_cpu_us, 1),
            "paired": _paired(name, rounds),
        }
        for name in names
    ]
    ours = statistics.median(slice_.per_caption_us for slice_ in rounds[OURS])
    return {
        "transport": plan.transport,
        "viewers": plan.viewers,
        "rounds": plan.rounds,
        "sliceS": plan.slice_s,
        "inFlight": plan.in_flight,
        "perEventUs": round(one, 1),
        "perDeliveryWithoutEventUs": round((ours - one) / max(1, plan.viewers - 1), 3),
        "complete": all(slice_.complete for slices in rounds.values() for slice_ in slices)
        and all(server["delivered"] == server["expected"] for server in servers),
        "servers": servers,
    }


async def _opened(seat: Seat, plan: Plan) -> dict[str, Any]:
    """At an even pace: what a viewer sees, and what the daemon says of itself."""
    say(f"{seat.name}: {plan.rate:g} captions/s for {plan.seconds:g} s")
    before = await seat.daemon.metrics() if seat.daemon else {}
    slice_ = await seat.open(plan.rate, plan.seconds)
    after = await seat.daemon.metrics() if seat.daemon else {}
    figures = slice_.figures
    return {
        "eventsPerSecond": plan.rate,
        "seconds": plan.seconds,
        "events": figures["published"],
        "expected": figures["expected"],
        "delivered": figures["delivered"],
        "daemonP50Ms": latency_ms(before, after, 0.5),
        "daemonP99Ms": latency_ms(before, after, 0.99),
        "viewerP50Ms": figures["p50Ms"],
        "viewerP99Ms": figures["p99Ms"],
        "lastViewerP50Ms": figures["lastP50Ms"],
        "lastViewerP99Ms": figures["lastP99Ms"],
        "spreadP50Ms": figures["spreadP50Ms"],
        "spreadP99Ms": figures["spreadP99Ms"],
        "cpuUsPerDelivery": round(slice_.per_delivery_us, 2),
        "waited": round(slice_.waited, 3),
    }


async def _rounds(hall: Hall, plan: Plan) -> dict[str, list[Slice]]:
    turns = [(name, name, plan.in_flight) for name in hall.seats]
    if plan.in_flight > 1:
        # Whoever has two captions to send may send them in one write. With one on the way nobody can.
        turns += [(name, f"{name}{LONE}", 1) for name in (FLOOR, OURS)]
    slices: dict[str, list[Slice]] = {key: [] for _, key, _ in turns}
    for number in range(plan.rounds):
        if number % 5 == 0:
            say(f"paired rounds: {number} of {plan.rounds}")
        for name, key, in_flight in random.sample(turns, len(turns)):
            slices[key].append(await hall.seats[name].closed(plan.slice_s, in_flight=in_flight))
    return slices


def _paired(name: str, rounds: Mapping[str, Sequence[Slice]]) -> dict[str, Any]:
    """One server's slices, against the floor's and the peers' of the same rounds."""
    slices = rounds[name]
    clean = [
        one.per_delivery_us / floor.per_delivery_us
        for one, floor in zip(slices, rounds[FLOOR], strict=True)
        if max(one.waited, floor.waited) < CLEAN
    ]
    return {
        "ratio": ratio(slices, rounds[FLOOR]),
        **(
            {"loneRatio": ratio(rounds[f"{name}{LONE}"], rounds[f"{FLOOR}{LONE}"])} if f"{name}{LONE}" in rounds else {}
        ),
        **{f"to{peer.capitalize()}": ratio(slices, rounds[peer]) for peer in (NCHAN, NODE) if peer in rounds},
        "usPerDelivery": round(statistics.median(one.per_delivery_us for one in slices), 2),
        "leastUsPerDelivery": round(min(one.per_delivery_us for one in slices), 2),
        "captionsPerRecv": round(statistics.median(one.figures["captionsPerRecv"] for one in slices), 2),
        "ticksToScheduler": round(sum(one.ticks_s for one in slices) / sum(one.cpu_s for one in slices), 3),
        "waited": round(statistics.median(one.waited for one in slices), 3),
        "cleanRounds": len(clean),
        "cleanRatio": round(statistics.median(clean), 3) if clean else None,
        "deliveries": sum(one.figures["delivered"] for one in slices),
    }


def ratio(ours: Sequence[Slice], theirs: Sequence[Slice]) -> dict[str, float]:
    """CPU time per delivery against another's, round by round: median and quartiles."""
    return spread([a.per_delivery_us / b.per_delivery_us for a, b in zip(ours, theirs, strict=True)])


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and quartiles; of a single value all three are that."""
    if len(values) == 1:
        return dict.fromkeys(("median", "p25", "p75"), round(values[0], 3))
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": round(middle, 3), "p25": round(low, 3), "p75": round(high, 3)}


def latency_ms(before: Mapping[str, float], after: Mapping[str, float], quantile: float) -> float | None:
    """What the daemon counted between two scrapes, frame received to handed to the last socket, in ms.

    The upper bound of the bucket in which that quantile lies; None where it counted nothing, or there is no daemon.
    """
    prefix = 'captiond_daemon_latency_seconds_bucket{le="'
    buckets = [
        (float(name.removeprefix(prefix).removesuffix('"}')), count - before.get(name, 0.0))
        for name, count in after.items()
        if name.startswith(prefix)
    ]
    return quantile_of_buckets(buckets, quantile)


def quantile_of_buckets(buckets: Sequence[tuple[float, float]], quantile: float) -> float | None:
    """The upper bound, in ms, of the bucket in which that quantile lies. Buckets are (bound in s, cumulative count)."""
    if not buckets or buckets[-1][1] <= 0:
        return None
    total = buckets[-1][1]
    return next((bound * 1000 for bound, count in buckets if count >= quantile * total), float("inf"))
