"""What a private number is not taken for, or with: a reference, a count, an amount beside it."""

import pytest

from tests.core.redact.conftest import Talk, closed, finals  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "asked", "said", "answer"),
    [
        ("en", "What's your PIN?", "I'm in room 4", "um 8264"),
        ("en", "What's your PIN?", "my order number is 4415, um", "8264"),
        ("en", "What's your phone number?", "case 4415", "uh 555 0132"),
        ("es", "¿Y el CVV?", "habitación 12", "pues 739"),
        ("fr", "Votre code PIN ?", "dossier 44", "alors 8264"),
        ("de", "Wie ist Ihre PIN?", "Bestellung 4415", "ähm 8264"),
    ],
)
def test_a_number_asked_for_is_not_the_rest_of_a_reference(language: str, asked: str, said: str, answer: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", said)
    talk.say("b", answer)
    talk.end()
    assert not any(char.isdigit() for char in talk.screen["b"].text)


@pytest.mark.parametrize(
    ("language", "said", "more"),
    [
        ("en", "my card is 4111 1111 1111 1111", "um one more thing"),
        ("en", "my phone number is 415 555 0132", "um three or four times"),
        ("es", "mi tarjeta es 4111 1111 1111 1111", "eh dos o tres veces"),
        ("fr", "mon téléphone est 06 12 34 56 78", "bon une chose"),
        ("de", "meine Karte ist 4111 1111 1111 1111", "also eins noch"),
    ],
)
def test_what_is_counted_behind_a_whole_number_and_a_filler_is_none_of_it(language: str, said: str, more: str) -> None:
    assert finals(language, said, more)[1] == more


@pytest.mark.parametrize(
    "said",
    [
        "our credit card debt is $1,234,567,890 now",
        "My phone company made 1,234,567,890 dollars",
        "Social media reached 1,200,345,678 people.",
    ],
)
def test_an_amount_behind_a_cue_is_one_where_a_sign_or_a_word_says_so(said: str) -> None:
    assert closed(said) == said
    assert closed("my phone number is 2,555,550,165") == "my phone number is [PHONE]"


@pytest.mark.parametrize(
    "said",
    [
        "my PIN is 9423 for two people please",
        "my PIN is nine four two three for two people please",
        "the CVV is 574 to two people",
        "646 555 6834 for two people",
        "it's 418-56-8793 for two people",
    ],
)
def test_a_number_before_a_count_is_no_part_of_it(said: str) -> None:
    shown = closed(said)
    assert not any(char.isdigit() for char in shown)
    assert "two three" not in shown
    assert shown.endswith(("people", "people please"))


@pytest.mark.parametrize("said", ["a table for two people at 7 pm", "I paid twenty for two dollars", "15 to 20 people"])
def test_a_count_alone_is_shown(said: str) -> None:
    assert closed(said) == said


def test_a_country_that_was_told_before_its_number_began_is_no_fault() -> None:
    talk = Talk(language="fr")
    talk.say("a", "mon IBAN est FR")
    talk.silence(4.0)
    talk.say("b", "5 arobase web point fr")
    talk.end()
    assert talk.screen["b"].text == "[EMAIL]"
