"""captiond.watch.pace: figures of a script with known times."""

from typing import Any

import pytest

from captiond.core.screen import Screen
from captiond.watch.pace import Pace, parse_time

TEN = 1718445600.0  # 2024-06-15T10:00:00Z


def test_latency_is_measured_on_the_servers_clock_and_rate_by_finals(messages: Any) -> None:
    pace, screen = Pace(), Screen()
    assert pace.summary(now_s=0.0) == "latency -, 0.0 tokens/s, 0 records"
    wall_s = TEN - 3600.0  # our clock is an hour behind
    for message in (messages.welcome(), messages.snapshot()):
        pace.applied(screen.apply(message), live=False, wall_s=wall_s, now_s=100.0)
    pace.server_time("2024-06-15T10:00:00.000Z", wall_s=wall_s)
    partial = messages.caption("u1", "one two", emittedAt="2024-06-15T10:00:01.900Z")
    pace.applied(screen.apply(partial), live=True, wall_s=wall_s + 2.0, now_s=102.0)
    assert pace.latency_s(now_s=102.0) == pytest.approx(0.1, abs=1e-6)
    final = messages.caption("u1", "one two three four", final=True, emittedAt="2024-06-15T10:00:03.700Z")
    pace.applied(screen.apply(final), live=True, wall_s=wall_s + 4.0, now_s=104.0)
    assert pace.summary(now_s=104.0) == "latency 200 ms, 1.0 tokens/s, 2 records"
    assert pace.summary(now_s=113.0) == "latency 300 ms, 0.4 tokens/s, 2 records"
    assert pace.summary(now_s=114.1) == "latency -, 0.0 tokens/s, 2 records"


def test_replay_and_corrections_say_nothing_about_now(messages: Any) -> None:
    pace, screen = Pace(), Screen()
    for message in (messages.welcome(), messages.snapshot()):
        screen.apply(message)
    pace.applied(screen.apply(messages.caption("u1", "old words", final=True)), live=False, wall_s=TEN, now_s=1.0)
    pace.applied(screen.apply(messages.caption("u1", "new words", final=True)), live=True, wall_s=TEN, now_s=1.0)
    assert pace.summary(now_s=1.0) == "latency -, 0.0 tokens/s, 2 records"


@pytest.mark.parametrize(
    ("stamp", "time_s"),
    [
        ("2024-06-15T10:00:00.250Z", TEN + 0.25),
        ("2024-06-15T12:00:00+02:00", TEN),
        ("2024-06-15T10:00:00", None),
        ("", None),
    ],
)
def test_stamps_are_read_with_their_zone_or_not_at_all(stamp: str, time_s: float | None) -> None:
    assert parse_time(stamp) == time_s
