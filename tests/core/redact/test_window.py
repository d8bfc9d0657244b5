"""Cues that reach the words: what is asked of them is the same as if each had been looked at anew."""

import random
from dataclasses import dataclass

import pytest

from captiond.core.redact.kinds import ALL, CC, CVV, DOB, EMAIL, IBAN, NATIONAL_ID, PIN, SSN
from captiond.core.redact.lexicon import ENDING, KEEP
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.machine import Machine
from captiond.core.redact.points import Point
from captiond.core.redact.tokens import read
from captiond.core.redact.window import (
    FOR_BIRTH,
    FOR_CODE,
    FOR_EMAIL,
    FOR_IBAN,
    FOR_ID,
    MAX_MARKERS,
    NOBODY,
    Marker,
    Window,
)

KINDS = (KEEP, ENDING, EMAIL, IBAN, DOB, NATIONAL_ID, CVV, PIN, CC, SSN)
ASKED = {
    FOR_EMAIL: (EMAIL,),
    FOR_IBAN: (IBAN,),
    FOR_BIRTH: (DOB,),
    FOR_ID: (NATIONAL_ID,),
    FOR_CODE: (CVV, PIN),
}


@dataclass
class Model:
    """The cues of a window, and which of them have got their number, as sets say it."""

    said: list[Marker]
    answered: list[Marker]

    def is_used(self, marker: Marker) -> bool:
        return marker in self.answered or (marker.origin is not None and marker.origin.answered)

    def has_cue(self, kinds: tuple[str, ...], owner: int) -> bool:
        return any(m.kind in kinds and m.reach >= owner and not self.is_used(m) for m in self.said)

    def is_cued(self, owner: int) -> bool:
        return any(m.kind not in (KEEP, ENDING, EMAIL) and m.reach >= owner for m in self.said)


def agree(window: Window, model: Model) -> None:
    """The window says of every cue and every utterance what the model says."""
    assert window.markers == model.said[-MAX_MARKERS:]
    model.said = model.said[-MAX_MARKERS:]
    assert len({marker.bit for marker in window.markers}) == len(window.markers)
    assert [window.is_used(m) for m in window.markers] == [model.is_used(m) for m in model.said]
    for owner in range(max(window.number - 2, 0), window.number + 1):
        assert window.is_cued(owner) == model.is_cued(owner)
        for what, kinds in ASKED.items():
            assert window.has_cue(what, owner) == model.has_cue(kinds, owner)
    for start in range(window.base - 1, window.end(), 3):
        for stop in (start + 1, start + 2, start + 9):
            said = any(start < marker.at < stop for marker in model.said)
            assert window.is_announced_between(start, stop) == said


def one(chance: random.Random, window: Window, *, heard: bool) -> Marker:
    """A cue that ends at the newest word, or one of another channel, answered there or not."""
    kind = chance.choice(KINDS)
    if not heard:
        return window.cue(("it",), kind, window.end() - 1, window.number)
    origin = Marker(kind, 0, NOBODY, 1, True)
    origin.answered = chance.random() < 0.3
    return Marker(kind, window.end() - 1, NOBODY, window.number, True, origin)


@pytest.mark.parametrize("seed", range(300))
def test_what_cues_ask_for_is_what_each_of_them_says(seed: int) -> None:
    chance = random.Random(seed)
    lexicon = lexicon_for("en-US")
    machine = Machine(lexicon, ALL)
    model = Model([], [])
    points: list[tuple[Point, Model]] = []
    for _ in range(chance.randint(5, 150)):
        window = machine.window
        what = chance.random()
        if what < 0.4 or window.end() == window.base:
            machine.step(read("table", lexicon))
        elif what < 0.6:
            marker = one(chance, window, heard=chance.random() < 0.2)
            window.mark(marker)
            model.said.append(marker)
        elif what < 0.7:
            kind, before = chance.choice(KINDS), window.end() - chance.randint(0, 5)
            window.answer(kind, before)
            model.answered = model.answered + [m for m in model.said if m.kind == kind and m.at < before]
        elif what < 0.75:
            for marker in model.said:
                if marker.origin is not None and chance.random() < 0.5:
                    marker.origin.answered = True
            window.hear_answers()
            points = []  # another channel's final comes between utterances
        elif what < 0.8:
            machine.begin()
            model.said = [m for m in model.said if m.reach >= machine.window.number]
            points = []
        elif what < 0.9:
            points.append((Point(machine, 0, "", "", 0), Model(model.said[:], model.answered[:])))
        elif points:
            point, before_it = points[-1]
            del points[-1]
            machine.back(point)
            model = before_it
        agree(machine.window, model)
        if chance.random() < 0.05:
            machine = machine.copy()
            points = []


def test_the_bit_of_a_cue_that_is_gone_says_nothing_of_the_next_one() -> None:
    lexicon = lexicon_for("en-US")
    window = Machine(lexicon, ALL).window
    for number in range(3 * MAX_MARKERS):
        window.append(read("table", lexicon))
        window.mark(window.cue(("card",), CC, number, 0))
        assert not window.is_used(window.markers[-1])
        window.answer(CC, number + 1)
        assert window.is_used(window.markers[-1])
