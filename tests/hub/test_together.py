"""What is published in one turn of the event loop goes out in one write to each viewer, and nothing overtakes it."""

import pytest

from captiond.base.close_codes import CloseCode
from captiond.core.messages import SessionState
from tests.hub.stage import BOTH, House


@pytest.mark.parametrize("transport", BOTH)
def test_captions_of_one_turn_go_out_in_one_write(transport: str) -> None:
    house = House(turns=True)
    viewer = house.watch(transport)
    before = viewer.writes
    for text in ("one", "one two", "one two three"):
        house.say(text)
    assert viewer.writes == before
    house.turn()
    assert viewer.writes == before + 1
    assert viewer.indices() == [1, 2, 3]
    house.say("one two three four", final=True)
    house.turn()
    assert viewer.writes == before + 2
    assert viewer.texts() == ["one two three four"]


def test_a_turn_is_waited_for_once_however_much_is_said() -> None:
    house = House(turns=True)
    house.watch()
    house.say("one")
    house.say("one two")
    assert len(house._deferred) == 1


def test_a_reader_that_never_yields_holds_nobody_up_for_long() -> None:
    """64 KiB that wait are written at once: the budget of a slow viewer must not be passed by one write."""
    house = House(turns=True)
    viewer = house.watch()
    before = viewer.writes
    said = 0
    while viewer.writes == before:
        said += 1
        house.say(f"{said} " + "word " * 1000)
        assert said < 30
    assert said > 10
    house.turn()
    assert viewer.indices() == list(range(1, said + 1))


def test_books_are_kept_when_the_captions_are_out() -> None:
    """`daemon_latency_seconds` ends with the last socket written, so it is not measured before."""
    house = House(turns=True)
    house.watch()
    house.say("one")
    assert "daemon_latency_seconds" not in house.meter.observed
    house.clock.monotonic += 0.004
    house.turn()
    assert house.meter.observed["daemon_latency_seconds"] == [pytest.approx(0.004)]
    assert [record["kind"] for record in house.audit.records] == ["transcription"]


def test_books_are_kept_for_an_event_that_changes_nothing() -> None:
    house = House(turns=True)
    house.say("one")
    house.say("one")
    house.turn()
    assert len(house.meter.observed["daemon_latency_seconds"]) == 2


@pytest.mark.parametrize("transport", BOTH)
def test_who_joins_within_a_turn_has_everything_once(transport: str) -> None:
    house = House(turns=True)
    early = house.watch(transport)
    house.say("one", final=True)
    late = house.watch(transport)
    house.say("two", final=True)
    house.turn()
    for viewer in (early, late):
        assert viewer.texts() == ["one", "two"]
    assert early.indices() == [1, 2]
    assert late.indices() == [2]


@pytest.mark.parametrize("transport", BOTH)
def test_who_can_take_more_within_a_turn_has_everything_once(transport: str) -> None:
    """What waits for the turn's end comes after what was queued, and neither twice nor never."""
    house = House(turns=True)
    viewer = house.watch(transport)
    viewer.stall()
    for text in ("one", "two", "three"):
        house.say(text, final=True)
        house.turn()
    house.say("four", final=True)
    viewer.take()
    house.say("five", final=True)
    house.turn()
    assert viewer.texts() == ["one", "two", "three", "four", "five"]
    assert viewer.indices() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("transport", BOTH)
def test_a_snapshot_within_a_turn_is_not_followed_by_what_it_holds(transport: str) -> None:
    house = House(turns=True)
    viewer = house.watch(transport)
    viewer.stall()
    for _ in range(60):
        house.say("word " * 1000, final=True)
        house.turn()
    house.say("last", final=True)
    viewer.take()
    house.turn()
    snapshot = next(m for m in reversed(viewer.got) if m["type"] == "snapshot")
    assert snapshot["captions"][-1]["text"] == "last"
    assert viewer.got[-1] is snapshot
    assert house.meter.counted["viewer_resyncs_total",] == 1


def test_a_ping_within_a_turn_names_no_position_that_is_not_there() -> None:
    house = House(turns=True)
    viewer = house.watch()
    house.say("one")
    house.wait(26.0)
    ping = next(at for at, message in enumerate(viewer.got) if message["type"] == "ping")
    assert viewer.got[ping]["position"].endswith(".1")
    assert [m["index"] for m in viewer.got[:ping] if "index" in m] == [1]


@pytest.mark.parametrize("transport", BOTH)
def test_the_end_comes_after_what_was_said_in_the_same_turn(transport: str) -> None:
    house = House(turns=True)
    viewer = house.watch(transport)
    house.say("goodbye", final=True)
    house.end(SessionState.ENDED)
    assert viewer.texts() == ["goodbye"]
    assert viewer.types()[-1] == "bye"
    assert viewer.closed is CloseCode.SESSION_ENDED
    house.turn()
    assert viewer.types()[-1] == "bye"


@pytest.mark.parametrize("transport", BOTH)
def test_who_is_full_of_something_else_is_not_written_to(transport: str) -> None:
    """A pong that the kernel does not take: what is sent below the transport would land inside it."""
    house = House(turns=True)
    viewer, other = house.watch(transport), house.watch(transport)
    viewer.fill()
    before = viewer.writes
    house.say("one", final=True)
    house.turn()
    assert viewer.writes == before
    assert other.texts() == ["one"]
    viewer.take()
    assert viewer.texts() == ["one"]
    house.say("two", final=True)
    house.turn()
    assert viewer.texts() == ["one", "two"]


@pytest.mark.parametrize("transport", BOTH)
def test_a_lost_viewer_is_not_written_to_again(transport: str) -> None:
    """Before its handler has noticed: its file descriptor may be another's by then."""
    house = House(turns=True)
    viewer, other = house.watch(transport), house.watch(transport)
    house.say("one")
    viewer.cut()
    before = viewer.writes
    house.turn()
    assert viewer.writes == before
    assert other.texts() == ["one"]
