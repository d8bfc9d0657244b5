"""Sequence rules of the contract, section 3, word by word."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import RawText, SessionId
from captiond.core.arrival import Arrival
from captiond.core.continuity import Continuity, Judgement, Verdict

ACCEPTED = Judgement(Verdict.ACCEPTED)


def numbered(sequence: int, event_s: float = 0.0, text: str = "hello") -> Arrival:
    return Arrival(SessionId("s"), sequence, RawText(text), False, "2024-06-15T10:30:00.000Z", event_s)


def heard(*sequences: int) -> Continuity:
    continuity = Continuity()
    for n in sequences:
        continuity.receive(numbered(n, text=f"text {n}"))
    return continuity


def test_numbers_that_rise_by_one_are_accepted() -> None:
    continuity = Continuity()
    assert [continuity.receive(numbered(n)) for n in (1, 2, 3)] == [ACCEPTED] * 3


def test_joining_late_is_no_loss() -> None:
    continuity = Continuity()
    assert continuity.receive(numbered(100)) == ACCEPTED
    assert continuity.last == 100


@pytest.mark.parametrize(("then", "lost"), [(5, 1), (6, 2), (1004, 1000)])
def test_a_gap_says_how_many_are_lost(then: int, lost: int) -> None:
    assert heard(1, 2, 3).receive(numbered(then)) == Judgement(Verdict.ACCEPTED, True, lost, "sequence")


def test_duplicates_and_late_events_never_move_the_number_back() -> None:
    continuity = heard(1, 2, 3, 5)
    assert continuity.receive(numbered(5)).verdict is Verdict.DUPLICATE
    assert continuity.receive(numbered(4)).verdict is Verdict.LATE
    assert continuity.receive(numbered(1, text="text 1")).verdict is Verdict.LATE
    assert continuity.last == 5
    assert continuity.receive(numbered(6)) == ACCEPTED  # nothing looks lost after a late event


@pytest.mark.parametrize(("later_s", "verdict"), [(2.0, Verdict.LATE), (2.001, Verdict.ACCEPTED), (-9.0, Verdict.LATE)])
def test_a_repeated_number_well_after_the_newest_is_a_restart(later_s: float, verdict: Verdict) -> None:
    continuity = Continuity()
    continuity.receive(numbered(7, event_s=100.0))
    continuity.receive(numbered(8, event_s=101.0))
    judged = continuity.receive(numbered(3, event_s=101.0 + later_s))
    assert judged.verdict is verdict
    assert not judged.gap
    assert continuity.last == (3 if verdict is Verdict.ACCEPTED else 8)


def test_number_one_with_another_text_is_a_restart() -> None:
    continuity = heard(1, 2, 3)
    assert continuity.receive(numbered(1, text="text 1")).verdict is Verdict.LATE
    assert continuity.receive(numbered(1, text="good morning")) == ACCEPTED
    assert continuity.receive(numbered(2, text="good morning all")) == ACCEPTED


def test_after_a_restart_number_one_is_that_of_the_new_numbering() -> None:
    continuity = heard(1, 2)
    continuity.receive(numbered(1, text="new"))
    assert continuity.receive(numbered(1, text="new")).verdict is Verdict.DUPLICATE
    assert continuity.receive(numbered(1, text="text 1")) == ACCEPTED  # the old wording is another text now


def test_after_a_restart_elsewhere_the_old_number_one_says_nothing() -> None:
    continuity = heard(1, 2, 3)
    assert continuity.receive(numbered(2, event_s=60.0)) == ACCEPTED
    assert continuity.receive(numbered(1, event_s=59.0, text="not text 1")).verdict is Verdict.LATE
    assert continuity.last == 2


def test_a_late_number_one_after_joining_late_is_told_from_a_restart_by_its_time() -> None:
    continuity = Continuity()
    continuity.receive(numbered(2, event_s=10.0))
    assert continuity.receive(numbered(1, event_s=9.7)).verdict is Verdict.LATE
    assert continuity.receive(numbered(1, event_s=10.3)) == ACCEPTED


def test_a_restart_after_a_reconnect_is_an_unknown_loss() -> None:
    continuity = heard(1, 2, 3)
    continuity.disconnected()
    assert continuity.receive(numbered(1, text="other")) == Judgement(Verdict.ACCEPTED, True, None, "disconnect")
    assert continuity.receive(numbered(2)) == ACCEPTED


def test_a_numbering_that_goes_on_after_a_reconnect_shows_the_true_gap() -> None:
    continuity = heard(1, 2, 3)
    continuity.disconnected()
    assert continuity.receive(numbered(3)).verdict is Verdict.DUPLICATE  # sent again: not yet an answer
    assert continuity.receive(numbered(9)) == Judgement(Verdict.ACCEPTED, True, 5, "disconnect")
    assert continuity.receive(numbered(11)) == Judgement(Verdict.ACCEPTED, True, 1, "sequence")


def test_a_reconnect_that_lost_nothing_tells_nothing() -> None:
    continuity = heard(1, 2, 3)
    continuity.disconnected()
    assert continuity.receive(numbered(4)) == ACCEPTED


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_accepted_and_lost_events_add_up_to_the_newest_number(order: list[int]) -> None:
    """With equal times and number 1's text unchanged there is no restart: last - first = accepted - 1 + lost."""
    continuity = Continuity()
    judged = [continuity.receive(replace(numbered(n), sequence=n)) for n in order]
    accepted = [j for j in judged if j.verdict is Verdict.ACCEPTED]
    lost = sum(j.lost or 0 for j in accepted)
    assert continuity.last == max([order[0], *order])
    assert continuity.last - order[0] == len(accepted) - 1 + lost


def test_no_text_is_kept() -> None:
    continuity = Continuity()
    continuity.receive(numbered(1, text="my secret"))
    assert "my secret" not in repr(vars(continuity))
