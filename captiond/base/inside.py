"""What is left of an exception once it may hold somebody's words: its type, and the places that it passed.

An exception keeps more than its message: what it was raised with (a parser's keeps the whole document), the exceptions
before it, and through its traceback every local variable on its way. Whoever gets hold of it, a log's handler, the
event loop's, a reporter of errors, can read all that. So a fault on the path of raw text ends where it is caught: what
goes on from there is an `Inside`, which refers to nothing.

Two tools: `remains` for who catches and tells, `sealed` for a step that others catch from.
"""

import traceback
from collections import deque
from collections.abc import Callable
from errno import errorcode
from functools import wraps
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

from captiond.base.errors import CaptiondError, LocalError

MAX_FRAMES: Final = 12  # of an exception, the innermost
MAX_CHAIN: Final = 100  # exceptions that hang together; a longer chain is cut, which frees the rest as well

P = ParamSpec("P")
R = TypeVar("R")


class Inside(LocalError):
    """Something failed inside. Its text is what `describe` says of the exception that it stands for.

    Attributes:
        kind: that exception's class.
    """

    kind: type[BaseException] = BaseException

    def __init__(self, said: str, kind: type[BaseException]) -> None:
        super().__init__(said)
        self.kind = kind


def describe(fault: BaseException) -> str:
    """An exception in one line that may be logged; of a group, each of its exceptions.

    Its message is in it only where it is one of ours, and the operating system's errors are named: any other message
    may quote what somebody said.
    """
    if isinstance(fault, Inside):
        return str(fault)
    said = type(fault).__name__
    if isinstance(fault, BaseExceptionGroup):
        said += ": " + "; ".join(describe(inner) for inner in fault.exceptions[:MAX_FRAMES])
    elif isinstance(fault, CaptiondError | ImportError):
        said += f": {fault}"
    elif isinstance(fault, OSError) and (name := errorcode.get(fault.errno or 0)):
        said += f": {name}"  # not its text: anybody may have put that there
    places = _places(fault)
    return f"{said} at {places}" if places else said


def trace(fault: BaseException) -> str:
    """An exception and those before it as a developer wants them, lines of source included; still nobody's words."""
    said: list[str] = []
    one: BaseException | None = fault
    while one is not None and len(said) < MAX_CHAIN:
        said.append("".join([*traceback.format_tb(one.__traceback__), describe(one), "\n"]))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\nwhich led to\n".join(reversed(said))


def told_of(fault: BaseException) -> Inside:
    """What may be told of an exception, which is left as it is: for one that somebody else still works with."""
    return fault if isinstance(fault, Inside) and not _refers(fault) else Inside(describe(fault), _kind(fault))


def remains(fault: BaseException) -> Inside:
    """What may be told of an exception that ends here. It and all that hang on it lose what they refer to, so that
    nobody who still has one of them can read what was said.
    """
    left = Inside(describe(fault), _kind(fault))
    empty(fault)
    return left


def empty(fault: BaseException) -> None:
    """Takes from an exception, and from each that it hangs on, everything but its class: arguments, attributes, and
    what the frames on its way still hold. A frame that runs keeps its variables: call it where none that runs has any.
    """
    waiting: list[BaseException | None] = [fault]
    passed: list[TracebackType | None] = []
    seen: set[int] = set()
    while waiting and len(seen) < MAX_CHAIN:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += (one.__cause__, one.__context__)
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        passed.append(one.__traceback__)
        one.__traceback__ = one.__cause__ = one.__context__ = None
        one.args = ()
        one.__dict__.clear()
        if isinstance(one, UnicodeDecodeError):
            one.object = b""
        elif isinstance(one, UnicodeError) and hasattr(one, "object"):
            one.object = ""
        elif isinstance(one, StopIteration):
            one.value = None
        elif isinstance(one, SystemExit):
            one.code = 1
        elif isinstance(one, AttributeError | NameError):
            one.name = ""
            if isinstance(one, AttributeError):
                one.obj = None
    # Last: what frames let go of may fail as it goes, and such an exception hangs on these, which are empty by now.
    for one_traceback in passed:
        traceback.clear_frames(one_traceback)


def sealed(step: Callable[P, R]) -> Callable[P, R]:
    """That step, which raises nothing but `Inside`, and whose faults refer to nothing of what it was given.

    For steps that do not wait: a cancellation, too, is a fault of theirs, and must not end the task that called them.
    `KeyboardInterrupt` and `SystemExit` stay what they are, and lose what they refer to.
    """

    @wraps(step)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except KeyboardInterrupt as stop:
            left: BaseException = KeyboardInterrupt()
            empty(stop)
        except SystemExit as stop:
            left = SystemExit(stop.code if isinstance(stop.code, int) else 1)  # a text would be printed
            empty(stop)
        except BaseException as fault:
            left = remains(fault)
        # Out here, so that what is raised has no exception before it; and this frame, through which it goes, is empty.
        del args, kwargs
        raise left

    return call


def _kind(fault: BaseException) -> type[BaseException]:
    return fault.kind if isinstance(fault, Inside) else type(fault)


def _refers(fault: BaseException) -> bool:
    return fault.__traceback__ is not None or fault.__context__ is not None or fault.__cause__ is not None


def _places(fault: BaseException) -> str:
    """Where it passed, the innermost first. No line of source is looked up: this must work when memory is short."""
    innermost = deque(traceback.walk_tb(fault.__traceback__), maxlen=MAX_FRAMES)
    return " < ".join(
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}" for frame, line in reversed(innermost)
    )


def _short(filename: str) -> str:
    """A source file as one finds it: inside its package, without the folders of this machine."""
    parts = filename.replace("\\", "/").rsplit("/", 3)
    return "/".join(parts[-2:])
