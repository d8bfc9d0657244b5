"""Rows laid out and painted: one `QTextLayout` each, which knows no markup: what was said is drawn as it was said."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPixmap,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)

from captiond.overlay.palette import Palette, Rgb
from captiond.overlay.runs import Row, utf16_units

EDGE_EM: Final = 0.16  # of a letter's edge, half of it outside
LINE_GAP_EM: Final = 0.15  # between captions
SMALL: Final = 0.85  # notes and the state, against captions


@dataclass(frozen=True)
class Look:
    """How rows are drawn: blocks made by another one are laid out anew."""

    font: QFont
    palette: Palette
    edged: bool

    @property
    def em_px(self) -> float:
        """The height of the letters' font."""
        return QFontMetricsF(self.font).height()


def colour(rgb: Rgb) -> QColor:
    """The toolkit's own."""
    return QColor(*rgb)


class Block:
    """One row, laid out for one width when it is first looked at: of a long call most rows never are."""

    def __init__(self, row: Row, look: Look, width_px: float) -> None:
        self.row, self.look, self.width_px = row, look, width_px
        self._masks: list[tuple[int, int, bool]] = []
        self._painted: QPixmap | None = None

    @property
    def height_px(self) -> float:
        """With the gap below it."""
        return self._laid_out[1] + LINE_GAP_EM * self.look.em_px

    @property
    def text(self) -> str:
        """What is drawn, in the order in which it is said."""
        return self._layout.text()

    @property
    def line_ends(self) -> list[int]:
        """Where each laid-out line ends, in the toolkit's units."""
        lines = [self._layout.lineAt(at) for at in range(self._layout.lineCount())]
        return [line.textStart() + line.textLength() for line in lines]

    def first_line_from(self, px: float) -> float:
        """The upper edge of the first line that begins at `px` or below, measured from the block's; else its height."""
        lines = (self._layout.lineAt(at).y() for at in range(self._layout.lineCount()))
        return next((top for top in lines if top >= px), self.height_px)

    def paint(self, painter: QPainter, x_px: float, y_px: float) -> None:
        """Draws it with its upper left corner there."""
        if not self.look.edged:
            self._paint(painter, QPointF(x_px, y_px))
            return
        margin = EDGE_EM * self.look.em_px
        if self._painted is None:
            self._painted = self._edged(margin, painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(x_px - margin, y_px - margin), self._painted)

    def forget(self) -> None:
        """It is out of sight: what was kept to draw it again goes."""
        self._painted = None

    def _edged(self, margin: float, ratio: float) -> QPixmap:
        """Edges cost ten times what letters do: they are drawn once for each change, not with each frame."""
        size = QSizeF(self.width_px + 2 * margin, self.height_px + 2 * margin) * ratio
        painted = QPixmap(size.toSize() + QSize(1, 1))
        painted.setDevicePixelRatio(ratio)
        painted.fill(Qt.GlobalColor.transparent)
        painter = QPainter(painted)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        at = QPointF(margin, margin)
        self._layout.draw(painter, at, [_range(0, utf16_units(self.text) + 1, self._edge())])
        self._paint(painter, at)
        painter.end()
        return painted

    def _paint(self, painter: QPainter, at: QPointF) -> None:
        layout = self._layout
        for start, end, is_open in self._masks:
            for box in self._boxes(start, end):
                self._box(painter, box.translated(at), is_open)
        layout.draw(painter, at)

    def _formats(self) -> list[QTextLayout.FormatRange]:
        ranges, at = [], 0
        for run in self.row.runs:
            units = utf16_units(run.text)
            ranges.append(_range(at, units, self._format(run.kind)))
            if run.kind in ("open", "closed"):
                self._masks.append((at, at + units, run.kind == "open"))
            at += units
        return ranges

    def _format(self, kind: str) -> QTextCharFormat:
        palette, how = self.look.palette, QTextCharFormat()
        ink = palette.ink
        if kind == "label":
            how.setFontWeight(QFont.Weight.Bold)
            ink = palette.speaker(self.row.channel)
        elif kind == "closed":
            ink = palette.mask_ink
        elif kind in ("tentative", "note"):
            ink = palette.soft
        if kind == "tentative":  # not slanted: letters of another width would move what is being read when they settle
            how.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
        how.setForeground(QBrush(colour(ink)))
        return how

    def _edge(self) -> QTextCharFormat:
        plate = colour(self.look.palette.plate)
        how = QTextCharFormat()
        pen = QPen(plate, EDGE_EM * self.look.em_px)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        how.setTextOutline(pen)
        how.setForeground(QBrush(plate))
        return how

    @property
    def _layout(self) -> QTextLayout:
        return self._laid_out[0]

    @cached_property
    def _laid_out(self) -> tuple[QTextLayout, float]:
        """The lines, and how high they are together."""
        row, layout, option = self.row, QTextLayout(self.row.text, _font(self.row, self.look)), QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        turned = row.right_to_left
        option.setTextDirection(Qt.LayoutDirection.RightToLeft if turned else Qt.LayoutDirection.LeftToRight)
        option.setAlignment(Qt.AlignmentFlag.AlignRight if turned else Qt.AlignmentFlag.AlignLeft)
        layout.setTextOption(option)
        layout.setFormats(self._formats())
        layout.setCacheEnabled(True)
        height = 0.0
        layout.beginLayout()
        while True:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.width_px)
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return layout, height

    def _boxes(self, start: int, end: int) -> list[QRectF]:
        """A mask's ground on each line that it is on: from its leftmost letter's edge to its rightmost one's."""
        boxes = []
        for number in range(self._layout.lineCount()):
            line = self._layout.lineAt(number)
            first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if first >= last:
                continue
            sides = [_x(line, at, edge) for at in range(first, last) for edge in QTextLine.Edge]
            left, right = min(sides), max(sides)
            boxes.append(QRectF(left, line.y() + 1, right - left, line.height() - 2))
        return boxes

    def _box(self, painter: QPainter, box: QRectF, is_open: bool) -> None:
        palette = self.look.palette
        # What is not decided yet is hollow with a dashed rim, what is decided is filled: told without a colour.
        painter.setBrush(colour(palette.plate if is_open else palette.mask_plate))
        painter.setPen(QPen(colour(palette.ink), 1.5, Qt.PenStyle.DashLine) if is_open else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1) if is_open else box, 5, 5)


def _font(row: Row, look: Look) -> QFont:
    font = QFont(look.font)
    if row.runs and row.runs[0].kind == "note":
        font.setPointSizeF(font.pointSizeF() * SMALL)
    return font


def _range(start: int, length: int, how: QTextCharFormat) -> QTextLayout.FormatRange:
    part = QTextLayout.FormatRange()
    part.start, part.length, part.format = start, length, how
    return part


def _x(line: QTextLine, at: int, edge: QTextLine.Edge) -> float:
    found: Any = line.cursorToX(at, edge)  # a pair, whatever its stub says: the position may be moved to a cluster's
    return float(found[0])
