"""The composition root: what happens in which order, and what goes on beside requests."""

import logging
from pathlib import Path

import pytest

from captiond import daemon as daemon_module
from captiond.serve.accepting import Acceptor
from captiond.sessions import Sessions
from captiond.simulator.server import Simulator
from tests.harness import daemon_here, eventually


async def test_sessions_are_back_before_anybody_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer that reconnects at once finds its session; an EventSource gives up for good on a 404."""
    order: list[str] = []
    revive, accept = Sessions.revive, Acceptor.open

    async def reviving(self: Sessions) -> int:
        order.append("revived")
        return await revive(self)

    def accepting(self: Acceptor, *, backlog: int) -> None:
        order.append("answering")
        accept(self, backlog=backlog)

    monkeypatch.setattr(Sessions, "revive", reviving)
    monkeypatch.setattr(Acceptor, "open", accepting)
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream):
        assert order == ["revived", "answering"]


async def test_totals_are_logged_however_short_a_session_may_be_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Looking after idle sessions more often than totals are due does not put the totals off for ever."""
    monkeypatch.setattr(daemon_module, "TOTALS_S", 1.5)
    caplog.set_level(logging.INFO, "captiond")
    async with daemon_here(tmp_path, CAPTIOND_SESSIONS__IDLE_END_S="1"):
        await eventually(lambda: "totals: " in caplog.text)
