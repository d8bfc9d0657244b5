"""Whole numbers on the command line, between two bounds: whatever else somebody types is wrong usage, in one line."""

import argparse
from collections.abc import Callable
from typing import Final

MAX_LISTED: Final = 100_000  # rows of a list; more would be a dump of the database, which sqlite3 makes
MAX_DIGITS: Final = 18  # read at all


def whole(least: int, most: int) -> Callable[[str], int]:
    """For `add_argument(type=...)`: a whole number from `least` to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text[:20]!r}; allowed: a whole number from {least} to {most}")
        return int(text)

    return read
