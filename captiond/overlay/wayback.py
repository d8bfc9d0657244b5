"""The way back from click-through: a small window that still takes clicks, since the large one no longer does."""

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from captiond.overlay.head import button_style
from captiond.overlay.palette import Palette


class WayBack(QWidget):
    """One button, on top like the captions, and among the desktop's windows: a keyboard gets there, too."""

    def __init__(self, back: Callable[[], None]) -> None:
        flags = Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(None, flags)
        self._back = back
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self.setWindowTitle("Captions: take clicks again")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.button = QPushButton("Take clicks again", self)
        self.button.clicked.connect(back)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.button)

    def dress(self, palette: Palette) -> None:
        """The colours of the captions."""
        self.button.setStyleSheet(button_style(palette) + "QAbstractButton { padding: 4px 10px; }")

    def stand(self, captions: QRect, *, shown: bool) -> None:
        """Stands in the upper right corner of the captions, where their own buttons are; or is gone."""
        self.setVisible(shown)
        if shown:
            self.adjustSize()
            self.move(captions.right() + 1 - self.width(), captions.top())
            self.raise_()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closed by hand, it would leave no way back: so it is the way back."""
        event.accept()
        self._back()
