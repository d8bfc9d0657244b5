"""Where a session stands: which event is due when, across reconnects. Pure: told the time, answers positions.

States of one session: waiting (nobody subscribed yet) > playing > over. While nobody is subscribed a `live` session
plays on and loses what falls due, as upstream does; one on `hold` stands still.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from captiond.base.errors import LocalError
from captiond.simulator.tracks import Step, Track

LOOP_PAUSE_S = 3.0  # conversation time between two rounds of a loop, so that a held number settles


class AtEnd(StrEnum):
    """What happens after the last event."""

    CLOSE = "close"  # the socket is closed with 1000 when all of its sessions are over
    STAY = "stay"  # the socket stays open, silent but for pongs
    LOOP = "loop"  # from the start again; the numbering goes on


class Resume(StrEnum):
    """What happens to events that fall due while nobody is subscribed."""

    LIVE = "live"  # lost, as upstream
    HOLD = "hold"  # the session stands still and goes on with the next event


@dataclass(frozen=True, slots=True)
class Placed:
    """One event at its place: `position` counts from 1 and goes on through loops, as `sequence` does."""

    position: int
    step: Step
    due_s: float
    stamp_s: float
    sequence: int


class Playback:
    """One media session being played, for any number of subscriptions at once. Times are monotonic seconds."""

    def __init__(self, track: Track, *, speed: float, at_end: AtEnd, resume: Resume) -> None:
        if not 0 < speed <= 1_000_000:
            raise ValueError("speed: allowed is more than 0 and at most 1000000")
        self.track, self.speed, self.at_end, self.resume = track, speed, at_end, resume
        # Conversation time is a product of floats: an event this close is due. Grows with the speed, as the error does.
        self.slack_s = max(1e-6, 1e-9 * speed)
        self._numbers = max((step.event["eventSequence"] for step in track.steps), default=0)
        self.rewind()

    def rewind(self) -> None:
        """Back to waiting: the next subscription starts it from its first event."""
        self._origin_s: float | None = None
        self._held: tuple[float, int] | None = None
        self._listeners = 0
        self._reached = 0

    @property
    def started(self) -> bool:
        return self._origin_s is not None

    @property
    def reached(self) -> int:
        """The last position that any subscription has had."""
        return self._reached

    @property
    def listeners(self) -> int:
        """Subscriptions now."""
        return self._listeners

    def over(self, now_s: float) -> bool:
        """Whether the last event was due in the past (never for a loop, nor before the start)."""
        if self.at_end is AtEnd.LOOP or not self.started:
            return False
        if self.resume is Resume.HOLD:
            return self._reached >= len(self.track.steps)
        return self.elapsed_s(now_s) > self.track.duration_s or self._reached >= len(self.track.steps)

    def elapsed_s(self, now_s: float) -> float:
        """Conversation time played so far; 0 before the start."""
        if self._origin_s is None:
            return 0.0
        until_s = self._held[0] if self._held else now_s
        return (until_s - self._origin_s) * self.speed

    def wait_s(self, due_s: float, now_s: float) -> float:
        """Seconds of the clock until conversation time `due_s`; 0 where it is past."""
        if self._origin_s is None:
            raise LocalError("a session that nobody plays has no time")
        return max(0.0, self._origin_s + due_s / self.speed - now_s)

    def age_s(self, stamp_s: float, now_s: float) -> float:
        """How long ago, in seconds of the clock, conversation time `stamp_s` was."""
        if self._origin_s is None:
            raise LocalError("a session that nobody plays has no time")
        return now_s - (self._origin_s + stamp_s / self.speed)

    def join(self, now_s: float) -> int:
        """A subscription begins. Answers how many events are behind it: its first one is the next."""
        self._listeners += 1
        if self._origin_s is None:
            self._origin_s = now_s
            return 0
        if self._held is not None:
            since_s, behind = self._held
            self._origin_s += now_s - since_s
            self._held = None
            return behind
        if self.resume is Resume.HOLD:
            return self._reached
        return self._behind(self.elapsed_s(now_s) + self.slack_s)

    def leave(self, now_s: float) -> None:
        """A subscription ends."""
        if self._listeners < 1:
            raise LocalError("more subscriptions end than began")
        self._listeners -= 1
        if self._listeners == 0 and self.resume is Resume.HOLD:
            self._held = (now_s, self._reached)

    def passed(self, position: int) -> None:
        """A subscription has done with that event (sent it or, by a fault, not)."""
        self._reached = max(self._reached, position)

    def after(self, behind: int) -> Placed | None:
        """The event that follows `behind` events; None after the last one."""
        steps = self.track.steps
        if not steps:
            return None
        round_, index = divmod(behind, len(steps))
        if round_ and self.at_end is not AtEnd.LOOP:
            return None
        step = steps[index]
        shift_s = round_ * (self.track.duration_s + LOOP_PAUSE_S)
        sequence = step.event["eventSequence"] + round_ * self._numbers
        return Placed(behind + 1, step, step.due_s + shift_s, step.stamp_s + shift_s, sequence)

    def _behind(self, elapsed_s: float) -> int:
        steps = self.track.steps
        if not steps:
            return 0
        round_, within_s = 0.0, elapsed_s
        if self.at_end is AtEnd.LOOP:
            round_, within_s = divmod(elapsed_s, self.track.duration_s + LOOP_PAUSE_S)
        return int(round_) * len(steps) + bisect_right(steps, within_s, key=lambda step: step.due_s)
