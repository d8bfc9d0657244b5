"""What went wrong with upstream, whose fault it is, and what to do next. Pure: one table for REST, tokens and streams.

| error | next |
|---|---|
| `StreamLost` (a close other than 1000, none, silence) | again after full jitter; 1008 and 4401 drop the token once |
| `UpstreamUnavailable` (network, timeout, 5xx, nonsense) | again after full jitter; calls try 5 times, streams on |
| `RateLimited` (429) | again after `Retry-After`, else 5, 10, 20 s; gives up after 3 tries |
| `Unauthorised` (401) | again at once with a new token; gives up the second time |
| `MissingPermission` (403), `UpstreamRefused` (other 4xx) | gives up |

Source: contract, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from captiond.base.backoff import Chance, full_jitter_s, parse_retry_after_s, rate_limit_delay_s
from captiond.base.errors import (
    MissingPermission,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.genesys.payloads import missing_permission_words, printable, server_field, server_words

CALL_TRIES: Final = 5  # of one REST call without a usable answer: by then about 15 s, longer than any caller waits
TOKEN_CLOSE_CODES: Final = frozenset({1008, 4401})  # how servers tell that a token has expired on an open socket


class StreamLost(UpstreamUnavailable):
    """A stream that was open is gone and upstream did not say that it is over.

    Attributes:
        cause: a few words for logs and audit: `closed 1012`, `connection lost`, `silent`.
        code: the close code upstream sent, None where it sent none.
    """

    def __init__(self, *, cause: str, code: int | None = None) -> None:
        super().__init__(operation="stream", why=cause)
        self.cause, self.code = cause, code


def error_of_answer(
    *,
    operation: str,
    status: int,
    body: bytes | str,
    now_s: float,
    retry_after: str | None = None,
    secrets: Sequence[str] = (),
) -> UpstreamError:
    """The error for an HTTP answer that is no success, with what the server said, bounded and without secrets.

    Args:
        operation: what we were doing, for people: `token`, `activate`, `subscribe`.
        status: anything but the status that was hoped for. A redirect is a refusal: a token never follows one.
        body: as much of it as was read.
        now_s: wall clock, for a `Retry-After` that is a date.
        retry_after: that header.
        secrets: what must not be repeated even if the server does.
    """
    if status == 429:
        return RateLimited(operation=operation, retry_after_s=parse_retry_after_s(retry_after, now_s=now_s))
    if status >= 500:
        words = server_words(body, secrets=secrets)
        return UpstreamUnavailable(operation=operation, status=status, message=words)
    if status == 403:
        words = missing_permission_words(body, secrets=secrets)
        return MissingPermission(operation=operation, status=status, message=words)
    kind = Unauthorised if status == 401 else UpstreamRefused
    return kind(
        operation=operation, status=status, message=server_words(body, secrets=secrets), field=server_field(body)
    )


def error_of_refusal(
    *, operation: str, status: int | None, message: str, retry_after_s: float | None, secrets: Sequence[str] = ()
) -> UpstreamError:
    """The error for a refusal that came as a frame: 429 waits, 401 wants a new token, all else is final."""
    words = printable(message, secrets=secrets)
    if status == 429:
        return RateLimited(operation=operation, retry_after_s=retry_after_s)
    kinds = {401: Unauthorised, 403: MissingPermission}
    return kinds.get(status or 0, UpstreamRefused)(operation=operation, status=status or 400, message=words)


def cause_of(error: UpstreamError) -> str:
    """A few words for logs, audit and a session's state: never what a server said, never longer than 40 characters."""
    match error:
        case StreamLost():
            return error.cause
        case RateLimited():
            return "rate limited"
        case Unauthorised():
            return "token refused"
        case UpstreamUnavailable(status=None):
            return "no usable answer"
        case UpstreamUnavailable() | UpstreamRefused():
            return f"status {error.status}"
        case _:
            return "upstream error"


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `delay_s`; with a new token if `fresh_token`. `tries` counts the waits of one kind, from 1."""

    delay_s: float
    cause: str
    tries: int
    fresh_token: bool = False
    rate_limited: bool = False


class Recovery:
    """Remembers what went wrong since things last went well, for one call or one stream.

    Args:
        chance: for the jitter.
        tries: how often in all an unavailable upstream is asked; None means for ever.
    """

    def __init__(self, *, chance: Chance, tries: int | None) -> None:
        self._chance, self._tries = chance, tries
        self.healthy()

    def healthy(self) -> None:
        """Things went well: an event came, or a stream stayed open. Later errors start from the first delay."""
        self._unavailable = self._rate_limited = 0
        self._refreshed = self._suspected = False

    def after(self, error: UpstreamError) -> Again | None:
        """What to do about an error: try again, or None to give up and tell it."""
        cause = cause_of(error)
        if isinstance(error, RateLimited):
            delay_s = rate_limit_delay_s(self._rate_limited, retry_after_s=error.retry_after_s)
            if delay_s is None:
                return None
            self._rate_limited += 1
            return Again(delay_s=delay_s, cause=cause, tries=self._rate_limited, rate_limited=True)
        if isinstance(error, Unauthorised):
            first, self._refreshed = not self._refreshed, True  # a second new token would be refused like the first
            return Again(delay_s=0.0, cause=cause, tries=1, fresh_token=True) if first else None
        if isinstance(error, UpstreamUnavailable):
            self._unavailable += 1
            if self._tries is not None and self._unavailable >= self._tries:
                return None
            suspect = isinstance(error, StreamLost) and error.code in TOKEN_CLOSE_CODES and not self._suspected
            self._suspected = self._suspected or suspect
            return Again(
                delay_s=full_jitter_s(self._unavailable - 1, chance=self._chance),
                cause=cause,
                tries=self._unavailable,
                fresh_token=suspect,
            )
        return None
