"""Who watches one session: those in step, who are written to directly, and those behind, for whom messages wait.

Nobody waits for anybody: no await, no lock, and no viewer's failure reaches another.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Index
from captiond.base.observe import Meter
from captiond.core.messages import Caption, Message, Retraction
from captiond.core.subscriber import Item
from captiond.hub.contained import contained
from captiond.hub.viewer import Viewer
from captiond.hub.wire import Wire

NEVER_S: Final = float("inf")


class Lane(NamedTuple):
    """Viewers in step that get the same messages."""

    viewers: tuple[Viewer, ...]
    by_transport: Mapping[str, int]


class Audience:
    """The viewers of one session.

    Attributes:
        viewers: all that are connected, in order of arrival; also those that were said goodbye to.
        behind: those that are not in step.
        expiry_s: when the next token ends, wall clock.
    """

    def __init__(self, meter: Meter) -> None:
        self.viewers: dict[Viewer, None] = {}
        self.behind: dict[Viewer, None] = {}
        self.expiry_s = NEVER_S
        self._meter = meter
        self._in_step: dict[bool, dict[Viewer, None]] = {True: {}, False: {}}  # by `partials`
        # What the publish loop walks: rebuilt only when somebody joins, leaves or changes step.
        self._lanes: dict[bool, Lane | None] = {True: None, False: None}
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
            self._in_step[viewer.partials][viewer] = None
            self._lanes[viewer.partials] = None

    def fell_behind(self, viewer: Viewer) -> None:
        """Not in step for now."""
        self.drop(viewer)
        if viewer in self.viewers:
            self.behind[viewer] = None

    def drop(self, viewer: Viewer) -> None:
        """Nothing more is sent to it; it stays connected until `remove`."""
        self.behind.pop(viewer, None)
        if viewer in self._in_step[viewer.partials]:
            del self._in_step[viewer.partials][viewer]
            self._lanes[viewer.partials] = None

    def remove(self, viewer: Viewer) -> bool:
        """It is gone. False where it was before."""
        if viewer not in self.viewers:
            return False
        del self.viewers[viewer]
        self._expiring.pop(viewer, None)
        self.drop(viewer)
        return True

    def publish(self, items: Sequence[Item[Wire]]) -> None:
        """Hands messages to everybody: at once where they are in step, else to their queues."""
        behind = list(self.behind)  # taken first: who falls behind while writing has these messages already
        self._write(True, [item.wire for item in items])
        for_finals = [item.wire for item in items if item.for_finals]
        if for_finals:
            self._write(False, for_finals)
        for viewer in behind:
            for item in items:
                if viewer.partials or item.for_finals:
                    viewer.offer(item)

    def ping(self, make: Callable[[bool], Wire]) -> None:
        """A ping for everybody, behind all that is pending; made once for each kind of viewer."""
        for viewer in self.behind:
            viewer.ping_due = True
        for partials in (True, False):
            lane = self._lane(partials)
            if lane.viewers:
                _settle(_send(lane.viewers, make(partials)))

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

    def _lane(self, partials: bool) -> Lane:
        lane = self._lanes[partials]
        if lane is None:
            viewers = tuple(self._in_step[partials])
            lane = self._lanes[partials] = Lane(viewers, Counter(viewer.outlet.transport for viewer in viewers))
        return lane

    def _write(self, partials: bool, wires: Sequence[Wire]) -> None:
        lane = self._lane(partials)
        if not lane.viewers:
            return
        fell = _send(lane.viewers, wires[0]) if len(wires) == 1 else _send_many(lane.viewers, wires)
        _settle(fell)
        self._count(lane, len(wires))

    @contained
    def _count(self, lane: Lane, messages: int) -> None:
        for transport, count in lane.by_transport.items():
            self._meter.count("deliveries_total", count * messages, transport=transport)


def as_item(message: Message, wire: Wire, index: Index) -> Item[Wire]:
    """One message with what budgets and filters need to know of it."""
    if isinstance(message, Caption):
        final, first = message.final, message.revision == 1
        return Item(index, wire, wire.size, message.utterance, partial=not final, for_finals=final, begins=first)
    if isinstance(message, Retraction):
        return Item(index, wire, wire.size, message.utterance, partial=False, for_finals=False)
    return Item(index, wire, wire.size, None, partial=False, for_finals=True)


def _send(viewers: Sequence[Viewer], wire: Wire) -> list[Viewer]:
    """One wire to each; answers who takes no more. The hot loop: whatever can be outside it is."""
    fell: list[Viewer] = []
    for viewer in viewers:
        try:
            if not viewer.send(wire):
                fell.append(viewer)
        except Exception:  # an outlet broke its promise: its viewer is behind, the others must not be
            fell.append(viewer)
    return fell


def _send_many(viewers: Sequence[Viewer], wires: Sequence[Wire]) -> list[Viewer]:
    """As `_send`, several wires in one write: the cost is for each write, not for each byte."""
    fell: list[Viewer] = []
    for viewer in viewers:
        try:
            if not viewer.outlet.write(wires):
                fell.append(viewer)
        except Exception:
            fell.append(viewer)
    return fell


def _settle(fell: Sequence[Viewer]) -> None:
    for viewer in fell:
        viewer.fall_behind()
