"""A row of the database that nothing can be made of costs its own session and no other."""

import sqlite3
from pathlib import Path

import pytest

from captiond.base.ids import SessionId
from captiond.simulator.server import Simulator
from tests.harness import daemon_here, eventually, start

GOOD, BAD = SessionId("good-1"), SessionId("bad-1")


@pytest.fixture(autouse=True)
def nothing_fails_inside() -> None:
    """Here something does (instead of the folder's fixture of this name)."""


@pytest.mark.parametrize("request_row", ["not json", "[]", '{"source":7}', "{}"])
async def test_a_session_that_cannot_be_read_does_not_keep_the_others_away(tmp_path: Path, request_row: str) -> None:
    async with Simulator(unknown="silent") as upstream:
        async with daemon_here(tmp_path, upstream) as daemon:
            await start(daemon, BAD)
            await start(daemon, GOOD)
        with sqlite3.connect(tmp_path / "captiond.db") as connection:
            connection.execute("UPDATE conversations SET request = ? WHERE session = ?", (request_row, BAD))
        connection.close()
        async with daemon_here(tmp_path, upstream) as daemon:

            def good_is_back() -> bool:
                view = daemon.sessions.get(GOOD)
                return view is not None and view["state"] == "live"

            await eventually(good_is_back)
