"""Model-based: the promises of the stream under random schedules on virtual time. T17.

A longer run, with other examples each time: `python -m tests.hub.soak --minutes 10`.
"""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.hub.machine import Promises


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of gaps are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=120, stateful_step_count=50, deadline=None, derandomize=True)
