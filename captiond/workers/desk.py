"""The head's desk for relays: who may come in, over the limits of the whole node, and who is where.

A relay asks before it takes a viewer; the seat is taken with the answer and given back when the relay says so, or when
the relay is gone. The head's own viewers are counted by its hub as they always were.
"""

from collections import Counter
from typing import Any, Final

from captiond.base.ids import SessionId
from captiond.base.observe import Clock
from captiond.hub.rooms import Rooms
from captiond.serve.seats import Seats
from captiond.workers.frames import LinkFault

HEAD: Final = 1  # the number of the worker that was started; relays are 2, 3 …

Seat = tuple[SessionId, str | None]
"""The session, and the address as it is counted."""


class Desk:
    """What relays have taken."""

    def __init__(self, *, rooms: Rooms, seats: Seats, clock: Clock) -> None:
        self._rooms, self._seats, self._clock = rooms, seats, clock
        self._taken: dict[int, Counter[Seat]] = {}

    def knock(self, address: str | None) -> dict[str, Any]:
        """One attempt of an address: how long it has to wait, and whether that is news."""
        knock = self._seats.knock(address, now_s=self._clock.monotonic_s())
        return {"waitS": knock.wait_s, "first": knock.first}

    def enter(self, worker: int, session: SessionId, address: str | None) -> str | None:
        """Takes a seat for a viewer of that worker; answers the limit that is reached, or None: it may come in.

        A session that is not here takes none: the relay knows by then that it is gone.
        """
        rooms = self._rooms
        live = rooms.get(session)
        if live is None:
            return None
        if rooms.viewers >= rooms.limits.max_connections:
            return "node"
        if live.viewers >= rooms.limits.max_per_session:
            return "session"
        if self._seats.full(address):
            return "address"
        self._taken.setdefault(worker, Counter())[session, address] += 1
        live.elsewhere += 1
        rooms.viewers += 1
        self._seats.take(address)
        return None

    def leave(self, worker: int, session: SessionId, address: str | None) -> None:
        """A seat is free again.

        Raises:
            LinkFault: that worker has no such seat.
        """
        taken = self._taken.get(worker, Counter[Seat]())
        if not taken[session, address]:
            raise LinkFault("a worker gives back a seat that it does not have")
        taken[session, address] -= 1
        if not taken[session, address]:
            del taken[session, address]
        self._free(session, address)

    def gone(self, worker: int) -> None:
        """The worker is no more, and its viewers with it."""
        for (session, address), count in self._taken.pop(worker, Counter[Seat]()).items():
            for _ in range(count):
                self._free(session, address)

    def loads(self, workers: list[int]) -> dict[int, int]:
        """Viewers of each worker; the head's own are those that no relay has."""
        loads = {worker: self._taken.get(worker, Counter[Seat]()).total() for worker in workers}
        elsewhere = sum(taken.total() for taken in self._taken.values())
        loads[HEAD] = self._rooms.viewers - elsewhere
        return loads

    def _free(self, session: SessionId, address: str | None) -> None:
        self._rooms.viewers -= 1
        self._seats.free(address)
        live = self._rooms.get(session)
        # A session that was forgotten, and opened again under its name, has none of the old one's viewers.
        if live is not None and live.elsewhere:
            live.elsewhere -= 1
