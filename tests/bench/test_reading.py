"""Reading digits as a listener would, and finding in a raw text what a caption of it shows."""

import re
from pathlib import Path

import pytest

from captiond.bench.reading import places, read_digits, seen
from captiond.bench.streams import PRIVATE, turns

SHARED_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.mark.parametrize(
    ("language", "text", "digits"),
    [
        ("en", "four double one oh 7-8, forty seven nineteen", "41107847" + "19"),
        ("en-US", "for to won ate o'clock O'Neil", ""),
        ("en", "triple five o", "5550"),
        ("en", "forty, seven and a half", "47"),
        ("es", "treinta y dos veintidós doble cero", "322200"),
        ("fr", "zéro six quatre-vingt-dix-neuf soixante et onze vingt-et-un", "0699" + "7121"),
        ("de", "null zwo siebenunddreißig doppelvier dreimal sieben", "023744777"),
        ("xx", "four vier quatre cuatro", "4444"),
        ("en", "", ""),
    ],
)
def test_numerals_and_number_words_are_read_alike(language: str, text: str, digits: str) -> None:
    assert "".join(d.value for d in read_digits(text, language)) == digits


def test_a_digit_needs_the_words_that_make_it() -> None:
    """`double` alone shows nothing; `forty` shows its digit without the unit."""
    double, repeat = read_digits("double five", "en")
    assert double.needs == ((7, 11),)
    assert set(repeat.needs) == {(0, 6), (7, 11)}
    tens, unit = read_digits("forty seven", "en")
    assert (tens.needs, unit.needs) == (((0, 5),), ((6, 11),))


def test_places_skip_what_was_misheard_or_left_out() -> None:
    assert places(read_digits("4111 2", "en"), "41112") == [0, 1, 2, 3, 4]
    assert places(read_digits("1 415 555 0132", "en"), "4155550132") == [None, *range(10)]
    assert places(read_digits("four nine one", "en"), "411") == [0, None, 1]
    assert places([], "411") == []


@pytest.mark.parametrize(
    ("caption", "shown"),
    [
        ("my card is 4111 1111, hold on, 1111 1111 yes", "my card is 4111 1111  hold on  1111 1111 yes"),
        ("my card is [...], hold on, [...]", "my card is            hold on"),
        ("my card is 4[...], hold on, [CC] yes", "my card is 4          hold on            yes"),
        ("my card is [CC] yes", "my card is                               yes"),
        ("[...]", ""),
        ("My card is [...]1, hold on,[...]1 yes.", "my card is         1  hold on          1 yes"),
    ],
)
def test_what_a_caption_shows_is_found_in_its_raw_text(caption: str, shown: str) -> None:
    raw = "my card is 4111 1111, hold on, 1111 1111 yes"
    view = seen(raw, caption)
    assert view.sure
    found = "".join(c if flag and c.isalnum() else " " for c, flag in zip(raw, view.flags, strict=True))
    assert found.rstrip() == shown


def test_words_that_are_not_in_the_raw_text_make_it_unsure() -> None:
    assert not seen("four one one", "something else [...]").sure


@pytest.mark.shared
@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
def test_every_number_of_the_data_is_read_as_its_value(language: str) -> None:
    """The reader is the judge: where it can't read a form, a leak of that form would not be seen."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data set is not here")
    unread = []
    for stream in turns(SHARED_DATA, language, partials=False):
        event = stream.events[-1]
        for span in event.spans:
            value = re.sub(r"\D", "", span.mention.value)
            if span.mention.cls == PRIVATE and span.mention.kind not in ("DOB", "EMAIL"):
                read = read_digits(event.text[span.start : span.end], language)
                found = [p for p in places(read, value) if p is not None]
                said_shorter = span.mention.form in ("local", "plus")  # without area code; with a country code
                if found != list(range(len(value))) and not (said_shorter and len(found) >= 7):
                    unread.append((span.mention.kind, span.mention.form))
    assert unread == []
