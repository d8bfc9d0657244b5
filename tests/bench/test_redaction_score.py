"""The measures must turn red where a redactor is bad, and in the right place: tried on some that are known to be."""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from captiond.bench.redaction import add_arguments, measure, report, run
from captiond.bench.scoring import Filter, Score
from captiond.bench.speech import invented
from captiond.bench.streams import BENIGN, PRIVATE, DataError, Event, Mention, Span, Stream, recorded, turn
from tests.bench.per_event import per_event  # type: ignore[import-not-found,unused-ignore]

SHARED_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
SEED_PATTERNS = (  # complete written patterns only, each caption alone: what this project's predecessor did
    (re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), "[SSN]"),
    (re.compile(r"\b\d{3}[-.\s]?\d{3}[-.\s]?\d{4}\b"), "[PHONE]"),
    (re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b"), "[EMAIL]"),
    (re.compile(r"\b(?:\d{4}[-\s]?){3}\d{4}\b"), "[CC]"),
)


def seed_text(text: str) -> str:
    text = re.sub(r"([.,!?])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()
    for pattern, mask in SEED_PATTERNS:
        text = pattern.sub(mask, text)
    return text


nothing_hidden, seed = per_event(lambda text: text), per_event(seed_text)
everything_hidden = per_event(lambda text: "[...]")

CARD = Mention("e1", "e1", "CARD", "grouped", PRIVATE, "4111111111111111")
PRICE = Mention("e2", "e2", "PRICE", "symbol", BENIGN, "")


def conversation(*said: tuple[str, str, bool, Sequence[Span]]) -> Stream:
    """Events of (session, text, final, spans), a second apart."""
    events, sequences, utterances = [], Counter[str](), Counter[str]()
    for number, (session, text, final, spans) in enumerate(said):
        sequences[session] += 1
        at = utterances[session]
        events.append(Event(session, sequences[session], text, final, number * 1000, "", "en-US", at, tuple(spans)))
        utterances[session] += final
    return Stream("test", "test", "en-US", events)


def scripted(*captions: tuple[int, str, int, bool, str]) -> Filter:
    """A filter that shows what a test says: (after which event, session, utterance, final, text)."""

    def redact(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
        for number, line in enumerate(lines):
            sequence = json.loads(line)["eventSequence"]
            for after, session, utterance, final, text in captions:
                if after == number:
                    yield {
                        "mediaSessionId": session,
                        "eventSequence": sequence,
                        "utterance": f"u{utterance}",
                        "final": final,
                        "text": text,
                    }

    return redact


def invented_streams(count: int) -> list[Stream]:
    return [invented(random.Random(seed), f"s{seed}") for seed in range(count)]


def total(score: Score, name: str) -> int:
    return sum(row[name] for row in score.rows.values())


def test_showing_everything_leaks_every_number_and_masks_nothing() -> None:
    score = measure(invented_streams(30), nothing_hidden)
    assert total(score, "entities") > 30
    assert total(score, "leaked_ever") == total(score, "leaked_at_once") == total(score, "entities")
    assert total(score, "hidden") == 0
    assert report(score)["overMaskAll"]["masked"] == 0
    assert score.totals["ordinary_partials_masked"] == score.totals["unaligned"] == 0


def test_hiding_everything_leaks_nothing_and_masks_every_harmless_word() -> None:
    figures = report(measure(invented_streams(30), everything_hidden))
    assert figures["leaked"] == 0
    assert figures["private"]["recall"] == 1.0
    assert figures["overMaskAll"]["masked"] == figures["overMaskAll"]["said"] > 10
    assert figures["ordinaryPartials"]["masked"] == figures["ordinaryPartials"]["said"] > 100


def test_whole_patterns_applied_to_each_caption_leak_while_numbers_grow() -> None:
    """The predecessor hides some finals, and has shown every one of those numbers before."""
    score = measure(invented_streams(60), seed)
    numbers = [row for (_, kind, _), row in score.rows.items() if kind not in ("EMAIL", "CVV")]
    assert sum(row["hidden"] for row in numbers) > 5
    # All but the few that came without a partial before their final.
    assert sum(row["leaked_ever"] for row in numbers) > 0.95 * sum(row["entities"] for row in numbers)


@pytest.mark.shared
def test_the_predecessor_is_red_on_the_recorded_streams_too() -> None:
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data set is not here")
    score = measure(list(recorded(SHARED_DATA, "pii", "en"))[:12], seed)
    numbers = [row for (_, kind, _), row in score.rows.items() if kind in ("CARD", "SSN", "PHONE")]
    assert sum(row["leaked_ever"] for row in numbers) / sum(row["entities"] for row in numbers) > 0.9


def test_three_digits_at_a_time_add_up_to_a_leak() -> None:
    """Never four at once, and yet the whole number is out."""
    said = "it is 4111 1111 1111 1111"
    spans = [Span(6, len(said), CARD)]
    stream = conversation(*[("a", said, False, spans)] * 2, ("a", said, True, spans))
    masked = scripted(
        (0, "a", 0, False, "it is 411[...]"), (1, "a", 0, False, "it is [...]111"), (2, "a", 0, True, "it is [CC]")
    )
    score = measure([stream], masked)
    assert total(score, "leaked_at_once") == 0
    assert total(score, "leaked_ever") == 1
    assert total(score, "hidden") == 1


def test_three_digits_shown_again_and_again_are_still_three() -> None:
    said = "it is 4111 1111 1111 1111"
    spans = [Span(6, len(said), CARD)]
    stream = conversation(*[("a", said, False, spans)] * 2, ("a", said, True, spans))
    masked = scripted(*((n, "a", 0, n == 2, "it is 411[...]") for n in range(3)))
    score = measure([stream], masked)
    assert total(score, "leaked_ever") == 0
    assert next(iter(score.rows.values()))["most_shown"] == 3


def test_a_number_cut_over_utterances_is_counted_as_one() -> None:
    """Two digits of each half make four of the whole; a correction may show what the final hid."""
    cut = Mention("e1", "e1", "SSN", "spoken", PRIVATE, "078051120", 2)
    stream = conversation(
        ("a", "oh seven eight oh", True, [Span(0, 17, cut, 1)]),
        ("a", "five one one two oh", True, [Span(0, 19, cut, 2)]),
    )
    masked = scripted(
        (0, "a", 0, True, "oh seven [...]"), (1, "a", 0, True, "oh seven [...]"), (1, "a", 1, True, "[...] two oh")
    )
    score = measure([stream], masked)
    assert total(score, "leaked_ever") == 1
    assert total(score, "leaked_at_once") == 0
    assert score.styles["split"]["entities"] == 1
    corrected = scripted((0, "a", 0, True, "[...]"), (1, "a", 0, True, "oh seven eight oh"), (1, "a", 1, True, "[...]"))
    assert total(measure([stream], corrected), "leaked_at_once") == 1


def test_tens_cut_from_their_unit_show_no_zero() -> None:
    """ "ninety" | "two four": three digits of 924..., whatever "ninety" says; half of "sixty one" is no zero."""
    cut = Mention("e1", "e1", "PHONE", "spoken_pairs", PRIVATE, "9245550114", 2)
    rest = "two four fifty five five zero one fourteen"
    stream = conversation(
        ("a", "ninety", True, [Span(0, 6, cut, 1)]),
        ("a", "two four", False, [Span(0, 8, cut, 2)]),
        ("a", rest, True, [Span(0, len(rest), cut, 2)]),
    )
    shown: tuple[tuple[int, str, int, bool, str], ...]
    shown = ((0, "a", 0, True, "ninety"), (1, "a", 1, False, "two four"))
    assert total(measure([stream], scripted(*shown, (2, "a", 1, True, "[...]"))), "leaked_ever") == 0
    assert total(measure([stream], scripted(*shown, (2, "a", 1, True, "two four fifty [...]"))), "leaked_ever") == 1

    whole = Mention("e1", "e1", "SSN", "spoken_pairs", PRIVATE, "618260934")
    heard = ("six", "sixty o", "sixty one", "sixty one eight")
    said = "sixty one eight twenty six zero nine thirty four"
    stream = conversation(
        *(("a", text, False, [Span(0, len(text), whole)]) for text in heard), ("a", said, True, [Span(0, 48, whole)])
    )
    shown = tuple((number, "a", 0, False, text) for number, text in enumerate(heard))
    assert total(measure([stream], scripted(*shown, (4, "a", 0, True, "[SSN]"))), "leaked_ever") == 0
    more = (4, "a", 0, True, "sixty one eight twenty [SSN]")
    assert total(measure([stream], scripted(*shown, more)), "leaked_ever") == 1


def test_one_digit_is_too_many_after_a_cue_in_any_utterance_that_reaches() -> None:
    said = "it's 4111 1111 1111 1111"
    spans = [Span(5, len(said), CARD)]
    show_one = (1, "b", 0, True, "it's 4[...]")
    for ask, found in (("which card is it", 1), ("which one is it", 0)):
        stream = conversation(("a", ask, True, []), ("b", said, True, spans))
        score = measure([stream], scripted((0, "a", 0, True, ask), show_one))
        assert total(score, "shown_after_cue") == found
        assert total(score, "leaked_ever") == 0


def test_a_mask_over_a_price_counts_when_it_is_final_and_as_a_wait_when_it_is_lifted() -> None:
    said = "that is $2,020.99 in all"
    spans = [Span(8, 17, PRICE)]
    stream = conversation(("a", "that is $2,020", False, []), ("a", said, True, spans))
    lifted = scripted((0, "a", 0, False, "that is [...]"), (1, "a", 0, True, said))
    kept = scripted((0, "a", 0, False, "that is [...]"), (1, "a", 0, True, "that is [NUMBER] in all"))
    score = measure([stream], lifted)
    assert score.benign["en", "PRICE"] == Counter(said=1)
    assert score.unmask_ms == [1000]
    assert score.totals["ordinary_partials_masked"] == 1
    assert measure([stream], kept).benign["en", "PRICE"] == Counter(said=1, masked=1)


def test_words_that_come_back_changed_are_flicker_and_the_recognisers_own_are_not() -> None:
    stream = conversation(("a", "four one", False, []), ("a", "for sure", False, []), ("a", "for sure now", True, []))
    own = report(measure([stream], nothing_hidden))
    assert own["flicker"] == 0.0
    masked = scripted((0, "a", 0, False, "four one"), (1, "a", 0, False, "[...]"), (2, "a", 0, True, "for sure now"))
    assert report(measure([stream], masked))["flicker"] == pytest.approx(1 / 3, abs=1e-4)


def test_an_email_is_gone_only_with_all_of_its_local_part() -> None:
    mail = Mention("e1", "e1", "EMAIL", "spoken", PRIVATE, "jane.doe@example.com")
    said = "it's jane dot doe at example dot com"
    stream = turn("t", "en-US", said, [Span(5, len(said), mail)], partials=True)
    half = per_event(lambda text: text.replace("doe at example dot com", "[EMAIL]"))
    whole = per_event(lambda text: re.sub(r"jane dot.*", "[EMAIL]", text))
    assert total(measure([stream], half), "hidden") == 0
    assert total(measure([stream], whole), "hidden") == 1
    assert total(measure([stream], whole), "leaked_ever") == 0  # "jane" alone came before any connector


def test_findings_say_where_and_never_what() -> None:
    score = measure(invented_streams(5), nothing_hidden)
    assert {f.measure for f in score.findings} >= {"ever", "after-cue", "final"}
    texts = [text for stream in invented_streams(5) for e in stream.events for text in e.text.split() if text.isdigit()]
    assert texts
    assert not any(text in repr(f) for f in score.findings for text in texts if len(text) > 3)


def test_the_command_prints_figures_and_refuses_a_folder_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captiond.bench.redaction.captions", nothing_hidden)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    (tmp_path / "cases").mkdir()
    row = {
        "id": "c1",
        "lang": "en",
        "channel": "customer",
        "text": "it's 4111111111111111.",
        "entities": [
            {"start": 5, "end": 21, "type": "CARD", "cls": "pii", "form": "digits", "value": "4111111111111111"}
        ],
    }
    (tmp_path / "cases" / "en.jsonl").write_text(json.dumps(row) + "\n")
    assert run(parser.parse_args(["--data", str(tmp_path), "--json"])) == 1
    figures = json.loads(capsys.readouterr().out)
    assert figures["cases/finals"]["private"]["recall"] == 0.0
    assert figures["cases/partials"]["byKindAndForm"]["en/CARD/digits"]["leaked_ever"] == 1
    assert run(parser.parse_args(["--data", str(tmp_path), "--where"])) == 1
    assert "4111" not in capsys.readouterr().out
    assert run(parser.parse_args(["--data", str(tmp_path / "none")])) == 2
    assert run(parser.parse_args(["--data", str(tmp_path), "--language", "xx"])) == 2


@pytest.mark.source_only  # a compiled class cannot be patched
def test_a_fault_inside_is_no_success_although_it_is_masked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object, __: str, *, final: bool) -> None:
        raise IndexError(f"broken for the test, {final=}")

    (tmp_path / "cases").mkdir()
    row = {"id": "c1", "lang": "en", "channel": "customer", "text": "good morning", "entities": []}
    (tmp_path / "cases" / "en.jsonl").write_text(json.dumps(row) + "\n")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["--data", str(tmp_path), "--json"])
    assert run(arguments) == 0
    assert json.loads(capsys.readouterr().out)["cases/finals"]["faults"] == 0
    monkeypatch.setattr("captiond.core.redact.scan.Scan.read", breaks)
    assert run(arguments) == 1
    assert json.loads(capsys.readouterr().out)["cases/finals"]["faults"] == 1


def test_a_broken_data_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "pii").mkdir()
    (tmp_path / "pii" / "x.jsonl").write_text('{"transcript": "four one one one"}\n')
    with pytest.raises(DataError, match=r"x\.jsonl") as caught:
        list(recorded(tmp_path, "pii", ""))
    assert "four" not in str(caught.value)


def test_an_email_cue_that_has_got_its_address_announces_no_other() -> None:
    mail = Mention("e1", "e1", "EMAIL", "typed", PRIVATE, "jane@example.com")
    for before, found in (("the email is", 1), ("my email is bob@example.com", 0)):
        said = "jane@example.com"
        stream = conversation(
            ("a", before, True, []), ("a", "jane", False, [Span(0, 4, mail)]), ("a", said, True, [Span(0, 16, mail)])
        )
        shown = scripted((0, "a", 0, True, before), (1, "a", 1, False, "jane"), (2, "a", 1, True, "[EMAIL]"))
        assert total(measure([stream], shown), "shown_after_cue") == found
