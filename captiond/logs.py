"""Logs: one line each on stderr, JSON for machines, text on a terminal. Never a local variable, never a doubtful text.

What an exception says may be somebody's words (a parser quotes what it could not parse), so an exception's message is
written only where it is one of ours, or the operating system's. Its type and the places it passed are always written.
"""

import logging
import re
import sys
import threading
import traceback
from typing import Any, Final, TextIO

import orjson

from captiond.base.errors import CaptiondError
from captiond.base.instants import iso_utc

log = logging.getLogger(__name__)

MAX_LINE_CHARS: Final = 4_000  # longer ones are cut: a log is no place for documents
MAX_FRAMES: Final = 12  # of an exception, the innermost
OURS: Final = "captiond"
# In a line of asyncio: a handle or task with all that it holds, or what a callback was called with.
_ARGUMENTS: Final = re.compile(r" ?<.*>|\(.*")
# What a record has by itself; anything else came in `extra` and is a field of the line.
_BUILT_IN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(*, level: str, layout: str, stream: TextIO | None = None) -> None:
    """Sends every logger's lines to `stream` (stderr), in place of what was set up before.

    Args:
        level: of captiond's own lines: "debug", "info", "warning" or "error". Libraries are heard from "warning" on:
            below that some of them write whole frames, which hold conversations.
        layout: "json", "text", or "auto": text where `stream` is a terminal.
    """
    stream = stream or sys.stderr
    text = layout == "text" or (layout == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if text else JsonLines())
    handler.addFilter(may_be_heard)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    # Request lines hold tokens in their query.
    logging.getLogger("aiohttp.access").disabled = True
    logging.captureWarnings(True)


def may_be_heard(record: logging.LogRecord) -> bool:
    """Whether a line may be written: ours by our level, a library's from "warning" on, whatever level it was given."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] == OURS


def tell_uncaught() -> None:
    """What nobody has caught becomes a line as any other: the interpreter would print it with its message, which may
    be somebody's words.
    """
    threading.excepthook = _thread_stopped
    sys.unraisablehook = _not_raised


def _thread_stopped(hook: threading.ExceptHookArgs) -> None:
    name = hook.thread.name if hook.thread is not None else "unknown"
    fault = hook.exc_value
    log.error("a thread has stopped: thread=%s", name, exc_info=fault)


def _not_raised(hook: "sys.UnraisableHookArgs") -> None:
    log.error("an exception went nowhere", exc_info=hook.exc_value)


class JsonLines(logging.Formatter):
    """A record as one JSON object: time, level, logger, message, its extra fields, and its exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its newline."""
        line = {
            "time": iso_utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
            **extras_of(record),
        }
        if fault := exception_of(record):
            line["exception"] = fault
        return orjson.dumps(line, default=_no_value, option=orjson.OPT_NON_STR_KEYS).decode()


class TextLines(logging.Formatter):
    """A record as one line for people: time, level, logger, message, then fields as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its newline."""
        fields = "".join(f" {key}={value}" for key, value in extras_of(record).items())
        fault = exception_of(record)
        said = f"{message_of(record)}{fields}" + (f" [{fault}]" if fault else "")
        name = record.name.removeprefix(f"{OURS}.")
        return f"{iso_utc(record.created)[11:23]} {record.levelname.lower():7} {name}: {_one_line(said)}"


def message_of(record: logging.LogRecord) -> str:
    """The message on one line. asyncio's shows arguments and results, hence text: only what stands before them."""
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # a wrong format string must not end the caller
        said = str(record.msg)
    if record.name == "asyncio":
        said = _ARGUMENTS.sub("", said.partition("\n")[0])
    return _one_line(said)


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that the caller gave with `extra`."""
    return {key: value for key, value in vars(record).items() if key not in _BUILT_IN and value is not None}


def exception_of(record: logging.LogRecord) -> str:
    """The exception of a record in one line: type, message where it is safe, and where it passed. "" without one."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return describe(record.exc_info[1])


def describe(fault: BaseException) -> str:
    """An exception in one line that may be logged; of a group, each of its exceptions."""
    said = type(fault).__name__
    if isinstance(fault, BaseExceptionGroup):
        said += ": " + "; ".join(describe(inner) for inner in fault.exceptions[:MAX_FRAMES])
    elif isinstance(fault, CaptiondError | ImportError):
        said += f": {fault}"
    elif isinstance(fault, OSError) and fault.strerror:
        said += f": {fault.strerror}"
    frames = traceback.extract_tb(fault.__traceback__)[-MAX_FRAMES:]
    places = " < ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return _one_line(f"{said} at {places}" if places else said)


def _short(filename: str) -> str:
    """A source file as one finds it: inside its package, without the folders of this machine."""
    parts = filename.replace("\\", "/").rsplit("/", 3)
    return "/".join(parts[-2:])


def _one_line(text: str) -> str:
    # Control characters could forge a second line, or steer a terminal.
    clean = "".join(character if character.isprintable() else " " for character in text[: MAX_LINE_CHARS + 1])
    return clean if len(clean) <= MAX_LINE_CHARS else clean[:MAX_LINE_CHARS] + "..."


def _no_value(value: object) -> str:
    return type(value).__name__
