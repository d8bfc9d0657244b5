"""`captiond bench fanout`: one caption to many viewers, by the whole daemon, beside the least that it can cost.

The daemon is a real `captiond serve`, fed by the simulator over Genesys' media WebSocket; beside it run a C server that
does nothing but send(), nginx with nchan, and Node with `ws`, where they are found. docs/fanout.md has the method.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop

from captiond.bench import fanout_peers as peers
from captiond.bench import fanout_python
from captiond.bench import fanout_trials as trials
from captiond.bench.fanout_asked import incomplete, verdicts
from captiond.bench.fanout_compare import Plan, compare
from captiond.bench.fanout_feed import Build, build_of
from captiond.bench.fanout_hall import NCHAN, NODE, OURS, Hall, say
from captiond.bench.fanout_load import compile_tools, missing
from captiond.bench.fanout_say import table

IDLE_VIEWERS: Final = (1_000, 4_900, 15_000)
VIEWERS: Final = 1_000
SLOW_VIEWERS: Final = 5_000
STORM_VIEWERS: Final = 10_000
RATE: Final = 10.0
STORM_RATE: Final = 2.0  # 10,000 viewers at 10 captions a second are most of a core already
SECONDS: Final = 3.0
SLOW_SECONDS: Final = 15.0  # kernel buffers of 40 kB take some of them until a viewer's lateness is felt at all
STALLED: Final = 0.05
THROTTLED: Final = 0.1
_ABOUT: Final = """\
With no option: 1,000 viewers on every server, WebSocket and then server-sent events: latency at an even pace, then CPU
time per delivery in paired rounds against a C send() loop. About a minute. The options --burst, --idle, --slow (or
--stalled, --throttled), --storm and --workers measure something else instead, several of them one after the other.

What counts is the ratio to the floor of the same round; microseconds depend on the machine and on what else it does.
Every server runs on one core, the load client and the simulator on another.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `captiond bench fanout`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    add("--transport", choices=("ws", "sse", "both"), default="both", help="default both, one after the other")
    add("--viewers", type=int, metavar="N", help="default 1000; 10000 for --storm, 5000 for --slow")
    add("--rate", type=float, metavar="R", help="captions a second of the even pace, default 10; 2 during a --storm")
    add(
        "--seconds",
        type=float,
        metavar="S",
        help="of the even pace, for each server, default 3; 15 beside slow viewers",
    )
    add("--peers", default="nchan,node", metavar="NAMES", help="nchan,node (where found; default), one, or none")
    add("--paired", type=int, nargs="?", const=30, default=10, metavar="ROUNDS", help="default 10; bare: 30")
    add("--slice", type=float, default=0.3, metavar="S", help="of one server in one round, default 0.3")
    add("--in-flight", type=int, default=2, metavar="N", help="captions on the way in a slice, default 2")
    add("--burst", action="store_true", help="four captions due at once against four single ones")
    add("--idle", type=int, nargs="*", metavar="N", help="memory of N idle viewers, default 1000 4900 15000")
    add("--slow", action="store_true", help="p99 of the others beside 5 %% stalled and 10 %% throttled viewers")
    add("--stalled", type=float, metavar="SHARE", help="as --slow: these viewers read nothing")
    add("--throttled", type=float, metavar="SHARE", help="as --slow: these viewers read 1 kB/s")
    add("--storm", action="store_true", help="all viewers hang up at once, and come back at once with their positions")
    add("--away", type=int, default=5, metavar="N", help="captions that a --storm misses, default 5; 1100 are not kept")
    add("--workers", type=int, metavar="N", help="a daemon of N processes beside one of a single process")
    add("--repeat", type=int, default=3, metavar="N", help="rounds of --slow and --storm, default 3")
    add("--daemon", metavar="PATH", help="the captiond to measure; default: this one (`captiond --version` says which)")
    add("--node-ws", metavar="PATH", help="folder of Node's ws; default: installed by npm into the user's cache")
    add("--client", choices=("auto", "python"), default="auto", help="python: no C load client, and no comparison")
    add("--json", action="store_true", help="one JSON object instead of tables")
    add("--check", action="store_true", help="exit status 1 where less is reached than is asked")


