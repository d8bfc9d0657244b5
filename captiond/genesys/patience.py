"""Waits as the policy says, and says so: one log line, one figure and one audit record for each wait."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink, Meter
from captiond.genesys.recovery import Again

log: Final = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds: `asyncio.sleep`, or simulated time in a test."""


class Patience:
    """The waits between tries of one account."""

    def __init__(self, *, sleep: Sleep, meter: Meter, audit: AuditSink) -> None:
        self._sleep, self._meter, self._audit = sleep, meter, audit

    def tell_rate_limited(self, again: Again, *, operation: str, session: SessionId | None) -> None:
        """Tells that upstream asks us to wait, before the wait."""
        self._meter.count("upstream_rate_limited_total")
        self._audit.record(
            "rate_limited", mediaSessionId=session, operation=operation, seconds=again.delay_s, tries=again.tries
        )
        log.warning(
            "rate limited: operation=%s session=%s seconds=%g try=%d",
            operation,
            session or "-",
            again.delay_s,
            again.tries,
        )

    def tell_reconnect(self, again: Again, *, session: SessionId) -> None:
        """Tells that a stream is to be opened again, before the wait."""
        self._meter.count("upstream_reconnects_total")
        self._audit.record("reconnect", mediaSessionId=session, cause=again.cause, seconds=round(again.delay_s, 3))
        log.warning("reconnect: session=%s cause=%s delay_s=%.3f", session, again.cause, again.delay_s)

    async def before_call(self, again: Again, *, operation: str, session: SessionId | None = None) -> None:
        """The wait before a call is made again."""
        if again.rate_limited:
            self.tell_rate_limited(again, operation=operation, session=session)
        else:
            log.warning("retry: operation=%s cause=%s delay_s=%.3f", operation, again.cause, again.delay_s)
        await self.wait(again.delay_s)

    async def wait(self, delay_s: float) -> None:
        """Waits; gives way to other tasks even where there is nothing to wait for."""
        await self._sleep(delay_s)
