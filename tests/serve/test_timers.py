"""Deadlines come in order, once, and only when due."""

import pytest

from captiond.serve.timers import Timer, Timers


class Hand:
    now_s = 0.0


def test_what_is_due_is_called_in_order_of_time_then_of_making() -> None:
    hand, called = Hand(), list[str]()
    timers = Timers(lambda: hand.now_s)
    timers.after(2.0, lambda: called.append("b"))
    timers.after(1.0, lambda: called.append("a"))
    timers.after(2.0, lambda: called.append("c"))
    timers.tick()
    assert called == []
    hand.now_s = 2.0
    timers.tick()
    timers.tick()
    assert called == ["a", "b", "c"]


def test_a_cancelled_one_is_not_called_even_by_another_of_the_same_tick() -> None:
    hand, called = Hand(), list[str]()
    timers = Timers(lambda: hand.now_s)
    later: list[Timer] = []

    def cancel() -> None:
        later[0].cancel()

    timers.after(1.0, cancel)
    later.append(timers.after(1.0, lambda: called.append("second")))
    hand.now_s = 5.0
    timers.tick()
    assert called == []


def test_one_that_fails_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    hand, called = Hand(), list[str]()
    timers = Timers(lambda: hand.now_s)

    def broken() -> None:
        raise RuntimeError

    timers.after(0.0, broken)
    timers.after(0.0, lambda: called.append("b"))
    timers.tick()
    assert called == ["b"]
    assert "a timer failed" in caplog.text


def test_a_tick_ends_though_every_callback_adds_one_that_is_due() -> None:
    hand, called = Hand(), list[float]()
    timers = Timers(lambda: hand.now_s)

    def again() -> None:
        called.append(hand.now_s)
        timers.after(0.0, again)

    timers.after(0.0, again)
    timers.tick()
    timers.tick()
    assert called == [0.0, 0.0]
