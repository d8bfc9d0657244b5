"""A whole server on a real socket around the real hub: only upstream, the redactor and the clock are the test's."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from captiond.base.errors import CaptiondError
from captiond.base.ids import RawText, SafeText, SessionId, UtteranceId
from captiond.base.instants import iso_utc
from captiond.core.arrival import Arrival
from captiond.core.messages import Caption, SessionState
from captiond.hub.limits import Limits as HubLimits
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.revoking import Revoking
from captiond.serve.access import Rules, configure
from captiond.serve.addresses import Addresses
from captiond.serve.app import IDLE_S, AccessLog, build
from captiond.serve.bodies import SessionRequest
from captiond.serve.encode import Encoder
from captiond.serve.guard import Guard, GuardLimits
from captiond.serve.problems import Problem
from captiond.serve.revocations import Revocations
from captiond.serve.seats import Seats
from captiond.serve.session_view import view_of
from captiond.serve.transcripts import Transcript
from captiond.serve.wiring import WIRING, HealthCheck, Limits

Json = dict[str, Any]
START_S = 1_718_447_400.0  # 2024-06-15T10:30:00Z
SECRET = "a secret that only tests know, 32+"


class ManualClock:
    """Time that passes only by hand."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now_s(self) -> float:
        return START_S + self.passed_s

    def monotonic_s(self) -> float:
        return 1000.0 + self.passed_s


@dataclass(frozen=True)
class PlainShown:
    utterance: UtteranceId
    text: SafeText
    final: bool
    held: bool = False
    redactions: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        return len(self.text)


class PlainRedactor:
    """Shows all: what is redacted is tested elsewhere."""

    due_s = None
    faults = 0
    fault = ""

    def __init__(self, **_: Any) -> None: ...

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> list[PlainShown]:
        return [PlainShown(utterance, SafeText(text), final)]

    def retract(self, utterance: UtteranceId) -> None: ...

    def lose(self) -> None: ...

    def expire(self, *, now_s: float) -> Iterable[PlainShown]:
        return []

    def end(self) -> Iterable[PlainShown]:
        return []


