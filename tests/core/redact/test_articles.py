"""An article that is the digit one as well ("un", "ein"): at the edges of a number, where only its neighbours tell."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

CARD = "cinq neuf six quatre trois double six zéro sept zéro neuf neuf deux zéro huit"
PHONE = "quatre zéro un cinq cinq cinq zéro un neuf"


@pytest.mark.parametrize(
    ("said", "ended"),
    [
        ([f"ma carte est le {CARD}", "un", "vous pouvez"], ["ma carte est le [CC]", "[CC]", "vous pouvez"]),
        ([f"voilà {PHONE}", "un merci beaucoup", "oui"], ["voilà [PHONE]", "[PHONE] merci beaucoup", "oui"]),
        ([f"voilà {PHONE}", "un ça vous va", "oui"], ["voilà [PHONE]", "[PHONE] ça vous va", "oui"]),
        (["le cvv est un un un", "on en a parlé"], ["le cvv est [CVV]", "on en a parlé"]),
        ([f"voilà {CARD} pardon un", "l'écran reste noir"], ["voilà [CC] pardon [CC]", "l'écran reste noir"]),
    ],
)  # fmt: skip
def test_a_last_one_in_french(said: list[str], ended: list[str]) -> None:
    talk = Talk(language="fr-FR")
    for number, text in enumerate(said):
        talk.say(str(number), text)
    talk.end()
    assert [talk.screen[str(number)].text for number in range(len(said))] == ended


@pytest.mark.parametrize(
    ("language", "said", "caption"),
    [
        ("fr", "l'iban est un non attendez FR76 3000 6000 0112 3456 7890 189", "l'iban est [IBAN] non attendez [IBAN]"),
        ("fr", f"c'est {PHONE} zéro, un instant", "c'est [PHONE], un instant"),
        ("fr", "j'ai perdu un gant et une carte hier", "j'ai perdu un gant et une carte hier"),
        ("fr", "deux trois six pardon un", "deux trois six pardon un"),
        ("es", "es cuatro uno cinco cinco cinco cinco cero uno tres dos, un momento", "es [PHONE], un momento"),
        ("de", "Karte vier eins eins eins eins eins eins eins eins eins eins eins eins einen Moment bitte eins",
         "Karte [CC] einen Moment bitte [CC]"),
    ],
)  # fmt: skip
def test_elsewhere(language: str, said: str, caption: str) -> None:
    assert closed(said, language=language) == caption


@pytest.mark.parametrize(
    "before", ["le cvv est double", "ma carte, c'est", "ma carte, euh", "ma carte, bien sûr,", "mon iban voilà"]
)
def test_a_first_one_after_a_cue_is_masked_at_once(before: str) -> None:
    talk = Talk(language="fr-FR")
    assert talk.say("u", f"{before} un", final=False).endswith("[...]")
    assert talk.say("u", f"{before} un neuf", final=False).endswith("[...]")


def test_but_not_behind_an_ordinary_word() -> None:
    assert Talk(language="fr-FR").say("u", "ma carte est dans un", final=False) == "ma carte est dans un"


@pytest.mark.parametrize("said", ["mon iban est FR un", "mon iban est F R un"])
def test_it_is_the_first_digit_behind_a_country(said: str) -> None:
    shown = Talk(language="fr-FR").say("u", said, final=False)
    assert shown == "mon iban est [...]"


def test_one_behind_a_pause_and_before_thanks_is_a_digit() -> None:
    """Nobody says "a thanks"; "un moment" is a pause."""
    talk = Talk(language="fr-FR")
    said = "oui c'est le quatre un cinq cinq un deux double neuf deux neuf cinq quatre pardon un"
    for end in range(len(said), len(said) + len(" merci beaucoup") + 1):
        assert "pardon [...]" in talk.say("u", (said + " merci beaucoup")[:end], final=False)
    assert talk.say("u", f"{said} moment", final=False).endswith("pardon un moment")
    assert talk.say("u", f"{said} merci") == "oui c'est le [...] pardon [...] merci"
    talk.end()
    assert talk.screen["u"].text == "oui c'est le [CC] pardon [CC] merci"


@pytest.mark.parametrize(
    ("language", "asked", "said"),
    [
        ("fr-FR", "et le cryptogramme ?", "le sept, le un, et le deux"),
        ("es-ES", "¿y el cvv?", "el siete, un, y el dos"),
    ],
)
def test_a_one_amid_single_digits_is_one(language: str, asked: str, said: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", said)
    talk.end()
    assert " un" not in talk.screen["a"].text


def test_a_one_that_goes_on_with_a_number_in_the_next_utterance() -> None:
    talk = Talk(language="fr-FR")
    talk.say("a", "le numéro de ma carte est le quatre trois quatre neuf quatre cinq cinq")
    talk.say("b", "un ben sept cinq un quatre trois un deux zéro merci beaucoup")
    talk.end()
    assert talk.screen["b"].text == "[CC] ben [CC] merci beaucoup"
    talk.say("c", "ma carte est le quatre trois quatre neuf quatre cinq cinq un trois six sept cinq trois un deux zéro")
    talk.say("d", "un moment ben trois quatre cinq")
    talk.end()
    assert talk.screen["d"].text.startswith("un moment ben [")


@pytest.mark.parametrize(
    ("language", "begun", "pause", "digits"),
    [
        ("en", "so double", "um uh", "four one one"),
        ("en", "it is G B oh", "um uh", "four one one"),
        ("fr", "c'est le un", "euh ben", "cinq six sept"),
        ("fr", "double un", "euh ben", "cinq six sept"),
        ("es", "es E S un", "eh pues", "cinco seis siete"),
        ("fr", "double -", "[ euh", "six 99"),
        ("de", "doppelt -", "[ ähm", "sechs 99"),
    ],
)
def test_what_begins_a_number_waits_for_a_short_pause_only(language: str, begun: str, pause: str, digits: str) -> None:
    """Word by word or at once: what waits is read again from so far back as the gate does, and no farther."""
    for fillers in range(12):
        said = " ".join([begun, *(pause.split() * 6)[:fillers], digits])
        talk, whole = Talk(language=language), Talk(language=language)
        for end in (i for i, char in enumerate(said) if char == " "):
            talk.say("u", said[:end], final=False)
        shown = whole.say("u", said, final=False)
        assert talk.say("u", said, final=False) == shown
        if fillers == 2:
            assert shown.count("[...]") == 2, said
