"""Which event is due when: pure, with invented times."""

import pytest

from captiond.base.errors import LocalError
from captiond.simulator.playback import LOOP_PAUSE_S, AtEnd, Playback, Resume
from captiond.simulator.tracks import track_of
from tests.simulator.plain_client import spoken


def playback(
    number: int = 5, *, speed: float = 1.0, at_end: AtEnd = AtEnd.CLOSE, resume: Resume = Resume.LIVE
) -> Playback:
    return Playback(track_of("call-1", spoken(number)), speed=speed, at_end=at_end, resume=resume)


@pytest.mark.parametrize("speed", [0.01, 0.5, 1.0, 7.3, 1000.0, 1_000_000.0])
@pytest.mark.parametrize("start_s", [0.0, 123_456.789])
def test_an_event_is_due_exactly_after_its_wait(speed: float, start_s: float) -> None:
    """At any speed: rounding never leaves an event a hair in the future, where a loop would spin on it."""
    play = playback(speed=speed)
    play.join(start_s)
    for behind in range(5):
        event = play.after(behind)
        assert event is not None
        now_s = start_s + play.wait_s(event.due_s, start_s)
        assert play.wait_s(event.due_s, now_s) < 1e-6
        assert event.due_s <= play.elapsed_s(now_s) + play.slack_s
        assert play.age_s(event.stamp_s, now_s) == pytest.approx(0, abs=1e-6)
    assert play.after(5) is None


@pytest.mark.parametrize(("away_s", "behind"), [(0.0, 3), (0.5, 3), (1.0, 4), (1.9, 4), (2.0, 5), (100.0, 5)])
def test_who_comes_back_to_a_live_session_has_missed_what_was_due(away_s: float, behind: int) -> None:
    play = playback()
    assert play.join(0.0) == 0
    play.leave(2.0)
    assert play.join(2.0 + away_s) == behind


def test_who_comes_back_to_a_held_session_has_missed_nothing() -> None:
    play = playback(resume=Resume.HOLD)
    play.join(10.0)
    for position in (1, 2):
        play.passed(position)
    play.leave(11.25)
    assert play.elapsed_s(99.0) == 1.25
    assert play.join(100.0) == 2
    assert play.elapsed_s(100.25) == 1.5
    assert play.wait_s(2.0, 100.25) == 0.5


def test_two_listeners_of_a_held_session_hold_it_only_when_both_are_gone() -> None:
    play = playback(resume=Resume.HOLD)
    play.join(0.0)
    play.passed(1)
    assert play.join(0.5) == 1
    play.leave(0.6)
    assert play.elapsed_s(1.0) == 1.0
    play.leave(1.0)
    assert play.elapsed_s(5.0) == 1.0
    with pytest.raises(LocalError):
        play.leave(1.0)


def test_over_means_nothing_more_comes() -> None:
    play = playback()
    assert not play.over(1000.0)
    play.join(0.0)
    assert not play.over(3.9)
    assert play.over(4.1)
    play.rewind()
    assert not play.started
    assert not play.over(1000.0)


def test_a_loop_has_no_end_and_numbers_go_on() -> None:
    play = playback(2, at_end=AtEnd.LOOP)
    play.join(0.0)
    placed = [play.after(behind) for behind in range(4)]
    round_s = 1.0 + LOOP_PAUSE_S
    assert [(item.position, item.sequence, item.due_s) for item in placed if item] == [
        (1, 1, 0.0),
        (2, 2, 1.0),
        (3, 3, round_s),
        (4, 4, round_s + 1.0),
    ]
    assert not play.over(1000.0)
    play.leave(round_s + 0.5)
    assert play.join(round_s + 0.5) == 3


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf"), 2_000_000.0])
def test_a_speed_has_bounds(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        playback(speed=speed)


def test_a_session_that_nobody_plays_has_no_time() -> None:
    play = playback()
    assert play.elapsed_s(5.0) == 0.0
    with pytest.raises(LocalError):
        play.wait_s(1.0, 5.0)
