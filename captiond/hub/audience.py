"""Who watches one session: those in step, who are written to directly, and those behind, for whom messages wait.

Nobody waits for anybody: no await, no lock, and no viewer's failure reaches another.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from captiond.base.close_codes import CloseCode
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

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        self._outlets = outlets

    def send(self, wires: Sequence[Wire]) -> list[int]:
        """One write each; answers who takes no more."""
        fell: list[int] = []
        for place, outlet in enumerate(self._outlets):
            try:
                if not outlet.write(wires):
                    fell.append(place)
            except Exception:  # an outlet broke its promise: its viewer is behind, the others must not be
                fell.append(place)
        return fell


class Lane(NamedTuple):
    """Viewers in step that get the same bytes."""

    viewers: tuple[Viewer, ...]
    crowd: Crowd


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
        self._in_step: dict[Key, dict[Viewer, None]] = {}
        # What the publish loop walks: rebuilt only when somebody joins, leaves or changes step.
        self._lanes: dict[Key, Lane] = {}
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
        if viewer in self.viewers:
            self._in_step.setdefault(viewer.key, {})[viewer] = None
            self._lanes.pop(viewer.key, None)

    def fell_behind(self, viewer: Viewer) -> None:
        """Not in step for now."""
        self.drop(viewer)
        if viewer in self.viewers:
            self.behind[viewer] = None

    def drop(self, viewer: Viewer) -> None:
        """Nothing more is sent to it; it stays connected until `remove`."""
        self.behind.pop(viewer, None)
        in_step = self._in_step.get(viewer.key)
        if in_step is not None and viewer in in_step:
            del in_step[viewer]
            self._lanes.pop(viewer.key, None)
            if not in_step:
                del self._in_step[viewer.key]

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
        for key in list(self._in_step):
            wires = for_all if key[0] else for_finals
            if wires:
                self._count(key[1], self._write(key, wires) * len(wires))
        for viewer in behind:
            for item in items:
                if viewer.partials or item.for_finals:
                    viewer.offer(item)

    def ping(self, make: Callable[[bool], Wire]) -> None:
        """A ping for everybody, behind all that is pending; made once for each kind of viewer."""
        for viewer in self.behind:
            viewer.ping_due = True
        pings: dict[bool, Wire] = {}
        for key in list(self._in_step):
            if key[0] not in pings:
                pings[key[0]] = make(key[0])
            self._write(key, [pings[key[0]]])

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

    def _write(self, key: Key, wires: Sequence[Wire]) -> int:
        """Writes to a lane; answers to how many. Who takes no more is behind from now on."""
        lane = self._lanes.get(key)
        if lane is None:
            viewers = tuple(self._in_step[key])
            lane = self._lanes[key] = Lane(viewers, self._gather([viewer.outlet for viewer in viewers]))
        for place in lane.crowd.send(wires):
            lane.viewers[place].fall_behind()
        return len(lane.viewers)

    @contained
    def _count(self, transport: str, deliveries: int) -> None:
        self._meter.count("deliveries_total", deliveries, transport=transport)


def as_item(message: Message, wire: Wire, index: Index) -> Item[Wire]:
    """One message with what budgets and filters need to know of it."""
    if isinstance(message, Caption):
        final, first = message.final, message.revision == 1
        return Item(index, wire, wire.size, message.utterance, partial=not final, for_finals=final, begins=first)
    if isinstance(message, Retraction):
        return Item(index, wire, wire.size, message.utterance, partial=False, for_finals=False)
    return Item(index, wire, wire.size, None, partial=False, for_finals=True)
