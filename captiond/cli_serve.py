"""`captiond serve`: the daemon."""

import argparse
import asyncio
import logging

import uvloop

from captiond.cli_config import add_config_argument, configured
from captiond.cli_numbers import whole
from captiond.config_rules import remarks
from captiond.core.compiled import COMPILED
from captiond.daemon import serve
from captiond.logs import set_up, tell_uncaught
from captiond.memory import keep_private
from captiond.workers.head import MAX_WORKERS

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `captiond serve`."""
    add_config_argument(parser)
    parser.add_argument(
        "--workers",
        type=whole(1, MAX_WORKERS),
        default=1,
        metavar="N",
        help="processes that serve viewers, for as many cores (default 1); the first one does all the rest as well",
    )


def run(args: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT, then drains. Raises `ConfigError`, or `StartError` where it cannot start."""
    left_open = keep_private()  # first: the configuration has secrets, too
    config = configured(args)
    set_up(level=config.log.level, layout=config.log.format)
    tell_uncaught()
    for one in left_open:
        log.warning("memory is not private: %s", one)
    if COMPILED:
        log.info("the core is compiled")
    else:
        log.warning("the core is not compiled, and several times slower: install captiond with a C compiler at hand")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, announce=announce, remarks=list(remarks(config)), workers=args.workers))
    return 0


def announce(url: str) -> None:
    """The one line on stdout."""
    print(f"captiond serves at {url}", flush=True)
