"""Where the window opens: where it was, unless nobody could get hold of it there."""

from dataclasses import replace

import pytest

from captiond.overlay.place import Rect, placed
from captiond.overlay.settings import Settings

MAIN, LEFT = Rect(0, 30, 1920, 1050), Rect(-1280, 0, 1280, 1024)
KEPT = Settings(x_px=100, y_px=200, width_px=500, height_px=150)


def test_the_first_time_it_stands_below_in_the_middle_of_the_main_screen() -> None:
    assert placed(Settings(), [MAIN, LEFT], height_px=200) == Rect(580, 832, 760, 200)


def test_it_stands_where_it_was_on_any_screen() -> None:
    assert placed(KEPT, [MAIN], height_px=200) == Rect(100, 200, 500, 150)
    assert placed(replace(KEPT, x_px=-1000), [MAIN, LEFT], height_px=200) == Rect(-1000, 200, 500, 150)


@pytest.mark.parametrize(("x", "y"), [(-1000, 200), (1900, 200), (100, 1075), (100, -20), (30_000, 30_000)])
def test_a_place_that_is_gone_or_where_nobody_reaches_its_buttons_is_not_used(x: int, y: int) -> None:
    assert placed(replace(KEPT, x_px=x, y_px=y), [MAIN], height_px=200) == Rect(710, 882, 500, 150)


def test_it_is_never_larger_than_the_screen() -> None:
    huge = replace(KEPT, width_px=8000, height_px=8000, x_px=None)
    assert placed(huge, [MAIN], height_px=200) == Rect(0, 30, 1920, 1050)
