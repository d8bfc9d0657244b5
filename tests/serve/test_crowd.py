"""One caption to many sockets at once: the loop in C and the one through the transports do the same."""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sysconfig
from array import array
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvloop
from aiohttp import web

from captiond.serve import crowd as hot_path
from captiond.serve.crowd import SendAll, TransportCrowd
from captiond.serve.encode import Bytes
from captiond.serve.outlet import EventStreamResponse, TransportOutlet

SOURCE = Path(hot_path.__file__).with_name("batch.c")
CAPTION = Bytes("caption", b'{"type":"caption"}', index=1, id_="k3XbQwZt.1")
BIG = Bytes("caption", b"x" * 4000, index=2)
LOOPS = [asyncio.run, uvloop.run]
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> SendAll:
    """The loop in C: the installed one, or one that is made for the tests of the source."""
    if hot_path.NATIVE is not None:
        return hot_path.NATIVE
    made = tmp_path_factory.mktemp("batch") / f"_batch{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = sysconfig.get_path("include")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{include}", str(SOURCE), "-o", str(made)],
        check=True,
    )
    spec = importlib.util.spec_from_file_location("_batch", made)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: SendAll = module.send_all
    return found


@pytest.fixture(params=["native", "transports"])
def send_all(request: pytest.FixtureRequest) -> SendAll | None:
    return request.getfixturevalue("native") if request.param == "native" else None


