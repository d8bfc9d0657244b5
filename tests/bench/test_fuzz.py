"""The fuzzer finds nothing in the redactor, and something in each of several bad ones: else its zeros mean nothing."""

import argparse
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from captiond.bench import core_hostile, speaker
from captiond.bench.core_hostile import MAX_SLOPE
from captiond.bench.fuzz import CHECKS, Found, Fuzz, faults, fuzz, one_round, rise, table
from captiond.bench.redaction import add_arguments, captions, run
from captiond.bench.soup import Soup, _sure_digits, smallest, soup, stays_hidden
from captiond.bench.streams import Stream
from tests.core.redact_properties.broken import (  # type: ignore[import-not-found,unused-ignore]
    EatsMasks,
    Raises,
    Remembers,
    Restores,
    ShowsPartials,
    Stumbles,
    Wrapped,
)

SEEDS = (2000, 2001, 2003, 2004)


def rounds(*seeds: int, language: str = "en-US") -> list[Found]:
    result = Fuzz()
    for seed in seeds:
        one_round(result, seed, [language], captions)
    return result.found


@pytest.mark.parametrize("language", ["en-US", "es-ES", "fr-FR", "de-DE", "it-IT"])
def test_nothing_is_found(language: str) -> None:
    assert rounds(*SEEDS, language=language) == []


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (ShowsPartials, "shown before hidden"),
        (Remembers, "history"),
        (Restores, "unmasked"),
        (EatsMasks, "mask not inert"),
        (Stumbles, "crash"),
    ],
)
def test_each_check_finds_what_it_is_for(monkeypatch: pytest.MonkeyPatch, broken: type[Wrapped], check: str) -> None:
    monkeypatch.setattr(speaker, "Redactor", broken)
    found = [f for f in rounds(*SEEDS) if f.check == check]
    assert len(found) > 2
    assert {f.seed for f in found} <= set(SEEDS)
    assert any(f.said for f in found)


def test_what_raises_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "Redactor", Raises)
    monkeypatch.setattr("captiond.bench.fuzz.faults", lambda _: 0)
    found = rounds(*SEEDS)
    assert {f.check for f in found} >= set(CHECKS) - {"unmasked"}
    assert {f.what for f in found} == {"raised ValueError"}


def test_a_leak_in_a_conversation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fuzz(0.0, 2000, "en", lambda lines: ({**c, "text": _raw(c)} for c in captions(_kept(lines))))
    assert any(f.check.startswith("leak") and f.seed == 2000 for f in result.found)


_texts: dict[tuple[str, int], str] = {}


def _kept(lines: Any) -> Iterator[bytes]:
    for line in lines:
        event = json.loads(line)
        _texts[event["mediaSessionId"], event["eventSequence"]] = event["transcript"]
        yield line


def _raw(caption: Any) -> str:
    return _texts[caption["mediaSessionId"], caption["eventSequence"]]


