"""captiond.watch.show: what stands on a terminal after every write, by a terminal that understands what is used."""

import re
from typing import Any

import pytest

from captiond.core.screen import Screen
from captiond.watch.show import MAX_OPEN_ROWS, TaggedLines, Terminal, clip, clip_start, printable, width

STEP = re.compile(r"\x1b\[(\d*)([AJm])|\r|\n|[^\x1b\r\n]+")


class Glass:
    """A terminal screen of unlimited height: printing, CR, LF, cursor up, erase below. Anything else fails the test."""

    def __init__(self) -> None:
        self.rows = [""]
        self.row = self.column = 0

    def write(self, text: str) -> None:
        at = 0
        while at < len(text):
            step = STEP.match(text, at)
            assert step, f"not understood: {text[at : at + 8]!r}"
            at = step.end()
            if step[0] == "\r":
                self.column = 0
            elif step[0] == "\n":
                self.row, self.column = self.row + 1, 0
                if self.row == len(self.rows):
                    self.rows.append("")
            elif step[2] == "A":
                self.row -= int(step[1] or 1)
                assert self.row >= 0
            elif step[2] == "J":
                self.rows[self.row] = self.rows[self.row][: self.column]
                del self.rows[self.row + 1 :]
            elif step[2] is None:
                line = self.rows[self.row]
                self.rows[self.row] = line[: self.column] + step[0] + line[self.column + len(step[0]) :]
                self.column += len(step[0])


def played(show: Terminal | TaggedLines, *messages: Any, status: str = "") -> Glass:
    glass, screen = Glass(), Screen()
    if status:
        glass.write(show.status(status))
    for message in messages:
        glass.write(show.applied(screen.apply(message), screen))
    return glass


def test_finals_scroll_and_open_lines_redraw_above_the_status(messages: Any) -> None:
    show = Terminal(columns=40, colour=False)
    begin = [messages.welcome(), messages.snapshot()]
    one = [messages.caption("u1", "hel"), messages.caption("u2", "hi", channel="external")]
    glass = played(show, *begin, *one, status="live | latency -")
    assert glass.rows == ["hel", "external: hi", "live | latency -"]
    screen = Screen()
    for message in (*begin, *one):
        screen.apply(message)
    glass.write(show.applied(screen.apply(messages.caption("u1", "Hello.", final=True)), screen))
    assert glass.rows == ["Hello.", "external: hi", "live | latency -"]
    glass.write(show.applied(screen.apply(messages.retraction("u2")), screen))
    glass.write(show.applied(screen.apply(messages.gap(2)), screen))
    glass.write(show.status("live | latency 3 ms"))
    assert glass.rows == ["Hello.", "-- 2 updates missed here --", "live | latency 3 ms"]
    glass.write(show.close())
    assert glass.rows == ["Hello.", "-- 2 updates missed here --", ""]


def test_a_held_final_waits_below_and_scrolls_once_named(messages: Any) -> None:
    show = Terminal(columns=60, colour=False)
    glass = played(
        show,
        messages.welcome(),
        messages.snapshot(),
        messages.caption("u1", "my card is [...]", final=True),
        messages.caption("u2", "thanks", final=True),
    )
    assert glass.rows == ["thanks", "my card is [...]"]
    glass = played(
        Terminal(columns=60, colour=False),
        messages.welcome(),
        messages.snapshot(),
        messages.caption("v1", "my card is [...]", final=True),
        messages.caption("v1", "my card is [CC]", final=True),
    )
    assert glass.rows == ["my card is [CC]", ""]


def test_a_correction_of_what_has_scrolled_is_marked_and_a_resync_prints_nothing_twice(messages: Any) -> None:
    first = messages.caption("u1", "one", final=True)
    corrected = messages.caption("u1", "One!", final=True)
    show = Terminal(columns=60, colour=False)
    messages.index = 0
    glass = played(
        show,
        messages.welcome(),
        messages.snapshot(),
        first,
        corrected,
        messages.welcome(at=9) | {"position": "bbbbbbbb.9"},
        messages.snapshot(corrected, earlier=3) | {"position": "bbbbbbbb.9"},
    )
    assert glass.rows == ["one", "(corrected) One!", "-- 3 earlier lines are not shown --", ""]


def test_an_open_line_takes_one_row_and_shows_its_end(messages: Any) -> None:
    show = Terminal(columns=12, colour=False)
    glass = played(show, messages.welcome(), messages.snapshot(), messages.caption("u1", "a much longer sentence"))
    assert glass.rows == ["ger sentence"]
    glass = played(Terminal(columns=7, colour=True), messages.welcome(), messages.snapshot(earlier=0))
    assert glass.rows == [""]


def test_open_lines_never_fill_the_screen(messages: Any) -> None:
    many = [messages.caption(f"u{n}", f"open {n}") for n in range(MAX_OPEN_ROWS + 5)]
    messages.index = 0
    glass = played(Terminal(columns=40, colour=False), messages.welcome(), messages.snapshot(), *many)
    assert glass.rows == [f"open {n}" for n in range(5, MAX_OPEN_ROWS + 5)]


def test_colour_is_only_added_and_marks_what_is_tentative(messages: Any) -> None:
    message = [messages.welcome(), messages.snapshot(), messages.caption("u1", "ab cd", stableLength=3)]
    screen = Screen()
    show = Terminal(columns=20, colour=True)
    assert [show.applied(screen.apply(one), screen) for one in message][-1] == "ab \x1b[2mcd\x1b[0m"


def test_tagged_lines_for_pipes(messages: Any) -> None:
    glass = played(
        TaggedLines(),
        messages.welcome(),
        messages.snapshot(),
        messages.caption("u1", "hel"),
        messages.caption("u1", "Hello.", final=True),
        messages.gap(None),
        messages.caption("u2", "no"),
        messages.retraction("u2"),
        messages.caption("u3", "card [...]", final=True),
        messages.caption("u3", "card [CC]", final=True),
    )
    assert glass.rows == [
        "[PARTIAL] hel",
        "[FINAL] Hello.",
        "[GAP] words may be missing here",
        "[PARTIAL] no",
        "[RETRACTED] no",
        "[FINAL] card [...]",
        "[FINAL] card [CC]",
        "",
    ]


@pytest.mark.parametrize("show", [TaggedLines(), Terminal(columns=80, colour=False)])
def test_a_caption_cannot_move_the_cursor_or_forge_a_line(show: Terminal | TaggedLines, messages: Any) -> None:
    hostile = "a\x1b[2Jb\r\n[FINAL] c\x9b31m\u202ed\u2028e"
    extra = {"stableLength": 0, "channel": "\x1b]0;x\x07"}
    glass = played(show, messages.welcome(), messages.snapshot(), messages.caption("u1", hostile, final=True, **extra))
    assert len(glass.rows) == 2
    assert all(one.isprintable() for one in glass.rows)


def test_joiners_that_scripts_need_are_kept() -> None:
    assert (
        printable("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )


@pytest.mark.parametrize(
    ("text", "columns", "start", "end"),
    [
        ("abc", 2, "ab", "bc"),
        ("日本", 3, "日", "本"),
        ("e\u0301e", 1, "e\u0301", "e"),
        ("", 5, "", ""),
        ("ab", 9, "ab", "ab"),
    ],
)
def test_clipping_counts_columns(text: str, columns: int, start: str, end: str) -> None:
    assert (clip(text, columns), clip_start(text, columns)) == (start, end)
    assert width(start) <= columns
