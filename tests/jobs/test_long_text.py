"""A text too long to hold, redacted on its way: however it is cut and wherever it is gone on with."""

import json
from pathlib import Path
from typing import Any

import pytest

from captiond.core.redact import DEFAULT
from captiond.genesys.recordings import MARKERS
from captiond.jobs.long_text import LOOK_BACK_BYTES, PIECE_BYTES, WORD_BYTES, LongText, Mark
from captiond.simulator.longtext import RAW, long_text

TRUTH = Path(__file__).parents[2] / ".." / "shared" / "data" / "pii" / "truth"
TYPES = {"CARD", "SSN", "CVV", "PHONE", "EMAIL", "IBAN"}  # what is masked without being asked for
CALL = (
    "Agent: What is your card number?\n"
    "Customer: Sure, wait a moment.\n"
    "Agent: Okay.\n"
    "Customer: Four one one one one one one one\n"
    "Agent: Mhm.\n"
    "Customer: one one one one one one one one, and I live at number 12.\n"
    "\n"
    "Agent: Thank you, Zoë. The order 4711 0815 costs 250 €.\r\n"
    "Customer: Write to jane.doe@example.com <REDACTED>."
)


def new(mark: Mark | None = None, *, language: str = "") -> LongText:
    return LongText(kinds=frozenset(DEFAULT), language=language, markers=MARKERS, mark=mark or Mark())


def work_off(text: LongText) -> None:
    while not text.slice():
        pass


def redacted(raw: bytes, *, at_once: int = 10**9, language: str = "") -> tuple[str, Mark]:
    """A whole text, fed in pieces of that size."""
    text, out = new(language=language), b""
    for first in range(0, len(raw), at_once):
        text.feed(raw[first : first + at_once])
        work_off(text)
        out += text.take()
    text.end()
    work_off(text)
    out += text.take()
    assert text.mark.written == len(out)
    assert text.mark.read == len(raw)
    return out.decode(), text.mark


def in_steps(raw: bytes, step: int) -> tuple[str, Mark, int]:
    """The same, each step by another process, which knows nothing but the mark."""
    mark, out, steps = Mark(), b"", 0
    while True:
        text = new(mark)
        start = mark.read
        text.look_back(raw[max(0, start - LOOK_BACK_BYTES) : start])
        work_off(text)
        assert text.take() == b""  # what was put out before is not put out again
        end = min(len(raw), start + step)
        text.feed(raw[start:end])
        if end == len(raw):
            text.end()
        work_off(text)
        out += text.take()
        assert text.mark.written == len(out)
        steps += 1
        mark = Mark.of(json.loads(json.dumps(text.mark.as_json())))
        if end == len(raw):
            return out.decode(), mark, steps
        assert mark.read > start


def test_a_call_comes_out_line_by_line() -> None:
    shown, mark = redacted(CALL.encode())
    assert shown.split("\n") == [
        "Agent: What is your card number?",
        "Customer: Sure, wait a moment.",
        "Agent: Okay.",
        "Customer: [CC]",
        "Agent: Mhm.",
        "Customer: [CC], and I live at number 12.",
        "",
        "Agent: Thank you, Zoë. The order 4711 0815 costs 250 €.",
        "Customer: Write to [EMAIL] <REDACTED>.",
    ]
    assert mark.redactions == {"CC": 1, "EMAIL": 1}
    assert mark.markers == {"<REDACTED>": 1}
    assert (mark.said, mark.unreadable) == (True, 0)


@pytest.mark.parametrize("at_once", [1, 2, 7, 64, 333])
def test_how_it_is_fed_changes_nothing(at_once: int) -> None:
    assert redacted(CALL.encode(), at_once=at_once) == redacted(CALL.encode())


def test_a_piece_waits_for_what_may_correct_it() -> None:
    text = new()
    text.feed(b"Customer: It was fine.\nCustomer: my card is four one one one one one one one\n")
    work_off(text)
    assert text.take() == b"Customer: It was fine."
    assert text.mark.read == len(b"Customer: It was fine.\n")
    text.feed(b"Customer: one one one one one one one one, thanks a lot for all of that\n")
    work_off(text)
    assert text.take().startswith(b"\nCustomer: my card is [")


@pytest.mark.parametrize("step", [20_000, 40_001])
@pytest.mark.parametrize("one_line", [False, True])
def test_who_goes_on_from_a_mark_puts_out_the_same(step: int, *, one_line: bool) -> None:
    raw = long_text(60_000).part(0, 60_000)
    if one_line:
        raw = raw.replace(b"\n", b" ")
    shown, mark = redacted(raw)
    assert not any(value.decode() in shown for value in RAW)
    again, ended, steps = in_steps(raw, step)
    assert steps >= 2
    assert (again, ended) == (shown, mark)


