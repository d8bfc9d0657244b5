"""P1 whatever a recogniser does to the writing of a number: grouped, hyphened, in other scripts, slowly, as money.

The seeds are fixed, as in `test_p1_disturbed`: what holds for these has to go on holding.
"""

import random

import pytest

from captiond.bench.phrases import LANGUAGES
from captiond.bench.redaction import measure, report
from captiond.bench.reheard import reheard
from captiond.bench.speech import invented

# From 10000 on: each leaked once in some language.
SEEDS = (
    *range(1, 16),
    10006,
    10010,
    10013,
    10034,
    10043,
    10115,
    10160,
    10166,
    10248,
    10281,
    10433,
    20018,
    20146,
    20193,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_leaks_however_it_is_heard(language: str) -> None:
    streams = [reheard(random.Random(s), invented(random.Random(s), f"seed-{s}", language)) for s in SEEDS]
    score = measure(streams)
    figures = report(score)
    assert figures["private"]["said"] > len(SEEDS) / 2
    assert not figures["leaked"], [f for f in score.findings if f.measure in ("ever", "after-cue")]
    assert not figures["unaligned"]
    assert not figures["faults"]
