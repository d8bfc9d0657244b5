"""All that anybody outside the live path gets to see of what fails in it; and what fails: exceptions as careless code
raises them, in each of which stands what was said.
"""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.adversity.reporter import report

DIGITS, WORD = "4111 1111 1111 1111", "zebrafinch"
SAID = f"my card number is {DIGITS} and the word is {WORD}"
SECRETS = ("4111 1111", "1111 1111", WORD)


class Leak(Exception):
    """An exception as careless code raises it: it quotes what it was working on."""


class Stop(BaseException):
    """One that `except Exception` does not catch."""


def _undecodable() -> UnicodeDecodeError:
    raw = SAID.encode() + b"\xff"
    return UnicodeDecodeError("utf-8", raw, len(raw) - 1, len(raw), SAID)


def _unparsable() -> orjson.JSONDecodeError:
    return orjson.JSONDecodeError(SAID, f'{{"transcript":"{SAID}', 3)


KINDS: tuple[Callable[[], BaseException], ...] = (
    lambda: Leak(SAID, {"transcript": SAID}),
    lambda: MemoryError(SAID),
    lambda: asyncio.CancelledError(SAID),
    _unparsable,
    lambda: RecursionError(SAID),
    lambda: Stop(SAID),
    _undecodable,
    lambda: ExceptionGroup(SAID, [KeyError(SAID), OSError(5, SAID)]),
)


@dataclass
class Heard:
    """All that anybody outside the live path gets to see of what fails in it."""

    texts: list[str] = field(default_factory=list)
    from_loop: list[str] = field(default_factory=list)

    def exception(self, fault: BaseException | None, where: str) -> None:
        """One that somebody was handed."""
        if fault is not None:
            self.texts.append(f"{where}: {report(fault)}")

    def forget(self) -> None:
        """From here on."""
        self.texts.clear()
        self.from_loop.clear()

    def leaks(self, *, loop: bool = True) -> list[str]:
        """What of it holds what was said. `loop`: also of what the event loop's handler was handed."""
        return [text for text in self.texts + self.from_loop * loop if any(secret in text for secret in SECRETS)]


class Listener(logging.Handler):
    """Keeps every record as a reporter of errors would: message, arguments, fields and exception."""

    def __init__(self, heard: Heard) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Everything in it."""
        if record.name.startswith("websockets"):
            return  # these tests' own viewers, and the simulator; the daemon's has no such name
        self._heard.texts.append(f"{record.name}: {record.getMessage()} {vars(record)!r}")
        if record.exc_info:
            self._heard.exception(record.exc_info[1], record.name)


@contextlib.contextmanager
def listening() -> Iterator[Heard]:
    """Listens to logs, to the interpreter's hooks, and to the loop in debug mode."""
    heard = Heard()
    listener = Listener(heard)
    root = logging.getLogger()
    level, hooks = root.level, (sys.unraisablehook, threading.excepthook)
    root.setLevel(logging.DEBUG)
    root.addHandler(listener)
    sys.unraisablehook = lambda hook: heard.exception(hook.exc_value, f"unraisable {hook.object!r}")
    threading.excepthook = lambda hook: heard.exception(hook.exc_value, "thread")
    yield heard
    sys.unraisablehook, threading.excepthook = hooks
    logging.setLogRecordFactory(logging.LogRecord)
    root.removeHandler(listener)
    root.setLevel(level)


def listen_to_loop(heard: Heard) -> None:
    """asyncio names each callback, as it does in debug mode with slow ones."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0

    handler = loop.get_exception_handler()
    assert handler is not None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        fault = context.get("exception")
        heard.from_loop.append(f"loop: {context!r} {report(fault) if fault is not None else ''}")
        handler(loop, context)

    loop.set_exception_handler(handle)
