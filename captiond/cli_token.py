"""`captiond token`: mints a viewer token with the configuration's secret and prints it."""

import argparse
import re
import time
from typing import Final

from captiond.cli_config import add_config_argument, configured
from captiond.config import ConfigError, Fault
from captiond.serve.tokens import mint

DEFAULT_TTL_S: Final = 3_600
LONGEST_TTL_S: Final = 31_536_000  # a year: a token cannot be taken back
_SESSION: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}|\*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--session",
        metavar="ID",
        action="extend",
        nargs="+",
        required=True,
        type=_session,
        help='the sessions that may be watched; "*" for all',
    )
    parser.add_argument(
        "--ttl", metavar="S", type=_ttl, default=DEFAULT_TTL_S, help=f"seconds it is good for ({DEFAULT_TTL_S})"
    )
    add_config_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the token, alone on its line."""
    secret = configured(args).auth.token_secret.get_secret_value()
    if not secret:
        raise ConfigError([Fault("auth.token_secret", "empty", "a secret to sign tokens with")])
    token, _ = mint(secret, sessions=args.session, ttl_s=args.ttl, now_s=time.time())
    print(token)
    return 0


def _session(text: str) -> str:
    if _SESSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed are 1 to 128 of A-Z a-z 0-9 . _ : -, or *")
    return text


def _ttl(text: str) -> int:
    try:
        ttl_s = int(text)
    except ValueError:
        ttl_s = 0
    if not 1 <= ttl_s <= LONGEST_TTL_S:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a whole number of seconds from 1 to {LONGEST_TTL_S}")
    return ttl_s
