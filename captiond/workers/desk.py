"""The head's desk for relays: who may come in, over the limits of the whole node, and who is where.

A relay asks before it takes a viewer; the seat is taken with the answer and given back when the relay says so, or when
the relay is gone. The head's own viewers are counted by its hub as they always were.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from captiond.base.ids import SessionId
from captiond.base.observe import Clock
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.serve.seats import Knock, Seats
from captiond.workers.frames import LinkFault

HEAD: Final = 1  # the number of the worker that was started; relays are 2, 3 …


class Refused(NamedTuple):
    """No seat. `limit`: which is reached; None where the session is gone, as the relay knows by then."""

    limit: str | None


class Desk:
    """What relays have taken. Seats have numbers, so that each is given back once."""

    def __init__(self, *, rooms: Rooms, seats: Seats, clock: Clock) -> None:
        self._rooms, self._seats, self._clock = rooms, seats, clock
        self._taken: dict[int, dict[int, tuple[Live, str | None]]] = {}
        self._next = 1

    def knock(self, address: str | None) -> Knock:
        """One attempt of an address to become a viewer anywhere on this node."""
        return self._seats.knock(address, now_s=self._clock.monotonic_s())

    def enter(self, worker: int, session: SessionId, address: str | None) -> int | Refused:
        """Takes a seat for a viewer of that worker; answers its number."""
        rooms = self._rooms
        live = rooms.get(session)
        if live is None:
            return Refused(None)
        if rooms.viewers >= rooms.limits.max_connections:
            return Refused("node")
        if live.viewers >= rooms.limits.max_per_session:
            return Refused("session")
        if self._seats.full(address):
            return Refused("address")
        seat, self._next = self._next, self._next + 1
        self._taken.setdefault(worker, {})[seat] = (live, address)
        live.elsewhere += 1
        rooms.viewers += 1
        self._seats.take(address)
        return seat

    def leave(self, worker: int, seat: int) -> None:
        """A seat is free again.

        Raises:
            LinkFault: that worker has no such seat.
        """
        taken = self._taken.get(worker, {}).pop(seat, None)
        if taken is None:
            raise LinkFault("a worker gives back a seat that it does not have")
        self._free(*taken)

    def gone(self, worker: int) -> None:
        """The worker is no more, and its viewers with it."""
        for live, address in self._taken.pop(worker, {}).values():
            self._free(live, address)

    def loads(self, workers: Iterable[int]) -> dict[int, int]:
        """Viewers of the head and of those workers; the head's own are those that no relay has."""
        loads = {worker: len(self._taken.get(worker, ())) for worker in workers}
        loads[HEAD] = self._rooms.viewers - sum(len(taken) for taken in self._taken.values())
        return loads

    def _free(self, live: Live, address: str | None) -> None:
        live.elsewhere -= 1
        self._rooms.viewers -= 1
        self._seats.free(address)
