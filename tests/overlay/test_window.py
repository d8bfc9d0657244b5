"""The window among others, on a real X server: on top, see-through, by keys and by mouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import QWidget

from captiond.overlay.keys import KEYS
from captiond.overlay.palette import PALETTES, over
from captiond.overlay.settings import OPACITY, SIZES_PT, Settings
from captiond.overlay.window import OverlayWindow
from tests.overlay.conftest import Desktop
from tests.overlay.stage import staged

DOCS = Path(__file__).parents[2] / "docs"
GREEN = (0, 160, 0)


class Behind(QWidget):
    """Another program's window, over all of the screen; counts its clicks."""

    def __init__(self) -> None:
        super().__init__()
        self.clicks = 0
        self.setStyleSheet("background: rgb(0, 160, 0)")
        self.setGeometry(0, 0, 1280, 700)

    def mousePressEvent(self, event: object) -> None:  # noqa: N802  (what Qt calls has Qt's name)
        self.clicks += 1


@contextmanager
def behind(desktop: Desktop) -> Iterator[Behind]:
    window = Behind()
    window.show()
    try:
        desktop.until(lambda: window.windowHandle().isExposed(), "the window behind")
        desktop.turn(0.1)
        yield window
    finally:
        window.close()
        window.deleteLater()
        desktop.turn(0.05)


def click(desktop: Desktop, window: QWidget, x: int, y: int) -> None:
    at = window.geometry().topLeft()
    desktop.ask("xdotool", "mousemove", str(at.x() + x), str(at.y() + y), "click", "1")
    desktop.turn(0.1)


