"""The C load client and the C floor server: found in the source tree, compiled for each run, obeyed over pipes.

They stand in tests/bench/fanout; an installed package has no tests, so the source tree has to be the working folder.
"""

import asyncio
import contextlib
import json
import mmap
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from captiond.base.errors import CaptiondError
from captiond.bench.processes import started_on

FOLDER: Final = Path("tests", "bench", "fanout")
SOURCE_TREE: Final = Path(__file__).parents[2]
FLAGS: Final = ("-O2", "-Wall", "-Wextra")
LOAD_SOURCES: Final = ("load.c", "viewers.c", "tally.c", "publish.c")
RING: Final = 65_536  # send times kept, as in load.h
WINDOW: Final = 100  # handshakes at a time: below every server's backlog
PATIENCE_S: Final = (
    150.0  # for an answer, beyond the time that was asked for: the load client gives up by itself before
)


class LoadFailed(CaptiondError):
    """The load client, or a server beside ours, could not be made or has ended. Says what it said."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The compiled programs."""

    load: Path
    floor: Path


def folder() -> Path | None:
    """The sources: of the source tree that this module is in, or of the one that is the working folder."""
    return next((path for root in (SOURCE_TREE, Path.cwd()) if (path := root / FOLDER).is_dir()), None)


def compiler() -> str | None:
    """The C compiler."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def missing() -> str | None:
    """Why there is no C load client, and what to do about it; None where there is one."""
    if folder() is None:
        return f"no {FOLDER} here: run this in the source tree for the C load client and the floor"
    if compiler() is None:
        return "no C compiler on the PATH (Debian: apt-get install gcc libc6-dev): no C load client, no floor"
    return None


def compile_tools(into: Path) -> Tools:
    """Compiles both. Ask `missing` first.

    Raises:
        LoadFailed: the compiler refuses; its first lines say why.
    """
    source, cc = folder(), compiler()
    assert source is not None
    assert cc is not None
    tools = Tools(into / "load", into / "floor")
    for program, names in ((tools.load, LOAD_SOURCES), (tools.floor, ("floor.c",))):
        command = [cc, *FLAGS, "-o", str(program), *(str(source / name) for name in names)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise LoadFailed(f"{cc}: {' / '.join(ran.stderr.splitlines()[:3])}")
    return tools


class Times:
    """Send times that the feeder of a daemon shares with the load client, by number of the publication."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(RING * 8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), RING * 8)
        self._ns = memoryview(self._map).cast("Q")

    def sent(self, number: int, at_ns: int) -> None:
        """`at_ns`: CLOCK_MONOTONIC."""
        self._ns[number % RING] = at_ns

    def close(self) -> None:
        """Lets go of the file."""
        self._ns.release()
        self._map.close()


class Loader:
    """One load client: the viewers of one server. Every method answers what the client printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def connect(
        self, viewers: int, kind: str = "normal", *, window: int = WINDOW, bytes_per_s: int = 0
    ) -> dict[str, Any]:
        """More viewers: `normal`, `stalled` (reads nothing once it is in), `throttled` (reads `bytes_per_s`)."""
        return await self.ask(f"connect {viewers} {kind} {window} {bytes_per_s}")

    async def closed(
        self, seconds: float, *, in_flight: int = 2, burst: int = 1, one_frame: bool = True
    ) -> dict[str, Any]:
        """Captions as fast as they go out, `in_flight` at most on the way, `burst` at a time."""
        return await self.ask(f"closed {round(seconds * 1000)} {in_flight} {burst} {int(one_frame)}", seconds)

    async def open(self, rate: float, seconds: float) -> dict[str, Any]:
        """Captions at an even pace that nothing stretches."""
        return await self.ask(f"open {rate:f} {round(seconds * 1000)}", seconds)

    async def drop(self, kind: str) -> dict[str, Any]:
        """All viewers of a kind hang up."""
        return await self.ask(f"drop {kind}")

    async def storm(self, away: int, rate: float) -> dict[str, Any]:
        """All hang up, `away` captions pass, all come back at once with their positions."""
        return await self.ask(f"storm {away} {rate:f}", away / 1000)

    async def rest(self, seconds: float) -> dict[str, Any]:
        """Only reads."""
        return await self.ask(f"rest {round(seconds * 1000)}", seconds)

    async def ask(self, command: str, seconds: float = 0.0) -> dict[str, Any]:
        """One command.

        Raises:
            LoadFailed: it ended, or said nothing for too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._process.stdin.write(f"{command}\n".encode())
            async with asyncio.timeout(seconds + PATIENCE_S):
                line = await self._process.stdout.readline()
        if not line:
            raise LoadFailed(f"the load client ended while asked to {command.split(maxsplit=1)[0]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def loading(
    tools: Tools,
    *,
    port: int,
    path: str,
    transport: str,
    captions: bool,
    publisher: tuple[str, str],
    texts: Path,
    times: Path,
    cores: set[int],
    inherited: tuple[int, ...] = (),
) -> AsyncIterator[Loader]:
    """A load client for one server, while the block lasts.

    Args:
        captions: the server speaks captions.v1: a viewer is in with its snapshot, not with the response's head.
        publisher: how captions get in: kind and where, as load.c names them.
        texts: captions without their index, a line each.
    """
    arguments = ("127.0.0.1", str(port), path, transport, "captions" if captions else "plain", *publisher)
    with started_on(cores):
        process = await asyncio.create_subprocess_exec(
            str(tools.load),
            *arguments,
            str(texts),
            str(times),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=inherited,
        )
    try:
        yield Loader(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
