"""A number given piece by piece: its cue waits for the rest, however long the pauses, and no longer than that."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]

LONG_S = 4.0  # an agent who reads a piece back takes longer than a run stays open


@pytest.mark.parametrize(
    ("language", "asked", "pieces"),
    [
        (
            "en-US",
            "what is your card number",
            "four five three two|oh one five one|one two eight three|oh three six six",
        ),
        ("en-US", "and the phone number", "four one five|five five five|oh one three two"),
        ("en-US", "your social please", "two one nine|oh nine|nine nine nine nine"),
        ("es-ES", "dígame el número de la tarjeta", "cuatro cinco tres dos|cero uno cinco uno|4444|8321"),
        ("fr-FR", "votre numéro de carte", "quatre cinq trois deux|zéro un cinq un|un deux huit trois|6655"),
        ("de-DE", "Ihre Kartennummer bitte", "vier fünf drei zwei|null eins fünf eins|5511|drei drei drei eins"),
    ],
)
def test_each_piece_is_masked_while_the_agent_reads_it_back(language: str, asked: str, pieces: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    for i, piece in enumerate(pieces.split("|")):
        words = piece.split()
        for count in range(1, len(words) + 1):
            said = " ".join(words[:count])
            assert talk.say(f"c{i}", said, final=False, after_s=LONG_S if count == 1 else 0.1) == "[...]"
        assert talk.say(f"c{i}", piece) == "[...]"
        assert talk.say(f"a{i}", piece, channel="agent", after_s=LONG_S) == "[...]"
    talk.silence()
    talk.end()
    assert [one.text for name, one in talk.screen.items() if name != "q" and one.text[0] + one.text[-1] != "[]"] == []


@pytest.mark.parametrize(
    ("language", "asked", "one"),
    [
        ("it", "il codice di sicurezza è sei", "lei sei sicura di averlo"),
        ("en", "my cvv is six", "six of them came"),
        ("es", "el cvv es seis", "seis de ellos"),
    ],
)
def test_a_piece_of_a_code_is_no_code_to_read_back(language: str, asked: str, one: str) -> None:
    """Else every "six" of the rest of the call were one."""
    talk = Talk(language=language)
    for number, text in enumerate((asked, "va bene okay vale", "bueno so dunque va", one, one)):
        talk.say(str(number), text, after_s=4.0)
    talk.end()
    assert talk.screen["3"].text == talk.screen["4"].text == one


def test_a_whole_number_is_an_answer(talk: Talk) -> None:
    talk.say("q", "what is your card number", channel="agent")
    talk.say("a", "4532 0151 1283 0366")
    talk.silence()
    talk.say("b", "I think we need 1520 of them", after_s=LONG_S)
    talk.silence()
    assert talk.screen["b"].text == "I think we need 1520 of them"


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en-US", "the last four of your card please"),
        ("es-ES", "los últimos cuatro dígitos de su tarjeta"),
        ("fr-FR", "les quatre derniers chiffres de votre carte"),
        ("de-DE", "die letzten vier Ziffern Ihrer Karte"),
    ],
)
def test_the_last_four_are_all_that_was_asked_for(language: str, asked: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", "4412")
    talk.silence()
    assert talk.screen["a"].text == "[CC]"
    talk.say("b", "1520", after_s=LONG_S)
    talk.silence()
    assert talk.screen["b"].text == "1520"


def test_a_keep_word_behind_a_piece_announces_another_number(talk: Talk) -> None:
    talk.say("a", "my visa is 4412 and my order number is 5520")
    talk.silence()
    assert talk.screen["a"].text == "my visa is [CC] and my order number is 5520"
