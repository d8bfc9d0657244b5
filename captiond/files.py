"""Files that hold what was said or who spoke."""

import logging
import stat
from pathlib import Path

log = logging.getLogger(__name__)


def look_at_mode(path: Path) -> None:
    """What we make is our user's alone; a file that was there before may not be, and its owner may want that."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        log.warning("others may read a file that holds what was said or who spoke: path=%s mode=%o", path, mode)
