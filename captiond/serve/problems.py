"""Errors as RFC 9457 problems with a stable `code`; every error answer of every route is one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web

from captiond.base.inside import remains

log = logging.getLogger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
CODES_OF_HTTP: Final[Mapping[int, str]] = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    417: "expectation_failed",
}
GONE_STATUS: Final = 499  # for the access log alone; as nginx writes it
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """What the caller gets instead of an answer. Raised anywhere in a handler, made into a response at the border.

    Args:
        status: HTTP status.
        code: stable, snake_case; programs branch on it.
        detail: one English sentence for people. Never transcript text, a token or a query string.
        headers: sent along, e.g. `Retry-After`.
        extra: further members of the problem, e.g. `upstreamStatus`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.status, self.code, self.detail = status, code, detail
        self.headers: Mapping[str, str] = headers or {}
        self.extra: Mapping[str, Any] = extra or {}
        super().__init__(f"{status} {code}: {detail}")

    def body(self) -> bytes:
        """The problem as JSON."""
        members = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return orjson.dumps({**self.extra, **members})

    def response(self) -> web.Response:
        """A fresh answer; never cached."""
        return web.Response(
            status=self.status,
            body=self.body(),
            headers={"Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store", **self.headers},
        )


def not_available(what: str) -> Problem:
    """For a call of the contract that this build does not serve: says so instead of pretending."""
    return Problem(501, "not_available", f"{what} is not available in this version.")


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost middleware: whatever a handler raises leaves as a problem; what we did not expect is logged, as 500."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        return _of_http(error).response()
    except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # whatever it is: the server would tell it as it is
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            # The peer has left before its answer: nobody's fault and no line in the log, as aiohttp would write one.
            return web.Response(status=GONE_STATUS)
        # The path only: a query may hold a token.
        log.error("%s %s failed", request.method, request.path, exc_info=remains(error))
        if request.writer.output_size > 0:
            raise  # the answer has begun; only cutting the connection is honest
        return Problem(500, "internal_error", "The server failed; its log says where.").response()


def _of_http(error: web.HTTPException) -> Problem:
    """aiohttp's own refusals (no route, wrong method, too large), without its texts: they may quote the request."""
    status = error.status
    code = CODES_OF_HTTP.get(status, HTTPStatus(status).name.lower())
    headers = {name: error.headers[name] for name in ("Allow", "Location", "Retry-After") if name in error.headers}
    return Problem(status, code, f"{HTTPStatus(status).description or HTTPStatus(status).phrase}.", headers=headers)
