"""Which core runs is told where operators look: once in the log, and in /metrics."""

import aiohttp

from captiond.core.compiled import COMPILED, HOW
from tests.harness import DaemonProcess


async def test_the_log_and_the_metrics_tell_which_core_runs(shared_daemon: tuple[DaemonProcess, str]) -> None:
    daemon, _ = shared_daemon
    told = [line for line in daemon.log.splitlines() if "the core is" in line]
    assert len(told) == 1
    assert ("not compiled" in told[0], '"warning"' in told[0]) == (not COMPILED, not COMPILED)
    async with aiohttp.ClientSession() as http, http.get(f"{daemon.url}/metrics") as answer:
        figures = await answer.text()
    assert f'core="{HOW}"' in figures
