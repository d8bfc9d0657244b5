"""A session's captions as a program hears them: typed events, an iterator and a callback over them, bounded.

Whoever is slow loses only partials that a later revision replaces. More than `max_waiting` events that cannot be
replaced, and the oldest go: that is told (`Missed`), never silent. Source: issue 6, 7; contract, section 5.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from captiond.base.errors import CaptiondError, LocalError
from captiond.core.messages import Gap
from captiond.core.screen import Applied, Entry, GapEntry, Screen

MAX_WAITING: Final = 1_000  # a quarter of an hour of finals; as many captions as a daemon keeps for resume
REMEMBERED: Final = 2_000  # utterances that were told, so that a snapshot tells none of them again


@dataclass(frozen=True, slots=True)
class Caption:
    """The whole text of one utterance; replaces any lower revision of it. Redacted, as every caption is.

    Attributes:
        final: no later partial comes; a higher final revision is a correction, which says so.
        stable_length: leading code points of `text` that are thought settled.
        held: an open mask `[...]` is in it; a correction names it or restores it.
        emitted_at, sent_at: ISO 8601: upstream's time, and when it was encoded.
        redactions: how many values of each kind end in this utterance.
    """

    utterance: str
    revision: int
    final: bool
    text: str = field(repr=False)
    stable_length: int
    held: bool
    channel: str
    language: str
    emitted_at: str
    sent_at: str
    correction: bool = False
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Self:
        """From a `caption` message that a `Screen` has taken, or one of a snapshot."""
        return cls(
            utterance=message["utterance"],
            revision=message["revision"],
            final=message["final"],
            text=message["text"],
            stable_length=message["stableLength"],
            held=message["held"],
            channel=message["channel"],
            language=message["language"],
            emitted_at=message["emittedAt"],
            sent_at=message["sentAt"],
            correction=message.get("correction", False),
            start_ms=message.get("startMs"),
            end_ms=message.get("endMs"),
            confidence=message.get("confidence"),
            redactions=message.get("redactions", {}),
        )


@dataclass(frozen=True, slots=True)
class Retraction:
    """That utterance, of which there were partials, will get no final: take it off the screen."""

    utterance: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """The session's state: activating, live, reconnecting, ended or failed."""

    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """This program did not get all: so many finals (or corrections) were said before it came, while it was away for
    too long, or while it was too slow; and so many gaps among them.
    """

    finals: int
    gaps: int = 0


Event = Caption | Retraction | Gap | StateChange | Missed


