"""`captiond bench redaction`: how much the captions of known streams leak, and how much they hide that they should not.

The streams go through the same code as `captiond redact --events`. docs/redaction.md says what each figure means.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from captiond.bench import fuzz
from captiond.bench.genuine import genuine
from captiond.bench.phrases import LANGUAGES
from captiond.bench.scoring import Filter, Score
from captiond.bench.speech import invented
from captiond.bench.streams import DataError, Stream, recorded, turns
from captiond.core.redact import Redactor
from captiond.core.redact.kinds import ALL, DEFAULT, KINDS

INVENTED_STREAMS: Final = 300  # without --data: a minute's worth, enough to meet each form some 20 times
INVENTED_SEED: Final = 20260302
_DEFAULT_KINDS: Final = ",".join(kind.name for kind in KINDS if kind.default)
_TRUTH: Final = {"CC": "CARD"}  # what the truth calls a kind, where that is not its mask
GENUINE: Final = "genuine"  # where a number stands is guessed there, so what it shows is reported and fails nothing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `captiond bench redaction`."""
    parser.description = "Measures the redactor on streams whose private numbers are known (docs/redaction.md)."
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder with pii/, cases/, plain/; default: own streams"
    )
    parser.add_argument(
        "--language", metavar="TAG", help='begins with: en, es, fr, de, it; "all" (default en; when fuzzing all)'
    )
    parser.add_argument(
        "--kinds",
        default=_DEFAULT_KINDS,
        metavar="NAMES",
        help='what is redacted and scored, as in the configuration, with commas between; "all" (default: %(default)s)',
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")
    parser.add_argument(
        "--where", action="store_true", help="list where a measure failed: stream, event, kind; never text"
    )
    parser.add_argument(
        "--fuzz-seconds",
        type=float,
        default=0.0,
        metavar="N",
        help="instead: N s of attacks, in rounds that are made from one seed each: --seed and those after it",
    )
    parser.add_argument("--seed", type=int, default=INVENTED_SEED, help="of the invented streams")


def run(args: argparse.Namespace) -> int:
    """Measures and prints; 1 where a number leaked or judging failed, 2 where the data can't be read."""
    if args.fuzz_seconds > 0:
        return _fuzz(args)
    language = args.language or "en"
    language = "" if language == "all" else language
    try:
        kinds = _kinds(args.kinds)
        if args.data is None:
            scores = {"invented": measure(_invented_streams(args.seed, INVENTED_STREAMS, language, kinds), kinds=kinds)}
        elif not args.data.is_dir():
            print("--data: no such folder", file=sys.stderr)
            return 2
        else:
            scores = {name: measure(streams, kinds=kinds) for name, streams in _corpora(args.data, language)}
    except DataError as why:
        print(why, file=sys.stderr)
        return 2
    reports = {name: report(score) for name, score in scores.items() if score.totals["events"]}
    if not reports:
        print(f"no stream of language {args.language!r} found", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(reports, indent=1, ensure_ascii=False))
    else:
        for name, figures in reports.items():
            print("\n".join(_table(name, figures)))
    if args.where:
        for name, score in scores.items():
            for f in score.findings:
                print(f"{name}\t{f.measure}\t{f.stream}\t{f.session}\t{f.sequence}\t{f.kind}/{f.form}")
    leaked = any(figures["leaked"] for name, figures in reports.items() if name != GENUINE)
    return 1 if leaked or any(figures["faults"] for figures in reports.values()) else 0


def _kinds(names: str) -> frozenset[str]:
    kinds = ALL if names == "all" else frozenset(names.split(","))
    if not kinds <= ALL:
        raise DataError(f"--kinds: known are {', '.join(kind.name for kind in KINDS)}")
    return kinds


def _fuzz(args: argparse.Namespace) -> int:
    """Attacks; 1 where something was found, 2 where there is no such language."""
    if args.kinds != _DEFAULT_KINDS:
        print("--kinds: not with --fuzz-seconds, which attacks what is on by default", file=sys.stderr)
        return 2
    language = "" if args.language in (None, "all") else args.language
    attacks = fuzz.fuzz(args.fuzz_seconds, args.seed, language, captions, tell=_tell)
    if not attacks.tried:
        print(f"nobody speaks {language!r} here", file=sys.stderr)
        return 2
    scores = {"invented": attacks.score, "disturbed": attacks.worse, "reheard": attacks.odd}
    reports = {name: report(score) for name, score in scores.items()}
    if args.json:
        print(json.dumps({**reports, "fuzz": fuzz.report(attacks)}, indent=1, ensure_ascii=False))
    else:
        for name, figures in reports.items():
            print("\n".join(_table(name, figures)))
        print("\n".join(fuzz.table(attacks)))
    return 1 if attacks.found else 0


def measure(streams: Iterable[Stream], redact: Filter | None = None, kinds: frozenset[str] = DEFAULT) -> Score:
    """Sends streams through a filter (default: the daemon's own, with those kinds on) and counts those kinds."""
    score = Score(kinds=frozenset(_TRUTH.get(kind, kind) for kind in kinds))
    for stream in streams:
        redactors: list[Redactor] = []
        score.add(stream, redact or partial(captions, kinds=kinds, redactors=redactors))
        score.totals["faults"] += sum(redactor.faults for redactor in redactors)
    return score


def captions(
    lines: Iterable[bytes], kinds: frozenset[str] = DEFAULT, redactors: list[Redactor] | None = None
) -> Iterator[Mapping[str, Any]]:
    """`captiond redact --events`, line for line. `redactors` takes those that are made."""
    from captiond.cli_redact import events  # noqa: PLC0415  (the command's own module: loaded when it is measured)

    for line in events(lines, kinds=kinds, redactors=redactors):
        yield json.loads(line)


def _tell(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


def _invented_streams(seed: int, count: int, language: str, kinds: frozenset[str]) -> Iterator[Stream]:
    more = sorted(kinds - DEFAULT)
    for tag in LANGUAGES:
        if tag.lower().startswith(language.lower()):
            for number in range(seed, seed + count):
                yield invented(random.Random(number), f"seed-{number}", tag, more)


def _corpora(folder: Path, language: str) -> Iterator[tuple[str, Iterable[Stream]]]:
    yield "pii", recorded(folder, "pii", language)
    yield "cases/finals", turns(folder, language, partials=False)
    yield "cases/partials", turns(folder, language, partials=True)
    yield GENUINE, genuine(folder, language)
    yield "plain", recorded(folder, "plain", language)


def report(score: Score) -> dict[str, Any]:
    """The figures of one corpus, ready for JSON; rates as fractions, times in ms."""
    totals = score.totals
    waits = sorted(score.unmask_ms)
    whole: Counter[str] = Counter()
    for row in score.rows.values():
        most = max(whole["most_shown"], row["most_shown"])
        whole.update(row)
        whole["most_shown"] = most
    return {
        "leaked": whole["leaked_ever"] + whole["shown_after_cue"],
        "events": totals["events"],
        "private": _private_row(whole),
        "byKindAndForm": {"/".join(key): _private_row(row) for key, row in sorted(score.rows.items())},
        "byStyle": {style: _private_row(row) for style, row in sorted(score.styles.items())},
        "overMask": {"/".join(key): _benign_row(row) for key, row in sorted(score.benign.items())},
        "overMaskAll": _benign_row(sum(score.benign.values(), Counter())),
        "kindsOff": {"/".join(key): _benign_row(row) for key, row in sorted(score.off.items())},
        "ordinaryFinals": {"said": totals["ordinary_finals"], "masked": totals["ordinary_finals_masked"]},
        "ordinaryPartials": {"said": totals["ordinary_partials"], "masked": totals["ordinary_partials_masked"]},
        "flicker": _ratio(totals["erased_words"] - totals["erased_words_raw"], totals["final_words"]),
        "unmaskMs": {"count": len(waits), **{f"p{p}": _quantile(waits, p) for p in (50, 99, 100)}},
        "unaligned": totals["unaligned"],
        "faults": totals["faults"],
    }


def _private_row(row: Counter[str]) -> dict[str, float]:
    names = ("said", "hidden", "entities", "leaked_at_once", "leaked_ever", "shown_after_cue", "most_shown")
    return {"recall": _ratio(row["hidden"], row["said"]), **{name: row[name] for name in names}}


def _benign_row(row: Counter[str]) -> dict[str, int]:
    return {"said": row["said"], "masked": row["masked"]}


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _quantile(ordered: list[int], percent: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0


def _table(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"== {name}: {figures['events']} events"
    columns = ("recall", "said", "hidden", "entities", "leaked_at_once", "leaked_ever", "shown_after_cue", "most_shown")
    heads = ("recall", "said", "hidden", "entities", "leak@4", "cum-leak@4", "after cue", "most")
    yield f"{'private':28}" + "".join(f"{head:>11}" for head in heads)
    rows = [("all", figures["private"]), *figures["byKindAndForm"].items(), *figures["byStyle"].items()]
    for label, row in rows:
        yield f"{label:28}" + "".join(f"{row[column]:>11}" for column in columns)
    yield f"{'harmless, over-masked':28}" + f"{'said':>11}{'masked':>11}"
    for label, row in [("all", figures["overMaskAll"]), *figures["overMask"].items()]:
        yield f"{label:28}{row['said']:>11}{row['masked']:>11}"
    for label, row in figures["kindsOff"].items():
        yield f"{label + ' (not scored)':28}{row['said']:>11}{row['masked']:>11}"
    for label, key in (("ordinary finals", "ordinaryFinals"), ("ordinary partials", "ordinaryPartials")):
        row = figures[key]
        yield f"{label:28}{row['said']:>11}{row['masked']:>11}   {_ratio(row['masked'], row['said']):.2%}"
    waits = figures["unmaskMs"]
    yield f"benign text behind a mask: {waits['count']} times, p50 {waits['p50']} ms, p99 {waits['p99']} ms"
    yield f"flicker: {figures['flicker']} words taken back per final word, beyond the recogniser's own"
    yield f"captions that could not be lined up with their raw text: {figures['unaligned']}"
    yield f"masked whole, because judging failed inside: {figures['faults']}"
    yield ""
