"""`captiond recording`: fetches the transcript of a recording, and prints what it came to."""

import argparse

from captiond.cli_follow import add_follow_arguments, follow
from captiond.jobs.machine import RECORDING


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("transcript", metavar="TRANSCRIPT_ID", help="the transcript, by Genesys' id")
    parser.add_argument("--recording", metavar="ID", help="its recording, where Genesys does not say which that is")
    parser.add_argument("--language", metavar="TAG", help="what is spoken (default: what Genesys says)")
    parser.add_argument(
        "--resubmit", action="store_true", help="where there is no text, have Genesys transcribe once more"
    )
    parser.add_argument(
        "--fallback-on-timeout", action="store_true", help="fetch the audio where the transcript does not come in time"
    )
    add_follow_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 where there is a transcript, or its audio in its place (see `status`)."""
    body = {
        "transcriptId": args.transcript,
        "recordingId": args.recording,
        "language": args.language,
        "resubmit": args.resubmit,
        "fallbackOnTimeout": args.fallback_on_timeout,
    }
    return follow(args, RECORDING, {name: value for name, value in body.items() if value is not None})
