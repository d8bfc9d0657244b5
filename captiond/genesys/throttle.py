"""One pace for all workflows towards one account: requests one after the other, and nobody while upstream says wait."""

import asyncio
from typing import Final

from captiond.base.observe import Clock
from captiond.genesys.patience import Sleep

MARGIN: Final = 1.1  # sent evenly, requests arrive unevenly: one that is 100 ms late makes no eleventh in a second


class Throttle:
    """Turns at an even pace, first come first served. No burst ever: time that nobody used is not saved up.

    Args:
        per_s: requests a second that the account may make.
        clock, sleep: the time; simulated in tests.
    """

    def __init__(self, per_s: float, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._gap_s = MARGIN / per_s
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
        self._paused_until_s = max(self._paused_until_s, self._clock.monotonic_s() + for_s)

    async def turn(self) -> None:
        """Waits for the caller's turn. Counted from when the one before really went, so a stall makes no burst."""
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                while (wait_s := max(self._next_s, self._paused_until_s) - self._clock.monotonic_s()) > 0:
                    await self._sleep(wait_s)  # looked at again: a pause may have come meanwhile
                self._next_s = self._clock.monotonic_s() + self._gap_s
        finally:
            self._waiting -= 1
