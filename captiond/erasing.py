"""Erasing what is kept of one session, from memory and from the disk, because somebody asked for it."""

import logging
from dataclasses import dataclass
from functools import partial

from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink
from captiond.db import erasing
from captiond.db.store import Store, StoreError
from captiond.hub.rooms import Rooms
from captiond.serve.problems import Problem
from captiond.serve.wiring import Sessions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasing:
    """`DELETE /v1/sessions/{id}?erase=1`."""

    rooms: Rooms
    sessions: Sessions
    store: Store
    audit: AuditSink

    async def __call__(self, session: SessionId) -> bool:
        """Ends a session, and erases its captions: those that late viewers would get, and its transcripts, of each time
        that its id was used. False where nothing is known of it.

        Raises:
            Problem: 503 `database_unavailable`: the transcripts are not erased, or not all of them; ask again.
        """
        ran = await self.sessions.delete(session)
        self.rooms.forget(session)
        try:
            kept = await self.store.work(partial(erasing.session_kept, session=session))
            if kept != "nothing":
                await erasing.erase(self.store, partial(erasing.erase_session, session=session))
        except StoreError as fault:
            log.error("a session was not erased: session=%s why=%s", session, fault)
            raise Problem(503, "database_unavailable", f"{fault}.", headers={"Retry-After": "5"}) from None
        if not ran and kept == "nothing":
            return False
        self.audit.record("session_erased", mediaSessionId=session)
        log.info("session erased: session=%s", session)
        return True
