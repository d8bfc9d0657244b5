"""Exceptions by blame: ours, the viewer's, upstream's. A class exists where someone branches on it.

No message here ever holds transcript text, a token or a query string.
"""


class CaptiondError(Exception):
    """Any error that captiond raises on purpose."""


class LocalError(CaptiondError):
    """Our own fault: a call that the program should not have made."""


class UpstreamError(CaptiondError):
    """Genesys' fault, or the network's. Try again by the backoff policy unless a subclass says otherwise."""


class UpstreamUnavailable(UpstreamError):
    """No usable answer (network error, timeout or 5xx). `status` is None where there was no answer at all. `message` is
    what the server said with it, bounded to 500 characters: for who asked, not for logs, as it may be any page."""

    def __init__(self, *, operation: str, status: int | None = None, why: str = "", message: str = "") -> None:
        self.operation, self.status, self.message = operation, status, message[:500]
        said = f"answered {status}" if status is not None else (why or "did not answer")
        super().__init__(f"{operation}: upstream {said}")


class UpstreamInvalid(UpstreamUnavailable):
    """An answer of success that is not what the documents say. `why` names what lacks, never what was there."""


class AnswerTooLong(UpstreamInvalid):
    """An answer of success with more than `most_bytes`: it was not read to its end."""

    def __init__(self, *, operation: str, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        super().__init__(operation=operation, why=f"sent an unusable answer: longer than {most_bytes} bytes")


class UpstreamRefused(UpstreamError):
    """A 4xx that another try won't change. `message` is what the server said, bounded to 500 characters; `field` the
    part of the request that it named, "" where it named none."""

    def __init__(self, *, operation: str, status: int, message: str = "", field: str = "") -> None:
        self.operation, self.status, self.message, self.field = operation, status, message[:500], field[:80]
        super().__init__(f"{operation}: upstream refused with {status}" + (f": {self.message}" if message else ""))


class Unauthorised(UpstreamRefused):
    """401: refresh the token once, then give up."""


class MissingPermission(UpstreamRefused):
    """403: give up at once; the message names the missing permission."""


class RateLimited(UpstreamError):
    """429. Wait `retry_after_s` seconds, then ask again; None where the server named no time."""

    def __init__(self, *, operation: str, retry_after_s: float | None) -> None:
        self.operation, self.retry_after_s = operation, retry_after_s
        said = f" for {retry_after_s:g} s" if retry_after_s is not None else ""
        super().__init__(f"{operation}: rate limited{said}")
