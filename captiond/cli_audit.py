"""`captiond audit`: `verify` checks a chain and names the first broken record, `export` prints records."""

import argparse
import sys
from pathlib import Path

from captiond.audit_chain import read, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("verify", help="check the chain; name the first broken record")
    check.add_argument("file", metavar="FILE", type=Path)
    check.set_defaults(action=_verify)
    export = actions.add_parser("export", help="print the records as they stand")
    export.add_argument("file", metavar="FILE", type=Path)
    export.add_argument("--session", metavar="ID", help="those of one session only")
    export.set_defaults(action=_export)


def run(args: argparse.Namespace) -> int:
    """0 where the chain holds, or the records were printed."""
    status: int = args.action(args)
    return status


def _verify(args: argparse.Namespace) -> int:
    verdict = verify(args.file)
    if verdict.broken is None:
        print(f"{args.file}: the chain holds, {verdict.records} records, last hash {verdict.last_hash}")
        return 0
    print(
        f"captiond: {args.file}: record {verdict.broken.line} is broken: {verdict.broken.reason} "
        f"({verdict.records} records before it hold)",
        file=sys.stderr,
    )
    return 1


def _export(args: argparse.Namespace) -> int:
    for line in read(args.file, args.session):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0
