"""Whatever upstream does, nothing fails inside captiond."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def nothing_fails_inside(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An exception in the log of an in-process daemon is a fault of ours, whatever the test asserts."""
    yield
    faults = [record for record in caplog.get_records("call") if record.exc_info and record.levelno >= logging.ERROR]
    assert not faults, [record.getMessage() for record in faults]
