"""A hub on a virtual clock: real rooms, the real encoder, viewers whose network takes what the test says."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from captiond.base.close_codes import CloseCode
from captiond.base.ids import RawText, SafeText, SessionId, UtteranceId
from captiond.core.arrival import Arrival
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap, SessionState
from captiond.core.redacting import Redacting
from captiond.core.screen import ProtocolViolation, Screen
from captiond.hub.limits import Limits
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.hub.viewer import Viewer
from captiond.hub.wire import Outlet, Wire
from captiond.serve.encode import Encoder

SESSION = SessionId("s")
BOTH = ("ws", "sse")


class VirtualClock:
    """Moves only when the test says so. The wall clock stands at 2024-06-15T10:30:00Z when the test begins."""

    def __init__(self) -> None:
        self.monotonic = 5000.0

    def now_s(self) -> float:
        return 1_718_447_400.0 + self.monotonic - 5000.0

    def monotonic_s(self) -> float:
        return self.monotonic


class Counts:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, ...]] = Counter()
        self.observed: dict[str, list[float]] = {}
        self.gauges: dict[tuple[str, ...], float] = {}

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        self.counted[(name, *labels.values())] += int(by)

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None:
        self.observed.setdefault(name, []).extend([value] * times)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        self.gauges[(name, *labels.values())] = value


class Records:
    """An audit sink that remembers."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        self.records.append({"kind": kind, **fields})


@dataclass
class Seen:
    """What the stand-in redactor answers."""

    utterance: UtteranceId
    text: SafeText
    final: bool
    held: bool
    redactions: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        mask = self.text.find("[...]")
        return len(self.text) if mask < 0 else mask


class HideRedactor:
    """Shows "HIDE" as an open mask; a final with one is held for 3 s or until the channel's next words, then "[CC]"."""

    def __init__(self, *, language: str, kinds: frozenset[str], call: object) -> None:
        self.call, self.held = call, list[tuple[UtteranceId, str, float]]()
        self.faults, self.fault = 0, ""

    @property
    def due_s(self) -> float | None:
        return self.held[0][2] + 3.0 if self.held else None

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> list[Seen]:
        corrections = self.end()
        held = "HIDE" in text
        if held and final:
            self.held.append((utterance, text, now_s))
        return [*corrections, Seen(utterance, SafeText(text.replace("HIDE", "[...]")), final, held)]

    def retract(self, utterance: UtteranceId) -> None: ...

    def lose(self) -> None: ...

    def expire(self, *, now_s: float) -> list[Seen]:
        return self.end()

    def end(self) -> list[Seen]:
        held, self.held = self.held, []
        return [Seen(u, SafeText(t.replace("HIDE", "[CC]")), True, False, {"CC": 1}) for u, t, _ in held]


class Network:
    """A viewer's outlet and browser: what is written waits until the peer takes it. Implements `hub.wire.Outlet`.

    Attributes:
        takes_bytes: how much the peer takes from now on; None without bound.
        most_waiting_bytes: the highest backlog ever.
        blind: no screen judges what arrives; for a position that this viewer never had.
    """

    def __init__(self, transport: str = "ws", *, partials: bool = True, screen: Screen | None = None) -> None:
        self.blind = False
        self.violation: ProtocolViolation | None = None
        self.transport = transport
        self.screen = screen or Screen(partials=partials)
        self.got: list[dict[str, Any]] = []
        self.takes_bytes: int | None = None
        self.closed: CloseCode | None = None
        self.broken = False
        self.writes = 0
        self.most_waiting_bytes = 0
        self._waiting = bytearray()
        self._arrived = bytearray()
        self._paused = False
        self._wake: Callable[[], None] = lambda: None
        self._full: Callable[[], None] = lambda: None
        self._lost: Callable[[], None] = lambda: None

    def write(self, wires: Sequence[Wire]) -> bool:
        if self.broken:
            raise RuntimeError("this outlet breaks its promise")
        assert self.closed is None, "written to after close"
        self.writes += 1
        for wire in wires:
            self._waiting += wire.ws if self.transport == "ws" else wire.sse
        self._take()
        self._paused = bool(self._waiting)
        self.most_waiting_bytes = max(self.most_waiting_bytes, len(self._waiting))
        return not self._paused

    def backlog(self) -> int:
        return len(self._waiting)

    def on_writable(self, callback: Callable[[], None]) -> None:
        self._wake = callback

    def on_full(self, callback: Callable[[], None]) -> None:
        self._full = callback

    def fill(self) -> None:
        """Something that is no caption, a pong, waits in the transport because the kernel takes nothing."""
        self.stall()
        self._paused = True
        self._full()

    def on_lost(self, callback: Callable[[], None]) -> None:
        self._lost = callback

    def close(self, code: CloseCode) -> None:
        assert self.closed is None, "closed twice"
        self.closed = code

    def stall(self) -> None:
        """The peer takes nothing more."""
        self.takes_bytes = 0

    def take(self, count: int | None = None) -> None:
        """The peer takes `count` more bytes; None: everything, from now on."""
        self.takes_bytes = count if count is None else (self.takes_bytes or 0) + count
        while True:
            self._take()
            if not self._paused or self._waiting:
                return
            self._paused = False
            self._wake()

    def cut(self) -> None:
        """The connection is lost with all that waits; half a message is as good as none."""
        self._waiting.clear()
        self._arrived.clear()
        self._wake = lambda: None
        self._lost()

    def _take(self) -> None:
        count = len(self._waiting) if self.takes_bytes is None else min(self.takes_bytes, len(self._waiting))
        if self.takes_bytes is not None:
            self.takes_bytes -= count
        self._arrived += self._waiting[:count]
        del self._waiting[:count]
        while (message := self._next()) is not None:
            self.got.append(message)
            if not self.blind:
                self._show(message)

    def _show(self, message: dict[str, Any]) -> None:
        """Whoever writes takes an exception for an outlet that is broken, so it is kept for whoever looks."""
        try:
            self.screen.apply(message)
        except ProtocolViolation as violation:
            self.violation = self.violation or violation
            raise

    def sound(self) -> "Network":
        """Itself; raises what the screen found wrong, if anything."""
        if self.violation is not None:
            raise self.violation
        return self

    def _next(self) -> dict[str, Any] | None:
        data = self._arrived
        if self.transport == "sse":
            event, end, _ = data.partition(b"\n\n")
            if not end:
                return None
            del data[: len(event) + 2]
            fields = dict(line.split(": ", 1) for line in event.decode().splitlines())
            message: dict[str, Any] = json.loads(fields["data"])
            assert fields["event"] == message["type"]
            if message["type"] in ("welcome", "snapshot"):
                assert fields["id"] == message["position"]
            elif "index" in message:
                assert fields["id"].endswith(f".{message['index']}")
            else:
                assert "id" not in fields
            return message
        if len(data) < 2:
            return None
        assert data[0] == 0x81, "one whole text frame"
        size, at = data[1], 2
        if size >= 126:
            at = 4 if size == 126 else 10
            if len(data) < at:
                return None
            size = int.from_bytes(data[2:at])
        if len(data) < at + size:
            return None
        parsed: dict[str, Any] = json.loads(bytes(data[at : at + size]))
        del data[: at + size]
        return parsed

    def types(self) -> list[str]:
        """Types of all messages that arrived."""
        return [m["type"] for m in self.sound().got]

    def texts(self) -> list[str]:
        """The screen."""
        return [line.text for line in self.sound().screen.lines()]

    def indices(self) -> list[int]:
        """Indices that arrived, in order."""
        return [m["index"] for m in self.sound().got if "index" in m]


