"""Which cues have got their number. A whole one answers its cue; behind a piece of one the cue waits for the rest.

"Your card number?" "four five three two" "four five three two, yes" "oh one five one": read back piece by piece, each
pause may be longer than a run lasts. So the cue reaches on, utterance by utterance, until its digits are enough.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.kinds import CC, CVV, IBAN, MIN_IBAN_CHARS, PIN, ROWS
from captiond.core.redact.lexicon import ENDING, KEEP
from captiond.core.redact.rest import Found
from captiond.core.redact.window import NOBODY, Marker, Window

SHORT: Final = (CVV, PIN)


class Asked:
    """A number and the cue before it."""

    __slots__ = ("found", "marker")

    def __init__(self, found: Found, marker: Marker) -> None:
        self.found = found
        self.marker = marker


def is_answer(window: Window, asked: list[Asked]) -> bool:
    """Whether the last of these numbers, with the pieces before it, is all that its cue asked for."""
    return asked[-1].marker.kind not in SHORT and _is_enough(window, asked)


def settle_cues(window: Window, found: list[Found], asked: list[Asked]) -> None:
    """Answers the cues of short codes, and marks anew behind a piece what waits for the rest.

    Args:
        found: all private numbers of a run; `asked`: those of them that a cue named.
    """
    for one in found:  # "the PIN was 0314 or 9431": short codes are guessed at, all of them count
        if one.label != CC:
            window.answer_codes(one.parts[0].start)
    if not asked:
        return
    last = asked[-1]
    if _is_enough(window, asked):
        return
    at = last.found.parts[-1].stop - 1
    if window.markers and window.markers[-1].at > at:
        return  # something else was announced since
    rest = Marker(last.marker.kind, at, NOBODY, window.owner(window.end() - 1) + 1, last.marker.asks)
    rest.said = _said(asked, last.marker.kind)
    window.mark(rest)


def _is_enough(window: Window, asked: list[Asked]) -> bool:
    """Whether that many digits were said for the last cue, or it asks for no more."""
    last = asked[-1]
    return _said(asked, last.marker.kind) >= _least(last.marker.kind) or _asks_for_few(window, last.found, last.marker)


def _said(asked: list[Asked], kind: str) -> i64:
    """How many digits, or characters, were said for a cue of that kind, in all pieces."""
    said = 0
    for one in asked:
        if one.marker.kind == kind:
            said = max(said, one.marker.said) + sum(len(p.letters or p.digits) for p in one.found.parts)
    return said


def _asks_for_few(window: Window, found: Found, marker: Marker) -> bool:
    """ "the last four of your card", "my visa ending in": no more than those."""
    start = found.parts[0].start
    for one in window.markers:
        if one.kind == ENDING and one.at < start and one.reach >= window.owner(start):
            return True
        if one.kind == KEEP and marker.at < one.at < start:
            return True
    return False


def _least(kind: str) -> i64:
    """So many digits, or characters, are a whole number of that kind."""
    return MIN_IBAN_CHARS if kind == IBAN else ROWS[kind].least
