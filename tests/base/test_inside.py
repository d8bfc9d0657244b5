"""What is left of an exception: its type and its places, and nothing that it was raised with, over or after."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from captiond.base.errors import CaptiondError, UpstreamRefused
from captiond.base.inside import MAX_CHAIN, Inside, describe, empty, remains, sealed, told_of, trace
from tests.adversity.reporter import exceptions_of, report

SAID = "my card is 4111 1111 1111 1111"


class Told(Exception):
    """One with attributes and a note."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.transcript = said
        self.add_note(said)


class Telling:
    """Has what an AttributeError keeps."""

    def __init__(self, said: str) -> None:
        self.said = said


def kept() -> None:
    raise Told(SAID)


def parsed() -> None:
    orjson.loads('{"transcript": "' + SAID)


def decoded() -> None:
    (SAID.encode() + b"\xff").decode()


def encoded() -> None:
    (SAID + "\ud800").encode()


def asked() -> None:
    Telling(SAID).nothing  # type: ignore[attr-defined]  # noqa: B018


def stopped() -> None:
    raise StopIteration(SAID)


def left() -> None:
    raise SystemExit(SAID)


def chained() -> None:
    try:
        parsed()
    except ValueError as fault:
        try:
            decoded()
        except UnicodeDecodeError:
            raise KeyError(SAID) from fault


def grouped() -> None:
    faults: list[BaseException] = []
    for fails in (kept, chained):
        try:
            fails()
        except Exception as fault:
            faults.append(fault)
    raise BaseExceptionGroup("several", faults)


FAILS = (kept, parsed, decoded, encoded, asked, stopped, left, chained, grouped)


def caught(fails: Callable[[], None]) -> BaseException:
    """What that raises, over a frame that knows what was said."""
    said = SAID
    try:
        fails()
    except BaseException as fault:
        assert said in report(fault)  # or the test could not fail
        del said
        return fault
    raise AssertionError("it did not fail")


def behind(fault: BaseException) -> BaseException:
    """Without the frame of the test itself."""
    assert fault.__traceback__ is not None
    return fault.with_traceback(fault.__traceback__.tb_next)


@pytest.mark.parametrize("fails", FAILS)
def test_nothing_can_be_read_from_what_remains_nor_from_what_was_emptied(fails: Callable[[], None]) -> None:
    fault = caught(fails)
    everything = list(exceptions_of(fault))
    remaining = remains(fault)
    assert remaining.kind is type(fault)
    assert str(remaining).startswith(type(fault).__name__)
    assert f"test_inside.py:{fails.__code__.co_firstlineno + 1} " in str(remaining) or fails in (chained, grouped)
    for one in (remaining, *everything):
        assert "is 4111" not in report(one)
        assert list(exceptions_of(one)) == [one] or isinstance(one, BaseExceptionGroup)


@pytest.mark.parametrize("fails", FAILS)
def test_who_only_tells_leaves_it_as_it_is(fails: Callable[[], None]) -> None:
    fault = caught(fails)
    told = told_of(fault)
    assert "is 4111" not in report(told)
    assert SAID in report(fault)
    assert told_of(told) is told


def test_a_message_is_told_where_it_is_ours_and_an_error_of_the_system_by_its_name() -> None:
    assert (
        describe(UpstreamRefused(operation="token", status=403)) == "UpstreamRefused: token: upstream refused with 403"
    )
    assert describe(OSError(2, SAID)) == "FileNotFoundError: ENOENT"
    assert describe(OSError(SAID)) == "OSError"
    assert describe(ImportError("no module named x")) == "ImportError: no module named x"
    assert (
        describe(ExceptionGroup(SAID, [KeyError(SAID), OSError(28, SAID)]))
        == "ExceptionGroup: KeyError; OSError: ENOSPC"
    )


def test_a_developer_gets_the_lines_of_all_that_failed() -> None:
    said = trace(caught(chained))
    assert said.index("orjson.loads(") < said.index("raise KeyError(")
    assert "which led to" in said and "is 4111" not in said


def test_a_chain_of_any_length_is_let_go() -> None:
    fault: BaseException = ValueError(SAID)
    for _ in range(10 * MAX_CHAIN):
        after = ValueError(SAID)
        after.__context__, fault = fault, after
    empty(fault)
    assert "is 4111" not in report(fault)


def test_what_frames_held_is_freed() -> None:
    class Held:
        pass

    gone: list[weakref.ref[Held]] = []

    def holds() -> None:
        held = Held()
        gone.append(weakref.ref(held))
        raise ValueError

    try:
        holds()
    except ValueError as fault:
        remains(fault)
    gc.collect()
    assert gone[0]() is None


@pytest.mark.parametrize(
    "kind", [ValueError, MemoryError, asyncio.CancelledError, GeneratorExit, BaseException, Inside]
)
def test_a_sealed_step_raises_what_refers_to_nothing(kind: Any) -> None:
    @sealed
    def step(text: str, *, more: str) -> str:
        if more:
            raise Inside(text, ValueError) if kind is Inside else kind(text, more)
        return text

    assert step("well", more="") == "well"
    try:
        step(SAID, more=SAID)
    except Inside as fault:
        inside = fault
    if kind is not Inside:
        assert inside.kind is kind
        assert "is 4111" not in report(behind(inside))
    assert list(exceptions_of(inside)) == [inside]
    assert step.__name__ == "step"


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt(SAID), None), (SystemExit(SAID), 1), (SystemExit(3), 3)])
def test_a_sealed_step_lets_a_stop_through_without_its_words(stop: BaseException, code: int | None) -> None:
    @sealed
    def step(_text: str) -> None:
        raise stop

    try:
        step(SAID)
    except (KeyboardInterrupt, SystemExit) as left:
        assert type(left) is type(stop) and left is not stop
        assert getattr(left, "code", None) == code
        assert "is 4111" not in report(behind(left))


def test_ours_stay_ours() -> None:
    assert issubclass(Inside, CaptiondError)
