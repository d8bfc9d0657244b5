"""What single fields of upstream's answers may hold: what everything that reads one hangs on."""

from typing import Any

import pytest

from captiond.genesys.fields import ID, LANGUAGE, LONGEST_S, WORD, matching, number, objects


@pytest.mark.parametrize(
    ("pattern", "taken", "refused"),
    [
        (ID, ["a", "A.b_c:d-9", "x" * 128], ["", "x" * 129, "a b", "a/b", "ä", "a\n", "٤", None, 7, ["a"]]),
        (WORD, ["completed", "in_progress", "A.b-c", "x" * 32], ["", "x" * 33, "4111", "a1", "_a", "a b", "done\n"]),
        (LANGUAGE, ["en", "en-US", "zh-Hant-TW"], ["", "e", "en_US", "en-", "x" * 9, "en-US\n", "en-a-b-c-d-e"]),
    ],
)
def test_a_text_is_all_of_its_form_or_counts_as_not_said(pattern: Any, taken: list[str], refused: list[Any]) -> None:
    assert [matching(value, pattern) for value in taken] == taken
    assert [value for value in refused if matching(value, pattern) is not None] == []


@pytest.mark.parametrize(
    ("value", "most", "read"),
    [
        (0, 1.0, 0.0),
        (1, 1.0, 1.0),
        (0.25, 1.0, 0.25),
        (LONGEST_S, LONGEST_S, LONGEST_S),
        (1.0000001, 1.0, None),
        (-0.1, 1.0, None),
        (True, 1.0, None),
        ("1", 1.0, None),
        (None, 1.0, None),
        (float("nan"), 1.0, None),
        (float("inf"), LONGEST_S, None),
        (10**400, LONGEST_S, None),
    ],
)
def test_a_number_stands_between_nothing_and_the_most(value: Any, most: float, read: float | None) -> None:
    assert number(value, most) == read


def test_of_a_list_the_objects_and_of_anything_else_none() -> None:
    assert objects([{"a": 1}, "b", None, [{"c": 2}], {}]) == [{"a": 1}, {}]
    assert [objects(value) for value in ({"a": 1}, "text", None, 3)] == [[], [], [], []]
