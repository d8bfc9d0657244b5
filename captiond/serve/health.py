"""`/healthz`, `/readyz`, `/metrics`: for load balancers, orchestrators and Prometheus. Source: contract, sections 4, 7.

None of them needs a key: they show no session, no text and no configuration. Readiness lists which check fails.
"""

from typing import Final

import orjson
from aiohttp import web

from captiond.serve.problems import Problem
from captiond.serve.wiring import WIRING

NO_STORE: Final = {"Cache-Control": "no-store"}


async def healthz(_request: web.Request) -> web.StreamResponse:
    """Alive: the event loop answers. Restarting helps only where this fails."""
    return _json({"status": "ok"})


async def readyz(request: web.Request) -> web.StreamResponse:
    """Fit to serve: every check passes and the daemon is not draining; else 503 with what fails."""
    wiring = request.app[WIRING]
    failing = [{"check": name, "why": why} for name, check in wiring.checks.items() if (why := check()) is not None]
    if wiring.draining_ms() is not None:
        failing.append({"check": "draining", "why": "the server is restarting"})
    if failing:
        named = ", ".join(entry["check"] for entry in failing)
        raise Problem(503, "not_ready", f"Not fit to serve: {named}.", extra={"failing": failing})
    return _json({"status": "ready", "checks": list(wiring.checks)})


async def metrics(request: web.Request) -> web.StreamResponse:
    """Prometheus' text format, whatever the registry writes."""
    wiring = request.app[WIRING]
    if wiring.freshen is not None:
        await wiring.freshen()
    body, content_type = wiring.metrics()
    return web.Response(body=body, headers={"Content-Type": content_type, **NO_STORE})


def _json(members: dict[str, object]) -> web.Response:
    return web.Response(body=orjson.dumps(members), content_type="application/json", headers=NO_STORE)
