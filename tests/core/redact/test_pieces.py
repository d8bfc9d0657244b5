"""Pieces of one number: cut by the end of an utterance, or left behind a pause, they are judged with the whole."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("so 2088", "1234 5678 9012 thanks"),  # by itself a year
        ("988", "05 1129 thanks"),  # a help line
        ("so that's seven eight nine", "five five five oh one two two thanks"),  # counting
        ("right zero two four", "five five oh one one two thanks"),
    ],
)
def test_a_number_cut_in_two_is_judged_whole(talk: Talk, one: str, other: str) -> None:
    talk.say("a", one)
    talk.say("b", other)
    talk.silence()
    assert "[" in talk.screen["a"].text
    assert "[" in talk.screen["b"].text
    assert not any(word in talk.screen["a"].text for word in one.split()[-1:])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it was in 1999", "20 of them came"),
        ("please call 911", "it is urgent"),
        ("one two three", "four five six seven eight nine ten"),
    ],
)
def test_what_is_harmless_beside_no_number_stays(talk: Talk, one: str, other: str) -> None:
    talk.say("a", one)
    talk.say("b", other)
    talk.silence()
    assert (talk.screen["a"].text, talk.screen["b"].text) == (one, other)


@pytest.mark.parametrize(
    "said",
    [
        "my card is six four five nine five six nine seven two three oh five three seven six three okay five six three",
        "my card is nine sorry again nine six six nine one two two eight five six one seven okay three seven six",
        "it's 6459 5697 2305 3763 okay five six three",
    ],
)
def test_the_rest_behind_a_pause_is_masked_with_it(talk: Talk, said: str) -> None:
    talk.say("u", said)
    talk.silence()
    assert talk.screen["u"].text.endswith("okay [CC]")


@pytest.mark.parametrize(
    "said",
    [
        "my mobile is six double one let me see five five five zero one eight three",  # 611: a help line
        "the ssn is one one five and then seven one four eight seven six",  # 115
        "here goes six four two um eight four one nine one four",  # counting down
        "that's five seven nine uh one oh one eight double seven",  # counting up
    ],
)
def test_a_piece_before_a_pause_is_not_harmless_by_its_looks(talk: Talk, said: str) -> None:
    talk.say("u", said)
    talk.silence()
    assert talk.screen["u"].text.count("[") == 2


def test_a_word_of_a_pause_is_no_unit() -> None:
    talk = Talk(language="de-DE")
    talk.say(
        "u", "gerne vier sieben doppelzwei mal sehen sechs drei eins zwei neun drei eins fünf null acht sechs neun"
    )
    talk.silence()
    assert talk.screen["u"].text.count("[") == 2
    assert talk.say("v", "das habe ich schon vier mal gesagt und jetzt reicht es mir") == (
        "das habe ich schon vier mal gesagt und jetzt reicht es mir"
    )


def test_an_article_before_a_pause_is_a_digit() -> None:
    talk = Talk(language="fr-FR")
    talk.say(
        "u", "voilà six neuf deux neuf zéro un cinq un pardon six neuf deux neuf zéro un cinq un zéro un sept quatre"
    )
    talk.silence()
    assert "] pardon [" in talk.screen["u"].text
    talk.say("v", "voilà six neuf deux neuf zéro deux cinq un moment six neuf deux neuf zéro un cinq un zéro")
    talk.silence()
    assert "] un moment [" in talk.screen["v"].text
