"""Instants as everybody writes them: on our wires, in the audit, in logs, and by upstream."""

from datetime import UTC, datetime
from functools import lru_cache


def iso_utc(time_s: float) -> str:
    """ISO 8601 in UTC with milliseconds, of seconds since 1970: `2024-06-15T10:30:00.000Z`."""
    seconds, us = divmod(round(time_s * 1e6), 1_000_000)
    return f"{_second(seconds)}.{us // 1000:03}Z"


@lru_cache(maxsize=16)  # every message of a second names the same one
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
