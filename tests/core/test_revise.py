"""Revisions, when a message is worth sending, and the rule of docs/stability.md."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.errors import LocalError
from captiond.base.ids import SafeText, UtteranceId
from captiond.base.prefix import common_prefix
from captiond.core.messages import Caption
from captiond.core.revise import MAX_SETTLED, Revise, Utterance, without_open_masks, word_end

U = UtteranceId("e-1")


class Script:
    """One utterance being revised."""

    def __init__(self) -> None:
        self.revise = Revise()
        self.revise.begin(Utterance(U, "external", "en-US", "2024-06-15T10:30:00.000Z"))

    def say(self, text: str, *, final: bool = False, held: bool = False) -> Caption | None:
        mask = text.find("[...]")
        return self.revise.show(
            U, SafeText(text), final=final, held=held, settled=len(text) if mask < 0 else mask, redactions={}
        )

    def stable(self, *texts: str) -> list[str | None]:
        """The settled part of each message; None where nothing was sent."""
        said = [self.say(text) for text in texts]
        return [None if c is None else c.text[: c.stable_length] for c in said]


def test_revisions_begin_at_one_and_rise_by_one_with_each_message() -> None:
    script = Script()
    said = [script.say(t) for t in ("hello", "hello world", "hello world")]
    final = script.say("hello world.", final=True)
    assert [c and c.revision for c in [*said, final]] == [1, 2, 3, 4]  # the third one settles "hello"


def test_a_message_is_sent_only_if_something_changed() -> None:
    script = Script()
    said = [script.say("one two") for _ in range(6)]
    assert [c is not None for c in said] == [True, False, True, False, False, False]  # twice unchanged: settled
    assert said[2] is not None
    assert said[2].stable_length == 7


def test_settled_means_unchanged_over_two_revisions_and_whole_words() -> None:
    assert Script().stable("i", "i want", "i want to", "i want too", "i want two tickets", "i want two tickets") == [
        "",
        "",
        "i",
        "i want",
        "i want",
        None,  # "two" agreed once only
    ]


def test_the_table_of_the_documentation_is_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d|final) \| `([^`]+)` \| ?`?([^`|(]*)`?(.*)\|$", page, re.MULTILINE)
    assert len(rows) == 8
    script = Script()
    for update, text, settled, remark in rows:
        caption = script.say(text, final=update == "final")
        if "no message" in remark:
            assert caption is None
        else:
            assert caption is not None
            expected = text if settled.strip() == "all of it" else settled.strip()
            assert caption.text[: caption.stable_length] == expected
    assert script.revise.settled_rewrites == 1  # the capital letter


def test_restored_finals_have_no_open_masks() -> None:
    held = Script().say("card [...] and [...] ok", final=True, held=True)
    assert held is not None
    settled = without_open_masks(held)
    assert (settled.text, settled.held, settled.revision) == ("card [NUMBER] and [NUMBER] ok", False, 2)
    assert without_open_masks(settled) is settled


def test_a_final_is_settled_up_to_its_first_open_mask() -> None:
    script = Script()
    held = script.say("my card is [...] thanks", final=True, held=True)
    assert held is not None
    assert held.text[: held.stable_length] == "my card is "
    corrected = script.say("my card is [CC] thanks", final=True)
    assert corrected is not None
    assert (corrected.revision, corrected.stable_length) == (2, len("my card is [CC] thanks"))
    assert script.revise.settled_rewrites == 0


def test_no_partial_settles_beyond_an_open_mask() -> None:
    assert Script().stable(*["my card is [...] and"] * 3) == ["", None, "my card is"]


def test_changing_settled_text_is_counted() -> None:
    script = Script()
    script.stable("a b c", "a b c", "a b c")
    assert script.revise.settled_rewrites == 0
    script.say("a x c")
    assert script.revise.settled_rewrites == 1
    script.say("b x c")  # only "a" was settled by then
    assert script.revise.settled_rewrites == 2
    script.say("d x c")  # nothing was
    assert script.revise.settled_rewrites == 2


def test_a_partial_after_its_final_is_dropped_and_a_final_is_a_correction() -> None:
    script = Script()
    script.say("hello", final=True)
    assert script.say("hello there") is None
    assert script.say("hello", final=True) is None
    corrected = script.say("hello there", final=True)
    assert corrected is not None
    assert (corrected.revision, corrected.final) == (2, True)


def test_a_retraction_only_where_viewers_know_the_utterance() -> None:
    script = Script()
    assert not script.revise.retract(U)
    script = Script()
    script.say("hello")
    assert script.revise.retract(U)
    assert script.say("hello again") is None
    assert not script.revise.retract(U)


def test_an_id_is_used_once() -> None:
    with pytest.raises(LocalError):
        Script().revise.begin(Utterance(U, "", "en-US", ""))


def test_settled_finals_are_forgotten_but_held_ones_are_not() -> None:
    script = Script()
    script.say("[...]", final=True, held=True)
    for n in range(MAX_SETTLED + 10):
        other = UtteranceId(f"o-{n}")
        script.revise.begin(Utterance(other, "", "en-US", ""))
        script.revise.show(other, SafeText("x"), final=True, held=False, settled=1, redactions={})
    assert U in script.revise
    assert UtteranceId("o-0") not in script.revise
    assert UtteranceId("o-100") in script.revise


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [("one two", 3, "one"), ("one two", 4, "one"), ("one two", 5, "one"), ("one two", 7, "one two"), ("one", 2, "")],
)
def test_word_end(text: str, length: int, expected: str) -> None:
    assert text[: word_end(text, length)] == expected


@given(st.text("ab ", max_size=30), st.text("ab ", max_size=30))
def test_common_prefix_is_the_longest(one: str, other: str) -> None:
    n = common_prefix(one, other)
    assert one[:n] == other[:n]
    assert n in (len(one), len(other)) or one[n] != other[n]


@given(st.lists(st.tuples(st.text("ab [.]", max_size=12), st.booleans()), min_size=1, max_size=20))
def test_what_is_told_is_true_whatever_is_said(said: list[tuple[str, bool]]) -> None:
    """Revisions rise by one, nothing is sent twice, the settled part was in the last three texts."""
    script, sent, texts = Script(), [], []
    finals = False
    for text, final in said:
        caption = script.say(text, final=final)
        if not (finals and not final):
            texts.append(text)
        finals = finals or final
        if caption is None:
            continue
        sent.append(caption)
        assert caption.revision == len(sent)
        if not caption.final:
            assert all(t.startswith(text[: caption.stable_length]) for t in texts[-3:])
            assert caption.stable_length == 0 or len(texts) >= 3
        mask = text.find("[...]")
        assert mask < 0 or caption.stable_length <= mask
    for before, after in pairwise(sent):
        assert (before.text, before.final, before.held, before.stable_length) != (
            after.text,
            after.final,
            after.held,
            after.stable_length,
        )
        assert after.final >= before.final
