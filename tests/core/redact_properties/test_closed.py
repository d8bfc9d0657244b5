"""P3, P8, P10: a redacted text has nothing more to redact, tells nothing of what it hid, and is else what was said."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.bench.reading import MASK
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented

FORMS = (
    "my card is {0} {1} {2} {3} okay",
    "it's {0}{1}{2}{3}, thanks",
    "take {0}-{1}-{2}-{3} please",
)
HARMLESS_WORDS = (
    "delivery", "screen", "yesterday", "Tuesday", "blue", "window", "really", "don't", "café", "Node.js", "e.g.",
    "naïve", "and", "the", "was", "broken", "near", "my", "house", "again", "Mr. Smith", "well-known", "it's", "Straße",
    "so-so",
)  # fmt: skip


def alone(text: str) -> str:
    """One utterance by itself, its end closing every run: as a line of `captiond redact`."""
    speaker = Speaker()
    speaker.say(text)
    (caption,) = speaker.stop()
    return caption


@given(st.randoms(use_true_random=False))
def test_redacting_a_redacted_text_changes_nothing(rng: random.Random) -> None:
    for event in invented(rng, "drawn").events:
        if event.final:
            once = alone(event.text)
            assert alone(once) == once


@given(st.randoms(use_true_random=False))
def test_nothing_is_left_to_find_in_a_redacted_text(rng: random.Random) -> None:
    """No residue such as `DE89 [CC] 00`: beside a mask stands no digit of what it hides."""
    for event in invented(rng, "drawn").events:
        private = [s for s in event.spans if s.mention.kind in ("CARD", "IBAN") and s.mention.parts == 1]
        if event.final and private:
            caption = alone(event.text)
            assert MASK.search(caption)
            assert not re.search(r"\d\s*\[(?:CC|IBAN|NUMBER)\]|\[(?:CC|IBAN|NUMBER)\]\s*\d", caption)


@given(st.text("0123456789", min_size=16, max_size=16), st.text("0123456789", min_size=16, max_size=16))
@pytest.mark.parametrize("form", FORMS)
def test_a_caption_does_not_tell_one_number_from_another(form: str, one: str, other: str) -> None:
    """Same shape, other digits: the same text around the mask, and a mask of fixed length. Kinds may differ."""

    def shape(digits: str) -> str:
        return MASK.sub("[]", alone(form.format(*(digits[i : i + 4] for i in range(0, 16, 4)))))

    assert shape(one) == shape(other)
    assert not any(c.isdigit() for c in shape(one))


def test_nothing_that_is_printed_of_a_redactor_holds_what_it_heard() -> None:
    speaker = Speaker()
    shown = speaker.hear("the card is 4539 5787 63", final=False)
    speaker.say("the card is 4539 5787 6362")
    for thing in (speaker.redactor, shown, *speaker.shown):
        assert not re.search(r"4539|5787|6362", f"{thing!r} {thing}")


@given(st.lists(st.sampled_from(HARMLESS_WORDS), min_size=1, max_size=20).map(" ".join))
def test_words_without_numbers_are_what_was_said(text: str) -> None:
    # A word said four times over is a stutter that normalising may shorten; that is another test's matter.
    words = text.split()
    if any(len({*words[i : i + 2]}) == 1 for i in range(len(words) - 1)):
        return
    assert alone(text) == text


@pytest.mark.parametrize(
    "said", ["[CC]", "[...]", "he wrote [SSN] there", "[EMAIL] at example dot com", "[NUMBER] four"]
)
def test_a_text_that_looks_like_a_mask_opens_nothing(said: str) -> None:
    """What was said in brackets is neither counted as a redaction nor held for ever."""
    speaker = Speaker()
    shown = speaker.say(said)
    speaker.stop()
    assert "CC" not in shown.redactions
    assert "SSN" not in shown.redactions
    assert not speaker.screen[shown.utterance].held
