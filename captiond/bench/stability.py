"""`captiond bench stability`: how steady captions are to read, by profile, and what each profile costs in time.

The streams go through the daemon's own core; the widget's own modules, run by Node, say what is on the screen when.
docs/stability.md says what each figure means and which of them is held against which target.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from captiond.base.errors import CaptiondError
from captiond.bench.stability_figures import Figures, Row
from captiond.bench.stability_streams import Talk, sets
from captiond.bench.streams import DataError

PLAYER: Final = Path(__file__).with_name("stability-player.mjs")
PROFILES: Final = ("responsive", "balanced", "steady", "finals")
RECOGNISER: Final = "recogniser"  # what upstream sent, before anything of ours
DISPLAYED_BALANCED: Final = 0.2  # words taken back for each word of the finals, as they are written
SETTLED_STEADY: Final = 0.02
_PLAY_S: Final = 600.0  # for one set; the shared ones take seconds


class NodeFailed(CaptiondError):
    """Node is missing, or ended badly. Says so; never what text it was given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `captiond bench stability`."""
    parser.description = "Measures what readers see change, by stability profile (docs/stability.md). Needs Node.js."
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="folder with plain/, pii/, genuine/, or any folder or file of events as JSON Lines; default: own streams",
    )
    parser.add_argument("--language", default="", metavar="TAG", help="begins with: en, es, fr, de (default all)")
    parser.add_argument(
        "--profile",
        action="append",
        metavar="NAME",
        help="instead of all four; may be given again; digits are a fixed wait in ms, as in the attribute",
    )
    parser.add_argument(
        "--remember",
        action="store_true",
        help="what a profile has learned goes on from session to session, as in a browser; default: each begins anew",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")
    parser.add_argument("--check", action="store_true", help="exit status 1 where a target is missed")


def run(args: argparse.Namespace) -> int:
    """Measures and prints; 1 where Node fails, or a target is missed (`--check`), 2 where the data can't be read."""
    profiles = tuple(args.profile or PROFILES)
    if args.data is not None and not args.data.exists():
        print("--data: no such file or folder", file=sys.stderr)
        return 2
    try:
        reports = {
            name: measure(talks, profiles, remember=args.remember) for name, talks in sets(args.data, args.language)
        }
    except DataError as why:
        print(why, file=sys.stderr)
        return 2
    reports = {name: report for name, report in reports.items() if report["utterances"]}
    if not reports:
        print("no stream with a final found", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps({"sets": reports, "targets": targets(reports)}, indent=1, ensure_ascii=False))
    else:
        for name, report in reports.items():
            print("\n".join(_table(name, report)))
        print("\n".join(_said(target) for target in targets(reports)))
    return int(args.check and not all(target["met"] for target in targets(reports)))


def measure(talks: Iterable[Talk], profiles: Sequence[str] = PROFILES, *, remember: bool = False) -> dict[str, Any]:
    """The figures of one set, by profile, and those of the recogniser. Each media session has a screen of its own.

    Args:
        remember: what a profile has learned in one session helps it in the next.
    """
    heard = list(talks)
    figures = {name: Figures() for name in (RECOGNISER, *profiles)}
    for talk in heard:
        for rows in talk.said.values():
            if rows[-1].final:
                figures[RECOGNISER].add(rows, rows)
    for talk, screens in zip(heard, play(heard, profiles, remember=remember), strict=True):
        said = _captions(talk)
        for profile, utterances in screens.items():
            for utterance, rows in utterances.items():
                if rows[-1].final:
                    figures[profile].add(rows, said[utterance])
    some = figures[RECOGNISER]
    return {
        "sessions": len(heard),
        "utterances": some.utterances,
        "words": some.words,
        "figures": {name: one.report() for name, one in figures.items()},
    }


def _captions(talk: Talk) -> dict[str, list[Row]]:
    """By utterance, the captions as they were sent: what a screen would show that waits for nothing."""
    rows: dict[str, list[Row]] = {}
    for at_ms, message in talk.messages:
        if message["type"] == "caption":
            row = Row(at_ms, message["text"], message["stableLength"], message["final"])
            rows.setdefault(message["utterance"], []).append(row)
    return rows


