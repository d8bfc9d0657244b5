"""Makes one function of the running program fail, whichever it is and however it was imported: its code is exchanged.

And finds out which functions those are: all that run while an event of one session passes.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import websockets

import captiond

PACKAGE = Path(captiond.__file__).parent
LIBRARY = Path(websockets.__file__).parent
# Whom the task or callback that runs works for: set where a session's work begins, inherited by all that it starts.
whose: ContextVar[str] = ContextVar("whose", default="")


@dataclass(frozen=True)
class Place:
    """One function on the way of an event.

    Attributes:
        functions: the objects that have its code: one, or many where it stands inside another function.
    """

    file: str
    name: str
    code: CodeType
    functions: tuple[FunctionType, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


@contextmanager
def walked(session: str, *, into: list[Place]) -> Iterator[None]:
    """Adds each function of captiond and of its WebSocket library that runs for `session` while this lasts, in order of
    their first calls.
    """
    found: dict[CodeType, str] = {}

    def note(frame: FrameType, event: str, _arg: Any) -> None:
        code = frame.f_code
        if event != "call" or code in found or code.co_name.startswith("<") or whose.get() != session:
            return
        path = Path(code.co_filename)
        for root in (PACKAGE, LIBRARY):
            if path.is_relative_to(root):
                found[code] = path.relative_to(root.parent).as_posix()

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
    functions: dict[CodeType, list[FunctionType]] = {code: [] for code in found}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__ in functions:
            functions[one.__code__].append(one)
    into += [Place(file, code.co_qualname, code, tuple(functions[code])) for code, file in found.items()]


@dataclass
class Strike:
    """While it is entered, that function fails the first time that `concerns` says so.

    Attributes:
        fail: is given what the function was given, and raises.
        after: it fails once it has done its work.
        times: how often it has failed: never, or once.
    """

    place: Place
    fail: Callable[..., Any]
    concerns: Callable[..., bool]
    after: bool = False
    times: int = 0
    _exchanged: list[FunctionType] = field(default_factory=list)

    def __enter__(self) -> "Strike":
        for function in self.place.functions:
            self._exchange(function)
            self._exchanged.append(function)
        return self

    def __exit__(self, *_: object) -> None:
        for function in self._exchanged:
            function.__code__ = self.place.code
            del _calls[id(function)]
        self._exchanged.clear()

    def _exchange(self, function: FunctionType) -> None:
        code = self.place.code
        original = FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        original.__kwdefaults__ = function.__kwdefaults__

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.times or not self.concerns(*args, **kwargs):
                return original(*args, **kwargs)
            self.times += 1
            if code.co_flags & CO_COROUTINE:
                return _fail_later(original, self.fail, args, kwargs, after=self.after)
            if self.after:
                original(*args, **kwargs)
            return self.fail(*args, **kwargs)

        _calls[id(function)] = call
        function.__code__ = _relay(id(function), code)


async def _fail_later(
    original: Callable[..., Any], fail: Callable[..., Any], args: Any, kwargs: Any, *, after: bool
) -> Any:
    if after:
        await original(*args, **kwargs)
    return fail(*args, **kwargs)


_calls: dict[int, Callable[..., Any]] = {}


def relayed(key: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Where the exchanged code leads."""
    return _calls[key](*args, **kwargs)


def _relay(key: int, code: CodeType) -> CodeType:
    """Code that passes a call on to `relayed`; it stands in for `code`, so it has as many variables from outside."""
    outside = ", ".join(code.co_freevars)
    made = f"""
def outer({outside}):
    def relay(*args, **kwargs):
        if 0: {outside or "pass"}
        import sys
        return sys.modules[{__name__!r}].relayed({key}, args, kwargs)
    return relay
"""
    names: dict[str, Any] = {}
    exec(made, names)
    return names["outer"](*code.co_freevars).__code__.replace(co_filename=code.co_filename, co_name=code.co_name)  # type: ignore[no-any-return]
