"""P6, P4: the cost rises in line with the text, whatever the text; and one more word costs what it costs anywhere.

Work is counted, not timed: lines of the core that are run, which every machine counts alike. A compiled core runs no
lines; there `captiond bench core --hostile` and the fuzzer time it.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import captiond
from captiond.base.ids import RawText, UtteranceId
from captiond.bench import core_hostile
from captiond.bench.core_hostile import MAX_SLOPE, slope
from captiond.bench.speaker import Speaker
from captiond.core.normalise import normalise
from captiond.core.redact import DEFAULT, Call, Redactor

CORE = str(Path(captiond.__file__).parent / "core")
MORE = {
    "brackets": "[", "open masks": "[...]", "plus": "+1", "pause": "four um so then ", "closing": "four a b c d e ",
    "for to": "for to ", "dollars": "$1 ", "dates": "may 4, ", "connectors": "dot ", "underscores": "a_",
    "dashes": "- ", "countries": "D E ", "misheard": "ate won ", "hundreds": "two hundred ", "addresses": "jane dot ",
    "mails": "a@b.co ", "breaks": "\n", "capitals": "a.B", "no space": "a,b!", "Arabic": "\u0661\u0662 ",
    "accents": "e\u0301", "tens and": "vingt et ", "euros": "1 euros ", "months": "4 march ",
}  # fmt: skip
FAMILIES = {**core_hostile.FAMILIES, **MORE}
SIZES = (2_000, 6_000)  # what is looked back at is bounded, so that shorter texts cost less a character
UTTERANCES = (8, 16, 32)  # of 250 characters each; one run can bind 8 finals, so that fewer cost less each
MAX_CODE_POINTS = 8_192  # contract, section 6


def lines(work: Callable[[], object]) -> int:
    """How many lines of the core something runs."""
    count = 0

    def in_core(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return in_core

    def anywhere(frame: FrameType, _event: str, _arg: Any) -> Any:
        return in_core if frame.f_code.co_filename.startswith(CORE) else None

    before = sys.gettrace()
    sys.settrace(anywhere)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def say(*texts: str, language: str = "en-US") -> None:
    """Each text a partial and a final."""
    redactor = Redactor(kinds=DEFAULT, language=language, call=Call())
    for number, text in enumerate(texts):
        for final in (False, True):
            redactor.caption(UtteranceId(str(number)), RawText(text), final=final, now_s=0.0)
    redactor.end()


def repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


@pytest.mark.source_only
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_text_costs_in_proportion_to_its_length(family: str) -> None:
    unit = FAMILIES[family]
    say(repeated(unit, 100))  # whatever is made once is made
    assert slope({n: lines(partial(say, repeated(unit, n))) for n in SIZES}) <= MAX_SLOPE


@pytest.mark.source_only
@pytest.mark.parametrize("family", FAMILIES)
def test_so_do_many_utterances_of_it(family: str) -> None:
    """What is carried over finals does not heap up."""
    text = repeated(FAMILIES[family], 250)
    say(text)
    assert slope({n: lines(partial(say, *[text] * n)) for n in UTTERANCES}) <= MAX_SLOPE


@pytest.mark.source_only
@pytest.mark.parametrize("family", FAMILIES)
def test_so_does_normalising_it(family: str) -> None:
    unit = FAMILIES[family]
    normalise(unit)
    assert slope({n: lines(partial(normalise, repeated(unit, n))) + 100 for n in SIZES}) <= MAX_SLOPE


@pytest.mark.source_only
@pytest.mark.parametrize("beginning", ["so that was the delivery we had ordered ", "four um so then ", "I pay $3.50 "])
def test_one_more_word_costs_the_same_in_a_long_utterance(beginning: str) -> None:
    """The work for a partial is bounded by what changed, not by what was said before it."""
    costs = []
    for length in (600, 6_000):
        speaker = Speaker()
        text = repeated(beginning, length).rstrip() + " and"
        speaker.hear(text, final=False)
        speaker.hear(f"{text} four", final=False)
        costs.append(lines(partial(speaker.hear, f"{text} four one", final=False)))
    assert 0 < costs[1] <= 1.3 * costs[0] + 20


@pytest.mark.source_only
def test_the_measure_sees_a_loop_that_calls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A square of work inside one function of the core is a slope of 2."""
    code = compile("def f(n):\n for a in range(n):\n  for b in range(n):\n   pass\n", f"{CORE}/square.py", "exec")
    square: dict[str, Any] = {}
    exec(code, square)
    assert slope({n: lines(partial(square["f"], n)) for n in (10, 20, 40)}) > 1.8


@pytest.mark.parametrize("length", [MAX_CODE_POINTS, MAX_CODE_POINTS + 1, 100_000])
@pytest.mark.parametrize("final", [False, True])
def test_a_text_over_the_limit_is_masked_whole(length: int, final: bool) -> None:
    speaker = Speaker()
    text = " ".join(f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}k" for n in range(length))[:length]
    shown = speaker.hear(text, final=final)
    if length > MAX_CODE_POINTS:
        assert (shown.text, shown.held) == ("[...]", True)
    else:
        assert (shown.text, shown.held) == (text.strip(), False)


def test_after_a_text_over_the_limit_the_first_digit_is_masked() -> None:
    """What it said is not known: it may have been a cue."""
    speaker = Speaker()
    speaker.say("a" * (MAX_CODE_POINTS + 1))
    assert speaker.hear("so 4", final=False).text == "so [...]"


def test_memory_does_not_grow_with_the_call() -> None:
    """A thousand utterances leave no more behind than ten."""
    sizes = []
    for utterances in (10, 1_000):
        speaker = Speaker()
        for number in range(utterances):
            speaker.say(f"that was utterance {number} of a rather long call", "so it was")
        sizes.append(_reachable(speaker.redactor))
    assert sizes[1] <= sizes[0] + 50


def _reachable(root: object) -> int:
    """How many objects hang on one, beside classes, functions and modules."""
    import gc
    import types

    met, todo = {id(root)}, [root]
    while todo:
        for thing in gc.get_referents(todo.pop()):
            skip = isinstance(thing, (type, types.FunctionType, types.ModuleType, types.BuiltinFunctionType))
            if id(thing) not in met and not skip:
                met.add(id(thing))
                todo.append(thing)
    return len(met)
