"""The Genesys Cloud stand-in: token endpoint, activation, WebSocket, control endpoint. Real sockets on loopback."""

import socket
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from captiond.base.errors import LocalError
from captiond.base.instants import iso_utc
from captiond.clock import SystemClock
from captiond.simulator.after_calls import AfterCalls, Call
from captiond.simulator.endpoints import MAX_BODY_BYTES, Endpoints
from captiond.simulator.faultbook import FaultBook
from captiond.simulator.faults import Fault
from captiond.simulator.interactions import Interaction, Interactions
from captiond.simulator.ledger import Ledger
from captiond.simulator.media import Library, Recording
from captiond.simulator.messaging import Messages, Messaging
from captiond.simulator.pace import Pace
from captiond.simulator.playback import AtEnd, Playback, Resume
from captiond.simulator.recordings import Recordings, Transcript
from captiond.simulator.searches import Findings
from captiond.simulator.stage import Stage, Unknown
from captiond.simulator.tokens import Tokens
from captiond.simulator.tracks import Track, track_of
from captiond.simulator.world import Frames, World

GOING_AWAY: Final = 1001
SHUTDOWN_PATIENCE_S: Final = 1.0  # for requests under way; everything is on this machine
HOST: Final = "127.0.0.1"  # never open to a network: its control endpoint asks for no key


