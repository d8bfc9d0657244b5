"""Markup between digits hides none of them, and words in markup are read."""

import pytest

from captiond.core.redact.markup import without_markup
from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    "number",
    [
        "4<b>1</b>11 1111 1111 1111",
        "4111&nbsp;1111&nbsp;1111&nbsp;1111",
        "4111<br>1111<br>1111<br>1111",
        "<b>4111</b> <i>1111</i> 1111 1111",
        "4&#49;11 1111 &#x31;111 1111",
        "<i>four</i> one one one one one one one one one one one one one one one",
    ],
)
def test_a_card_in_markup(number: str) -> None:
    assert closed(f"the card is {number} okay") == "the card is [CC] okay"


@pytest.mark.parametrize(
    "said", ["Marks & Spencer", "a < b", "R&D; and so on", "AT&T called", "if 3 < 4 then <b>yes</b>", "<3"]
)
def test_what_only_looks_like_it_stays(said: str) -> None:
    assert closed(said) == said


@pytest.mark.parametrize(
    ("word", "plain"),
    [("4<b>1", "4_1"), ("&nbsp;4", "_4"), ("&#49;", "1"), ("&#x31;", "1"), ("&#x;", "_"), ("&#²;", "_"), ("a<b", "a<b"),
     ("<" * 50, "<" * 50), ("&" * 50 + ";", "&" * 41 + "_")],
)  # fmt: skip
def test_without_markup(word: str, plain: str) -> None:
    assert without_markup(word)[:45] == plain[:45]
