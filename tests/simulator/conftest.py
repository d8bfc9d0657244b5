"""A plain client for each test."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.simulator.plain_client import PlainClient


@pytest.fixture
async def client() -> AsyncIterator[PlainClient]:
    async with aiohttp.ClientSession() as http:
        yield PlainClient(http)
