"""A tab of a real Chromium, and a caption server that says what the test tells it to."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.browser.chromium import Page, caption_server, launched, opened
from tests.browser.station import Station

Json = dict[str, Any]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DevTools address of one Chromium for all tests."""
    with launched(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def pages(chromium: str) -> AsyncIterator[Callable[[], Awaitable[Page]]]:
    """Makes new tabs; the test fails where one had an uncaught error or the content policy refused anything."""
    tabs: list[Page] = []
    async with contextlib.AsyncExitStack() as sockets:

        async def make() -> Page:
            tab = await sockets.enter_async_context(opened(chromium))
            tabs.append(tab)
            return tab

        yield make
        for tab in tabs:
            assert await tab.run("1 + 1") == 2  # the page is alive, and all its events have been read
            assert tab.faults == []


@pytest.fixture
async def page(pages: Callable[[], Awaitable[Page]]) -> Page:
    """A new tab."""
    return await pages()


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    """The caption server, on a port of its own."""
    async with caption_server() as one:
        yield one


@pytest.fixture
def caption() -> Callable[..., Json]:
    """Makes caption messages; revisions count up by utterance."""
    revisions: dict[str, int] = {}

    def make(utterance: str, text: str, *, final: bool = False, stable: int | None = None, **extra: Any) -> Json:
        revisions[utterance] = revisions.get(utterance, 0) + 1
        mask = text.find("[...]")
        settled = mask if mask >= 0 else len(text)
        return {
            "type": "caption",
            "utterance": utterance,
            "revision": revisions[utterance],
            "final": final,
            "text": text,
            "stableLength": settled if stable is None and final else stable or 0,
            "held": mask >= 0,
            "channel": "",
            "language": "en-US",
            "emittedAt": "2024-06-15T10:00:00.000Z",
            "sentAt": "2024-06-15T10:00:00.010Z",
            "redactions": {},
        } | extra

    return make
