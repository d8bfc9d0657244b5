"""Times one event's whole way through the process: a frame is parsed (`genesys.dialect_media`), goes through the room
(`core.room` with the redactor), and becomes bytes for both transports (`serve.encode`). No socket, no viewer.

Node gets the same frames: JSON.parse, the seed function, JSON.stringify.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from captiond.base.ids import Epoch, Index, SessionId
from captiond.bench.core_partials import WARM_UP_ROUNDS, Clock, quantile, us
from captiond.bench.core_streams import Growth
from captiond.bench.node_seed import SeedInNode
from captiond.bench.streams import Event
from captiond.core.messages import Message
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.room import Room
from captiond.genesys.dialect_media import decode_frame
from captiond.serve.encode import Encoder

PARTIAL_MS: Final = 300  # of event time, from one partial to the next
PAUSE_MS: Final = 4_000  # between utterances
START_MS: Final = 1_772_442_000_000  # 2026-03-02T09:00:00Z
ROUND_EVENTS: Final = 5_000  # a round takes so many at least: some 50 ms


@dataclass(slots=True)
class Way:
    """The frames of a set of streams, and what they cost: of each round the ns an event, and single events by stage.

    Attributes:
        frames: by stream, its partials; `finals` their finals, which are taken but not timed.
        sessions: by stream, its media session: one for each language.
    """

    name: str
    length: int
    frames: list[list[bytes]] = field(repr=False)
    finals: list[bytes] = field(repr=False)
    sessions: list[SessionId]
    whole_ns: list[float] = field(default_factory=list)
    node_ns: list[float] = field(default_factory=list)
    stages_ns: list[tuple[int, int, int]] = field(default_factory=list, repr=False)

    @property
    def key(self) -> str:
        """What Node knows the set by."""
        return f"{self.name} {self.length} frames"

    @property
    def events(self) -> int:
        """Partials of all streams together."""
        return sum(map(len, self.frames))

    @property
    def passes(self) -> int:
        """How often a round goes through all streams."""
        return -(-ROUND_EVENTS // self.events)


def way(name: str, length: int, streams: Sequence[Growth]) -> Way:
    """The frames that upstream would send for streams: each language's are one media session, in order."""
    frames, finals, sessions = [], [], []
    sequence: dict[str, int] = {}
    at_ms = START_MS
    for number, growth in enumerate(streams):
        session = SessionId(f"bench-{growth.language}")
        lines: list[bytes] = []
        for text in (*growth.partials, growth.partials[-1]):
            sequence[session] = sequence.get(session, 0) + 1
            at_ms += PARTIAL_MS
            final = len(lines) == len(growth.partials)
            event = Event(session, sequence[session], text, final, at_ms, "", growth.language, number)
            lines.append(event.line())
        at_ms += PAUSE_MS
        finals.append(lines.pop())
        frames.append(lines)
        sessions.append(session)
    return Way(name, length, frames, finals, sessions)


class Process:
    """What the daemon has for each session, without its sockets."""

    def __init__(self, sessions: Sequence[SessionId]) -> None:
        self._encoder, self._epoch, self._index = Encoder(), Epoch("benchbch"), 0
        self._rooms = {session: _room(session) for session in dict.fromkeys(sessions)}

    def parse_and_receive(self, frame: bytes, session: SessionId, clock_ns: Clock) -> tuple[list[Message], int]:
        """The messages that a frame leads to, and when it was parsed."""
        arrivals = decode_frame(frame, session=session).arrivals
        parsed_ns = clock_ns()
        room = self._rooms[session]
        return [m for arrival in arrivals for m in room.receive(arrival, now_s=arrival.event_s).messages], parsed_ns

    def take(self, frame: bytes, session: SessionId) -> None:
        """The whole way of one frame."""
        room = self._rooms[session]
        for arrival in decode_frame(frame, session=session).arrivals:
            self.encode(room.receive(arrival, now_s=arrival.event_s).messages)

    def encode(self, messages: Sequence[Message]) -> None:
        """Bytes for both transports."""
        for message in messages:
            self._index += 1
            wire = self._encoder.message(message, epoch=self._epoch, index=Index(self._index), sent_s=0.0)
            _ = wire.ws, wire.sse


def time_way(one: Way, clock_ns: Clock) -> int:
    """One pass over all streams, in new rooms: the ns of all partials."""
    process, spent_ns = Process(one.sessions), 0
    for frames, final, session in zip(one.frames, one.finals, one.sessions, strict=True):
        began = clock_ns()
        for frame in frames:
            process.take(frame, session)
        spent_ns += clock_ns() - began
        process.take(final, session)
    return spent_ns


def time_stages(one: Way, clock_ns: Clock) -> list[tuple[int, int, int]]:
    """One pass: of each event the ns of parse, core and encode, each with one reading of the clock in it."""
    process, stages = Process(one.sessions), []
    for frames, final, session in zip(one.frames, one.finals, one.sessions, strict=True):
        for frame in frames:
            began = clock_ns()
            messages, parsed = process.parse_and_receive(frame, session, clock_ns)
            received = clock_ns()
            process.encode(messages)
            stages.append((parsed - began, received - parsed, clock_ns() - received))
        process.take(final, session)
    return stages


def measure(
    ways: Sequence[Way],
    node: SeedInNode | None,
    rounds: int,
    *,
    cpu_ns: Clock = time.process_time_ns,
    clock_ns: Clock = time.perf_counter_ns,
) -> None:
    """Fills in the ways, `rounds` rounds each; in every second round Node comes first. Clocks as for the partials."""
    for one in ways:
        if node is not None:
            node.load(one.key, [[frame.decode() for frame in frames] for frames in one.frames])
            for _ in range(WARM_UP_ROUNDS):
                node.events(one.key, one.passes)
        time_way(one, cpu_ns)
    for number in range(rounds):
        for one in ways:
            if number % 2:
                _node_round(one, node)
            one.whole_ns.append(sum(time_way(one, cpu_ns) for _ in range(one.passes)) / one.events / one.passes)
            if not number % 2:
                _node_round(one, node)
            one.stages_ns += time_stages(one, clock_ns)


def row(one: Way) -> dict[str, Any]:
    """The figures of a set, µs."""
    parse, core, encode = zip(*one.stages_ns, strict=True)
    together = [sum(stages) for stages in one.stages_ns]
    figures = {
        "streams": one.name,
        "length": one.length,
        "events": one.events,
        "parseUs": us(quantile(parse, 50)),
        "coreUs": us(quantile(core, 50)),
        "encodeUs": us(quantile(encode, 50)),
        "medianUs": us(quantile(together, 50)),
        "p99Us": us(quantile(together, 99)),
        "wholeUs": us(median(one.whole_ns)),
    }
    if one.node_ns:
        whole = median(one.whole_ns)
        figures |= {
            "nodeUs": us(median(one.node_ns)),
            "ratio": round(median(one.node_ns) / whole, 3) if whole else None,
        }
    return figures


def _node_round(one: Way, node: SeedInNode | None) -> None:
    if node is not None:
        one.node_ns.append(node.events(one.key, one.passes) / one.events / one.passes)


def _room(session: SessionId) -> Room:
    call = Call()
    return Room(
        session,
        prefix="u",
        language="en-US",
        redactor=lambda *, language: Redactor(kinds=DEFAULT, language=language, call=call),
    )