class Audience:
    """Event streams of one server, and their clients."""

    def __init__(self) -> None:
        self.outlets: list[TransportOutlet] = []
        self.readers: list[asyncio.StreamReader] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def join(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        self.readers.append(reader)
        self.writers.append(writer)


@asynccontextmanager
async def audience(size: int) -> AsyncIterator[Audience]:
    here = Audience()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = EventStreamResponse()
        response.force_close()
        await response.prepare(request)
        outlet = TransportOutlet(request, "sse", on_close=lambda _code: None)
        here.outlets.append(outlet)
        await outlet.lost
        return response

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = runner.addresses[0][1]
    try:
        for _ in range(size):
            await here.join()
        yield here
    finally:
        for writer in here.writers:
            writer.transport.abort()
        await runner.cleanup()


def gathered(outlets: list[TransportOutlet], send_all: SendAll | None) -> TransportCrowd:
    crowd = TransportCrowd(send_all)
    for outlet in outlets:
        crowd.add(outlet)
    return crowd


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_several_captions_reach_everybody_in_one_write(send_all: SendAll | None, run: Run) -> None:
    async def main() -> None:
        async with audience(5) as here:
            assert gathered(here.outlets, send_all).send([CAPTION, BIG, CAPTION]) == []
            whole = CAPTION.sse + BIG.sse + CAPTION.sse
            for reader in here.readers:
                assert await asyncio.wait_for(reader.readexactly(len(whole)), 5) == whole

    run(main())


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_who_takes_no_more_is_named_and_loses_no_byte(send_all: SendAll | None, run: Run) -> None:
    """The kernel takes a part of a message: its rest comes after it, once, when there is room again."""

    async def main() -> None:
        async with audience(3) as here:
            here.writers[1].transport.pause_reading()  # type: ignore[attr-defined]
            crowd = gathered(here.outlets, send_all)
            sent = 0
            fell: list[int] = []
            while not fell:
                fell = crowd.send([BIG])
                sent += 1
                assert sent < 2_000
                await asyncio.sleep(0)
            assert fell == [1]
            assert here.outlets[1].backlog() > 0
            woken = asyncio.get_running_loop().create_future()
            here.outlets[1].on_writable(lambda: woken.set_result(None))
            here.writers[1].transport.resume_reading()  # type: ignore[attr-defined]
            for reader in here.readers:
                assert await asyncio.wait_for(reader.readexactly(sent * len(BIG.sse)), 5) == BIG.sse * sent
            await asyncio.wait_for(woken, 5)
            assert here.outlets[1].backlog() == 0
            assert crowd.send([CAPTION]) == []
            assert await asyncio.wait_for(here.readers[1].readexactly(len(CAPTION.sse)), 5) == CAPTION.sse

    run(main())


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_who_is_full_says_so_whoever_wrote(run: Run) -> None:
    """A pong that is half in the kernel: a caption sent below the transport now would land inside it."""

    async def main() -> None:
        async with audience(1) as here:
            here.writers[0].transport.pause_reading()  # type: ignore[attr-defined]
            outlet, full = here.outlets[0], list[int]()
            outlet.on_full(lambda: full.append(outlet.backlog()))
            for _ in range(2_000):
                if full:
                    break
                outlet.raw(b"p" * 4_000)
            assert len(full) == 1
            assert full[0] > 0

    run(main())


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_a_peer_that_has_gone_harms_nobody(send_all: SendAll | None, run: Run) -> None:
    """Its socket answers with an error, which its transport finds; the others have their caption."""

    async def main() -> None:
        async with audience(3) as here:
            sock = here.writers[1].transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            here.writers[1].transport.abort()  # a reset, which our loop has not seen when it sends
            await asyncio.sleep(0)
            crowd = gathered(here.outlets, send_all)
            crowd.send([CAPTION])
            crowd.send([CAPTION])
            for reader in (here.readers[0], here.readers[2]):
                assert await asyncio.wait_for(reader.readexactly(2 * len(CAPTION.sse)), 5) == CAPTION.sse * 2
            await asyncio.wait_for(here.outlets[1].lost, 5)
            assert here.outlets[1].fd == -1

    run(main())


def note_inode(told: list[int], fd: int) -> None:
    told.append(os.fstat(fd).st_ino)


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_a_lost_viewer_is_told_of_before_its_descriptor_can_be_anothers(run: Run) -> None:
    """Else a caption would go to whoever connected next. An event loop that closes first turns this red."""

    async def main() -> None:
        async with audience(2) as here:
            for outlet, writer in zip(here.outlets, here.writers, strict=True):
                told: list[int] = []
                inode = os.fstat(outlet.fd).st_ino
                outlet.on_lost(partial(note_inode, told, outlet.fd))
                writer.transport.abort()
                await asyncio.wait_for(outlet.lost, 5)
                assert told == [inode]
                assert outlet.fd == -1

    run(main())


async def test_who_is_lost_already_is_told_at_once() -> None:
    async with audience(1) as here:
        here.writers[0].transport.abort()
        await asyncio.wait_for(here.outlets[0].lost, 5)
        told: list[int] = []
        here.outlets[0].on_lost(lambda: told.append(here.outlets[0].fd))
        assert told == [-1]


async def test_who_is_removed_gets_nothing_more_and_nobody_else_misses_anything(send_all: SendAll | None) -> None:
    """Its place is taken by the last one; the last one itself and the only one can go, too."""
    async with audience(3) as here:
        crowd = gathered(here.outlets, send_all)
        crowd.remove(0)  # 2, 1
        crowd.send([CAPTION])
        crowd.remove(1)  # 2
        crowd.send([BIG])
        crowd.remove(0)
        assert crowd.send([CAPTION]) == []
        for outlet in here.outlets:
            outlet.abort()
        got = [await asyncio.wait_for(reader.read(), 5) for reader in here.readers]
        assert got == [b"", CAPTION.sse, CAPTION.sse + BIG.sse]


async def test_where_there_is_no_descriptor_the_transport_is_written_to(native: SendAll) -> None:
    """TLS, a Unix socket, chunked coding: whatever stands between us and the socket."""
    async with audience(3) as here:
        here.outlets[1].fd = -1
        assert gathered(here.outlets, native).send([CAPTION]) == []
        for reader in here.readers:
            assert await asyncio.wait_for(reader.readexactly(len(CAPTION.sse)), 5) == CAPTION.sse


def test_the_loop_in_c_refuses_what_is_no_array_of_descriptors(native: SendAll) -> None:
    with pytest.raises(ValueError, match="array of C ints"):
        native(b"\0\0\0", b"data")  # type: ignore[arg-type]
    assert native(array("i"), b"data") == []
    assert native(array("i", [-1]), b"data") == [(0, 0)]


@pytest.mark.compiled_only
def test_what_is_installed_with_a_compiler_has_the_loop_in_c() -> None:
    assert hot_path.NATIVE is not None
