"""What is drawn of one caption: masks by the browser's names, directions, nothing that reaches beyond its words."""

import re
from pathlib import Path

import pytest

from captiond.core.screen import Entry, GapEntry
from captiond.overlay.runs import MASK_NAMES, Run, earlier, is_right_to_left, missed, plain, row_of, spoken, utf16_units

WIDGET = Path(__file__).parents[2] / "captiond" / "widget"
SPACE, HYPHEN = "\u00a0", "\u2011"


def entry(text: str, *, stable: int = 0, final: bool = False, channel: str = "") -> Entry:
    return Entry("u1", 1, text, final, "[...]" in text, stable, channel, "en-US", None, 1, "", "", False)


def boxed(name: str) -> str:
    return f"\u2068{SPACE}{name.replace(' ', SPACE)}{SPACE}\u2069"


def test_masks_have_the_names_that_the_browser_gives_them() -> None:
    script = (WIDGET / "caption-text.js").read_text(encoding="utf-8")
    names = script.partition("MASK_NAMES = {")[2].partition("}")[0]
    assert dict(re.findall(r'(\w+): "([^"]+)"', names)) == dict(MASK_NAMES)


def test_words_are_settled_up_to_the_stable_length_in_code_points() -> None:
    row = row_of(entry("😀 one two", stable=5))
    assert row.runs == (Run("😀 one", "settled"), Run(" two", "tentative"))
    assert utf16_units(row.text) == len(row.text.encode("utf-16-le")) // 2 == 10


def test_a_final_is_settled_whatever_its_stable_length() -> None:
    assert row_of(entry("all of it", stable=0, final=True)).runs == (Run("all of it", "settled"),)


def test_masks_are_boxes_and_a_bracketed_word_is_what_was_said() -> None:
    row = row_of(entry("[CC] and [...], [sic]", stable=0, channel="external"))
    assert row.runs == (
        Run("\u2068Customer\u2069: ", "label"),
        Run(boxed("card number"), "closed"),
        Run(" and ", "tentative"),
        Run(boxed("private"), "open"),
        Run(", [sic]", "tentative"),
    )
    assert HYPHEN in row_of(entry("[EMAIL]")).text  # a box does not break at its hyphen


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("hello", False),
        ("שלום ABC", True),
        ("ABC שלום", False),
        ("123, مرحبا", True),
        ("[CC] שלום", True),
        ("[CC]", False),
    ],
)
def test_a_paragraph_has_the_direction_of_its_first_letter_masks_do_not_count(text: str, turned: bool) -> None:
    assert row_of(entry(text)).right_to_left is turned
    assert is_right_to_left("") is False


def test_markup_stays_what_was_said() -> None:
    said = "<b>bold</b> &amp; <script>x</script>"
    assert row_of(entry(said, final=True)).text == said


@pytest.mark.parametrize("one", ["\u202e", "\u2066", "\u2069", "\n", "\u2028", "\x1b", "\ud800", "\x00"])
def test_what_breaks_lines_turns_its_surroundings_or_is_half_a_character_is_replaced_one_for_one(one: str) -> None:
    assert plain(f"a{one}b") == "a\ufffdb"


def test_what_right_to_left_text_and_emoji_need_stays() -> None:
    said = "\u200fשלום\u200e 👩\u200d👧"
    assert plain(said) == said


def test_a_server_that_never_stops_costs_a_bounded_line() -> None:
    row = row_of(entry("x" * 1_000_000, channel="y" * 1_000_000))
    assert len(row.text) < 17_000


def test_gaps_and_what_is_left_out_are_told_in_words() -> None:
    assert [missed(GapEntry(1, lost, "sequence")) for lost in (None, 1, 3)] == [
        "Words may be missing here.",
        "1 update missed here.",
        "3 updates missed here.",
    ]
    assert row_of(GapEntry(1, 1, "sequence")).runs == (Run("1 update missed here.", "note"),)
    assert (earlier(1), earlier(12)) == ("1 earlier line is not shown.", "12 earlier lines are not shown.")


def test_a_screen_reader_hears_who_and_what_is_not_shown() -> None:
    said = entry("pay with [CC] to [EMAIL] now", final=True, channel="internal")
    assert spoken(said) == "Agent: pay with (card number, not shown) to (e-mail address, not shown) now"
