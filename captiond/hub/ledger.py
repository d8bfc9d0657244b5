"""What is counted, measured and recorded of one session: once for each event or caption, never for each viewer.

Nothing here raises: see `contained`.
"""

import logging
import re
from collections.abc import Mapping
from typing import Final

from captiond.base.ids import SessionId, UtteranceId
from captiond.base.observe import AuditSink, FaultSink, Meter
from captiond.core.arrival import Arrival
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap
from captiond.core.redacting import OPEN_MASK
from captiond.core.room import Received
from captiond.hub.contained import contained
from captiond.hub.figures import Figures

log: Final = logging.getLogger(__name__)

MAX_HELD: Final = 256  # finals that wait to be decided; one that a fault has masked waits for ever
CLOSED_MASK: Final = re.compile(r"\[[A-Z_]+\]")


class Ledger:
    """The books of one session.

    Attributes:
        gaps, lost_events, duplicates: as upstream's numbering told.
        audit_records: written for this session.
        figures: latency and rate.
    """

    def __init__(self, session: SessionId, *, source: str, meter: Meter, audit: AuditSink, faults: FaultSink) -> None:
        self.gaps = self.lost_events = self.duplicates = self.audit_records = 0
        self.figures = Figures()
        self._session, self._source, self._meter, self._audit = session, source, meter, audit
        self._faults = faults
        self._sequence: int | None = None  # of the newest event
        self._held: dict[UtteranceId, int | None] = {}  # finals that are not decided yet, and which event they came in

    @contained
    def heard(self, arrival: Arrival, verdict: Verdict, *, core_s: float) -> None:
        """One event came and took so long in the core."""
        meter = self._meter
        self._sequence = arrival.sequence
        meter.observe("core_seconds", core_s)
        meter.count("upstream_events_total", profile=self._source, kind="final" if arrival.final else "partial")
        if verdict is not Verdict.ACCEPTED:
            self.duplicates += 1
            meter.count("upstream_duplicates_total")

    @contained
    def processed(self, arrival: Arrival, received: Received, *, latency_s: float, daemon_s: float) -> None:
        """One accepted event is with its viewers.

        Args:
            latency_s: since upstream's timestamp; nonsense where clocks differ.
            daemon_s: since its frame was read.
        """
        measured = self.figures.latency(latency_s)
        if measured:
            self._meter.observe("caption_latency_seconds", latency_s)
        else:
            self._meter.count("clock_skew_total")
        self._meter.observe("daemon_latency_seconds", max(0.0, daemon_s))
        if received.gap:
            self._lost(arrival, received)
        self._record(arrival, received, round(latency_s * 1000.0, 3) if measured else None)

    @contained
    def held(self, received: Received) -> None:
        """Captions stopped being held."""
        for held_s in received.held_s:
            self._meter.observe("held_seconds", held_s)

    @contained
    def rewritten(self, times: int) -> None:
        """Text that had been called settled changed."""
        if times:
            self._meter.count("settled_rewrites_total", times)

    @contained
    def failed(self, times: int, said: str) -> None:
        """Redaction failed inside so many times, and masked."""
        self._faults.masked("captions", times, said=said, about=self._session)

    @contained
    def put_out(self, caption: Caption, before: Caption | None, *, now_s: float) -> None:
        """One caption went out. `before`: the utterance's last message, None where there is none or it is forgotten."""
        meter, final = self._meter, "true" if caption.final else "false"
        meter.count("captions_total", final=final)
        correction = caption.final and (before.final if before else caption.revision > 1)
        if not correction:
            words = len(caption.text.split())
            meter.count("tokens_total", words, final=final)
            if caption.final:
                self.figures.said(words, now_s=now_s)
        if caption.final:
            counted: Mapping[str, int] = before.redactions if before and before.final else {}
            more = {kind: count - counted.get(kind, 0) for kind, count in caption.redactions.items()}
            more = {kind: count for kind, count in more.items() if count > 0}
            for kind, count in more.items():
                meter.count("redactions_total", count, kind=kind)
            self._decided(caption, more)

    def _decided(self, caption: Caption, redactions: Mapping[str, int]) -> None:
        """A final that was held is named or restored: its event's record could not say so yet."""
        if caption.held:
            self._held.setdefault(caption.utterance, self._sequence)
            if len(self._held) > MAX_HELD:
                del self._held[next(iter(self._held))]
        elif caption.utterance in self._held:
            self._audit.record(
                "correction",
                mediaSessionId=self._session,
                sequence=self._held.pop(caption.utterance),
                revision=caption.revision,
                redactions=dict(redactions),
                complianceFlag=_flag(caption.text, redactions),
            )
            self.audit_records += 1

    def _lost(self, arrival: Arrival, received: Received) -> None:
        self.gaps += 1
        self._meter.count("upstream_gaps_total")
        if received.lost:
            self.lost_events += received.lost
            self._meter.count("upstream_lost_events_total", received.lost)
        cause = next((m.cause for m in received.messages if isinstance(m, Gap)), None)
        lost = "unknown" if received.lost is None else received.lost
        log.warning("gap: session=%s sequence=%d lost=%s cause=%s", self._session, arrival.sequence, lost, cause)
        self._audit.record(
            "gap", mediaSessionId=self._session, sequence=arrival.sequence, lost=received.lost, cause=cause
        )
        self.audit_records += 1

    def _record(self, arrival: Arrival, received: Received, latency_ms: float | None) -> None:
        text = received.shown
        # Lengths beside a mask would tell the length of what it hides.
        bare = text is not None and CLOSED_MASK.search(text) is None and OPEN_MASK not in text
        self._audit.record(
            "transcription",
            mediaSessionId=self._session,
            sequence=arrival.sequence,
            rawLength=received.raw_length if bare else None,
            redactedLength=len(text) if bare and text is not None else None,
            latencyMs=latency_ms,
            tokensProcessed=0 if text is None else len(text.split()),
            redactions=dict(received.redactions),
            complianceFlag=_flag(text or "", received.redactions),
        )
        self.audit_records += 1


def _flag(text: str, redactions: Mapping[str, int]) -> str:
    return "PII_REDACTED" if redactions or CLOSED_MASK.search(text) else "NO_PII"
