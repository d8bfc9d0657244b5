"""Where the window stands: where it was, as long as somebody can grab it there. Pure, in the desktop's pixels."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from captiond.overlay.settings import Settings

GRAB_PX: Final = (80, 40)  # of the window that must be on a screen, so that it can be moved back
BELOW_PX: Final = 48  # from the screen's lower edge at first: taskbars and the other programs' own status lines
DEFAULT_WIDTH_PX: Final = 760  # some 60 letters of 18 pt


class Rect(NamedTuple):
    """A part of the desktop."""

    x: int
    y: int
    width: int
    height: int


def placed(settings: Settings, screens: Sequence[Rect], *, height_px: int) -> Rect:
    """Where to open.

    Args:
        screens: what windows may cover of each, the main one first; at least one.
        height_px: where none was kept.
    """
    main = screens[0]
    width = min(settings.width_px or DEFAULT_WIDTH_PX, main.width)
    height = min(settings.height_px or height_px, main.height)
    if settings.x_px is not None and settings.y_px is not None:
        kept = Rect(settings.x_px, settings.y_px, width, height)
        if any(_shown(kept, screen) for screen in screens):
            return kept
    x = main.x + (main.width - width) // 2
    return Rect(x, max(main.y, main.y + main.height - height - BELOW_PX), width, height)


def _shown(rect: Rect, screen: Rect) -> bool:
    across = min(rect.x + rect.width, screen.x + screen.width) - max(rect.x, screen.x)
    down = min(rect.y + rect.height, screen.y + screen.height) - max(rect.y, screen.y)
    # The upper edge has to be there: that is where the buttons are.
    return across >= GRAB_PX[0] and down >= GRAB_PX[1] and screen.y <= rect.y
