"""What the toolkit itself has to get right for a window that is open all day."""

import sys

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTextLayout

from tests.overlay.conftest import Desktop

CALLS = 1000


def test_calls_that_answer_nothing_give_back_no_reference_that_they_did_not_take(desktop: Desktop) -> None:
    """PySide6 6.12.0 does: Python 3.11 counts references to None, and aborts when none is left, after an hour."""
    layout = QTextLayout("words", desktop.application.font())
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        layout.setCacheEnabled(True)
        layout.beginLayout()
        layout.createLine().setPosition(QPointF(0, 0))
        layout.endLayout()
    assert sys.getrefcount(None) > before - CALLS // 10
