"""Words glued to a number, for want of a space, and codes beside one: neither makes it a code."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en-US", "here is 4532 0151 1283 0366.and thanks", "here is [CC]. thanks"),
        ("en-US", "415-555-0132.Thanks a lot", "[PHONE]. a lot"),
        ("en-US", "it's 219-09-9999.it's mine", "it's [SSN]. mine"),
        ("es-ES", "el 655 012 345.Gracias por todo", "el [PHONE]. por todo"),
        ("fr-FR", "c'est le 06 12 34 56 78.Merci bien", "c'est le [PHONE]. bien"),
        ("de-DE", "es ist 0151 23456789.Danke dir", "es ist [PHONE]. dir"),
    ],
)
def test_a_sentence_that_follows_without_a_space(language: str, said: str, wanted: str) -> None:
    assert closed(said, language=language).replace(".", "") == wanted.replace(".", "")


@pytest.mark.parametrize("said", ["(415) 555-0132x22", "415.555.0132ext22", "4155550132x22"])
def test_an_extension_glued_to_a_telephone(said: str) -> None:
    assert closed(f"call {said} today") == "call [PHONE] today"


def test_a_card_by_its_checksum_with_something_glued_to_it() -> None:
    assert closed("it is 4532015112830366exp0428") == "it is [CC]"
    assert closed("it is 4532-0151-1283-0366visa") == "it is [CC]"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("it is 4532015112830366,exp:0428", "it is [CC]"),
        ("call 415 555 0132 B12 today", "call [PHONE] today"),
        ("B12 415 555 0132 is it", "[NUMBER] is it"),
    ],
)
def test_a_code_beside_a_number_makes_it_none(said: str, wanted: str) -> None:
    assert closed(said).replace(",", "") == wanted


@pytest.mark.parametrize(
    "said", ["part 12345678AB is here", "it was 3.May then", "we had 1080p and 2000s", "step 1.Go on"]
)
def test_codes_dates_and_steps_stay(said: str) -> None:
    assert closed(said) == said


@pytest.mark.parametrize(
    ("language", "said"), [("en", "triple eight+44"), ("es", "triple ocho+44"), ("it", "triplo otto-44")]
)
def test_what_doubles_a_word_glued_to_numerals_counts(language: str, said: str) -> None:
    caller = Talk(language=language)
    assert "[...]" in caller.say("0", said, final=False)


def test_what_doubles_a_numeral_of_several_digits_was_a_word() -> None:
    assert closed("a double 44 and a triple A4") == "a double 44 and a triple A4"
