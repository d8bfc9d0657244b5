"""The measurements measure. How fast this machine is they do not judge, but that nothing piles up."""

from pathlib import Path

import pytest

from tests.browser.measure import UPDATES_PER_S, load, memory, paint

pytestmark = pytest.mark.browser


async def test_each_update_is_timed_to_the_frame_that_shows_it(chromium: str, tmp_path: Path) -> None:
    found = await paint(chromium, tmp_path, seconds=3.0, speed=12.0)
    assert len(found.delays_ms) > 20
    assert found.unlike == 0
    assert found.delays_ms[0] >= 0  # one clock
    assert found.quantile_ms(0.5) <= found.quantile_ms(0.95) <= found.delays_ms[-1]


async def test_the_load_of_a_page_is_counted(chromium: str) -> None:
    used = await load(chromium, seconds=2.0)
    assert 0.5 * UPDATES_PER_S < used.updates_per_s < 1.1 * UPDATES_PER_S
    assert 0.01 < used.main_thread < 1.0
    assert used.process > 0


async def test_memory_is_flat_once_a_page_keeps_all_that_it_keeps(chromium: str) -> None:
    """A page keeps 200 lines and 2,000 before them: with more than that nothing grows."""
    early, full, later = await memory(chromium, finals=[20, 2300, 2900], each=3)
    assert abs(later.nodes - full.nodes) < 50  # some are seen between two collections
    assert later.listeners == full.listeners
    assert later.heap_bytes < full.heap_bytes * 1.05
    assert early.heap_bytes < full.heap_bytes * 0.95  # what is counted are captions
