"""Hostile texts cost in line with their length, are masked or shown, and never fail. Work is counted, not timed."""

import sys
from types import FrameType
from typing import Any

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.core.redact import DEFAULT, Call, Redactor

UNITS = [
    "a.", "1", "1 ", "1-", "x@a.", "x@a. ", "(", ". ", "one ", "double ", "to ", "um ", "a ", "dot ", "jane at ",
    "jane dot ", "a@", "D E ", "GB 1 ", "very ", "card ", "card one ", "order 1 ", "hundred ", "e\u0301", "\u200b",
    "one, hold on, ", "1999 ", "may 1 ", "[...] ", "1 word ", "é1 ", "- ", "+ ", "4-4 ",
]  # fmt: skip


def work(text: str) -> int:
    """How many calls of our own functions one final takes."""
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    calls = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        redactor.caption(UtteranceId("u"), RawText(text), final=True, now_s=0.0)
        redactor.end()
    finally:
        sys.setprofile(None)
    assert redactor.faults == 0
    return calls


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_text_is_at_most_some_four_times_the_work(unit: str) -> None:
    small, large = 1_000 // len(unit), 4_000 // len(unit)
    assert work(unit * large) <= 5 * work(unit * small) + 2_000


@pytest.mark.parametrize("unit", ["1 ", "one ", "4111 ", "one, hold on, "])
def test_endless_digits_are_masked_to_the_end(unit: str) -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    shown = redactor.caption(UtteranceId("u"), RawText(unit * (4_000 // len(unit))), final=True, now_s=0.0)
    text = [*shown, *redactor.end()][-1].text
    assert "[NUMBER]" in text
    assert not any(word in text for word in ("1", "one", "4"))
