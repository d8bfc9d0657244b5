"""Whatever is typed is no error of the index, and what is marked lies within the text."""

import sqlite3
import string
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.db import search
from captiond.db.migrations import STEPS, statements
from captiond.db.query import InvalidQuery, is_word, parse, words_of
from captiond.db.search import Wanted
from tests.db.said import SAID

MEANING = "\"*-()^:+{}[]\\'%_; \x00\n\ta\u200béÅ中が१ा😀\ufdd0\ud800"  # characters that mean, or part, something
TYPED = st.text(st.one_of(st.sampled_from(MEANING), st.sampled_from(string.printable), st.characters()), max_size=60)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """A small index with a bit of everything, built once."""
    connection = sqlite3.connect(tmp_path_factory.mktemp("search") / "captions.db")
    for step in STEPS:
        for statement in statements(step):
            connection.execute(statement)
    connection.execute(
        "INSERT INTO conversations VALUES (1, 'ms-1', 'media', 'en-US', NULL, '{}', 'live', NULL, '', 1)"
    )
    for place, text in enumerate((*SAID, "中文 が १२ ा", "a \ufdd0b\ufdd1 c"), 1):
        connection.execute(
            "INSERT INTO finals VALUES (1, ?, 1, ?, 0, '', '', '2024-06-15T10:30:00Z', NULL, NULL, NULL, '{}', 1, ?)",
            (f"u{place}", text, place),
        )
    return connection


@given(pieces=st.lists(TYPED, min_size=1, max_size=4))
def test_no_input_is_an_error_of_the_index(index: sqlite3.Connection, pieces: Sequence[str]) -> None:
    """Whatever is typed is found, not found, or said to hold no word; and what is marked lies within the text."""
    try:
        query = parse(" ".join(pieces))
        outcome = search.find(index, Wanted(query))
    except InvalidQuery:
        return
    for hit in outcome.hits:
        assert all(0 <= start < end <= len(hit.text) for start, end in hit.highlights)


@given(word=st.sampled_from(words_of(" ".join(SAID))), tail=TYPED)
def test_a_word_that_was_said_is_found_whatever_stands_beside_it(
    index: sqlite3.Connection, word: str, tail: str
) -> None:
    apart = "".join(char for char in tail if not is_word(char) and char not in '-*"')
    try:
        outcome = search.find(index, Wanted(parse(f"{word} {apart}")))
    except InvalidQuery:
        pytest.fail("a word that was said is a query")
    assert outcome.hits
