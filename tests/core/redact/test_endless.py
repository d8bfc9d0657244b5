"""Text without white space: it is cut into words of bounded length, the same ones however it came, at bounded cost."""

import random

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.core.normalise import MAX_CHUNK, normalise
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.machine import Machine
from captiond.core.redact.tokens import Token

UNITS = ("word", "1", "a.", "1-", "x@a.", "(", "e\u0301", "1\u200b", ". ", "four-", "\u0664", "b:c", "double ")


def caption(text: str) -> str:
    """What is shown of one partial, alone."""
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    return redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text


@pytest.mark.parametrize("unit", UNITS)
def test_no_word_is_longer_than_a_chunk_and_nothing_is_lost(unit: str) -> None:
    text = unit * 300
    words = normalise(text).split()
    assert max(map(len, words)) <= MAX_CHUNK
    assert normalise(normalise(text)) == normalise(text)
    if unit not in (". ", "double "):
        assert "".join(words) == normalise(unit).replace(" ", "") * 300
    short = unit.strip() * (MAX_CHUNK // len(unit.strip()))
    assert " " not in normalise(short)


@pytest.mark.parametrize("unit", UNITS)
def test_a_caption_is_that_of_the_text_alone_wherever_it_ended_before(unit: str) -> None:
    """Growing, shrinking, heard otherwise, most of all where a chunk is cut."""
    chance = random.Random(unit)
    whole = f"so it is {unit * 700}"
    edges = [9 + n * MAX_CHUNK + d for n in (0, 1, 2) for d in (-2, -1, 0, 1, 2)]
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    for _ in range(60):
        end = chance.choice(edges) if chance.random() < 0.7 else chance.randint(0, min(len(whole), 900))
        text = whole[:end]
        if chance.random() < 0.3:
            text = text[: -chance.randint(1, 4)] + chance.choice((" four", "x", " ", "4", ""))
        shown = redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text
        assert shown == caption(text), len(text)


@pytest.mark.source_only
@pytest.mark.parametrize("unit", UNITS)
def test_one_more_piece_is_not_read_from_the_beginning(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a partial reads does not grow with the text."""
    read: list[int] = []
    original = Machine.advance

    def counted(self: Machine, token: Token, *, unfinished: bool = False) -> None:
        read.append(len(token.text))
        original(self, token, unfinished=unfinished)

    monkeypatch.setattr(Machine, "advance", counted)
    text = unit * (4_000 // len(unit))
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    for end in range(16, len(text), 16):
        read.clear()
        redactor.caption(UtteranceId("u"), RawText(text[:end]), final=False, now_s=0.0)
        assert sum(read) <= 3 * MAX_CHUNK, end


def test_a_number_or_an_address_in_it_is_masked() -> None:
    endless = "word" * 200
    assert "4111" not in caption(f"{endless} my card is 4111 1111 1111 1111 {endless}")
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    shown = redactor.caption(UtteranceId("u"), RawText("1" * 2_000), final=True, now_s=0.0)
    assert [*shown, *redactor.end()][-1].text == "[NUMBER]"
    assert "jane" not in caption(f"{'.' * 700}jane.doe@example.com ok")
