"""Each property is red on a redactor that breaks it; else its green would mean nothing.

Most are broken from outside (`broken`), so that this holds for a compiled redactor too; those that patch the source of
the core are marked so.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from captiond.bench import speaker
from captiond.bench.redaction import captions, measure
from captiond.bench.scoring import Score
from captiond.bench.speech import invented
from captiond.bench.streams import Stream
from captiond.cli_redact import plain
from captiond.core.redact import machine, redactor, runs, scan
from captiond.core.redact.window import Window
from tests.bench.per_event import per_event  # type: ignore[import-not-found,unused-ignore]
from tests.core.redact_properties import (  # type: ignore[import-not-found,unused-ignore]
    broken,
    test_p1_leaks,
    test_p2_history,
    test_p3_closed,
    test_p6_cost,
    test_p6_faults,
    test_p7_once_hidden,
    test_p8_nothing_is_told,
)

RED = (AssertionError, ExceptionGroup)


def said_in_one_way() -> None:
    for form in test_p1_leaks.SAID:
        test_p1_leaks.test_every_prefix_of_every_form_hides_the_number(form, False)


def a_social_cut_anywhere() -> None:
    test_p2_history.test_a_cut_between_any_words_and_any_numerals_changes_no_mask("social")


def of_twins() -> None:
    test_p8_nothing_is_told.test_captions_of_twins_are_equal()


@pytest.mark.parametrize(
    ("broken_by", "red"),
    [
        (broken.ShowsPartials, said_in_one_way),
        (broken.Remembers, test_p2_history.test_whatever_was_heard_meanwhile_is_forgotten),
        (broken.Remembers, lambda: test_p2_history.test_random_texts_leave_no_trace_either("en-US")),
        (broken.StartsAnew, a_social_cut_anywhere),
        (broken.EatsMasks, lambda: test_p3_closed.test_a_mask_is_only_a_mask_in_random_texts("en-US")),
        (broken.EatsMasks, lambda: test_p3_closed.test_a_text_that_looks_like_a_mask_is_what_was_said("a [NUMBER]")),
        (broken.LeavesResidue, lambda: test_p3_closed.test_nothing_is_left_to_find_in_a_redacted_text("en-US")),
        (broken.LeavesResidue, lambda: test_p3_closed.test_examples_of_masks_without_residue("+49 30 4415", "[PHONE]")),
        (broken.Stumbles, lambda: test_p6_faults.test_no_random_text_is_judged_by_accident("en-US")),
        (broken.Stumbles, lambda: test_p6_faults.test_no_conversation_is_judged_by_accident("en-US")),
        (broken.Restores, test_p7_once_hidden.test_what_is_hidden_stays_hidden_whatever_comes),
        (broken.Restores, lambda: test_p7_once_hidden.test_random_texts_stay_hidden("en-US")),
        (broken.TellsLengths, of_twins),
        (broken.ShowsPartials, of_twins),
    ],
)  # fmt: skip
def test_a_broken_redactor_turns_it_red(
    monkeypatch: pytest.MonkeyPatch, broken_by: type[object], red: Callable[[], None]
) -> None:
    red()
    monkeypatch.setattr(speaker, "Redactor", broken_by)
    with pytest.raises(RED):
        red()


def test_a_wrong_spelling_turns_normalising_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_p3_closed, "normalise", lambda text: text.replace("aaaa", "aaa"))
    with pytest.raises(RED):
        test_p3_closed.test_normalising_twice_is_normalising_once_where_it_has_much_to_do()


def test_figures_that_tell_turn_the_twins_of_the_daemon_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_p8_nothing_is_told, "Redactor", broken.TellsLengths)
    with pytest.raises(RED):
        test_p8_nothing_is_told.test_viewers_audit_figures_and_log_are_equal()


@pytest.mark.source_only
@pytest.mark.parametrize(
    ("broken_by", "red"),
    [
        (broken.ReadsAllBeginnings, lambda: test_p6_cost.test_hostile_text_costs_in_proportion_to_its_length("(")),
        (broken.RemembersUtterances, lambda: test_p6_cost.test_so_do_many_utterances_of_it("one token")),
    ],
)  # fmt: skip
def test_steeper_cost_is_seen(
    monkeypatch: pytest.MonkeyPatch, broken_by: type[object], red: Callable[[], None]
) -> None:
    red()
    monkeypatch.setattr(test_p6_cost, "Redactor", broken_by)
    with pytest.raises(RED):
        red()


@pytest.mark.source_only
def test_reading_all_of_it_for_each_word_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "Redactor", broken.StartsAnew)
    with pytest.raises(RED):
        test_p6_cost.test_one_more_word_costs_the_same_in_a_long_utterance("I pay $3.50 ")


def a_pause_anywhere() -> None:
    for cut in range(1, 16):
        test_p1_leaks.test_a_pause_anywhere_changes_nothing(cut=cut, pause="let me see")


def a_cut_anywhere() -> None:
    for cut in range(1, 13):
        test_p1_leaks.test_a_number_cut_over_two_utterances_is_hidden_in_both(cut=cut, form="one by one")


INSIDE: list[tuple[str, object, str, object, Callable[[], None]]] = [
    ("no bridge over a pause", (runs, machine), "MAX_WORDS_BETWEEN", 0, a_pause_anywhere),
    ("masked from the 8th digit", runs, "MASKED_FROM_DIGITS", 8, said_in_one_way),
    ("nothing is carried over a final", redactor, "SILENCE_S", 0.0, a_cut_anywhere),
    (
        "a cue reaches nothing", Window, "is_cued", lambda _self, _owner: False,
        lambda: test_p1_leaks.test_every_prefix_of_every_form_hides_the_number("grouped", True),
    ),
    (
        "goes on from where the text has changed", scan, "common_prefix", lambda one, other: min(len(one), len(other)),
        test_p2_history.test_an_example_of_a_history,
    ),
    ("a fault shows digits", redactor, "WHOLE", "4539", test_p6_faults.test_wherever_it_fails_no_digit_is_shown),
    (
        "no limit", redactor, "MAX_CODE_POINTS", 1 << 40,
        lambda: test_p6_cost.test_a_text_over_the_limit_is_masked_whole(100_000, True),
    ),
]  # fmt: skip


@pytest.mark.source_only
@pytest.mark.parametrize(("where", "name", "value", "red"), [row[1:] for row in INSIDE], ids=[row[0] for row in INSIDE])
def test_the_core_without_one_thing_turns_it_red(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, value: object, red: Callable[[], None]
) -> None:
    red()
    for each in where if isinstance(where, tuple) else (where,):
        monkeypatch.setattr(each, name, value)
    with pytest.raises(RED):
        red()


# The measures of `captiond bench redaction` notice it too.


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


def _closed_at_once(text: str) -> str:
    """As if that were all that is ever said: runs close at its end."""
    return next(plain([text]))


def test_without_memory_over_finals_split_numbers_leak() -> None:
    assert leaks(measure(streams(), forgetful), "split") > 5


def test_judged_event_by_event_growing_numbers_leak() -> None:
    score = measure(streams(), per_event(_closed_at_once))
    assert leaks(score) > 30
    assert sum(row["hidden"] for row in score.rows.values()) > 60  # and yet it hides them in the end


def test_nothing_leaks_when_nothing_is_taken_away() -> None:
    assert leaks(measure(streams())) == 0
