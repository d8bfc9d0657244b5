"""What the window is to show at one moment, and the connection's state in words. Pure."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from captiond.core.screen import Entry, GapEntry

HISTORY: Final = 400  # lines to scroll back in, half an hour of talk; bounds what is laid out and kept
DELAY_SHOWN_S: Final = 3.0  # captions later than this no longer fit what is heard: EN 301 549, Ofcom ask for less

Mood = Literal["waiting", "live", "trouble", "over"]
SOURCE: Final[Mapping[str, tuple[str, Mood]]] = {
    "activating": ("Waiting for the call's transcription…", "waiting"),
    "reconnecting": ("The call's transcription is interrupted, reconnecting…", "trouble"),
    "ended": ("The captions have ended.", "over"),
    "failed": ("No captions: the session failed.", "over"),
}


class Status(NamedTuple):
    """The state in words. `over`: nothing more will come of itself."""

    words: str
    mood: Mood


class Frame(NamedTuple):
    """Everything there is to draw. Entries are never changed once they are in a frame: a change is a new entry.

    `is_filled`: a snapshot came, so that `items` are what there is; before, nothing is known.
    """

    items: tuple[Entry | GapEntry, ...] = ()
    earlier: int = 0
    status: Status = Status("Connecting to the captions…", "waiting")
    is_filled: bool = False


def status_of(said: str, *, source: str | None, lost: int | None, delay_s: float | None) -> Status:
    """The state in words.

    Args:
        said: the connection's, as `watch.follow` says it: `connecting`, `live`, `reconnecting`, or a reason.
        source: the session's, None where it is not known.
        lost: updates missing among the lines that are kept; None: some, nobody knows how many.
        delay_s: how late captions are, None where none came lately.
    """
    words: str
    mood: Mood
    if said == "connecting":
        return Status("Connecting to the captions…", "waiting")
    if said == "reconnecting":
        words, mood = "Connection lost, reconnecting…", "trouble"
    elif said != "live":
        words, mood = f"{said[:1].upper()}{said[1:]}.", "trouble"
    else:
        words, mood = SOURCE.get(source or "", ("Live", "live"))
    if lost is None:
        words += " · words may be missing"
    elif lost:
        words += f" · {lost} update{'' if lost == 1 else 's'} missed"
    if mood == "live" and delay_s is not None and delay_s >= DELAY_SHOWN_S:
        words += f" · {delay_s:.0f} s late"
    return Status(words, mood)


def lost_in(items: tuple[Entry | GapEntry, ...]) -> int | None:
    """How many updates are missing among these lines; None where that is not known of one gap."""
    total = 0
    for item in items:
        if isinstance(item, GapEntry):
            if item.lost is None:
                return None
            total += item.lost
    return total
