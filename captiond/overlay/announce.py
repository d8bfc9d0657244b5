"""What a screen reader is told unasked: whole finals and the connection's state, each once, no word that may change.

Pure. Somebody who hears the call as well as the screen reader wants neither; so it is a choice.
"""

from typing import Final, Literal

from captiond.core.screen import Entry
from captiond.overlay.frame import Frame
from captiond.overlay.runs import spoken

Choice = Literal["off", "status", "finals"]
CHOICES: Final[tuple[Choice, ...]] = ("off", "status", "finals")
AT_ONCE: Final = 5  # finals that are new in one frame: after an outage there are more than anybody listens to
READ_FINALS: Final = 3  # of the newest ones, where a screen reader goes to the window and asks


class Announcer:
    """Remembers what was said. `choice` may change at any time."""

    def __init__(self, choice: Choice = "status") -> None:
        self.choice = choice
        self._known: set[str] | None = None
        self._words = ""

    def heard(self, frame: Frame) -> list[str]:
        """What to say now, in order. Of the first lines that are there nothing: they were said before we came."""
        done = [item for item in frame.items if isinstance(item, Entry) and item.final and not item.held]
        known, before = self._known, self._words
        if frame.is_filled:
            self._known = {item.utterance for item in done}
        self._words = frame.status.words
        said = [frame.status.words] if self.choice != "off" and frame.status.words != before else []
        if self.choice == "finals" and known is not None:
            said += [spoken(item) for item in done if item.utterance not in known][-AT_ONCE:]
        return said


def to_read(frame: Frame) -> str:
    """The newest finals, for whoever asks what the window shows."""
    done = [item for item in frame.items if isinstance(item, Entry) and item.final and not item.held]
    return "\n".join(spoken(item) for item in done[-READ_FINALS:])
