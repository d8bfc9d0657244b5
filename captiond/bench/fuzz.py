"""Attacks the redactor for as long as one likes: `captiond bench redaction --fuzz-seconds N`.

A round is made from one seed alone: in each language an invented conversation, the same one disturbed and heard
otherwise, and some random texts; now and then a hostile text is timed as it grows. So a finding can be had again with
its seed.
"""

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from captiond.bench import core_hostile, soup
from captiond.bench.disturbed import disturbed
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reheard import reheard
from captiond.bench.scoring import Filter, Score
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.bench.streams import Stream
from captiond.core.normalise import normalise
from captiond.core.redact import Call

SOUPS: Final = 6  # random texts in each language and round
HOSTILE_EVERY: Final = 40  # rounds: timing one text as it grows takes as long as some rounds
PROGRESS_S: Final = 10.0
SURE_REPEATS: Final = 15  # a slope that looks too steep is timed so often again, since other processes disturb it
READ_SIZES: Final = (1_000, 2_000, 4_000, 8_000)  # a longer utterance is masked unread
LEAKS: Final = ("ever", "after-cue")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that must not be. `said` is the invented text in its smallest form, "" for conversations."""

    seed: int
    language: str
    check: str
    what: str
    said: str = ""

    def line(self) -> str:
        """For a person: where and what."""
        return f"seed {self.seed}\t{self.language}\t{self.check}\t{self.what}\t{self.said}".rstrip()


@dataclass(slots=True)
class Fuzz:
    """What was tried, and what was found.

    Attributes:
        score: counts the conversations as they are, `worse` the disturbed ones, `odd` those heard otherwise.
    """

    score: Score = field(default_factory=Score)
    worse: Score = field(default_factory=Score)
    odd: Score = field(default_factory=Score)
    tried: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)


def fuzz(
    seconds: float,
    seed: int,
    language: str,
    redact: Filter,
    *,
    tell: Callable[[str], None] = lambda _: None,
    clock_s: Callable[[], float] = time.monotonic,
) -> Fuzz:
    """Rounds from `seed` on, at least one, until `seconds` are over.

    Args:
        language: beginning of the language tags to try; "" for all. Where nobody speaks it, nothing is tried.
        redact: what conversations are sent through.
        tell: hears how far it is, every PROGRESS_S.
    """
    result = Fuzz()
    tags = [tag for tag in LANGUAGES if tag.lower().startswith(language.lower())]
    if not tags:
        return result
    began_s = told_s = clock_s()
    first = seed
    while seed == first or clock_s() - began_s < seconds:
        one_round(result, seed, tags, redact)
        if (seed - first) % HOSTILE_EVERY == 0:
            _hostile(result, seed, tags)
        seed += 1
        if clock_s() - told_s >= PROGRESS_S:
            told_s = clock_s()
            tell(f"{told_s - began_s:.0f} s, seed {seed - 1}: {_tried(result)}; {len(result.found)} findings")
    return result


def one_round(result: Fuzz, seed: int, tags: Sequence[str], redact: Filter) -> None:
    """All that is made from one seed, but for what is timed."""
    for tag in tags:
        stream = invented(Random(seed), f"{tag}-{seed}", tag)
        for score, one in (
            (result.score, stream),
            (result.worse, disturbed(Random(seed), stream)),
            (result.odd, reheard(Random(seed), stream)),
        ):
            already = len(score.findings)
            score.add(one, redact)
            result.found += _leaks(score, already, seed, tag)
            result.tried["conversations"] += 1
            if faults(one):
                result.found.append(Found(seed, tag, "crash", one.name))
        for number in range(SOUPS):
            said = soup.soup(Random(seed * SOUPS + number), tag)
            result.tried["texts"] += 1
            result.found += _soup(seed, said)


def faults(stream: Stream) -> int:
    """Utterances of a stream that are masked whole because judging them failed inside."""
    call = Call()
    speakers: dict[str, Speaker] = {}
    for event in stream.events:
        if event.session not in speakers:
            speakers[event.session] = Speaker(call, stream.language)
        speakers[event.session].hear(event.text, final=event.final)
    for speaker in speakers.values():
        speaker.stop()
    return sum(speaker.redactor.faults for speaker in speakers.values())


def report(result: Fuzz) -> dict[str, Any]:
    """The figures beside those of the scores, ready for JSON."""
    return {
        **result.tried,
        "findings": [
            {"seed": f.seed, "language": f.language, "check": f.check, "what": f.what, "said": f.said}
            for f in result.found
        ],
    }


def table(result: Fuzz) -> Iterator[str]:
    """What was tried and what was found, a line for each finding, for a person."""
    yield f"fuzz: {_tried(result)}"
    for check, count in sorted(Counter(found.check for found in result.found).items()):
        yield f"{check:28}{count:>11}"
    for found in result.found:
        yield found.line()
    yield f"{len(result.found)} findings" + ("; again: --fuzz-seconds 0.001 --seed SEED" if result.found else "")


def _tried(result: Fuzz) -> str:
    return ", ".join(f"{count} {what}" for what, count in result.tried.items())


def _leaks(score: Score, already: int, seed: int, tag: str) -> Iterator[Found]:
    for finding in score.findings[already:]:
        if finding.measure in LEAKS:
            what = f"{finding.kind}/{finding.form} {finding.stream} {finding.session} event {finding.sequence}"
            yield Found(seed, tag, f"leak {finding.measure}", what)


def _soup(seed: int, said: soup.Soup) -> Iterator[Found]:
    for name, check in CHECKS.items():
        try:
            what = check(said)
        except Exception as why:
            yield Found(seed, said.language, name, f"raised {type(why).__name__}", repr(said.texts()))
            continue
        if what:
            small = soup.smallest(said, check)
            silent = "".join(" [silence]" if s else "" for s in small.silent)
            yield Found(seed, said.language, name, what, f"{small.texts()!r}{silent}")


def _history(said: soup.Soup) -> str:
    return soup.forgets_partials(said, Random(len(said.texts()[0])))


CHECKS: Final[Mapping[str, Callable[[soup.Soup], str]]] = {
    "crash": soup.never_fails,
    "shown before hidden": soup.never_showed_what_it_hides,
    "history": _history,
    "unmasked": soup.stays_hidden,
    "mask not inert": soup.is_closed,
}


def _hostile(result: Fuzz, seed: int, tags: Sequence[str]) -> None:
    """One made-up unit again and again: its time rises in line with its length, or it is a finding."""
    rng = Random(seed)
    pieces = soup.soup(rng, rng.choice(tags)).utterances[0]
    unit = "".join(pieces[: rng.randint(1, 5)])
    result.tried["hostile texts"] += 1
    for way in ("whole", "utterances", "normalise"):
        rise = _slope(unit, way, 1)
        if rise > core_hostile.MAX_SLOPE and (rise := _slope(unit, way, SURE_REPEATS)) > core_hostile.MAX_SLOPE:
            result.found.append(Found(seed, "", "slope", f"{way}: {rise:.2f}", repr(unit)))


def _slope(unit: str, way: str, repeats: int) -> float:
    sizes = READ_SIZES if way == "whole" else core_hostile.SIZES
    texts = {size: (unit * (size // len(unit) + 1))[:size] for size in sizes}
    run = _normalised if way == "normalise" else core_hostile.WAYS[way][0]
    least = dict.fromkeys(sizes, math.inf)
    for _ in range(repeats):  # all sizes in each: what else the machine does for a while hits none of them alone
        for size, text in texts.items():
            least[size] = min(least[size], run(text, time.process_time_ns))
    return rise(least)


def rise(times_ns: Mapping[int, float]) -> float:
    """How steeply time rises with length, as a power of it: of the times, or of what each further doubling of the
    length adds to them, whichever is less.

    A short text costs less a character: what is looked back at is bounded, and not yet full. That bends the times of
    short texts and ends there; what grows faster than its text shows in both. `times_ns` has lengths that double.
    """
    sizes = sorted(times_ns)
    added = {
        size: times_ns[size] - times_ns[before]
        for before, size in itertools.pairwise(sizes[1:])  # the first is the one in which it fills
    }
    return min(core_hostile.slope(times_ns), core_hostile.slope(added))


def _normalised(text: str, clock_ns: Callable[[], int]) -> int:
    began = clock_ns()
    normalise(text)
    return clock_ns() - began
