"""Who watches one session: those in step, who are written to directly, and those behind, for whom messages wait.

Nobody waits for anybody: no await, no lock, and no viewer's failure reaches another.
"""

from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, Final

from captiond.base.close_codes import CloseCode
from captiond.base.errors import LocalError
from captiond.base.ids import Index
from captiond.base.observe import Meter
from captiond.core.messages import Caption, Message, Retraction
from captiond.core.subscriber import Item
from captiond.hub.contained import contained
from captiond.hub.viewer import Viewer
from captiond.hub.wire import Crowd, Gather, Outlet, Wire

NEVER_S: Final = float("inf")


class EachAlone:
    """Writes to one outlet after the other: for outlets that have nothing in common. Implements `hub.wire.Crowd`."""

    def __init__(self) -> None:
        self._outlets: list[Outlet] = []

    def add(self, outlet: Outlet) -> None:
        """At the next place."""
        self._outlets.append(outlet)

    def remove(self, place: int) -> None:
        """The last one moves there."""
        swap_remove(self._outlets, place)

    def send(self, wires: Sequence[Wire]) -> list[int]:
        """One write each; answers who takes no more."""
        fell: list[int] = []
        for place, outlet in enumerate(self._outlets.copy()):
            try:
                if not outlet.write(wires):
                    fell.append(place)
            except Exception:  # an outlet broke its promise: its viewer is behind, the others must not be
                fell.append(place)
        return fell


class Lane:
    """Viewers in step that get the same bytes: `viewers[n]` has its outlet at place n of the crowd."""

    def __init__(self, crowd: Crowd) -> None:
        self.viewers: list[Viewer] = []
        self._crowd = crowd

    def add(self, viewer: Viewer) -> None:
        """One more."""
        viewer.place = len(self.viewers)
        self.viewers.append(viewer)
        self._crowd.add(viewer.outlet)

    def remove(self, viewer: Viewer) -> None:
        """One less, wherever it stands."""
        place, viewer.place = viewer.place, None
        if place is None:
            raise LocalError("a viewer that is in no lane can't leave it")
        self._crowd.remove(place)
        swap_remove(self.viewers, place)
        if place < len(self.viewers):
            self.viewers[place].place = place

    def write(self, wires: Sequence[Wire]) -> int:
        """Writes to all; answers to how many. Who takes no more is behind from now on."""
        viewers = self.viewers.copy()  # who falls behind while it is written to leaves its place to another
        for place in self._crowd.send(wires):
            viewers[place].fall_behind()
        return len(viewers)


Key = tuple[bool, str]
"""What viewers of one lane have in common: whether they get partials, and their transport."""


class Audience:
    """The viewers of one session.

    Attributes:
        viewers: all that are connected, in order of arrival; also those that were said goodbye to.
        behind: those that are not in step.
        expiry_s: when the next token ends, wall clock.
    """

    def __init__(self, meter: Meter, gather: Gather = EachAlone) -> None:
        self.viewers: dict[Viewer, None] = {}
        self.behind: dict[Viewer, None] = {}
        self.expiry_s = NEVER_S
        self._meter, self._gather = meter, gather
        self._lanes: dict[Key, Lane] = {}  # those in step
        self._expiring: dict[Viewer, float] = {}

    def add(self, viewer: Viewer, *, expires_s: float | None) -> None:
        """A new one; behind until it says that it has caught up."""
        self.viewers[viewer] = self.behind[viewer] = None
        if expires_s is not None:
            self._expiring[viewer] = expires_s
            self.expiry_s = min(self.expiry_s, expires_s)

    def caught_up(self, viewer: Viewer) -> None:
        """In step from now on."""
        self.behind.pop(viewer, None)
        if viewer in self.viewers and viewer.place is None:
            lane = self._lanes.get(viewer.key)
            if lane is None:
                lane = self._lanes[viewer.key] = Lane(self._gather())
            lane.add(viewer)

    def fell_behind(self, viewer: Viewer) -> None:
        """Not in step for now."""
        self.drop(viewer)
        if viewer in self.viewers:
            self.behind[viewer] = None

    def drop(self, viewer: Viewer) -> None:
        """Nothing more is sent to it; it stays connected until `remove`."""
        self.behind.pop(viewer, None)
        if viewer.place is not None:
            self._lanes[viewer.key].remove(viewer)

    def remove(self, viewer: Viewer) -> bool:
        """It is gone. False where it was before."""
        if viewer not in self.viewers:
            return False
        del self.viewers[viewer]
        self._expiring.pop(viewer, None)
        self.drop(viewer)
        return True

    def publish(self, items: Sequence[Item[Wire]]) -> None:
        """Hands messages to everybody: in one write where they are in step, else to their queues."""
        behind = list(self.behind)  # taken first: who falls behind while writing has these messages already
        for_all = [item.wire for item in items]
        for_finals = [item.wire for item in items if item.for_finals]
        for (partials, transport), lane in self._lanes.items():
            wires = for_all if partials else for_finals
            if wires and lane.viewers:
                self._count(transport, lane.write(wires) * len(wires))
        for viewer in behind:
            for item in items:
                if viewer.partials or item.for_finals:
                    viewer.offer(item)

    def ping(self, make: Callable[[bool], Wire]) -> None:
        """A ping for everybody, behind all that is pending; made once for each kind of viewer."""
        for viewer in self.behind:
            viewer.ping_due = True
        pings: dict[bool, Wire] = {}
        for (partials, _), lane in self._lanes.items():
            if lane.viewers:
                if partials not in pings:
                    pings[partials] = make(partials)
                lane.write([pings[partials]])

    def look(self, now_s: float, *, stall_s: float) -> None:
        """Goes on with those behind that can take more; gives up those that take nothing."""
        for viewer in list(self.behind):
            viewer.look(now_s, stall_s=stall_s)

    def expire(self, wall_s: float) -> None:
        """Dismisses those whose token has ended."""
        if wall_s < self.expiry_s:
            return
        for viewer in [viewer for viewer, expires_s in self._expiring.items() if expires_s <= wall_s]:
            del self._expiring[viewer]
            viewer.dismiss(CloseCode.TOKEN_EXPIRED)
        self.expiry_s = min(self._expiring.values(), default=NEVER_S)

    @contained
    def _count(self, transport: str, deliveries: int) -> None:
        self._meter.count("deliveries_total", deliveries, transport=transport)


def swap_remove(things: MutableSequence[Any], place: int) -> None:
    """Takes out one thing; the last one moves to its place."""
    last = things.pop()
    if place < len(things):
        things[place] = last


def as_item(message: Message, wire: Wire, index: Index, *, at_s: float) -> Item[Wire]:
    """One message with what budgets and filters need to know of it."""
    if isinstance(message, Caption):
        final, first = message.final, message.revision == 1
        return Item(
            index, wire, wire.size, message.utterance, partial=not final, for_finals=final, at_s=at_s, begins=first
        )
    if isinstance(message, Retraction):
        return Item(index, wire, wire.size, message.utterance, partial=False, for_finals=False, at_s=at_s)
    return Item(index, wire, wire.size, None, partial=False, for_finals=True, at_s=at_s)
