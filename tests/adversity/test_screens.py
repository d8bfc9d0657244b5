"""The short form of `python -m tests.adversity.screens`: every viewer's screen is the server's, after all of that."""

from tests.adversity.screens import watch


async def test_every_screen_is_the_servers_after_stalls_drops_and_a_kilobyte_a_second() -> None:
    """Promise 3, rendered from every message of 150 viewers of a real daemon."""
    result = await watch(viewers=150, seconds=8.0, sessions=2, events_per_s=25.0, seed=3)
    assert result.finals > 15
    assert result.resumes > 0  # lines broke, and were taken up where they had stopped
    assert result.skipped > 0  # slow ones were conflated
    assert result.messages > 10_000
