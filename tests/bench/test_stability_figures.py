"""captiond.bench.stability_figures: the published example, and by hand."""

from typing import Any

import pytest

from captiond.bench.stability_figures import Figures, Row, changed, erased, first_seen_ms, folded, stable_ms

# Of the form of the sequence in Amazon Transcribe's documentation of partial results: ten hypotheses of nine words.
HYPOTHESES = (
    "The",
    "The Amazon.",
    "The Amazon is",
    "The Amazon is the law.",
    "The Amazon is the largest",
    "The Amazon is the largest ray",
    "The Amazon is the largest rain forest",
    "The Amazon is the largest rainforest on the.",
    "The Amazon is the largest rainforest on the",
    "The Amazon is the largest rainforest on the planet.",
)


def rows(*shown: tuple[float, str], stable: int = 0) -> list[Row]:
    return [Row(at_ms, text, stable, at == len(shown) - 1) for at, (at_ms, text) in enumerate(shown)]


def figures_of(timeline: list[Row], said: list[Row] | None = None) -> dict[str, Any]:
    figures = Figures()
    figures.add(timeline, said or timeline)
    return figures.report()


def test_the_published_example() -> None:
    """0.667 as written, 0.444 without case and punctuation, five of nine updates revise (reference, section 1.2)."""
    timeline = rows(*enumerate(HYPOTHESES))
    found = figures_of(timeline)
    assert found["normalizedErasure"]["displayed"] == pytest.approx(6 / 9, abs=1e-4)
    assert found["normalizedErasure"]["displayedFolded"] == pytest.approx(4 / 9, abs=1e-4)
    assert found["normalizedErasure"]["afterFinal"] == 0
    assert found["upsr"] == 5


def test_erasure_counts_all_behind_the_first_difference_and_upwr_only_what_changed() -> None:
    before, after = ["gut", "danke", "ich", "warte"], ["Gut", "danke", "ich", "warte."]
    assert (erased(before, after), changed(before, after)) == (4, 2)
    assert (erased(before, [*before, "noch"]), changed(before, [*before, "noch"])) == (0, 0)
    early = ["well", *before]
    assert (erased(before, early), changed(before, early)) == (4, 0)
    assert (erased(before, before[:1]), changed(before, before[:1])) == (3, 3)
    assert changed(["a", "b", "c", "d"], ["b", "x", "d", "a"]) == 2
    assert (erased([], before), changed([], before)) == (0, 0)


def test_folding_takes_case_and_punctuation_and_nothing_else() -> None:
    words = ["Straße,", "l'été", "...", "12.5", "[...]", "[CC].", "–"]
    assert folded(words) == ["strasse", "lété", "125", "[...]", "[CC]."]


def test_settled_text_is_measured_by_itself() -> None:
    timeline = [Row(0, "one two", 3, False), Row(1, "one too three", 7, False), Row(2, "one four three", 14, True)]
    erasure = figures_of(timeline)["normalizedErasure"]
    assert erasure["settled"] == pytest.approx(1 / 3, abs=1e-4)
    assert erasure["displayed"] == pytest.approx((1 + 2) / 3, abs=1e-4)


def test_times() -> None:
    said = rows((0, "one"), (100, "one too"), (200, "one two three"), (900, "one two three four"))
    shown = rows((150, "one"), (400, "one two"), (900, "one two three four"))
    assert first_seen_ms(shown) == [150, 400, 900, 900]
    assert stable_ms(said) == [0, 200, 200, 900]
    assert stable_ms(rows((0, "a b"), (5, "x b"), (9, "a b"))) == [9, 9]
    found = figures_of(shown, said)
    assert found["addedDelayMs"] == {"p50": 300, "p95": 700, "max": 700}
    assert found["timeToStableMs"] == {"p50": 300, "p95": 700}
    # Behind from 0 to 150, and from 100 on: all the time.
    assert found["lagShare"] == 1
    assert figures_of(said)["lagShare"] == 0
    half = rows((0, "one"), (450, "one two three"), (900, "one two three four"))
    assert figures_of(half, said)["lagShare"] == pytest.approx(350 / 900, abs=1e-4)


def test_a_correction_after_the_final_counts_as_erasure_and_not_as_lag() -> None:
    timeline = [Row(0, "it is", 0, False), Row(100, "it is [...] ok", 6, True), Row(3000, "it is [CC] ok", 13, True)]
    found = figures_of(timeline)
    assert found["normalizedErasure"]["displayed"] == found["normalizedErasure"]["afterFinal"] == 0.5
    assert found["normalizedErasure"]["settled"] == 0
    assert found["lagShare"] == 0


def test_without_an_utterance_there_is_no_figure() -> None:
    assert Figures().report() == {}
