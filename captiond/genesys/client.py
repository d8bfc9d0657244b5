"""One Genesys account, as the rest of the daemon sees it: a token, activations, streams."""

import asyncio
import ssl
from types import TracebackType
from typing import Final, Self

from captiond.base.backoff import Chance
from captiond.base.errors import LocalError
from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.genesys.calls import Calls
from captiond.genesys.exchange import ANSWER_TIMEOUT_S, Exchange
from captiond.genesys.oauth import Credentials, Tokens
from captiond.genesys.patience import Patience, Sleep
from captiond.genesys.payloads import Activation, MediaRequest
from captiond.genesys.regions import Endpoints
from captiond.genesys.rest import Rest
from captiond.genesys.stream import Ended, Stream, StreamSink, Timing
from captiond.genesys.throttle import Throttle

CALLS_PER_S: Final = 10.0  # the documents' limit for a tenant
READS_PER_S: Final = 100.0  # and for reading conversations, "about"
READ_PAUSE_S: Final = 1.0  # after a 429 that names no time: the first wait of workflows.md, section 4


class Genesys:
    """Profile `media`. Use it as an async context manager, or `close()` it.

    `calls` is the REST API for the workflows, `reads` the same at the pace that is allowed for reading conversations.

    Args:
        endpoints: from `regions.resolve`.
        credentials: of a client of the account.
        clock: the time of the process.
        chance: for jitter: `random.Random()`.
        meter, audit: take figures and records; given no text and no token.
        sleep: every wait between tries and pings: `asyncio.sleep`, or simulated time.
        timing: the limits of streams.
        answer_timeout_s: for one REST answer.
        calls_per_s: what the account allows the workflows; the live path, which asks seldom, does not wait for them.
        reads_per_s: what it allows for reading conversations.
        tls: whom to trust; None means the system's certificates.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credentials: Credentials,
        *,
        clock: Clock,
        chance: Chance,
        meter: Meter,
        audit: AuditSink,
        sleep: Sleep = asyncio.sleep,
        timing: Timing | None = None,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        calls_per_s: float = CALLS_PER_S,
        reads_per_s: float = READS_PER_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        tls = tls or ssl.create_default_context()
        self._exchange = Exchange(clock=clock, meter=meter, tls=tls, answer_timeout_s=answer_timeout_s)
        patience = Patience(sleep=sleep, meter=meter, audit=audit)
        self._tokens = Tokens(
            exchange=self._exchange,
            token_url=endpoints.token_url,
            credentials=credentials,
            clock=clock,
            chance=chance,
            patience=patience,
            audit=audit,
        )
        self._rest = Rest(
            exchange=self._exchange,
            endpoints=endpoints,
            tokens=self._tokens,
            chance=chance,
            patience=patience,
            audit=audit,
        )
        self.calls = Calls(
            exchange=self._exchange,
            api_url=endpoints.api_url,
            tokens=self._tokens,
            throttle=Throttle(calls_per_s, clock=clock, sleep=sleep),
        )
        self.reads = Calls(
            exchange=self._exchange,
            api_url=endpoints.api_url,
            tokens=self._tokens,
            throttle=Throttle(reads_per_s, clock=clock, sleep=sleep, yielding=True),
            unnamed_pause_s=READ_PAUSE_S,
        )
        self._stream = Stream(
            url=endpoints.stream_url,
            tls=tls,
            tokens=self._tokens,
            clock=clock,
            chance=chance,
            patience=patience,
            meter=meter,
            audit=audit,
            timing=timing or Timing(),
        )
        self._following: dict[SessionId, _Following] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes what REST holds open. Streams belong to the tasks that follow them; cancel those first."""
        await self._exchange.close()

    async def token(self) -> str:
        """A token that is usable now. It is a secret: never log it.

        Raises:
            UpstreamRefused, RateLimited, UpstreamUnavailable: as `oauth.Tokens.token`.
        """
        return (await self._tokens.token()).value

    async def activate(self, request: MediaRequest) -> Activation:
        """Starts the transcription of one media session. Raises as `rest.Rest.activate`."""
        return await self._rest.activate(request)

    async def follow(self, session: SessionId, sink: StreamSink) -> Ended:
        """Subscribes to a media session and delivers its events until it is over; see `stream.Stream.follow`.

        One subscription per media session at any time: a second caller waits while the first one, cancelled, is still
        saying goodbye.

        Raises:
            LocalError: the session is being followed, and nobody has cancelled that.
        """
        while (other := self._following.get(session)) is not None:
            if not other.leaving:
                raise LocalError(f"session {session} is followed already")
            await other.gone.wait()
        following = self._following[session] = _Following()
        try:
            return await self._stream.follow(session, sink)
        finally:
            del self._following[session]
            following.gone.set()


class _Following:
    """One running call of `follow`."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self.gone = asyncio.Event()

    @property
    def leaving(self) -> bool:
        """Whether it was cancelled."""
        return self._task is not None and self._task.cancelling() > 0
