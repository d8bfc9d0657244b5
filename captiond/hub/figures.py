"""What one session's figures are made of: latencies over a bounded window, words over the last ten seconds. No I/O."""

from collections import deque
from typing import Final

LATENCY_WINDOW: Final = 512  # events, about a minute of lively speech; an average over hours says nothing about now
TOKEN_WINDOW_S: Final = 10.0  # contract, section 7
TOKEN_WINDOW_FINALS: Final = 1024  # finals in ten seconds; speech has ten
MAX_LATENCY_S: Final = 60.0  # beyond 0 to 60 s a clock is wrong: counted apart, not averaged


class Figures:
    """Latency and rate of one session. Times are handed in."""

    def __init__(self) -> None:
        self._latencies_s: deque[float] = deque(maxlen=LATENCY_WINDOW)
        self._words: deque[tuple[float, int]] = deque(maxlen=TOKEN_WINDOW_FINALS)

    def latency(self, seconds: float) -> bool:
        """Takes one latency; False (and not taken) where it only shows that two clocks differ."""
        if not 0.0 <= seconds <= MAX_LATENCY_S:
            return False
        self._latencies_s.append(seconds)
        return True

    def said(self, words: int, *, now_s: float) -> None:
        """Takes the words of one final."""
        self._words.append((now_s, words))

    @property
    def avg_latency_ms(self) -> float | None:
        """Mean of the window; None where nothing was measured."""
        latencies = self._latencies_s
        return round(1000.0 * sum(latencies) / len(latencies), 3) if latencies else None

    @property
    def p99_latency_ms(self) -> float | None:
        """The smallest latency that 99 of 100 events of the window don't exceed; None where nothing was measured."""
        if not self._latencies_s:
            return None
        ordered = sorted(self._latencies_s)
        return round(1000.0 * ordered[-(-99 * len(ordered) // 100) - 1], 3)

    def tokens_per_second(self, *, now_s: float) -> float:
        """Words of finals in the last ten seconds, for each second."""
        words = self._words
        while words and now_s - words[0][0] > TOKEN_WINDOW_S:
            words.popleft()
        return sum(count for _, count in words) / TOKEN_WINDOW_S
