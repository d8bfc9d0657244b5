"""What single fields of upstream's answers may hold. Pure: a value that is not what it should be counts as not said."""

import re
from collections.abc import Mapping
from typing import Any, Final

ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
WORD: Final = re.compile(r"[A-Za-z][A-Za-z_.-]{0,31}", re.ASCII)  # a status: no digits, so nobody's number
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
LONGEST_S: Final = 10_000_000.0  # four months: not a time that a recording lasts


def matching(value: Any, pattern: re.Pattern[str]) -> str | None:
    """A text that is all of that form."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def number(value: Any, most: float) -> float | None:
    """A number from 0 to `most`. True is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return float(value)


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
