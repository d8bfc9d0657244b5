"""The captions as they are drawn: equal to the reference screen, still while somebody reads, readable over anything."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QImage, QPainter

from captiond.core.screen import Entry
from captiond.overlay.blocks import Block, Look
from captiond.overlay.palette import BLACK, PALETTES, WHITE, Rgb
from captiond.overlay.runs import Row, Run, row_of
from captiond.overlay.settings import Settings
from captiond.overlay.view import CaptionView
from tests.overlay.conftest import Desktop
from tests.overlay.stage import Stage, staged


def drawn(stage: Stage) -> list[str]:
    return stage.window.view.texts()


def test_what_is_drawn_is_what_the_reference_screen_shows(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage:
        stage.play(
            messages.welcome(), messages.snapshot(messages.caption("u0", "<b>before</b> &amp;", final=True), earlier=1)
        )
        stage.play(messages.caption("u1", "my card", startMs=5), messages.gap(3))
        stage.play(messages.caption("u1", "my card is [...]", final=True, channel="external"))
        stage.play(messages.caption("u2", "earlier words", startMs=1), messages.caption("u3", "gone"))
        stage.play(messages.retraction("u3"), messages.caption("u1", "my card is [CC]", final=True, channel="external"))
        assert drawn(stage) == ["1 earlier line is not shown.", *(row_of(item).text for item in stage.screen.items())]
        assert drawn(stage)[1:3] == ["<b>before</b> &amp;", "earlier words"]
        assert "card\u00a0number" in drawn(stage)[-1]
        assert "[" not in "".join(drawn(stage))


def test_before_the_first_words_it_says_that_it_waits(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage:
        stage.play(messages.welcome(), messages.snapshot())
        assert drawn(stage) == ["Waiting for the first words…"]


def test_a_laid_out_line_does_not_move_when_words_come_or_settle(desktop: Desktop, messages: Any) -> None:
    words = [f"word{n}" for n in range(30)]
    with staged(desktop, settings=Settings(font="DejaVu Sans", width_px=300)) as stage:
        stage.play(messages.welcome(), messages.snapshot())
        before: list[int] = []
        for count in range(1, len(words) + 1):
            text = " ".join(words[:count])
            stage.play(messages.caption("u1", text, stableLength=len(text) // 2))
            ends = stage.window.view.line_ends()[0]
            assert ends[: len(before) - 1] == before[:-1], count
            before = ends
        stage.play(messages.caption("u1", " ".join(words), final=True))
        assert len(before) > 5
        assert stage.window.view.line_ends()[0] == before


def test_only_what_changed_is_laid_out(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage:
        stage.play(
            messages.welcome(),
            messages.snapshot(*(messages.caption(f"u{n}", f"line {n}", final=True) for n in range(9))),
        )
        kept = [block for _, block in stage.window.view._blocks.values()]
        stage.play(messages.caption("u9", "new"))
        assert [block for _, block in stage.window.view._blocks.values()][:9] == kept


def test_half_a_line_is_not_drawn(desktop: Desktop, messages: Any) -> None:
    ink = QColor(*PALETTES["dark"].ink).rgb()
    with staged(desktop, settings=Settings(font="DejaVu Sans", opacity=1.0)) as stage:
        stage.play(
            messages.welcome(), messages.snapshot(*(messages.caption(f"u{n}", "WWW", final=True) for n in range(40)))
        )
        cut = 0
        for taller in range(0, 40, 7):
            stage.window.resize(stage.window.width(), 200 + taller)
            desktop.turn(0.02)
            view = stage.window.view
            top_px = uppermost(view)[1]
            image = view.grab().toImage()
            below = round(top_px + view.height_of(1))
            rows = [any(image.pixel(x, y) == ink for x in range(10, 60)) for y in range(below + 24)]
            assert any(rows[below:]), taller
            if top_px < -0.5:
                cut += 1
                assert not any(rows[:below]), taller
        assert cut > 3


def test_what_is_out_of_sight_keeps_no_picture(desktop: Desktop, messages: Any) -> None:
    with staged(desktop, settings=Settings(font="DejaVu Sans", opacity=0.0)) as stage:
        stage.play(messages.welcome(), messages.snapshot(*(messages.caption(f"u{n}", "a line") for n in range(90))))
        for _ in range(15):
            stage.window.read_back(0, 1)
            desktop.turn(0.01)
        pictures = [block for _, block in stage.window.view._blocks.values() if block._painted is not None]
        assert 4 <= len(pictures) <= 8


def test_what_comes_too_soon_to_be_seen_is_drawn_a_little_later(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage:
        stage.play(messages.welcome(), messages.snapshot(), messages.caption("u1", "one"))
        for word in ("one two", "one two three"):
            stage.screen.apply(messages.caption("u1", word))
            stage.frame = stage.frame._replace(items=tuple(stage.screen.items()))
            stage.window.refresh()
        assert drawn(stage) == ["one two"]  # at once; the next one so soon after it is not
        desktop.until(lambda: drawn(stage) == ["one two three"], "the newest words, with nothing more to come")


def test_what_is_read_stays_where_it_is_and_what_comes_is_counted(desktop: Desktop, messages: Any) -> None:
    with staged(desktop, lines=4) as stage:
        view = stage.window.view
        stage.play(
            messages.welcome(),
            messages.snapshot(*(messages.caption(f"u{n}", f"line {n}", final=True) for n in range(40))),
        )
        stage.press("Prior")
        assert not view.is_following
        key, top_px = uppermost(view)
        assert stage.window.newest.text() == "Newest line"
        stage.play(*(messages.caption(f"n{n}", "word " * 60, final=True) for n in range(5)))
        stage.play(*(messages.caption(f"m{n}", "word " * 60, final=True) for n in range(2)))
        assert uppermost(view)[0] == key
        assert uppermost(view)[1] == pytest.approx(top_px)
        assert (view.unread, stage.window.newest.text()) == (7, "7 new lines")
        desktop.grab("reading-back")
        stage.press("End")
        assert not stage.window.newest.isVisible()
        assert view.unread == 0
        stage.press("Home")
        assert uppermost(view)[0] == "uu0"
        stage.press("Escape")
        assert not stage.window.newest.isVisible()


def uppermost(view: CaptionView) -> tuple[str, float]:
    found = view._uppermost()
    assert found is not None
    return found


def test_a_screen_reader_finds_finals_only(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage:
        stage.play(
            messages.welcome(), messages.snapshot(messages.caption("u0", "said [CC]", final=True, channel="internal"))
        )
        stage.play(messages.caption("u1", "not yet"))
        asked = QAccessible.queryAccessibleInterface(stage.window.view)
        assert asked.text(QAccessible.Text.Name) == "Captions"
        assert asked.text(QAccessible.Text.Description) == "Agent: said (card number, not shown)"
        window = QAccessible.queryAccessibleInterface(stage.window)
        assert window.text(QAccessible.Text.Name) == "Captions of call-1"
        assert window.text(QAccessible.Text.Description) == "Live"
        names = [
            QAccessible.queryAccessibleInterface(one).text(QAccessible.Text.Name)
            for one in (stage.window.head.menu_button, stage.window.head.close_button)
        ]
        assert names == ["Menu", "Close"]


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("behind", [BLACK, WHITE], ids=["black", "white"])
def test_without_a_ground_every_letter_stands_on_an_edge_of_it(desktop: Desktop, theme: str, behind: Rgb) -> None:
    """No pixel in a letter's own colour touches one of the desktop's, on a desktop of that very lightness."""
    palette = PALETTES[theme]
    font = QFont("DejaVu Sans")
    font.setPointSizeF(18)
    row = Row(
        (Run("Customer: ", "label"), Run("settled ilW. ", "settled"), Run("tentative", "tentative")), "external", False
    )
    image = QImage(420, 50, QImage.Format.Format_RGB32)
    image.fill(QColor(*behind))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    Block(row, Look(font, palette, edged=palette.needs_edge(0.0)), 400).paint(painter, 10, 8)
    painter.end()
    pixels = [[image.pixelColor(x, y) for x in range(image.width())] for y in range(image.height())]
    ground, inks = QColor(*behind), {QColor(*ink).rgb() for ink in palette.inks()}
    letters = touching = 0
    for y in range(1, image.height() - 1):
        for x in range(1, image.width() - 1):
            if pixels[y][x].rgb() in inks - {ground.rgb()}:
                letters += 1
                around = (pixels[y + down][x + right] for down in (-1, 0, 1) for right in (-1, 0, 1))
                touching += any(one == ground for one in around) and behind != palette.plate
    assert letters > 100
    assert touching == 0


def test_masks_are_drawn_as_boxes_that_differ_without_colour(desktop: Desktop, messages: Any) -> None:
    """A closed one is filled; an open one is hollow, with a rim that is not whole."""
    palette = PALETTES["contrast"]
    font = QFont("DejaVu Sans")
    font.setPointSizeF(18)
    look = Look(font, palette, edged=False)
    fills = {}
    for text in ("[CC]", "[...]"):
        image = QImage(300, 50, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        Block(row_of(Entry("u", 1, text, False, False, 0, "", "en", None, 1, "", "", False)), look, 280).paint(
            painter, 10, 8
        )
        painter.end()
        row = [image.pixelColor(x, 10).lightness() > 128 for x in range(16, 60)]
        fills[text] = sum(row) / len(row)
    assert fills["[CC]"] == 1.0
    assert 0.0 < fills["[...]"] < 0.95


def test_it_is_drawn_in_every_theme_and_direction(desktop: Desktop, messages: Any) -> None:
    """For the eye: the screenshots are kept. What the eye checks once, the grounds' colours check here."""
    said = [
        messages.welcome(),
        messages.snapshot(messages.caption("a", "Good morning, what can I do?", final=True, channel="internal")),
        messages.caption("b", "My card is [CC], mail [EMAIL], 😀 thanks.", final=True, channel="external"),
        messages.gap(3),
        messages.caption("c", "שלום, מספר הכרטיס [CC] תודה ABC 12", final=True, channel="external"),
        messages.caption("d", "and the code is [...] one moment please", channel="internal"),
        messages.caption(
            "e", "settled words and then those that may still change", channel="external", stableLength=14
        ),
    ]
    for theme, palette in PALETTES.items():
        with staged(desktop, settings=Settings(theme=theme, font="DejaVu Sans", opacity=1.0), lines=9) as stage:
            stage.play(*said, delay_s=4.2)
            desktop.turn(0.1)
            image = desktop.grab(f"theme-{theme}")
            corner = stage.window.geometry().topLeft()
            assert image.pixelColor(corner.x() + 30, corner.y() + 3) == QColor(*palette.plate)
            assert stage.window.head.text == "Live · 3 updates missed · 4 s late"
