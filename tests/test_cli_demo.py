"""`captiond demo` as a user runs it: the address, the page behind it, Ctrl-C, a port that is taken."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_S = 30.0


@contextlib.asynccontextmanager
async def demo(folder: Path, *options: str) -> AsyncIterator[Process]:
    """The command in a process of its own, ended whatever happens; what it leaves behind would be in `folder`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "captiond", "demo", *options),
        stdout=PIPE,
        stderr=PIPE,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_it_prints_its_page_serves_it_and_leaves_nothing(tmp_path: Path, ending: signal.Signals) -> None:
    async with demo(tmp_path, "--port", "0", "--speed", "20") as process, asyncio.timeout(PATIENCE_S):
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode()
        found = re.fullmatch(r"captiond demo: open (http://127\.0\.0\.1:\d+)/demo in a browser; Ctrl-C ends it\n", said)
        assert found, said
        async with aiohttp.ClientSession(base_url=found[1]) as http:
            async with http.get("/demo") as page:
                assert (page.status, "<live-captions" in await page.text()) == (200, True)
            languages: set[str] = set()
            while len(languages) < 4:  # conversations begin one after the other
                async with http.get("/v1/sessions") as answer:
                    languages = {view["language"] for view in (await answer.json())["sessions"]}
        process.send_signal(ending)
        rest, complained = await process.communicate()
    assert (process.returncode, rest, complained) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []


async def test_a_taken_port_is_one_line_and_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with demo(tmp_path, "--port", str(taken.getsockname()[1])) as process, asyncio.timeout(PATIENCE_S):
            said, complained = await process.communicate()
    assert (process.returncode, said) == (1, b"")
    assert complained.decode().endswith("--port 0 takes a free one\n")
    assert complained.count(b"\n") == 1


@pytest.mark.parametrize("options", [("--port", "65536"), ("--speed", "0"), ("--speed", "nan"), ("--speed", "101")])
async def test_wrong_usage_is_two_and_one_line(tmp_path: Path, options: tuple[str, str]) -> None:
    async with demo(tmp_path, *options) as process, asyncio.timeout(PATIENCE_S):
        said, complained = await process.communicate()
    assert (process.returncode, said, complained.count(b"\n")) == (2, b"", 1)
    assert options[0] in complained.decode()
