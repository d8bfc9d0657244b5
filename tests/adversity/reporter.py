"""What somebody who gets hold of an exception can read in it: as a reporter of errors would, and deeper.

Not by its class alone: arguments, attributes, notes, the exceptions before it and in it, and every local variable of
every frame that it passed, with what those refer to.
"""

import gc
import traceback
from collections.abc import Iterator
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any

MAX_OBJECTS = 50_000  # of one exception; an empty one has some ten
# What leads from anything to everything, and holds no variable.
_ELSEWHERE = (type, ModuleType, FunctionType, BuiltinFunctionType)


def report(fault: BaseException) -> str:
    """All of an exception as text: printed with its local variables, as reporters of errors send it, and every text
    and byte that can be reached from it.
    """
    printed = "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format())
    return "\n".join([printed, *map(str, _reachable(fault))])


def exceptions_of(fault: BaseException) -> Iterator[BaseException]:
    """It, and all that it hangs on."""
    waiting: list[BaseException | None] = [fault]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += (one.__cause__, one.__context__)
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _reachable(fault: BaseException) -> Iterator[str | bytes]:
    waiting: list[Any] = []
    for one in exceptions_of(fault):
        waiting += (one.args, vars(one))
        waiting += (getattr(one, kept, None) for kept in ("object", "obj", "name", "value", "code"))
        for frame, _ in traceback.walk_tb(one.__traceback__):
            waiting.append(dict(frame.f_locals))
    seen: set[int] = set()
    while waiting and len(seen) < MAX_OBJECTS:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _ELSEWHERE):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | bytearray):
            yield bytes(one) if isinstance(one, bytearray) else one
        elif isinstance(one, FrameType):
            waiting.append(dict(one.f_locals))
        else:
            waiting += gc.get_referents(one)
