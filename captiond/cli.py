"""The command line: which commands there are, and how each ends. Each command's module is loaded only when it runs.

Exit status: 0 done, 1 it failed, 2 wrong usage or configuration. Faults go to stderr, one line each, never a traceback
(with `$CAPTIOND_DEBUG` one before them, without what exceptions say). Source: contract, section 1.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, NoReturn

from captiond import __version__
from captiond.base.errors import CaptiondError
from captiond.base.inside import trace
from captiond.config import ConfigError
from captiond.logs import describe

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, one line about it, and the module with `add_arguments(parser)` and `run(args) -> int`.

    `module` is None where the command is not available yet; `parts` are the commands below it.
    """

    name: str
    says: str
    module: str | None = None
    parts: tuple["Command", ...] = ()


COMMANDS: Final = (
    Command("demo", "show live captions on this machine, with no account", "captiond.cli_demo"),
    Command("serve", "run the daemon", "captiond.cli_serve"),
    Command("check-config", "name every fault of the configuration", "captiond.cli_config"),
    Command("simulate", "run the Genesys simulator alone", "captiond.cli_simulate"),
    Command("redact", "a filter: transcripts in, redacted transcripts out", "captiond.cli_redact"),
    Command("watch", "watch a session's captions in the terminal", "captiond.cli_watch"),
    Command("overlay", "show a session's captions in a window on top of the desktop", "captiond.cli_overlay"),
    Command("token", "mint a viewer token", "captiond.cli_token"),
    Command("audit", "check and read the audit chain", "captiond.cli_audit"),
    Command("transcribe", "have a stored recording transcribed", "captiond.cli_transcribe"),
    Command("interaction", "have the talk of an interaction transcribed", "captiond.cli_interaction"),
    Command("recording", "fetch the transcript of a recording", "captiond.cli_recording"),
    Command("messaging", "fetch the transcripts of messaging conversations", "captiond.cli_messaging"),
    Command("jobs", "list, show and cancel jobs", "captiond.cli_jobs"),
    Command("erase", "erase all that is kept of a job or a session", "captiond.cli_erase"),
    Command("search", "search what was said", "captiond.cli_search"),
    Command("outbox", "list, show and send again what sinks are to get", "captiond.cli_outbox"),
    Command(
        "bench",
        "repeat the project's own measurements",
        parts=(
            Command("core", "one event through the core", "captiond.bench.core"),
            Command("redaction", "what captions show and hide of private numbers", "captiond.bench.redaction"),
            Command("fanout", "one caption to many viewers", "captiond.bench.fanout"),
            Command("stability", "how steady captions are to read, and what that costs", "captiond.bench.stability"),
            Command("ingest", "many events from upstream"),
        ),
    ),
)
NOT_AVAILABLE: Final = "not available yet in this version (not_available)"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; answers its exit status. Help and wrong usage leave by `SystemExit`, as argparse does it."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _Parser(prog="captiond", description=_ABOUT)
    parser.add_argument("--version", action=_Version)
    try:
        _add_commands(parser, COMMANDS, arguments)
        args, rest = parser.parse_known_args(arguments)
        command: Command = args.command
        if command.module is None:  # whatever its arguments will be
            print(f"captiond: {args.named}: {NOT_AVAILABLE}", file=sys.stderr)
            return FAILED
        if rest:
            args.parser.error(f"unrecognized arguments: {' '.join(rest)}")
        status = import_module(command.module).run(args)
        sys.stdout.flush()
        return int(status)
    except KeyboardInterrupt:
        return FAILED
    except (GeneratorExit, SystemExit):
        raise
    except BaseException as fault:  # whatever it is: the interpreter would print it with its words
        if os.environ.get("CAPTIOND_DEBUG"):
            print(trace(fault), file=sys.stderr)
        return _explain(fault)


class _Version(argparse.Action):
    """Says what runs here. The core is asked only now: no other command has to wait for it."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="what runs here")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        how = import_module("captiond.core.compiled").HOW
        print(f"captiond {__version__} (core: {how})")
        parser.exit()


def _explain(fault: BaseException) -> int:
    """Says on stderr what went wrong, one line for each fault; answers the exit status."""
    if isinstance(fault, ConfigError):
        for one in fault.faults:
            print(f"captiond: {one}", file=sys.stderr)
        return WRONG_USAGE
    if isinstance(fault, BrokenPipeError):
        # Whoever read us has seen enough. The interpreter would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if isinstance(fault, CaptiondError):
        print(f"captiond: {fault}", file=sys.stderr)
    elif isinstance(fault, OSError) and fault.strerror:
        where = f"{fault.filename}: " if fault.filename else ""
        print(f"captiond: {where}{fault.strerror}", file=sys.stderr)
    else:
        print(f"captiond: internal fault: {describe(fault)}; CAPTIOND_DEBUG=1 shows the lines", file=sys.stderr)
    return FAILED


class _Parser(argparse.ArgumentParser):
    """One line for a fault, as everywhere: the whole usage would bury it. Commands get parsers of this class."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


_ABOUT: Final = "Live captions: Genesys Cloud transcription in, private and complete captions out."


def _add_commands(parser: argparse.ArgumentParser, commands: Sequence[Command], arguments: Sequence[str]) -> None:
    """Adds all of `commands`; only the one that `arguments` name gets its own arguments: that loads its module."""
    choices = parser.add_subparsers(metavar="COMMAND", required=True)
    named = next((position for position, word in enumerate(arguments) if not word.startswith("-")), len(arguments))
    for command in commands:
        says = command.says if command.module or command.parts else f"{command.says} (not available yet)"
        part = choices.add_parser(command.name, help=says, description=_sentence(says))
        part.set_defaults(command=command, parser=part, named=part.prog.partition(" ")[2])
        if named == len(arguments) or arguments[named] != command.name:
            continue
        if command.parts:
            _add_commands(part, command.parts, arguments[named + 1 :])
        elif command.module is not None:
            import_module(command.module).add_arguments(part)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