def drag(desktop: Desktop, window: QWidget, start: tuple[int, int], by: tuple[int, int]) -> None:
    at = window.geometry().topLeft()
    x, y = at.x() + start[0], at.y() + start[1]
    desktop.ask("xdotool", "mousemove", str(x), str(y), "mousedown", "1")
    desktop.turn(0.05)
    for step in (1, 2):
        desktop.ask("xdotool", "mousemove", str(x + by[0] * step // 2), str(y + by[1] * step // 2))
        desktop.turn(0.05)
    desktop.ask("xdotool", "mouseup", "1")
    desktop.turn(0.05)


def stacking(desktop: Desktop) -> list[int]:
    listed = desktop.ask("xprop", "-root", "_NET_CLIENT_LIST_STACKING").partition("#")[2]
    return [int(one.strip(), 16) for one in listed.split(",")]


def test_it_stays_above_a_window_that_is_raised_and_has_no_frame(desktop: Desktop, messages: Any) -> None:
    with staged(desktop) as stage, behind(desktop) as other:
        desktop.ask("xdotool", "windowactivate", "--sync", str(int(other.winId())))
        other.raise_()
        desktop.turn(0.2)
        window = int(stage.window.winId())
        said = desktop.ask("xprop", "-id", str(window))
        assert "_NET_WM_STATE_ABOVE" in said.partition("_NET_WM_STATE(ATOM)")[2].partition("\n")[0]
        assert "_NET_FRAME_EXTENTS(CARDINAL) = 0, 0, 0, 0" in said
        order = stacking(desktop)
        assert order.index(window) > order.index(int(other.winId()))


@pytest.mark.parametrize("opacity", [0.0, 0.5, 1.0])
def test_what_is_behind_shines_through_by_so_much(desktop: Desktop, opacity: float) -> None:
    with behind(desktop), staged(desktop, settings=Settings(opacity=opacity)) as stage:
        desktop.turn(0.2)
        place = stage.window.geometry()
        image = desktop.grab(f"opacity-{opacity}")
        seen = image.pixelColor(place.x() + place.width() // 2, place.y() + place.height() // 2)
        red, green, blue = over(PALETTES["dark"].plate, opacity, GREEN)
        assert (seen.red(), seen.green(), seen.blue()) == pytest.approx((red, green, blue), abs=2)
        assert image.pixelColor(place.x() - 3, place.y() + 20) == QColor(*GREEN)


def test_every_key_does_what_the_page_says_and_is_kept(desktop: Desktop) -> None:
    with staged(desktop) as stage:
        window = stage.window
        stage.press("ctrl+plus")
        assert window.settings.size_pt == pytest.approx(19.8)
        stage.press("ctrl+minus")
        assert window.settings.size_pt == pytest.approx(18.0)
        stage.press("shift+Down")
        assert window.settings.opacity == 0.8
        stage.press("shift+Up")
        assert window.settings.opacity == 0.85
        stage.press("ctrl+t")
        assert window.settings.theme == "light"
        assert stage.kept[-1] == window.settings
        stage.press("ctrl+0")
        assert window.settings.theme == "dark"
        before = window.geometry()
        stage.press("ctrl+Left")
        stage.press("ctrl+Up")
        assert (window.x(), window.y()) == (before.x() - 20, before.y() - 20)
        stage.press("ctrl+shift+Right")
        stage.press("ctrl+shift+Down")
        assert (window.width(), window.height()) == (before.width() + 20, before.height() + 20)
        desktop.turn(0.6)
        kept = stage.kept[-1]
        assert (kept.x_px, kept.y_px) == (before.x() - 20, before.y() - 20)
        assert (kept.width_px, kept.height_px) == (before.width() + 20, before.height() + 20)
        stage.press("ctrl+r")
        assert window._announcer.choice == "finals"
        stage.press("F10")
        assert window.menu.isVisible()
        desktop.grab("menu")
        stage.press("Escape")
        assert window.menu.isHidden()
        stage.press("ctrl+w")
        assert window.isHidden()


def test_each_key_can_be_found_in_the_menu_or_the_page_and_does_something() -> None:
    assert all(callable(getattr(OverlayWindow, key.does)) for key in KEYS)
    assert all(not QKeySequence(one).isEmpty() for key in KEYS for one in key.keys)
    assert len({one for key in KEYS for one in key.keys}) == sum(len(key.keys) for key in KEYS)
    page = (DOCS / "overlay.md").read_text(encoding="utf-8")
    assert [
        key.keys[0] for key in KEYS if key.title and f"`{key.keys[0].replace('+', ' ', 1)}" not in arrows(page)
    ] == []


def arrows(page: str) -> str:
    for sign, name in (("↑", "Up"), ("↓", "Down")):
        page = page.replace(sign, name)
    return page


def test_a_screen_reader_that_is_there_is_told_and_none_is_not(
    desktop: Desktop, messages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No screen reader runs on the virtual screen: what Qt would hand to one is written down instead."""
    told: list[str] = []

    class Reader:
        there = False
        isActive = staticmethod(lambda: Reader.there)  # noqa: N815  (Qt's name)
        updateAccessibility = staticmethod(lambda event: told.append(event.message()))  # noqa: N815

    monkeypatch.setattr("captiond.overlay.window.QAccessible", Reader)
    with staged(desktop, announce="finals") as stage:
        stage.play(messages.welcome(), messages.snapshot())
        assert told == []
        Reader.there = True
        stage.play(messages.caption("u1", "tentative"))
        stage.play(messages.caption("u1", "Settled.", final=True, channel="internal"), messages.state("ended"))
        assert told == ["The captions have ended.", "Agent: Settled."]


def test_sizes_and_opacity_end_where_they_end(desktop: Desktop) -> None:
    with staged(desktop) as stage:
        for steps, size, opacity in ((100, SIZES_PT[1], OPACITY[1]), (-200, SIZES_PT[0], OPACITY[0])):
            stage.window.size_by(steps)
            stage.window.opacity_by(steps)
            assert (stage.window.settings.size_pt, stage.window.settings.opacity) == (size, opacity)


def test_only_what_was_changed_in_the_window_is_kept(desktop: Desktop) -> None:
    """What the command line asked for was for this time."""
    with staged(desktop, settings=Settings(theme="contrast")) as stage:
        stage.window._kept = Settings(font="Kept")
        stage.window.size_by(1)
        assert stage.kept == [Settings(font="Kept", size_pt=19.8)]
        assert stage.window.settings.theme == "contrast"


def test_a_mouse_moves_it_resizes_it_and_sizes_its_letters(desktop: Desktop) -> None:
    with staged(desktop) as stage:
        window, before = stage.window, stage.window.geometry()
        drag(desktop, window, (300, 100), (-120, -60))
        assert window.geometry().topLeft() == before.topLeft() + type(before.topLeft())(-120, -60)
        assert window.size() == before.size()
        drag(desktop, window, (before.width() - 2, before.height() - 2), (40, 30))
        assert (window.width(), window.height()) == (before.width() + 40, before.height() + 30)
        left = window.geometry()
        drag(desktop, window, (2, 100), (5000, 0))  # never smaller than what can be seen
        assert (window.geometry().right(), window.width()) == (left.right(), 160)
        desktop.ask("xdotool", "mousemove", str(window.x() + 60), str(window.y() + 100))
        desktop.ask("xdotool", "keydown", "ctrl", "click", "4", "keyup", "ctrl")
        desktop.turn(0.1)
        assert window.settings.size_pt == pytest.approx(19.8)


def test_clicks_go_through_when_they_are_let_and_there_is_a_way_back(desktop: Desktop) -> None:
    with behind(desktop) as other, staged(desktop) as stage:
        window = stage.window
        click(desktop, window, 300, 100)
        assert other.clicks == 0
        window.activateWindow()
        desktop.turn(0.1)
        stage.press("ctrl+l")
        click(desktop, window, 300, 100)
        assert other.clicks == 1
        assert window.way_back.isVisible()
        desktop.grab("click-through")
        desktop.turn(0.2)
        button = window.way_back.button
        click(desktop, window.way_back, button.width() // 2, button.height() // 2)
        assert window.way_back.isHidden()
        assert not window.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput
        click(desktop, window, 300, 100)
        assert other.clicks == 1
        window.take_clicks(False)
        window.way_back.close()  # as a window manager does it
        assert not window.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput


def test_lines_say_how_high_it_opens_and_else_what_was_kept(desktop: Desktop) -> None:
    heights = []
    for lines, kept in ((None, None), (6, None), (2, None), (None, 333), (2, 333)):
        with staged(desktop, settings=Settings(font="DejaVu Sans", height_px=kept), lines=lines) as stage:
            heights.append(stage.window.height())
    assert heights[0] == heights[1]
    assert heights[3] == 333
    assert heights[4] == heights[2] < heights[0] < 333
