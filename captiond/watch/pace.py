"""What the status line says: latency, words per second, messages. Pure: times are arguments."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from captiond.core.screen import Applied, Entry

WINDOW_S: Final = 10.0  # as the daemon's own tokens_per_second
MAX_SAMPLES: Final = 1000  # of latency within the window; far more captions than a call makes in 10 s


@dataclass(slots=True)
class Pace:
    """Figures of one viewer.

    Attributes:
        records: messages with an index that were applied, and captions of snapshots.
        skew_s: the server's clock minus ours, as last seen; latency is measured on the server's clock.
    """

    records: int = 0
    skew_s: float = 0.0
    _began_s: float | None = None
    _words: deque[tuple[float, int]] = field(default_factory=deque)
    _latencies: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))

    def server_time(self, stamp: str, *, wall_s: float) -> None:
        """Sets the skew by a `serverTime` that has just come; off by the way it took, which latency then leaves out."""
        if (at_s := parse_time(stamp)) is not None:
            self.skew_s = at_s - wall_s

    def applied(self, applied: Applied, *, live: bool, wall_s: float, now_s: float) -> None:
        """Counts one message.

        Args:
            live: whether it was sent just now, not replayed: only then it says something about latency and rate.
            wall_s: our wall clock, seconds since 1970.
            now_s: monotonic.
        """
        if self._began_s is None:
            self._began_s = now_s
        if applied.what not in ("caption", "correction", "retraction", "gap", "session"):
            return
        self.records += 1
        entry = applied.entry
        if not live or not isinstance(entry, Entry) or applied.what != "caption":
            return
        emitted_s = parse_time(entry.emitted_at)
        if emitted_s is not None:
            self._latencies.append((now_s, max(0.0, wall_s + self.skew_s - emitted_s)))
        if entry.final:
            self._words.append((now_s, len(entry.text.split())))

    def latency_s(self, *, now_s: float) -> float | None:
        """Mean from upstream's timestamp to here over the last 10 s; None where nothing came."""
        while self._latencies and self._latencies[0][0] < now_s - WINDOW_S:
            self._latencies.popleft()
        if not self._latencies:
            return None
        return sum(latency for _, latency in self._latencies) / len(self._latencies)

    def words_per_second(self, *, now_s: float) -> float:
        """Words of finals over the last 10 s, or over the time since the first message where that is shorter."""
        while self._words and self._words[0][0] < now_s - WINDOW_S:
            self._words.popleft()
        span_s = WINDOW_S if self._began_s is None else min(WINDOW_S, max(1.0, now_s - self._began_s))
        return sum(count for _, count in self._words) / span_s

    def summary(self, *, now_s: float) -> str:
        """`latency 12 ms, 2.4 tokens/s, 57 records`."""
        latency_s = self.latency_s(now_s=now_s)
        latency = "-" if latency_s is None else f"{latency_s * 1000:.0f} ms"
        return f"latency {latency}, {self.words_per_second(now_s=now_s):.1f} tokens/s, {self.records} records"


def parse_time(stamp: str) -> float | None:
    """ISO 8601 with an offset or Z, as seconds since 1970; None where it is not that."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None
