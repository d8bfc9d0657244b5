"""Whole numbers: 2312 has three readings, and "hundred" may stand in a telephone number or in an amount."""

import pytest

from captiond.core.redact.cardinals import cardinal, digits_said, is_amount
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.tokens import read
from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "said", "value"),
    [
        ("en", "two thousand three hundred and twelve", 2312),
        ("en", "four hundred eleven", 411),
        ("en", "seventeen hundred", 1700),
        ("en", "two hundred fifty thousand", 250_000),
        ("en", "one million two hundred thousand five", 1_200_005),
        ("en", "375 million", 375_000_000),
        ("es", "dos mil trescientos doce", 2312),
        ("es", "mil novecientos noventa y cinco", 1995),
        ("fr", "deux mille trois cent douze", 2312),
        ("fr", "quatre mille cent onze", 4111),
    ],
)
def test_a_whole_number(language: str, said: str, value: int) -> None:
    tokens = [read(word, lexicon_for(language)) for word in said.split()]
    assert cardinal(tokens, 0) == (len(tokens), value)
    assert is_amount(tokens)
    assert digits_said(tokens, "") == str(value)


@pytest.mark.parametrize(
    "said",
    ["four hundred eleven five five five", "one eight hundred five", "twelve", "five five five two thousand"],
)  # fmt: skip
def test_no_amount(said: str) -> None:
    assert not is_amount([read(word, lexicon_for("en")) for word in said.split()])


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        ("call four hundred eleven five five five oh one three two", "call [PHONE]"),
        ("eight hundred five five five oh one three six", "[PHONE]"),
        ("my pin is two three one two", "my pin is [NUMBER]"),
        ("my pin is twenty three twelve", "my pin is [NUMBER]"),
        ("my pin is two thousand three hundred and twelve", "my pin is [NUMBER]"),
        ("my social is four hundred eleven twenty two thirty three forty four", "my social is [SSN]"),
        ("about two thousand three hundred and twelve came", "about two thousand three hundred and twelve came"),
        ("one point five million", "one point five million"),
    ],
)
def test_in_a_caption(said: str, caption: str) -> None:
    assert closed(said) == caption


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        ("die Nummer ist vierhundertfünfzehn fünfhundertzwei null eins zweiunddreißig", "die Nummer ist [PHONE]"),
        ("die Karte ist vierhundertelf elf elf", "die Karte ist [CC]"),
        ("es sind vierhundertfuenfzig und hundertzwanzig", "es sind vierhundertfuenfzig und hundertzwanzig"),
    ],
)  # fmt: skip
def test_german_hundreds_are_one_word(said: str, caption: str) -> None:
    assert closed(said, language="de-DE") == caption
