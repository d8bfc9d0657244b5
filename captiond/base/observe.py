"""What the lower floors need of the upper ones, as protocols: a clock, a meter, an audit sink, an ear for faults.

Implemented on floor 5 (`metrics.py`, `audit.py`) and by `daemon.py`; tests use simulated ones.
"""

from typing import Any, Protocol


class Clock(Protocol):
    """The two times of a process. Never read anywhere else on the live path."""

    def now_s(self) -> float:
        """Wall clock, in seconds since 1970 UTC: for timestamps that people and other machines read."""
        ...

    def monotonic_s(self) -> float:
        """Never goes back: for timeouts, pacing and durations."""
        ...


class Meter(Protocol):
    """Counts and measures. Names are those of the contract, section 7, without the prefix `captiond_`."""

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        """Adds to a counter."""
        ...

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None:
        """Puts a value into a histogram, `times` times (one call for all viewers of a caption)."""
        ...

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Sets a gauge."""
        ...


class AuditSink(Protocol):
    """Takes audit records (contract, section 8). Never blocks, never raises; never given text."""

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        """One record. `timestamp` is ISO 8601 UTC; None means now. Chain fields are added by the sink."""
        ...


class FaultSink(Protocol):
    """Told where redaction failed inside, so that more was masked than had to be. Never raises; never given text."""

    def masked(self, where: str, times: int, /, *, said: str, about: str = "") -> None:
        """It failed so many times more.

        Args:
            where: `captions` or `jobs`.
            said: what `base.inside.describe` says of the last fault.
            about: whose captions: a session's id.
        """
        ...


class NullMeter:
    """A meter for tools and tests that measure nothing."""

    def count(self, name: str, by: float = 1, /, **labels: str) -> None: ...

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None: ...

    def set(self, name: str, value: float, /, **labels: str) -> None: ...


class NullFaults:
    """For tools and tests that nobody operates."""

    def masked(self, where: str, times: int, /, *, said: str, about: str = "") -> None: ...


class NullAudit:
    """An audit sink for tools and tests that keep no record."""

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None: ...
