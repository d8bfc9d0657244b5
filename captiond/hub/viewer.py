"""One viewer of one session: its outlet, and what waits for it while it is not in step. Never waits for anybody."""

from collections.abc import Sequence
from typing import Final, Protocol

from captiond.base.close_codes import CloseCode
from captiond.core.subscriber import Item, On, Phase, Subscriber
from captiond.hub.wire import Outlet, Wire

RETRY_MS: Final = 1000  # for a viewer that may come back and whose daemon is well; clients add their own jitter


class Host(Protocol):
    """What a viewer asks of its session."""

    def greeting(self, *, partials: bool) -> list[Wire]:
        """`welcome` and `snapshot` of now."""
        ...

    def ping(self, *, partials: bool, answer: bool = False) -> Wire: ...
    def notice(self, code: str, skipped: int) -> Wire: ...
    def bye(self, code: CloseCode, retry_ms: int | None) -> Wire: ...
    def flush(self) -> None:
        """Hands out what was published in this turn of the loop and still waits to go out together."""
        ...

    def caught_up(self, viewer: "Viewer") -> None:
        """It is in step again: write to it directly."""
        ...

    def fell_behind(self, viewer: "Viewer") -> None:
        """It takes no more for now: offer to it instead."""
        ...

    def lost(self, viewer: "Viewer") -> None:
        """Its connection is gone: nothing more goes to it, at once."""
        ...

    def parted(self, viewer: "Viewer", code: CloseCode) -> None:
        """Its `bye` is written: nothing more goes to it."""
        ...

    def delivered(self, transport: str, messages: int) -> None: ...
    def resynced(self) -> None: ...
    def conflated(self) -> None: ...
    def monotonic_s(self) -> float: ...


class Viewer:
    """One viewer. Made by `Live.join`; given back to `Live.leave` when its transport is closed.

    Attributes:
        place: where it stands among those in step; None while it is not.
        key: what it has in common with viewers that get the same bytes.
        ping_due: a ping waits behind all that is pending.
        asked: it was asked for.
    """

    __slots__ = ("_finish", "_host", "asked", "key", "outlet", "partials", "ping_due", "place", "subscriber")

    def __init__(self, host: Host, outlet: Outlet, subscriber: Subscriber[Wire], *, partials: bool) -> None:
        self._host = host
        self.outlet, self.subscriber, self.partials = outlet, subscriber, partials
        self.place: int | None = None
        self.key = (partials, outlet.transport)
        self.ping_due = self.asked = False
        self._finish: CloseCode | None = None

    def start(self, greeting: Sequence[Wire], replay: Sequence[Item[Wire]]) -> None:
        """The first write: the greeting with as much of the replay as one piece holds; the rest follows."""
        self.subscriber.replay(replay)
        piece = self.subscriber.take()
        self._go_on(ready=self._write([*greeting, *piece], len(piece)))

    def offer(self, item: Item[Wire]) -> None:
        """A live message while it is not in step."""
        self.subscriber.offer(item)

    def fall_behind(self) -> None:
        """The transport said that it takes no more."""
        if self.subscriber.phase is Phase.LIVE:
            self.subscriber.fall_behind(now_s=self._host.monotonic_s(), backlog_bytes=self.outlet.backlog())
            self._host.fell_behind(self)

    def writable(self) -> None:
        """The transport takes more: hand over what waits, piece by piece, then be in step again."""
        if self.subscriber.phase in (Phase.CATCHING_UP, Phase.CONFLATING, Phase.RESYNC):
            self.subscriber.taken(now_s=self._host.monotonic_s())
            self._go_on(ready=True)

    def answer(self) -> None:
        """A ping, behind all that is pending."""
        if self.subscriber.phase is Phase.LIVE:
            self._host.flush()  # which may be what fills the transport
        if self.subscriber.phase is Phase.LIVE:
            if not self._write([self._host.ping(partials=self.partials, answer=True)], 0):
                self.fall_behind()
        elif self.subscriber.phase not in (Phase.CLOSING, Phase.CLOSED):
            self.ping_due = self.asked = True

    def lost(self) -> None:
        """The transport is gone; `Live.leave` follows. From now on its file descriptor may be another's."""
        self._host.lost(self)

    def look(self, now_s: float, *, stall_s: float) -> None:
        """Called now and then while it is behind: goes on if it can, gives it up if it takes nothing."""
        backlog_bytes = self.outlet.backlog()
        self.subscriber.look(now_s)
        if backlog_bytes == 0:
            self.writable()  # also where a transport forgot to say so
        elif self.subscriber.stalled(now_s=now_s, backlog_bytes=backlog_bytes, stall_s=stall_s):
            self.dismiss(CloseCode.SLOW)

    def finish(self, code: CloseCode) -> None:
        """Closes it once it has all that waits for it; at once if nothing does."""
        self._finish = code
        if self.subscriber.phase is Phase.LIVE:
            self.dismiss(code)

    def dismiss(self, code: CloseCode, *, bye: Wire | None = None) -> None:
        """Writes `bye` and closes, whatever still waits."""
        if self.subscriber.phase in (Phase.CLOSING, Phase.CLOSED):
            return
        self.outlet.write([bye or self._host.bye(code, RETRY_MS if code.may_return else None)])
        self.subscriber.on(On.BYE)
        self._host.parted(self, code)
        self.outlet.close(code)

    def gone(self) -> None:
        """Its transport is closed."""
        if self.subscriber.phase is not Phase.CLOSED:
            self.subscriber.on(On.GONE)

    def _go_on(self, *, ready: bool) -> None:
        subscriber, host = self.subscriber, self._host
        if ready:
            host.flush()  # so that a snapshot or a ping made now is not ahead of what was offered
        while ready:
            if subscriber.phase is Phase.RESYNC:
                subscriber.on(On.RESYNCED)
                host.resynced()
                ready = self._write(host.greeting(partials=self.partials), 0)
                continue
            notice = subscriber.notice(flushed=False) if subscriber else None
            piece = subscriber.take()
            if not piece:
                ready = self._last_words()
                break
            wires = [host.notice(*notice), *piece] if notice else piece
            if notice:
                host.conflated()
            ready = self._write(wires, len(piece))
        if not ready:
            return
        if self._finish is not None:
            self.dismiss(self._finish)
            return
        subscriber.on(On.FLUSHED)
        host.caught_up(self)

    def _last_words(self) -> bool:
        """What comes after all that was pending; True if the transport still takes more."""
        wires: list[Wire] = []
        notice = self.subscriber.notice(flushed=True)
        if notice:
            wires.append(self._host.notice(*notice))
        if self.ping_due:
            wires.append(self._host.ping(partials=self.partials, answer=self.asked))
            self.ping_due = self.asked = False
        return self._write(wires, 0) if wires else True

    def _write(self, wires: Sequence[Wire], messages: int) -> bool:
        ready = self.outlet.write(wires)
        self.subscriber.progressed(now_s=self._host.monotonic_s(), backlog_bytes=self.outlet.backlog())
        if messages:
            self._host.delivered(self.outlet.transport, messages)
        return ready