def play(
    talks: Sequence[Talk], profiles: Sequence[str], *, remember: bool = False
) -> Iterator[dict[str, dict[str, list[Row]]]]:
    """What the widget shows of each session: by profile and utterance.

    Raises:
        NodeFailed: there is no Node, or it did not play all.
    """
    node = shutil.which("node")
    if node is None:
        raise NodeFailed("what is on the screen is said by the widget's own modules: Node.js is needed (node)")
    lines = (json.dumps({"messages": talk.messages, "profiles": profiles, "remember": remember}) for talk in talks)
    try:
        played = subprocess.run(
            [node, str(PLAYER)],
            input="\n".join(lines),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a stack trace could quote the text
            encoding="utf-8",
            timeout=_PLAY_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NodeFailed(f"node: not done within {_PLAY_S:.0f} s") from None
    answers = played.stdout.splitlines()
    if played.returncode != 0 or len(answers) != len(talks):
        raise NodeFailed(f"node: ended with status {played.returncode} after {len(answers)} of {len(talks)} sessions")
    for answer in answers:
        yield {
            profile: {utterance: [Row(*row) for row in rows] for utterance, rows in utterances.items()}
            for profile, utterances in json.loads(answer).items()
        }


def targets(reports: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each target with the worst set and its figure; as written and without case and punctuation."""
    found = []
    for profile, what, most in (("balanced", "displayed", DISPLAYED_BALANCED), ("steady", "settled", SETTLED_STEADY)):
        for measured in (what, f"{what}Folded"):
            figures = {
                name: report["figures"][profile]["normalizedErasure"][measured]
                for name, report in reports.items()
                if profile in report["figures"]
            }
            if figures:
                worst = max(figures, key=lambda name: figures[name])
                row = {"profile": profile, "measure": measured, "below": most, "worst": figures[worst], "set": worst}
                found.append(row | {"met": figures[worst] < most})
    return found


def _said(target: Mapping[str, Any]) -> str:
    how = "without case and punctuation" if target["measure"].endswith("Folded") else "as written"
    what = target["measure"].removesuffix("Folded")
    return (
        f"{target['profile']}: erasure of {what} text, {how}, below {target['below']}: "
        f"{'met' if target['met'] else 'MISSED'}, at most {target['worst']:.4f} ({target['set']})"
    )


def _table(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    yield f"== {name}: {report['sessions']} sessions, {report['utterances']} utterances, {report['words']} words"
    heads = f"{'':12}{'displayed NE':>16}{'':8}{'settled NE':>17}{'':14}{'stable, s':>12}"
    yield f"{heads}{'added delay, s':>20}{'lags':>7}"
    heads = f"{'written':>8}{'folded':>8}{'(after)':>8}{'written':>9}{'folded':>8}{'UPWR':>7}{'UPSR':>7}"
    yield f"{'':12}{heads}{'p50':>6}{'p95':>6}{'p50':>7}{'p95':>6}{'max':>7}"
    for profile, figures in report["figures"].items():
        if figures:
            yield _line(profile, figures)
    yield ""


def _line(profile: str, figures: Mapping[str, Any]) -> str:
    erasure, stable, delay = (figures[key] for key in ("normalizedErasure", "timeToStableMs", "addedDelayMs"))
    displayed = f"{erasure['displayed']:8.3f}{erasure['displayedFolded']:8.3f}{erasure['afterFinal']:8.3f}"
    settled = f"{erasure['settled']:9.4f}{erasure['settledFolded']:8.4f}"
    unstable = f"{figures['upwr']:7.2f}{figures['upsr']:7.2f}"
    times = f"{stable['p50'] / 1000:6.1f}{stable['p95'] / 1000:6.1f}"
    costs = f"{delay['p50'] / 1000:7.1f}{delay['p95'] / 1000:6.1f}{delay['max'] / 1000:7.1f}{figures['lagShare']:7.0%}"
    if profile == RECOGNISER:  # it calls nothing settled, and waits for nothing
        settled, costs = " " * len(settled), ""
    return f"{profile:12}{displayed}{settled}{unstable}{times}{costs}"
