"""One viewer of `captions.v1` over a WebSocket: connects, resumes by position, says when and why it gives up."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from captiond.base.backoff import Chance, full_jitter_s, parse_retry_after_s
from captiond.base.errors import CaptiondError
from captiond.base.observe import Clock
from captiond.core.screen import Applied, ProtocolViolation, Screen

OPEN_TIMEOUT_S: Final = 10.0
PING_GRACE_S: Final = 10.0  # beyond pingS: a ping queues behind a replay on a slow line
MAX_MESSAGE_BYTES: Final = 1 << 20  # a snapshot comes in one message of at most 64 KiB; far above that it is not ours
GIVE_UP_FIRST_S: Final = 15.0  # a wrong address should be said soon
GIVE_UP_LATER_S: Final = 600.0  # a daemon that was there comes back from a restart or a longer outage
GOOD_AFTER_S: Final = 5.0  # a connection that lived this long was good: delays start small again
MAX_VIOLATIONS: Final = 5  # in a row: such a server will not get better by asking again
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

REFUSED: Final[Mapping[int, str]] = {
    400: "the daemon did not accept the request",
    401: "a valid viewer token is needed: --token",
    403: "the token is not for this session, or the daemon does not allow this viewer",
    404: "there is no such session",
    410: "the session has ended and its captions are no longer kept",
}


class WatchFailed(CaptiondError):
    """There are no captions, and another try would not change that."""


class BadAddress(CaptiondError):
    """An argument is not what it should be: wrong usage. The message names it and what is allowed."""


def stream_address(url: str, session: str) -> str:
    """The WebSocket address of a session, without a query.

    Args:
        url: the daemon's base URL, http(s) or ws(s); may have a path.
    Raises:
        BadAddress: another scheme, no host, user information, a query or a fragment. The message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise BadAddress("URL: not a valid address") from None
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname or not port_is_valid:
        raise BadAddress("URL: expected the daemon's base URL, such as http://127.0.0.1:8787")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise BadAddress("URL: no query, fragment or user name is allowed; give a token with --token")
    path = f"{parts.path.rstrip('/')}/v1/sessions/{quote(session, safe='')}/ws"
    return urlunsplit((scheme, parts.netloc, path, "", ""))


class Follow:
    """Keeps one screen up to date until the session ends.

    Args:
        address: from `stream_address`.
        token: sent as a bearer token, never in the address.
        heard: called with every applied message; `live` is False for what is replayed.
        said: called with each change of the connection's state, in words.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None,
        heard: Callable[[Applied, Screen, Mapping[str, Any], bool], None],
        said: Callable[[str], None],
        clock: Clock,
        chance: Chance,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._address, self._token = address, token
        self._heard, self._said = heard, said
        self._clock, self._chance, self._sleep = clock, chance, sleep
        self.screen = Screen()
        self._welcomed_s: float | None = None
        self._server_time = ""
        self._violations = 0

    async def run(self) -> None:
        """Returns when the session has ended.

        Raises:
            WatchFailed: refused for good, failed, or unreachable for too long. The message says which.
        """
        down_since_s, tries = self._clock.monotonic_s(), 0
        ever = False
        while True:
            self._said("connecting" if not ever else "reconnecting")
            why, asked_s = await self._once()
            if why is None:
                return
            now_s = self._clock.monotonic_s()
            if self._welcomed_s is not None:
                ever = True
                if now_s - self._welcomed_s >= GOOD_AFTER_S:
                    tries = self._violations = 0
                down_since_s = now_s
            if now_s - down_since_s >= (GIVE_UP_LATER_S if ever else GIVE_UP_FIRST_S):
                raise WatchFailed(why)
            delay_s = (asked_s or 0.0) + full_jitter_s(tries, chance=self._chance)
            tries += 1
            self._said(f"{why}; trying again in {delay_s:.1f} s")
            await self._sleep(delay_s)

    async def _once(self) -> tuple[str | None, float | None]:
        """One connection. Answers why it ended (None: the session has ended) and the delay that was asked for."""
        self._welcomed_s = None
        position = self.screen.position
        address = self._address + (f"?{urlencode({'position': position})}" if position else "")
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        host = urlsplit(self._address).hostname
        try:
            async with connect(
                address,
                additional_headers=headers,
                subprotocols=[Subprotocol("captions.v1")],
                compression=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=2.0,
                max_size=MAX_MESSAGE_BYTES,
                proxy=None if host in LOOPBACK else True,
            ) as socket:
                return await self._listen(socket)
        except InvalidStatus as refusal:
            return self._refused(refusal)
        except (InvalidHandshake, InvalidURI) as fault:
            raise WatchFailed(f"this is not a caption stream ({type(fault).__name__})") from None
        except (OSError, TimeoutError, EOFError) as fault:
            return f"cannot reach the daemon ({type(fault).__name__})", None

    def _refused(self, refusal: InvalidStatus) -> tuple[str, float | None]:
        status = refusal.response.status_code
        if status in REFUSED:
            raise WatchFailed(f"{status}: {REFUSED[status]}") from None
        if status not in (429, 503) and status < 500:
            raise WatchFailed(f"{status}: this is not a caption stream") from None
        asked = parse_retry_after_s(refusal.response.headers.get("Retry-After"), now_s=self._clock.now_s())
        return f"the daemon answered {status}", asked

    async def _listen(self, socket: ClientConnection) -> tuple[str | None, float | None]:
        retry_s: float | None = None
        while True:
            silence_s = OPEN_TIMEOUT_S if self.screen.ping_s is None else self.screen.ping_s + PING_GRACE_S
            try:
                async with asyncio.timeout(silence_s):
                    frame = await socket.recv()
            except TimeoutError:
                return "the daemon fell silent", None
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else None
                return self._closed(self.screen.bye or code), retry_s
            try:
                message = _parse(frame)
                applied = self.screen.apply(message)
            except ProtocolViolation as violation:
                # Nothing of a screen that was told nonsense can be trusted: begin again with a snapshot.
                self.screen = Screen()
                self._violations += 1
                if self._violations >= MAX_VIOLATIONS:
                    raise WatchFailed(f"the daemon breaks the protocol again and again ({violation})") from None
                return f"the daemon broke the protocol ({violation})", None
            if applied.what == "welcome":
                self._welcomed_s = self._clock.monotonic_s()
                self._server_time = str(message.get("serverTime", ""))
                self._said("live")
            retry_ms = message.get("retryMs")
            if applied.what == "bye" and isinstance(retry_ms, int | float):
                retry_s = max(0.0, retry_ms / 1000)
            live = applied.what != "reset" and str(message.get("sentAt", "")) > self._server_time
            self._heard(applied, self.screen, message, live)

    def _closed(self, code: int | None) -> str | None:
        """Why, in words; None where the session has ended. Raises WatchFailed where there is no coming back."""
        if code == 4510:
            if self.screen.state == "failed":
                raise WatchFailed("the session failed" + (f": {self.screen.reason}" if self.screen.reason else ""))
            return None
        if code is not None and 4500 <= code <= 4999:
            raise WatchFailed(f"the daemon closed the stream with {code}")
        return "the connection was lost" if code is None else f"the daemon closed the stream with {code}"


def _parse(frame: str | bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(frame) if isinstance(frame, str) else None
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise ProtocolViolation("a frame is not a JSON object")
    return message
