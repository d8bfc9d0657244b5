"""Sessions, as far as no conversation is needed: `contract/` and `adversity/` have the rest, over real sockets."""

import asyncio
from typing import cast

import pytest

from captiond.base.errors import UpstreamError, UpstreamRefused, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.base.observe import Clock, NullAudit
from captiond.db.store import Store
from captiond.hub.rooms import Rooms
from captiond.sessions import AUDIT_BATCH, Sessions, problem_of


async def test_audit_records_come_whole_over_the_edges_of_batches() -> None:
    """Neither lost nor doubled where one batch ends and the next begins."""
    kept = [b'{"sequence":%d}' % number for number in range(2 * AUDIT_BATCH + 7)]
    async with asyncio.TaskGroup() as group:
        sessions = Sessions(
            rooms=cast(Rooms, None),  # reading the audit asks nobody but the file
            upstream=None,
            memory=cast(Store, None),
            clock=cast(Clock, None),
            audit=NullAudit(),
            records=lambda session: iter(kept if session == "ms-1" else []),
            group=group,
        )
        assert [record async for record in sessions.audit(SessionId("ms-1"))] == kept


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (UpstreamRefused(operation="activate", status=404, message="no such call"), 404, "upstream_refused"),
        (UpstreamUnavailable(operation="activate", status=503, message="no such call"), 503, "upstream_refused"),
        (UpstreamUnavailable(operation="activate", why="timed out"), None, "upstream_unavailable"),
    ],
)
def test_what_upstream_answered_is_told_with_its_status_and_words(
    failure: UpstreamError, status: int | None, code: str
) -> None:
    problem = problem_of(failure)
    assert (problem.status, problem.code, problem.extra["upstreamStatus"]) == (502, code, status)
    assert problem.extra.get("upstreamMessage") == ("no such call" if status is not None else None)
