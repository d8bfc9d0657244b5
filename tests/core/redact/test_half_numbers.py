"""Pieces of a number that look like a date, an amount or an interjection: heard otherwise, they are still pieces."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


def test_a_slash_inside_a_card_makes_no_date(talk: Talk) -> None:
    said = "sure it is 393. 7/979 8/1553 - 031 - 3 thank you so much for"
    assert talk.say("a", said, final=False) == "sure it is [...] thank you so much for"


@pytest.mark.parametrize("said", ["05/27", "12/2027", "7/4", "31/12", "10/03/2025"])
def test_a_date_with_slashes_stays(talk: Talk, said: str) -> None:
    """ "7/979" is no month of a year; the others are, also behind digits."""
    assert talk.say("a", f"it was 1234 {said} that I came over to see", final=False).split()[3] == said


def test_a_date_amid_digits_read_out_is_digits(talk: Talk) -> None:
    said = "zero two eight eight two four six 4.4.80 zero four five three"
    talk.say("a", said)
    talk.end()
    assert talk.screen["a"].text == "[CC]"
    other = Talk()
    assert (
        other.say("b", "two people were born 4.4.80 and two more came")
        == "two people were born 4.4.80 and two more came"
    )


def test_an_amount_at_the_edge_of_an_utterance_with_a_pause_beyond_it_is_a_piece(talk: Talk) -> None:
    """The pause is no talk: what was said before it goes on."""
    talk.say("a", "sure 489")
    talk.say("b", "555 uh")
    assert talk.say("c", "577.4 uh", final=False) == "[...] uh"
    assert talk.say("c", "577.4 dollars were on it", final=False) == "577.4 dollars were on it"


@pytest.mark.parametrize("said", ["012.6", "00.5"])
def test_no_amount_begins_with_a_zero_and_a_digit(talk: Talk, said: str) -> None:
    assert talk.say("a", f"it is 489 uh {said} is it", final=False) == "it is [...] uh [...] is it"
    assert Talk().say("b", "it rose by 0.5 since then") == "it rose by 0.5 since then"


def test_a_zero_with_a_pause_behind_it_goes_on_with_the_utterance_before(talk: Talk) -> None:
    """Four digits of nine would be seen otherwise: two before the mask, and a zero in each of two utterances."""
    talk.say("a", "here goes forty eight um")
    talk.say("b", "oh eighteen um")
    assert talk.say("c", "oh uh", final=False) == "[...] uh"
    assert talk.say("c", "oh uh I see", final=False) == "oh uh I see"
    assert talk.say("c", "oh six um fifty one thank you") == "[...] um [...] thank you"


@pytest.mark.parametrize("said", ["trois-neuf-un-1402-6292", "6415-neuf trois-neuf-un-1402-6292"])
def test_a_number_word_that_is_an_article_counts_among_numerals(talk: Talk, said: str) -> None:
    french = Talk(language="fr-FR")
    french.say("a", f"voilà {said}")
    french.end()
    assert not any(c.isdigit() for c in french.screen["a"].text)


def test_a_word_between_numerals_alone_is_no_digit(talk: Talk) -> None:
    """ "for" is one beside number words only."""
    assert talk.say("a", "the 20-for-10 sale is on") == "the 20-for-10 sale is on"


@pytest.mark.parametrize("mark", ["\u201c", "\u2026", "\u20bf", "\ud800", "#", "("])
def test_a_numeral_that_ends_a_cue_is_a_digit_behind_any_mark(talk: Talk, mark: str) -> None:
    """ "the last 4" is asked for; "4" behind a mark that is not Latin was read as nothing else."""
    assert closed("the last 4 of your order is 8817") == "the last 4 of your order is 8817"
    assert "4" not in talk.say("a", f"9929 {mark}4", final=False)


@pytest.mark.parametrize(
    ("language", "said"),
    [("it", "triplo - 078-05-un - quaranta"), ("de", "078-05-ach"), ("en", "078-05-ate"), ("es", "078-05-un")],
)
def test_numerals_with_a_misheard_digit_glued_to_them_are_a_number(language: str, said: str) -> None:
    talk = Talk(language=language)
    ends = range(said.index("05") + 2, len(said) + 1)
    assert not any("05" in talk.say("a", said[:end], final=False) for end in ends)
    assert closed("it is 20-to one") == "it is 20-to one"


@pytest.mark.parametrize(
    ("language", "said", "more"),
    [("it", "sì è $2975,55", "$0197 eh"), ("en", "it is $2975.55", "$0197"), ("de", "das ist €2975,55", "€0197")],
)
def test_no_plain_amount_begins_with_a_zero(language: str, said: str, more: str) -> None:
    """So the one before it, at the edge of its utterance, is a piece as well."""
    talk = Talk(language=language)
    talk.say("a", said)
    talk.say("b", more)
    talk.end()
    assert not any(c.isdigit() for u in "ab" for c in talk.screen[u].text)
    assert closed("it was $0.50 and $500 then") == "it was $0.50 and $500 then"


def test_two_zeros_with_a_pause_behind_them_go_on_with_the_utterance_before(talk: Talk) -> None:
    for number, text in enumerate(("here goes three uh", "oh oh uh")):
        talk.say(str(number), text)
    assert talk.say("2", "nine um", final=False) == "[...] um"


@pytest.mark.parametrize(
    ("language", "asked", "said"),
    [
        ("en", "what is your phone number", "sure 2,555,550,165 thanks"),
        ("it", "il suo numero di telefono", "allora 2,555,550,165 grazie"),
        ("de", "Ihre Telefonnummer bitte", "das ist 2,555,550,165 danke"),
    ],
)
def test_what_is_as_long_as_what_was_asked_for_is_no_amount(language: str, asked: str, said: str) -> None:
    talk = Talk(language=language)
    talk.say("a", asked, channel="agent")
    talk.say("b", said)
    talk.end()
    assert not any(c.isdigit() for c in talk.screen["b"].text)
    assert closed(said, language=language) == said
