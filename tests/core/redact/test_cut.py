"""Numbers cut over two utterances: what looks harmless only because it is cut is masked with the rest."""

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]


def captions(language: str, *finals: str, asked: str = "") -> list[str]:
    """What each final of the customer ends as, after other talk and silence."""
    talk = Talk(language=language)
    if asked:
        talk.say("a", asked, channel="agent")
    for number, text in enumerate(finals):
        talk.say(str(number), text)
    talk.silence()
    return [talk.screen[str(number)].text for number in range(len(finals))]


@pytest.mark.parametrize(
    ("finals", "shown"),
    [
        (("my phone is 859.55", "5.0195 does that help"), ["my phone is [PHONE]", "[PHONE] does that help"]),
        (("577.8", "1.6618 is that fine"), ["[NUMBER]", "[NUMBER] is that fine"]),
        (("my social is 310.26.83", "99 does that help"), ["my social is [SSN]", "[SSN] does that help"]),
        (("my card is 41111111", "1111.11", "11 okay"), ["my card is [CC]", "[CC]", "[CC] okay"]),
    ],
)
def test_a_number_cut_at_its_dot(finals: tuple[str, ...], shown: list[str]) -> None:
    other = "I wanted to ask about the delivery"
    assert captions("en-US", *finals, other) == [*shown, other]


@pytest.mark.parametrize(
    "finals",
    [
        ("it was 49.99", "20 days ago I think"),
        ("it is due on 10.05.2026", "2 of them are missing"),
        ("the total is $49.99", "4111 people came to the place"),
        ("we open at 10:30", "1234 is the number of the house"),
    ],
)
def test_but_not_a_price_beside_another_number(finals: tuple[str, ...]) -> None:
    assert captions("en-US", *finals) == list(finals)


@pytest.mark.parametrize(
    ("language", "asked", "first", "second", "shown"),
    [
        ("en-US", "the cvv is what exactly", "so that's five double", "three thanks so much", "so that's [CVV]"),
        ("fr-FR", "", "le code de sécurité est trois double", "neuf", "le code de sécurité est [CVV]"),
        ("es-ES", "me dice el cvv", "sería el seis doble", "tres le sirve", "sería el [CVV]"),
    ],
)
def test_double_and_its_digit_in_two_utterances(language: str, asked: str, first: str, second: str, shown: str) -> None:
    ended = captions(language, first, second, asked=asked)
    assert ended[0] == shown
    assert ended[1].startswith("[CVV]")


def test_the_i_of_i_think_is_no_letter_of_an_iban() -> None:
    ended = captions("en-US", "my iban is GB nine four oh three double nine I think two seven")
    assert ended == ["my iban is [IBAN] I think [IBAN]"]
    assert captions("en-US", "my iban is DE 89 A 3704 I 0532") == ["my iban is [IBAN]"]


def test_an_article_may_go_on_with_what_was_cut_at_its_dot() -> None:
    """ "1104.0" is no amount while the next utterance may go on with it."""
    talk = Talk(language="fr-FR")
    talk.say("a", "bien sûr 1104.0")
    assert talk.say("b", "un six", final=False) == "[...]"
    assert talk.screen["a"].text == "bien sûr [...]"
    said = "un autre client a dit que tout va bien"
    assert talk.say("b", said) == said
    assert talk.screen["a"].text == "bien sûr 1104.0"
