"""Strong evidence lets harmless digits go while the run could still grow; absence of it, a pause or a cue does not."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]

LET_GO = [
    # (language, partial, what is shown of it)
    ("en", "I never paid more than 1525", "I never paid more than [...]"),
    ("en", "I never paid more than 1525 dollars", "I never paid more than 1525 dollars"),
    ("en", "it was two thousand four hundred five", "it was [...]"),
    ("en", "it was two thousand four hundred five dollars", "it was two thousand four hundred five dollars"),
    ("en", "my card was charged $300", "my card was charged [...]"),
    ("en", "my card was charged $300 at an", "my card was charged $300 at an"),
    ("en", "what card would you like to use for the seven", "what card would you like to use for the [...]"),
    ("en", "what card pays the seventy seven dollars", "what card pays the seventy seven dollars"),
    ("en", "it grew by 12345 % since", "it grew by 12345 % since"),
    ("en", "we open at 10:30 and", "we open at 10:30 and"),
    ("en", "a customer since nineteen ninety five", "a customer since [...]"),
    ("en", "a customer since nineteen ninety five and I've", "a customer since nineteen ninety five and I've"),
    ("en", "it is due on march tenth twenty twenty seven", "it is due on march tenth twenty twenty seven"),
    ("en", "it is due on January 13, 2025 at", "it is due on January 13, 2025 at"),
    ("en", "ticket CASE-75039 for you, expect", "ticket CASE-75039 for you, expect"),
    ("en", "expect 286 to 156 from", "expect 286 to 156 from"),
    ("en", "I fly on UA 2947 from", "I fly on UA 2947 from"),
    ("en", "we're off Route 430, exit 81, near", "we're off Route 430, exit 81, near"),
    ("en", "testing one two three four can", "testing one two three four can"),
    ("en", "your order is #6968508 and it was", "your order is #6968508 and it was"),
    ("en", "my phone is the new one that", "my phone is the new one that"),
    ("en", "I need my card. Oh, I must have forgotten", "I need my card. Oh, I must have forgotten"),
    ("en", "the outage hits about 4512 homes in", "the outage hits about 4512 homes in"),
    ("en", "we sold 1290 in May, and", "we sold 1290 in May, and"),
    ("es", "el pedido 44128 llega el 14 de abril y", "el pedido [...] llega el 14 de abril y"),
    ("es", "vendimos 1290 en mayo,", "vendimos 1290 en mayo,"),
    ("fr", "on a vendu 1290 en juin et", "on a vendu 1290 en juin et"),
    ("de", "das waren 1290 im Juni und", "das waren 1290 im Juni und"),
    ("en", "a customer since 2014 and", "a customer since 2014 and"),
    ("fr", "client depuis 2014 et", "client depuis 2014 et"),
    ("fr", "environ 4512 foyers sont", "environ 4512 foyers sont"),
    ("de", "rund 4512 Haushalte sind", "rund 4512 Haushalte sind"),
    ("es", "tenía que llegar el 14 de abril de 2026 por", "tenía que llegar el 14 de abril de 2026 por"),
    ("es", "desde mil novecientos noventa y cinco con", "desde mil novecientos noventa y cinco con"),
    ("es", "son 2.108,95 euros", "son 2.108,95 euros"),
    ("fr", "je suis client depuis deux mille vingt et avec", "je suis client depuis deux mille vingt et avec"),
    ("fr", "cela fait 1234 euros", "cela fait 1234 euros"),
    ("de", "das macht 1697 Euro", "das macht 1697 Euro"),
    ("de", "ich bin Kunde seit 2004 und habe", "ich bin Kunde seit 2004 und habe"),
]

HELD = [
    ("en", "it grew by 12345 %", "it grew by [...] %"),  # "%1"
    ("en", "it grew by 1234567 % since", "it grew by [...] % since"),  # nothing grows by that
    ("en", "it's four one one one, one second", "it's [...] second"),  # a unit, but of a pause
    ("en", "it's four one one one, hold on, that", "it's [...], hold on, that"),
    ("en", "my order number is 4111 and it was", "my order number is [...] and it was"),  # keep-words decide at the end
    ("en", "it's 4111 fo", "it's [...] fo"),  # half a digit
    ("en", "it's 4111 am", "it's [...] am"),  # no time
    ("en", "my social is 12345-6789 and that", "my social is [...] and that"),  # a postcode's shape
    ("en", "my card is 4111 to 1111 that", "my card is [...] that"),
    ("en", "my card is 1290 in May, and", "my card is [...] in May, and"),
    ("en", "it's 4155, 1290 in June that", "it's [...] in June that"),
    ("en", "my card is from 1999 and", "my card is from [...] and"),
    ("en", "a customer since nineteen ninety and", "a customer since [...] and"),
    ("es", "cliente desde 2014 y", "cliente desde [...] y"),  # "ya"
    ("en", "my card is about 4512 or so", "my card is about [...] or so"),
    ("en", "it's about 4512, um", "it's about [...], um"),
    ("en", "my card is from 1999 that", "my card is from [...] that"),
    ("en", "it's 4111, 1111, since 1999 dollars", "it's [...], since 1999 dollars"),  # only the amount goes
    ("en", "GB82 WEST 1234 5698 that", "[...] that"),
    ("en", "seven eight five, hold on, one two three that is", "[...], hold on, [...] that is"),
    ("en", "my iban is, right, the right one no wait GB", "my iban is, right, the right [...] no wait GB"),
    ("de", "vier eins eins eins moment mal", "[...] moment mal"),
    ("fr", "quatre un un un une seconde", "[...] seconde"),
]


@pytest.mark.parametrize(("language", "said", "shown"), LET_GO + HELD)
def test_what_is_shown_of_a_partial(language: str, said: str, shown: str) -> None:
    assert Talk(language=language).say("u", said, final=False) == shown


@pytest.mark.parametrize(("language", "said", "shown"), [case for case in LET_GO if "[" not in case[2]])
def test_what_was_let_go_stays(language: str, said: str, shown: str) -> None:
    """Whatever follows: a viewer never sees harmless digits turn into a mask again."""
    for more in ("4111", "4111 1111 1111 1111 and so on it goes then", "one one one one"):
        talk = Talk(language=language)
        assert talk.say("u", f"{said} {more}", final=False).startswith(shown)
        talk.say("u", f"{said} {more}")
        talk.end()
        assert talk.screen["u"].text.startswith(shown)


def test_a_run_goes_on_behind_digits_that_were_let_go(talk: Talk) -> None:
    """Four digits, an amount, the other twelve: the first four were masked all the time."""
    said = "it's 4111 for $20 right 1111 1111 1111"
    for end in range(5, len(said) + 1):
        shown = talk.say("u", said[:end], final=False)
        assert "1111" not in shown
        assert "4111" not in shown


def test_after_a_gap_nothing_is_let_go(talk: Talk) -> None:
    """Nobody knows what was asked for: only a run's own end ends that."""
    talk.channel("c").lose()
    assert talk.say("u", "7 dollars", final=False) == "[...] dollars"


def test_it_is_let_go_in_the_utterance_where_it_was_said(talk: Talk) -> None:
    """A price at the beginning of an utterance is no part of a number that the one before ended inside of."""
    talk.say("a", "it's 4111 1111")
    assert talk.say("b", "1525 dollars", final=False) == "1525 dollars"
    assert talk.screen["a"].text == "it's [...]"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("press 1 for sales, 2 for support", "press 1 for sales, 2 for support"),
        ("rent is eleven hundred a month", "rent is eleven hundred a month"),
        ("from 2019 to 2023 I lived", "from 2019 to 2023 I lived"),
        ("in seventeen hundred there was nothing", "in seventeen hundred there was nothing"),
        ("it's 4 for 1 won", "it's [...]"),
        ("it's one eight hundred that", "it's [...] that"),
    ],
)
def test_more_of_what_is_shown(said: str, shown: str) -> None:
    assert Talk().say("u", said, final=False) == shown


def test_a_hundred_of_percent_is_no_number() -> None:
    talk = Talk(language="es")
    assert talk.say("u", "un 45 por ciento, quizás un 50 por ciento", final=False)[-13:] == "50 por ciento"
    assert talk.say("v", "es 4111 1111 1111 por ciento", final=False) == "es [...] por ciento"
