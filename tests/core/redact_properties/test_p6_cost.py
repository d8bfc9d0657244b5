"""P4, P6: work is counted in calls, which every machine counts alike; clocks come in only as a bound far off."""

import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from captiond.bench.speaker import Speaker

MAX_CODE_POINTS = 8_192
HOSTILE = {
    "dots": "a.", "ones": "1", "dashed": "1-", "spaced": "1 ", "mail": "x@a.", "ats": "a@", "brackets": "(",
    "stops": ". ",
    "combining": "é̂", "words": "four ", "doubles": "double ", "tens": "forty ", "at dot": "at dot ", "masks": "[...]",
    "half masks": "[", "repeats": "aaaa ", "cues": "card ", "for": "for to ", "plus": "+1", "pause": "four um so then ",
    "iban": "GB82 WEST ", "letters": "j a n e ", "closing": "four a b c d e ", "keep": "order 1234 ",
    "zero width": "1\u200b",
}  # fmt: skip


def calls(work: Callable[[], object]) -> int:
    """How many calls, Python's and C's, something makes."""
    count = 0

    def on_event(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def said_alone(text: str) -> None:
    speaker = Speaker()
    speaker.say(text)
    speaker.stop()


@pytest.mark.parametrize("family", HOSTILE)
def test_hostile_text_costs_in_proportion_to_its_length(family: str) -> None:
    """Twice the text, at most a little more than twice the calls; and the longest is done in no time to speak of."""
    unit = HOSTILE[family]
    half, whole = (unit * (n // len(unit)) for n in (MAX_CODE_POINTS // 2, MAX_CODE_POINTS))
    said_alone(unit * 20)  # whatever is made once is made
    assert calls(lambda: said_alone(whole)) <= 2.4 * calls(lambda: said_alone(half)) + 200
    began_s = time.process_time()
    said_alone(whole)
    assert time.process_time() - began_s < 0.5  # quadratic code needs many seconds here


@pytest.mark.parametrize("beginning", ["so that was the delivery we had ordered ", "four um so then ", "I pay $3.50 "])
def test_one_more_word_costs_the_same_in_a_long_utterance(beginning: str) -> None:
    """The work for a partial is bounded by what changed, not by what was said before it."""
    costs = []
    for length in (600, 6_000):
        speaker = Speaker()
        text = (beginning * (length // len(beginning) + 1))[:length].rstrip() + " and"
        speaker.hear(text, final=False)
        speaker.hear(f"{text} four", final=False)
        costs.append(calls(partial(speaker.hear, f"{text} four one", final=False)))
    assert costs[1] <= 1.3 * costs[0] + 20


@pytest.mark.parametrize("length", [MAX_CODE_POINTS, MAX_CODE_POINTS + 1, 100_000])
def test_a_text_over_the_limit_is_masked_whole(length: int) -> None:
    speaker = Speaker()
    text = " ".join(f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}k" for n in range(length))[:length]
    shown = speaker.say(text)
    if length > MAX_CODE_POINTS:
        assert (shown.text, shown.held) == ("[...]", True)
    else:
        assert (shown.text, shown.held) == (text.strip(), False)


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
