"""Books are kept beside captions, never in their way: what fails in them is one line in the log."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

from captiond.base.inside import remains

log = logging.getLogger(__name__)

P = ParamSpec("P")


def contained(step: Callable[P, None]) -> Callable[P, None]:
    """That step, whose failure ends nothing but itself. Logged the first time, the second, the fourth, the eighth …"""
    times = 0

    @functools.wraps(step)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        nonlocal times
        try:
            step(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as fault:  # a cancellation, too: these steps do not wait, so nobody has asked for one
            times += 1
            left = remains(fault)
            if times & (times - 1) == 0:  # a fault that stays must not fill the disk with itself
                log.error("bookkeeping failed: step=%s times=%d", step.__qualname__, times, exc_info=left)

    return call
