"""That redaction fails inside: masks keep it from showing, so operators have to be told. Implements `FaultSink`."""

import logging
from typing import Final

from captiond.base.observe import Clock, Meter

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0  # one line, however many captions fail: a fault that stays must not fill the disk with itself


class RedactionFaults:
    """Counts each fault at once, and writes one line a minute at most, without a word of what was said."""

    def __init__(self, *, clock: Clock, meter: Meter) -> None:
        self._clock, self._meter = clock, meter
        self._untold = 0
        self._told_s = float("-inf")
        self._last = ("", "", "")

    def masked(self, where: str, times: int, /, *, said: str, about: str = "") -> None:
        """See `base.observe.FaultSink`."""
        self._meter.count("redaction_faults_total", times, where=where)
        self._untold += times
        self._last = (where, about, said)
        self.tell()

    def tell(self) -> None:
        """The line, if one is due; called again and again, so that the last faults are told, too."""
        now_s = self._clock.monotonic_s()
        if not self._untold or now_s - self._told_s < EVERY_S:
            return
        where, about, said = self._last
        log.error(
            "redaction failed inside, and masked what it could not judge: times=%d where=%s session=%s last=%s",
            self._untold,
            where,
            about or "none",
            said or "unknown",
        )
        self._untold, self._told_s = 0, now_s
