"""What stands beside digits and is one too: "oh" before numerals, number words glued to them, "cento"."""

import pytest

from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.tokens import read
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


def growing(said: str, language: str) -> list[str]:
    """The captions while it is heard letter by letter."""
    talk = Talk(language=language)
    return [talk.say("u", said[:end], final=False) for end in range(1, len(said) + 1)]


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("en", "yes it's GB oh 2 3 0", "yes it's GB [...]"),
        ("en", "it is o 415", "it is [...]"),
        ("it", "8383 - cento", "[...]"),
        ("it", "99 - cento doppio un uno", "[...]"),
        ("fr", "9032 - cent", "[...]"),
        ("it", "quaranta sei 2", "[...]"),  # Italian says 46 in one word: these are 40, 6 and 2
        ("es", "cuarenta seis 2", "[...]"),
        ("fr", "trois quatre ²", "trois quatre ²"),
        ("fr", "trois quatre 1 ²", "[...]"),
        ("en", "seven-0132", "[...]"),
        ("es", "cero(415)", "[...])"),
        ("en", "forty2185 ate", "[...]"),
        ("fr", "quatre-vingt-01", "[...]"),
    ],
)
def test_it_counts(language: str, said: str, shown: str) -> None:
    assert growing(said, language)[-1] == shown


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "oh 20 dollars"),
        ("en", "oh, 415 of them"),
        ("en", "forty seven 2"),  # three digits
        ("es", "cuarenta y seis 2"),
        ("fr", "quarante sept 2"),
        ("en", "it's 24-seven"),
        ("en", "Apollo13 is on"),
        ("en", "9-to-5 job"),
    ],
)
def test_and_not_too_much(language: str, said: str) -> None:
    assert growing(said, language)[-1] == said
    assert closed(said, language=language) == said


@pytest.mark.parametrize(
    ("language", "word", "digits"),
    [
        ("en", "seven-0132", "70132"),
        ("en", "forty2185", "402185"),
        ("es", "cero(415)", "0415"),
        ("fr", "²", "2"),
        ("en", "[CC]1833", "1833"),
        ("en", "1833[...]", "1833"),
    ],
)
def test_it_is_read(language: str, word: str, digits: str) -> None:
    token = read(word, lexicon_for(language))
    assert (token.digits, token.mixed) == (digits, False)


def test_what_looks_like_a_mask_protects_no_digits_glued_to_it() -> None:
    assert closed("1833172096289578 it is [CC]1833172096289578") == "[NUMBER] it is [NUMBER]"
    assert closed("[CC] it is [CC], right") == "[CC] it is [CC], right"


@pytest.mark.parametrize(
    ("language", "said", "number"),
    [
        ("it", "ehm9391 dunque 009 quaranta", "9391"),  # "dun" is no word that ends a number
        ("en", "it is 8174078 GB1251", "8174078"),  # "GB" is no gigabyte
        ("it", "0530521143. e sei doppio, tre 7. http", "tre 7"),  # nor "h" an hour
        ("en", "it is 5512 %1", "5512"),
        ("es", "sería el cuatro tres dos uno los", "cuatro tres dos uno"),  # "los" may be "dos"
    ],
)
def test_half_a_word_lets_nothing_go(language: str, said: str, number: str) -> None:
    whole = said.index(number) + len(number)
    assert [text for text in growing(said, language)[whole - 1 :] if number in text] == []


def test_counting_goes_on_after_one_more_word() -> None:
    talk = Talk(language="en-US")
    assert talk.say("u", "so five four three two well", final=False) == "so [...] well"
    assert talk.say("u", "so five four three two maybe it", final=False) == "so five four three two maybe it"
    assert talk.say("v", "testing one two three four can", final=False) == "testing one two three four can"


def test_no_percentage_has_seven_digits() -> None:
    assert closed("it was 0219016777 % then", language="en") == "it was [PHONE] % then"
    assert closed("it was 1019016777 dollars then", language="en") == "it was 1019016777 dollars then"


def test_a_word_glued_behind_a_digit_hides_none() -> None:
    """A recogniser that leaves out the space: "nine.and" says nine, "one-way" nothing."""
    assert growing("0081 nine.a", "en")[-1] == "[...]"
    assert closed("it was a one-way ticket, two-step at that") == "it was a one-way ticket, two-step at that"


def test_a_day_ends_at_a_comma() -> None:
    """ "trois, mai" is no third of May, but "trois, mail" heard half-way."""
    assert growing("107123761 - trois, mai", "fr")[-1] == "[...], mai"


def test_a_dash_behind_a_price_is_no_digit() -> None:
    assert growing("83252 5% - GB, 9", "en")[-1] == "[...] 5% - GB, [...]"


def test_double_stays_double_behind_a_mark() -> None:
    assert growing("triple \u0301 nine 9", "en")[-1] == "[...] \u0301 [...]"
