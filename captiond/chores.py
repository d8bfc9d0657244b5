"""What the daemon does beside requests, again and again: kept up whatever fails inside."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from captiond.base.inside import remains

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
