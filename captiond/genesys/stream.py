"""One subscription of one media session, kept alive: subscribe, read, reconnect, until it is over.

The states and what moves between them are a table in `docs/upstream.md`; what to do about an error is one in
`recovery`. Source: contract, section 3.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from captiond.base.backoff import Chance
from captiond.base.errors import UpstreamError, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.base.inside import empty, remains, sealed
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.core.arrival import Arrival
from captiond.core.messages import SessionState
from captiond.genesys.dialect_media import Decoded, Refusal, decode_frame, subscribe_frame, unsubscribe_frame
from captiond.genesys.oauth import Token, Tokens
from captiond.genesys.patience import Patience
from captiond.genesys.recovery import Recovery, StreamLost, error_of_answer, error_of_refusal
from captiond.genesys.stream_socket import FRAME_TOO_BIG, StreamSocket, open_socket

log: Final = logging.getLogger(__name__)

PROFILE: Final = "media"
TURN_S: Final = 0.02  # on one frame's events; then others have a turn: a frame may hold 1,000, each of some ms at worst


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stream waits for what, in seconds."""

    ping_every_s: float = 15.0
    dead_after_s: float = 40.0  # no frame and no pong for so long: two pings unanswered, and some slack
    healthy_after_s: float = 30.0  # open for so long: the longest delay between tries is forgotten
    open_timeout_s: float = 10.0  # TCP, TLS and the handshake together
    close_timeout_s: float = 2.0  # the closing handshake; then the connection is cut


class StreamSink(Protocol):
    """Where a stream's events go. None of these may wait; what they raise ends the stream, as `base.inside.Inside`."""

    def deliver(self, arrival: Arrival, *, received_s: float) -> None:
        """One event. `received_s`: monotonic, when the last byte of its frame came out of the socket."""
        ...

    def disconnected(self, *, cause: str, delay_s: float) -> None:
        """No events come for now; the next try is after `delay_s`. Called before each try, so several times in a row
        while upstream stays away; also before the first success."""
        ...

    def subscribed(self, *, again: bool) -> None:
        """The subscription was asked for on an open socket. `again`: not for the first time."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes, and nobody cancelled it.

    Attributes:
        reason: `upstream_closed`, or for a failure what upstream said, bounded, for people.
        failed: upstream refused for good.
        error: the refusal, None where it is over as planned.
    """

    reason: str
    failed: bool = False
    error: UpstreamError | None = None

    @property
    def state(self) -> SessionState:
        """The state that the session comes to."""
        return SessionState.FAILED if self.failed else SessionState.ENDED


