"""Texts of results go through the redactor, whole."""

import asyncio

import pytest

from captiond.base.ids import RawText
from captiond.core.redact import DEFAULT
from captiond.jobs.masking import PIECE, Masking, Said, _Transcript, cut

MASKING = Masking(frozenset(DEFAULT))


async def masked(*texts: str, language: str | None = None) -> list[str]:
    done = await MASKING.transcript([Said(RawText(text)) for text in texts], language=language)
    return list(done.texts)


async def test_numbers_are_masked_and_the_rest_is_what_was_said() -> None:
    assert await masked("My card is 4111 1111 1111 1111.", "It costs 250 dollars.") == [
        "My card is [CC].",
        "It costs 250 dollars.",
    ]


async def test_a_number_that_is_cut_over_pieces_is_masked_in_each() -> None:
    texts = await masked("my card is four one one one one one", "one one one one one one", "one one one one thanks")
    assert all("one" not in text.split() for text in texts), texts
    assert texts[2].endswith("thanks")


async def test_a_correction_reaches_the_piece_that_it_is_about() -> None:
    """What looked like a number is told by what follows to be none."""
    done = await MASKING.transcript([Said(RawText("one two three four")), Said(RawText("five is how children count"))])
    assert "[...]" not in " ".join(done.texts)


async def test_each_kind_is_counted_once() -> None:
    pieces = [Said(RawText("jane.doe@example.com or 4111 1111 1111 1111"), "a"), Said(RawText("(415) 555-0132"), "b")]
    done = await MASKING.transcript(pieces)
    assert done.redactions == {"EMAIL": 1, "CC": 1, "PHONE": 1}
    assert done.of_each == ({"EMAIL": 1, "CC": 1}, {"PHONE": 1})


async def test_the_language_of_the_request_counts() -> None:
    [text] = await masked(
        "vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins", language="de-DE"
    )
    assert "eins" not in text


async def test_a_long_text_is_cut_between_words_and_nothing_of_it_is_lost() -> None:
    text = "we said that it was fine and then went on to talk of other things " * 200
    assert len(text) > 6 * PIECE
    [kept] = await masked(text)
    assert kept == text.strip()
    assert "".join(cut(RawText(text))) == text
    assert "".join(cut(RawText("x" * (3 * PIECE + 7)))) == "x" * (3 * PIECE + 7)


async def test_a_number_across_a_cut_is_masked() -> None:
    before = "so " * ((PIECE - 20) // 3)
    [kept] = await masked(f"{before}card 4111 1111 1111 1111 thanks")
    assert "1111" not in kept
    assert kept.endswith("thanks")


async def test_others_have_their_turn_meanwhile() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        other = group.create_task(count())
        await masked(*(["we said that it was fine and went on from there to talk of other things"] * 3_000))
        other.cancel()
    assert turns > 5


async def test_of_many_at_once_one_slice_is_made_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live captions wait for one slice, not for one of each transcript."""
    monkeypatch.setattr("captiond.jobs.masking.SLICE_S", 0.0)
    slices, most, turn = 0, 0, 0
    true = _Transcript.slice

    def counted(self: _Transcript) -> bool:
        nonlocal slices
        slices += 1
        return true(self)

    async def count_turns() -> None:
        nonlocal slices, most, turn
        while True:
            most, slices, turn = max(most, slices), 0, turn + 1
            await asyncio.sleep(0)

    monkeypatch.setattr(_Transcript, "slice", counted)
    async with asyncio.TaskGroup() as group:
        other = group.create_task(count_turns())
        done = await asyncio.gather(*(masked(*["it was fine"] * 30) for _ in range(8)))
        other.cancel()
    assert turn > 8 * 30
    assert most == 1
    assert done == [["it was fine"] * 30] * 8


@pytest.mark.source_only
async def test_a_fault_inside_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("4111 1111 1111 1111")

    monkeypatch.setattr("captiond.core.redact.redactor.Scan.read", broken)
    assert await masked("my card is 4111 1111 1111 1111") == ["[...]"]


def test_words_of_upstream_are_masked() -> None:
    assert MASKING.words("no such caller: (415) 555-0132") == "no such caller: [PHONE]"
    assert MASKING.words("") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # It may have begun before what was cut out, however long ago that was.
        ("...1 1111 is what I said before we talked about it", "[NUMBER] is what I said before we talked about it"),
        ("it is 1 1111 that I said before we talked about it", "it is 1 1111 that I said before we talked about it"),
        ("eleven oh four two, right", "[NUMBER], right"),
        ("my card is 4111 11", "my card is [NUMBER]"),  # it may go on behind it
        ("the price is 45 dollars", "the price is 45 dollars"),
        ("call (415) 555-0132 or write to jane.doe@example.com today", "call [PHONE] or write to [EMAIL] today"),
        ("", ""),
    ],
)
def test_a_piece_that_was_cut_out_is_masked_at_its_ends(text: str, shown: str) -> None:
    assert MASKING.excerpt(RawText(text)) == shown
