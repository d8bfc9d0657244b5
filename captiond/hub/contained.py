"""Books are kept beside captions, never in their way: what fails in them is one line in the log."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

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
        except Exception:
            times += 1
            if times & (times - 1) == 0:  # a fault that stays must not fill the disk with itself
                log.exception("bookkeeping failed: step=%s times=%d", step.__qualname__, times)

    return call
