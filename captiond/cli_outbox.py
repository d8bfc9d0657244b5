"""`captiond outbox`: `list`, `show` and `replay`, in the daemon's database; the daemon may run or not."""

import argparse
import sys
import time
from typing import Final

import orjson

from captiond.base.instants import iso_utc
from captiond.cli_config import add_config_argument, configured
from captiond.cli_numbers import MAX_LISTED, whole
from captiond.db import outbox as rows
from captiond.db.beside import beside
from captiond.db.outbox import Parcel

SINKS: Final = ("nlp", "compliance", "index")
STATES: Final = ("pending", "dead", "delivered")
SHOWN: Final = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="documents for sinks, the newest first")
    listing.add_argument("--sink", choices=SINKS, help="of this sink only")
    listing.add_argument("--state", choices=STATES, help="in this state only")
    listing.add_argument(
        "--limit", type=whole(1, MAX_LISTED), default=SHOWN, metavar="N", help="at most so many (default: 50)"
    )
    listing.add_argument("--json", action="store_true", help="JSON Lines")
    listing.set_defaults(action=_list)
    show = actions.add_parser("show", help="one document and where it stands, as JSON")
    show.add_argument("id", metavar="ID")
    show.set_defaults(action=_show)
    replay = actions.add_parser("replay", help="send again: those that are named, or all that are dead")
    replay.add_argument("ids", metavar="ID", nargs="*")
    replay.add_argument("--all", action="store_true", help="all that are dead")
    replay.add_argument("--sink", choices=SINKS, help="with --all: of this sink only")
    replay.set_defaults(action=_replay, parser=replay)
    for part in (listing, show, replay):
        add_config_argument(part)


def run(args: argparse.Namespace) -> int:
    """1 where there is no such document, or nothing to send again."""
    status: int = args.action(args)
    return status


def _list(args: argparse.Namespace) -> int:
    with beside(configured(args).database.url) as database:
        found = rows.listing(database, sink=args.sink, state=args.state, most=args.limit)
    for parcel in found:
        if args.json:
            print(orjson.dumps(_facts(parcel)).decode())
        else:
            why = parcel.why or ""
            print(
                f"{parcel.id}  {iso_utc(parcel.created_s)}  {parcel.sink}  {parcel.state}  "
                f"tries={parcel.tries}  {why}".rstrip()
            )
    return 0


def _show(args: argparse.Namespace) -> int:
    with beside(configured(args).database.url) as database:
        parcel = rows.get(database, args.id)
    if parcel is None:
        print(f"captiond: there is no document {args.id}", file=sys.stderr)
        return 1
    shown = {**_facts(parcel), "body": orjson.loads(parcel.body)}
    print(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
    return 0


def _replay(args: argparse.Namespace) -> int:
    if bool(args.ids) == args.all:
        args.parser.error("name documents, or give --all")
    with beside(configured(args).database.url) as database:
        ids = None if args.all else args.ids
        many = rows.replay(database, ids=ids, sink=args.sink, now_s=time.time())
    print(f"to be sent again: {many}")
    return 0 if many or args.all else 1


def _facts(parcel: Parcel) -> dict[str, object]:
    return {
        "id": parcel.id,
        "sink": parcel.sink,
        "job": parcel.job,
        "state": parcel.state,
        "tries": parcel.tries,
        "why": parcel.why,
        "createdAt": iso_utc(parcel.created_s),
        "nextTryAt": iso_utc(parcel.due_s) if parcel.state == "pending" else None,
        "endedAt": None if parcel.ended_s is None else iso_utc(parcel.ended_s),
    }
