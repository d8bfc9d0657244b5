"""What is asked of the fan-out, and whether a run reached it. Pure: reports in, lines and a verdict out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

FLOOR_MOST: Final = 1.25  # of a C send() loop, CPU time per delivery
NCHAN_MOST: Final = {"ws": 1.0, "sse": 0.9}
NODE_MOST: Final = {"ws": 1.0}
COALESCED_MOST: Final = 0.3  # four captions in one write, each against a single one
RSS_MOST_BYTES: Final = {"ws": 20_000, "sse": 17_000}  # of an idle viewer
SLOW_MOST: Final = 1.2  # p99 among slow viewers, against the run without them
STORM_MOST_S: Final = 5.0
WORKERS_MOST: Final = 1.1  # CPU time per delivery over two workers, against one
SHARES: Final = (0.45, 0.55)
MAX_QUEUED_BYTES: Final = 131_072  # of a slow viewer, as configured; what the process takes around it is on top
QUEUE_AND_REST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing asked: the most that is allowed, what was measured."""

    what: str
    most: float
    measured: float
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether it is as good as asked."""
        return self.measured <= self.most

    def __str__(self) -> str:
        verdict = "reached" if self.reached else "NOT REACHED"
        return f"{self.what}: {self.measured:g}{self.unit}, asked at most {self.most:g}{self.unit}: {verdict}"


def verdicts(report: Mapping[str, Any]) -> list[Verdict]:
    """Everything that this report can be asked. What it has not measured is not in the list."""
    found: list[Verdict] = []
    for one in report.get("comparison", ()):
        found += _of_comparison(one)
    for one in report.get("coalescing", ()):
        ratio = one["oneFrame"]["ratio"]["median"]
        found.append(Verdict(f"{one['transport']}: four captions in one write, CPU of each", COALESCED_MOST, ratio))
    for one in report.get("idle", ()):
        if one["server"] == "captiond":
            what = f"{one['transport']}: memory of each of {one['viewers']} idle viewers"
            found.append(Verdict(what, RSS_MOST_BYTES[one["transport"]], one["bytesPerViewer"], " B"))
    for one in report.get("slow", ()):
        found.append(Verdict(f"{one['transport']}: p99 among slow viewers", SLOW_MOST, one["p99Ratio"]["median"]))
        most = MAX_QUEUED_BYTES * QUEUE_AND_REST
        found.append(Verdict(f"{one['transport']}: memory of a slow viewer", most, one["rssGrowthPerSlowBytes"], " B"))
    for one in report.get("storm", ()):
        what = f"{one['transport']}: {one['viewers']} viewers back and caught up"
        found.append(Verdict(what, STORM_MOST_S, one["allS"]["median"], " s"))
    for one in report.get("workers", ()):
        found += _of_workers(one)
    return found


def _of_comparison(one: Mapping[str, Any]) -> Iterator[Verdict]:
    transport = one["transport"]
    ours = next(server for server in one["servers"] if server["server"] == "captiond")
    yield Verdict(f"{transport}: CPU per delivery to the floor's", FLOOR_MOST, ours["paired"]["ratio"]["median"])
    if (lone := ours["paired"].get("loneRatio")) is not None:
        yield Verdict(f"{transport}: the same with one caption in flight", FLOOR_MOST, lone["median"])
    for peer, most in (("Nchan", NCHAN_MOST.get(transport)), ("Node", NODE_MOST.get(transport))):
        if most is not None and (against := ours["paired"].get(f"to{peer}")) is not None:
            yield Verdict(f"{transport}: CPU per delivery to {peer.lower()}'s", most, against["median"])
    yield Verdict(f"{transport}: memory of a viewer", RSS_MOST_BYTES[transport], ours["bytesPerViewer"], " B")


def _of_workers(one: Mapping[str, Any]) -> Iterator[Verdict]:
    yield Verdict(
        f"{one['transport']}: CPU per delivery over {one['workers']} workers to one's",
        WORKERS_MOST,
        one["cpuRatio"]["median"],
    )
    if one["workers"] == 2:
        largest = max(one["shares"], default=1.0)
        yield Verdict(f"{one['transport']}: viewers of the fuller worker", SHARES[1], largest)


def incomplete(report: Mapping[str, Any]) -> list[str]:
    """The runs in which a viewer missed a caption: their figures mean nothing."""
    kinds = ("comparison", "coalescing", "slow", "storm", "workers")
    return [f"{kind} over {one['transport']}" for kind in kinds for one in report.get(kind, ()) if not one["complete"]]
