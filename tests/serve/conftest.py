"""A server with nothing configured: open to this machine alone."""

from collections.abc import AsyncIterator

import pytest

from tests.serve.serving import Served, serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running
