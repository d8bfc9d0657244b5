"""P1 under every disturbance: growing by characters, cut anywhere, overlapping, rewritten, with gaps and silence.

The seeds are fixed: about one disturbed conversation in 200 still leaks (docs/redaction.md says where), which is what
`captiond bench redaction --fuzz-seconds` is for. What holds for these has to go on holding.
"""

import random

import pytest

from captiond.bench.disturbed import disturbed
from captiond.bench.phrases import LANGUAGES
from captiond.bench.redaction import measure, report
from captiond.bench.speech import invented

SEEDS = (*range(16, 56), 770080, 770089, 770096)  # the last three leaked once: cut at a dot, before "un", in "double"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_disturbed_conversation_leaks(language: str) -> None:
    streams = [disturbed(random.Random(s), invented(random.Random(s), f"seed-{s}", language)) for s in SEEDS]
    score = measure(streams)
    figures = report(score)
    assert figures["private"]["said"] > len(SEEDS) / 2
    assert not figures["leaked"], [f for f in score.findings if f.measure in ("ever", "after-cue")]
    assert not figures["faults"]
