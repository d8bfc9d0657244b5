"""What a program hears: snapshots told once, partials replaced, finals never lost without a word, one taker."""

import asyncio
from typing import Any

import pytest

from captiond.base.errors import LocalError
from captiond.core.messages import Gap
from captiond.core.screen import Screen
from captiond.heard import Caption, Captions, CaptionsFailed, Event, Missed, Retraction, StateChange

Json = dict[str, Any]


def caption(index: int, utterance: str, revision: int, text: str, *, final: bool = False, **more: Any) -> Json:
    return {
        "type": "caption", "index": index, "utterance": utterance, "revision": revision, "final": final, "text": text,
        "stableLength": 0, "held": False, "channel": "", "language": "en-US", "emittedAt": "2024-06-15T10:30:00.000Z",
        "sentAt": "2024-06-15T10:30:00.000Z", "redactions": {}, **more,
    }  # fmt: skip


def welcome(position: str, *, recovered: bool = False) -> Json:
    return {
        "type": "welcome", "protocol": "captions.v1", "session": "s", "position": position, "recovered": recovered,
        "state": "live", "language": "en-US", "pingS": 25, "serverTime": "2024-06-15T10:31:00.000Z",
    }  # fmt: skip


def snapshot(position: str, *captions: Json, gaps: tuple[Json, ...] = (), earlier: int = 0) -> Json:
    return {
        "type": "snapshot", "position": position, "captions": list(captions), "gaps": list(gaps),
        "earlierFinals": earlier,
    }  # fmt: skip


class Radio:
    """Sends messages to captions, as a connection does."""

    def __init__(self, **options: Any) -> None:
        self.captions, self.screen = Captions("s", **options), Screen()

    def send(self, *messages: Json) -> None:
        for message in messages:
            self.captions.heard(self.screen.apply(message), self.screen, message)

    async def taken(self) -> list[Event]:
        """All that waits."""
        self.captions.end()
        return [event async for event in self.captions]

    async def told(self) -> list[Any]:
        """The same, shortly: (utterance, revision, final) of captions, all else as it is."""
        return [
            (one.utterance, one.revision, one.final) if isinstance(one, Caption) else one for one in await self.taken()
        ]


def begun(**options: Any) -> Radio:
    radio = Radio(**options)
    radio.send(welcome("aaaaaaaa.0"), snapshot("aaaaaaaa.0"))
    return radio


async def test_events_come_typed_and_in_order() -> None:
    radio = begun()
    radio.send(
        caption(1, "a", 1, "hel"),
        {"type": "gap", "index": 2, "lost": 3, "cause": "sequence"},
        {"type": "retraction", "index": 3, "utterance": "a"},
        caption(4, "b", 1, "x [CC]", final=True, redactions={"CC": 1}, startMs=5, endMs=9, confidence=0.5),
        {"type": "session", "index": 5, "state": "ended", "reason": "deleted"},
    )
    live, gap, said, over = await radio.taken()
    assert (live, gap, over) == (StateChange("live"), Gap(3, "sequence"), StateChange("ended", "deleted"))
    assert isinstance(said, Caption)
    assert (said.text, said.redactions, said.start_ms, said.end_ms, said.confidence) == ("x [CC]", {"CC": 1}, 5, 9, 0.5)
    assert "x [CC]" not in repr(said)
    assert (radio.captions.state, radio.captions.reason, radio.captions.language) == ("ended", "deleted", "en-US")


async def test_what_was_taken_is_retracted_and_what_was_not_vanishes() -> None:
    radio = begun()
    radio.send(caption(1, "a", 1, "hel"))
    assert (await anext(radio.captions), (await anext(radio.captions)).utterance) == (StateChange("live"), "a")  # type: ignore[union-attr]
    radio.send(caption(2, "a", 2, "hello"), {"type": "retraction", "index": 3, "utterance": "a"})
    assert await radio.told() == [Retraction("a")]


async def test_a_slow_taker_gets_the_newest_partial_and_finals_in_the_order_they_were_final() -> None:
    radio = begun()
    radio.send(
        caption(1, "a", 1, "one"),
        caption(2, "b", 1, "eins"),
        caption(3, "a", 2, "one two"),
        caption(4, "b", 2, "eins zwei", final=True),
        caption(5, "a", 3, "one two three", final=True),
    )
    assert await radio.told() == [StateChange("live"), ("b", 2, True), ("a", 3, True)]
    assert (radio.captions.counts.skipped, radio.captions.counts.finals) == (3, 2)


async def test_a_correction_is_one_only_for_who_has_what_it_corrects() -> None:
    radio = begun()
    radio.send(caption(1, "a", 1, "[...]", final=True), caption(2, "a", 2, "[CC]", final=True, correction=True))
    assert await anext(radio.captions) == StateChange("live")
    first = await anext(radio.captions)
    assert isinstance(first, Caption) and (first.text, first.correction) == ("[CC]", False)
    radio.send(caption(3, "a", 3, "[PHONE]", final=True, correction=True))
    second = await anext(radio.captions)
    assert isinstance(second, Caption) and (second.text, second.correction) == ("[PHONE]", True)
    assert (radio.captions.counts.finals, radio.captions.counts.corrections) == (1, 2)


