"""Simulated time, recorders, and a small Genesys over real sockets that does what a test tells it to."""

import asyncio
import base64
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Request, Response

from captiond.base.ids import SessionId
from captiond.core.arrival import Arrival
from captiond.genesys.client import Genesys
from captiond.genesys.oauth import Credentials
from captiond.genesys.regions import Endpoints, resolve
from captiond.genesys.stream import Ended, Timing

SUBSCRIBE = {
    "action": "subscribe",
    "topics": ["conversation:transcription"],
    "filter": {"mediaSessionId": "m-1"},
}
SECRET = "s3cr3t-of-the-client"
PATIENCE_S = 5.0  # real seconds that a test waits for something that must happen


class SimulatedTime:
    """A clock that stands still until a test moves it; whoever sleeps wakes when it has moved far enough."""

    def __init__(self) -> None:
        self.monotonic = 1_000.0
        self.delays: list[float] = []  # every wait that was asked for, in order
        self._sleepers: list[tuple[float, float, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    def now_s(self) -> float:
        return 1_792_567_680.0 + self.monotonic - 1_000.0

    def monotonic_s(self) -> float:
        return self.monotonic

    async def sleep(self, delay_s: float) -> None:
        self.delays.append(delay_s)
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        sleeper = (self.monotonic + delay_s, delay_s, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        self._changed.set()
        try:
            await sleeper[2]
        finally:
            self._sleepers.remove(sleeper)

    def advance(self, by_s: float) -> None:
        """Moves the clock, and wakes who is due."""
        self.monotonic += by_s
        for due_s, _, future in self._sleepers:
            if due_s <= self.monotonic + 1e-9 and not future.done():
                future.set_result(None)

    async def asleep(self, wanted: Callable[[float], bool] = lambda delay_s: True) -> float:
        """Waits until somebody sleeps for a delay of that kind, and answers how long it is."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for _, delay_s, future in self._sleepers:
                    if wanted(delay_s) and not future.done():
                        return delay_s
                self._changed.clear()
                await self._changed.wait()

    async def pass_delay(self, wanted: Callable[[float], bool] = lambda delay_s: True) -> float:
        """Waits until somebody sleeps for such a delay, lets it pass, and answers how long it was."""
        delay_s = await self.asleep(wanted)
        self.advance(delay_s)
        return delay_s


class RecordingMeter:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        key = name + ("{" + ",".join(f"{key}={labels[key]}" for key in sorted(labels)) + "}" if labels else "")
        self.counts[key] += int(by)

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None:
        self.counts[f"observed {name}"] += times

    def set(self, name: str, value: float, /, **labels: str) -> None:
        raise AssertionError("upstream sets no gauge")


class RecordingAudit:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        self.records.append((kind, fields))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.records]


class RecordingSink:
    """A stream's sink that remembers, and lets a test wait for what comes."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.received_s: list[float] = []
        self.story: list[tuple[Any, ...]] = []  # ("subscribed", again) and ("disconnected", cause, delay_s)
        self._changed = asyncio.Event()

    def deliver(self, arrival: Arrival, *, received_s: float) -> None:
        self.arrivals.append(arrival)
        self.received_s.append(received_s)
        self._changed.set()

    def disconnected(self, *, cause: str, delay_s: float) -> None:
        self.story.append(("disconnected", cause, delay_s))
        self._changed.set()

    def subscribed(self, *, again: bool) -> None:
        self.story.append(("subscribed", again))
        self._changed.set()

    async def until(self, condition: Callable[["RecordingSink"], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    async def sequences(self, count: int) -> list[int]:
        """The sequence numbers of what was delivered, once there are so many."""
        await self.until(lambda sink: len(sink.arrivals) >= count)
        return [arrival.sequence for arrival in self.arrivals]


class HighChance:
    """Chance that always says nearly 1: jitter at its ceiling."""

    def random(self) -> float:
        return 0.999


class Peer(ServerConnection):
    """Upstream's side of one socket."""

    pings = 0
    inbox: "asyncio.Queue[Any]"

    def process_event(self, event: Any) -> None:
        if getattr(event, "opcode", None) is Opcode.PING:
            self.pings += 1
        super().process_event(event)

    @property
    def bearer(self) -> str:
        assert self.request is not None
        return self.request.headers["Authorization"]

    async def next_frame(self) -> Any:
        """The next frame the daemon sends."""
        async with asyncio.timeout(PATIENCE_S):
            return orjson.loads(await self.recv())

    async def send_event(self, sequence: int, text: str = "hello", **changes: Any) -> None:
        await self.send(orjson.dumps([event(sequence, text, **changes)]).decode())

    def drop(self) -> None:
        """The network is gone: no close frame."""
        self.transport.abort()


def event(sequence: int, text: str = "hello", **changes: Any) -> dict[str, Any]:
    """One transcription event of session m-1."""
    return {
        "eventType": "transcription",
        "eventSequence": sequence,
        "mediaSessionId": "m-1",
        "transcript": text,
        "isPartial": True,
        "timestamp": "2026-10-21T07:28:00.000Z",
    } | changes


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Upstream:
    """Login, REST and WebSocket. What a test puts into a queue is answered first; then all goes well."""

    def __init__(self) -> None:
        self.logins: list[tuple[str, str, str]] = []  # Authorization (decoded), Content-Type, body
        self.login_answers: deque[Handler | tuple[int, Any, dict[str, str]]] = deque()
        self.expires_in = 86_400
        self.activations: list[tuple[str, Any]] = []  # Authorization, body
        self.activation_answers: deque[Handler | tuple[int, Any, dict[str, str]]] = deque()
        self.handshakes: deque[tuple[int, bytes, dict[str, str]]] = deque()
        self.tried = 0  # handshakes, refused ones too
        self.open_now = self.most_open = 0
        self.others: list[str] = []  # paths nobody should ask for
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._server: Server | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/oauth/token", self._login)
        app.router.add_post("/api/v2/media/transcriptions", self._activate)
        app.router.add_route("*", "/{path:.*}", self._other)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.http_port = self._runner.addresses[0][1]
        self._server = await serve(
            self._accept,
            "127.0.0.1",
            0,
            process_request=self._handshake,
            create_connection=Peer,
            ping_interval=None,
            close_timeout=1.0,
        )
        self.ws_port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None and self._runner is not None
        for connection in list(self._server.connections):
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()
        await self._runner.cleanup()

    @property
    def endpoints(self) -> Endpoints:
        http = f"http://127.0.0.1:{self.http_port}"
        stream_url = f"ws://127.0.0.1:{self.ws_port}/api/v2/websocket"
        return resolve(region="us-east-1", login_url=http, api_url=http, stream_url=stream_url)

    async def peer(self) -> Peer:
        """The next socket the daemon opens."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._peers.get()

    async def subscribed_peer(self) -> Peer:
        """The next socket the daemon opens, once it has asked for its session."""
        peer = await self.peer()
        assert (await peer.next_frame())["action"] == "subscribe"
        return peer

    async def _login(self, request: web.Request) -> web.StreamResponse:
        kind, _, pair = request.headers["Authorization"].partition(" ")
        assert kind == "Basic"
        body = await request.text()
        self.logins.append((base64.b64decode(pair).decode(), request.content_type, body))
        if self.login_answers:
            return await _scripted(self.login_answers.popleft(), request)
        token = f"token-{len(self.logins)}"
        return web.json_response({"access_token": token, "expires_in": self.expires_in, "token_type": "bearer"})

    async def _activate(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.activations.append((request.headers["Authorization"], body))
        if self.activation_answers:
            return await _scripted(self.activation_answers.popleft(), request)
        answer = {
            "id": "t-1",
            "status": "ACTIVE",
            "mediaSessionId": body["mediaSessionId"],
            "createdTime": "2026-10-21T07:28:00.000Z",
        }
        return web.json_response(answer, status=201)

    async def _other(self, request: web.Request) -> web.StreamResponse:
        self.others.append(request.path)
        return web.json_response({"access_token": "stolen", "expires_in": 60})

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.tried += 1
        if not self.handshakes:
            return None
        status, body, headers = self.handshakes.popleft()
        return Response(status, "Scripted", Headers(headers | {"Content-Length": str(len(body))}), body)

    async def _accept(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Peer)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        self._peers.put_nowait(connection)
        try:
            await connection.wait_closed()
        finally:
            self.open_now -= 1


async def _scripted(answer: Handler | tuple[int, Any, dict[str, str]], request: web.Request) -> web.StreamResponse:
    if callable(answer):
        return await answer(request)
    status, body, headers = answer
    if isinstance(body, bytes):
        return web.Response(status=status, body=body, headers=headers)
    return web.json_response(body, status=status, headers=headers)


class Bench:
    """One account against one small Genesys, with everything that it tells recorded."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream, self.time = upstream, SimulatedTime()
        self.meter, self.audit, self.sink = RecordingMeter(), RecordingAudit(), RecordingSink()
        self.session = SessionId("m-1")

    def genesys(self, *, chance: Any = None, answer_timeout_s: float = PATIENCE_S, **timing: float) -> Genesys:
        return Genesys(
            self.upstream.endpoints,
            Credentials("client-1", SECRET),
            clock=self.time,
            chance=chance or random.Random(1),
            meter=self.meter,
            audit=self.audit,
            sleep=self.time.sleep,
            timing=Timing(**({"open_timeout_s": PATIENCE_S, "close_timeout_s": 1.0} | timing)),
            answer_timeout_s=answer_timeout_s,
        )


def short(delay_s: float) -> bool:
    """A wait before a first try: full jitter under a second."""
    return delay_s < 1.0


def a_ping(delay_s: float) -> bool:
    """The wait before the next ping; floats add up to nearly 15."""
    return abs(delay_s - 15.0) < 1e-6


def not_a_ping(delay_s: float) -> bool:
    return not a_ping(delay_s)


@asynccontextmanager
async def following(bench: Bench, **options: Any) -> AsyncIterator[asyncio.Task[Ended]]:
    """Follows m-1 in the background; cancels it at the end if it still runs."""
    async with bench.genesys(**options) as genesys, asyncio.TaskGroup() as group:
        task = group.create_task(genesys.follow(bench.session, bench.sink))
        try:
            yield task
        finally:
            task.cancel()
