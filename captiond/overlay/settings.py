"""How somebody likes their captions, kept for the next time: a small JSON file of the user's own.

It holds no address, no session, no token. Whatever stands in it is checked value by value: a broken file, or a broken
part of one, costs that part and nothing else.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from captiond.overlay.palette import PALETTES

SIZES_PT: Final = (8.0, 96.0)
LINES: Final = (1, 40)
OPACITY: Final = (0.0, 1.0)
WIDTHS_PX: Final = (160, 8192)
HEIGHTS_PX: Final = (60, 8192)
POSITIONS_PX: Final = (-32768, 32767)  # of a window system; screens stand left of and above the first one, too
MAX_FONT: Final = 100  # characters of a family's name
MAX_FILE_BYTES: Final = 16_384  # ours has 200


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can change.

    Attributes:
        size_pt: of the letters, in points.
        opacity: of the ground behind them, 0 to 1. Letters are always opaque.
        theme: a key of `palette.PALETTES`.
        font: a family's name; "" the desktop's own.
        x_px, y_px, width_px, height_px: of the window on the desktop; None where it was never moved or resized.
    """

    size_pt: float = 18.0
    opacity: float = 0.85
    theme: str = "dark"
    font: str = ""
    x_px: int | None = None
    y_px: int | None = None
    width_px: int | None = None
    height_px: int | None = None


def settings_path(environ: Mapping[str, str], *, platform: str = sys.platform, home: Path | None = None) -> Path:
    """Where the user's settings are, by the custom of the platform. `XDG_CONFIG_HOME` counts where it is absolute."""
    home = Path.home() if home is None else home
    if platform == "win32":
        base = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        asked = environ.get("XDG_CONFIG_HOME", "")
        base = Path(asked) if asked.startswith("/") else home / ".config"
    return base / "captiond" / "overlay.json"


def load(path: Path) -> tuple[Settings, str | None]:
    """The settings, and what was wrong with the file in words; None where nothing was, or there is no file yet."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Settings(), None
    except OSError as fault:
        return Settings(), fault.strerror or type(fault).__name__
    try:
        found = json.loads(raw) if len(raw) <= MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Settings(), "not what captiond wrote"
    kept = {name: value for name, value in found.items() if name in CHECKS and CHECKS[name](value)}
    wrong = [name for name in found if name in CHECKS and name not in kept]
    return replace(Settings(), **kept), f"not allowed: {', '.join(sorted(wrong))}" if wrong else None


def save(path: Path, settings: Settings) -> str | None:
    """Writes them for this user alone; answers what was in the way in words, None where nothing was.

    The file is replaced whole: one that is read meanwhile, or a crash, sees the old or the new one.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({name: value for name, value in asdict(settings).items() if value is not None}, file, indent=1)
        new.replace(path)
    except OSError as fault:
        return fault.strerror or type(fault).__name__
    return None


def _number(low: float, high: float) -> Any:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(low: int, high: int) -> Any:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_font_name(value: object) -> bool:
    """Whether it may be a family's name; whether there is one is the toolkit's to know."""
    return isinstance(value, str) and len(value) <= MAX_FONT and value.isprintable()


CHECKS: Final[Mapping[str, Any]] = {
    "size_pt": _number(*SIZES_PT),
    "opacity": _number(*OPACITY),
    "theme": lambda value: isinstance(value, str) and value in PALETTES,
    "font": is_font_name,
    "x_px": _whole(*POSITIONS_PX),
    "y_px": _whole(*POSITIONS_PX),
    "width_px": _whole(*WIDTHS_PX),
    "height_px": _whole(*HEIGHTS_PX),
}