def run(args: argparse.Namespace) -> int:
    """Runs and prints. Exit status 1 where a delivery is missing: then no figure means anything."""
    faults = list(_faults(args))
    for fault in faults:
        print(f"captiond: {fault}", file=sys.stderr)
    if faults:
        return 2
    build = build_of(args.daemon)
    why = missing() if args.client == "auto" else "--client python"
    if why is not None:
        return _in_python(args, build, why)
    report: dict[str, Any] = {"conditions": conditions(build)}
    with tempfile.TemporaryDirectory(prefix="captiond-bench-") as folder:
        tools = compile_tools(Path(folder))
        names = _peers(args)
        ws = peers.find_ws(args.node_ws)

        def hall(work: Work) -> dict[str, Any]:
            """Fresh servers for each measurement."""

            async def held(place: str) -> dict[str, Any]:
                async with Hall(tools, Path(place), build, ws=ws) as one:
                    return await work(one)

            with (
                tempfile.TemporaryDirectory(dir=folder) as place,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                return runner.run(held(place))

        for kind, work in _works(args, names):
            say(kind)
            report.setdefault(kind, []).append(hall(work))
    return _told(args, report)


def conditions(build: Build) -> dict[str, Any]:
    """What a figure from another machine needs to be compared with these."""
    return {
        "build": build.says,
        "daemon": build.where,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


Work = Callable[[Hall], Coroutine[Any, Any, dict[str, Any]]]


def _works(args: argparse.Namespace, names: tuple[str, ...]) -> Iterator[tuple[str, Work]]:
    """What was asked for, a measurement each: where its report goes, and what to do in a hall of its own."""
    transports = ("ws", "sse") if args.transport == "both" else (args.transport,)
    slow = args.slow or args.stalled is not None or args.throttled is not None
    special = args.burst or args.idle is not None or slow or args.storm or args.workers is not None
    pace: dict[str, Any] = {"rate": args.rate or RATE, "seconds": args.seconds or (SLOW_SECONDS if slow else SECONDS)}
    rounds: dict[str, Any] = {"rounds": args.paired, "slice_s": args.slice}
    for transport in transports:
        many: dict[str, Any] = {"transport": transport, "viewers": args.viewers or VIEWERS}
        if not special:
            plan = Plan(**many, **pace, **rounds, in_flight=args.in_flight, peers=names)
            yield "comparison", partial(compare, plan=plan)
        if args.burst:
            yield "coalescing", partial(trials.coalescing, **many, **rounds)
        for viewers in args.idle or (IDLE_VIEWERS if args.idle is not None else ()):
            for name in (OURS, *names):
                yield "idle", partial(trials.idle, name=name, transport=transport, viewers=viewers)
        if slow:
            many["viewers"] = args.viewers or SLOW_VIEWERS
            shares: dict[str, Any] = {
                name: given if given is not None else usual if args.slow else 0.0
                for name, given, usual in (("stalled", args.stalled, STALLED), ("throttled", args.throttled, THROTTLED))
            }
            yield "slow", partial(trials.slow, **many, **pace, **shares, rounds=args.repeat)
        if args.storm:
            many["viewers"] = args.viewers or STORM_VIEWERS
            yield (
                "storm",
                partial(trials.storm, **many, away=args.away, rate=args.rate or STORM_RATE, rounds=args.repeat),
            )
        if args.workers is not None:
            many["viewers"] = args.viewers or VIEWERS
            yield "workers", partial(trials.workers, **many, **rounds, count=args.workers)


def _told(args: argparse.Namespace, report: dict[str, Any]) -> int:
    report["asked"] = [
        {"what": one.what, "most": one.most, "measured": one.measured, "reached": one.reached}
        for one in verdicts(report)
    ]
    short = incomplete(report)
    if args.json:
        print(json.dumps(report, indent=1))
    else:
        print(", ".join(f"{name}: {value}" for name, value in report["conditions"].items()))
        print("\n".join(table(report)))
        print("\n" + "\n".join(map(str, verdicts(report))))
    for one in short:
        print(f"captiond: {one}: deliveries are missing, its figures mean nothing", file=sys.stderr)
    missed = args.check and not all(one["reached"] for one in report["asked"])
    return 1 if short or missed else 0


def _peers(args: argparse.Namespace) -> tuple[str, ...]:
    """Those that were asked for and are there; a line on stderr for each that is not."""
    asked = () if args.peers == "none" else args.peers.split(",")
    found = []
    for name, why in ((NCHAN, peers.missing_nchan), (NODE, lambda: peers.missing_node(args.node_ws))):
        if name in asked:
            reason = why()
            if reason is None:
                found.append(name)
            else:
                print(f"captiond: {reason}", file=sys.stderr)
    return tuple(found)


def _in_python(args: argparse.Namespace, build: Build, why: str) -> int:
    """The daemon alone, with the Python load client."""
    print(f"captiond: {why}; measuring the daemon alone, with a load client in Python", file=sys.stderr)
    rows = []
    for transport in ("ws", "sse") if args.transport == "both" else (args.transport,):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            rows.append(
                runner.run(
                    fanout_python.measure(
                        build, args.viewers or 100, args.rate or RATE, args.seconds or SECONDS, transport
                    )
                )
            )
    if args.json:
        print(json.dumps({"conditions": conditions(build), "runs": rows}, indent=1))
    else:
        print(", ".join(f"{name}: {value}" for name, value in conditions(build).items()))
        for row in rows:
            print(fanout_python.table(row))
    return 0 if all(row["delivered"] == row["expected"] for row in rows) else 1


def _faults(args: argparse.Namespace) -> Iterator[str]:
    positive: Sequence[tuple[str, float | None]] = (
        ("--viewers", args.viewers),
        ("--rate", args.rate),
        ("--seconds", args.seconds),
        ("--slice", args.slice),
        ("--paired", args.paired),
        ("--in-flight", args.in_flight),
        ("--repeat", args.repeat),
        ("--workers", args.workers),
        ("--away", args.away),
        *(("--idle", one) for one in args.idle or ()),
    )
    yield from (
        f"{name}: {value:g}: allowed are numbers above 0"
        for name, value in positive
        if value is not None and value <= 0
    )
    for name, share in (("--stalled", args.stalled), ("--throttled", args.throttled)):
        if share is not None and not 0 <= share < 0.5:
            yield f"{name}: {share:g}: allowed are shares from 0 to 0.5"
    if args.in_flight > 64:
        yield f"--in-flight: {args.in_flight}: allowed are 1 to 64"
    unknown = {*args.peers.split(",")} - {"nchan", "node", "none"}
    if unknown:
        yield f"--peers: {', '.join(sorted(unknown))}: allowed are nchan, node, none"
