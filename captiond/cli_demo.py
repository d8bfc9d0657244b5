"""`captiond demo`: everything on this machine, with no account."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Final

import uvloop

from captiond.demo import demonstrating
from captiond.listening import StartError
from captiond.logs import set_up, tell_uncaught
from captiond.memory import keep_private

log = logging.getLogger(__name__)

DEFAULT_PORT: Final = 8787
MAX_SPEED: Final = 100.0  # beyond that a browser draws nothing that one could read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `captiond demo`."""
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="P", help="default 8787; 0 takes a free one")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="conversation seconds in a second")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def run(args: argparse.Namespace) -> int:
    """Plays until Ctrl-C or SIGTERM."""
    if not 0 <= args.port <= 65_535:
        print("captiond: --port: allowed are 0 to 65535", file=sys.stderr)
        return 2
    if not 0 < args.speed <= MAX_SPEED:
        print(f"captiond: --speed: allowed is more than 0, at most {MAX_SPEED:g}", file=sys.stderr)
        return 2
    left_open = keep_private()
    set_up(level="warning", layout="auto")
    tell_uncaught()
    for one in left_open:
        log.warning("memory is not private: %s", one)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="captiond-demo-") as folder,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(demonstrate(Path(folder), port=args.port, speed=args.speed, browse=args.open))
    except StartError as fault:
        print(f"captiond: {fault}; --port 0 takes a free one", file=sys.stderr)
        return 1
    return 0


async def demonstrate(folder: Path, *, port: int, speed: float, browse: bool) -> None:
    """Runs the demo in `folder` until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    (folder / "demo.toml").touch()
    async with demonstrating(folder, port=port, speed=speed) as daemon:
        page = f"{daemon.url}/demo"
        print(f"captiond demo: open {page} in a browser; Ctrl-C ends it", flush=True)
        if browse:
            await asyncio.to_thread(webbrowser.open, page)
        await stop.wait()
