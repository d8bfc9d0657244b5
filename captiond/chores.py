"""What the daemon does beside requests, again and again: kept up whatever fails inside."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from captiond.base.inside import remains
from captiond.hub.rooms import Rooms

log = logging.getLogger(__name__)

AFTER_FAULT_S: Final = 5.0  # until a chore that failed inside begins again


async def kept_up(chore: Callable[[], Awaitable[None]]) -> None:
    """A chore that fails inside begins again; it must not end the captions of all, nor stop without a word."""
    task = asyncio.current_task()
    while True:
        try:
            await chore()
        except BaseException as fault:
            # A cancellation that nobody has asked for is a fault as any other.
            asked = isinstance(fault, asyncio.CancelledError) and task is not None and task.cancelling()
            if asked or isinstance(fault, GeneratorExit | KeyboardInterrupt | SystemExit):
                raise
            log.error("a chore failed: chore=%s", chore.__name__, exc_info=remains(fault))
            await asyncio.sleep(AFTER_FAULT_S)
        else:
            return


def log_totals(rooms: Rooms, *, audit_records: int) -> None:
    """The line of totals in the log (contract, section 8)."""
    lives = list(rooms.all())
    latencies = [live.avg_latency_ms for live in lives if live.avg_latency_ms is not None]
    log.info(
        "totals: sessions=%d viewers=%d mean_latency_ms=%s tokens_per_second=%.1f audit_records=%d",
        len(lives),
        rooms.viewers,
        f"{sum(latencies) / len(latencies):.0f}" if latencies else "unknown",
        sum(live.tokens_per_second for live in lives),
        audit_records,
    )
