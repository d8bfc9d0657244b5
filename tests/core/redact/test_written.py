"""A keep-word protects what may be a reference by its shape; what is private by how it is written it does not."""

import pytest

from captiond.core.redact import DEFAULT
from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]

# What is said, and what is shown of it.
PRIVATE = [
    ("(206) 555-0106", "[PHONE]"),
    ("(030) 901820", "[PHONE]"),
    ("206-555-0106", "[PHONE]"),
    ("206 555 0106", "[PHONE]"),
    ("206.555.0106", "[PHONE]"),
    ("1-800-555-0106", "[PHONE]"),
    ("+44 20 7946 0958", "[PHONE]"),
    ("020 7946 0958", "[PHONE]"),
    ("06 12 34 56 78", "[PHONE]"),
    ("612 34 56 78", "[PHONE]"),
    ("078-05-1120", "[SSN]"),
    ("078 05 1120", "[SSN]"),
    ("4111 1111 1111 1111", "[CC]"),
    ("4111-1111-1111-1111", "[CC]"),
    ("4111111111111111", "[CC]"),
    ("3782 822463 10005", "[CC]"),
    ("four one one one, one one one one, one one one one, one one one one", "[CC]"),
    ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
    ("GB82 WEST 1234 5698 7654 33", "[IBAN]"),  # misheard: its length and its country are left
    ("DE89370400440532013000", "[IBAN]"),
    ("jane.doe@example.com", "[EMAIL]"),
]
REFERENCES = [
    "5913004", "681-857", "112-32257", "323-6612610", "591-6938373", "#1620463887", "5551234567", "4155550132",
    "377892304743", "20240315", "001234567", "INC0032516", "1Z999AA10123456784", "4455-2210-88", "832 4455 9911",
    "1234-5678-9012", "4111 1111 1111 1112", "9400 1118 9922 3344 5566 77", "DE20240315", "RF18 5390 0754 7034",
    "98101", "98101-1234", "SW1A 1AA", "five five five, one two three, four five six seven",
]  # fmt: skip
ASKED = ["And your zip code?", "What is your order number?", "Could you give me the ticket number?"]
SAID = ["my order number is {}", "zip code {}", "the case number is {}, thanks", "it is on invoice {}", "it is #{}"]


def answered(talk: Talk, question: str, answer: str) -> str:
    talk.say("q", question, channel="agent")
    talk.say("a", answer)
    talk.end()
    return talk.screen["a"].text


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize(("said", "shown"), PRIVATE)
def test_what_is_private_by_its_shape_is_no_answer_to_show(talk: Talk, question: str, said: str, shown: str) -> None:
    assert answered(talk, question, said) == shown


@pytest.mark.parametrize("before", SAID[:4])
@pytest.mark.parametrize(("said", "shown"), PRIVATE)
def test_a_keep_word_in_the_same_utterance_is_no_stronger(talk: Talk, before: str, said: str, shown: str) -> None:
    talk.say("a", before.format(said))
    talk.end()
    assert talk.screen["a"].text == before.format(shown)


@pytest.mark.parametrize("said", ["206-555-0106", "4111-1111-1111-1111", "4111111111111111", "078-05-1120"])
def test_a_sign_before_it_is_no_stronger_either(talk: Talk, said: str) -> None:
    talk.say("a", f"it is #{said} right")
    talk.end()
    assert not any(c.isdigit() for c in talk.screen["a"].text)


@pytest.mark.parametrize("said", REFERENCES)
def test_what_may_be_a_reference_stays(talk: Talk, said: str) -> None:
    assert answered(talk, "What is your order number?", said) == said
    other = Talk()
    other.say("a", f"my order number is {said}")
    other.end()
    assert other.screen["a"].text == f"my order number is {said}"


def test_a_pause_or_the_end_of_an_utterance_inside_changes_nothing(talk: Talk) -> None:
    talk.say("a", "my order number is 4111 1111, um, 1111")
    talk.say("b", "1111 okay")
    talk.end()
    assert talk.screen["a"].text == "my order number is [CC], um, [CC]"
    assert talk.screen["b"].text == "[CC] okay"


def test_behind_the_reference_itself_it_is_one_too(talk: Talk) -> None:
    talk.say("a", "order 5913004, um, 206-555-0106")
    talk.end()
    assert talk.screen["a"].text == "order 5913004, um, [PHONE]"


def test_beside_other_digits_it_is_one_too(talk: Talk) -> None:
    talk.say("a", "my order number is 77 206-555-0106")
    talk.end()
    assert talk.screen["a"].text == "my order number is [PHONE]"


def test_a_harmless_number_is_read_back_in_groups(talk: Talk) -> None:
    talk.say("a", "my order number is 2065550106")
    talk.silence()
    talk.say("b", "so that was order number 206-555-0106", channel="agent")
    talk.end()
    assert talk.screen["b"].text == "so that was order number 206-555-0106"


def test_a_kind_that_is_off_is_a_reference() -> None:
    talk = Talk(kinds=DEFAULT - {"PHONE"})
    assert answered(talk, "What is your order number?", "206-555-0106") == "206-555-0106"


def test_fewer_than_four_digits_are_shown_while_it_grows(talk: Talk) -> None:
    """Of the first partial to the last: a reference that turns out to be a telephone number."""
    talk.say("q", "What is your order number?", channel="agent")
    said = "(206) 555-0106"
    for end in range(1, len(said) + 1):
        assert sum(c.isdigit() for c in talk.say("a", said[:end], final=False)) < 4
    assert talk.say("a", said) == "[...]"
    talk.end()
    assert talk.screen["a"].text == "[PHONE]"


LONGER = ["2065550106", "two oh six five five five oh one oh six", "two oh six, um, five five five, oh one oh six"]


@pytest.mark.parametrize("said", LONGER)
def test_a_postcode_is_no_longer_than_one(said: str) -> None:
    """An order number may be: nobody can tell ten digits in a row from it."""
    assert answered(Talk(), "And your zip code?", said).startswith("[PHONE]")
    assert answered(Talk(), "What is your order number?", said) == said


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en-US", "And your zip code?"),
        ("es-ES", "¿Y su código postal?"),
        ("fr-FR", "Et votre code postal ?"),
        ("de-DE", "Und Ihre Postleitzahl?"),
        ("it-IT", "E il suo codice postale?"),
    ],
)
def test_it_has_nine_digits_at_most_in_each_language(language: str, question: str) -> None:
    assert answered(Talk(language=language), question, "2065550106") in ("[PHONE]", "[NUMBER]")
    assert answered(Talk(language=language), question, "20655") == "20655"
    assert answered(Talk(language=language), question, "206550106") == "206550106"


def test_an_order_with_a_postcode_behind_it(talk: Talk) -> None:
    talk.say("a", "order number 4155550132 to zip code 98101 please")
    talk.end()
    assert talk.screen["a"].text == "order number 4155550132 to zip code 98101 please"