class Simulator:
    """A Genesys Cloud of one's own, on loopback.

    Use it as `async with Simulator(...) as sim:` or with `start` and `stop`; after `stop`, `start` takes the same port
    again, and tokens, sessions and counters are still there (a network failure, not another server).

    Attributes:
        ledger: what happened, counted.
        url, login_url, api_url: base of the HTTP endpoints; stream_url: the WebSocket. Known once it is started.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tracks: Iterable[Track] = (),
        speed: float = 1.0,
        at_end: AtEnd | str = AtEnd.CLOSE,
        resume: Resume | str = Resume.LIVE,
        unknown: Unknown | str = Unknown.REFUSE,
        mapping: Mapping[str, str] | None = None,
        batch: int = 1,
        frames: Frames | str = Frames.ARRAY,
        credentials: tuple[str, str] | None = None,
        expires_in_s: float = 86_399,
        require_activation: bool = False,
        media: Iterable[Recording] = (),
        interactions: Iterable[Interaction] = (),
        conversations: Iterable[Messages] = (),
        calls: Iterable[Call] = (),
        transcripts: Iterable[Transcript] = (),
        any_media: bool = False,
        requests_per_s: float | None = None,
        webhook_secret: str = "",
        faults: Iterable[Fault] = (),
        pace: Pace | None = None,
    ) -> None:
        """What it plays and how.

        Args:
            port: 0 takes a free one.
            tracks: what is played, by media session.
            speed: conversation seconds in a second.
            at_end: what happens after a session's last event.
            resume: what happens to events that fall due while nobody is subscribed.
            unknown: what a media session gets that has no track.
            mapping: media session -> the session whose track it plays.
            batch: events put into one frame, at most; a pause of 1 s sends fewer.
            frames: the shape of a frame with one event.
            credentials: client id and secret that get a token; None: any that are not empty.
            expires_in_s: life of a token.
            require_activation: refuse a subscription (404) to a session that was not activated.
            media: stored recordings that can be transcribed.
            interactions: those that can be transcribed.
            conversations: of web messaging.
            calls: conversations by telephone, with what is transcribed of them after the call.
            transcripts: those of recordings; `size-N` as an id is one of N bytes, always.
            any_media: a recording, an interaction, a transcript and a conversation of every other id, too.
            requests_per_s: to the API; more of them within a second get 429. None: as many as come.
            webhook_secret: signs callbacks; "": they are not signed.
            pace: the time; tests hand in a `ManualPace`.
        """
        if batch < 1:
            raise ValueError("batch: allowed are whole numbers from 1")
        self._pace = pace or SystemClock()
        self.ledger = Ledger()
        self._world = World(
            pace=self._pace,
            stage=Stage(
                tracks,
                speed=speed,
                at_end=AtEnd(at_end),
                resume=Resume(resume),
                unknown=Unknown(unknown),
                mapping=mapping or {},
            ),
            book=FaultBook(faults),
            tokens=Tokens(credentials=credentials, expires_in_s=expires_in_s),
            ledger=self.ledger,
            batch=batch,
            frames=Frames(frames),
            require_activation=require_activation,
            library=Library(media, any_id=any_media),
            requests_per_s=requests_per_s,
            webhook_secret=webhook_secret,
        )
        self._endpoints = Endpoints(self._world)
        self._endpoints.interactions.store(interactions)
        self._endpoints.messaging.store(conversations)
        self._endpoints.after_calls.store(calls)
        self._endpoints.recordings.store(transcripts)
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens. Raises OSError where the port is taken."""
        if self._runner is not None:
            raise LocalError("the simulator runs already")
        self._world.stopping.clear()
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        self._endpoints.add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_PATIENCE_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, self._port)
            await site.start()
        except BaseException:
            await runner.cleanup()
            raise
        self._port = _port_of(runner)
        self._runner = runner

    async def stop(self, *, abruptly: bool = False) -> None:
        """Closes every socket (1001; `abruptly`: cuts it) and stops listening. Harmless if it does not run."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        self._world.stopping.set()
        for site in list(runner.sites):
            await site.stop()
        for connection in self._endpoints.connections:
            if abruptly or connection.silent_s:
                connection.abort()
            else:
                await connection.close(GOING_AWAY, "the server is going away")
        await runner.cleanup()
        await self._endpoints.rest()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """Base of the HTTP endpoints."""
        if not self._port:
            raise LocalError("the simulator has not been started")
        return f"http://{HOST}:{self._port}"

    @property
    def login_url(self) -> str:
        """For `[genesys] login_url`."""
        return self.url

    @property
    def api_url(self) -> str:
        """For `[genesys] api_url`."""
        return self.url

    @property
    def stream_url(self) -> str:
        """For `[genesys] stream_url`."""
        return f"{self.url.replace('http', 'ws', 1)}/api/v2/websocket"

    @property
    def sessions(self) -> list[str]:
        """The media sessions that have a track."""
        return self._world.stage.sessions

    def play(
        self,
        session: str,
        events: Iterable[Mapping[str, Any]] | Track,
        *,
        speed: float | None = None,
        at_end: AtEnd | str | None = None,
        resume: Resume | str | None = None,
    ) -> None:
        """Gives a media session its events; they start at its next first subscription.

        Args:
            events: section 3 events, whose own `mediaSessionId` does not matter, or a track.
            speed, at_end, resume: other than the simulator's.

        Raises:
            EventFileError: an event cannot be played.
            LocalError: the session is being played now.
        """
        track = events.under(session) if isinstance(events, Track) else track_of(session, events)
        self._world.stage.put(
            track,
            speed=speed,
            at_end=None if at_end is None else AtEnd(at_end),
            resume=None if resume is None else Resume(resume),
        )

    def playback(self, session: str) -> Playback | None:
        """Where the session stands; None where it is not known."""
        return self._world.stage.find(session)

    async def emit(self, session: str, *events: Mapping[str, Any]) -> int:
        """Sends these events now, in one frame, to every subscription of the session; answers how many there are.

        Keys given are sent as they are, wrong ones too; `eventType`, `mediaSessionId` and `timestamp` are filled in.
        """
        stamp = iso_utc(self._pace.now_s())
        full = [
            {"eventType": "transcription", "mediaSessionId": session, "timestamp": stamp, **event} for event in events
        ]
        listeners = [connection for connection in self._endpoints.connections if connection.plays(session)]
        for connection in listeners:
            await connection.send_events(session, full)
        return len(listeners)

    async def send_raw(self, session: str, frame: bytes, *, text: bool = True) -> int:
        """Sends these bytes as one frame to every subscription of the session; answers how many there are."""
        listeners = [connection for connection in self._endpoints.connections if connection.plays(session)]
        for connection in listeners:
            await connection.write(frame, text=text)
        return len(listeners)

    def add_faults(self, *faults: Fault) -> None:
        """Arms faults; one without a moment strikes at once."""
        self._world.book.add(faults)
        self._endpoints.wake_all()

    def store(self, *recordings: Recording) -> None:
        """More recordings, or others under the same ids."""
        self._world.library.add(recordings)

    @property
    def interactions(self) -> Interactions:
        """Interactions, the subscriptions that stand, and what the account may."""
        return self._endpoints.interactions

    @property
    def messaging(self) -> Messaging:
        """Conversations of web messaging, and what was asked about them."""
        return self._endpoints.messaging

    @property
    def recordings(self) -> Recordings:
        """Transcripts of recordings, and what was asked of them."""
        return self._endpoints.recordings

    @property
    def after_calls(self) -> AfterCalls:
        """Conversations as Genesys Cloud has them, and their transcripts."""
        return self._endpoints.after_calls

    @property
    def findings(self) -> Findings:
        """What the search in recordings' transcripts finds, and what it was asked."""
        return self._endpoints.findings

    def faults(self) -> list[dict[str, object]]:
        """What is armed, and how often each has struck."""
        return self._world.book.listing()

    def clear_faults(self) -> None:
        """Disarms all faults. A socket that fell silent stays so."""
        self._world.book.clear()

    def expire_tokens(self) -> None:
        """Every token given out so far is void from now on."""
        self._world.tokens.expire_all()


def _port_of(runner: web.AppRunner) -> int:
    for site in runner.sites:
        server = getattr(site, "_server", None)
        if server is not None and server.sockets:
            listener: socket.socket = server.sockets[0]
            return int(listener.getsockname()[1])
    raise LocalError("the simulator listens nowhere")
