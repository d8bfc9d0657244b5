"""The search's language for people: what is typed, and what the index is asked; nothing typed is an error."""

import pytest

from captiond.db.query import MAX_QUERY_CHARS, MAX_WORDS, InvalidQuery, Query, folded, parse


@pytest.mark.parametrize(
    ("typed", "phrases", "beginnings", "without", "without_beginnings"),
    [
        ("refund card", ("refund", "card"), (), (), ()),
        ('"call me back" soon', ("call me back", "soon"), (), (), ()),
        ("refund -invoice", ("refund",), (), ("invoice",), ()),
        ('refund -"late fee"', ("refund",), (), ("late fee",), ()),
        ("canc* card", ("card",), ("canc",), (), ()),
        ("card -canc*", ("card",), (), (), ("canc",)),
        ("e-mail don't", ("e mail", "don t"), (), (), ()),
        ("e-ma*", ("e",), ("ma",), (), ()),
        ('"never closed', ("never closed",), (), (), ()),
        ("AND OR NOT NEAR(a, 2) col:x ^y", ("AND", "OR", "NOT", "NEAR a", "2", "col x", "y"), (), (), ()),
        ("one * two", ("one", "two"), (), (), ()),
        ('"pre*"', ("pre",), (), (), ()),
        ("a\x00b", ("a b",), (), (), ()),
        ("- -- word", ("word",), (), (), ()),
        ("Übergröße café", ("Übergröße", "café"), (), (), ()),
    ],
)
def test_what_is_typed(
    typed: str, phrases: tuple[str, ...], beginnings: tuple[str, ...], without: tuple[str, ...],
    without_beginnings: tuple[str, ...],
) -> None:  # fmt: skip
    assert parse(typed) == Query(phrases, beginnings, without, without_beginnings)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "needs a word"),
        ("?! *", "needs a word"),
        ("-invoice", "needs a word"),
        ("a" * (MAX_QUERY_CHARS + 1), "characters"),
        ("w " * (MAX_WORDS + 1), "words"),
    ],
)
def test_what_cannot_be_looked_for_is_said(typed: str, why: str) -> None:
    with pytest.raises(InvalidQuery, match=why):
        parse(typed)


def test_a_fold_is_without_case_and_accents() -> None:
    assert folded("ÉCLAIR") == "eclair"
