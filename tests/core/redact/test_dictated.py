"""Addresses as people dictate them: letters with their words, particles, what is said of how it is written."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

ASKED = {
    "fr-FR": "votre adresse mail ?",
    "de-DE": "Ihre E-Mail-Adresse bitte?",
    "it-IT": "la sua email?",
    "es-ES": "¿cuál es su correo?",
    "en-US": "what is your email?",
}
ENDS = {
    "fr-FR": "arobase orange point fr",
    "de-DE": "at gmx punkt de",
    "it-IT": "chiocciola libero punto it",
    "es-ES": "arroba gmail punto com",
    "en-US": "at gmail dot com",
}
DICTATED = [
    ("fr-FR", "m comme marie a comme anatole r comme raoul"),
    ("fr-FR", "jean de la fontaine"),
    ("fr-FR", "de la tour"),
    ("fr-FR", "dupont tout attaché sans accent"),
    ("fr-FR", "mamie trait d'union jeannine"),
    ("de-DE", "a wie anton m wie martha n wie nordpol"),
    ("de-DE", "anna von der heide"),
    ("de-DE", "müller anna alles klein"),
    ("de-DE", "amueller1980"),
    ("de-DE", "jan tiefstrich peters"),
    ("de-DE", "drei eichen"),
    ("it-IT", "m come milano a come ancona r come roma"),
    ("it-IT", "rossi della rovere tutto attaccato"),
    ("es-ES", "m como madrid a como ana r como roma"),
    ("es-ES", "ana de la torre todo junto"),
    ("en-US", "m as mike a for alpha r like romeo"),
    ("en-US", "jsmith1980"),
    ("en-US", "peter van der berg all lowercase"),
]


@pytest.mark.parametrize(("language", "name"), DICTATED)
def test_a_dictated_name_is_hidden_when_it_was_asked_for(language: str, name: str) -> None:
    talk = Talk(language=language)
    talk.say("q", ASKED[language], channel="agent")
    assert talk.say("a", f"{name} {ENDS[language]} ok") == "[EMAIL] ok"


@pytest.mark.parametrize(("language", "name"), [(tag, name) for tag, name in DICTATED if "1980" in name])
def test_a_name_with_digits_in_it_is_one_without_a_cue(language: str, name: str) -> None:
    assert closed(f"{name} {ENDS[language]} ok", language=language) == "[EMAIL] ok"


@pytest.mark.parametrize(
    ("language", "letters"), [("fr-FR", "m comme marie a comme anatole r comme raoul"), ("de-DE", DICTATED[5][1])]
)
def test_three_letters_with_their_words_are_spelling_without_a_cue(language: str, letters: str) -> None:
    """The text grows by words: what the gate lets through and what it stops is one and the same."""
    talk = Talk(language=language)
    words = f"{letters} {ENDS[language]} voilà".split()
    for size in range(1, len(words)):
        talk.say("a", " ".join(words[:size]), final=False)
    assert talk.say("a", " ".join(words)) == "[EMAIL] voilà"


@pytest.mark.parametrize("said", ["jan@ gmx punkt ch", "jan affenschwanz gmx punkt ch"])
def test_a_month_is_a_name_behind_a_cue(said: str) -> None:
    talk = Talk(language="de-DE")
    talk.say("q", ASKED["de-DE"], channel="agent")
    assert talk.say("a", f"ja, das ist {said}, danke") == "ja, das ist [EMAIL], danke"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de-DE", "die kam im Januar von der Bank wie immer alles klein geschrieben"),
        ("fr-FR", "je l'ai reçu en janvier de la banque comme toujours tout en majuscules"),
        ("fr-FR", "il y a comme un problème avec la facture de la maison"),
        ("en-US", "as for a for effort it was all in one word for me"),
    ],
)
def test_the_same_words_stay_where_no_address_comes(language: str, said: str) -> None:
    talk = Talk(language=language)
    talk.say("q", ASKED[language], channel="agent")
    talk.say("a", said)
    talk.end()
    assert talk.screen["a"].text == said