class CaptionsFailed(CaptiondError):
    """There are no captions (any more), and another try would not change that.

    Attributes:
        code: stable, for programs: a code of the API, or `failed`.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


@dataclass(slots=True)
class Counts:
    """What came so far. `skipped`: partials that a later revision replaced before they were taken."""

    captions: int = 0
    finals: int = 0
    corrections: int = 0
    retractions: int = 0
    gaps: int = 0
    missed: int = 0
    skipped: int = 0
    connections: int = 0


class Captions:
    """One session's captions: `async for event in captions`, or `await captions.each(callback)`. For one taker.

    Attributes:
        session: its id.
        state, reason: the newest that was heard, None before the first.
        language: the session's default.
        counts: figures of this listener.
    """

    def __init__(self, session: str, *, partials: bool = True, max_waiting: int = MAX_WAITING) -> None:
        """`partials` False: finals only. Made by `follow_captions` and `OpenCaptions.captions`."""
        if max_waiting < 1:
            raise LocalError("max_waiting must be at least 1")
        self.session = session
        self.state: str | None = None
        self.reason: str | None = None
        self.language: str | None = None
        self.counts = Counts()
        self._partials, self._max_waiting = partials, max_waiting
        self._waiting: dict[object, Event] = {}
        self._lost = Missed(0)  # what did not fit since something was taken
        self._wake = asyncio.Event()
        self._over = False
        self._failure: CaptionsFailed | None = None
        self._taking = False
        self._told: dict[str, tuple[int, bool]] = {}  # utterance: revision and whether it was final
        self._told_gaps: dict[tuple[str, int], None] = {}
        self._states = 0
        self._finals = 0  # different ones that were told, or told as missed

    # -- taking ------------------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        """The next event. A cancelled wait loses nothing.

        Raises:
            StopAsyncIteration: the session has ended, and all was taken.
            CaptionsFailed: it failed, or its captions cannot be had; after all that came before was taken.
            LocalError: somebody else is waiting already.
        """
        if self._taking:
            raise LocalError("these captions are being taken already: one taker for each")
        self._taking = True
        try:
            while not self._waiting and not self._lost.finals and not self._lost.gaps:
                if self._over:
                    if self._failure is not None:
                        raise self._failure
                    raise StopAsyncIteration
                self._wake.clear()
                await self._wake.wait()
        finally:
            self._taking = False
        if self._lost.finals or self._lost.gaps:
            lost, self._lost = self._lost, Missed(0)
            return lost
        return self._waiting.pop(next(iter(self._waiting)))

    async def each(self, callback: Callable[[Event], Awaitable[None] | None]) -> None:
        """Calls with each event, in order, until the session has ended; waits where the callback is a coroutine.

        Raises:
            CaptionsFailed, or whatever the callback raises.
        """
        async for event in self:
            called = callback(event)
            if inspect.isawaitable(called):
                await called

    # -- what comes: from `following` and `embedded` -----------------------------------------------------------------

    def heard(self, applied: Applied, screen: Screen, message: Mapping[str, Any]) -> None:
        """One message that the screen has taken."""
        match applied.what:
            case "welcome":
                self.counts.connections += 1
                self.language = screen.language
                self._state(screen)
            case "reset":
                self._reset(screen, message)
            case "caption" | "correction":
                self._caption(Caption.of(message))
            case "retraction" if isinstance(applied.entry, Entry):
                self._retraction(applied.entry.utterance)
            case "gap" if isinstance(applied.entry, GapEntry):
                self._gap(applied.entry, screen)
            case "session":
                self._state(screen)

    def end(self, failure: CaptionsFailed | None = None) -> None:
        """Nothing more comes. The first end counts."""
        if not self._over:
            self._over, self._failure = True, failure
        self._wake.set()

    def _caption(self, caption: Caption) -> None:
        revision, was_final = self._told.get(caption.utterance, (0, False))
        if caption.revision <= revision:
            return
        first = caption.final and not was_final
        self.counts.captions += 1
        self.counts.finals += first
        self._finals += first
        self.counts.corrections += caption.final and not first
        self._remember(caption.utterance, (caption.revision, caption.final))
        if not caption.final and not self._partials:
            return
        waits = self._waiting.get(caption.utterance)
        if isinstance(waits, Caption) and waits.final:
            # What it corrects was not taken yet: it takes its place, and corrects nothing for who takes it.
            self._waiting[caption.utterance] = replace(caption, correction=waits.correction)
            return
        if waits is not None:
            self.counts.skipped += 1
            del self._waiting[caption.utterance]  # to the end: finals come in the order in which they were final
        self._put(caption.utterance, replace(caption, correction=caption.final and was_final))

    def _retraction(self, utterance: str) -> None:
        self.counts.retractions += 1
        self._told.pop(utterance, None)
        waits = self._waiting.pop(utterance, None)
        if self._partials and not (isinstance(waits, Caption) and waits.revision == 1):
            self._put(("retraction", utterance), Retraction(utterance))

    def _gap(self, gap: GapEntry, screen: Screen) -> None:
        key = ((screen.position or "").partition(".")[0], gap.index)
        if key in self._told_gaps:
            return
        self._told_gaps[key] = None
        if len(self._told_gaps) > REMEMBERED:
            del self._told_gaps[next(iter(self._told_gaps))]
        self.counts.gaps += 1
        self._put(("gap", *key), Gap(gap.lost, gap.cause))

    def _state(self, screen: Screen) -> None:
        if screen.state is None or (screen.state, screen.reason) == (self.state, self.reason):
            return
        self.state, self.reason = screen.state, screen.reason
        self._states += 1
        self._put(("state", self._states), StateChange(screen.state, screen.reason))

    def _reset(self, screen: Screen, message: Mapping[str, Any]) -> None:
        """A snapshot: what was not told yet is told now, what is not in it and cannot come is told as missed."""
        shown = {caption["utterance"]: Caption.of(caption) for caption in message["captions"]}
        for utterance in [one for one, (_, final) in self._told.items() if not final and one not in shown]:
            self._retraction(utterance)  # its final, where it got one, is among those that are missed
        finals = [one for one in shown.values() if one.final]
        new = sum(not self._told.get(one.utterance, (0, False))[1] for one in finals)
        missed = screen.earlier_finals + len(finals) - (self._finals + new)
        if missed > 0:
            self._finals += missed
            self.counts.missed += missed
            self._put(("missed", self._finals), Missed(missed))
        for item in screen.items():
            if isinstance(item, GapEntry):
                self._gap(item, screen)
            else:
                self._caption(shown[item.utterance])

    def _remember(self, utterance: str, told: tuple[int, bool]) -> None:
        self._told.pop(utterance, None)
        self._told[utterance] = told
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]

    def _put(self, key: object, event: Event) -> None:
        self._waiting[key] = event
        if len(self._waiting) > self._max_waiting:
            self._drop()
        self._wake.set()

    def _drop(self) -> None:
        """Makes room: a partial, for it will come again, else the oldest; a state only where there is nothing else."""
        partial = next((key for key, one in self._waiting.items() if isinstance(one, Caption) and not one.final), None)
        if partial is not None:
            self.counts.skipped += 1
            del self._waiting[partial]
            return
        oldest = next((key for key, one in self._waiting.items() if not isinstance(one, StateChange)), None)
        dropped = self._waiting.pop(next(iter(self._waiting)) if oldest is None else oldest)
        finals = dropped.finals if isinstance(dropped, Missed) else int(isinstance(dropped, Caption))
        self.counts.missed += 0 if isinstance(dropped, Missed) else finals
        self._lost = Missed(self._lost.finals + finals, self._lost.gaps + isinstance(dropped, Gap))
