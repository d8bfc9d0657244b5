"""A daemon that several tests of this folder look at, with one session that stays open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from captiond.simulator.packaged import packaged_conversations
from captiond.simulator.playback import AtEnd
from captiond.simulator.server import Simulator
from tests.harness import DaemonProcess, account, daemon_process, start


@pytest.fixture
async def shared_daemon(tmp_path: Path) -> AsyncIterator[tuple[DaemonProcess, str]]:
    """A daemon process and a live session of it."""
    track = packaged_conversations()[2].tracks()[0]
    async with (
        Simulator(tracks=[track], speed=50.0, at_end=AtEnd.STAY) as upstream,
        daemon_process(tmp_path, **account(upstream)) as daemon,
    ):
        await start(daemon, track.session)
        yield daemon, track.session
