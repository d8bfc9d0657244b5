"""What the toolkit needs of this machine, looked at first: where something is missing, it ends the process."""

import ctypes
import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from captiond.base.errors import CaptiondError

TOOLKIT: Final = "PySide6-Essentials>=6.10,<6.12"  # the extra `overlay`; a test holds the two together
INSTALL: Final = f"the desktop toolkit is not installed: pip install '{TOOLKIT}' (captiond's extra: overlay)"
_LIBRARY: Final = re.compile(r"[\w.+-]+\.so[\w.]*", re.ASCII)


class NotInstalled(CaptiondError):
    """A part of the toolkit is missing. The message says what to install."""


class NoDesktop(CaptiondError):
    """There is no screen to show a window on."""


def toolkit_folder() -> Path:
    """Where PySide6 is; raises NotInstalled."""
    spec = find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalled(INSTALL)
    return Path(next(iter(spec.submodule_search_locations)))


def platform_of(environ: Mapping[str, str], *, platform: str = sys.platform) -> str | None:
    """The toolkit's platform to ask for; None: its own choice.

    X11 wherever there is one, under Wayland too: a Wayland window can neither stay on top nor say where it is.

    Raises:
        NoDesktop: neither is there.
    """
    if "QT_QPA_PLATFORM" in environ or not platform.startswith("linux"):
        return None
    if environ.get("DISPLAY"):
        return "xcb"
    if environ.get("WAYLAND_DISPLAY"):
        return "wayland"
    raise NoDesktop("there is no desktop here: neither DISPLAY nor WAYLAND_DISPLAY is set")


def look_at_x11(toolkit: Path) -> None:
    """Whether an X11 window can be opened.

    Raises:
        NotInstalled: a system library is missing. NoDesktop: the display does not answer, or refuses us.
    """
    try:
        ctypes.CDLL(str(toolkit / "Qt" / "plugins" / "platforms" / "libqxcb.so"))
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as fault:
        raise NotInstalled(missing(str(fault))) from None
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise NoDesktop("the display that DISPLAY names does not answer")


def missing(fault: str) -> str:
    """What the loader's complaint means for whoever reads it."""
    found = _LIBRARY.search(fault)
    return f"the desktop toolkit needs a library of the system: {found[0] if found else 'unknown'}"
