"""Sending a session's viewers away, for good: their connections close, the tokens they came with no longer count."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from captiond.base.close_codes import CloseCode
from captiond.base.errors import CaptiondError
from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink, Clock
from captiond.hub.rooms import Rooms
from captiond.serve.problems import Problem
from captiond.serve.revocations import Revocations
from captiond.serve.wiring import Revoked

log = logging.getLogger(__name__)


class Memory(Protocol):
    """What of `db.Store` this needs."""

    async def keep_revocations(self, kept: Mapping[str, float], dropped: Sequence[str]) -> None:
        """Answers once it is on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class Revoking:
    """`POST /v1/sessions/{id}/revoke`."""

    rooms: Rooms
    revocations: Revocations
    memory: Memory
    clock: Clock
    audit: AuditSink

    async def __call__(self, session: SessionId) -> Revoked | None:
        """Closes all viewers of a session with 4507; tokens issued up to now open it no more. None: no such session.

        Raises:
            Problem: 503 `not_kept`: it holds, but a restart would forget it.
        """
        live = self.rooms.get(session)
        if live is None:
            return None
        at_s = round(self.clock.now_s(), 6)
        kept, dropped = self.revocations.revoke(session, at_s=at_s)
        viewers = live.viewers
        live.farewell(CloseCode.FORBIDDEN, ())
        self.audit.record("viewers_revoked", mediaSessionId=session, viewers=viewers)
        log.info("viewers revoked: session=%s viewers=%d", session, viewers)
        try:
            await self.memory.keep_revocations(kept, dropped)
        except CaptiondError as fault:
            log.error("a revocation was not kept: session=%s why=%s", session, fault)
            raise Problem(
                503, "not_kept", "It holds now, but the database did not take it: after a restart it would not."
            ) from None
        return Revoked(at_s, viewers)
