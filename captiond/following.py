"""A viewer in a program of one's own: the captions of a daemon that runs elsewhere, its figures and audit records.

    async with captiond.follow_captions("http://127.0.0.1:8787", "ms-1", token=token) as captions:
        async for event in captions:
            ...

It resumes by position after a lost connection, and tells what it could not get. See docs/library.md.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from prometheus_client.parser import text_string_to_metric_families

from captiond.base.backoff import Chance
from captiond.base.errors import CaptiondError
from captiond.base.observe import Clock
from captiond.clock import SystemClock
from captiond.heard import MAX_WAITING, Captions, CaptionsFailed
from captiond.watch.follow import Follow, WatchFailed, stream_address

ANSWER_S: Final = 30.0
MAX_FIGURES_BYTES: Final = 8 * 1_048_576


@asynccontextmanager
async def follow_captions(
    url: str,
    session: str,
    *,
    token: str | None = None,
    partials: bool = True,
    max_waiting: int = MAX_WAITING,
    said: Callable[[str], None] = lambda _words: None,
    clock: Clock | None = None,
    chance: Chance | None = None,
) -> AsyncIterator[Captions]:
    """One session's captions of a running daemon, until the block is left.

    Args:
        url: the daemon's, http(s) or ws(s).
        token: a viewer token, where the daemon asks for one.
        partials: False for finals only.
        max_waiting: events that may wait to be taken; see `heard`.
        said: called with each change of the connection, in words, such as for a log.
    Raises:
        BadAddress: `url` is none. What fails later is raised where captions are taken: `CaptionsFailed`.
    """
    captions = Captions(session, partials=partials, max_waiting=max_waiting)
    follow = Follow(
        stream_address(url, session),
        token=token,
        heard=lambda applied, screen, message, _live: captions.heard(applied, screen, message),
        said=said,
        clock=clock or SystemClock(),
        chance=chance or random.Random(),
    )
    async with tasks() as group:
        following = group.create_task(_run(follow, captions))
        try:
            yield captions
        finally:
            following.cancel()


async def _run(follow: Follow, captions: Captions) -> None:
    try:
        await follow.run()
    except WatchFailed as failed:
        captions.end(CaptionsFailed("failed", str(failed)))
    finally:
        captions.end()


@asynccontextmanager
async def tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A group of tasks around somebody's block. What the block raises comes out as it is, in no group of errors; that
    all tasks have ended then is the caller's to see to.
    """
    raised: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        try:
            yield group
        except GeneratorExit:
            raise
        except BaseException as fault:
            raised = fault
    if raised is not None:
        raise raised


async def read_figures(url: str) -> Mapping[str, float]:
    """The daemon's figures of `/metrics` as numbers, by the names that stand there, labels included.

    Raises:
        CaptiondError: it cannot be asked, or what answers there is no daemon.
    """
    async with _asked(f"{_base(url)}/metrics", None) as answer:
        return figures_of((await answer.content.read(MAX_FIGURES_BYTES)).decode())


def figures_of(exposition: str) -> Mapping[str, float]:
    """An exposition of Prometheus as numbers: `captiond_captions_total{final="true"}` and so on, labels sorted."""
    found = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = float(sample.value)
    return found


async def read_audit(url: str, session: str, *, key: str | None = None) -> AsyncIterator[Mapping[str, Any]]:
    """A session's audit records at a running daemon, oldest first, as they come.

    Args:
        key: an API key, where the daemon asks for one.
    Raises:
        CaptiondError: as `read_figures`; also where there is no such session.
    """
    async with _asked(f"{_base(url)}/v1/sessions/{quote(session, safe='')}/audit", key) as answer:
        async for line in answer.content:
            if line.strip():
                yield orjson.loads(line)


@asynccontextmanager
async def _asked(address: str, key: str | None) -> AsyncIterator[aiohttp.ClientResponse]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=ANSWER_S)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as http,
            http.get(address) as answer,
        ):
            if answer.status != 200:
                raise CaptiondError(f"the daemon answered {answer.status}")
            yield answer
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise CaptiondError(f"the daemon cannot be asked ({type(fault).__name__})") from None


def _base(url: str) -> str:
    """The daemon's address for requests; checked as that of a stream is."""
    stream = urlsplit(stream_address(url, "-"))
    scheme = {"ws": "http", "wss": "https"}[stream.scheme]
    return f"{scheme}://{stream.netloc}{stream.path.removesuffix('/v1/sessions/-/ws')}"
