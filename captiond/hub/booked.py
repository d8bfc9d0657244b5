"""A session's figures, as others read them."""

from captiond.base.observe import Clock
from captiond.hub.ledger import Ledger


class Booked:
    """What the books of one session say. `hub.live.Live` is one."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock

    @property
    def gaps(self) -> int:
        """How often events were missing."""
        return self._ledger.gaps

    @property
    def lost_events(self) -> int:
        """How many are known to be missing."""
        return self._ledger.lost_events

    @property
    def duplicates(self) -> int:
        """Events that came twice or late, and were dropped."""
        return self._ledger.duplicates

    @property
    def audit_records(self) -> int:
        """Records written for this session; the daemon adds its own."""
        return self._ledger.audit_records

    @audit_records.setter
    def audit_records(self, count: int) -> None:
        self._ledger.audit_records = count

    @property
    def avg_latency_ms(self) -> float | None:
        """Upstream timestamp to handed to the sockets, over the last events; None where nothing was measured."""
        return self._ledger.figures.avg_latency_ms

    @property
    def p99_latency_ms(self) -> float | None:
        """As `avg_latency_ms`: what 99 of 100 events don't exceed."""
        return self._ledger.figures.p99_latency_ms

    @property
    def tokens_per_second(self) -> float:
        """Words of finals, over the last ten seconds."""
        return self._ledger.figures.tokens_per_second(now_s=self._clock.monotonic_s())
