"""A window without a network: frames of what a viewer was sent, handed to it by hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from captiond.core.screen import Screen
from captiond.overlay.announce import Announcer, Choice
from captiond.overlay.frame import Frame, lost_in, status_of
from captiond.overlay.settings import Settings
from captiond.overlay.window import OverlayWindow
from tests.overlay.conftest import Desktop

Json = dict[str, Any]


@dataclass
class Stage:
    """A window and the screen that it shows."""

    window: OverlayWindow
    desktop: Desktop
    kept: list[Settings]
    screen: Screen = field(default_factory=Screen)
    frame: Frame = field(default_factory=Frame)

    def play(self, *messages: Mapping[str, Any], delay_s: float | None = None) -> None:
        """Applies messages and draws what is then on the screen."""
        for message in messages:
            self.screen.apply(message)
        items = tuple(self.screen.items())
        status = status_of("live", source=self.screen.state, lost=lost_in(items), delay_s=delay_s)
        self.frame = Frame(items, self.screen.earlier_finals, status, self.screen.position is not None)
        self.window.refresh()
        self.desktop.turn(0.04)  # longer than a frame is shown: the next one is drawn at once

    def press(self, keys: str) -> None:
        """A key, as somebody at the keyboard presses it; by the name that xdotool has for it."""
        self.desktop.ask("xdotool", "key", "--clearmodifiers", keys)
        self.desktop.turn(0.05)


@contextmanager
def staged(
    desktop: Desktop,
    *,
    settings: Settings | None = None,
    lines: int | None = None,
    announce: Choice = "status",
) -> Iterator[Stage]:
    """An open window; gone at the end."""
    kept: list[Settings] = []
    settings = settings or Settings(font="DejaVu Sans")
    window = OverlayWindow(
        "call-1",
        settings=settings,
        kept=settings,
        lines=lines,
        announcer=Announcer(announce),
        take=lambda: stage.frame,
        keep=kept.append,
    )
    stage = Stage(window, desktop, kept)
    window.show()
    try:
        desktop.until(lambda: window.windowHandle().isExposed(), "an exposed window")
        yield stage
    finally:
        window.close()
        window.deleteLater()
        window.way_back.deleteLater()
        desktop.turn(0.05)
