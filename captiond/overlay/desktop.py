"""`captiond overlay` put together: the application, the window, the thread that listens, and how it all ends."""

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QSocketNotifier, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from captiond.base.observe import Clock
from captiond.overlay.announce import Announcer, Choice
from captiond.overlay.frame import Frame
from captiond.overlay.link import Link
from captiond.overlay.runs import plain
from captiond.overlay.settings import Settings, load, save
from captiond.overlay.window import OverlayWindow

ENDS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. `given`: settings for this time only, over those that are kept."""

    address: str
    session: str
    token: str | None
    lines: int | None
    announce: Choice
    given: dict[str, Any]
    settings_file: Path

    def __repr__(self) -> str:  # a token has no place in a traceback
        return f"Asked({self.session})"


class Bell(QObject):
    """Rung in the link's thread, heard in the window's."""

    rung = Signal()


class Overlay:
    """One window and the link that fills it. An application has to be there already."""

    def __init__(self, asked: Asked, *, clock: Clock) -> None:
        self._asked = asked
        self._bell = Bell()
        self._said: set[str] = set()
        kept, wrong = load(asked.settings_file)
        if wrong is not None:
            self._complain(f"the settings that were kept are not used ({wrong}): {asked.settings_file}")
        self.link = Link(asked.address, token=asked.token, clock=clock, wake=self._bell.rung.emit)
        self.window = OverlayWindow(
            asked.session,
            settings=replace(kept, **asked.given),
            kept=kept,
            lines=asked.lines,
            announcer=Announcer(asked.announce),
            take=self._take,
            keep=self._keep,
        )
        self._bell.rung.connect(self.window.refresh)

    def open(self) -> None:
        """Shows the window and begins to listen."""
        self.window.show()
        self.link.start()

    def end(self) -> int:
        """Stops listening; the exit status: 1 where there were no captions for good, else 0."""
        self.link.stop()
        failure = self.link.failure
        if failure is None:
            return 0
        self._complain(plain(failure))
        return 1

    def _take(self) -> Frame:
        return self.link.take()

    def _keep(self, settings: Settings) -> None:
        wrong = save(self._asked.settings_file, settings)
        if wrong is not None:
            self._complain(f"the settings cannot be kept ({wrong}): {self._asked.settings_file}")

    def _complain(self, words: str) -> None:
        """One line, and each only once: a key that is held down changes a setting 30 times a second."""
        if words not in self._said:
            self._said.add(words)
            sys.stderr.write(f"captiond overlay: {words}\n")


def run(asked: Asked, *, clock: Clock, platform: str | None) -> int:
    """Until the window is closed, or Ctrl-C; the exit status."""
    if platform is not None:
        os.environ["QT_QPA_PLATFORM"] = platform
    QGuiApplication.setDesktopFileName("captiond-overlay")
    application = QApplication(["captiond overlay"])
    overlay = Overlay(asked, clock=clock)
    with _signals_close(overlay):
        overlay.open()
        application.exec()
    return overlay.end()


@contextlib.contextmanager
def _signals_close(overlay: Overlay) -> Iterator[None]:
    """Ctrl-C closes the window. The toolkit's loop runs no Python while nothing happens: a socket has to wake it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, lambda *_: None) for number in ENDS}

    def woken() -> None:
        with contextlib.suppress(BlockingIOError):
            ours.recv(64)
        overlay.window.close()

    notifier.activated.connect(woken)
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()
