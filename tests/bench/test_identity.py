"""Accounts, birthdays and national ids of the invented conversations: said in full, and measured where they are on."""

import argparse
import json
import random
import re
from collections import Counter

import pytest

from captiond.bench.identity import birthday, date_words, national_id
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import read_digits
from captiond.bench.redaction import add_arguments, captions, measure, report, run
from captiond.bench.speech import invented
from captiond.bench.streams import PRIVATE, Stream
from captiond.core.redact import ALL, DEFAULT
from tests.bench.per_event import per_event  # type: ignore[import-not-found,unused-ignore]

MORE = sorted(ALL - DEFAULT)


def conversations(language: str, count: int = 40) -> list[Stream]:
    return [invented(random.Random(seed), f"seed-{seed}", language, MORE) for seed in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_said_and_read_in_full(language: str) -> None:
    said: Counter[str] = Counter()
    for stream in conversations(language):
        for event in stream.events:
            for span in event.spans:
                if event.final and span.mention.cls == PRIVATE and span.mention.kind in ("ACCOUNT", "NATIONAL_ID"):
                    read = "".join(d.value for d in read_digits(event.text[span.start : span.end], language))
                    assert read == re.sub(r"\D", "", span.mention.value)
                if event.final and span.mention.cls == PRIVATE:
                    said[span.mention.kind] += 1
    assert min(said[kind] for kind in MORE) >= 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_birthday_is_said_with_the_words_that_the_measure_looks_for(language: str) -> None:
    rng, known = random.Random(1), date_words(language)
    for _ in range(200):
        said = birthday(rng, language)
        words = [word for word in said.heard if word.casefold() in known]
        assert len(words) >= 3
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", said.value)
        assert said.value[:4] in " ".join(said.written) or said.written == said.heard


def test_a_national_id_is_another_each_time() -> None:
    rng = random.Random(1)
    assert len({national_id(rng, "it-IT") for _ in range(100)}) == 100


def test_without_them_the_conversations_are_what_they_were() -> None:
    plain, more = invented(random.Random(5), "s"), invented(random.Random(5), "s", more=MORE)
    assert [e.line() for e in plain.events] == [e.line() for e in invented(random.Random(5), "s", more=()).events]
    assert [e.line() for e in plain.events] != [e.line() for e in more.events]
    kinds = {s.mention.kind for seed in range(30) for e in invented(random.Random(seed), "s").events for s in e.spans}
    assert not kinds & set(MORE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_filter_that_hides_nothing_leaks_each_of_them(language: str) -> None:
    score = measure(conversations(language, 30), per_event(str), kinds=ALL)
    for (_, kind, _), row in score.rows.items():
        if kind in MORE:
            assert row["leaked_ever"] == row["entities"] and row["hidden"] == 0, kind
    figures = report(score)
    assert figures["private"]["shown_after_cue"] > 20


def test_where_they_are_off_they_are_reported_apart() -> None:
    score = measure(conversations("en-US", 20), captions)
    assert not {kind for _, kind, _ in score.rows} & set(MORE)
    assert {kind for _, kind in score.off} >= set(MORE)


def test_the_command_takes_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["--kinds", "DOB,EMAIL", "--language", "it", "--json"])) == 0
    figures = json.loads(capsys.readouterr().out)["invented"]
    kinds = {row.split("/")[1] for row in figures["byKindAndForm"]}
    assert kinds == {"DOB", "EMAIL"}
    assert figures["private"]["recall"] == 1.0
    assert run(parser.parse_args(["--kinds", "DOB,NAMES"])) == 2
    assert "NATIONAL_ID" in capsys.readouterr().err
    assert run(parser.parse_args(["--kinds", "all", "--fuzz-seconds", "1"])) == 2
    assert "--fuzz-seconds" in capsys.readouterr().err
