"""Manual time ends waits in the order of their deadlines, each at its own time."""

import asyncio

import pytest

from captiond.clock import SystemClock
from captiond.simulator.pace import ManualPace


async def test_waits_end_at_their_own_deadlines() -> None:
    pace = ManualPace(wall_s=1_000.0)
    seen: list[tuple[str, float]] = []

    async def wait(name: str, *delays_s: float) -> None:
        for delay_s in delays_s:
            await pace.wait(asyncio.Event(), delay_s)
            seen.append((name, pace.monotonic_s()))

    async with asyncio.TaskGroup() as group:
        group.create_task(wait("a", 3.0))
        group.create_task(wait("b", 1.0, 1.0, 5.0))
        await pace.advance(4.0)
        assert seen == [("b", 1.0), ("b", 2.0), ("a", 3.0)]
        assert (pace.now_s(), pace.next_deadline_s) == (1_004.0, 7.0)
        await pace.advance(3.0)
        assert seen[-1] == ("b", 7.0)
    assert pace.next_deadline_s is None


@pytest.mark.parametrize("pace", [ManualPace(), SystemClock()], ids=["manual", "system"])
async def test_a_wait_ends_when_it_is_woken(pace: ManualPace | SystemClock) -> None:
    wake = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(pace.wait(wake, None))
        await asyncio.sleep(0)
        assert not waiting.done()
        wake.set()
    await pace.wait(asyncio.Event(), 0)


async def test_the_machine_s_time_passes() -> None:
    pace = SystemClock()
    before_s = pace.monotonic_s()
    await pace.wait(asyncio.Event(), 0.01)
    assert pace.monotonic_s() - before_s >= 0.009
    assert pace.now_s() > 1_700_000_000
