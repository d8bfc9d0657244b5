"""Streams for timing must be what the bench says: growing, of the right length, revised as often as claimed."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from captiond.base.ids import RawText
from captiond.bench.core_streams import (
    MAX_STEP,
    STEPS,
    Growth,
    Talk,
    as_recorded,
    by_characters,
    conversations,
    revised_share,
    talks,
)
from captiond.bench.streams import BENIGN, PRIVATE, Event, Mention, Span, Stream

SHARED_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def conversation(*said: tuple[str, str, bool], language: str = "en-US", spans: Sequence[Span] = ()) -> Stream:
    """Events of (session, text, final); the last has the spans."""
    events = [
        Event(session, number, text, final, number * 1000, "", language, 0, tuple(spans) if number == len(said) else ())
        for number, (session, text, final) in enumerate(said, 1)
    ]
    return Stream("test", "test", language, events)


def growth(*partials: str) -> Growth:
    return Growth("en-US", tuple(map(RawText, partials)))


HELLO = (("a", "hel", False), ("b", "yes", True), ("a", "hello", False), ("a", "Hello.", True))
BYE = (("a", "buy", False), ("a", "bye", False), ("a", "bye now", True))


@pytest.fixture(scope="module")
def spoken() -> list[Talk]:
    return talks(conversations(None))


def test_each_speakers_utterances_stand_in_a_row_with_their_histories() -> None:
    (talk,) = talks([conversation(*HELLO, *BYE), conversation(("a", "more", True))])
    assert talk.utterances == [
        ("hel", "hello"), ("buy", "bye"), ("yes",), ("more",),
    ]  # fmt: skip
    assert [t.language for t in talks([conversation(*BYE), conversation(*BYE, language="de-DE")])] == ["en-US", "de-DE"]


def test_finals_are_told_apart_by_what_is_in_them() -> None:
    def said(text: str, cls: str) -> Stream:
        return conversation(("a", text, True), spans=[Span(0, 2, Mention("e", "e", "CARD", "digits", cls, "12"))])

    (talk,) = talks([said("12", PRIVATE), said("34", BENIGN), conversation(("a", "hi", True), ("a", "at 5", True))])
    assert (talk.private, talk.benign, talk.plain) == (["12"], ["34"], ["hi"])


def test_histories_are_joined_and_cut_where_the_text_has_its_length() -> None:
    spoken = talks([conversation(*HELLO, *BYE)])
    assert as_recorded(spoken, 9, 9) == [
        growth("hel", "hello", "hello buy"),
    ]
    assert [growth.partials for growth in as_recorded(spoken, 3, 9)] == [("hel",), ("buy",), ("yes",)]
    assert [growth.partials[-1] for growth in as_recorded(spoken, 8, 9)] == ["hello bu"]
    assert as_recorded(spoken, 1000, 9) == []


def test_of_too_many_streams_some_are_taken_evenly(spoken: list[Talk]) -> None:
    every, some = as_recorded(spoken, 60, 10**6), as_recorded(spoken, 60, 40)
    assert len(every) > 1000
    assert len(some) == 40
    assert {growth.language for growth in some} == {talk.language for talk in spoken}
    places = [every.index(growth) for growth in some]
    assert all(later - earlier in (len(every) // 40, len(every) // 40 + 1) for earlier, later in pairwise(places))


@pytest.mark.parametrize("length", [60, 150, 600])
def test_every_stream_grows_from_little_to_its_length(spoken: list[Talk], length: int) -> None:
    for grown in (as_recorded(spoken, length, 50), by_characters(spoken, length, 50)):
        assert {len(growth.partials[-1]) for growth in grown} == {length}
        assert median(len(growth.partials[0]) for growth in grown) <= 15  # few utterances come all at once
        assert max(len(text) for growth in grown for text in growth.partials) <= length + 20  # a longer word misheard


@pytest.mark.parametrize("length", [60, 150, 600, 1200])
def test_stepped_streams_have_equal_steps_and_are_revised_as_often_as_claimed(spoken: list[Talk], length: int) -> None:
    grown = by_characters(spoken, length, 100)
    assert len(grown) == 100
    assert {len(growth.partials) for growth in grown} == {max(STEPS, length // MAX_STEP)}
    assert 0.25 <= revised_share(grown) <= 0.33
    kept = [g.partials[i] for g in grown for i in range(len(g.partials)) if g.partials[-1].startswith(g.partials[i])]
    assert len(kept) > 0.8 * sum(len(g.partials) for g in grown)  # what is misheard is taken back


def test_a_fifth_of_the_stepped_streams_hold_a_private_number_and_two_fifths_a_harmless_one() -> None:
    talk = Talk("en-US", [("hi",)], ["my card is 4111"], ["order 1234"], ["good morning", "one moment"])
    for length in (60, 600):
        grown = [growth.partials[-1] for growth in by_characters([talk], length, 100)]
        assert sum("my card is 4111" in text for text in grown) == 20
        assert sum("order 1234" in text for text in grown) == 40
    places = {text.index("order") for text in grown if "order" in text}
    assert len(places) > 20


def test_the_same_talk_gives_the_same_streams(spoken: list[Talk]) -> None:
    again = talks(conversations(None))
    assert as_recorded(spoken, 150, 30) == as_recorded(again, 150, 30)
    assert by_characters(spoken, 150, 30) == by_characters(again, 150, 30)


def test_the_share_of_revisions_counts_what_is_no_extension() -> None:
    assert revised_share([growth("a", "ab", "ac", "acd", "acd")]) == 0.25
    assert revised_share([growth("a")]) == 0.0


def test_texts_are_in_no_repr() -> None:
    (talk,) = talks([conversation(*HELLO)])
    assert "ello" not in repr(talk) + repr(as_recorded([talk], 5, 1))


@pytest.mark.shared
def test_recorded_talk_fills_long_streams_in_all_languages() -> None:
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data set is not here")
    spoken = talks(conversations(SHARED_DATA))
    assert len(spoken) == 4
    assert {growth.language for growth in as_recorded(spoken, 600, 400)} == {talk.language for talk in spoken}
    assert len(as_recorded(spoken, 6000, 400)) >= 5
    assert 0.2 < revised_share(as_recorded(spoken, 150, 400)) < 0.4
