"""The delivery probe's judgement, on a clock that is turned by hand."""

import re

import pytest

from captiond.core.normalise import normalise
from captiond.pulse import LATE_S, Pulse, words_of


def test_nothing_is_proved_before_a_caption_has_come_over_each_transport() -> None:
    pulse = Pulse(("ws", "sse"))
    assert pulse.fault(now_s=0.0) == "no caption has come back over ws yet"
    words = pulse.send(now_s=1.0)
    assert pulse.came("ws", words, now_s=1.25) == 0.25
    assert (pulse.missing, pulse.fault(now_s=1.25)) == (("sse",), "no caption has come back over sse yet")
    assert pulse.came("sse", words, now_s=1.5) == 0.5
    assert (pulse.missing, pulse.fault(now_s=1.5)) == ((), None)


def test_one_that_is_late_is_told_by_transport_and_age_and_made_good_by_the_next() -> None:
    pulse = Pulse(("ws", "sse"), late_s=10.0)
    words = pulse.send(now_s=0.0)
    for transport in ("ws", "sse"):
        pulse.came(transport, words, now_s=0.0)
    for now_s in (3.0, 6.0, 9.0):
        pulse.came("ws", pulse.send(now_s=now_s), now_s=now_s)
    assert pulse.fault(now_s=10.0) is None
    assert pulse.fault(now_s=10.1) == "no caption has come back over sse for 10 s"
    assert (pulse.age_s("ws", now_s=10.0), pulse.age_s("sse", now_s=10.0)) == (1.0, 10.0)
    pulse.came("sse", pulse.send(now_s=12.0), now_s=12.0)
    assert pulse.fault(now_s=12.0) is None
    assert pulse.fault(now_s=19.1) == "no caption has come back over ws for 10 s"


def test_an_old_caption_and_one_that_comes_twice_prove_nothing() -> None:
    pulse = Pulse(("ws",))
    old = pulse.send(now_s=0.0)
    new = pulse.send(now_s=3.0)
    assert old != new
    assert pulse.came("ws", old, now_s=3.1) is None
    assert pulse.came("ws", "[...]", now_s=3.1) is None
    assert pulse.fault(now_s=3.1) is not None
    assert pulse.came("ws", new, now_s=3.2) == pytest.approx(0.2)
    assert pulse.came("ws", new, now_s=3.0 + LATE_S + 1) is None
    assert pulse.fault(now_s=3.0 + LATE_S + 1) is not None


def test_one_that_comes_after_it_was_given_up_does_not_count() -> None:
    pulse = Pulse(("ws", "sse"))
    words = pulse.send(now_s=0.0)
    pulse.came("sse", words, now_s=0.1)
    assert (pulse.give_up(), pulse.missing) == (("ws",), ())
    assert pulse.came("ws", words, now_s=3.0) is None
    assert pulse.fault(now_s=3.0) == "no caption has come back over ws yet"


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11_111_111, 12_345_678, 99_999_999, 123_456_789_012])
def test_the_words_say_which_one_and_hold_nothing_to_mask_or_to_mend(number: int) -> None:
    words = words_of(number)
    assert re.fullmatch(r"probe [b-z]{8,}", words)
    assert normalise(words) == words
    assert words != words_of(number + 1)
