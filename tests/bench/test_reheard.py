"""Streams heard otherwise: the truth beside the text stays true, and each way of hearing comes."""

import random
import re
from collections import defaultdict

import pytest

from captiond.bench import reheard as module
from captiond.bench.disturbed import Turn
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import read_digits
from captiond.bench.reheard import WAYS, reheard
from captiond.bench.speech import invented
from captiond.bench.streams import PRIVATE, Mention, Span, Stream

SEEDS = range(40)


def streams(language: str) -> list[Stream]:
    return [reheard(random.Random(s), invented(random.Random(s), f"seed-{s}", language)) for s in SEEDS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_private_parts_say_the_same_digits(language: str) -> None:
    for stream in streams(language):
        said: dict[str, list[str]] = defaultdict(list)
        mentions = {}
        for event in stream.events:
            assert all(0 <= s.start < s.end <= len(event.text) for s in event.spans), event.sequence
            for s in event.spans if event.final else ():
                said[s.mention.key].append(event.text[s.start : s.end])
                mentions[s.mention.key] = s.mention
        for key, mention in mentions.items():
            if mention.cls == PRIVATE and mention.kind != "EMAIL":
                read = "".join(d.value for d in read_digits(" ".join(said[key]), language))
                assert read.endswith(mention.value)


def test_a_seed_gives_the_same_stream() -> None:
    one, other = (reheard(random.Random(3), invented(random.Random(3), "seed-3")).events for _ in range(2))
    assert one == other


def test_a_number_comes_in_many_utterances() -> None:
    parts = [s.mention.parts for stream in streams("en-US") for e in stream.events for s in e.spans]
    assert max(parts) > 6


@pytest.mark.parametrize(
    ("way", "said", "heard"),
    [
        ("_regrouped", "4111 1111", r"[\d .,-]+"),
        ("_hyphenated", "four one one", r"\w+[\W]+\w+[\W]+\w+"),
        ("_punctuated", "four one one", r"four.*one.*one.*"),
        ("_in_capitals", "four one one", r"(?i:four one one)"),
        ("_in_other_digits", "41", r"[^0-9]{2}"),
        ("_with_no_width", "four one one 4111", r"(?s).+"),
        ("_with_spaces", "four one one", r"four\s+.?one\s+.?one"),
        ("_multiplied", "four four one", r"(four four|double four) one"),
        ("_as_money", "4111 1111", r"[$€£]4111 1111"),
        ("_with_fillers", "four one", r"(four (um|uh) one|four one (um|uh))"),
    ],
)
def test_each_way_says_it_otherwise(way: str, said: str, heard: str) -> None:
    words = LANGUAGES["en-US"]
    ways = [getattr(module, way)(random.Random(s), words, said) for s in range(40)]
    assert all(re.fullmatch(heard, one) for one in ways), ways
    assert set(ways) - {said}


def test_these_are_all_ways() -> None:
    assert {way.__name__ for way in WAYS} == {
        "_regrouped", "_hyphenated", "_punctuated", "_in_capitals", "_in_other_digits", "_with_no_width",
        "_with_spaces", "_multiplied", "_as_money", "_with_fillers",
    }  # fmt: skip


@pytest.mark.parametrize("said", ["$586", "586", "5.86"])
def test_three_digits_are_no_money(said: str) -> None:
    """A code of three digits with a currency, or a point in it, is a price to anybody."""
    words = LANGUAGES["en-US"]
    for seed in range(20):
        assert module._as_money(random.Random(seed), words, said) == said
        assert module._regrouped(random.Random(seed), words, said) == said


def test_what_is_a_price_or_a_date_to_anybody_is_no_number_heard_otherwise() -> None:
    words = LANGUAGES["en-US"]
    heard = {module._hyphenated(random.Random(s), words, "6 80 four one") for s in range(80)}
    assert not any("6/80" in one for one in heard)
    assert any("four/one" in one for one in heard)
    assert any("6-80" in one for one in heard)
    assert module._is_price_amid(words, "it is $241.55 five zero one")
    assert module._is_price_amid(words, "five zero one €1.241,55")
    assert not module._is_price_amid(words, "it is $241.55 thank you")
    assert not module._is_price_amid(words, "it is $241 555 0132")


def test_no_pause_is_glued_to_a_number() -> None:
    """ "I" begins "I think"; "G" and "B" are letters of the country."""
    words = LANGUAGES["en-US"]
    glued = [
        word for word in ("four", "double", "GB", "G", "B", "I", "think", "A", "41") if module._is_glued(words, word)
    ]
    assert glued == ["four", "double", "GB", "G", "B", "41"]


def test_a_last_oh_behind_a_pause_is_a_sigh_to_anybody() -> None:
    """ "..., five" | "oh, does that help?": no attack says a number so, in pieces or with a filler."""
    words = LANGUAGES["en-US"]
    heard = {module._with_fillers(random.Random(s), words, "five oh.") for s in range(40)}
    assert heard == {"five oh. um", "five oh. uh"}
    assert any(" um oh" in module._with_fillers(random.Random(s), words, "five oh six") for s in range(40))
    mention = Mention("e", "e", "PHONE", "spoken", PRIVATE, "510", 1)
    for last in ("oh does that help", "zero does that help"):
        text = f"five one {last}"
        turn = Turn("a", "", [], (text, (Span(0, text.index(" does"), mention),)))
        pieces = {t.final[0] for s in range(60) for t in module._slowly(random.Random(s), turn, "en-US")}
        assert ("one" in pieces) == (last in pieces) == last.startswith("zero")
        assert "five" in pieces


def test_what_is_something_else_or_a_sigh_to_anybody_is_none() -> None:
    """Alone it is kept, as a price is: no attack writes a number so."""
    words = LANGUAGES["en-US"]
    mention = Mention("e", "e", "SSN", "dashed", PRIVATE, "042887", 1)
    heard = set()
    for text in ("042887", "239438706", "oh five five"):
        spans = (Span(0, len(text), mention),)
        ways = [module._regrouped, module._with_fillers]
        heard |= {module._heard(random.Random(s), words, ways, (text, spans), 0.9)[0] for s in range(2_000)}
    assert not any(
        re.fullmatch(r"\d\d?([-./])\d\d?\1\d\d|\d{5}-\d{4}|\d{1,3}(\.\d{1,3}){3}|oh (um|uh) .*", one) for one in heard
    )
    assert any(re.fullmatch(r"\d\d-\d\d\d-\d", one) for one in heard)
    assert any(re.fullmatch(r"\d{5}-\d{3}-\d", one) for one in heard)
    assert any(re.fullmatch(r"oh five (um|uh) five", one) for one in heard)
    later = module._heard(random.Random(4), words, [module._with_fillers], ("oh", (Span(0, 2, mention, 2),)), 1.0)
    assert later[0] in ("oh um", "oh uh")  # amid a number it is a digit
