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


@given(st.randoms(use_true_random=False))
def test_no_conversation_is_judged_by_accident(rng: random.Random) -> None:
    speaker = Speaker()
    for event in invented(rng, "drawn").events:
        speaker.hear(event.text, final=event.final)
    speaker.stop()
    assert speaker.redactor.faults == 0


@pytest.mark.parametrize("language", ["en-US", "xx-XX", "de-DE"])
def test_after_a_gap_one_digit_is_too_many(language: str) -> None:
    """Nobody knows whether a cue was lost: the channel counts as cued until a run closes."""
    speaker = Speaker(language=language)
    speaker.say("hello there")
    speaker.redactor.lose()
    first = speaker.hear("so 4", final=False)
    assert (first.text, first.held) == ("so [...]", True)
    speaker.say("so 4111 1111 1111 1111", "so 4111 1111 1111 1111 and that is all I have")
    assert speaker.say("it is 12 of them and no more than that").text == "it is 12 of them and no more than that"


def test_three_seconds_of_silence_decide() -> None:
    """Cued or long: closed. Short and uncued: what was said. A word in time keeps it open."""
    for said, shown in (
        ("it's 4111 1", "it's 4111 1"),
        ("it's 4111 1111", "it's [PHONE]"),
        ("my card is 4111 1", "my card is [CC]"),
    ):
        speaker = Speaker()
        held = speaker.say(said)
        assert held.held
        assert "4111" not in held.text
        speaker.be_silent()
        (caption,) = speaker.captions()
        assert (caption == shown) if "[" not in shown else (MASK.search(caption) and "4111" not in caption)
        assert not speaker.screen[held.utterance].held
