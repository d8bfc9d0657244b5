"""P3, P10: in a redacted text nothing is left to redact, masks are only masks, and the rest is what was said.

Redacting twice is the same as once, normalising too; beside a mask stands no piece of what it hides.
"""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.bench.disturbed import disturbed
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import MASK
from captiond.bench.soup import is_closed, redacted, soup
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.core.normalise import normalise

HARMLESS_WORDS = (
    "delivery", "screen", "yesterday", "Tuesday", "blue", "window", "really", "don't", "café", "Node.js", "e.g.",
    "naïve", "and", "the", "was", "broken", "near", "my", "house", "again", "Mr. Smith", "well-known", "it's", "Straße",
    "so-so",
)  # fmt: skip
seeds = st.integers(0, 1 << 32)


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=seeds)
def test_redacting_a_redacted_text_changes_nothing(language: str, seed: int) -> None:
    rng = random.Random(seed)
    stream = invented(rng, "drawn", language)
    for event in (*stream.events, *disturbed(rng, stream).events):
        if event.final:
            once = redacted(event.text, language)
            assert redacted(once, language) == once


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=seeds)
def test_nothing_is_left_to_find_in_a_redacted_text(language: str, seed: int) -> None:
    """No residue such as `DE89 [CC] 00`: beside a mask stands no digit of what it hides."""
    for event in invented(random.Random(seed), "drawn", language).events:
        private = [s for s in event.spans if s.mention.kind in ("CARD", "IBAN") and s.mention.parts == 1]
        if event.final and private:
            caption = redacted(event.text, language)
            assert MASK.search(caption)
            assert not re.search(r"\d\s*\[(?:CC|IBAN|NUMBER)\]|\[(?:CC|IBAN|NUMBER)\]\s*\d", caption)


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=seeds)
def test_a_mask_is_only_a_mask_in_random_texts(language: str, seed: int) -> None:
    assert is_closed(soup(random.Random(seed), language)) == ""


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        ("meine IBAN ist DE89 3704 0044 0532 0130 00", "meine IBAN ist [IBAN]"),
        ("it's 4111-1111-1111-1111.", "it's [CC]."),
        ("(415) 555-0132, please", "[PHONE], please"),
        ("jane.doe@example.com. Thanks", "[EMAIL]. Thanks"),
        ("müller@example.de", "[EMAIL]"),
        ("+49 30 901820 is the one", "[PHONE] is the one"),
    ],
)
def test_examples_of_masks_without_residue(said: str, caption: str) -> None:
    assert redacted(said, "de-DE") == caption
    assert redacted(caption, "de-DE") == caption


@pytest.mark.parametrize(
    "said",
    [
        "[CC]", "[...]", "he wrote [SSN] there", "[EMAIL] at home", "[CC] [CC] [CC]", "my card is [CC]",
        "[CC], [PHONE].", "order [NUMBER] for 2 of them", "my social is [SSN] and my phone [PHONE]",
    ],
)  # fmt: skip
def test_a_text_that_looks_like_a_mask_is_what_was_said(said: str) -> None:
    """It is not counted as a redaction, not held, merged with no neighbour, and announces nothing."""
    speaker = Speaker()
    shown = speaker.say(said)
    speaker.stop()
    caption = speaker.screen[shown.utterance]
    assert (caption.text, caption.held, dict(caption.redactions)) == (said, False, {})


@pytest.mark.parametrize("mask", ["[CC]", "[...]", "[NUMBER]", "[EMAIL]"])
@pytest.mark.parametrize("place", range(1, 4))
def test_a_text_that_looks_like_a_mask_protects_no_digit(mask: str, place: int) -> None:
    """Put between the groups of a number, it ends nothing."""
    groups = ["4539", "5787", "6362", "1486"]
    caption = redacted(" ".join(["it's", *groups[:place], mask, *groups[place:], "ok"]), "en-US")
    assert not any(char.isdigit() for char in caption)
    assert caption.startswith("it's ")
    assert caption.endswith(" ok")


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


PIECES = st.sampled_from(
    (" ", ".", ",", "!", "?", "a", "aaaa", "B", "1", "…", "\u200b", "\u2011", "４", "Node.js", "é", "no", "\t")
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_normalising_twice_is_normalising_once_where_it_has_much_to_do(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        ("Hello ,world . It is 3.5 percent", "Hello, world. It is 3.5 percent"),
        ("nooooo no no no no no way", "noo no no way"),
        ("４１１１\u20111111 is \u200bfull\u00a0width", "4111-1111 is full width"),
    ],
)
def test_examples_of_normalising(said: str, spelled: str) -> None:
    assert normalise(said) == spelled
    assert normalise(spelled) == spelled


@given(st.lists(st.sampled_from(HARMLESS_WORDS), min_size=1, max_size=20).map(" ".join))
def test_words_without_numbers_are_what_was_said(text: str) -> None:
    # A word said four times over is a stutter that normalising may shorten; that is another test's matter.
    words = text.split()
    if any(len({*words[i : i + 2]}) == 1 for i in range(len(words) - 1)):
        return
    assert redacted(text, "en-US") == text
