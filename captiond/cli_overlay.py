"""`captiond overlay URL SESSION [--token T]`: captions in a small window on top of all others.

The toolkit is an optional extra, and loaded only when the window opens.
"""

import argparse
import os
import sys
from importlib import import_module
from typing import Final

from captiond.clock import SystemClock
from captiond.overlay.announce import CHOICES
from captiond.overlay.needs import NoDesktop, NotInstalled, look_at_x11, missing, platform_of, toolkit_folder
from captiond.overlay.palette import PALETTES
from captiond.overlay.settings import LINES, OPACITY, SIZES_PT, is_font_name, settings_path
from captiond.watch.asked import add_stream_arguments, asked_stream
from captiond.watch.follow import BadAddress

WRONG_USAGE: Final = 2
ON_WAYLAND: Final = "no program keeps itself on top of a Wayland desktop: set that for its window, or install XWayland"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments. What is given here counts this time; what is changed in the window is kept."""
    add_stream_arguments(parser)
    parser.add_argument("--lines", type=_whole, metavar="N", help="lines of text to open with, 1 to 40 (default: 6)")
    parser.add_argument("--size", type=_size, metavar="PT", help="of the letters in points, 8 to 96 (default: 18)")
    parser.add_argument("--opacity", type=_opacity, metavar="X", help="of the background, 0 to 1 (default: 0.85)")
    parser.add_argument("--theme", choices=list(PALETTES), help="colours (default: dark)")
    parser.add_argument("--font", type=_font, metavar="FAMILY", help="a font's name (default: the desktop's)")
    parser.add_argument(
        "--announce",
        choices=CHOICES,
        default="status",
        help="what a screen reader is told: nothing, the connection's state (default), whole lines, too",
    )


def run(args: argparse.Namespace) -> int:
    """Until the window is closed (0; 1 where there were no captions); 2 for wrong usage or a missing toolkit."""
    try:
        address = asked_stream(args, command="captiond overlay")
        platform = platform_of(os.environ)
        if platform == "wayland":
            print(f"captiond overlay: {ON_WAYLAND}", file=sys.stderr)
        toolkit = toolkit_folder()
        if (platform or os.environ.get("QT_QPA_PLATFORM")) == "xcb":
            look_at_x11(toolkit)
        try:
            desktop = import_module("captiond.overlay.desktop")
        except ImportError as fault:
            raise NotInstalled(missing(str(fault))) from None
    except (BadAddress, NotInstalled) as fault:
        print(f"captiond overlay: {fault}", file=sys.stderr)
        return WRONG_USAGE
    except NoDesktop as fault:
        print(f"captiond overlay: {fault}", file=sys.stderr)
        return 1
    given = {"size_pt": args.size, "opacity": args.opacity, "theme": args.theme, "font": args.font}
    asked = desktop.Asked(
        address=address,
        session=args.session,
        token=args.token,
        lines=args.lines,
        announce=args.announce,
        given={name: value for name, value in given.items() if value is not None},
        settings_file=settings_path(os.environ),
    )
    return int(desktop.run(asked, clock=SystemClock(), platform=platform))


def _whole(text: str) -> int:
    return int(_between(text, *LINES, whole=True))


def _size(text: str) -> float:
    return _between(text, *SIZES_PT)


def _opacity(text: str) -> float:
    return _between(text, *OPACITY)


def _between(text: str, low: float, high: float, *, whole: bool = False) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(
            f"expected {'a whole number' if whole else 'a number'} from {low:g} to {high:g}"
        )
    return number


def _font(text: str) -> str:
    if not text or not is_font_name(text):
        raise argparse.ArgumentTypeError("expected the name of a font family")
    return text
