"""Times the redactor on hostile texts as they get longer: `captiond bench core --hostile`.

Each family is one unit again and again. It is said in three ways: whole, as one partial and its final; growing by a few
words, where all partials count together; and as one utterance of 100 characters after the other, so that what is
carried over finals counts. The session ends behind each text: what is open then is judged, too, else the cost would
rise by a step wherever a run becomes too long. What grows in line with the text has a log-log slope of 1.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import linear_regression
from typing import Any, Final

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.core_partials import Clock
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.redactor import MAX_CODE_POINTS

FAMILIES: Final[Mapping[str, str]] = {
    "a.": "a.", "one endless number": "1", "1-": "1-", "digits": "1 ", "x@a.": "x@a.", "x@a. ": "x@a. ", "(": "(",
    ". ": ". ", "combining": "e\u0301\u0302", "zero width": "1\u200b", "one token": "word", "number words": "four ",
    "tens": "forty ", "doubles": "double ", "spelled e-mail": "j dot a at ", "at dot": "at dot ", "letters": "j a n e ",
    "to to to": "to ", "fillers": "four um ", "late digits": "four a b c ", "cues": "card ", "cued": "my card is one ",
    "keep-words": "order 1234 ", "iban": "GB82 WEST ", "repeats": "aaaa ", "masks": "[...] ",
}  # fmt: skip
SIZES: Final = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)  # code points
STEP: Final = 16  # code points that a growing text grows by: three or four words
UTTERANCE: Final = 40  # code points of each of many utterances: more of them than a run is carried over, at any size
MAX_SLOPE: Final = 1.15  # issue 3

Way = Callable[[str, Clock], int]


def said_whole(text: str, clock_ns: Clock) -> int:
    """One partial and its final: ns."""
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    began = clock_ns()
    redactor.caption(UtteranceId("u0"), RawText(text), final=False, now_s=0.0)
    redactor.caption(UtteranceId("u0"), RawText(text), final=True, now_s=0.0)
    redactor.end()
    return clock_ns() - began


def growing(text: str, clock_ns: Clock) -> int:
    """Partials until the text is whole, and its final: ns of all together. Cutting them is not counted."""
    partials = [RawText(text[:end]) for end in range(STEP, len(text) + STEP, STEP)]
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    began = clock_ns()
    for partial in partials:
        redactor.caption(UtteranceId("u0"), partial, final=False, now_s=0.0)
    redactor.caption(UtteranceId("u0"), partials[-1], final=True, now_s=0.0)
    redactor.end()
    return clock_ns() - began


def cut_up(text: str, clock_ns: Clock) -> int:
    """One final after the other, without a pause: ns of all together."""
    finals = [RawText(text[at : at + UTTERANCE]) for at in range(0, len(text), UTTERANCE)]
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    began = clock_ns()
    for number, final in enumerate(finals):
        redactor.caption(UtteranceId(f"u{number}"), final, final=True, now_s=0.0)
    redactor.end()
    return clock_ns() - began


WAYS: Final[Mapping[str, tuple[Way, Sequence[int]]]] = {
    "whole": (said_whole, SIZES),
    "growing": (growing, [size for size in SIZES if size <= MAX_CODE_POINTS]),  # a longer one is masked unread
    "utterances": (cut_up, SIZES),
}


def measure(repeats: int, *, clock_ns: Clock = time.process_time_ns) -> list[dict[str, Any]]:
    """A row for each family and way: the least of `repeats` times at each size, and the slopes.

    `slopeRead` is of the sizes that are read; `slope` of all, where longer texts than the cap are masked unread.
    """
    rows = []
    for family, unit in FAMILIES.items():
        for name, (way, sizes) in WAYS.items():
            texts = {size: (unit * (size // len(unit) + 1))[:size] for size in sizes}
            least = {size: min(way(text, clock_ns) for _ in range(repeats)) for size, text in texts.items()}
            read = {size: ns for size, ns in least.items() if name == "utterances" or size <= MAX_CODE_POINTS}
            rows.append(
                {
                    "family": family,
                    "way": name,
                    "us": {str(size): round(ns / 1000, 1) for size, ns in least.items()},
                    "usPerCharacter": round(max(ns / size for size, ns in read.items()) / 1000, 3),
                    "slopeRead": slope(read),
                    "slope": slope(least),
                }
            )
    return rows


def slope(times_ns: Mapping[int, float]) -> float:
    """Of the line through the logarithms of sizes and times, by least squares."""
    sizes = [math.log(size) for size in times_ns]
    times = [math.log(max(ns, 1)) for ns in times_ns.values()]
    return round(linear_regression(sizes, times).slope, 3)


def shortfalls(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Families that cost more than in line with their length, a line each."""
    return [
        f"{row['family']!r}, {row['way']}: slope {steepest:.2f}, at most {MAX_SLOPE}"
        for row in rows
        if (steepest := max(row["slope"], row["slopeRead"])) > MAX_SLOPE
    ]


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rows as text."""
    yield f"hostile texts, {SIZES[0]} to {SIZES[-1]} characters, CPU time in µs, the least of all repeats;"
    yield f"an utterance of more than {MAX_CODE_POINTS} characters is masked unread: the slope is of what is read"
    heads = ("1,000", "8,000", "64,000", "a char", "slope", "beyond cap")
    yield f"{'family':20}{'way':12}" + "".join(f"{head:>{max(11, len(head) + 2)}}" for head in heads)
    for row in rows:
        times = "".join(f"{row['us'][size]:>11.1f}" if size in row["us"] else f"{'-':>11}" for size in _SHOWN)
        far = f"{row['slope']:.2f}" if row["way"] == "whole" else "-"
        slopes = f"{row['slopeRead']:>11.2f}{far:>12}"
        yield f"{row['family']:20}{row['way']:12}{times}{row['usPerCharacter']:>11.3f}{slopes}"


_SHOWN: Final = ("1000", "8000", "64000")
