"""The HTTP server of the daemon, composed: `build` takes what it needs as arguments and answers an aiohttp application.

Running it (sockets, signals, draining) is the daemon's. `IDLE_S` and `AccessLog` are for its runner: aiohttp's own
bound on idle connections is an hour, and its own access log holds the query, which may hold a token.
Source: contract, sections 4, 5 and 8.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, cast

import orjson
from aiohttp import hdrs, http_exceptions, web
from aiohttp.abc import AbstractAccessLogger

from captiond.base.inside import Inside
from captiond.base.observe import AuditSink, Clock, Meter, NullAudit, NullMeter
from captiond.hub.wire import Encode
from captiond.serve import openapi, routes
from captiond.serve.access import Access, Caller, Mint
from captiond.serve.addresses import Addresses
from captiond.serve.bodies import Allowed
from captiond.serve.encode import Encoder
from captiond.serve.guard import Guard
from captiond.serve.pages import Pages
from captiond.serve.problems import Handler, problems
from captiond.serve.seats import Seats
from captiond.serve.timers import Timers
from captiond.serve.turnstile import Turnstile
from captiond.serve.wiring import (
    WIRING,
    Erase,
    HealthCheck,
    Hidden,
    Jobs,
    Limits,
    Node,
    Revoke,
    Rooms,
    Search,
    Sessions,
    Wiring,
)

TICK_S: Final = 0.25  # a ping or comment may be late by so much; 20 s and 15 s do not notice
PREFLIGHT_AGE_S: Final = 600
IDLE_S: Final = 75.0  # for the runner's `keepalive_timeout`: also how long a first request's head may take to come
ANY_HOST: Final = frozenset({"/healthz", "/readyz"})  # load balancers ask by address, and learn nothing here
WEBHOOKS: Final = "/v1/webhooks/"  # called by the name that Genesys knows; a secret says who calls
SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # an overlay's address may hold a token
    "Server": "captiond",
}


def build(
    *,
    rooms: Rooms,
    sessions: Sessions | None,
    revoke: Revoke | None,
    access: Access,
    mint: Mint | None,
    clock: Clock,
    metrics: Callable[[], tuple[bytes, str]],
    checks: Mapping[str, HealthCheck],
    draining_ms: Callable[[], int | None],
    encode: Encode | None = None,
    meter: Meter | None = None,
    audit: AuditSink | None = None,
    allowed: Allowed | None = None,
    limits: Limits | None = None,
    addresses: Addresses | None = None,
    seats: Seats | None = None,
    guard: Guard | None = None,
    hidden: Hidden = lambda _session, _bearer: None,
    node: Node | None = None,
    freshen: Callable[[], Awaitable[None]] | None = None,
    jobs: Jobs | None = None,
    search: Search | None = None,
    erase: Erase | None = None,
    pages: Pages | None = None,
    ticking: bool = True,
) -> web.Application:
    """The application.

    Args:
        rooms: the hub.
        sessions, revoke, erase: what the control API acts on; None: the caption streams are all that is served here.
        access, mint: of `access.configure`.
        metrics: the exposition and its content type.
        checks: by name; each None, or why the daemon is not fit to serve. Called at each `/readyz`; must not wait.
        draining_ms: None, or the time after which viewers should come back, once the daemon is stopping.
        encode: the same one that the hub has.
        addresses, seats: who is which address, and what one may have; by default no proxy is trusted.
        guard: told of every request, and turned; None leaves connections to aiohttp.
        hidden: the way to a session that nobody else finds: the delivery probe's.
        node: other processes that count viewers with us; None: there are none, or we are the one who counts.
        freshen: asked before `metrics`.
        jobs: the workflows; None where there is no account.
        search: in transcripts; None where there is no database.
        ticking: whether the application turns its timers itself; tests turn them.
    """
    limits = limits or Limits()
    wiring = Wiring(
        rooms=rooms,
        sessions=cast(Sessions, sessions),  # where there are none, nothing is served that asks for them
        encode=encode or Encoder(),
        access=access,
        clock=clock,
        meter=meter or NullMeter(),
        audit=audit or NullAudit(),
        limits=limits,
        timers=Timers(clock.monotonic_s),
        draining_ms=draining_ms,
        checks=checks,
        metrics=metrics,
        mint=mint,
        allowed=allowed or Allowed(),
        addresses=addresses or Addresses(),
        seats=seats or Seats(),
        hidden=hidden,
        guard=guard,
        turnstile=Turnstile(),
        node=node,
        freshen=freshen,
        revoke=cast(Revoke, revoke),
        erase=cast(Erase, erase),
        jobs=jobs,
        search=search,
    )
    app = web.Application(middlewares=[problems, border], client_max_size=limits.max_body_bytes)
    app[WIRING] = wiring
    described: list[bytes] = []

    async def describe(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=described[0], content_type="application/json")

    table = routes.table(pages or Pages(access.rules.allowed_origins), describe)
    if sessions is None:
        table = tuple(route for route in table if route.guard == "viewer" and route.path in routes.STREAMS)
    described.append(orjson.dumps(openapi.describe(table)))
    routes.add(app, table)
    app.on_response_prepare.append(add_headers)
    if ticking:
        app.cleanup_ctx.append(turn_timers)
    quiet_libraries()
    return app


@web.middleware
async def border(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Before any handler: is the Host ours; and what browsers ask before they ask (preflight, OPTIONS)."""
    access, caller, guard = request.app[WIRING].access, Caller.of(request), request.app[WIRING].guard
    if guard is not None:
        guard.heard(request.protocol)
    if request.path not in ANY_HOST and not request.path.startswith(WEBHOOKS):
        access.check_host(caller)
    if request.method != hdrs.METH_OPTIONS:
        return await handler(request)
    access.check_origin(caller)
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as refused:
        methods = ", ".join(sorted({*refused.allowed_methods, hdrs.METH_OPTIONS}))
    headers = {"Allow": methods}
    if access.allowed_origin(caller) is not None and "Access-Control-Request-Method" in request.headers:
        headers["Access-Control-Allow-Methods"] = methods
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Last-Event-ID"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_S)
    return web.Response(status=204, headers=headers)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries; refusals too, so that a page may read why."""
    response.headers.update(SECURITY_HEADERS)
    access = request.app[WIRING].access
    if access.rules.allowed_origins:
        response.headers.add("Vary", "Origin")
        if (origin := access.allowed_origin(Caller.of(request))) is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Location, Retry-After"


async def turn_timers(app: web.Application) -> AsyncIterator[None]:
    """Turns the timers while the application runs. A chain of callbacks: nothing here waits, so no task is needed."""
    loop, wiring = asyncio.get_running_loop(), app[WIRING]
    handle: asyncio.TimerHandle

    def turn() -> None:
        nonlocal handle
        handle = loop.call_later(TICK_S, turn)
        wiring.timers.tick()
        wiring.meter.set("viewers_waiting", wiring.turnstile.waiting)
        if wiring.guard is not None:
            wiring.guard.tick()

    handle = loop.call_later(TICK_S, turn)
    yield
    handle.cancel()


class AccessLog(AbstractAccessLogger):
    """One line per request: method, path, status, bytes, seconds. Never the query, a header or a body."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """`raw_path` of the URL is still percent-encoded: a path cannot forge a line."""
        self.logger.info(
            "%s %s %d %d %.3f", request.method, request.rel_url.raw_path, response.status, response.body_length, time
        )


class NoRequestText(logging.Filter):
    """aiohttp reports a malformed request with a piece of it, and a query may hold a token: only the kind stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        kind = error.kind if isinstance(error, Inside) else type(error)  # as `logs` leaves it, and as it was
        if issubclass(kind, http_exceptions.HttpProcessingError):
            record.msg, record.args = "malformed request: %s", (kind.__name__,)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.INFO, "INFO"  # the client's fault, and anybody's to repeat
        return True


def quiet_libraries() -> None:
    """Keeps what viewers send out of aiohttp's own log lines. Idempotent."""
    server = logging.getLogger("aiohttp.server")
    if not any(isinstance(one, NoRequestText) for one in server.filters):
        server.addFilter(NoRequestText())
    # It warns with the list of sub-protocols that a client asked for; some put their token there.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)


__all__ = ["IDLE_S", "AccessLog", "build"]
