"""The last word of a partial is not over yet: it closes nothing that its longer form would keep hidden."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("shown", "partial"),
    [
        ("the email is [...]", "the email is jana do"),
        ("the email is [...]", "the email is tomas dot jan"),
        ("the email is [...]", "the email is jan"),
        ("the email is [...]", "the email is tomas dot young"),
        ("the email is [...]", "the email is jana un"),
        ("it's [...]", "it's jana at example do"),
        ("write to [...]", "write to jana dot do"),
        ("[...] just a moment please tree", "one zero five nine zero nine zero eight just a moment please tree"),
        ("my card is [...] just a moment please tree", "my card is one zero five just a moment please tree"),
    ],
)
def test_the_last_word_of_a_partial_closes_nothing(talk: Talk, shown: str, partial: str) -> None:
    said = talk.say("u", partial, final=False)
    assert said == shown


@pytest.mark.parametrize(
    ("final", "shown"),
    [
        ("the email is jana do", "the email is jana do"),
        ("the email is jana and that is all", "the email is jana and that is all"),
        ("one zero five nine is what i have here okay", "one zero five nine is what i have here okay"),
    ],
)
def test_but_that_of_a_final_does(talk: Talk, final: str, shown: str) -> None:
    assert talk.say("u", final) == shown


@pytest.mark.parametrize("zero", ["oh", "o"])
def test_a_zero_behind_a_pause_is_masked_until_the_next_word(talk: Talk, zero: str) -> None:
    assert talk.say("u", f"nine zero six double five five uh {zero}", final=False) == "[...] uh [...]"
    assert talk.say("u", f"nine zero six double five five uh {zero} well", final=False) == f"[...] uh {zero} well"


def test_half_a_word_behind_it_decides_nothing(talk: Talk) -> None:
    assert talk.say("u", "nine zero six double five five uh oh on", final=False) == "[...] uh [...] on"


def test_nor_does_it_count_as_the_word_that_closes(talk: Talk) -> None:
    said = "that would be oh four three oh seven no wait it is oh"
    assert talk.say("u", said, final=False) == "that would be [...] no wait it is [...]"
    assert talk.say("u", said + " four", final=False) == "that would be [...] no wait it is [...]"


@pytest.mark.parametrize(
    ("language", "said", "more"),
    [
        ("de", "GB 42481 war", "ten hundert"),  # "war" of "warten"
        ("en", "24805 eight um think order know won at", "e four"),  # "at" of "ate"
        ("es", "en mayo 1964", "927062084556"),
        ("fr", "le 6 mai 1964", "927062084556"),
        ("de", "Prüfnummer$49.99, pl", "us 395649238"),  # "plus"
        ("en", "9165181354, €wo", "n"),
        ("es", "INC0032516 má", "s 395649238"),
    ],
)
def test_half_of_what_keeps_a_number_open_does_not_close_it(language: str, said: str, more: str) -> None:
    talk = Talk(language=language)
    assert talk.say("u", said, final=False).count("[...]") == 1
    assert "[...]" in talk.say("u", said + more, final=False)


def test_a_year_is_shown_as_soon_as_a_word_follows(talk: Talk) -> None:
    assert talk.say("u", "in May 1964", final=False) == "in May [...]"
    assert talk.say("u", "in May 1964 we", final=False) == "in May 1964 we"
    assert talk.say("u", "in May 1964") == "in May 1964"


def test_a_country_spelled_after_a_false_start_does_not_close_it(talk: Talk) -> None:
    said = "that would be oh four three oh seven no wait sorry G B oh seven"
    assert talk.say("u", said, final=False) == "that would be [...] no wait sorry G B [...]"


def test_the_word_after_it_decides(talk: Talk) -> None:
    assert talk.say("u", "it was four one six seven and that is all i have", final=False) == (
        "it was four one six seven and that is all i have"
    )


@pytest.mark.parametrize(
    ("language", "said", "number"),
    [
        ("it-IT", "526950669 cento", "526950669"),  # "cent" is no amount yet
        ("it-IT", "42249  uno aspetti una -  - allora - 6", "42249"),  # "al" does not close what "allora" does not
        ("it-IT", "telefono - nove quaranta, sei cento", "nove quaranta"),
        ("fr-FR", "téléphone. 0626 huit", "0626"),  # "h" no time
        ("fr-FR", "94864\nquatre-vingt", "94864"),
        ("en-US", "pin. 17996 - 3540  $49.99", "3540"),  # "$" is that of the next number
        ("en-US", "37712 $eight", "37712"),
    ],
)
def test_half_a_word_is_no_unit_and_no_month(language: str, said: str, number: str) -> None:
    talk = Talk(language=language)
    shown = [talk.say("u", said[:end], final=False) for end in range(said.index(number) + len(number), len(said) + 1)]
    assert shown
    assert [text for text in [*shown, talk.say("u", said)] if number in text] == []


def test_half_of_a_number_word_that_begins_with_one_stays_a_digit() -> None:
    assert Talk(language="fr-FR").say("u", "94864 et quatre-v", final=False) == "[...] et [...]"


def test_it_stays_one_behind_a_word_that_waits() -> None:
    """ "un" is a digit or an article, which the next word tells; half of that is not to be seen either."""
    said = "6454339494 - un quatre-vingt"
    talk = Talk(language="fr-FR")
    shown = [talk.say("u", said[:end], final=False) for end in range(said.index("-v"), len(said) + 1)]
    assert set(shown) == {"[...]"}


def test_a_month_may_be_half_of_another_word() -> None:
    talk = Talk(language="fr-FR")
    assert talk.say("u", "6454339494 - neuf mai", final=False) == "[...] mai"
    assert talk.say("u", "6454339494 - neuf mail", final=False) == "[...] mail"
    assert talk.say("u", "6454339494 - neuf mai on", final=False) == "[...] - neuf mai on"


def test_the_next_word_lets_go_after_all() -> None:
    talk = Talk(language="it-IT")
    assert talk.say("u", "sono 5269 €", final=False) == "sono [...] €"
    assert talk.say("u", "sono 5269 € al", final=False) == "sono 5269 € al"


def test_a_zero_that_waits_counts(talk: Talk) -> None:
    """Three digits and it are four, though only the next word says whether it is one."""
    assert talk.say("u", "it would be nine two six sorry oh", final=False) == "it would be [...] sorry [...]"
    said = "it would be nine two six sorry oh well"
    assert talk.say("u", said, final=False) == said


def test_double_before_a_numeral_counts_two() -> None:
    assert Talk(language="en-US").say("u", "yes it is double 3 8 1", final=False) == "yes it is [...]"
    assert Talk(language="en-US").say("u", "yes it is double 3 8", final=False) == "yes it is double 3 8"


def test_half_of_a_doubled_digit_tells_as_much() -> None:
    """ "doppelein" may become "doppeleins"; who reads it knows both digits."""
    talk = Talk(language="de-DE")
    said = "meine Karte ist die vier null acht eins doppelein"
    assert talk.say("u", said, final=False) == "meine Karte ist die [...]"
