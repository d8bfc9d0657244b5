"""A session as the control API shows it. Source: contract, section 4."""

from collections.abc import Mapping
from typing import Any

from captiond.hub.live import Live


def view_of(live: Live) -> Mapping[str, Any]:
    """Everything but the links, which `control.with_links` adds; None is not known."""
    return {
        "id": live.session,
        "source": live.source,
        "conversationId": live.conversation,
        "state": live.state.value,
        "reason": live.reason,
        "language": live.language,
        "createdAt": live.created_at,
        "position": live.position,
        "viewers": live.viewers,
        "gaps": live.gaps,
        "lostEvents": live.lost_events,
        "duplicates": live.duplicates,
        "avgLatencyMs": live.avg_latency_ms,
        "p99LatencyMs": live.p99_latency_ms,
        "tokensPerSecond": live.tokens_per_second,
        "auditRecords": live.audit_records,
    }