class Recorder:
    """Audit records, kept."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Json]] = []

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        self.records.append((kind, fields))


class MemorySessions:
    """`Sessions` over the real hub, without upstream. A session named `refused…` is refused by upstream."""

    def __init__(self, rooms: Rooms, clock: ManualClock) -> None:
        self._rooms, self._clock = rooms, clock
        self.wanted: list[SessionRequest] = []
        self.recorded: set[SessionId] = set()
        self.finals: dict[SessionId, list[Caption]] = {}

    async def create(self, request: SessionRequest) -> tuple[bool, Mapping[str, Any]]:
        self.wanted.append(request)
        if request.id.startswith("refused"):
            raise Problem(502, "upstream_refused", "upstream refused", extra={"upstreamStatus": 400})
        live = self._rooms.get(request.id)
        if live is None:
            live = self._rooms.open(
                request.id, source=request.source, language=request.language, created_at=iso_utc(self._clock.now_s())
            )
            live.set_state(SessionState.LIVE)
            return True, view_of(live)
        return False, view_of(live)

    def list(self) -> Sequence[Mapping[str, Any]]:
        return [view_of(live) for live in self._rooms.all()]

    def of_conversation(self, conversation: str) -> Sequence[Mapping[str, Any]]:
        return [view_of(live) for live in self._rooms.of_conversation(conversation)]

    def get(self, session: SessionId) -> Mapping[str, Any] | None:
        live = self._rooms.get(session)
        return None if live is None else view_of(live)

    async def delete(self, session: SessionId) -> bool:
        if self._rooms.get(session) is None:
            return False
        self._rooms.end(session, SessionState.ENDED, "deleted")
        return True

    async def transcript(self, session: SessionId) -> Transcript | None:
        live = self._rooms.get(session)
        if live is None:
            return None
        return Transcript(session, live.language, live.state.value, live.created_at, self.finals.get(session, []))

    async def audit(self, session: SessionId) -> AsyncGenerator[bytes, None]:
        for number in range(3 if session in self.recorded else 0):
            yield json.dumps({"kind": "event", "mediaSessionId": session, "sequence": number}).encode()


@dataclass
class Served:
    """A server that runs, and the hands to turn it with."""

    url: str
    port: int
    app: web.Application
    rooms: Rooms
    clock: ManualClock
    sessions: MemorySessions
    audit: Recorder
    http: aiohttp.ClientSession
    runner: web.AppRunner
    meter: "Counts"
    kept: "Kept"
    guard: Guard | None
    draining_ms: int | None = None
    sequence: int = 0
    answers: "list[RawAnswer]" = field(default_factory=list)

    def open(self, session: str = "s1", *, conversation: str | None = None) -> Live:
        """A live session."""
        live = self.rooms.open(
            SessionId(session),
            source="media",
            language="en-US",
            conversation=conversation,
            created_at=iso_utc(self.clock.now_s()),
        )
        live.set_state(SessionState.LIVE)
        return live

    def say(self, text: str, *, final: bool = False, session: str = "s1") -> None:
        """One upstream event."""
        self.sequence += 1
        self.clock.passed_s += 0.001
        self.rooms.deliver(
            Arrival(
                session=SessionId(session),
                sequence=self.sequence,
                text=RawText(text),
                final=final,
                timestamp=iso_utc(self.clock.now_s()),
                event_s=self.clock.now_s(),
                channel="external",
            ),
            received_s=self.clock.monotonic_s(),
        )

    def pass_time(self, seconds: float) -> None:
        """Time passes, for timers and hub."""
        self.clock.passed_s += seconds
        self.app[WIRING].timers.tick()
        if self.guard is not None:
            self.guard.tick()
        self.rooms.tick(self.clock.monotonic_s())

    @property
    def connections(self) -> int:
        """How many the server holds open."""
        assert self.runner.server is not None
        return len(self.runner.server.connections)

    def mint(self, *sessions: str, ttl_s: float = 60.0) -> str:
        """A viewer token."""
        mint = self.app[WIRING].mint
        assert mint is not None
        return mint(sessions, ttl_s)[0]


@contextlib.asynccontextmanager
async def serving(
    *,
    rules: Rules | None = None,
    secret: str = "",
    limits: Limits | None = None,
    hub_limits: HubLimits | None = None,
    checks: Mapping[str, HealthCheck] | None = None,
    idle_s: float = IDLE_S,
    seats: Seats | None = None,
    addresses: Addresses | None = None,
    revocations: Revocations | None = None,
    guarded: GuardLimits | None = None,
) -> AsyncIterator[Served]:
    """A server on a free port of 127.0.0.1, and a client session; both gone at the end."""
    clock, audit, meter = ManualClock(), Recorder(), Counts()
    rooms = Rooms(
        encode=Encoder(),
        clock=clock,
        meter=meter,
        audit=audit,
        redactor=PlainRedactor,
        call=object,
        kinds=frozenset(),
        limits=hub_limits,
        chance=random.Random(7),
    )
    sessions = MemorySessions(rooms, clock)
    revocations = revocations or Revocations()
    access, mint = configure(rules or Rules(), token_secret=secret, jwks_url="", clock=clock, revocations=revocations)
    kept = Kept()
    addresses, seats = addresses or Addresses(), seats or Seats()
    guard = Guard(guarded, addresses=addresses, seats=seats, clock=clock, meter=meter) if guarded is not None else None
    served: Served
    app = build(
        rooms=rooms,
        sessions=sessions,
        revoke=Revoking(rooms, revocations, kept, clock, audit),
        access=access,
        mint=mint,
        clock=clock,
        metrics=lambda: (b"captiond_build_info 1\n", "text/plain; version=0.0.4; charset=utf-8"),
        checks=checks or {},
        draining_ms=lambda: served.draining_ms,
        meter=meter,
        audit=audit,
        seats=seats,
        addresses=addresses,
        guard=guard,
        limits=limits or Limits(close_wait_s=0.5),
        ticking=False,
    )
    runner = web.AppRunner(app, access_log_class=AccessLog, shutdown_timeout=0.2, keepalive_timeout=idle_s)
    async with aiohttp.ClientSession() as http:
        served = Served("", 0, app, rooms, clock, sessions, audit, http, runner, meter, kept, guard)
        await runner.setup()
        if guard is not None:
            guard.stand_before(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        served.port = runner.addresses[0][1]
        served.url = f"http://127.0.0.1:{served.port}"
        try:
            yield served
        finally:
            for answer in served.answers:
                answer.cut()
            rooms.drain(1000)
            await runner.cleanup()


class Kept:
    """Revocations as a database has them; `full`: its disk takes no more."""

    def __init__(self) -> None:
        self.moments: dict[str, float] = {}
        self.full = False

    async def keep_revocations(self, kept: Mapping[str, float], dropped: Sequence[str]) -> None:
        if self.full:
            raise CaptiondError("the disk is full")
        self.moments.update(kept)
        for session in dropped:
            del self.moments[session]


class Counts:
    """A meter that only counts: by name, and the values of labels in order of their names."""

    def __init__(self) -> None:
        self.of: Counter[tuple[str, ...]] = Counter()

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        self.of[name, *(labels[label] for label in sorted(labels))] += int(by)

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None: ...

    def set(self, name: str, value: float, /, **labels: str) -> None: ...


@dataclass
class RawAnswer:
    """An answer off the socket, unparsed by any library of ours."""

    status: int
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def event(self) -> dict[str, str]:
        """The next event (or the next comment, under the key "")."""
        fields: dict[str, str] = {}
        while True:
            line = (await self.reader.readuntil(b"\n")).decode().removesuffix("\n")
            if not line:
                return fields
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")

    async def message(self) -> Json:
        """The next event's data."""
        fields = await self.event()
        while "data" not in fields:
            fields = await self.event()
        message: Json = json.loads(fields["data"])
        return message

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        return await self.reader.read()

    def cut(self) -> None:
        """Pulls the cable."""
        self.writer.transport.abort()


async def raw(served: Served, path: str, *headers: str, method: str = "GET", version: str = "1.1") -> RawAnswer:
    """A request by hand; the answer's head is read, its body is not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=2**20)
    lines = [f"{method} {path} HTTP/{version}", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.append(f"Host: 127.0.0.1:{served.port}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:] if line)
    answer = RawAnswer(int(head[0].split()[1]), {name.lower(): value for name, value in fields.items()}, reader, writer)
    served.answers.append(answer)
    return answer


async def until(done: Callable[[], bool], *, within_s: float = 20.0) -> None:
    """Waits for what real sockets bring: there is no callback for "the other end has noticed"."""
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