def test_a_text_that_costs_more_than_its_length_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a way that takes the square of the length, on a clock that nothing disturbs."""
    monkeypatch.setattr(core_hostile, "WAYS", {way: (lambda text, _: len(text) ** 2, ()) for way in core_hostile.WAYS})
    monkeypatch.setattr("captiond.bench.fuzz._normalised", lambda text, _: len(text))
    found = fuzz(0.0, 2000, "en", captions).found
    assert [(f.check, f.what) for f in found if f.check == "slope"] == [
        ("slope", "whole: 2.00"),
        ("slope", "utterances: 2.00"),
    ]


@pytest.mark.parametrize("power", [1.0, 1.1, 1.2, 1.5, 2.0])
def test_what_grows_faster_than_its_text_is_told_from_what_fills_a_window(power: float) -> None:
    sizes = [1_000 * 2**n for n in range(7)]
    for some in (sizes, sizes[:4]):
        assert rise({size: 50_000 + size**power for size in some}) <= power + 0.001
        assert rise({size: size**power for size in some}) == pytest.approx(power, abs=0.001)
        assert rise({size: 120 * size + size**2 / 20 for size in some}) > MAX_SLOPE
        filling = {size: 60 * size + 70 * max(size - 2_000, 0) for size in some}  # more is looked back at, and no more
        assert core_hostile.slope(filling) > MAX_SLOPE or some is sizes
        assert rise(filling) <= 1.0 + 0.02


def test_it_stops_when_the_time_is_over_and_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    timed: list[int] = []
    monkeypatch.setattr("captiond.bench.fuzz.one_round", lambda _result, seed, _tags, _redact: seeds.append(seed))
    monkeypatch.setattr("captiond.bench.fuzz._hostile", lambda _result, seed, _tags: timed.append(seed))
    told: list[str] = []
    now_s = iter(range(0, 10_000, 4))  # each look at the clock is 4 s later, two looks a round
    fuzz(500.0, 2000, "en", captions, tell=told.append, clock_s=lambda: float(next(now_s)))
    assert seeds == list(range(2000, 2000 + len(seeds)))
    assert 40 < len(seeds) <= 63
    assert timed == [2000, 2040]
    assert 10 <= len(told) < len(seeds)
    assert told[0].startswith("1")
    assert fuzz(0.0, 7, "xx", captions).found == []


def test_nobody_glues_what_makes_another_word() -> None:
    said = " ".join(text for seed in range(3_000) for text in soup(random.Random(seed), "en-US").texts())
    assert not re.search(r"21st\w|dollars\d|four\u0301|dollars\$\d|euros?[a-z]{3}", said)
    assert re.search(r"DE89\d", said)
    assert re.search(r"\d\u0301", said)
    assert re.search(r"\d\$49.99", said)


def test_a_caption_that_may_show_one_word_or_another_proves_nothing() -> None:
    """Which "a" is shown while "ciento" waits for the next utterance: that of the address is not."""
    said = Soup("es-ES", (("x@a..", " ", "cuatro,", " ", "nueve", " ", "a", " ", "ciento"), ("421",)), (False, False))
    assert stays_hidden(said) == ""


def test_a_word_that_doubles_is_meant_for_one_digit() -> None:
    """ "double quatre-vingt" is no 4 4 20 to anybody."""
    assert [d.value for d in _sure_digits("double quatre-vingt cent", "fr")] == ["4", "2", "0"]
    assert [d.value for d in _sure_digits("double quatre, vingt", "fr")] == ["4", "4", "2", "0"]


def test_a_finding_is_made_small() -> None:
    said = Soup("en-US", (("so", " ", "bad", " ", "1"), ("2",)), (False, True))
    fails: Callable[[Soup], str] = lambda s: "bad" if any("bad" in pieces for pieces in s.utterances) else ""  # noqa: E731
    assert smallest(said, fails) == Soup("en-US", (("bad",),), (False,))


def test_faults_are_counted_over_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.bench.test_disturbed import both  # type: ignore[import-not-found,unused-ignore]

    streams: list[Stream] = [both(seed)[1] for seed in range(10)]
    assert sum(map(faults, streams)) == 0
    monkeypatch.setattr(speaker, "Redactor", Stumbles)
    assert sum(map(faults, streams)) > 0


@pytest.mark.parametrize("json_", [True, False])
def test_the_command_says_what_was_found_and_how_to_have_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], json_: bool
) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--fuzz-seconds", "0.001", "--seed", "2000", "--language", "en", *["--json"] * json_])
    assert run(args) == 0
    out = capsys.readouterr().out
    assert ("0 findings" in out) != json_
    monkeypatch.setattr(speaker, "Redactor", ShowsPartials)
    assert run(args) == 1
    out = capsys.readouterr().out
    if json_:
        assert json.loads(out)["fuzz"]["findings"][0]["seed"] == 2000
    else:
        assert "seed 2000\ten-US\tshown before hidden" in out
        assert "again: --fuzz-seconds" in out
    args.language = "xx"
    assert run(args) == 2


def test_a_table_of_nothing_is_short() -> None:
    assert list(table(Fuzz())) == ["fuzz: ", "0 findings"]
