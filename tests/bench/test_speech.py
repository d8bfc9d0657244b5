"""Invented conversations must be what they claim: the truth they carry is what the measures believe."""

import random
from collections import defaultdict

import pytest

from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import places, read_digits
from captiond.bench.speech import invented
from captiond.bench.streams import PRIVATE, Stream


def conversations(count: int, language: str = "en-US") -> list[Stream]:
    return [invented(random.Random(seed), f"seed-{seed}", language) for seed in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_private_number_is_said_in_full_in_its_finals(language: str) -> None:
    """And the reader finds it, in whatever form; so a caption that shows it all is a leak of it all."""
    forms = set()
    for stream in conversations(150, language):
        said: dict[str, str] = defaultdict(str)
        values = {}
        for event in stream.events:
            for span in event.spans:
                if event.final and span.mention.cls == PRIVATE and span.mention.kind != "EMAIL":
                    read = read_digits(event.text[span.start : span.end], language)
                    said[span.mention.key] += "".join(d.value for d in read)
                    values[span.mention.key] = span.mention.value
                    forms.add(span.mention.form)
        for key, value in values.items():
            assert said[key].endswith(value), (stream.name, key)
    assert len(forms) >= 9


def test_partials_grow_to_what_is_said() -> None:
    """What a partial has of a number is a beginning of it; but for the last digit: half of "seventeen" is a 7."""
    checked = 0
    for stream in conversations(40):
        for event in stream.events:
            for span in event.spans:
                if span.mention.kind in ("CARD", "SSN", "PHONE") and span.mention.parts == 1:
                    read = read_digits(event.text[span.start : span.end], "en")
                    found = [p for p in places(read, span.mention.value) if p is not None]
                    assert found[:-1] == list(range(len(found)))[:-1]
                    checked += 1
    assert checked > 250


def test_events_are_a_well_formed_stream() -> None:
    for stream in conversations(40):
        sequences: dict[str, int] = defaultdict(int)
        utterances: dict[str, int] = defaultdict(int)
        times = [event.at_ms for event in stream.events]
        assert times == sorted(times)
        for event in stream.events:
            sequences[event.session] += 1
            assert event.sequence == sequences[event.session]
            assert event.utterance == utterances[event.session]
            utterances[event.session] += event.final
            assert all(0 <= span.start < span.end <= len(event.text) for span in event.spans)
        assert stream.events[-1].final


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_seed_is_a_conversation(seed: int) -> None:
    one, again = (invented(random.Random(seed), "s").events for _ in range(2))
    assert [e.line() for e in one] == [e.line() for e in again]
    assert [e.line() for e in one] != [e.line() for e in invented(random.Random(seed + 1), "s").events]
