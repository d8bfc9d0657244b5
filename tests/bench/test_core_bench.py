"""The bench of the core must time the real way, each part of it, with the clock it is given."""

import argparse
import itertools
import json

import pytest

from captiond.bench.core import LENGTHS, add_arguments, measure, run


def test_each_stage_is_timed_with_the_clock_that_was_handed_in() -> None:
    """A clock that goes on by 1 µs whenever it is read: each stage is between two readings."""
    readings = itertools.count(0, 1000)
    figures = measure(2, clock_ns=lambda: next(readings))
    assert [(row["talk"], row["length"]) for row in figures["rows"]] == [
        (talk, length) for talk in ("prose", "numbers") for length in LENGTHS
    ]
    for row in figures["rows"]:
        assert (row["parseUs"], row["coreUs"], row["encodeUs"]) == (1.0, 1.0, 1.0)
        assert row["medianUs"] == row["p99Us"] == 3.0
        assert row["utteranceUs"] >= 4 * row["partials"]


def test_more_words_are_more_partials() -> None:
    rows = measure(1, clock_ns=lambda: 0)["rows"]
    assert [row["partials"] for row in rows[:3]] == sorted(row["partials"] for row in rows[:3])
    assert rows[2]["partials"] > 100


def test_the_command_prints_json_and_refuses_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["--utterances", "1", "--json"])) == 0
    assert {row["length"] for row in json.loads(capsys.readouterr().out)["rows"]} == set(LENGTHS)
    assert run(parser.parse_args(["--utterances", "0"])) == 2
    assert "1 to" in capsys.readouterr().err
