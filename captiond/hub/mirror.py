"""The sessions of another process, for viewers of this one: positions, replays, snapshots and promises are the same.

`Mirrors` is to a relay what `hub.rooms.Rooms` is to the process that owns the sessions (docs/design.md, workers).
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Index, SessionId
from captiond.base.inside import Inside, remains, sealed
from captiond.base.observe import Clock, Meter, NullMeter
from captiond.core.messages import Message, SessionState, StateChange
from captiond.hub.audience import EachAlone, as_item
from captiond.hub.contained import contained
from captiond.hub.copies import Copy
from captiond.hub.limits import Draining, Limits
from captiond.hub.stream import Stream
from captiond.hub.wire import Defer, Encode, Gather, Wire

log = logging.getLogger(__name__)

MAX_GONE: Final = 10_000  # as in `hub.rooms`
AFTER_FAULT_S: Final = 5.0  # as in `hub.rooms`
GAUGES_EVERY_S: Final = 1.0
FAREWELL_TIMES: Final = 32  # as in `hub.rooms`

Read = Callable[[Wire], Message]
"""What a message says that was encoded elsewhere: floor 4 knows how (`serve.decode`)."""


class Mirror(Stream):
    """One session that another process owns. Made by `Mirrors.open`."""

    _put_s: float | None = None  # when the oldest of what waits was put in, at its owner

    def fill(self, copy: Copy, read: Read) -> None:
        """Begins as a copy."""
        self.state, self.reason = copy.state, copy.reason
        self._tail.begin_at(Index(copy.top - len(copy.tail)))
        for wire, at_s in copy.tail:
            item = as_item(read(wire), wire, self._tail.next_index, at_s=at_s)
            self._tail.append(item, size_bytes=item.size_bytes, now_s=at_s)
        self._board.take_over(copy.board)
        self._top_for_finals = copy.top_for_finals

    def follow(self, message: Message, wire: Wire, *, put_s: float) -> None:
        """One message more. `put_s`: monotonic, when its owner put it in."""
        if isinstance(message, StateChange):
            self.state, self.reason = message.state, message.reason
        self.put(message, wire, now_s=put_s)
        if self._put_s is None:
            self._put_s = put_s
        self.go_out()

    def flush(self) -> None:
        """As in `Stream`; measures how long what waited took to get here and out."""
        super().flush()
        if self._put_s is not None:
            put_s, self._put_s = self._put_s, None
            contained(self._meter.observe)("relay_seconds", max(0.0, self._clock.monotonic_s() - put_s))


class Mirrors:
    """All of them. Implements `serve.wiring.Rooms`. The owner's orders come in its order.

    Attributes:
        draining: no more viewers.
        viewers: connected to this process.
    """

    def __init__(
        self,
        *,
        encode: Encode,
        read: Read,
        clock: Clock,
        meter: Meter,
        limits: Limits,
        spread: Callable[[int], float],
        gather: Gather = EachAlone,
        defer: Defer | None = None,
    ) -> None:
        """`spread`: a factor of the retry time for each of several `bye`s of a drain, by its number."""
        self.limits = limits
        self.draining = False
        self.viewers = 0
        self._encode, self._read, self._clock, self._meter, self._spread = encode, read, clock, meter, spread
        self._gather, self._defer = gather, defer
        self._mirrors: dict[SessionId, Mirror] = {}
        self._hidden: dict[SessionId, Mirror] = {}
        self._gone: dict[SessionId, None] = {}
        self._gauges_s = float("-inf")
        self._transports: set[str] = set()

    def __len__(self) -> int:
        return len(self._mirrors)

    def get(self, session: SessionId) -> Mirror | None:
        """The session, running or over."""
        return self._mirrors.get(session)

    def gone(self, session: SessionId) -> bool:
        """Whether it existed, is over and kept no longer."""
        return session in self._gone and session not in self._mirrors

    # -- the owner's orders

    def hidden(self, session: SessionId) -> Mirror | None:
        """A session that was opened hidden."""
        return self._hidden.get(session)

    def open(self, copy: Copy, *, hidden: bool = False) -> Mirror:
        """A session is there. One of the same name is over, and was forgotten before.

        Args:
            hidden: in no list, figure or limit (see `hub.rooms.Rooms.hidden`); `hidden` alone finds it.
        """
        mirror = Mirror(
            copy.session,
            copy.epoch,
            language=copy.language,
            created_at=copy.created_at,
            encode=self._encode,
            clock=self._clock,
            meter=NullMeter() if hidden else self._meter,
            limits=self.limits,
            arriving=(lambda _by: None) if hidden else self._arriving,
            gather=self._gather,
            defer=self._defer,
        )
        mirror.fill(copy, self._read)
        if hidden:
            self._hidden[copy.session] = mirror
            return mirror
        self._mirrors[copy.session] = mirror
        self._gone.pop(copy.session, None)
        return mirror

    def over(self, mirror: Mirror, state: SessionState, reason: str | None) -> None:
        """Nothing more comes."""
        mirror.state, mirror.reason = state, reason
        mirror.finish()

    def forget(self, mirror: Mirror, *, trace: bool) -> None:
        """Its owner has let go of it."""
        mirror.farewell(CloseCode.SESSION_ENDED, ())
        if self._mirrors.get(mirror.session) is mirror:
            del self._mirrors[mirror.session]
        if trace:
            self.remember_gone([mirror.session])

    def remember_gone(self, sessions: Sequence[SessionId]) -> None:
        """They were here once."""
        self._gone.update(dict.fromkeys(sessions))
        while len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def drain(self, retry_ms: int) -> None:
        """`bye` 4001 to everybody; no more viewers."""
        self.draining = True
        byes = [
            self._encode.bye(code=CloseCode.DRAINING, retry_ms=round(retry_ms * self._spread(nth)))
            for nth in range(FAREWELL_TIMES)
        ]
        for mirror in self._mirrors.values():
            mirror.farewell(CloseCode.DRAINING, byes)

    # -- time

    def tick(self, now_s: float) -> None:
        """Called every 100 ms: pings, slow viewers, tokens, gauges."""
        for mirror in [*self._mirrors.values(), *self._hidden.values()]:
            if mirror.wake_s <= now_s:
                try:
                    sealed(mirror.tick)(now_s)
                except Inside as fault:
                    log.error("a session's tick failed: session=%s", mirror.session, exc_info=remains(fault))
                    mirror.wake_s = now_s + AFTER_FAULT_S
        if now_s - self._gauges_s >= GAUGES_EVERY_S:
            self._gauges_s = now_s
            self.set_gauges()

    def set_gauges(self) -> None:
        """Viewers by transport, as they are now."""
        by_transport = dict.fromkeys(self._transports, 0)
        for mirror in self._mirrors.values():
            mirror.count_viewers(by_transport)
        self._transports.update(by_transport)
        for transport, count in by_transport.items():
            self._meter.set("viewers", count, transport=transport)

    def _arriving(self, by: int) -> None:
        """The owner was asked for a seat before; nothing is counted twice."""
        if by > 0 and self.draining:
            raise Draining
        self.viewers += by
