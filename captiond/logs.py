"""Logs: one line each on stderr, JSON for machines, text on a terminal. Never a local variable, never a doubtful text.

What an exception says may be somebody's words (a parser quotes what it could not parse), so an exception's message is
written only where it is one of ours; the operating system's errors are named. Its type and the places it passed are
always written.

That is true of each record from where it is made, and not only of what this module writes: whoever adds a handler of
his own, a reporter of errors for instance, gets no exception with its frames, and no line of asyncio with arguments.
"""

import logging
import re
import sys
import threading
from typing import Any, Final, TextIO

import orjson

from captiond.base import inside
from captiond.base.instants import iso_utc

log = logging.getLogger(__name__)

MAX_LINE_CHARS: Final = 4_000  # longer ones are cut: a log is no place for documents
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
    logging.setLogRecordFactory(make_record)
    handler = _Lines(stream)
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


def make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record of which nothing but its own words can be read, whoever handles it: no frames, no arguments."""
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[1] is not None:
        left = inside.told_of(record.exc_info[1])
        record.exc_info = (type(left), left, None)
    if record.name == "asyncio":
        record.msg, record.args = _without_arguments(_said(record)), ()
    return record


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines. The library would answer a line that fails with its arguments as they are, on stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the library's name)
        """A line that cannot be written is lost: there is no other place to say so."""


def may_be_heard(record: logging.LogRecord) -> bool:
    """Whether a line may be written: ours by our level, a library's from "warning" on, whatever level it was given."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] == OURS


def tell_uncaught() -> None:
    """What nobody has caught becomes a line as any other: the interpreter would print it with its message, which may
    be somebody's words.
    """
    sys.excepthook = _process_stops
    threading.excepthook = _thread_stopped
    sys.unraisablehook = _not_raised


def tell_of_loop(_loop: object, context: dict[str, Any]) -> None:
    """The event loop's handler of what nobody has caught. asyncio's own writes what callbacks were called with."""
    fault = context.get("exception")
    said = _without_arguments(str(context.get("message") or "something failed"))
    log.error("event loop: %s", said, exc_info=_told_of(fault))


def _process_stops(_kind: type[BaseException], fault: BaseException, _traceback: object) -> None:
    log.critical("the process stops", exc_info=inside.told_of(fault))


def _thread_stopped(hook: threading.ExceptHookArgs) -> None:
    name = hook.thread.name if hook.thread is not None else "unknown"
    log.error("a thread has stopped: thread=%s", name, exc_info=_told_of(hook.exc_value))


def _not_raised(hook: "sys.UnraisableHookArgs") -> None:
    log.error("an exception went nowhere", exc_info=_told_of(hook.exc_value))


def _told_of(fault: BaseException | None) -> inside.Inside | None:
    return None if fault is None else inside.told_of(fault)


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
    """The message on one line."""
    return _one_line(_said(record))


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a wrong format string must not end the caller
        return str(record.msg)


def _without_arguments(line: str) -> str:
    """asyncio's lines show arguments and results, hence text: only what stands before them."""
    return _ARGUMENTS.sub("", line.partition("\n")[0])


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that the caller gave with `extra`."""
    return {key: value for key, value in vars(record).items() if key not in _BUILT_IN and value is not None}


def exception_of(record: logging.LogRecord) -> str:
    """The exception of a record in one line: type, message where it is safe, and where it passed. "" without one."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return describe(record.exc_info[1])


def describe(fault: BaseException) -> str:
    """An exception in one line that may be logged (see `base.inside`)."""
    return _one_line(inside.describe(fault))


def _one_line(text: str) -> str:
    # Control characters could forge a second line, or steer a terminal.
    clean = "".join(character if character.isprintable() else " " for character in text[: MAX_LINE_CHARS + 1])
    return clean if len(clean) <= MAX_LINE_CHARS else clean[:MAX_LINE_CHARS] + "..."


def _no_value(value: object) -> str:
    return type(value).__name__