class Stream:
    """Follows media sessions, each over a socket of its own. Holds nothing but what all of them share."""

    def __init__(
        self,
        *,
        url: str,
        tls: ssl.SSLContext,
        tokens: Tokens,
        clock: Clock,
        chance: Chance,
        patience: Patience,
        meter: Meter,
        audit: AuditSink,
        timing: Timing,
    ) -> None:
        self._url, self._tls, self._tokens, self._clock, self._chance = url, tls, tokens, clock, chance
        self._patience, self._meter, self._audit, self._timing = patience, meter, audit, timing

    async def follow(self, session: SessionId, sink: StreamSink) -> Ended:
        """Subscribes and delivers until upstream says that the stream is over, or refuses for good.

        At most one socket is open at any time: the old one is closed, and that awaited, before the next one opens.
        Cancel it to unsubscribe: the frame is sent and the socket closed with 1000, within `close_timeout_s` each.
        """
        recovery = Recovery(chance=self._chance, tries=None)
        subscription = _Subscription(session, sink, recovery)
        while True:
            try:
                await self._one_connection(subscription)
                return Ended("upstream_closed")
            except UpstreamError as error:
                again = recovery.after(error)
                if again is None:
                    log.warning("stream failed: session=%s reason=%s", session, error)
                    self._audit.record("stream_failed", mediaSessionId=session)
                    return Ended(str(error), failed=True, error=error)
            if again.fresh_token and subscription.token is not None:
                self._tokens.drop(subscription.token)
            if again.rate_limited:
                self._patience.tell_rate_limited(again, operation="subscribe", session=session)
            self._patience.tell_reconnect(again, session=session)
            sink.disconnected(cause=again.cause, delay_s=again.delay_s)
            await self._patience.wait(again.delay_s)

    async def _one_connection(self, subscription: "_Subscription") -> None:
        """Opens, subscribes and reads until the socket is closed, which it is in any case afterwards.

        Returns where upstream closed with 1000. Raises UpstreamError otherwise.
        """
        subscription.token = token = await self._tokens.token()
        socket = await self._open(token)
        try:
            outcome = await self._use(socket, subscription)
        except asyncio.CancelledError:
            await socket.send_within(unsubscribe_frame(subscription.session), self._timing.close_timeout_s)
            raise
        finally:
            await socket.shut()
            log.info("stream closed: session=%s code=%s", subscription.session, socket.close_code or "none")
            self._audit.record("stream_closed", mediaSessionId=subscription.session, code=socket.close_code)
        if outcome is not None:
            raise outcome

    async def _open(self, token: Token) -> StreamSocket:
        """An open socket, or the error that the refusal means."""
        try:
            return await open_socket(
                self._url,
                headers=token.header,
                tls=self._tls,
                clock=self._clock,
                open_timeout_s=self._timing.open_timeout_s,
                close_timeout_s=self._timing.close_timeout_s,
            )
        except InvalidStatus as refused:
            response = refused.response
            raise error_of_answer(
                operation="subscribe",
                status=response.status_code,
                body=bytes(response.body or b""),
                now_s=self._clock.now_s(),
                retry_after=next(iter(response.headers.get_all("Retry-After")), None),
                secrets=(token.value,),
            ) from None
        except InvalidMessage:
            raise UpstreamUnavailable(operation="subscribe", why="closed the connection") from None
        except TimeoutError:
            raise UpstreamUnavailable(operation="subscribe", why="timed out") from None
        except (InvalidHandshake, OSError) as error:
            raise UpstreamUnavailable(operation="subscribe", why=f"failed ({type(error).__name__})") from None

    async def _use(self, socket: StreamSocket, subscription: "_Subscription") -> UpstreamError | None:
        """Subscribes on an open socket and reads it to its end; the pings are a task beside that.

        Returns why it ended, None where upstream closed with 1000. What a sink raises comes out as `Inside`.
        """
        problem: Exception | None = None
        outcome: UpstreamError | None = None
        async with asyncio.TaskGroup() as connection:
            pings = connection.create_task(self._keep_alive(socket, subscription))
            try:
                outcome = await self._read(socket, subscription)
            except Exception as error:  # carried out of the group, which would wrap it
                problem = error
            finally:
                pings.cancel()
        if problem is not None:
            raise problem
        return outcome

    async def _read(self, socket: StreamSocket, subscription: "_Subscription") -> UpstreamError | None:
        session = subscription.session
        try:
            await socket.send(subscribe_frame(session))
            subscription.opened()
            log.info("subscribed: session=%s", session)
            self._audit.record("subscribed", mediaSessionId=session)
            refusal: Refusal | None = None
            while refusal is None:
                refusal = await self._hand_on(socket, subscription)  # no frame is a variable here: see below
            return error_of_refusal(
                operation="subscribe",
                status=refusal.status,
                message=refusal.message,
                retry_after_s=refusal.retry_after_s,
                secrets=(subscription.token.value,) if subscription.token is not None else (),
            )
        except ConnectionClosed as closed:
            why = socket.why_closed(closed)
            empty(closed)
            if isinstance(why, StreamLost) and why.cause == FRAME_TOO_BIG:  # the library read and dropped it
                self._meter.count("upstream_rejected_total", reason="frame_too_big")
            return why
        except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit) as stop:
            empty(stop)  # also of the frame that was being handed on
            raise
        except BaseException as fault:
            left = remains(fault)
        raise left

    async def _hand_on(self, socket: StreamSocket, subscription: "_Subscription") -> Refusal | None:
        """One frame, read and delivered. Answers the refusal that was in it."""
        frame, received_s = await socket.receive()
        decoded = _decode(frame, session=subscription.session)
        self._count(decoded)
        if decoded.arrivals:
            subscription.recovery.healthy()
        turn_s = self._clock.monotonic_s()
        for arrival in decoded.arrivals:
            _deliver(subscription.sink, arrival, received_s)
            if self._clock.monotonic_s() - turn_s >= TURN_S:
                await asyncio.sleep(0)
                turn_s = self._clock.monotonic_s()
        return decoded.refusal

    async def _keep_alive(self, socket: StreamSocket, subscription: "_Subscription") -> None:
        """Pings, and cuts a connection on which nothing comes back; the reader then sees its end."""
        opened_s = pinged_s = self._clock.monotonic_s()
        timing = self._timing
        while True:
            now_s = self._clock.monotonic_s()
            if now_s - opened_s >= timing.healthy_after_s and socket.heard_s > opened_s:
                subscription.recovery.healthy()
            if now_s >= socket.heard_s + timing.dead_after_s:
                socket.cut(StreamLost(cause="silent"))
                return
            if now_s >= pinged_s + timing.ping_every_s:
                pinged_s = now_s
                try:
                    await socket.ping()
                except ConnectionClosed:
                    return
            due_s = min(pinged_s + timing.ping_every_s, socket.heard_s + timing.dead_after_s)
            await self._patience.wait(max(0.0, due_s - self._clock.monotonic_s()))

    def _count(self, decoded: Decoded) -> None:
        # Events are counted by the hub, whatever source they came from; here is only what never gets there.
        if decoded.ignored or decoded.refusal is not None:
            others = decoded.ignored + (decoded.refusal is not None)
            self._meter.count("upstream_events_total", others, profile=PROFILE, kind="other")
        for reason in decoded.rejected:
            self._meter.count("upstream_rejected_total", reason=reason)


_decode = sealed(decode_frame)


@sealed
def _deliver(sink: StreamSink, arrival: Arrival, received_s: float) -> None:
    sink.deliver(arrival, received_s=received_s)


class _Subscription:
    """What one call of `follow` knows across its connections."""

    def __init__(self, session: SessionId, sink: StreamSink, recovery: Recovery) -> None:
        self.session, self.sink, self.recovery = session, sink, recovery
        self.token: Token | None = None  # the newest that a connection was opened with
        self._opened_before = False

    def opened(self) -> None:
        """A subscription was asked for."""
        self.sink.subscribed(again=self._opened_before)
        self._opened_before = True
