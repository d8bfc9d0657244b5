"""One pace for all workflows towards one account: requests one after the other, and nobody while upstream says wait."""

import asyncio
from typing import Final

from captiond.base.observe import Clock
from captiond.genesys.patience import Sleep

SLOWER: Final = 2.0  # the gap grows so much with a 429, and shrinks by a fiftieth with each turn after it
SLOWEST: Final = 32.0  # times the first gap: from 100 a second to 3
MARGIN: Final = 1.1  # sent evenly, requests arrive unevenly: one that is 100 ms late makes no eleventh in a second


class Throttle:
    """Turns at an even pace, first come first served. No burst ever: time that nobody used is not saved up.

    Args:
        per_s: requests a second that the account may make.
        clock, sleep: the time; simulated in tests.
        yielding: a 429 slows down what comes after it, for a while: where the limit is not known for sure.
    """

    def __init__(self, per_s: float, *, clock: Clock, sleep: Sleep = asyncio.sleep, yielding: bool = False) -> None:
        self._gap_s = self._least_gap_s = MARGIN / per_s
        self._yielding = yielding
        self._clock, self._sleep = clock, sleep
        self._next_s = self._paused_until_s = float("-inf")
        self._waiting = 0
        self._one_at_a_time = asyncio.Lock()

    @property
    def backlog_s(self) -> float:
        """How long who comes now waits, if upstream allows it."""
        now_s = self._clock.monotonic_s()
        return max(0.0, max(self._next_s, self._paused_until_s) - now_s) + self._waiting * self._gap_s

    def pause(self, for_s: float) -> None:
        """Upstream has said 429: nobody asks for so long."""
        if self._yielding and self._clock.monotonic_s() >= self._paused_until_s:  # once for all that are refused now
            self._gap_s = min(self._gap_s * SLOWER, self._least_gap_s * SLOWEST)
        self._paused_until_s = max(self._paused_until_s, self._clock.monotonic_s() + for_s)

    async def turn(self) -> None:
        """Waits for the caller's turn. Counted from when the one before really went, so a stall makes no burst."""
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                while (wait_s := max(self._next_s, self._paused_until_s) - self._clock.monotonic_s()) > 0:
                    await self._sleep(wait_s)  # looked at again: a pause may have come meanwhile
                self._next_s = self._clock.monotonic_s() + self._gap_s
                self._gap_s = max(self._least_gap_s, self._gap_s * 0.98)
        finally:
            self._waiting -= 1
