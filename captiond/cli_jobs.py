"""`captiond jobs`: `list`, `show` and `cancel`, in the daemon's database; the daemon may run or not."""

import argparse
import sys
import time
from typing import Final

import orjson

from captiond.cli_config import add_config_argument, configured
from captiond.cli_numbers import MAX_LISTED, whole
from captiond.db import jobs as rows
from captiond.db.beside import beside
from captiond.jobs.machine import State
from captiond.jobs.views import summary, view

SHOWN: Final = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the newest jobs, newest first")
    listing.add_argument("--kind", help="of this kind only")
    listing.add_argument("--state", choices=list(State), help="in this state only")
    listing.add_argument(
        "--limit", type=whole(1, MAX_LISTED), default=SHOWN, metavar="N", help="at most so many (default: 50)"
    )
    listing.add_argument("--json", action="store_true", help="JSON Lines")
    listing.set_defaults(action=_list)
    show = actions.add_parser("show", help="one job, with its result or error, as JSON")
    show.add_argument("id", metavar="ID")
    show.set_defaults(action=_show)
    cancel = actions.add_parser("cancel", help="end a job that has not ended")
    cancel.add_argument("id", metavar="ID")
    cancel.set_defaults(action=_cancel)
    for part in (listing, show, cancel):
        add_config_argument(part)


def run(args: argparse.Namespace) -> int:
    """1 where there is no such job, or it has ended already."""
    status: int = args.action(args)
    return status


def _list(args: argparse.Namespace) -> int:
    with beside(configured(args).database.url) as database:
        found = rows.listing(database, kind=args.kind, state=args.state, most=args.limit)
    for job in found:
        said = summary(job)
        if args.json:
            print(orjson.dumps(said).decode())
        else:
            progress = f"{said['progress']['done']}/{said['progress']['of']}"
            code = job.error["code"] if job.error else ""
            print(f"{job.id}  {said['createdAt']}  {job.kind}  {job.state}  {progress} {job.phase}  {code}".rstrip())
    return 0


def _show(args: argparse.Namespace) -> int:
    with beside(configured(args).database.url) as database:
        job = rows.get(database, args.id)
    if job is None:
        return _unknown(args.id)
    print(orjson.dumps(view(job), option=orjson.OPT_INDENT_2).decode())
    return 0


def _cancel(args: argparse.Namespace) -> int:
    with beside(configured(args).database.url) as database:
        before = rows.get(database, args.id)
        if before is None:
            return _unknown(args.id)
        job = rows.cancel(database, args.id, now_s=time.time())
    assert job is not None
    if State(before.state).over:
        print(f"captiond: {args.id} has ended already: {before.state}", file=sys.stderr)
        return 1
    print(f"{job.id} {job.state}")
    return 0


def _unknown(job: str) -> int:
    print(f"captiond: there is no job {job}", file=sys.stderr)
    return 1