async def test_what_does_not_fit_is_told_first_and_counted() -> None:
    radio = begun(max_waiting=3)
    assert await anext(radio.captions) == StateChange("live")
    radio.send(*(caption(n, f"f{n}", 1, "said", final=True) for n in range(1, 6)), caption(6, "open", 1, "more"))
    radio.send({"type": "gap", "index": 7, "lost": 1, "cause": "sequence"})
    assert await radio.told() == [Missed(3), ("f4", 1, True), ("f5", 1, True), Gap(1, "sequence")]
    assert (radio.captions.counts.missed, radio.captions.counts.finals) == (3, 5)


async def test_who_joins_late_is_told_how_much_was_said_before() -> None:
    radio = Radio()
    radio.send(
        welcome("aaaaaaaa.90"),
        snapshot("aaaaaaaa.90", caption(80, "a", 1, "x", final=True), caption(90, "b", 2, "y"), earlier=12),
    )
    assert await radio.told() == [StateChange("live"), Missed(12), ("a", 1, True), ("b", 2, False)]


async def test_a_new_snapshot_tells_nothing_twice_and_says_what_cannot_be_had() -> None:
    """After a long absence: two finals between those that were told and those of the snapshot, one partial is gone."""
    radio = begun()
    gap = {"type": "gap", "index": 2, "lost": 1, "cause": "sequence"}
    radio.send(caption(1, "a", 1, "x", final=True), gap, caption(3, "p", 1, "half"))
    radio.send(
        welcome("aaaaaaaa.20"),
        snapshot(
            "aaaaaaaa.20", caption(1, "a", 2, "z", final=True, correction=True), caption(20, "d", 1, "w", final=True),
            gaps=(gap, {"type": "gap", "index": 19, "lost": 4, "cause": "sequence"}), earlier=2,
        ),
    )  # fmt: skip
    told = await radio.told()
    assert told == [
        StateChange("live"), ("a", 2, True), Gap(1, "sequence"), Missed(2), Gap(4, "sequence"), ("d", 1, True),
    ]  # fmt: skip
    assert (radio.captions.counts.finals, radio.captions.counts.missed, radio.captions.counts.connections) == (2, 2, 2)


async def test_what_was_taken_is_not_told_again() -> None:
    """By a snapshot that comes after it: the taker has it already."""
    radio = begun()
    said, gap = caption(1, "a", 1, "x", final=True), {"type": "gap", "index": 2, "lost": 1, "cause": "sequence"}
    radio.send(said, gap)
    assert [type(await anext(radio.captions)) for _ in range(3)] == [StateChange, Caption, Gap]
    radio.send(welcome("aaaaaaaa.2"), snapshot("aaaaaaaa.2", said, gaps=(gap,)))
    assert await radio.taken() == []


async def test_a_restart_of_the_daemon_repeats_nothing() -> None:
    """A new epoch; utterances keep their names."""
    radio = begun()
    radio.send(*(caption(n, f"f{n}", 1, "x", final=True) for n in range(1, 4)))
    radio.send(
        welcome("bbbbbbbb.4"),
        snapshot(
            "bbbbbbbb.4", *(caption(n, f"f{n}", 1, "x", final=True) for n in range(2, 4)),
            gaps=({"type": "gap", "index": 4, "lost": None, "cause": "disconnect"},), earlier=1,
        ),
    )  # fmt: skip
    assert await radio.told() == [
        StateChange("live"), *((f"f{n}", 1, True) for n in range(1, 4)), Gap(None, "disconnect"),
    ]  # fmt: skip


async def test_finals_only() -> None:
    radio = begun(partials=False)
    radio.send(caption(1, "a", 1, "x"), caption(2, "a", 2, "x y", final=True), caption(3, "b", 1, "z"))
    radio.send({"type": "retraction", "index": 4, "utterance": "b"})
    assert await radio.told() == [StateChange("live"), ("a", 2, True)]


async def test_a_failure_comes_after_all_that_was_said() -> None:
    radio = begun()
    radio.send(caption(1, "a", 1, "x", final=True))
    radio.captions.end(CaptionsFailed("failed", "the session failed"))
    heard: list[Event] = []
    with pytest.raises(CaptionsFailed, match="the session failed") as failed:
        await radio.captions.each(heard.append)
    assert (len(heard), failed.value.code) == (2, "failed")


async def test_a_callback_may_wait_and_its_fault_is_the_callers() -> None:
    radio = begun()
    radio.send(caption(1, "a", 1, "x", final=True))
    heard = []

    async def slow(event: Event) -> None:
        await asyncio.sleep(0)
        heard.append(event)
        if isinstance(event, Caption):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await radio.captions.each(slow)
    assert len(heard) == 2


async def test_one_taker_and_a_cancelled_wait_loses_nothing() -> None:
    radio = begun()
    await anext(radio.captions)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(radio.captions)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(radio.captions.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(LocalError, match="one taker"):
            await anext(radio.captions)
        radio.send(caption(1, "a", 1, "x", final=True))
    assert isinstance(first.result(), Caption)


async def test_a_taker_that_waits_is_woken_by_the_end() -> None:
    radio = begun()
    await anext(radio.captions)
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(collect(radio.captions))
        await asyncio.sleep(0)
        radio.captions.end()
    assert taking.result() == []


async def collect(captions: Captions) -> list[Event]:
    return [event async for event in captions]
