"""The same redactor with one thing taken away must turn the measures red; else they would not notice its loss.

Taken away from outside, by feeding it differently, so that this holds for a compiled redactor too.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from captiond.bench.redaction import captions, measure
from captiond.bench.scoring import Score
from captiond.bench.speech import invented
from captiond.bench.streams import Stream
from captiond.cli_redact import plain


def streams() -> Iterator[Stream]:
    return (invented(random.Random(seed), f"seed-{seed}") for seed in range(60))


def leaks(score: Score, form: str | None = None) -> int:
    return sum(row["leaked_ever"] for (_, _, f), row in score.rows.items() if form is None or f == form)


def forgetful(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Every utterance is the first of its call: nothing is carried over a final."""
    heard: dict[str, list[bytes]] = {}
    utterances: Counter[str] = Counter()
    for line in lines:
        event = json.loads(line)
        session = event["mediaSessionId"]
        heard.setdefault(session, []).append(line)
        for shown in captions(heard[session]):
            yield {**shown, "utterance": f"u{utterances[session]}"}
        if not event["isPartial"]:
            utterances[session] += 1
            del heard[session]


def stateless(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Every event is judged as if it were all that is ever said: runs close at its end."""
    utterances: Counter[str] = Counter()
    for line in lines:
        event = json.loads(line)
        session = event["mediaSessionId"]
        yield {
            "mediaSessionId": session,
            "eventSequence": event["eventSequence"],
            "utterance": f"u{utterances[session]}",
            "final": not event["isPartial"],
            "text": next(plain([event["transcript"]])),
        }
        utterances[session] += not event["isPartial"]


def test_without_memory_over_finals_split_numbers_leak() -> None:
    assert leaks(measure(streams(), forgetful), "split") > 5


def test_judged_event_by_event_growing_numbers_leak() -> None:
    score = measure(streams(), stateless)
    assert leaks(score) > 30
    assert sum(row["hidden"] for row in score.rows.values()) > 60  # and yet it hides them in the end


def test_nothing_leaks_when_nothing_is_taken_away() -> None:
    assert leaks(measure(streams())) == 0
