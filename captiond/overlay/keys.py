"""Everything that can be done with the window, in the order of its menu, each with its keys. None needs a mouse."""

from typing import Final, NamedTuple, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


class Does(Protocol):
    """What the window can do."""

    def size_by(self, steps: int) -> None: ...
    def opacity_by(self, steps: int) -> None: ...
    def next_theme(self) -> None: ...
    def next_announce(self) -> None: ...
    def take_clicks(self, takes: bool) -> None: ...
    def reset(self) -> None: ...
    def nudge(self, x: int, y: int) -> None: ...
    def grow(self, x: int, y: int) -> None: ...
    def read_back(self, lines: float, pages: float) -> None: ...
    def scroll_to(self, newest: bool) -> None: ...
    def open_menu(self) -> None: ...
    def close(self) -> bool: ...


class Key(NamedTuple):
    """One thing to do. `does` names a method of `Does`, `given` is for it; without a `title` it is not in the menu."""

    title: str
    keys: tuple[str, ...]
    does: str
    given: tuple[object, ...] = ()


KEYS: Final = (
    Key("Larger letters", ("Ctrl++", "Ctrl+="), "size_by", (1,)),
    Key("Smaller letters", ("Ctrl+-",), "size_by", (-1,)),
    Key("More background", ("Shift+Up",), "opacity_by", (1,)),
    Key("Less background", ("Shift+Down",), "opacity_by", (-1,)),
    Key("Next colours", ("Ctrl+T",), "next_theme"),
    Key("Screen reader: what is announced", ("Ctrl+R",), "next_announce"),
    Key("Let clicks through", ("Ctrl+L",), "take_clicks", (False,)),
    Key("Look as it was at first", ("Ctrl+0",), "reset"),
    Key("Newest line", ("End", "Esc"), "scroll_to", (True,)),
    Key("Oldest line", ("Home",), "scroll_to", (False,)),
    Key("Close", ("Ctrl+W", "Ctrl+Q"), "close"),
    Key("", ("Up",), "read_back", (1, 0)),
    Key("", ("Down",), "read_back", (-1, 0)),
    Key("", ("PgUp",), "read_back", (0, 1)),
    Key("", ("PgDown",), "read_back", (0, -1)),
    Key("", ("Ctrl+Left",), "nudge", (-1, 0)),
    Key("", ("Ctrl+Right",), "nudge", (1, 0)),
    Key("", ("Ctrl+Up",), "nudge", (0, -1)),
    Key("", ("Ctrl+Down",), "nudge", (0, 1)),
    Key("", ("Ctrl+Shift+Left",), "grow", (-1, 0)),
    Key("", ("Ctrl+Shift+Right",), "grow", (1, 0)),
    Key("", ("Ctrl+Shift+Up",), "grow", (0, -1)),
    Key("", ("Ctrl+Shift+Down",), "grow", (0, 1)),
    Key("", ("F10", "Menu"), "open_menu"),
)


def add_keys(window: QWidget, menu: QMenu, does: Does) -> None:
    """Gives the window its keys, and the menu its lines."""
    for key in KEYS:
        action = QAction(key.title or key.does, window)
        action.setShortcuts([QKeySequence(one) for one in key.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _=False, key=key: getattr(does, key.does)(*key.given))
        window.addAction(action)
        if key.title:
            menu.addAction(action)
