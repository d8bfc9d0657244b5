"""`captiond transcribe`: has a stored recording transcribed, and prints the redacted transcript."""

import argparse

from captiond.cli_follow import add_follow_arguments, follow
from captiond.jobs.machine import TRANSCRIPTION


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("media", metavar="MEDIA_ID", help="the recording, by Genesys' id")
    parser.add_argument(
        "--language",
        metavar="TAG",
        action="extend",
        nargs="+",
        dest="languages",
        help="what is spoken, the first is primary (default: en-US)",
    )
    parser.add_argument(
        "--redaction-policy", metavar="ID", help="a redaction policy of Genesys; ours holds in any case"
    )
    parser.add_argument("--no-speakers", action="store_true", help="do not tell speakers apart")
    add_follow_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 where there is a transcript (it may be empty: see its `status`)."""
    body = {
        "mediaId": args.media,
        "languages": args.languages or ["en-US"],
        "enableSpeakerIdentification": not args.no_speakers,
    }
    if args.redaction_policy:
        body["redactionPolicyId"] = args.redaction_policy
    return follow(args, TRANSCRIPTION, body)
