"""The simulator's time: a clock that can also wait. Tests hand in one that moves only when told."""

import asyncio
from contextlib import suppress
from typing import Protocol

from captiond.base.observe import Clock

SETTLE_TURNS = 25  # turns of the event loop after each step of manual time; a player needs about five to send and wait


class Pace(Clock, Protocol):
    """A clock on which one can wait."""

    async def wait(self, wake: asyncio.Event, timeout_s: float | None) -> None:
        """Returns when `wake` is set or `timeout_s` have passed (None: never); never raises for the time."""
        ...


class ManualPace:
    """Time that stands still until `advance`; waits end in the order of their deadlines, however long they are."""

    def __init__(self, *, wall_s: float = 1_767_225_600.0) -> None:
        self._wall_at_zero_s = wall_s
        self._now_s = 0.0
        self._waits: list[tuple[float, asyncio.Timeout]] = []

    def now_s(self) -> float:
        return self._wall_at_zero_s + self._now_s

    def monotonic_s(self) -> float:
        return self._now_s

    async def wait(self, wake: asyncio.Event, timeout_s: float | None) -> None:
        if timeout_s is not None and timeout_s <= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                entry = (float("inf") if timeout_s is None else self._now_s + timeout_s, limit)
                self._waits.append(entry)
                try:
                    await wake.wait()
                finally:
                    if entry in self._waits:
                        self._waits.remove(entry)

    @property
    def next_deadline_s(self) -> float | None:
        """When the next wait ends by itself, on `monotonic_s`; None where nobody waits for a time."""
        deadlines = [deadline for deadline, _ in self._waits if deadline != float("inf")]
        return min(deadlines, default=None)

    async def advance(self, by_s: float) -> None:
        """Moves the time, ending each wait at its own deadline, and lets whoever waited do its work."""
        await settle()
        until_s = self._now_s + by_s
        while (deadline := self.next_deadline_s) is not None and deadline <= until_s:
            self._now_s = deadline
            due = [entry for entry in self._waits if entry[0] <= deadline]
            for entry in due:
                self._waits.remove(entry)
                entry[1].reschedule(asyncio.get_running_loop().time())
            await settle()
        self._now_s = until_s
        await settle()


async def settle() -> None:
    """Lets everything that can run now run."""
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
