"""A desktop of its own: a virtual screen, a window manager, a compositor. Screenshots go to artifacts/overlay/."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from tests.watch.conftest import messages, station  # noqa: F401  (fixtures: the same server, the same messages)

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "overlay"
WAIT_S = 15.0
PROGRAMS = ("Xvfb", "jwm", "xcompmgr", "xdotool", "xprop")
NEEDED = (
    "Debian packages xvfb, jwm, xcompmgr, xdotool, x11-utils are needed to test the overlay; tests/run installs them"
)
JWM = """<?xml version="1.0"?><JWM><FocusModel>click</FocusModel><WindowStyle><Opacity>1.0</Opacity>
<Active><Opacity>1.0</Opacity></Active><Inactive><Opacity>1.0</Opacity></Inactive></WindowStyle></JWM>"""


@dataclass
class Desktop:
    """Where windows of tests open. `environ` is for processes."""

    environ: dict[str, str]
    application: QApplication

    def grab(self, name: str) -> QImage:
        """All that is seen on the screen now; kept under that name."""
        self.turn(0.15)  # what was asked to be drawn is, and the compositor has seen it
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        image = QGuiApplication.primaryScreen().grabWindow(0).toImage()
        assert image.save(str(ARTIFACTS / f"{name}.png"))
        return image

    def ask(self, *command: str) -> str:
        """What an X program says."""
        found = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=WAIT_S, check=False)
        assert found.returncode == 0, f"{command}: {found.stderr}"
        return found.stdout

    def turn(self, seconds: float = 0.0) -> None:
        """Lets the toolkit do what it has to."""
        deadline_s = time.monotonic() + seconds
        self.application.processEvents()
        while time.monotonic() < deadline_s:
            time.sleep(0.005)
            self.application.processEvents()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """The same until something is so."""
        deadline_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline_s, f"not within {WAIT_S} s: {what}"
            self.turn(0.01)

    async def until_async(self, holds: Callable[[], bool], what: str) -> None:
        """The same while servers of this loop go on."""
        deadline_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline_s, f"not within {WAIT_S} s: {what}"
            self.application.processEvents()
            await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """One for all tests. Only what is given `environ` sees it."""
    assert all(map(shutil.which, PROGRAMS)), NEEDED
    folder = tmp_path_factory.mktemp("desktop")
    (folder / "jwmrc").write_text(JWM)
    with contextlib.ExitStack() as running:
        environ = os.environ | {"DISPLAY": _screen(running), "XDG_CONFIG_HOME": str(folder), "LC_ALL": "C.UTF-8"}
        environ.pop("WAYLAND_DISPLAY", None)
        for command in (["jwm", "-f", str(folder / "jwmrc")], ["xcompmgr"]):
            _start(running, command, env=environ)
        ours = {name: os.environ.get(name) for name in ("DISPLAY", "QT_QPA_PLATFORM")}
        os.environ.update(DISPLAY=environ["DISPLAY"], QT_QPA_PLATFORM="xcb")
        application = QApplication(["captiond overlay"])
        for name, value in ours.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        application.setQuitOnLastWindowClosed(False)
        one = Desktop(environ, application)
        one.until(lambda: "_NET_WM_STATE_ABOVE" in one.ask("xprop", "-root", "_NET_SUPPORTED"), "a window manager")
        yield one
        application.shutdown()  # before its display goes


def _screen(running: contextlib.ExitStack) -> str:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp"]
    _start(running, command, pass_fds=(write,))
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()
    assert number, "Xvfb did not start"
    return f":{number}"


def _start(running: contextlib.ExitStack, command: list[str], **how: object) -> None:
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **how)  # type: ignore[call-overload]

    def end() -> None:
        process.terminate()
        process.wait(WAIT_S)

    running.callback(end)
