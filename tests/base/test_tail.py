"""The bounded log: all or nothing, whatever position a viewer names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import Epoch, Index
from captiond.base.tail import Position, Tail, parse_position

HERE = Epoch("abcdEFGH")


def tail_of(count: int, *, max_messages: int = 10, max_bytes: int = 10_000, max_age_s: float = 60.0) -> Tail[int]:
    """Messages 1..count of 10 bytes, one a second."""
    tail: Tail[int] = Tail(HERE, max_messages=max_messages, max_bytes=max_bytes, max_age_s=max_age_s)
    for n in range(1, count + 1):
        assert tail.append(n, size_bytes=10, now_s=float(n)) == n
    return tail


def at(index: int, epoch: Epoch = HERE) -> Position:
    return Position(epoch, Index(index))


def test_everything_after_a_position_or_nothing() -> None:
    tail = tail_of(15)
    assert tail.since(at(12)) == [13, 14, 15]
    assert tail.since(at(5)) == list(range(6, 16))  # 6 is the oldest kept
    assert tail.since(at(4)) is None  # 5 is gone: no partial replay
    assert tail.since(at(15)) == []
    assert tail.since(at(16)) is None  # the future
    assert tail.since(at(12, Epoch("zzzzzzzz"))) is None


def test_a_new_log_can_be_resumed_before_anything_was_said() -> None:
    tail = tail_of(0)
    assert str(tail.position) == "abcdEFGH.0"
    assert tail.since(at(0)) == []
    assert tail.since(at(1)) is None


def test_bytes_bound_the_log_but_the_newest_stays() -> None:
    tail = tail_of(5, max_bytes=25)
    assert list(tail) == [4, 5]
    assert tail.size_bytes == 20
    tail.append(6, size_bytes=1000, now_s=6.0)
    assert list(tail) == [6]
    assert tail.since(at(5)) == [6]


def test_age_bounds_the_log_and_the_top_survives_it() -> None:
    """A viewer that has it all can prove so after a long silence (the data is gone, the position is not)."""
    tail = tail_of(3, max_age_s=2.0)
    assert list(tail) == [1, 2, 3]
    tail.trim(100.0)
    assert (len(tail), tail.size_bytes) == (0, 0)
    assert tail.since(at(3)) == []
    assert tail.since(at(2)) is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "abcdEFGH",
        "abcdEFGH.",
        ".5",
        "abcdEFGH.-1",
        "abcdEFGH.+1",
        "abcdEFGH.1.2",
        "abcdEFGH.01",
        "abcdEFGH. 1",
        "abcdEFGH.1\n",
        "abcdEFGH.1e3",
        "abcdEFGH.٣",
        "abcdEFG.1",
        "abcdEFGHI.1",
        "abcdEFG1.1",
        "äbcdEFGH.1",
        "abcdEFGH.99999999999999999",
        "abcdEFGH." + "9" * 5000,
        "\x00" * 64,
    ],
)
def test_what_is_not_exactly_a_position_is_none(text: str | None) -> None:
    assert parse_position(text) is None


def test_positions_come_back_as_they_went_out() -> None:
    assert parse_position("abcdEFGH.1042") == at(1042)
    assert parse_position(str(at(0))) == at(0)
    assert parse_position("abcdEFGH.9007199254740992") == at(2**53)


@given(st.text(max_size=40))
def test_no_text_crashes_the_parser(text: str) -> None:
    parsed = parse_position(text)
    assert parsed is None or str(parsed) == text


@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0, 5)), max_size=40),
    st.integers(0, 45),
)
def test_a_replay_is_whole_or_refused(appended: list[tuple[int, float]], index: int) -> None:
    tail: Tail[int] = Tail(HERE, max_messages=8, max_bytes=100, max_age_s=10.0)
    now_s = 0.0
    for n, (size, later_s) in enumerate(appended, 1):
        now_s += later_s
        tail.append(n, size_bytes=size, now_s=now_s)
        assert len(tail) <= 8
        assert tail.size_bytes <= 100 or len(tail) == 1
    replay = tail.since(at(index))
    if index > len(appended):
        assert replay is None
    elif replay is not None:
        assert replay == list(range(index + 1, len(appended) + 1))
    else:
        assert index + 1 not in list(tail)
