"""May this viewer in? The same answer before an upgrade and before an event stream, in one order.

First who asks (401, 403), then whether we take anybody (503), then whether there is such a session (404, 410) and a
seat (429): a stranger does not learn which sessions exist. Source: contract, section 5.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SessionId
from captiond.hub.limits import Draining, TooManyViewers
from captiond.hub.wire import Encode, Outlet
from captiond.serve.access import Caller, Grant
from captiond.serve.outlet import TransportOutlet
from captiond.serve.problems import Problem
from captiond.serve.wiring import WIRING, Live

log = logging.getLogger(__name__)

RETRY_MS: Final = 1_000  # where a drain began between two lines of ours


@dataclass(frozen=True, slots=True)
class Admission:
    """A viewer that may join: the stream, where from, what of it, and until when."""

    live: Live
    session: SessionId
    position: str | None
    partials: bool
    grant: Grant


@contextmanager
def audited(request: web.Request) -> Iterator[None]:
    """Records a refusal: whom it was about and why; never the token."""
    try:
        yield
    except Problem as problem:
        session = request.match_info["id"]
        request.app[WIRING].audit.record(
            "viewer_refused", mediaSessionId=session, status=problem.status, code=problem.code
        )
        raise


async def authorise(request: web.Request) -> Grant:
    """Token and origin, for `{id}` of the path.

    Raises:
        Problem: 401 or 403.
    """
    access = request.app[WIRING].access
    return await access.viewer(Caller.of(request), request.query.get("token"), request.match_info["id"])


def admission(request: web.Request, grant: Grant, *, position: str | None) -> Admission:
    """The stream to join.

    Raises:
        Problem: 404 no such session, 410 ended and past retention, 429 too many viewers.
    """
    wiring = request.app[WIRING]
    session = SessionId(request.match_info["id"])
    live = wiring.rooms.get(session)
    if live is None:
        if wiring.rooms.gone(session):
            raise Problem(410, "session_gone", "The session has ended and its stream is kept no longer.")
        raise Problem(404, "session_not_found", "There is no such session.")
    if wiring.rooms.viewers >= wiring.rooms.limits.max_connections:
        raise Problem(
            429,
            "too_many_connections",
            "This server has as many viewers as it may have.",
            headers={"Retry-After": str(wiring.limits.retry_after_s)},
        )
    return Admission(
        live=live,
        session=session,
        position=position,
        partials=request.query.get("partials", "1") not in ("0", "false"),
        grant=grant,
    )


def join(admitted: Admission, outlet: Outlet, encode: Encode) -> Any:
    """Joins; where the hub has changed its mind since `admission`, the viewer is told so and None is the answer."""
    try:
        return admitted.live.join(
            outlet, position=admitted.position, partials=admitted.partials, expires_s=admitted.grant.expires_s
        )
    except TooManyViewers:
        code, retry_ms = CloseCode.TOO_MANY_CONNECTIONS, None
    except Draining:
        code, retry_ms = CloseCode.DRAINING, RETRY_MS
    outlet.write([encode.bye(code=code, retry_ms=retry_ms)])
    outlet.close(code)
    return None


def log_end(session: SessionId, outlet: TransportOutlet) -> None:
    """One line for each viewer that the daemon closed."""
    if outlet.code is not None:
        log.info("viewer closed: %d %s (%s, %s)", outlet.code, outlet.code.reason, outlet.transport, session)


def draining(retry_ms: int) -> Problem:
    """503 for new viewers while the daemon stops."""
    retry_after_s = max(1, -(-retry_ms // 1000))
    return Problem(503, "draining", "The server is restarting.", headers={"Retry-After": str(retry_after_s)})
