"""`captiond bench core`: what the redactor and an event's whole way cost as utterances grow, and beside it, in
the same run, the predecessor's redactor in Node. docs/performance.md says what is measured, and how to repeat it.
"""

import argparse
import contextlib
import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from captiond.bench import core_events, core_hostile, core_partials, node_seed
from captiond.bench.core_streams import Talk, as_recorded, by_characters, conversations, talks
from captiond.bench.streams import DataError
from captiond.core.compiled import COMPILED
from captiond.core.redact.redactor import MAX_CODE_POINTS

LENGTHS: Final = (60, 150, 600)  # code points: a short sentence, a long one, a minute of talk without a pause
LONG: Final = 6_000  # ten minutes: shows whether the cost of a partial grows with its utterance
ROUNDS: Final = 5
STREAMS: Final = 200
MOST_ROUNDS: Final = 1_000
MOST_STREAMS: Final = 100_000

# What the core has to reach (issue 3): Node's time over ours, by length; and 6,000 code points against 600.
COMPILED_RATIO: Final[Mapping[int, float]] = {60: 1.5, 150: 2.0, 600: 4.0}
PYTHON_RATIO: Final[Mapping[int, float]] = {600: 0.25}  # not compiled
LONG_RATIO: Final = 1.3

_PARTIAL: Final = (
    "coreUs", "coreMinUs", "coreMedianUs", "coreP99Us", "finalUs", "noopUs",
    "nodeUs", "nodeMinUs", "nodeMedianUs", "nodeP99Us",
)  # fmt: skip
_EVENT: Final = ("parseUs", "coreUs", "encodeUs", "medianUs", "p99Us", "wholeUs", "nodeUs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `captiond bench core`."""
    parser.description = (
        "Measures the redactor's time for each partial of utterances that grow to 60, 150, 600 and 6,000 characters, "
        "and one event's way through parsing, redaction and encoding. Where node is on the PATH, the predecessor's "
        "redactor is measured beside it, in alternating rounds, on the same texts (docs/performance.md)."
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with plain/, pii/; default: invented speech")
    parser.add_argument(
        "--streams", type=int, default=STREAMS, metavar="N", help=f"of each length, at most ({STREAMS})"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"medians are of so many ({ROUNDS})")
    parser.add_argument(
        "--lengths", type=int, nargs="+", default=[*LENGTHS, LONG], metavar="N", help="characters (60 150 600 6000)"
    )
    parser.add_argument("--no-node", action="store_true", help="measure our own side only")
    parser.add_argument("--no-events", action="store_true", help="the redactor alone, without the whole way")
    parser.add_argument(
        "--hostile", action="store_true", help="instead: how the cost of hostile texts rises with their length"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit status 1 where a required ratio, or slope, is not reached"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")


def run(args: argparse.Namespace) -> int:
    """Measures and prints; 2 on options or data that measure nothing, 1 where `--check` finds too slow a core."""
    wrong = _wrong(args)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    return _hostile(args) if args.hostile else _speed(args)


def _hostile(args: argparse.Namespace) -> int:
    rows = core_hostile.measure(args.rounds)
    if args.json:
        print(json.dumps({"compiled": COMPILED, "repeats": args.rounds, "rows": rows}, indent=1, ensure_ascii=False))
    else:
        print("\n".join(core_hostile.table(rows)))
    return _checked(args, core_hostile.shortfalls(rows))


def _checked(args: argparse.Namespace, short: Sequence[str]) -> int:
    if args.check and short:
        print("\n".join(short), file=sys.stderr)
        return 1
    return 0


def _speed(args: argparse.Namespace) -> int:
    try:
        spoken = talks(conversations(args.data))
        figures = measure(
            spoken,
            sorted(set(args.lengths)),
            streams=args.streams,
            rounds=args.rounds,
            node=not args.no_node,
            events=not args.no_events,
        )
    except (DataError, node_seed.NodeFailed) as why:
        print(why, file=sys.stderr)
        return 2
    if not figures["partials"]:
        print("--data: not enough talk for a single stream", file=sys.stderr)
        return 2
    print(json.dumps(figures, indent=1) if args.json else "\n".join(_tables(figures)))
    return _checked(args, shortfalls(figures))


def _wrong(args: argparse.Namespace) -> str | None:
    for name, most in (("streams", MOST_STREAMS), ("rounds", MOST_ROUNDS)):
        if not 1 <= getattr(args, name) <= most:
            return f"--{name}: 1 to {most}"
    if not all(1 <= length <= MAX_CODE_POINTS for length in args.lengths):
        return f"--lengths: 1 to {MAX_CODE_POINTS}; a longer utterance is masked whole"
    return "--data: no such folder" if args.data is not None and not args.data.is_dir() else None


def measure(
    spoken: Sequence[Talk], lengths: Sequence[int], *, streams: int, rounds: int, node: bool, events: bool
) -> dict[str, Any]:
    """All figures, ready for JSON; times in µs."""
    recorded = {length: grown for length in lengths if (grown := as_recorded(spoken, length, streams))}
    stepped = {length: grown for length in lengths if (grown := by_characters(spoken, length, min(streams, 100)))}
    sets = [core_partials.Measured("recorded", length, grown) for length, grown in recorded.items()]
    sets += [core_partials.Measured("stepped", length, grown) for length, grown in stepped.items()]
    ways = [core_events.way("recorded", length, grown) for length, grown in recorded.items() if length != LONG]
    why = node_seed.missing() if node else "no comparison with the seed function: --no-node"
    with contextlib.ExitStack() as stack:
        seed = None if why else stack.enter_context(node_seed.SeedInNode())
        core_partials.measure(sets, seed, rounds)
        if events:
            core_events.measure(ways, seed, rounds)
        version = seed.version() if seed else None
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "node": version,
        "noNode": why,
        "compiled": COMPILED,
        "rounds": rounds,
        "languages": [talk.language for talk in spoken],
        "partials": [core_partials.row(one) for one in sets],
        "events": [core_events.row(one) for one in ways] if events else [],
        "longRatio": {name: long_ratio(sets, name) for name in ("recorded", "stepped")},
    }


def shortfalls(figures: Mapping[str, Any]) -> list[str]:
    """What the core does not reach of what is asked of it, a line each; ratios to Node only where Node ran."""
    asked = COMPILED_RATIO if figures["compiled"] else PYTHON_RATIO
    said = [
        f"{row['streams']} {row['length']}: {row['ratio']:.2f} of Node's speed, asked {asked[row['length']]}"
        for row in figures["partials"]
        if row["length"] in asked and row.get("ratio") is not None and row["ratio"] < asked[row["length"]]
    ]
    return said + [
        f"{name}: a partial at {LONG} characters costs {ratio:.2f} times one at {LENGTHS[-1]}, asked {LONG_RATIO}"
        for name, ratio in figures["longRatio"].items()
        if ratio is not None and ratio > LONG_RATIO
    ]


def long_ratio(sets: Sequence[core_partials.Measured], name: str) -> float | None:
    """The cost of a partial of the longest streams over that of the 600s, the median of rounds; None without either.

    Round by round: a noisy neighbour stays for longer than a round, and then slows both.
    """
    cost = {one.length: one.core_ns for one in sets if one.name == name}
    if LONG not in cost or LENGTHS[-1] not in cost:
        return None
    return round(median(long / short for long, short in zip(cost[LONG], cost[LENGTHS[-1]], strict=True)), 3)


def _tables(figures: Mapping[str, Any]) -> Iterator[str]:
    how = "compiled" if figures["compiled"] else "not compiled"
    yield f"core {how}, {figures['python']}, node {figures['node'] or '-'}, {figures['rounds']} rounds"
    yield f"talk in {', '.join(figures['languages'])}; all times in µs"
    if figures["noNode"]:
        yield figures["noNode"]
    yield ""
    yield "the redactor alone, a partial (mean: CPU time of whole streams, median of rounds; p50, p99: single ones;"
    yield "ratio: Node's mean over ours; p50s': Node's p50 over ours)"
    heads = ("mean", "min", "p50", "p99", "final", "no-op", "node", "min", "p50", "p99", "ratio", "p50s'")
    yield f"{'streams':14}{'count':>6}{'partials':>9}{'revised':>8}" + "".join(f"{head:>8}" for head in heads)
    for row in figures["partials"]:
        label = f"{row['streams']} {row['length']}"
        counts = f"{row['count']:>6}{row['partials']:>9}{row['revisedShare']:>8.0%}"
        yield f"{label:14}{counts}{_cells(row, _PARTIAL)}{_ratio(row)}{_ratio(row, 'medianRatio')}"
    for name, ratio in figures["longRatio"].items():
        if ratio is not None:
            yield f"{name}: a partial at {LONG} characters costs {ratio:.2f} times one at {LENGTHS[-1]}"
    if figures["events"]:
        yield ""
        yield "the whole way of an event (parse, core, encode: medians; node: JSON.parse, seed, JSON.stringify)"
        stages = ("parse", "core", "encode", "p50", "p99", "mean", "node", "ratio")
        yield f"{'streams':14}{'events':>9}" + "".join(f"{head:>8}" for head in stages)
    for row in figures["events"]:
        label = f"{row['streams']} {row['length']}"
        yield f"{label:14}{row['events']:>9}{_cells(row, _EVENT)}{_ratio(row)}"


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return "".join(f"{row[name]:>8.2f}" if name in row else f"{'-':>8}" for name in names)


def _ratio(row: Mapping[str, Any], name: str = "ratio") -> str:
    return f"{row[name]:>7.2f}x" if row.get(name) is not None else f"{'-':>8}"
