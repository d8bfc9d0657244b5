"""The window: on top, without a frame, its ground see-through; captions, the state in words, a key for everything."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QCloseEvent,
    QContextMenuEvent,
    QFont,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget

from captiond.overlay.announce import CHOICES, Announcer
from captiond.overlay.blocks import SMALL, Look, colour
from captiond.overlay.frame import Frame
from captiond.overlay.hand import MIN_HEIGHT_PX, MIN_WIDTH_PX, Hand
from captiond.overlay.head import Head, button_style
from captiond.overlay.keys import add_keys
from captiond.overlay.palette import PALETTES
from captiond.overlay.place import Rect, placed
from captiond.overlay.settings import OPACITY, SIZES_PT, Settings
from captiond.overlay.view import CaptionView
from captiond.overlay.wayback import WayBack

DEFAULT_LINES: Final = 6
ROUND_PX: Final = 10
BELOW_PX: Final = 8
SIZE_STEP: Final = 1.1
OPACITY_STEP: Final = 0.05
STEP_PX: Final = 20  # of a key that moves or resizes
KEEP_AFTER_MS: Final = 500  # a drag is many moves: kept when it is over
FRAME_MS: Final = 33  # 30 times a second is seen at once; 60 would cost twice as much and show nothing more


class OverlayWindow(QWidget):
    """Shows frames, and lets a person set how.

    Args:
        settings: to begin with.
        kept: what was kept last time: only what the person changes here is changed there.
        lines: lines of text to open with; None: the height that was kept, else 6.
        take: answers the newest frame.
        keep: given all that is to be kept, whenever the person changed something.
    """

    def __init__(
        self,
        session: str,
        *,
        settings: Settings,
        kept: Settings,
        lines: int | None,
        announcer: Announcer,
        take: Callable[[], Frame],
        keep: Callable[[Settings], None],
    ) -> None:
        flags = Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(None, flags)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setWindowTitle(f"Captions of {session}")
        self.setAccessibleName(f"Captions of {session}")
        self.setMinimumSize(MIN_WIDTH_PX, MIN_HEIGHT_PX)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()  # not one of its buttons: a space bar would press it
        self.settings, self._kept = settings, kept
        self._take, self._keep, self._announcer = take, keep, announcer
        self._frame = Frame()
        self._hand = Hand(self)
        look = self._looks()
        self.menu = QMenu(self)
        self.head = Head(look, self._frame.status, self, menu=self.open_menu)
        self.view = CaptionView(look, self)
        self.view.setMouseTracking(True)
        self.view.moved.connect(self._scrolled)
        self.newest = QPushButton(self)
        self.newest.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.newest.clicked.connect(self.view.to_end)
        self.newest.hide()
        self.way_back = WayBack(lambda: self.take_clicks(True))
        self._keeping = _timer(self, KEEP_AFTER_MS, self._keep_place)
        self._drawing = _timer(self, FRAME_MS, self._draw_late)
        self._is_late = False
        add_keys(self, self.menu, self)
        self._dress(look)
        self._first_place(lines)

    def refresh(self) -> None:
        """There is a new frame: drawn now, or when the last one has been seen long enough."""
        if self._drawing.isActive():
            self._is_late = True
            return
        self._drawing.start()
        frame = self._take()
        if self.head.say(frame.status):
            self._arrange()
        if frame.status != self._frame.status:
            self.setAccessibleDescription(frame.status.words)
        self._frame = frame
        self.view.show_frame(frame)
        for words in self._announcer.heard(frame):
            self._announce(words)

    # -- what can be done with it (keys.Does) --

    def size_by(self, steps: int) -> None:
        """Larger or smaller letters."""
        size = self.settings.size_pt * SIZE_STEP**steps
        self._change(size_pt=round(min(max(size, SIZES_PT[0]), SIZES_PT[1]), 1))

    def opacity_by(self, steps: int) -> None:
        """More or less ground behind the letters."""
        opacity = self.settings.opacity + OPACITY_STEP * steps
        self._change(opacity=round(min(max(opacity, OPACITY[0]), OPACITY[1]), 2))

    def next_theme(self) -> None:
        """Dark, light, high contrast."""
        themes = list(PALETTES)
        self._change(theme=themes[(themes.index(self.settings.theme) + 1) % len(themes)])

    def next_announce(self) -> None:
        """What a screen reader is told unasked: the next of the choices."""
        self._announcer.choice = CHOICES[(CHOICES.index(self._announcer.choice) + 1) % len(CHOICES)]
        self._announce(f"Announced: {self._announcer.choice}")

    def reset(self) -> None:
        """The look that nobody has changed."""
        first = Settings()
        self._change(size_pt=first.size_pt, opacity=first.opacity, theme=first.theme, font=first.font)

    def take_clicks(self, takes: bool) -> None:
        """Whether the mouse ends here, or reaches what is behind; then a small window beside takes it back."""
        handle = self.windowHandle()
        if handle is not None and takes == bool(handle.flags() & Qt.WindowType.WindowTransparentForInput):
            handle.setFlag(Qt.WindowType.WindowTransparentForInput, not takes)
            self.way_back.stand(self.geometry(), shown=not takes)

    def nudge(self, x: int, y: int) -> None:
        """Moves it by steps."""
        self.move(self.pos() + QPoint(x, y) * STEP_PX)

    def grow(self, x: int, y: int) -> None:
        """Resizes it by steps; its upper left corner stays."""
        self.resize(self.width() + x * STEP_PX, self.height() + y * STEP_PX)

    def read_back(self, lines: float, pages: float) -> None:
        """Back into what was said, or towards the newest words."""
        self.view.scroll_lines(lines)
        self.view.scroll_pages(pages)

    def scroll_to(self, newest: bool) -> None:
        """To one of the two ends."""
        if newest:
            self.view.to_end()
        else:
            self.view.to_start()

    def open_menu(self) -> None:
        """Below its button."""
        self.menu.popup(self.head.below_menu())

    # -- what the toolkit calls --

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = PALETTES[self.settings.theme]
        plate = colour(palette.plate)
        plate.setAlphaF(self.settings.opacity)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        painter.drawRoundedRect(QRectF(self.rect()), ROUND_PX, ROUND_PX)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        self._shifted()

    def moveEvent(self, event: QMoveEvent) -> None:
        self._shifted()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._hand.take(event.position().toPoint(), event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._hand.move(event.globalPosition().toPoint())
        else:
            self.setCursor(self._hand.shape_at(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and turned:
            self.size_by(1 if turned > 0 else -1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu.popup(event.globalPos())

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._keeping.isActive():
            self._keep_place()
        self.way_back.hide()
        event.accept()
        QApplication.quit()

    # -- inside --

    def _change(self, **values: Any) -> None:
        self.settings, self._kept = replace(self.settings, **values), replace(self._kept, **values)
        self._keep(self._kept)
        look = self._looks()
        self.head.dress(look)
        self.view.set_look(look)
        self._dress(look)
        self._arrange()
        self.update()

    def _looks(self) -> Look:
        font = QFont(self.settings.font) if self.settings.font else QFont(QApplication.font())
        font.setPointSizeF(self.settings.size_pt)
        palette = PALETTES[self.settings.theme]
        return Look(font, palette, edged=palette.needs_edge(self.settings.opacity))

    def _dress(self, look: Look) -> None:
        small = QFont(look.font)
        small.setPointSizeF(look.font.pointSizeF() * SMALL)
        self.newest.setFont(small)
        self.newest.setStyleSheet(button_style(look.palette) + "QAbstractButton { padding: 4px 12px; }")
        self.way_back.dress(look.palette)

    def _arrange(self) -> None:
        head_px = self.head.fit(self.width())
        self.head.setGeometry(0, 0, self.width(), head_px)
        self.view.setGeometry(0, head_px, self.width(), max(0, self.height() - head_px - BELOW_PX))
        self.newest.adjustSize()
        self.newest.move((self.width() - self.newest.width()) // 2, self.height() - self.newest.height() - BELOW_PX)

    def _scrolled(self) -> None:
        count = self.view.unread
        self.newest.setText(f"{count} new line{'' if count == 1 else 's'}" if count else "Newest line")
        self.newest.setVisible(not self.view.is_following)
        self._arrange()

    def _draw_late(self) -> None:
        if self._is_late:
            self._is_late = False
            self.refresh()

    def _announce(self, words: str) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _first_place(self, lines: int | None) -> None:
        screens = [QApplication.primaryScreen()]
        screens += [screen for screen in QApplication.screens() if screen is not screens[0]]
        seen = [_rect(screen.availableGeometry()) for screen in screens]
        asked = self.settings if lines is None else replace(self.settings, height_px=None)
        head_px = self.head.fit(placed(asked, seen, height_px=MIN_HEIGHT_PX).width)
        height = head_px + BELOW_PX + self.view.height_of(DEFAULT_LINES if lines is None else lines)
        self._rest = placed(asked, seen, height_px=max(MIN_HEIGHT_PX, round(height)))
        self.setGeometry(*self._rest)

    def _shifted(self) -> None:
        """It was moved or resized: kept when it has come to rest."""
        if self.isVisible():
            self.way_back.stand(self.geometry(), shown=self.way_back.isVisible())
            self._keeping.start()

    def _keep_place(self) -> None:
        self._keeping.stop()
        now = _rect(self.geometry())
        if now != self._rest:
            self._rest = now
            place: dict[str, Any] = {"x_px": now.x, "y_px": now.y, "width_px": now.width, "height_px": now.height}
            self.settings, self._kept = replace(self.settings, **place), replace(self._kept, **place)
            self._keep(self._kept)


def _rect(rect: QRect) -> Rect:
    return Rect(rect.x(), rect.y(), rect.width(), rect.height())


def _timer(parent: QWidget, interval_ms: int, fires: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(fires)
    return timer
