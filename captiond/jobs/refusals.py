"""How a job ends that does not succeed: codes that programs branch on, in one table. Pure.

Source: workflows.md, section 5.
"""

from collections.abc import Mapping
from typing import Any, Final

from captiond.base.errors import (
    CaptiondError,
    MissingPermission,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.base.ids import SafeText

MAX_WORDS: Final = 500  # of a message that is kept


class JobFailed(CaptiondError):
    """A job cannot go on.

    Args:
        code: stable, snake_case.
        message: one sentence of ours; never text of upstream that was not redacted.
        status: what a caller who still waits for the answer of `POST /v1/jobs/{kind}` gets: 422 where the request asked
            for what cannot be; None where it is upstream's fault, which is told by the job alone.
        extra: further facts, e.g. `upstreamStatus`, `field`, `scopes`.
    """

    def __init__(
        self, code: str, message: str, *, status: int | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        self.code, self.message, self.status = code, message[:MAX_WORDS], status
        self.extra: Mapping[str, Any] = extra or {}
        super().__init__(f"{code}: {self.message}")

    def as_json(self) -> dict[str, Any]:
        """The `error` of a job."""
        status = {} if self.status is None else {"status": self.status}
        return {**self.extra, **status, "code": self.code, "message": self.message}


class Refused(CaptiondError):
    """A request to the workflows that is refused: `status` and `code` of the problem that the caller gets."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s
        super().__init__(f"{code}: {message}")


def failure_of(  # noqa: PLR0911  (a table: one line for each error)
    error: UpstreamError, *, words: SafeText, scopes: tuple[str, ...]
) -> JobFailed:
    """What a job fails with when an error of upstream is final.

    Args:
        words: what upstream said, redacted.
        scopes: what the workflow needs, told with a 403.
    """
    said = f": {words}" if words else ""
    match error:
        case RateLimited():
            return JobFailed("upstream_rate_limited", f"{error.operation}: upstream asks to wait, again and again")
        case UpstreamInvalid():
            return JobFailed("upstream_invalid", str(error))
        case UpstreamUnavailable():
            told = {} if error.status is None else {"upstreamStatus": error.status}
            return JobFailed("upstream_unavailable", f"{error.operation}: upstream did not answer usably", extra=told)
        case Unauthorised():
            extra: dict[str, Any] = {"upstreamStatus": 401}
            return JobFailed("upstream_unauthorized", f"{error.operation}: the token is refused{said}", extra=extra)
        case MissingPermission():
            needs = ", ".join(scopes)
            return JobFailed(
                "upstream_forbidden",
                f"{error.operation}: not permitted; it needs {needs}{said}",
                extra={"upstreamStatus": 403, "scopes": list(scopes)},
            )
        case UpstreamRefused(status=404):
            return JobFailed(
                "not_found", f"{error.operation}: upstream knows no such id", extra={"upstreamStatus": 404}
            )
        case UpstreamRefused():
            extra = {"upstreamStatus": error.status, "upstreamMessage": words}
            if error.field:
                extra["field"] = error.field
            return JobFailed("upstream_refused", f"{error.operation}: upstream refused{said}", extra=extra)
        case _:
            return JobFailed("upstream_unavailable", "upstream failed")
