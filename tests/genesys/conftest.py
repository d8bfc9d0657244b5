"""A small Genesys for each test, and a watch on the log that all of them share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.genesys.small_genesys import SECRET, Bench, Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    running = Upstream()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def bench(upstream: Upstream) -> Bench:
    return Bench(upstream)


@pytest.fixture(autouse=True)
def nothing_private_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, at whatever level: no token, no secret and no transcript comes into a log."""
    caplog.set_level("DEBUG")
    yield
    for record in caplog.get_records("call"):
        if record.name == "websockets.server":  # the other side, which runs in this process only for the test
            continue
        line = record.getMessage() + str(record.exc_text or record.exc_info or "")
        assert not any(private in line for private in ("token-", SECRET, "Bearer ey", "hello", "very private")), line
