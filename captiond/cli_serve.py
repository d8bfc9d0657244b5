"""`captiond serve`: the daemon."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import uvloop

from captiond.config import ConfigError, load
from captiond.daemon import StartError, serve
from captiond.logs import set_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `captiond serve`."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML; default $CAPTIOND_CONFIG, else captiond.toml"
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes; more than 1 is not available yet"
    )


def run(args: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT. Exit status: 0 after a drain, 1 it cannot start, 2 wrong configuration."""
    if args.workers != 1:
        print("captiond: --workers: only 1; more is not available yet (not_available)", file=sys.stderr)
        return 2
    try:
        config = load(args.config, os.environ)
    except ConfigError as faults:
        print(faults, file=sys.stderr)
        return 2
    set_up(level=config.log.level, layout=config.log.format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(config, announce=announce))
    except StartError as fault:
        print(f"captiond: {fault}", file=sys.stderr)
        return 1
    return 0


def announce(url: str) -> None:
    """The one line on stdout."""
    print(f"captiond serves at {url}", flush=True)
