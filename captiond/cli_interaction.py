"""`captiond interaction`: has the talk of an interaction transcribed, and prints the redacted text."""

import argparse

from captiond.cli_follow import add_follow_arguments, follow
from captiond.jobs.machine import INTERACTION


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("interaction", metavar="ID", help="the interaction, by Genesys' id")
    parser.add_argument("--locale", metavar="TAG", default="en-US", help="what is spoken (default: en-US)")
    parser.add_argument(
        "--keep-pii", action="store_true", help="Genesys need not redact; captiond's own redaction holds"
    )
    add_follow_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 where there is a transcript (it may be empty: see its `status`)."""
    body = {"interactionId": args.interaction, "locale": args.locale, "redactPii": not args.keep_pii}
    return follow(args, INTERACTION, body)
