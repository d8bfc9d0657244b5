"""A code that the other channel asks for when some of it was said already: what comes after the cue stays masked."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "first", "asked", "rest", "after"),
    [
        ("en-US", "right 4", "the security code is what exactly", "42", "is that fine"),
        ("fr-FR", "voilà six cinq", "le code de sécurité est s'il vous plaît", "zéro", "ça vous va"),
        ("es-ES", "claro dos seis", "el código de seguridad es por favor", "tres", "muchas gracias por"),
        ("de-DE", "also null acht", "die Prüfnummer ist bitte", "vier", "danke"),
    ],
)
def test_it_is_one_code(language: str, first: str, asked: str, rest: str, after: str) -> None:
    talk = Talk(language=language)
    talk.say("a", first)
    talk.say("q", asked, channel="agent")
    assert talk.say("b", f"{rest} {after}") == f"[...] {after}"
    talk.say("c", "could you please look into that for me pardon por favor")
    assert talk.screen["b"].text == f"[CVV] {after}"
    assert talk.screen["a"].text.endswith("[CVV]")


def test_numbers_too_long_for_a_code_are_none() -> None:
    talk = Talk()
    talk.say("a", "we have got 250")
    talk.say("q", "and what is the security code", channel="agent")
    talk.say("b", "20 of them came back to us yesterday morning")
    talk.end()
    assert [talk.screen[u].text for u in "ab"] == [
        "we have got 250",
        "20 of them came back to us yesterday morning",
    ]


def test_a_code_cut_behind_double() -> None:
    talk = Talk(language="fr-FR")
    talk.say("a", "le cvv est trois double")
    talk.say("b", "un merci")
    talk.end()
    assert [talk.screen[u].text for u in "ab"] == ["le cvv est [CVV]", "[CVV] merci"]
