"""P6: on a fault it masks, never passes; and no text is so strange that it is judged by accident."""

import inspect
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import captiond
from captiond.base.ids import RawText, SafeText, UtteranceId
from captiond.bench.disturbed import disturbed
from captiond.bench.fuzz import faults
from captiond.bench.phrases import LANGUAGES
from captiond.bench.soup import never_fails, soup
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.bench.streams import Event
from captiond.cli_redact import events
from captiond.core.redact import Call, Redactor, Shown
from tests.hub.stage import House  # type: ignore[import-not-found,unused-ignore]

REDACT = str(Path(captiond.__file__).parent / "core" / "redact")

# What recognisers and testers send: digits of several scripts, joiners, connectors, half words, marks without a letter.
SCRAPS = (
    "1", "23", "४", "٣", "²", "½", "４", "é", "\u0301", "\u200b", "\u2011", "\ufeff", "ß", "İ", "@", ".", ",",
    "-", "+", "(", ")", " ", "  ", "\n", "$", "€", "%", "#", ":", "/", "four", "oh", "double", "forty",
    "hundred", "um", "at", "dot", "com", "GB", "[", "]", "...", "[CC]", "card", "cvv", "order", "dollars", "'",
    "’s", "a@b.co", "\U0001f600", "日本", "\ud800", "\x00", "A" * 40,
)  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(SCRAPS), max_size=30).map("".join), min_size=1, max_size=6), st.booleans())
def test_no_text_is_too_strange_to_judge(texts: list[str], spaced: bool) -> None:
    """A fault inside is masked, so it would not be seen otherwise: nothing may be judged by accident."""
    speaker = Speaker()
    for text in texts:
        said = " ".join(text) if spaced else text
        speaker.say(said[: len(said) // 2], said)
    speaker.be_silent()
    speaker.redactor.lose()
    speaker.say(*texts)
    speaker.stop()
    assert speaker.redactor.faults == 0
    assert not any(shown.held for shown in speaker.screen.values())


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 1 << 32))
def test_no_random_text_is_judged_by_accident(language: str, seed: int) -> None:
    assert never_fails(soup(random.Random(seed), language)) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 1 << 32))
def test_no_conversation_is_judged_by_accident(language: str, seed: int) -> None:
    rng = random.Random(seed)
    stream = invented(rng, "drawn", language)
    assert faults(stream) == 0
    assert faults(disturbed(rng, stream)) == 0


SAID = [
    ("hello there", True),
    ("my card is", False),
    ("my card is 4539 5787", False),
    ("my card is 4539 5787 6362", True),
    ("1486 and that is all of it", False),
    ("1486 and that is all of it", True),
    ("so long then", True),
]


def heard() -> Iterator[bytes]:
    for n, (text, final) in enumerate(SAID, 1):
        yield Event("s", n, text, final, 1_772_442_000_000 + 200 * n, "external", "en-US", 0).line()


class Fault(Exception):
    """Raised where nobody expects it."""


def printed(fail_at: int) -> tuple[list[bytes], int]:
    """What viewers get when the n-th call inside the redactor fails; and how many calls there were."""
    calls = 0

    def trace(frame: FrameType, _event: str, _arg: Any) -> Any:
        nonlocal calls
        code = frame.f_code
        inside = code.co_filename.startswith(REDACT) and not code.co_flags & inspect.CO_GENERATOR
        if inside and (calls or code.co_name == "caption"):  # from the first event on: before it nobody could mask
            calls += 1
            if calls == fail_at:
                raise Fault("4539 5787 6362 1486")

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return list(events(heard())), calls
    finally:
        sys.settrace(before)


@pytest.mark.source_only
def test_wherever_it_fails_no_digit_is_shown() -> None:
    """Each call inside the redactor fails once: not one caption shows a digit, and none is missing."""
    whole, calls = printed(0)
    assert calls > 300
    assert any(b"[CC]" in line for line in whole)
    masked = 0
    for fail_at in range(1, calls + 1, 1 if calls < 1500 else calls // 1500 + 1):
        lines, _ = printed(fail_at)
        assert len(lines) >= 3
        for line in lines:
            text = line.split(b'"text":"')[1].split(b'"')[0]
            assert not any(c in b"0123456789" for c in text), (fail_at, text)
        masked += lines != whole
    assert masked > 100  # the faults were there, and were seen


class Fails:
    """A redactor that fails from its n-th event on."""

    def __init__(self, at: int, **fields: Any) -> None:
        self.at, self.inner = at, Redactor(**fields)

    @property
    def due_s(self) -> float | None:
        return self.inner.due_s

    @property
    def faults(self) -> int:
        return self.inner.faults

    @property
    def fault(self) -> str:
        return self.inner.fault

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        self.at -= 1
        if self.at <= 0:
            raise Fault(text)
        return self.inner.caption(utterance, text, final=final, now_s=now_s, language=language)

    def retract(self, utterance: UtteranceId) -> None:
        self.inner.retract(utterance)

    def lose(self) -> None:
        if self.at <= 0:
            raise Fault
        self.inner.lose()

    def expire(self, *, now_s: float) -> list[Shown]:
        return self.inner.expire(now_s=now_s)

    def end(self) -> list[Shown]:
        return self.inner.end()


@pytest.mark.parametrize("at", range(1, len(SAID) + 1))
def test_a_room_masks_what_its_redactor_cannot_judge(at: int) -> None:
    """Outside the core, compiled or not: what raises is masked, and the text reaches no viewer, audit or figure."""
    make: Callable[..., Fails] = lambda **fields: Fails(at, **fields)  # noqa: E731
    house = House(redactor=make, call=Call)
    viewer = house.watch()
    for text, final in SAID:
        house.say(text, final=final)
    house.wait(4.0)
    captions = [m for m in viewer.got if m["type"] == "caption"]
    assert any(m["text"] == SafeText("[...]") for m in captions)
    assert not any(c.isdigit() for m in captions for c in m["text"])
    assert "4539" not in str((viewer.got, house.audit.records, house.meter.counted))
