"""A caption is what was said, in one spelling: exact examples, and twice is once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.core.normalise import normalise
from captiond.core.redact.lexicons import lexicon_for


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  hello \t world\u00a0\u2003again\n", "hello world again"),
        ("Hello , world . It is !", "Hello, world. It is!"),
        ("Hello,world", "Hello, world"),
        ("really?yes", "really? yes"),
        ("we are done.Then we go", "we are done. Then we go"),
        ("It is 3.5 percent and 1,000 at 10:30", "It is 3.5 percent and 1,000 at 10:30"),
        ("the U.S.A and e.g. Node.js or v1.2", "the U.S.A and e.g. Node.js or v1.2"),
        ("jane.Doe@example.com", "jane.Doe@example.com"),
        ("it costs .5 or .NET", "it costs .5 or .NET"),
        ("sooooo goooood www.aaa", "soo good www.aaa"),
        ("very very very very very good", "very very good"),
        ("no no no", "no no no"),
        ("No, no, no, no, no.", "No, no, no."),
        ("4444 11111 111 1 1 1 1 1 1", "4444 11111 111 1 1 1 1 1 1"),
        ("one one one one one", "one one one one one"),
        ("double double double double", "double double double double"),
        ("4\u200b1\u200d1\u00ad1", "4111"),
        ("\uff14\uff11\uff11\uff11", "4111"),
        ("078\u201105\u20131120", "078-05-1120"),
        ("\u200b \u200d", ""),
        ("", ""),
    ],
)
def test_examples(raw: str, text: str) -> None:
    assert normalise(raw, is_number=lexicon_for("en-US").is_number) == text


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "aa",
                "aaaaa",
                "b",
                ".",
                ",",
                "!",
                "?",
                "...",
                ".b",
                ",b",
                "b.C",
                "bb.C",
                "no",
                "no,",
                "NO",
                "1",
                "111",
                "\u200b",
                "-",
                "–",
                "é",
            ]
        )
    )
)
def test_twice_is_once(words: list[str]) -> None:
    for separator in (" ", ""):
        once = normalise(separator.join(words))
        assert normalise(once) == once


def test_masks_side_by_side_are_as_many_numbers() -> None:
    masks = "[NUMBER] [NUMBER] [NUMBER] [NUMBER] [CC] [CC] [CC] [CC]. [CC]"
    assert normalise(masks) == masks


@given(st.text())
def test_twice_is_once_whatever_it_is(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(alphabet="0123456789 ", max_size=60))
def test_digits_are_never_lost(text: str) -> None:
    assert normalise(text).replace(" ", "") == text.replace(" ", "")
