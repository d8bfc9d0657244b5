"""A server with nothing configured: open to this machine alone. Every test runs on both event loops."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from tests.serve.serving import Served, serving


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The daemon runs on uvloop; asyncio's own loop is where there is none, and in other people's tests."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running
