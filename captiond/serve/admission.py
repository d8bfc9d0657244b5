"""May this viewer in? The same answer before an upgrade and before an event stream, in one order.

First how often that address asks (429): that costs us next to nothing, all that follows does not. Then who asks (401,
403), then whether we take anybody (503), then whether there is such a session (404, 410) and a seat (429): a stranger
does not learn which sessions exist. Source: contract, section 5.
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
from captiond.serve.wiring import WIRING, Live, Wiring

log = logging.getLogger(__name__)

RETRY_MS: Final = 1_000  # where a drain began between two lines of ours
REASONS: Final = {401: "unauthorized", 403: "forbidden", 404: "unknown", 410: "gone", 503: "draining"}  # of metrics
FULL: Final = {"node": "This server", "session": "This session", "address": "Your address"}


class TooOften(Problem):
    """429: that address asks more often than it may. `first`: since it was last let in."""

    def __init__(self, retry_after_s: int, *, first: bool) -> None:
        self.first = first
        super().__init__(
            429,
            "too_many_attempts",
            "Your address asks for captions too often.",
            headers={"Retry-After": str(retry_after_s)},
            extra={"limit": "rate"},
        )


class Revoked(Exception):
    """Its token no longer counts."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A viewer that may join: the stream, where from, what of it, until when, and which address it counts for."""

    live: Live
    session: SessionId
    position: str | None
    partials: bool
    grant: Grant
    wiring: Wiring
    address: str | None


@dataclass(frozen=True, slots=True)
class Hidden(Grant):
    """The daemon itself, looking whether it delivers: to a session that nobody else finds, beside every limit."""

    live: Live | None = None


@contextmanager
def audited(request: web.Request) -> Iterator[None]:
    """Counts and records a refusal: whom it was about and why; never the token.

    Of an address that asks too often the first refusal is recorded, the others are only counted: whoever may write a
    record by asking can fill a disk by asking.
    """
    try:
        yield
    except Problem as problem:
        wiring = request.app[WIRING]
        reason = problem.extra.get("limit") or REASONS.get(problem.status, "other")
        wiring.meter.count("viewers_refused_total", 1, reason=reason)
        if not isinstance(problem, TooOften) or problem.first:
            session = request.match_info["id"]
            wiring.audit.record("viewer_refused", mediaSessionId=session, status=problem.status, code=problem.code)
        raise


async def authorise(request: web.Request) -> Grant:
    """How often that address asks; then token and origin, for `{id}` of the path.

    Raises:
        Problem: 429 too often, 401 or 403.
    """
    wiring, caller, session = request.app[WIRING], Caller.of(request), request.match_info["id"]
    if (hidden := wiring.hidden(session, caller.bearer)) is not None:
        return Hidden(live=hidden)
    address = _address(request)
    if wiring.node is not None:
        knock = await wiring.node.knock(address)
    else:
        knock = wiring.seats.knock(address, now_s=wiring.clock.monotonic_s())
    if knock.wait_s:
        raise TooOften(max(knock.wait_s, wiring.limits.retry_after_s), first=knock.first)
    await wiring.turnstile.through()  # who is refused above keeps nobody waiting
    if request.transport is None:
        raise ConnectionResetError  # it has left while it waited
    return await wiring.access.viewer(caller, request.query.get("token"), session)


async def admission(request: web.Request, grant: Grant, *, position: str | None) -> Admission:
    """The stream to join.

    Raises:
        Problem: 404 no such session, 410 ended and past retention, 429 too many viewers of the node, the session or
            the address.
    """
    wiring, address = request.app[WIRING], _address(request)
    session = SessionId(request.match_info["id"])
    hidden = isinstance(grant, Hidden)
    full: str | None = None
    if wiring.node is not None and not hidden:
        full = await wiring.node.enter(request, session, address)
    live = grant.live if isinstance(grant, Hidden) else wiring.rooms.get(session)
    if live is None:
        if wiring.rooms.gone(session):
            raise Problem(410, "session_gone", "The session has ended and its stream is kept no longer.")
        raise Problem(404, "session_not_found", "There is no such session.")
    if not hidden and (full := full or _full(wiring, live, address)) is not None:
        raise Problem(
            429,
            "too_many_connections",
            f"{FULL[full]} has as many viewers as it may have.",
            headers={"Retry-After": str(wiring.limits.retry_after_s)},
            extra={"limit": full},
        )
    if wiring.guard is not None:
        wiring.guard.seated(request.protocol)
    return Admission(
        live=live,
        session=session,
        position=position,
        partials=request.query.get("partials", "1") not in ("0", "false"),
        grant=grant,
        wiring=wiring,
        address=None if hidden else address,
    )


def join(admitted: Admission, outlet: Outlet, encode: Encode) -> Any:
    """Joins; where since `admission` its seat or its right was taken, the viewer is told so and None is the answer.

    What joins is given back by `leave`.
    """
    seats, hidden = admitted.wiring.seats, isinstance(admitted.grant, Hidden)
    try:
        if admitted.wiring.access.revoked(admitted.grant, admitted.session):
            raise Revoked
        if not hidden and _full(admitted.wiring, admitted.live, admitted.address) is not None:
            raise TooManyViewers(limit=admitted.wiring.rooms.limits.max_connections)
        viewer = admitted.live.join(
            outlet, position=admitted.position, partials=admitted.partials, expires_s=admitted.grant.expires_s
        )
        seats.take(admitted.address)
        return viewer
    except TooManyViewers:
        code, retry_ms = CloseCode.TOO_MANY_CONNECTIONS, None
    except Revoked:
        code, retry_ms = CloseCode.FORBIDDEN, None
    except Draining:
        code, retry_ms = CloseCode.DRAINING, RETRY_MS
    outlet.write([encode.bye(code=code, retry_ms=retry_ms)])
    outlet.close(code)
    return None


def leave(admitted: Admission, viewer: Any) -> None:
    """Its connection is over: no more is written, its seat is free. Of what `join` answered; called once."""
    if viewer is not None:
        admitted.live.leave(viewer)
        admitted.wiring.seats.free(admitted.address)


def _address(request: web.Request) -> str | None:
    """What the caller's address counts as; None where it is not limited."""
    wiring = request.app[WIRING]
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    host = str(peer[0]) if isinstance(peer, tuple) else ""
    return wiring.seats.name(wiring.addresses.of(host, request.headers.getall("X-Forwarded-For", ())))


def _full(wiring: Wiring, live: Live, address: str | None) -> str | None:
    """Which limit is reached, by its label in metrics; None where there is a seat, or who has been asked for one."""
    if wiring.node is not None:
        return None
    if wiring.rooms.viewers >= wiring.rooms.limits.max_connections:
        return "node"
    if live.viewers >= wiring.rooms.limits.max_per_session:
        return "session"
    return "address" if wiring.seats.full(address) else None


def log_end(admitted: Admission, outlet: TransportOutlet) -> None:
    """One line for each viewer that the daemon closed."""
    session = admitted.session
    if outlet.code is not None:
        log.info("viewer closed: %d %s (%s, %s)", outlet.code, outlet.code.reason, outlet.transport, session)
    elif outlet.flooded:
        admitted.wiring.meter.count("connections_cut_total", 1, reason="flood")
        log.info("viewer cut: it sends without end (%s, %s)", outlet.transport, session)


def draining(retry_ms: int) -> Problem:
    """503 for new viewers while the daemon stops."""
    retry_after_s = max(1, -(-retry_ms // 1000))
    return Problem(503, "draining", "The server is restarting.", headers={"Retry-After": str(retry_after_s)})
