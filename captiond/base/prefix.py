"""What two texts begin with alike: where an incremental step may start, and how much of a caption stands."""

from typing import Final

from mypy_extensions import i64

_NEAR: Final = 12  # code points: the last words; a recogniser seldom rewrites more
_FARTHER: Final = 4


def common_prefix(one: str, other: str) -> int:
    """Code points that two texts have in common from their start.

    Texts that differ near their end only, as a growing utterance does, are compared by memory up to there.
    """
    size: i64 = min(len(one), len(other))
    back: i64 = _NEAR
    at: i64 = size - back
    while at > 0 and not other.startswith(one[:at]):
        back *= _FARTHER
        at = size - back
    at = max(at, 0)
    while at < size and ord(one[at]) == ord(other[at]):
        at += 1
    return int(at)
