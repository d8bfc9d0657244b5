"""One viewer: every pair of phase and event, the byte budget, what is skipped and what never is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.errors import LocalError
from captiond.base.ids import Index, UtteranceId
from captiond.core.subscriber import PIECE_S, TRANSITIONS, WAIT_S, Item, Notice, On, Phase, Subscriber

A, B = UtteranceId("a"), UtteranceId("b")


def partial(index: int, utterance: UtteranceId = A, size: int = 10) -> Item[int]:
    return Item(Index(index), index, size, utterance, partial=True, for_finals=False, at_s=0.0)


def begin(index: int, utterance: UtteranceId = A, size: int = 10) -> Item[int]:
    return Item(Index(index), index, size, utterance, partial=True, for_finals=False, at_s=0.0, begins=True)


def final(index: int, utterance: UtteranceId = A, size: int = 10, at_s: float = 0.0) -> Item[int]:
    return Item(Index(index), index, size, utterance, partial=False, for_finals=True, at_s=at_s)


def gap(index: int, size: int = 10) -> Item[int]:
    return Item(Index(index), index, size, None, partial=False, for_finals=True, at_s=0.0)


def behind(max_queued_bytes: int = 1000) -> Subscriber[int]:
    """A viewer that was in step and whose transport takes no more."""
    subscriber: Subscriber[int] = Subscriber(max_queued_bytes=max_queued_bytes, now_s=0.0)
    subscriber.on(On.FLUSHED)
    subscriber.on(On.BEHIND)
    return subscriber


def phase_of(subscriber: Subscriber[int]) -> Phase:
    """Read anew each time, so that a type checker does not remember the last answer."""
    return subscriber.phase


def in_phase(phase: Phase) -> Subscriber[int]:
    subscriber: Subscriber[int] = Subscriber(max_queued_bytes=1000, now_s=0.0)
    subscriber.phase = phase
    return subscriber


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, On)))
def test_every_pair_moves_by_the_table_or_is_an_error(phase: Phase, event: On) -> None:
    subscriber = in_phase(phase)
    if (phase, event) in TRANSITIONS:
        subscriber.on(event)
        assert subscriber.phase is TRANSITIONS[phase, event]
    else:
        with pytest.raises(LocalError):
            subscriber.on(event)
        assert subscriber.phase is phase


def test_the_table_leads_from_each_phase_to_closed_and_never_back() -> None:
    for phase in Phase:
        assert phase is Phase.CLOSED or TRANSITIONS[phase, On.GONE] is Phase.CLOSED
    assert not [pair for pair in TRANSITIONS if pair[0] is Phase.CLOSED]
    assert {after for (before, _), after in TRANSITIONS.items() if before is Phase.CLOSING} == {Phase.CLOSED}


def test_superseded_partials_are_skipped_and_indices_ascend() -> None:
    subscriber = behind()
    for item in (partial(1), partial(2, B), partial(3), gap(4), final(5, B), partial(6)):
        subscriber.offer(item)
    assert subscriber.queued_bytes == 30
    assert subscriber.notice(flushed=False) == Notice("conflating", 3)
    assert subscriber.take() == [4, 5, 6]
    assert (len(subscriber), subscriber.queued_bytes) == (0, 0)


def test_the_first_message_of_an_utterance_stays_where_others_have_come_since() -> None:
    """It says where the utterance stands on the screen; as the last one it may go, its successor stands there too."""
    subscriber = behind()
    for item in (begin(1), partial(2), begin(3, B), partial(4), partial(5), final(6, B), final(7)):
        subscriber.offer(item)
    assert subscriber.notice(flushed=False) == Notice("conflating", 3)
    assert subscriber.take() == [2, 3, 6, 7]
    assert not subscriber._beginnings  # nothing is remembered of what is gone


def test_finals_corrections_and_gaps_are_never_skipped() -> None:
    subscriber = behind()
    for item in (final(1), final(2), gap(3), final(4)):
        subscriber.offer(item)
    assert subscriber.take() == [1, 2, 3, 4]
    assert subscriber.notice(flushed=False) is None
    assert subscriber.notice(flushed=True) is None


def test_a_retraction_takes_the_place_of_the_partial() -> None:
    subscriber = behind()
    subscriber.offer(partial(1))
    subscriber.offer(Item(Index(2), 2, 10, A, partial=False, for_finals=False, at_s=0.0))
    assert subscriber.take() == [2]


def test_notices_come_once_each_way_and_count_since_the_last() -> None:
    subscriber = behind()
    subscriber.offer(partial(1))
    assert subscriber.notice(flushed=False) is None  # nothing was skipped yet
    subscriber.offer(partial(2))
    assert subscriber.notice(flushed=False) == Notice("conflating", 1)
    subscriber.offer(partial(3))
    subscriber.offer(partial(4))
    assert subscriber.notice(flushed=False) is None
    assert subscriber.take() == [4]
    assert subscriber.notice(flushed=True) == Notice("caught-up", 2)
    assert subscriber.notice(flushed=True) is None


def test_pieces_are_bounded_but_never_empty() -> None:
    subscriber = behind(10_000)
    for n, size in enumerate((40, 40, 40, 500, 10), 1):
        subscriber.offer(final(n, size=size))
    assert [subscriber.take(100) for _ in range(5)] == [[1, 2], [3], [4], [5], []]


def test_over_budget_the_queue_goes_and_a_snapshot_follows() -> None:
    subscriber = behind(25)
    subscriber.offer(final(1))
    subscriber.offer(final(2))
    subscriber.offer(final(3))
    assert subscriber.phase is Phase.RESYNC
    assert (len(subscriber), subscriber.queued_bytes) == (0, 0)
    subscriber.offer(final(4))  # will be in the snapshot
    assert len(subscriber) == 0
    subscriber.on(On.RESYNCED)
    subscriber.offer(final(5))
    assert subscriber.take() == [5]


def test_partials_of_one_utterance_never_go_over_budget() -> None:
    subscriber = behind(25)
    for n in range(1, 1000):
        subscriber.offer(partial(n))
    assert subscriber.queued_bytes == 10
    assert subscriber.take() == [999]


def test_a_replay_waits_outside_the_budget() -> None:
    subscriber: Subscriber[int] = Subscriber(max_queued_bytes=25, now_s=0.0)
    subscriber.replay([partial(1), final(2, B), partial(3), final(4, B)])
    assert subscriber.queued_bytes == 0
    assert subscriber.notice(flushed=False) is None  # a replay is no sign of a slow viewer
    subscriber.offer(final(5, B))
    subscriber.offer(partial(6))  # supersedes the replayed 3
    assert subscriber.queued_bytes == 20
    assert subscriber.phase is Phase.CATCHING_UP
    assert [subscriber.take() for _ in range(3)] == [[2, 4], [5], [6]]  # live ones in smaller pieces
    assert subscriber.queued_bytes == 0


def test_what_is_handed_over_and_not_taken_counts_until_it_is_taken() -> None:
    subscriber = behind(100)
    for n in range(1, 11):
        subscriber.offer(final(n))
    assert subscriber.take() == [1, 2, 3, 4, 5]  # half of the budget at once: the rest can still be superseded
    subscriber.offer(final(11))
    assert subscriber.phase is Phase.RESYNC  # 50 there, 60 here

    subscriber = Subscriber(max_queued_bytes=100, now_s=0.0)
    subscriber.on(On.FLUSHED)
    subscriber.fall_behind(now_s=0.0, backlog_bytes=91)  # one write may be larger than the budget; what follows is not
    subscriber.offer(final(1))
    assert subscriber.phase is Phase.RESYNC

    subscriber = behind(100)
    for n in range(1, 11):
        subscriber.offer(final(n))
    subscriber.take()
    subscriber.taken(now_s=1.0)
    for n in range(11, 16):
        subscriber.offer(final(n))
    assert subscriber.phase is Phase.CONFLATING
    assert subscriber.queued_bytes == 100


def test_a_final_that_waits_too_long_is_no_caption_any_more() -> None:
    """However few bytes they are. Partials alone are superseded, not old."""
    subscriber = behind()
    subscriber.offer(partial(1))
    subscriber.offer(final(2, B, at_s=100.0))
    subscriber.look(100.0 + WAIT_S)
    assert subscriber.phase is Phase.CONFLATING
    subscriber.look(100.1 + WAIT_S)
    assert (subscriber.phase, len(subscriber)) == (Phase.RESYNC, 0)

    subscriber = behind()
    subscriber.offer(partial(1))
    subscriber.look(1e6)
    assert subscriber.phase is Phase.CONFLATING


def test_waiting_counts_only_once_the_replay_is_through() -> None:
    """Else a line that takes two minutes for it would get a snapshot instead, and then another, and nothing else."""
    subscriber: Subscriber[int] = Subscriber(max_queued_bytes=1000, now_s=0.0)
    subscriber.replay([final(1), final(2, size=70_000)])
    assert subscriber.take() == [1]
    subscriber.offer(final(3, at_s=1.0))
    subscriber.taken(now_s=500.0)  # the first piece: the replay goes on
    assert subscriber.take() == [2]
    subscriber.look(900.0)
    subscriber.taken(now_s=1000.0)
    subscriber.look(1000.0 + WAIT_S)
    assert phase_of(subscriber) is Phase.CATCHING_UP
    subscriber.look(1000.1 + WAIT_S)
    assert phase_of(subscriber) is Phase.RESYNC


def test_waiting_counts_only_once_the_snapshot_of_a_resync_is_through() -> None:
    subscriber = behind()
    subscriber.on(On.OVERFLOW)
    subscriber.taken(now_s=5.0)  # what was written before
    subscriber.on(On.RESYNCED)
    subscriber.offer(final(1, at_s=10.0))
    subscriber.look(500.0)
    assert phase_of(subscriber) is Phase.CATCHING_UP
    subscriber.taken(now_s=500.0)
    subscriber.look(500.0 + WAIT_S)
    assert phase_of(subscriber) is Phase.CATCHING_UP
    subscriber.look(500.1 + WAIT_S)
    assert phase_of(subscriber) is Phase.RESYNC


def test_a_piece_that_takes_minutes_is_too_slow_though_it_moves() -> None:
    subscriber = behind()
    subscriber.progressed(now_s=0.0, backlog_bytes=5000)
    for second in range(1, int(PIECE_S)):
        assert not subscriber.stalled(now_s=float(second), backlog_bytes=5000 - 10 * second, stall_s=30.0)
    assert subscriber.stalled(now_s=PIECE_S, backlog_bytes=1000, stall_s=30.0)


def test_a_viewer_that_takes_nothing_is_given_up_and_a_slow_one_is_not() -> None:
    subscriber = behind()
    subscriber.progressed(now_s=0.0, backlog_bytes=5000)
    for second in range(1, 200):  # 10 bytes a second is progress, for a while
        assert not subscriber.stalled(now_s=float(second), backlog_bytes=5000 - 10 * second, stall_s=30.0)
    assert not subscriber.stalled(now_s=228.9, backlog_bytes=3010, stall_s=30.0)
    assert subscriber.stalled(now_s=229.0, backlog_bytes=3010, stall_s=30.0)


STEPS = st.one_of(
    st.tuples(st.just("partial"), st.sampled_from([A, B])),
    st.tuples(st.just("final"), st.sampled_from([A, B])),
    st.tuples(st.just("gap"), st.none()),
    st.tuples(st.just("take"), st.none()),
)


@given(st.lists(STEPS, max_size=60), st.integers(20, 200))
def test_whatever_comes_the_viewer_loses_only_superseded_partials(
    steps: list[tuple[str, UtteranceId | None]], budget: int
) -> None:
    subscriber = behind(budget)
    offered: list[Item[int]] = []
    got: list[int] = []
    for what, utterance in steps:
        index = len(offered) + 1
        if what == "take":
            got += subscriber.take(30)
        else:
            item = Item(
                Index(index), index, 10, utterance, partial=what == "partial", for_finals=what != "partial", at_s=0.0
            )
            offered.append(item)
            subscriber.offer(item)
        assert subscriber.queued_bytes <= budget
        if subscriber.phase is Phase.RESYNC:
            return
    while piece := subscriber.take(30):
        got += piece
    assert got == sorted(set(got))
    for item in offered:
        later = [o for o in offered if o.utterance == item.utterance and o.index > item.index]
        assert item.index in got or (item.partial and later)
