"""What a viewer's command line asks for, checked before anything is opened: `captiond watch` and `captiond overlay`."""

import argparse
import re
import sys
from typing import Final
from urllib.parse import urlsplit

from captiond.watch.follow import LOOPBACK, BadAddress, stream_address

SESSION_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8192}")  # what fits a header; longer ones no server takes


def add_stream_arguments(parser: argparse.ArgumentParser) -> None:
    """Which session's captions: `URL SESSION [--token T]`."""
    parser.add_argument("url", metavar="URL", help="the daemon's base URL, such as http://127.0.0.1:8787")
    parser.add_argument("session", metavar="SESSION", help="the session's id")
    parser.add_argument("--token", metavar="T", help="a viewer token, where the daemon asks for one")


def asked_stream(args: argparse.Namespace, *, command: str) -> str:
    """The stream's address. Warns on stderr, in the name of `command`, of a token that goes out in the clear.

    Raises:
        BadAddress: names the argument that is wrong, without repeating it.
    """
    address = stream_address(args.url, args.session)
    if not SESSION_ID.fullmatch(args.session):
        raise BadAddress("SESSION: expected 1 to 128 of A-Z a-z 0-9 . _ : -")
    if args.token is not None and not TOKEN.fullmatch(args.token):
        raise BadAddress("--token: not a token")
    if args.token and address.startswith("ws:") and urlsplit(address).hostname not in LOOPBACK:
        sys.stderr.write(f"{command}: warning: the token goes over the network in the clear; use https\n")
    return address
