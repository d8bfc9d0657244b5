"""Many small deadlines, one clock: pings, keep-alive comments and grace periods of all viewers.

The time is an argument, so tests turn it by hand; `app` calls `tick` a few times a second.
"""

import heapq
import logging
from collections.abc import Callable
from itertools import count

from captiond.base.inside import remains

log = logging.getLogger(__name__)


class Timer:
    """One deadline; `cancel` forgets it."""

    __slots__ = ("callback", "due_s")

    def __init__(self, due_s: float, callback: Callable[[], None]) -> None:
        self.due_s = due_s
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """It will not call. Idempotent."""
        self.callback = None


class Timers:
    """Deadlines on a monotonic clock, called in order of time, then of making."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()

    def after(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Calls once, at the first tick `delay_s` seconds from now or later."""
        timer = Timer(self._monotonic_s() + delay_s, callback)
        heapq.heappush(self._heap, (timer.due_s, next(self._order), timer))
        return timer

    def tick(self) -> None:
        """Calls what is due. What a callback adds waits for the next tick, so a tick always ends."""
        now_s = self._monotonic_s()
        due = []
        while self._heap and self._heap[0][0] <= now_s:
            due.append(heapq.heappop(self._heap)[2])
        for timer in due:
            callback, timer.callback = timer.callback, None
            if callback is not None:
                try:
                    callback()
                except Exception as fault:  # one viewer's must not take the pings of all others
                    log.error("a timer failed", exc_info=remains(fault))
