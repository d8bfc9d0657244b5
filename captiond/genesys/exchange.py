"""One HTTP request and its answer, bounded in time and size. Knows no tokens and never tries again."""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from captiond.base.errors import AnswerTooLong, LocalError, UpstreamError, UpstreamUnavailable
from captiond.base.observe import Clock, Meter
from captiond.genesys.recovery import error_of_answer

MAX_ANSWER_BYTES: Final = 262_144  # the answers here have under 2 KB; an error page of a proxy may have more
ANSWER_TIMEOUT_S: Final = 10.0  # as long as a caller of our API waits
CONNECT_TIMEOUT_S: Final = 5.0
USER_AGENT: Final = "captiond"
STREAM_PIECE_BYTES: Final = 65_536  # of an answer that is not held, in memory at once


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its status (2xx) and its whole body, which never shows in a repr."""

    status: int
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Asked:
    """What a request in hand has come to: a status, or `none` while nothing was answered."""

    status: str = "none"


class Stream:
    """An answer whose body is read as it comes; nothing of it is held.

    Attributes:
        complete: whether all of the body has come, by what HTTP says of its length.
    """

    def __init__(self, response: aiohttp.ClientResponse, *, operation: str) -> None:
        self._response, self._operation = response, operation
        self.complete = False

    @property
    def status(self) -> int:
        """Its status."""
        return self._response.status

    def header(self, name: str) -> str | None:
        """One of its headers."""
        return self._response.headers.get(name)

    async def pieces(self, most_bytes: int = STREAM_PIECE_BYTES) -> AsyncGenerator[bytes, None]:
        """The body, in pieces of `most_bytes` at most.

        Raises:
            UpstreamUnavailable: it ended too early, or nothing came for so long as an answer may take.
        """
        try:
            while piece := await self._response.content.read(most_bytes):
                yield piece
            self.complete = True
        except TimeoutError:
            why = "stopped in the middle"
        except (aiohttp.ClientError, OSError) as error:
            why = f"was cut in the middle ({type(error).__name__})"
        if not self.complete:
            raise UpstreamUnavailable(operation=self._operation, why=why)


class Exchange:
    """HTTP to upstream. Redirects, proxies of the environment, cookies and compressed bodies are not taken.

    Args:
        clock: times requests, and reads a `Retry-After` that is a date.
        meter: gets `upstream_requests_total` and `upstream_request_seconds`.
        tls: for https://.
        answer_timeout_s: from the first byte sent to the last one received, connecting included.
    """

    def __init__(
        self, *, clock: Clock, meter: Meter, tls: ssl.SSLContext, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self._clock, self._meter, self._tls = clock, meter, tls
        self._timeout = aiohttp.ClientTimeout(
            total=answer_timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, answer_timeout_s)
        )
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(
        self, url: str, *, operation: str, headers: Mapping[str, str], body: bytes, secret: str = ""
    ) -> Answer:
        """One POST; see `send`."""
        return await self.send("POST", url, operation=operation, headers=headers, body=body, secret=secret)

    async def send(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        secret: str = "",
        most_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """One request.

        Args:
            operation: the label of its metrics, and what errors name.
            secret: taken out of what the server says, should it repeat it.
            most_bytes: of an answer of success; one more byte, and it is not read on.
        Raises:
            AnswerTooLong: it has more than that.
            UpstreamUnavailable: no answer in time, no connection, or 5xx.
            RateLimited, Unauthorised, MissingPermission, UpstreamRefused: as the status says.
        """
        with self._measured(operation) as asked:
            async with self._http().request(
                method,
                url,
                data=body or None,
                headers={**headers, "Accept-Encoding": "identity"},
                allow_redirects=False,
            ) as response:
                asked.status = str(response.status)
                good = 200 <= response.status < 300
                received = await _read(response.content, most_bytes=most_bytes if good else MAX_ANSWER_BYTES)
                if not good:
                    raise self._refusal(response, received, operation=operation, secret=secret)
                if len(received) > most_bytes:
                    raise AnswerTooLong(operation=operation, most_bytes=most_bytes)
                return Answer(status=response.status, body=received)

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        operation: str,
        headers: Mapping[str, str],
        secret: str = "",
        also: frozenset[int] = frozenset(),
    ) -> AsyncIterator[Stream]:
        """One GET whose answer may be larger than memory. Its head must come in time, then each piece of it.

        Args:
            also: statuses that are an answer here, beside those of success.
        Raises:
            UpstreamUnavailable, RateLimited, Unauthorised, MissingPermission, UpstreamRefused: as `send`.
        """
        most_s = self._timeout.total
        with self._measured(operation) as asked:
            response = await self._http().get(
                url,
                headers={**headers, "Accept-Encoding": "identity"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=self._timeout.sock_connect, sock_read=most_s),
            )
            asked.status = str(response.status)
        try:
            if not 200 <= response.status < 300 and response.status not in also:
                words = await _words(response.content)
                raise self._refusal(response, words, operation=operation, secret=secret)
            yield Stream(response, operation=operation)
        finally:
            response.close()  # what was not read is not wanted

    @contextmanager
    def _measured(self, operation: str) -> Iterator[_Asked]:
        """One request: it is counted and timed, and what breaks it is upstream's fault, named without its words."""
        asked, started_s = _Asked(), self._clock.monotonic_s()
        try:
            yield asked
        except TimeoutError:
            raise UpstreamUnavailable(operation=operation, why="timed out") from None
        except ssl.SSLError:
            raise UpstreamUnavailable(operation=operation, why="could not be reached by TLS") from None
        except (aiohttp.ClientError, OSError) as error:
            # Only the class is told: the text of these errors may hold the URL or the answer.
            raise UpstreamUnavailable(operation=operation, why=f"failed ({type(error).__name__})") from None
        finally:
            self._meter.count("upstream_requests_total", operation=operation, status=asked.status)
            self._meter.observe("upstream_request_seconds", self._clock.monotonic_s() - started_s, operation=operation)

    def _refusal(self, response: aiohttp.ClientResponse, words: bytes, *, operation: str, secret: str) -> UpstreamError:
        return error_of_answer(
            operation=operation,
            status=response.status,
            body=words,
            now_s=self._clock.now_s(),
            retry_after=response.headers.get("Retry-After"),
            secrets=(secret,),
        )

    async def close(self) -> None:
        """Closes every connection. Nothing can be asked afterwards."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        """Made at the first request, because it belongs to the event loop that runs then."""
        if self._closed:
            raise LocalError("this exchange is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls),
                timeout=self._timeout,
                headers={"User-Agent": USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small body that unpacks to gigabytes is not read
                trust_env=False,
            )
        return self._session


async def _words(content: aiohttp.StreamReader) -> bytes:
    """What an error says, or the part of it that came: its status is known."""
    try:
        return await _read(content, most_bytes=MAX_ANSWER_BYTES)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return b""


async def _read(content: aiohttp.StreamReader, *, most_bytes: int) -> bytes:
    """The body, or its first bytes: one more than the limit where it is longer."""
    received = bytearray()
    while len(received) <= most_bytes:
        piece = await content.read(most_bytes + 1 - len(received))
        if not piece:
            break
        received += piece
    return bytes(received)
