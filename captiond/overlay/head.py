"""The window's first line: the state in words, and the two buttons that a window without a frame must bring."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from captiond.overlay.blocks import Block, Look
from captiond.overlay.frame import Status
from captiond.overlay.palette import Palette
from captiond.overlay.runs import note

BUTTON_PX: Final = 26  # WCAG 2.5.8 allows no less than 24
MARGIN_PX: Final = 10
ABOVE_PX: Final = 5


class Head(QWidget):
    """Shows a status. Its height follows from its width, the look and the words."""

    def __init__(self, look: Look, status: Status, parent: QWidget, *, menu: Callable[[], None]) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._look, self._status = look, status
        self._width_px = parent.width()
        self.menu_button = _button("≡", "Menu", self)
        self.menu_button.clicked.connect(menu)
        self.close_button = _button("×", "Close", self)
        self.close_button.clicked.connect(parent.close)
        self._block = self._made()
        self.dress(look)

    @property
    def text(self) -> str:
        """The state as it is drawn."""
        return self._block.text

    @property
    def height_px(self) -> int:
        """What it needs."""
        return round(max(self._block.height_px, BUTTON_PX)) + 2 * ABOVE_PX

    def below_menu(self) -> QPoint:
        """Where a menu opens, on the desktop."""
        return self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft())

    def say(self, status: Status) -> bool:
        """Shows another status; answers whether another height is needed."""
        if status == self._status:
            return False
        self._status = status
        return self._remake()

    def fit(self, width_px: int) -> int:
        """Lays it out for this width; answers the height that it takes then."""
        self._width_px = width_px
        left = width_px - ABOVE_PX - BUTTON_PX
        self.close_button.move(left, ABOVE_PX)
        self.menu_button.move(left - BUTTON_PX - 2, ABOVE_PX)
        self._remake()
        return self.height_px

    def dress(self, look: Look) -> None:
        """Draws by another look."""
        self._look = look
        for button in (self.menu_button, self.close_button):
            button.setStyleSheet(button_style(look.palette))
        self._remake()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._block.paint(painter, MARGIN_PX, ABOVE_PX)
        painter.end()

    def _remake(self) -> bool:
        before = self.height_px
        self._block = self._made()
        self.update()
        return self.height_px != before

    def _made(self) -> Block:
        return Block(note(self._status.words), self._look, max(1.0, self._width_px - 2.0 * BUTTON_PX - 2 * MARGIN_PX))


def button_style(palette: Palette) -> str:
    """Opaque, so that it can be read over anything; its rim says that it can be pressed, its ring that it has focus."""
    ink, plate, soft = (f"rgb{colour}" for colour in (palette.ink, palette.plate, palette.internal))
    return (
        f"QAbstractButton {{ color: {ink}; background: {plate}; border: 1px solid {ink}; border-radius: 6px; }}"
        f"QAbstractButton:hover {{ color: {plate}; background: {ink}; }}"
        f"QAbstractButton:focus {{ border: 3px solid {soft}; }}"
    )


def _button(sign: str, name: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(sign)
    button.setAccessibleName(name)
    button.setFixedSize(BUTTON_PX, BUTTON_PX)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the window
    return button