@pytest.mark.parametrize("said", ["It is 739.", "739, that is.", "seven three nine"])
def test_a_question_before_the_mark_is_asked_of_who_goes_on(said: str) -> None:
    """The question is out and done; its answer comes to another process."""
    before = b"Agent: It was fine.\nAgent: What is the security code on the back?\n"
    answer = f"Customer: {said}\n".encode()
    first = new()
    first.feed(before)
    work_off(first)
    assert first.mark.read == len(before)
    second = new(first.mark)
    second.look_back(before)
    work_off(second)
    second.feed(answer)
    second.end()
    work_off(second)
    shown = (first.take() + second.take()).decode()
    assert shown == redacted(before + answer)[0]
    assert "[CVV]" in shown


def test_a_long_line_is_cut_between_words_and_nothing_of_it_is_lost() -> None:
    raw = "we said that it was fine and then went on to talk of other things " * 100
    assert redacted(raw.encode())[0] == raw.strip()
    unspaced = "今日は良い天気です。" * 400
    assert redacted(unspaced.encode())[0].replace(" ", "") == unspaced


@pytest.mark.parametrize("before", range(PIECE_BYTES - 40, PIECE_BYTES + 10, 3))
def test_a_number_across_a_cut_is_masked(before: int) -> None:
    filler = ("so it was " * 200)[:before]
    shown, _ = redacted(f"{filler} 4111 1111 1111 1111 and then {filler}".encode())
    assert "4111" not in shown
    assert "1111" not in shown


def test_a_word_longer_than_any_is_masked_whole_with_what_hangs_on_it() -> None:
    raw = b"It was fine. " + b"x" * (3 * PIECE_BYTES) + b"4111 1111 1111 1111 done.\nAnd then it was fine again.\n"
    for step in (900, 1_500, 10**9):
        shown, mark = redacted(raw, at_once=step)
        assert "1111" not in shown
        assert "xx" not in shown
        assert shown.split("\n")[-1] == "And then it was fine again."
        assert mark.unreadable >= 1
    shown, _ = redacted(b"abcd" * (WORD_BYTES // 4))
    assert shown.replace(" ", "") == "abcd" * (WORD_BYTES // 4)  # one that is not too long; the core cuts it in two
    assert shown.count(" ") <= 1


@pytest.mark.parametrize(
    "line", [b"My card is 4111\xff1111 1111 1111.", b"My card is 4\x001\x001\x001 1111 1111 1111.", b"\xed\xa0\x80 x"]
)
def test_a_line_that_cannot_be_read_is_masked_whole(line: bytes) -> None:
    shown, mark = redacted(b"It was fine.\n" + line + b"\nThank you.")
    assert shown == "It was fine.\n[...]\nThank you."
    assert mark.unreadable == 1


def test_only_known_words_before_a_colon_are_a_speaker() -> None:
    said = b"four one one one one one one one one one one one one one one one: that is my card\n"
    shown, _ = redacted(said)
    assert "one one" not in shown
    assert redacted("\ufeffSpeaker 2: It was fine.".encode())[0] == "Speaker 2: It was fine."


@pytest.mark.parametrize("raw", [b"", b"\n\n \n\t\n", b" " * 5_000])
def test_nothing_said_is_told(raw: bytes) -> None:
    shown, mark = redacted(raw)
    assert (shown.strip(), mark.said) == ("", False)


@pytest.mark.shared
@pytest.mark.parametrize("labelled", [True, False])
def test_nothing_of_the_shared_conversations_gets_through_whoever_knows_the_language(*, labelled: bool) -> None:
    private = harmless = kept = 0
    for path in sorted(TRUTH.glob("*.json")):
        said = sorted(json.loads(path.read_text())["utterances"], key=lambda one: one["endMs"])
        lines = [_line(one, labelled=labelled) for one in said]
        shown = redacted("\n".join(lines).encode())[0].split("\n")
        for one, line in zip(said, shown, strict=True):
            for entity in one["entities"]:
                value = one["text"][entity["start"] : entity["end"]]
                if entity["cls"] == "pii" and entity["type"] in TYPES:
                    private += 1
                    assert value not in line, (path.name, entity["id"])
                elif entity["cls"] == "negative":
                    harmless, kept = harmless + 1, kept + (value in line)
    assert private > 150
    assert kept >= 0.98 * harmless


def _line(one: dict[str, Any], *, labelled: bool) -> str:
    who = {"internal": "Agent: "}.get(one["channel"], "Customer: ")
    return (who if labelled else "") + " ".join(one["text"].split())
