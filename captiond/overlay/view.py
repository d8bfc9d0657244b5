"""The captions: newest at the bottom, a place that is being read stays where it is, only whole lines are drawn."""

from typing import Final

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from captiond.core.screen import Entry, GapEntry
from captiond.overlay.announce import to_read
from captiond.overlay.blocks import Block, Look
from captiond.overlay.frame import Frame
from captiond.overlay.runs import Row, earlier, note, row_of

MARGIN_PX: Final = 10
WHEEL_LINES: Final = 3  # for one notch, as everywhere
NOTCH: Final = 120  # the toolkit's units
WAITING: Final = "Waiting for the first words…"

Item = Entry | GapEntry | str


class CaptionView(QWidget):
    """Draws a frame. `moved` says that it follows the newest words, no longer does, or that more came meanwhile."""

    moved = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Captions")
        self._look = look
        self._frame = Frame()
        self._blocks: dict[str, tuple[Item, Block]] = {}  # in the order in which they are shown
        self._seen: set[Block] = set()
        self._back_px = 0.0  # how far the end is below the lower edge
        self.unread = 0

    @property
    def is_following(self) -> bool:
        """Whether the newest words are shown."""
        return self._back_px <= 0

    def texts(self) -> list[str]:
        """Every line as it is laid out, from the first."""
        return [block.text for _, block in self._blocks.values()]

    def line_ends(self) -> list[list[int]]:
        """Where the laid-out lines of each end."""
        return [block.line_ends for _, block in self._blocks.values()]

    def show_frame(self, frame: Frame) -> None:
        """Lays out what changed."""
        known = set(self._blocks)
        self._frame = frame
        self._lay_out()
        if not self.is_following:
            self.unread += sum(key not in known for key in self._blocks)
            self.moved.emit()
        described = to_read(frame)
        if described != self.accessibleDescription():
            self.setAccessibleDescription(described)
        self.update()

    def set_look(self, look: Look) -> None:
        """Draws everything anew."""
        self._look = look
        self._lay_out()
        self.update()

    def height_of(self, lines: int) -> float:
        """Of so many captions of one line each."""
        return lines * Block(Row((), "", right_to_left=False), self._look, 1.0).height_px

    def scroll_by(self, px: float) -> None:
        """Back into what was said (positive), or towards the newest words."""
        was = (self.is_following, self.unread)
        self._back_px = min(max(0.0, self._back_px + px), self._furthest_px())
        if self.is_following:
            self.unread = 0
        if was != (self.is_following, self.unread):
            self.moved.emit()
        self.update()

    def scroll_lines(self, lines: float) -> None:
        """The same in lines of text."""
        self.scroll_by(lines * self._look.em_px)

    def scroll_pages(self, pages: float) -> None:
        """The same in what is seen at once, less one line that connects."""
        self.scroll_by(pages * max(self._look.em_px, self.height() - self._look.em_px))

    def to_start(self) -> None:
        """The oldest line that is kept."""
        self.scroll_by(self._furthest_px())

    def to_end(self) -> None:
        """Follows again."""
        self.scroll_by(-self._back_px)

    # -- what the toolkit calls --

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        bottom = self.height() + self._back_px
        shown: list[tuple[Block, float]] = []
        for _, block in reversed(self._blocks.values()):
            top = bottom - block.height_px
            if top < self.height():
                shown.append((block, top))
            bottom = top
            if bottom <= 0:
                break
        if shown and shown[-1][1] < 0:  # half a line cannot be read
            block, top = shown[-1]
            first = top + block.first_line_from(-top)
            painter.setClipRect(QRectF(0, first, self.width(), self.height() - first))
        for block, top in shown:
            block.paint(painter, MARGIN_PX, top)
        painter.end()
        seen = {block for block, _ in shown}
        for block in self._seen - seen:
            block.forget()
        self._seen = seen

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self._lay_out()
        if not self.is_following:
            self.scroll_by(0)  # there may be less to scroll now

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers():
            event.ignore()  # the window's: it sizes the letters
            return
        pixels = event.pixelDelta().y()
        if pixels:
            self.scroll_by(pixels)
        else:
            self.scroll_lines(WHEEL_LINES * event.angleDelta().y() / NOTCH)
        event.accept()

    # -- layout --

    def _lay_out(self) -> None:
        """Makes blocks for what is new or changed; keeps in its place the line that stands uppermost, if it is read."""
        anchor = None if self.is_following else self._uppermost()
        width = max(1.0, self.width() - 2 * MARGIN_PX)
        blocks: dict[str, tuple[Item, Block]] = {}
        for key, item in _keyed(self._frame):
            known = self._blocks.get(key)
            same = known is not None and (known[0] is item or (isinstance(item, str) and known[0] == item))
            if known is not None and same and known[1].look is self._look and known[1].width_px == width:
                blocks[key] = known
            else:
                blocks[key] = (item, Block(_row(item), self._look, width))
        self._blocks = blocks
        if anchor is not None:
            key, was_px = anchor
            self._back_px = was_px - self._top_of(key) if key in blocks else self._back_px
            # Never quite at the end: that would begin to follow while somebody reads.
            self._back_px = min(max(1.0, self._back_px), max(1.0, self._furthest_px()))

    def _uppermost(self) -> tuple[str, float] | None:
        bottom = self.height() + self._back_px
        for key, (_, block) in reversed(self._blocks.items()):
            bottom -= block.height_px
            if bottom <= 0:
                return key, bottom
        first = next(iter(self._blocks), None)
        return None if first is None else (first, bottom)

    def _top_of(self, key: str) -> float:
        """Where a line would stand if the newest words were shown."""
        top = float(self.height())
        for one, (_, block) in reversed(self._blocks.items()):
            top -= block.height_px
            if one == key:
                break
        return top

    def _furthest_px(self) -> float:
        return max(0.0, sum(block.height_px for _, block in self._blocks.values()) - self.height())


def _keyed(frame: Frame) -> list[tuple[str, Item]]:
    """What is drawn, each with a name that stays the same while it changes."""
    keyed: list[tuple[str, Item]] = []
    if frame.earlier:
        keyed.append(("earlier", earlier(frame.earlier)))
    elif frame.is_filled and not frame.items and frame.status.mood != "over":
        keyed.append(("waiting", WAITING))
    keyed += [(f"u{one.utterance}" if isinstance(one, Entry) else f"g{one.index}", one) for one in frame.items]
    return keyed


def _row(item: Item) -> Row:
    return note(item) if isinstance(item, str) else row_of(item)
