"""What a mouse does to a window without a frame: its edges resize it, all the rest moves it.

The window system is asked to do it, since on some only that can. Where it will not, the window is moved from here.
"""

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget

EDGE_PX: Final = 8
CORNER_PX: Final = 20  # corners are small; a hand is not
MIN_WIDTH_PX: Final = 160
MIN_HEIGHT_PX: Final = 60

NONE: Final = Qt.Edge(0)


class Hand:
    """Moves and resizes `window`. Positions are the pointer's on the desktop, unless they are said to be in it."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._from: tuple[QPoint, QRect, Qt.Edge] | None = None

    def edges_at(self, at: QPoint) -> Qt.Edge:
        """Which edges a press at `at`, in the window, takes hold of."""
        width, height = self._window.width(), self._window.height()
        left, right = at.x() < EDGE_PX, at.x() >= width - EDGE_PX
        top, bottom = at.y() < EDGE_PX, at.y() >= height - EDGE_PX
        if top or bottom:
            left, right = at.x() < CORNER_PX, at.x() >= width - CORNER_PX
        elif left or right:
            top, bottom = at.y() < CORNER_PX, at.y() >= height - CORNER_PX
        edges = NONE
        for holds, edge in (
            (left, Qt.Edge.LeftEdge),
            (right, Qt.Edge.RightEdge),
            (top, Qt.Edge.TopEdge),
            (bottom, Qt.Edge.BottomEdge),
        ):
            if holds:
                edges |= edge
        return edges

    def shape_at(self, at: QPoint) -> Qt.CursorShape:
        """What the pointer looks like there."""
        edges = self.edges_at(at)
        across = bool(edges & (Qt.Edge.LeftEdge | Qt.Edge.RightEdge))
        down = bool(edges & (Qt.Edge.TopEdge | Qt.Edge.BottomEdge))
        if across and down:
            falls = edges in (Qt.Edge.LeftEdge | Qt.Edge.TopEdge, Qt.Edge.RightEdge | Qt.Edge.BottomEdge)
            return Qt.CursorShape.SizeFDiagCursor if falls else Qt.CursorShape.SizeBDiagCursor
        if across:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.SizeVerCursor if down else Qt.CursorShape.ArrowCursor

    def take(self, at: QPoint, pointer: QPoint) -> None:
        """The button went down."""
        edges, handle = self.edges_at(at), self._window.windowHandle()
        begun = handle.startSystemMove() if edges == NONE else handle.startSystemResize(edges)
        self._from = None if begun else (pointer, self._window.geometry(), edges)

    def move(self, pointer: QPoint) -> None:
        """The pointer moved while the button is down."""
        if self._from is None:
            return
        start, was, edges = self._from
        by = pointer - start
        if edges == NONE:
            self._window.move(was.topLeft() + by)
            return
        now = QRect(was)
        if edges & Qt.Edge.LeftEdge:
            now.setLeft(min(was.left() + by.x(), was.right() + 1 - MIN_WIDTH_PX))
        if edges & Qt.Edge.RightEdge:
            now.setRight(max(was.right() + by.x(), was.left() - 1 + MIN_WIDTH_PX))
        if edges & Qt.Edge.TopEdge:
            now.setTop(min(was.top() + by.y(), was.bottom() + 1 - MIN_HEIGHT_PX))
        if edges & Qt.Edge.BottomEdge:
            now.setBottom(max(was.bottom() + by.y(), was.top() - 1 + MIN_HEIGHT_PX))
        self._window.setGeometry(now)

    def release(self) -> None:
        """The button went up."""
        self._from = None