class House:
    """A hub with one open session unless told otherwise.

    Args:
        turns: what is said goes out when the test ends the turn of the loop (`turn`), not at once.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        opened: bool = True,
        redactor: Callable[..., Redacting] = HideRedactor,
        call: Callable[[], object] = object,
        turns: bool = False,
    ) -> None:
        self.clock, self.meter, self.audit = VirtualClock(), Counts(), Records()
        self.kept: list[tuple[SessionId, Caption]] = []
        self.missed: list[tuple[SessionId, Gap]] = []
        self._deferred: list[Callable[[], None]] = []
        self.rooms = Rooms(
            encode=Encoder(),
            clock=self.clock,
            meter=self.meter,
            audit=self.audit,
            redactor=redactor,
            call=call,
            kinds=frozenset({"CC", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"}),
            limits=limits or Limits(),
            keep=self._keep,
            chance=random.Random(7),
            defer=self._deferred.append if turns else None,
        )
        self.sequences: Counter[SessionId] = Counter()
        self.live = self.open() if opened else None

    def _keep(self, session: SessionId, said: Caption | Gap) -> None:
        if isinstance(said, Caption):
            self.kept.append((session, said))
        else:
            self.missed.append((session, said))

    def open(self, session: SessionId = SESSION, *, conversation: str | None = None, **more: Any) -> Live:
        return self.rooms.open(
            session, source="media", language="en-US", conversation=conversation, created_at="now", **more
        )

    def room(self, session: SessionId) -> Live:
        live = self.rooms.get(session)
        assert live is not None
        return live

    @property
    def here(self) -> Live:
        return self.room(SESSION)

    def say(
        self,
        text: str,
        *,
        final: bool = False,
        session: SessionId = SESSION,
        skip: int = 0,
        channel: str = "",
        start_ms: int | None = None,
        latency_s: float = 0.25,
    ) -> Verdict | None:
        """One event of upstream, sent `latency_s` ago; `skip` events before it are lost."""
        self.sequences[session] += 1 + skip
        arrival = Arrival(
            session,
            self.sequences[session],
            RawText(text),
            final,
            "2024-06-15T10:30:00.000Z",
            self.clock.now_s() - latency_s,
            channel=channel,
            start_ms=start_ms,
        )
        return self.rooms.deliver(arrival, received_s=self.clock.monotonic_s())

    def join(
        self,
        transport: str = "ws",
        *,
        position: str | None = None,
        partials: bool = True,
        expires_s: float | None = None,
        takes_bytes: int | None = None,
        screen: Screen | None = None,
    ) -> tuple[Network, Viewer]:
        network = Network(transport, partials=partials, screen=screen)
        network.takes_bytes = takes_bytes
        network.blind = position is not None and screen is None
        outlet: Outlet = network
        return network, self.here.join(outlet, position=position, partials=partials, expires_s=expires_s)

    def watch(self, transport: str = "ws", **more: Any) -> Network:
        return self.join(transport, **more)[0]

    def turn(self) -> None:
        """This turn of the event loop is over."""
        deferred, self._deferred[:] = list(self._deferred), []
        for callback in deferred:
            callback()

    def wait(self, seconds: float, *, step_s: float = 0.1) -> None:
        """Time passes, with a tick each `step_s`."""
        end = self.clock.monotonic + seconds
        while self.clock.monotonic < end - 1e-9:
            self.clock.monotonic = min(end, self.clock.monotonic + step_s)
            self.rooms.tick(self.clock.monotonic)

    def end(self, state: SessionState = SessionState.ENDED, reason: str | None = "upstream_closed") -> None:
        self.rooms.end(SESSION, state, reason)
