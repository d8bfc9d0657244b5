"""What the overlay costs: `python -m tests.overlay.measure [--seconds 20] [--hours 8]`, on a machine with Xvfb.

First 60 updates a second, as processor time over wall time, without and with edges (the dearest look); then as many
hours of talk as are asked for, as fast as they are taken, with its memory after each eighth.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

ROOT: Final = Path(__file__).parents[2]
UPDATES_PER_S: Final = 60
SAID: Final = "I would like to know whether the order that I placed last week has been sent to my new address"
WORDS: Final = SAID.split()
PARTIALS: Final = len(WORDS)
FINALS_PER_HOUR: Final = 900  # one line every four seconds
TAKEN_EVERY: Final = 100
SERVER_TIME: Final = "2024-06-15T10:00:00.000Z"


def stream() -> Iterator[dict[str, Any]]:
    """Talk without end: partials that grow word by word, a final, the next speaker."""
    index = utterance = 0
    while True:
        utterance += 1
        for revision in range(1, PARTIALS + 2):
            index += 1
            final = revision > PARTIALS
            text = " ".join(WORDS[:revision]) + (" [CC]." if final else "")
            yield {
                "type": "caption", "index": index, "utterance": f"u{utterance}", "revision": revision, "final": final,
                "text": text, "stableLength": len(text) if final else len(text) // 2, "held": False,
                "channel": ("internal", "external")[utterance % 2], "language": "en-US",
                "emittedAt": SERVER_TIME, "sentAt": SERVER_TIME, "redactions": {},
            }  # fmt: skip


def greeting() -> list[dict[str, Any]]:
    """What a viewer gets first."""
    welcome = {
        "type": "welcome", "protocol": "captions.v1", "session": "call-1", "position": "aaaaaaaa.0", "recovered": False,
        "state": "live", "language": "en-US", "pingS": 25, "serverTime": SERVER_TIME,
    }  # fmt: skip
    return [welcome, {"type": "snapshot", "position": "aaaaaaaa.0", "captions": [], "gaps": [], "earlierFinals": 0}]


class Talk:
    """A caption server for one viewer: at a pace, or as fast as the viewer reads."""

    def __init__(self, *, updates: int, per_s: float | None) -> None:
        self.sent, self._updates, self._per_s = 0, updates, per_s
        self.done = asyncio.Event()

    async def __call__(self, socket: ServerConnection) -> None:
        """Talks until the viewer has gone."""
        with contextlib.suppress(ConnectionClosed):
            await self._talk(socket)

    async def _talk(self, socket: ServerConnection) -> None:
        for message in greeting():
            await socket.send(json.dumps(message))
        began_s = time.monotonic()
        for message in stream():
            if self.sent >= self._updates:
                break
            if self._per_s is not None:
                await asyncio.sleep(max(0.0, began_s + self.sent / self._per_s - time.monotonic()))
            await socket.send(json.dumps(message))
            self.sent += 1
            if self._per_s is None and self.sent % TAKEN_EVERY == 0:
                await (await socket.ping())  # answered in order: all before it has been read
        self.done.set()
        await socket.wait_closed()


def cpu_s(pid: int) -> float:
    """Processor time of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Its memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def overlay(url: str, environ: dict[str, str], *options: str) -> asyncio.subprocess.Process:
    """The command, on the virtual screen."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "captiond", "overlay", url, "call-1", *options), cwd=ROOT, env=environ
    )


async def pace(environ: dict[str, str], seconds: float, *options: str) -> None:
    """Prints what 60 updates a second cost."""
    talk = Talk(updates=int((seconds + 5) * UPDATES_PER_S), per_s=UPDATES_PER_S)
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        process = await overlay(f"http://127.0.0.1:{port_of(server)}", environ, *options)
        while talk.sent < 2 * UPDATES_PER_S:  # noqa: ASYNC110  (started, and its first lines laid out)
            await asyncio.sleep(0.05)
        began_s, sent, used_s = time.monotonic(), talk.sent, cpu_s(process.pid)
        await asyncio.sleep(seconds)
        wall_s = time.monotonic() - began_s
        share = (cpu_s(process.pid) - used_s) / wall_s
        print(f"{(talk.sent - sent) / wall_s:.1f} updates/s {' '.join(options)}: {share:.1%} of a core")
        await closed(process)


async def closed(process: asyncio.subprocess.Process) -> None:
    """Closes it as its user does; it has to have lived until then."""
    process.terminate()
    assert await process.wait() == 0


async def hours(environ: dict[str, str], count: float) -> None:
    """Prints its memory over that much talk."""
    updates = int(count * FINALS_PER_HOUR * (PARTIALS + 1))
    talk = Talk(updates=updates, per_s=None)
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        process = await overlay(f"http://127.0.0.1:{port_of(server)}", environ)
        began_s = time.monotonic()
        for eighth in range(1, 9):
            while talk.sent < updates * eighth // 8:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            print(f"{count * eighth / 8:.1f} h ({talk.sent} updates): {rss_mb(process.pid):.1f} MB", flush=True)
        print(f"in {time.monotonic() - began_s:.0f} s, {cpu_s(process.pid):.0f} s of processor time")
        await closed(process)


def port_of(server: Any) -> int:
    """Where it listens."""
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


async def main() -> None:
    """Both, on a screen of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--hours", type=float, default=8.0)
    args = parser.parse_args()
    assert shutil.which("Xvfb"), "the Debian package xvfb is needed"
    read, write = os.pipe()
    screen = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp"),
        pass_fds=(write,), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    number = await asyncio.to_thread(os.read, read, 16)
    try:
        with tempfile.TemporaryDirectory() as folder:
            environ = os.environ | {"DISPLAY": f":{number.decode().strip()}", "XDG_CONFIG_HOME": folder}
            for options in ((), ("--opacity", "0"), ("--lines", "16", "--size", "24", "--opacity", "0")):
                await pace(environ, args.seconds, *options)
            await hours(environ, args.hours)
    finally:
        screen.terminate()
        await screen.wait()


if __name__ == "__main__":
    asyncio.run(main())
