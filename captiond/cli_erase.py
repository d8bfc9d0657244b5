"""`captiond erase`: all that is kept of a job or a session, in the daemon's database; the daemon may run or not."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from captiond.cli_config import add_config_argument, configured
from captiond.db import erasing
from captiond.db.address import sqlite_path
from captiond.db.beside import beside
from captiond.jobs.shelf import Shelf

KEPT: Final[dict[str, Callable[..., erasing.Kept]]] = {"job": erasing.job_kept, "session": erasing.session_kept}
PORTION: Final[dict[str, Callable[..., bool]]] = {"job": erasing.erase_job, "session": erasing.erase_session}
READ: Final = "somebody reads the database, a backup perhaps: its log of changes holds the texts for up to an hour"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.description = (
        "What is kept of these is erased and overwritten: captions, results, files, documents for sinks, and what the "
        "search knows of them. Only of what is over. A daemon that runs holds a session's last captions in memory for "
        "[sessions] retention_s: DELETE /v1/sessions/ID?erase=1 takes them from there, too, and ends what is not over."
    )
    parser.add_argument("what", choices=("job", "session"), help="of what")
    parser.add_argument("ids", metavar="ID", nargs="+", help="which")
    add_config_argument(parser)


def run(args: argparse.Namespace) -> int:
    """1 where one of them is not there, or is not over; the others are erased."""
    url = configured(args).database.url
    status = 0
    with beside(url) as database:
        for one in dict.fromkeys(args.ids):
            kept = KEPT[args.what](database, one)
            if kept == "over":
                if args.what == "job":
                    asyncio.run(Shelf(Path(f"{sqlite_path(url)}-files")).erase(one))
                erased = erasing.erase_beside(database, partial(PORTION[args.what], **{args.what: one}))
                print(f"{one} erased")
                if not erased:
                    print(f"captiond: {READ}", file=sys.stderr)
                continue
            status = 1
            why = f"there is no {args.what} {one}" if kept == "nothing" else f"{one} is not over: end it first"
            print(f"captiond: {why}", file=sys.stderr)
    return status
