"""Records of what is decided about sessions outside the hub."""

from typing import Any

from captiond.base.observe import AuditSink
from captiond.hub.rooms import Rooms


class SessionAudit:
    """An audit sink for what is decided about a session outside the hub, so that its `auditRecords` are all of them."""

    def __init__(self, audit: AuditSink, rooms: Rooms) -> None:
        self._audit, self._rooms = audit, rooms

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        """One record, counted for the session that it names (see `base.observe.AuditSink`)."""
        self._audit.record(kind, timestamp=timestamp, **fields)
        session = fields.get("mediaSessionId")
        live = self._rooms.get(session) if session is not None else None
        if live is not None:
            live.audit_records += 1
