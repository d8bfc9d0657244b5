"""Which messages go on with a number of the one before."""

import pytest

from captiond.jobs.statements import MESSAGES_AFTER, Statements


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("message 53", True),
        ("I take 2 of them", True),
        ("Zimmer 1204", True),
        ("Que sí, la 12", True),
        ("At noon", False),  # may be the rest of an address
        ("1111 2222", False),
        ("#1111", False),
        ("and 1111", False),
        ("um, then 1111", False),
        ("y cuatro uno", False),
        ("vier eins eins", False),
        ("ja, eins", False),
        ("double four", False),
        ("plus one four one five", False),
        ("t m a n at example dot com", False),
        ("o at example dot com", False),
        ("dot com", False),
        ("a room for 2", True),
        ("okay", False),
        ("", False),
        ("\U0001f44d", False),
    ],
)
def test_where_nobody_asked_the_beginning_counts(text: str, apart: bool) -> None:
    statements = Statements()
    assert statements.is_apart("room 12 it is") is True
    assert statements.is_apart(text) is apart


@pytest.mark.parametrize(
    "question",
    [
        "What is your card number?",
        "¿Cuál es su número de tarjeta?",
        "Wie lautet Ihre Kartennummer?",
        "Quel est votre numéro de carte ?",
        "Please tell me your e-mail address.",
        "Your PIN?",
    ],
)
def test_for_some_messages_after_a_question_all_go_on(question: str) -> None:
    statements = Statements()
    assert [statements.is_apart("the rest is 1111") for _ in range(2)] == [True, True]
    assert statements.is_apart(question) is False
    behind = [statements.is_apart("the rest is 1111") for _ in range(MESSAGES_AFTER)]
    assert behind == [False] * (MESSAGES_AFTER - 1) + [True]


def test_what_makes_a_number_harmless_asks_for_nothing() -> None:
    statements = Statements()
    assert statements.is_apart("What is your order number?") is True
