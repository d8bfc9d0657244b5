"""`captiond messaging`: fetches conversations of web messaging, and prints them redacted."""

import argparse
from collections.abc import Mapping
from typing import Any, TextIO

import aiohttp
import orjson

from captiond.base.errors import CaptiondError
from captiond.cli_follow import add_follow_arguments, follow
from captiond.cli_numbers import whole
from captiond.jobs.machine import MESSAGING
from captiond.jobs.requests import MAX_WINDOW


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("conversations", metavar="ID", nargs="*", help="a conversation, by Genesys' id")
    parser.add_argument(
        "--session",
        metavar="ID",
        action="extend",
        nargs="+",
        dest="sessions",
        default=[],
        help="a guest session, whose conversation is looked for",
    )
    parser.add_argument("--from", metavar="TIME", dest="since", help="in ISO 8601 (default: 24 hours before --to)")
    parser.add_argument("--to", metavar="TIME", dest="until", help="in ISO 8601 (default: now)")
    parser.add_argument(
        "--window", metavar="N", type=whole(0, MAX_WINDOW), help="so many of the last messages (default: configured)"
    )
    parser.add_argument(
        "--keep-pii", action="store_true", help="Genesys need not redact; captiond's own redaction holds"
    )
    add_follow_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 where there is a conversation; those that could not be had are its `errors`."""
    body = {
        "conversationIds": args.conversations,
        "sessionIds": args.sessions,
        "from": args.since,
        "to": args.until,
        "contextWindow": args.window,
        "redactPii": not args.keep_pii,
    }
    return follow(args, MESSAGING, {name: value for name, value in body.items() if value is not None}, write=_write)


async def _write(http: aiohttp.ClientSession, url: str, result: Mapping[str, Any], out: TextIO) -> None:
    """The whole result as one JSON object. Conversations that it has no room for are fetched one at a time."""
    rest = {name: value for name, value in result.items() if name != "conversations"}
    out.write('{"conversations":[')
    for place, conversation in enumerate(result["conversations"]):
        whole = conversation
        if (address := conversation.get("messagesAt")) is not None:
            async with http.get(f"{url}{address}") as response:
                if response.status != 200:
                    raise CaptiondError(f"the daemon does not have a conversation any more ({response.status})")
                whole = orjson.loads(await response.read())
        out.write("," * bool(place) + orjson.dumps(whole).decode())
    out.write("]," + orjson.dumps(rest).decode()[1:] + "\n")
