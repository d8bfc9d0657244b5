"""The link: frames of a real stream, the newest one only, honest about its state; it ends when it is told to."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from captiond.clock import SystemClock
from captiond.core.screen import screen_of
from captiond.overlay.frame import HISTORY, Frame, Status, lost_in, status_of
from captiond.overlay.link import Link
from captiond.watch.follow import stream_address
from tests.harness import eventually


class Woken:
    """Counts the bell and takes frames at once, as a quick window does; or leaves them, as a busy one does."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@asynccontextmanager
async def linked(url: str, wake: Woken, token: str | None = None) -> AsyncIterator[Link]:
    link = Link(stream_address(url, "call-1"), token=token, clock=SystemClock(), wake=wake)
    link.start()
    try:
        yield link
    finally:
        await asyncio.to_thread(link.stop)  # the server that says goodbye runs in this thread
        assert not any(thread.name == "captions" for thread in threading.enumerate())


async def test_a_frame_holds_what_the_reference_screen_holds(station: Any, messages: Any) -> None:
    said = [
        messages.welcome(),
        messages.snapshot(messages.caption("u0", "before", final=True), earlier=7),
        messages.caption("u1", "hel"),
        messages.caption("u1", "Hello [...]", final=True),
        messages.gap(2),
        messages.caption("u2", "and"),
    ]
    station.scripts = [[*said, "stay"]]
    async with linked(station.url, Woken(), token="tick") as link:
        expected = screen_of(said)
        await eventually(lambda: len(link.take().items) == 4)
        frame = link.take()
        assert list(frame.items) == expected.items()
        assert (frame.earlier, frame.status) == (7, Status("Live · 2 updates missed", "live"))
    assert station.tokens == ["Bearer tick"]
    assert "tick" not in station.paths[0]


async def test_a_window_that_draws_seldom_is_woken_once_and_gets_the_newest_frame(station: Any, messages: Any) -> None:
    said = [messages.welcome(), messages.snapshot()]
    said += [messages.caption("u1", "word " * n) for n in range(1, 301)]
    station.scripts = [[*said, "stay"]]
    woken = Woken()
    async with linked(station.url, woken) as link:
        with link._lock:
            seen = link._frame
        await eventually(lambda: len(newest(link).items) == 1 and newest(link).items[0].revision == 300)  # type: ignore[union-attr]
        assert woken.times == 1
        assert link.take() != seen
        assert woken.times == 1


def newest(link: Link) -> Frame:
    """Looks without taking."""
    with link._lock:
        return link._frame


async def test_a_long_call_costs_a_bounded_number_of_lines(station: Any, messages: Any) -> None:
    said = [messages.welcome(), messages.snapshot()]
    said += [messages.caption(f"u{n}", "a line", final=True) for n in range(1500)]
    station.scripts = [[*said, "stay"]]
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: len(newest(link).items) > 0 and newest(link).items[-1].utterance == "u1499")  # type: ignore[union-attr]
        frame = link.take()
        assert (len(frame.items), frame.earlier) == (HISTORY, 1500 - HISTORY)


async def test_what_was_read_stays_while_the_line_is_down_until_the_next_snapshot(station: Any, messages: Any) -> None:
    nonsense = {"type": "caption", "index": 1, "utterance": "u9"}
    first = [messages.welcome(), messages.snapshot(messages.caption("u0", "still to be read", final=True)), nonsense]
    station.scripts = [first, ["stay"]]
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: len(station.paths) == 2)
        assert [item.text for item in link.take().items] == ["still to be read"]  # type: ignore[union-attr]
        assert link.take().status.mood == "trouble"
        assert "live" not in link.take().status.words.lower()


async def test_the_end_and_a_refusal_are_told_and_only_the_refusal_is_a_failure(station: Any, messages: Any) -> None:
    station.scripts = [
        [messages.welcome(), messages.snapshot(), messages.state("ended"), messages.bye(4510), 4510],
        401,
    ]
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: link.take().status == Status("The captions have ended.", "over"))
        assert link.failure is None
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: link.failure is not None)
        assert link.failure == "401: a valid viewer token is needed: --token"
        assert link.take().status == Status("No captions: 401: a valid viewer token is needed: --token.", "over")


async def test_it_ends_at_once_while_it_waits_and_while_it_listens(station: Any, messages: Any) -> None:
    station.scripts = [503, [messages.welcome(), messages.snapshot(), "stay"]]
    station.retry_after = "300"
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: "503" in link.take().status.words)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 1.0
    async with linked(station.url, Woken()) as link:
        await eventually(lambda: link.take().status.words == "Live")


def test_states_in_words() -> None:
    def words(said: str, source: str | None = "live", lost: int | None = 0, delay_s: float | None = None) -> str:
        return status_of(said, source=source, lost=lost, delay_s=delay_s).words

    assert words("connecting", None) == "Connecting to the captions…"
    assert words("live") == "Live"
    assert words("live", delay_s=2.9) == "Live"
    assert words("live", delay_s=3.1, lost=1) == "Live · 1 update missed · 3 s late"
    assert words("live", lost=None) == "Live · words may be missing"
    assert words("live", "activating") == "Waiting for the call's transcription…"
    assert words("live", "reconnecting", delay_s=9) == "The call's transcription is interrupted, reconnecting…"
    assert words("reconnecting", lost=3) == "Connection lost, reconnecting… · 3 updates missed"
    assert words("the daemon fell silent; trying again in 0.4 s") == "The daemon fell silent; trying again in 0.4 s."
    assert lost_in(()) == 0
