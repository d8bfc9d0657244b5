"""Contrast: every ink on its ground, and on whatever shines through."""

import pytest

from captiond.overlay.palette import BLACK, PALETTES, READABLE, WHITE, contrast, over


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21.0)
    assert contrast(WHITE, WHITE) == pytest.approx(1.0)
    assert contrast((0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.01)  # the grey that just passes


@pytest.mark.parametrize("theme", PALETTES)
def test_every_ink_can_be_read_on_its_ground(theme: str) -> None:
    palette = PALETTES[theme]
    least = 7.0 if theme == "contrast" else READABLE
    assert min(contrast(ink, palette.plate) for ink in palette.inks()) >= least
    assert contrast(palette.mask_ink, palette.mask_plate) >= least
    assert palette.speaker("internal") != palette.speaker("external")
    assert palette.speaker("") == palette.ink


@pytest.mark.parametrize("theme", PALETTES)
def test_letters_have_an_edge_exactly_where_some_desktop_behind_would_hide_them(theme: str) -> None:
    palette = PALETTES[theme]
    assert palette.needs_edge(0.0)
    assert not palette.needs_edge(1.0)
    greys = [(grey, grey, grey) for grey in range(0, 256, 5)]
    for step in range(101):
        opacity = step / 100
        if not palette.needs_edge(opacity):  # then no grey between black and white hides them either
            grounds = [over(palette.plate, opacity, grey) for grey in greys]
            assert min(contrast(ink, ground) for ink in palette.inks() for ground in grounds) >= READABLE
