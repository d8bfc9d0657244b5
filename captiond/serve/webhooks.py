"""`POST /v1/webhooks/{kind}`: callbacks from Genesys. A secret of their own tells who may call back, not an API key.

Answered within 2 s, when the callback is kept and before anything is done with it. Source: contract, section 4;
workflows.md, section 5.
"""

import asyncio

import orjson
from aiohttp import web

from captiond.jobs.refusals import Refused
from captiond.serve.access import Caller, is_local
from captiond.serve.control import NO_STORE
from captiond.serve.jobs import KINDS, problem_of
from captiond.serve.problems import Problem, not_available
from captiond.serve.wiring import WIRING, Wiring


async def webhook(request: web.Request) -> web.StreamResponse:
    """200 `{"status":"accepted"}`, also for what was there before and for what does not concern us."""
    wiring, kind = request.app[WIRING], request.match_info["kind"]
    if kind not in KINDS:
        raise Problem(404, "unknown_kind", f"There is no such kind of job: there are {', '.join(KINDS)}.")
    jobs = wiring.jobs
    if jobs is None or kind not in jobs.callbacks.kinds:
        raise not_available(f"Webhooks of the kind {kind}")
    if jobs.callbacks.is_full:
        raise Problem(503, "busy", "Too many callbacks at once.", headers={"Retry-After": "2"})
    body = await _body(request, wiring, most_bytes=jobs.max_callback_bytes, kind=kind)
    try:
        answer = await jobs.callbacks.receive(
            kind, headers=request.headers, query=request.query, body=body, local=is_local(Caller.of(request))
        )
    except Refused as refused:
        raise problem_of(refused) from None
    return web.Response(body=orjson.dumps(answer), content_type="application/json", headers=NO_STORE)


async def _body(request: web.Request, wiring: Wiring, *, most_bytes: int, kind: str) -> bytes:
    """The whole body: not compressed, of so many bytes at most, in time."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "packed_body", "The body must not be compressed.")
    too_large = Problem(
        413, "body_too_large", f"A callback has {most_bytes} bytes at most.", headers={"Connection": "close"}
    )
    received = bytearray()
    try:
        if request.content_length is not None and request.content_length > most_bytes:
            raise too_large
        async with asyncio.timeout(wiring.limits.body_wait_s):
            async for piece in request.content.iter_any():
                received += piece
                if len(received) > most_bytes:
                    raise too_large
    except TimeoutError:
        raise Problem(408, "body_timeout", "The body did not come in time.", headers={"Connection": "close"}) from None
    except Problem:
        wiring.meter.count("webhooks_total", kind=kind, outcome="too_large")
        raise
    return bytes(received)
