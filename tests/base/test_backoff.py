"""The backoff policy is a table, so its test is one too."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.backoff import (
    CEILING_S,
    MAX_RETRY_AFTER_S,
    full_jitter_s,
    parse_retry_after_s,
    poll_delay_s,
    rate_limit_delay_s,
)

NOW_S = 1_792_567_680.0  # Wed, 21 Oct 2026 07:28:00 GMT


class FixedChance:
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        self.value = value

    def random(self) -> float:
        return self.value


@pytest.mark.parametrize(
    ("tries_before", "ceiling_s"),
    [(-1, 1.0), (0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 16.0), (5, 30.0), (6, 30.0), (10**9, 30.0)],
)
def test_jitter_is_full_under_a_ceiling_that_doubles(tries_before: int, ceiling_s: float) -> None:
    assert full_jitter_s(tries_before, chance=FixedChance(0.0)) == 0.0
    assert full_jitter_s(tries_before, chance=FixedChance(0.5)) == ceiling_s / 2
    assert full_jitter_s(tries_before, chance=FixedChance(0.999)) == pytest.approx(ceiling_s * 0.999)


def test_real_chance_fills_the_whole_range() -> None:
    chance = random.Random(7)
    delays_s = sorted(full_jitter_s(9, chance=chance) for _ in range(2_000))
    assert delays_s[0] < 0.2
    assert CEILING_S - 0.2 < delays_s[-1] < CEILING_S
    assert max(later - earlier for earlier, later in pairwise(delays_s)) < 0.3


@pytest.mark.parametrize(
    ("tries_before", "asked_s", "delay_s"),
    [
        (0, None, 5.0),
        (1, None, 10.0),
        (2, None, 20.0),
        (3, None, None),
        (4, None, None),
        (0, 2.0, 2.0),
        (1, 2.0, 2.0),
        (2, 7.5, 7.5),
        (3, 2.0, None),
        (0, 0.0, 0.0),
        (0, -3.0, 0.0),
        (0, 1e12, MAX_RETRY_AFTER_S),
        (0, float("inf"), MAX_RETRY_AFTER_S),
        (0, float("nan"), MAX_RETRY_AFTER_S),
    ],
)
def test_429_waits_three_times_then_gives_up_without_waiting(
    tries_before: int, asked_s: float | None, delay_s: float | None
) -> None:
    assert rate_limit_delay_s(tries_before, retry_after_s=asked_s) == delay_s


@pytest.mark.parametrize(
    ("header", "asked_s"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-1", None),
        ("soon", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("\u0661\u0662", None),  # digits, but not HTTP's
        ("999999999999", MAX_RETRY_AFTER_S),
        ("9" * 200, None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("Thu, 21 Oct 2027 07:28:00 GMT", MAX_RETRY_AFTER_S),
        ("Wednesday, 21-Oct-26 07:28:10 GMT", 10.0),
        ("Wed Oct 21 07:28:20 2026", 20.0),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
        ("Wed, 21 Oct 2026", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, asked_s: float | None) -> None:
    assert parse_retry_after_s(header, now_s=NOW_S) == asked_s


@given(st.text(max_size=80))
def test_no_header_crashes_or_asks_for_the_absurd(header: str) -> None:
    asked_s = parse_retry_after_s(header, now_s=NOW_S)
    assert asked_s is None or 0.0 <= asked_s <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("polls_before", "base_s"), [(-1, 2), (0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (5, 30), (10**9, 30)]
)
def test_looks_are_ever_farther_apart_and_never_by_more_than_a_second_of_chance(polls_before: int, base_s: int) -> None:
    assert poll_delay_s(polls_before, base_s=2.0, chance=FixedChance(0.0)) == base_s
    assert poll_delay_s(polls_before, base_s=2.0, chance=FixedChance(0.999)) == pytest.approx(base_s + 0.999)
