"""A report for people: tables whose lines can be put into a document as they are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TRANSPORTS = {"ws": "WebSocket", "sse": "server-sent events"}


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """All lines."""
    for one in report.get("comparison", ()):
        yield from _comparison(one)
    for one in report.get("coalescing", ()):
        yield from _coalescing(one)
    if report.get("idle"):
        yield from _idle(report["idle"])
    for one in report.get("slow", ()):
        yield from _slow(one)
    for one in report.get("storm", ()):
        yield from _storm(one)
    for one in report.get("workers", ()):
        yield from _workers(one)


def _comparison(one: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        f"{TRANSPORTS[one['transport']]}, {one['viewers']} viewers on each server; CPU: {one['rounds']} paired rounds "
        f"of {one['sliceS']:g} s, {one['inFlight']} captions in flight"
    )
    rows = []
    for server in one["servers"]:
        paired = server["paired"]
        rows.append(
            (
                server["server"],
                f"{paired['ratio']['median']:.2f} [{paired['ratio']['p25']:.2f}-{paired['ratio']['p75']:.2f}]",
                f"{paired['loneRatio']['median']:.2f}" if "loneRatio" in paired else "-",
                f"{paired['toNchan']['median']:.2f}" if "toNchan" in paired else "-",
                f"{paired['toNode']['median']:.2f}" if "toNode" in paired else "-",
                f"{paired['usPerDelivery']:.2f}",
                f"{paired['captionsPerRecv']:.2f}",
                f"{server['viewerP50Ms']:.1f}, {server['viewerP99Ms']:.1f}",
                f"{server['spreadP50Ms']:.1f}, {server['spreadP99Ms']:.1f}",
                f"{server['bytesPerViewer'] / 1000:.1f}",
                f"{server['delivered']} of {server['expected']}",
            )
        )
    yield from _rows(
        (
            "server",
            "CPU to floor",
            "1 in flight",
            "to nchan",
            "to node",
            "us/delivery",
            "captions/recv",
            "p50, p99 ms",
            "first to last p50, p99 ms",
            "kB/viewer",
            "delivered",
        ),
        rows,
    )
    rate = one["servers"][0]["eventsPerSecond"]
    yield f"milliseconds and deliveries: {rate:g} captions/s, one server after the other"
    yield (
        f"captiond's figures hold the whole daemon: an event with one viewer takes {one['perEventUs']:g} us of CPU "
        f"(parse, core, audit); without it a delivery takes {one['perDeliveryWithoutEventUs']:.2f} us"
    )


def _coalescing(one: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{TRANSPORTS[one['transport']]}, {one['viewers']} viewers, {one['burst']} captions due at once"
    names = {"single": "one by one", "oneFrame": "four in one frame", "fourFrames": "four frames"}
    yield from _rows(
        ("upstream sends", "us a caption and viewer", "captions/recv", "to one by one"),
        [
            (
                says,
                f"{one[name]['usPerDelivery']:.2f}",
                f"{one[name]['captionsPerRecv']:.2f}",
                f"{one[name]['ratio']['median']:.2f} [{one[name]['ratio']['p25']:.2f}-{one[name]['ratio']['p75']:.2f}]",
            )
            for name, says in names.items()
        ],
    )


def _idle(some: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield ""
    yield "memory of an idle viewer"
    yield from _rows(
        ("server", "transport", "viewers", "kB/viewer", "whole server MB", "CPU us to join"),
        [
            (
                one["server"],
                TRANSPORTS[one["transport"]],
                str(one["viewers"]),
                f"{one['bytesPerViewer'] / 1000:.1f}",
                f"{one['rssBytes'] / 1e6:.0f}",
                f"{one['joinCpuUs']:.0f}",
            )
            for one in some
        ],
    )


def _slow(one: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        f"{TRANSPORTS[one['transport']]}, {one['viewers']} viewers, {one['stalled']} of them stalled and "
        f"{one['throttled']} at 1 kB/s, {one['eventsPerSecond']:g} captions/s for {one['seconds']:g} s, "
        f"{one['rounds']} rounds"
    )
    ratio = one["p99Ratio"]
    yield f"  p99 of the others, ms         {one['p99WithoutMs']:g} without the slow, {one['p99AmongMs']:g} among them"
    yield f"  ratio                         {ratio['median']:.2f} [{ratio['p25']:.2f}-{ratio['p75']:.2f}]"
    grown, each = one["rssGrowthBytes"] / 1e6, one["rssGrowthPerSlowBytes"] / 1000
    yield f"  memory at its peak            {grown:.1f} MB more, {each:.1f} kB a slow viewer"
    yield from (f"  {name}  {count:g}" for name, count in one["counted"].items())


def _storm(one: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    whose = f"{TRANSPORTS[one['transport']]}, {one['viewers']} viewers"
    yield f"{whose} hang up at once, miss {one['away']} captions, and come back at once"
    yield from _rows(
        ("all caught up s", "p50 ms", "p99 ms", "refused", "full queue", "daemon CPU s", "counted"),
        [
            (
                f"{run['allS']:.2f}",
                f"{run['p50Ms']:.0f}",
                f"{run['p99Ms']:.0f}",
                str(run["refused"]),
                str(run["listenOverflows"]),
                f"{run['daemonCpuS']:.2f}",
                ", ".join(f"{name} {count:g}" for name, count in run["counted"].items()) or "-",
            )
            for run in one["storms"]
        ],
    )


def _workers(one: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{TRANSPORTS[one['transport']]}, {one['viewers']} viewers, {one['workers']} workers beside 1"
    for says, ratio in (("one in flight", one["cpuRatio"]), ("two in flight", one["cpuRatioTwoInFlight"])):
        quartiles = f"[{ratio['p25']:.2f}-{ratio['p75']:.2f}]"
        yield f"  CPU per delivery, ratio       {ratio['median']:.2f} {quartiles}, {says}"
    yield f"  us per delivery               {_listed(one['usPerDelivery'])}"
    yield f"  viewers of each               {', '.join(map(str, one['viewersOfEach']))}"
    yield f"  bytes per viewer              {_listed(one['bytesPerViewer'])}"


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name}: {value:g}" for name, value in figures.items())


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, ["-" * width for width in widths], *rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
