"""P7: once a final shows a number masked, nothing that comes later unmasks it. Its mask may get a better name.

An open mask may be restored: it says that nothing is decided.
"""

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from captiond.base.ids import UtteranceId
from captiond.bench.disturbed import disturbed
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import MASK, seen
from captiond.bench.redaction import captions
from captiond.bench.soup import soup, stays_hidden
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from tests.core.redact_properties.talks import CHANNELS, Fed, Talk  # type: ignore[import-not-found,unused-ignore]

OPEN = "[...]"


def closed(raw: str, caption: str) -> set[int]:
    """Which letters and digits of a final are behind a closed mask; none where that cannot be told."""
    view = seen(raw, caption)
    if not view.sure:
        return set()
    regions: list[list[int]] = []
    hidden = False
    for i, char in enumerate(raw):
        if char.isalnum():
            if not view.flags[i] and not hidden:
                regions.append([])
            hidden = not view.flags[i]
            if hidden:
                regions[-1].append(i)
    masks: list[list[str]] = []
    apart = True
    pieces = MASK.split(caption)
    for mask, piece in zip(MASK.findall(caption), pieces[1:], strict=True):
        if apart:
            masks.append([])
        masks[-1].append(mask)
        apart = any(char.isalnum() for char in piece)
    if len(masks) != len(regions):
        return set()
    return {i for region, group in zip(regions, masks, strict=True) if OPEN not in group for i in region}


class HiddenTalk(Talk):  # type: ignore[misc,unused-ignore]
    """What is behind a closed mask in a final is behind one in each later caption of it."""

    def answer(self) -> None:
        self.hidden: dict[tuple[str, UtteranceId], set[int]] = {}
        self.settled: dict[tuple[str, UtteranceId], bytes] = {}

    def after(self, one: Fed) -> None:
        if not hasattr(self, "hidden"):
            self.answer()
        for channel in CHANNELS:
            finals = self.finals(channel)
            for utterance, shown in self.ears[channel].screen.items():
                if not shown.final:
                    continue
                at, raw = (channel, utterance), finals[utterance]
                assert shown.held == (OPEN in shown.text) or OPEN in raw
                now = closed(raw, shown.text)
                view = seen(raw, shown.text)
                if view.sure:
                    assert not any(view.flags[i] for i in self.hidden.get(at, ()))
                    before = self.settled.get(at)
                    assert before is None or all(b or not n for b, n in zip(before, view.flags, strict=True))
                    if not shown.held:
                        self.settled[at] = view.flags
                self.hidden[at] = now | self.hidden.get(at, set())


def test_what_is_hidden_stays_hidden_whatever_comes() -> None:
    run_state_machine_as_test(HiddenTalk, settings=settings(stateful_step_count=30))


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 1 << 32))
def test_random_texts_stay_hidden(language: str, seed: int) -> None:
    assert stays_hidden(soup(random.Random(seed), language)) == ""


@given(seed=st.integers(0, 1 << 32), worse=st.booleans())
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_closed_stays_closed(language: str, seed: int, worse: bool) -> None:
    """Whole conversations, by the way that viewers get them."""
    rng = random.Random(seed)
    stream = invented(rng, "drawn", language)
    if worse:
        stream = disturbed(rng, stream)
    said = {(e.session, e.sequence): e.text for e in stream.events}
    finals: dict[tuple[str, str], str] = {}
    hidden: dict[tuple[str, str], set[int]] = defaultdict(set)
    for line in captions(event.line() for event in stream.events):
        at = (line["mediaSessionId"], line["utterance"])
        if not line["final"]:
            assert at not in finals
            continue
        raw = finals.setdefault(at, said[line["mediaSessionId"], line["eventSequence"]])
        assert line["held"] == (OPEN in line["text"])
        view = seen(raw, line["text"])
        assert view.sure
        assert not any(view.flags[i] for i in hidden[at])
        hidden[at] |= closed(raw, line["text"])


def test_an_example_of_a_number_in_three_utterances() -> None:
    """Named late, hidden from the first moment: no caption of any of the three ever shows a digit of it again."""
    speaker = Speaker()
    speaker.say("my card is 4539 57")
    speaker.say("87 63")
    speaker.say("62 14", "62 1486", "62 1486 thank you that is all I have")
    speaker.say("so that was it then")
    speaker.be_silent()
    speaker.say("did it go through")
    speaker.stop()
    assert [s.text for s in speaker.shown if s.utterance == "u0"][-1] == "my card is [CC]"
    for shown in speaker.shown:
        if shown.utterance in ("u0", "u1", "u2"):
            assert not any(c.isdigit() for c in shown.text)


def test_an_open_mask_may_be_restored_and_is_marked_as_open() -> None:
    speaker = Speaker()
    held = speaker.say("it was 4111 1")
    assert (held.text, held.held) == ("it was [...]", True)
    assert speaker.say("and that was all there is to say").held is False
    assert speaker.captions()[0] == "it was 4111 1"
    assert closed("it was 4111 1", held.text) == set()
    assert closed("it was 4111 1 ok", "it was [CC] ok") == set(range(7, 11)) | {12}


def test_there_is_something_hidden_in_what_is_compared() -> None:
    texts = [
        line["text"]
        for seed in range(20)
        for line in captions(e.line() for e in invented(random.Random(seed), "s").events)
    ]
    assert sum("[CC]" in text or "[PHONE]" in text for text in texts) > 5
