"""How cost rises with length must be seen, and be seen as what it is: tried on costs that are known."""

import argparse
import itertools
import json
from typing import Any

import pytest

from captiond.bench import core_hostile
from captiond.bench.core import add_arguments, run
from captiond.bench.core_hostile import SIZES, STEP, UTTERANCE, WAYS, measure, shortfalls, slope


def heard_by(way: str, text: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """What a redactor is told when a text is said in one of the ways."""
    heard = []

    class Recording:
        def __init__(self, **_: Any) -> None: ...

        def caption(self, utterance: str, text: str, *, final: bool, now_s: float) -> None:
            heard.append((utterance, text, final))

        def end(self) -> None:
            heard.append(("", "", True))

    monkeypatch.setattr(core_hostile, "Redactor", Recording)
    assert WAYS[way][0](text, itertools.count(0, 1000).__next__) == 1000  # one step: read before and after, not between
    assert heard.pop() == ("", "", True)
    return heard


def test_each_way_of_saying_says_all_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "one two " * 300
    assert heard_by("whole", text, monkeypatch) == [("u0", text, False), ("u0", text, True)]
    *partials, final = heard_by("growing", text, monkeypatch)
    assert [len(said) for _, said, _ in partials] == list(range(STEP, len(text) + 1, STEP))
    assert (partials[-1], final) == (("u0", text, False), ("u0", text, True))
    finals = heard_by("utterances", text, monkeypatch)
    assert "".join(said for _, said, _ in finals) == text
    assert [len(said) for _, said, _ in finals] == [UTTERANCE] * (len(text) // UTTERANCE)
    assert len({utterance for utterance, _, _ in finals}) == len(finals)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_slope_is_the_power_of_the_growth(power: float) -> None:
    assert slope({size: 7 * size**power for size in SIZES}) == pytest.approx(power)


def test_a_quadratic_cost_is_named_and_a_linear_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_hostile, "FAMILIES", {"ones": "1"})
    ways = {"square": (lambda text, _: len(text) ** 2, SIZES), "straight": (lambda text, _: 9 * len(text), SIZES)}
    monkeypatch.setattr(core_hostile, "WAYS", ways)
    rows = measure(1)
    assert [(row["way"], row["slope"], row["slopeRead"]) for row in rows] == [
        ("square", 2.0, 2.0),
        ("straight", 1.0, 1.0),
    ]
    assert [said.split(":")[0] for said in shortfalls(rows)] == ["'ones', square"]


def test_what_is_masked_unread_does_not_hide_a_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the cap an utterance costs nothing; many short ones are all read."""
    monkeypatch.setattr(core_hostile, "FAMILIES", {"ones": "1"})

    def capped(text: str, _: Any) -> int:
        return len(text) ** 2 if len(text) <= 8_192 else 1

    monkeypatch.setattr(core_hostile, "WAYS", {"whole": (capped, SIZES), "utterances": (capped, SIZES)})
    whole, utterances = measure(1)
    assert (whole["slopeRead"], utterances["slopeRead"]) == (2.0, utterances["slope"])
    assert whole["slope"] < 0
    assert len(shortfalls([whole])) == 1


def test_the_least_of_the_repeats_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_hostile, "FAMILIES", {"ones": "1"})
    spent = itertools.cycle([30_000, 10_000, 20_000])
    monkeypatch.setattr(core_hostile, "WAYS", {"any": (lambda _text, _clock: next(spent), (1_000, 2_000))})
    assert measure(3)[0]["us"] == {"1000": 10.0, "2000": 10.0}


def test_the_command_checks_only_when_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_hostile, "FAMILIES", {"ones": "1"})
    monkeypatch.setattr(core_hostile, "WAYS", {"square": (lambda text, _: len(text) ** 2, SIZES)})
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(["--hostile"])) == 0
    assert "2.00" in capsys.readouterr().out
    assert run(parser.parse_args(["--hostile", "--check", "--json"])) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["rows"][0]["slope"] == 2.0
    assert "'ones', square: slope 2.00" in said.err


def test_the_daemons_own_redactor_takes_each_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them in all ways at a small size, with a clock that only counts readings."""
    small = {name: (way, [200, 400]) for name, (way, _) in WAYS.items()}
    monkeypatch.setattr(core_hostile, "WAYS", small)
    rows = measure(1, clock_ns=itertools.count(0, 1000).__next__)
    assert len(rows) == len(core_hostile.FAMILIES) * len(WAYS)
    assert {(row["slope"], row["us"]["400"]) for row in rows} == {(0.0, 1.0)}
