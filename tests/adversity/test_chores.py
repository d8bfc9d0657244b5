"""What goes on beside requests goes on, whatever happens in it; and what it tells strangers is little."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from captiond import chores
from captiond.base.errors import UpstreamRefused
from captiond.genesys.client import Genesys
from captiond.sessions import Sessions
from captiond.simulator.server import Simulator
from tests.harness import daemon_here, eventually


@pytest.fixture(autouse=True)
def nothing_fails_inside() -> None:
    """Here something does (instead of the folder's fixture of this name)."""


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, BaseException])
@pytest.mark.parametrize(("owner", "name"), [(Sessions, "end_idle"), (Genesys, "token")])
async def test_a_chore_that_fails_begins_again(
    owner: type, name: str, kind: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[int] = []

    async def failing(_self: object) -> None:
        called.append(1)
        raise kind("of nobody's making")

    monkeypatch.setattr(owner, name, failing)
    monkeypatch.setattr(chores, "AFTER_FAULT_S", 0.01)
    async with (
        Simulator() as upstream,
        daemon_here(tmp_path, upstream) as daemon,
        aiohttp.ClientSession() as http,
    ):
        await eventually(lambda: len(called) > 2)
        async with http.get(f"{daemon.url}/healthz") as answer:
            assert answer.status == 200


async def test_readiness_tells_strangers_nothing_that_upstream_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_self: object) -> str:
        raise UpstreamRefused(operation="token", status=400, message="client 4711 of ACME is suspended")

    monkeypatch.setattr(Genesys, "token", refused)
    async with (
        Simulator() as upstream,
        daemon_here(tmp_path, upstream) as daemon,
        aiohttp.ClientSession() as http,
    ):
        await eventually(lambda: daemon._upstream_fault is not None)
        async with http.get(f"{daemon.url}/readyz") as answer:
            assert answer.status == 503
            said = await answer.text()
    assert "ACME" not in said
    assert "status 400" in said
