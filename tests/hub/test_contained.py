"""Faults that nobody above could end: each is one line, without anybody's words, and all other captions go on."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from captiond.hub.audience import Audience
from captiond.hub.contained import contained
from captiond.hub.live import Live
from tests.adversity.reporter import report
from tests.hub.stage import BOTH, SESSION, House

SAID = "my card is 4111 1111 1111 1111"
KINDS = (ValueError, MemoryError, asyncio.CancelledError, BaseException)


def failing(kind: type[BaseException]) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        said = SAID
        raise kind(said, args)

    return fail


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The faults in the log, each looked through."""
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    for record in records:
        assert record.exc_info is not None and record.exc_info[1] is not None
        assert "is 4111" not in f"{record.getMessage()} {vars(record)!r} {report(record.exc_info[1])}"
    return [record.getMessage() for record in records]


@pytest.mark.parametrize("kind", KINDS)
def test_a_contained_step_ends_nothing_but_itself(caplog: pytest.LogCaptureFixture, kind: type[BaseException]) -> None:
    step = contained(failing(kind))
    for _ in range(5):
        step(SAID, more=SAID)
    assert [message.rpartition("=")[2] for message in told(caplog)] == ["1", "2", "4"]


def test_who_stops_the_process_is_not_contained() -> None:
    for kind in (KeyboardInterrupt, SystemExit):
        with pytest.raises(kind):
            contained(failing(kind))()


@pytest.mark.parametrize("transport", BOTH)
@pytest.mark.parametrize("kind", KINDS)
def test_captions_that_do_not_go_out_make_viewers_come_back_for_a_snapshot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, transport: str, kind: type[BaseException]
) -> None:
    """The event loop called: without this the final would be lost to viewers that stay, which nobody may see."""
    house = House(turns=True)
    viewer = house.watch(transport)
    house.say("one", final=True)
    with monkeypatch.context() as patched:
        patched.setattr(Audience, "publish", failing(kind))
        house.turn()
    assert told(caplog) == [f"captions did not go out: session={SESSION}"]
    assert viewer.types()[-1] == "bye" and viewer.closed == 4010
    back = house.watch(transport)
    house.say("two", final=True)
    house.turn()
    assert back.texts() == ["one", "two"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tick_that_fails_is_one_sessions_matter(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    house = House()
    house.here.wake_s = 0.0
    monkeypatch.setattr(Live, "tick", failing(kind))
    house.rooms.tick(house.clock.monotonic_s())
    assert told(caplog) == [f"a session's tick failed: session={SESSION}"]
    assert house.here.wake_s > house.clock.monotonic_s()
