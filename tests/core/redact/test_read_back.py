"""Short codes read back, and codes asked for in other words; zeros between pauses; what is typed for spoken pieces."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "asked", "code", "mask"),
    [
        ("en-US", "and the security code", "two one nine", "[CVV]"),
        ("en-US", "what is your pin", "4471", "[NUMBER]"),
        ("en-US", "what is your pin", "nineteen eighty four", "[NUMBER]"),
        ("es-ES", "¿y el código de seguridad?", "dos uno nueve", "[CVV]"),
        ("fr-FR", "et le code de sécurité", "deux un neuf", "[CVV]"),
        ("de-DE", "und die Prüfnummer", "zwei eins neun", "[CVV]"),
    ],
)
@pytest.mark.parametrize("after_s", [0.5, 5.0])
def test_a_code_that_the_agent_reads_back_is_masked(
    language: str, asked: str, code: str, mask: str, after_s: float
) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", code)
    talk.say("b", code, channel="agent", after_s=after_s)
    talk.say("c", "ok", channel="agent", after_s=5.0)
    talk.end()
    assert (talk.screen["a"].text, talk.screen["b"].text) == (mask, mask)


def test_another_number_than_the_code_is_none(talk: Talk) -> None:
    talk.say("q", "and the security code", channel="agent")
    talk.say("a", "two one nine")
    talk.say("t", "thank you", channel="agent")
    talk.silence()
    talk.say("b", "so that will be 318 in all", channel="agent")
    talk.end()
    assert talk.screen["b"].text == "so that will be 318 in all"


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en-US", "and the three numbers on the back please"),
        ("en-US", "the four digit code on the front"),
        ("en-US", "and the C V V"),
        ("es-ES", "¿y el código de atrás?"),
        ("es-ES", "el c v v"),
    ],
)
def test_a_code_asked_for_in_other_words(language: str, asked: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    assert talk.say("a", "702", final=False) == "[...]"
    talk.say("a", "702")
    talk.end()
    assert talk.screen["a"].text == "[CVV]"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en-US", "the security code has three digits"), ("es-ES", "el código de seguridad de tres cifras")],
)
def test_how_many_digits_it_has_is_a_count(language: str, said: str) -> None:
    assert closed(said, language=language) == said


def test_a_zero_between_pauses_is_one_where_a_number_was_asked_for(talk: Talk) -> None:
    said = "my card is four two six um oh uh"
    assert talk.say("a", said, final=False) == "my card is [...] um [...] uh"
    assert talk.say("a", f"{said} two", final=False) == "my card is [...] um [...] uh [...]"
    assert Talk().say("b", "I have four um oh uh forget it", final=False) == "I have four um oh uh forget it"


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("es-ES", "mi visa es 40 y 530 y 2-01-50 y 112-80 y 303606", "mi visa es [CC] y [CC] y [CC] y [CC] y [CC]"),
        ("en-US", "my card is 4532 um 1-4-30 um 1128 303606", "my card is [CC] um [CC] um [CC]"),
        ("en-US", "my card is 53 too 015 won won too ate 303 sicks 6", "my card is [CC]"),
    ],
)
def test_spoken_pieces_that_were_typed_as_a_date_or_a_range(language: str, said: str, wanted: str) -> None:
    assert closed(said, language=language) == wanted


@pytest.mark.parametrize(("language", "asked"), [("en-US", "your pin"), ("es-ES", "su pin"), ("de-DE", "Ihre PIN")])
def test_a_code_typed_as_a_date_is_the_code(language: str, asked: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", "4-4-71")
    talk.end()
    assert talk.screen["a"].text == "[NUMBER]"


def test_a_short_date_behind_a_cue_stays(talk: Talk) -> None:
    assert closed("my card was lost on 3-14-25 and I need help") == "my card was lost on 3-14-25 and I need help"


def test_tens_in_numerals_take_their_unit_in_an_address() -> None:
    said = "mi correo es jgarcia guion bajo 80 y 2 arroba hotmail punto es"
    assert closed(said, language="es-ES") == "mi correo es [EMAIL]"


@pytest.mark.parametrize("word", ["card", "phone", "mobile", "social", "phone number"])
def test_a_cue_with_its_verb_glued_to_it_is_a_cue(talk: Talk, word: str) -> None:
    assert talk.say("a", f"my {word}'s four", final=False) == f"my {word}'s [...]"


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en-US", "my card is four one for seven did you get all that now", "my card is [CC] did you get all that now"),
        ("en-US", "my phone rings from 8 to 17 and then no more", "my phone rings from 8 to 17 and then no more"),
    ],
)
def test_a_range_behind_a_cue_has_a_word_before_it(language: str, said: str, wanted: str) -> None:
    assert closed(said, language=language) == wanted


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "my card is 4916 2209 7713 9 let me see oh um oh five"),
        ("es-ES", "mi tarjeta es 4916 2209 7713 9 a ver cero eh cero cinco"),
        ("fr-FR", "ma carte est 4916 2209 7713 9 euh zéro euh zéro cinq"),
        ("de-DE", "meine Karte ist 4916 2209 7713 9 moment null äh null fünf"),
    ],
)
def test_single_digits_with_pauses_between_are_the_rest(language: str, said: str) -> None:
    assert closed(said, language=language).split()[-1] == "[CC]"
