"""Delays between tries: a policy in numbers. Pure: the random source and the time are arguments.

| what happened | the delay before try 1, 2, 3 … after the first | gives up |
|---|---|---|
| network error, 5xx, lost stream | by chance from 0 to 1, 2, 4, 8, 16, 30, 30 … s (full jitter) | the caller says |
| 429 with `Retry-After` | what the header says, at most 3,600 s | after 3 tries |
| 429 without | 5, 10, 20 s | after 3 tries |
| asked whether something is there yet: no | 2, 4, 8, 16, 30, 30 … s and by chance up to 1 s more | the caller says |

Source: contract, section 3.
"""

import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

FIRST_CEILING_S: Final = 1.0  # the first try comes within a second: most losses are one broken connection
CEILING_S: Final = 30.0  # longer, and a viewer thinks that captions are over
POLL_JITTER_S: Final = 1.0
RATE_LIMIT_WAITS_S: Final[Sequence[float]] = (5.0, 10.0, 20.0)  # one entry for each try after the first
MAX_RETRY_AFTER_S: Final = 3_600.0  # an hour; a server that asks for more has made a mistake, and no call lasts so long

_SECONDS: Final = re.compile(r"\s*(\d{1,12})(?:\.\d{0,9})?\s*", re.ASCII)
_LONGEST_HEADER: Final = 64  # the longest HTTP date has 33 characters


class Chance(Protocol):
    """Where chance comes from: `random.Random`, or a script in a test."""

    def random(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...


def full_jitter_s(tries_before: int, *, chance: Chance) -> float:
    """The delay after a network error or 5xx: evenly spread from 0 to a ceiling that doubles from 1 s to 30 s.

    Args:
        tries_before: how many delays there were since things last went well, from 0.
        chance: spreads many sessions that lost their connection at one moment.
    """
    doublings = min(max(tries_before, 0), 16)  # 2**16 s is far above the ceiling; keeps the power small
    return min(CEILING_S, FIRST_CEILING_S * 2.0**doublings) * chance.random()


def rate_limit_delay_s(
    tries_before: int, *, retry_after_s: float | None, waits_s: Sequence[float] = RATE_LIMIT_WAITS_S
) -> float | None:
    """The delay after a 429, or None when it is time to give up.

    Every delay is followed by a try: the answer None comes instead of a last delay, never after one.

    Args:
        tries_before: how many delays there were for 429 since things last went well, from 0.
        retry_after_s: what the server asked for; None where it named no time.
        waits_s: where the server named none, one entry for each try after the first.
    """
    if tries_before >= len(waits_s):
        return None
    if retry_after_s is None:
        return waits_s[tries_before]
    return clamp_retry_after_s(retry_after_s)


def poll_delay_s(polls_before: int, *, base_s: float, chance: Chance) -> float:
    """The delay before it is looked again whether upstream has something ready: doubles from `base_s` to 30 s, and by
    chance up to 1 s more, so that jobs begun together do not ask together for ever.

    Args:
        polls_before: how many delays there were, from 0.
    """
    doublings = min(max(polls_before, 0), 16)
    return min(CEILING_S, base_s * 2.0**doublings) + POLL_JITTER_S * chance.random()


def clamp_retry_after_s(asked_s: float) -> float:
    """A wait that makes sense: never negative, never longer than an hour, an hour where it is not a number."""
    if not asked_s <= MAX_RETRY_AFTER_S:  # also true for NaN
        return MAX_RETRY_AFTER_S
    return max(0.0, asked_s)


def parse_retry_after_s(header: str | None, *, now_s: float) -> float | None:
    """The seconds that a `Retry-After` header asks for, clamped; None where it is absent or unreadable.

    Args:
        header: seconds ("120") or an HTTP date ("Wed, 21 Oct 2026 07:28:00 GMT"); a date in the past means 0.
        now_s: wall clock, seconds since 1970 UTC; only dates need it.
    """
    if header is None or len(header) > _LONGEST_HEADER:
        return None
    if _SECONDS.fullmatch(header):
        return clamp_retry_after_s(float(header))
    try:
        date = parsedate_to_datetime(header)
        if date.tzinfo is None:  # the header's oldest form has no zone; HTTP says it is UTC
            date = date.replace(tzinfo=UTC)
        return clamp_retry_after_s(date.timestamp() - now_s)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
