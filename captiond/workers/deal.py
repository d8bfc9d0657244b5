"""Which worker gets the next viewer. Pure.

The kernel spreads connections by chance: of 400, 5 in 100 times, one of two workers gets more than 55 %. So each worker
deals those that it accepts: evenly, and with what it knows of the others' load in mind.
"""

from collections.abc import Mapping
from typing import Final

# What was dealt a moment ago is in no count yet, so part of a difference is made up for at a time: in a burst, all of
# it would be made up for several times over.
DAMPING: Final = 0.25


class Deal:
    """One worker's dealing.

    Args:
        me: this worker.
    """

    def __init__(self, me: int) -> None:
        self._me = me
        self._loads: dict[int, int] = {me: 0}
        self._dealt: dict[int, int] = {}

    def told(self, loads: Mapping[int, int]) -> None:
        """Viewers of each worker that takes some, as the head counted them just now."""
        self._loads = dict(loads)
        self._dealt = {}

    def next(self) -> int:
        """The worker for one viewer more: this one, where it is as good as any.

        Every worker makes up for its own share of a difference only: they all see the same one.
        """
        loads, dealt = self._loads, self._dealt
        if len(loads) < 2:
            return self._me
        share = DAMPING / len(loads)
        best = min(loads, key=lambda worker: (loads[worker] * share + dealt.get(worker, 0), worker != self._me))
        dealt[best] = dealt.get(best, 0) + 1
        return best
