"""The conversations in the package: enough of each language, agent and customer, private numbers that are no one's."""

import re
from collections import Counter

import pytest

from captiond.simulator.packaged import packaged_conversations, packaged_tracks

CONVERSATIONS = packaged_conversations()


def finals(conversation_id: str) -> str:
    (conversation,) = (item for item in CONVERSATIONS if item.id == conversation_id)
    steps = (step for track in conversation.tracks() for step in track.steps)
    return "\n".join(step.event["transcript"] for step in steps if not step.event["isPartial"])


def test_each_language_has_two_conversations_of_two_people() -> None:
    assert Counter(item.language for item in CONVERSATIONS) == {"en-US": 2, "es-ES": 2, "fr-FR": 2, "de-DE": 2}
    for item in CONVERSATIONS:
        assert {voice.channel for voice in item.voices} == {"internal", "external"}
        assert 60 <= item.duration_s <= 180


def test_tracks_fit_the_index() -> None:
    tracks = {track.session: track for track in packaged_tracks()}
    for item in CONVERSATIONS:
        for voice in item.voices:
            track = tracks[voice.session]
            assert (len(track.steps), track.channel, track.language) == (voice.events, voice.channel, voice.language)
        assert max(tracks[voice.session].duration_s for voice in item.voices) <= item.duration_s


def test_a_conversation_can_be_played_again_under_other_names() -> None:
    item = CONVERSATIONS[0]
    again = item.tracks("-2")
    assert [track.session for track in again] == [f"{voice.session}-2" for voice in item.voices]
    assert again[0].steps == item.tracks()[0].steps


def test_index_order_is_one_clock_for_both_voices() -> None:
    """Both media sessions of a call start with it: the second voice's first word is not at second 0."""
    for item in CONVERSATIONS:
        starts = sorted(track.steps[0].due_s for track in item.tracks())
        assert starts[0] == 0.0
        assert starts[1] > 1.0


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda item: item.id)
def test_typed_private_numbers_are_valid_and_invented(conversation: object) -> None:
    text = finals(getattr(conversation, "id", ""))
    ibans = re.findall(r"\b[A-Z]{2}\d{2}(?: [0-9A-Z]{2,4})+\b", text)
    for iban in ibans:
        text = text.replace(iban, "")
        compact = iban.replace(" ", "")
        assert int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1, compact[:4]
    cards = re.findall(r"\b\d{4} \d{4} \d{4} \d{4}\b", text)
    assert all(luhn(card.replace(" ", "")) for card in cards)
    for address in re.findall(r"\bexample \S+ (\w+)", text):
        assert address in {"com", "org", "fr", "es", "de"}
    for area, line in re.findall(r"\((\d{3})\) (\d{3}-\d{4})", text):
        assert area
        assert line.startswith("555-01")


def luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    return sum(value if place % 2 == 0 else sum(divmod(value * 2, 10)) for place, value in enumerate(values)) % 10 == 0
