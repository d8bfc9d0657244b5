"""Instants as everybody writes them: on our wires, in the audit, in logs, and by upstream."""

from datetime import UTC, datetime


def iso_utc(time_s: float) -> str:
    """ISO 8601 in UTC with milliseconds, of seconds since 1970: `2024-06-15T10:30:00.000Z`."""
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
