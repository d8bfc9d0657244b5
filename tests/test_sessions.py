"""Sessions, as far as no conversation is needed: `contract/` and `adversity/` have the rest, over real sockets."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from captiond.base.errors import UpstreamError, UpstreamRefused, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.base.observe import Clock, NullAudit
from captiond.db.store import Store
from captiond.genesys.client import Genesys
from captiond.genesys.stream import Ended, StreamSink
from captiond.hub.rooms import Rooms
from captiond.sessions import AUDIT_BATCH, Sessions, problem_of
from captiond.simulator.server import Simulator
from tests.adversity.reporter import report
from tests.harness import daemon_here, start


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


@pytest.mark.parametrize("kind", [ValueError, MemoryError, asyncio.CancelledError, BaseException])
async def test_whatever_fails_in_a_sessions_task_ends_that_session_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    """A cancellation that nobody asked for, too: the session would seem to live for ever."""
    follow = Genesys.follow

    async def failing(genesys: Genesys, session: SessionId, sink: StreamSink) -> Ended:
        if session == "hurt":
            said = "my card is 4111"
            raise kind(said)
        return await follow(genesys, session, sink)

    monkeypatch.setattr(Genesys, "follow", failing)
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream) as daemon:
        with pytest.raises(AssertionError, match="failed inside captiond"):  # 502, to who asked
            await start(daemon, "hurt")
        await start(daemon, "calm")
        views = {session: daemon.sessions.get(SessionId(session)) for session in ("hurt", "calm")}
        assert {session: view and view["state"] for session, view in views.items()} == {
            "hurt": "failed",
            "calm": "live",
        }
    [record] = [record for record in caplog.records if record.exc_info]
    assert record.exc_info is not None and record.exc_info[1] is not None
    assert record.getMessage() == "session failed inside: session=hurt"
    assert "is 4111" not in f"{vars(record)!r} {report(record.exc_info[1])}"


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
