"""The control API for sessions and tokens: start, look, read, end. Every call here needs a key (`access.require_key`).

Source: contract, section 4. What this version does not serve answers 501 `not_available`.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import orjson
from aiohttp import web

from captiond.base.ids import SessionId
from captiond.base.instants import iso_utc
from captiond.serve.access import Caller
from captiond.serve.bodies import parse_session, parse_token
from captiond.serve.problems import Handler, Problem, not_available
from captiond.serve.transcripts import FORMS, file_name
from captiond.serve.wiring import WIRING, Wiring

NO_STORE: Final = {"Cache-Control": "no-store"}


def keyed(handler: Handler) -> Handler:
    """The handler, for those who hold a key."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        request.app[WIRING].access.require_key(Caller.of(request))
        return await handler(request)

    return guarded


async def body_of(request: web.Request) -> bytes:
    """The whole body, bounded in size (413) and time.

    Raises:
        Problem: 408 where it does not come, 415 where it is packed: that is not undone (see the daemon's runner).
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "packed_body", "The body must not be compressed.")
    try:
        async with asyncio.timeout(request.app[WIRING].limits.body_wait_s):
            return await request.read()
    except TimeoutError:
        raise Problem(408, "body_timeout", "The body did not come in time.", headers={"Connection": "close"}) from None


async def create_session(request: web.Request) -> web.StreamResponse:
    """`POST /v1/sessions`: 201 with the new session, 200 with the one that runs already."""
    wiring = request.app[WIRING]
    wanted = parse_session(await body_of(request), wiring.allowed)
    if wanted.source == "push":
        raise not_available("The push source")
    if wiring.draining_ms() is not None:
        raise Problem(503, "draining", "The server is restarting.", headers={"Retry-After": "5"})
    created, view = await wiring.sessions.create(wanted)
    location = {"Location": f"/v1/sessions/{view['id']}"} if created else {}
    return _json(with_links(view), status=201 if created else 200, headers=location)


async def list_sessions(request: web.Request) -> web.StreamResponse:
    """`GET /v1/sessions`."""
    return _json({"sessions": [with_links(view) for view in request.app[WIRING].sessions.list()]})


async def get_session(request: web.Request) -> web.StreamResponse:
    """`GET /v1/sessions/{id}`."""
    wiring, session = _of(request)
    view = wiring.sessions.get(session)
    if view is None:
        raise not_found()
    return _json(with_links(view))


async def delete_session(request: web.Request) -> web.StreamResponse:
    """`DELETE /v1/sessions/{id}`: 204; its viewers get the end of the stream. `erase=1`: nothing of it is kept."""
    wiring, session = _of(request)
    end = wiring.erase if erases(request) else wiring.sessions.delete
    if not await end(session):
        raise not_found()
    return web.Response(status=204)


async def revoke(request: web.Request) -> web.StreamResponse:
    """`POST /v1/sessions/{id}/revoke`: its viewers are closed with 4507, their tokens open it no more."""
    wiring, session = _of(request)
    revoked = await wiring.revoke(session)
    if revoked is None:
        raise not_found()
    return _json({"id": session, "revokedAt": iso_utc(revoked.at_s), "viewersClosed": revoked.viewers})


async def transcript(request: web.Request) -> web.StreamResponse:
    """`GET /v1/sessions/{id}/transcript.{json,txt,vtt,srt}`: redacted finals so far."""
    wiring, session = _of(request)
    form = request.match_info["form"]
    content_type, write = FORMS[form]
    found = await wiring.sessions.transcript(session)
    if found is None:
        raise not_found()
    body = await asyncio.to_thread(write, found)  # hours of talk are tens of milliseconds: captions go on meanwhile
    tag = hashlib.sha256(body).hexdigest()[:32]
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        answer = web.Response(status=304, headers=NO_STORE)  # who asks again and again gets it when it has grown
    else:
        name = file_name(found, form)  # for the browser that keeps it; nobody shows a transcript as a page of ours
        headers = {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"', **NO_STORE}
        answer = web.Response(body=body, headers=headers)
    answer.etag = tag
    return answer


async def audit(request: web.Request) -> web.StreamResponse:
    """`GET /v1/sessions/{id}/audit`: records as JSON Lines, streamed: there may be many. Also of earlier lives."""
    wiring, session = _of(request)
    async with aclosing(wiring.sessions.audit(session)) as records:
        first = await anext(records, None)
        if first is None and wiring.sessions.get(session) is None:
            raise not_found()
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", **NO_STORE})
        await response.prepare(request)
        if first is not None and request.method != "HEAD":
            await response.write(first + b"\n")
            async for record in records:
                await response.write(record + b"\n")
                if wiring.guard is not None:
                    wiring.guard.heard(request.protocol)  # it takes what it asked for, however much that is
        await response.write_eof()
    return response


async def create_token(request: web.Request) -> web.StreamResponse:
    """`POST /v1/tokens`: a viewer token, where this daemon holds the secret."""
    wiring = request.app[WIRING]
    wanted = parse_token(await body_of(request))
    if wiring.mint is None:
        raise Problem(501, "not_available", "Viewer tokens are minted elsewhere: auth.jwks_url is configured.")
    token, expires_s = wiring.mint(wanted.sessions, float(wanted.ttl_s))
    return _json({"token": token, "expiresAt": iso_utc(expires_s)})


def unavailable(what: str) -> Handler:
    """A handler for a call of the contract that comes later."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        raise not_available(what)

    return handler


def with_links(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view with where everything about the session is. The id is safe in a path by its pattern."""
    base = f"/v1/sessions/{view['id']}"
    links = {
        "self": base,
        "ws": f"{base}/ws",
        "events": f"{base}/events",
        "audit": f"{base}/audit",
        "transcript": f"{base}/transcript.json",
        "overlay": f"/overlay/{view['id']}",
        "display": f"/display/{view['id']}",
    }
    return {**view, "links": links}


def erases(request: web.Request) -> bool:
    """Whether a DELETE is to take all that is kept, too."""
    asked = request.query.get("erase", "0")
    if asked not in ("0", "1"):
        raise Problem(422, "invalid_request", "erase must be 1, or be left out.")
    return asked == "1"


def not_found() -> Problem:
    """404 for a session."""
    return Problem(404, "session_not_found", "There is no such session.")


def _of(request: web.Request) -> tuple[Wiring, SessionId]:
    return request.app[WIRING], SessionId(request.match_info["id"])


def _json(members: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    body = orjson.dumps(members)
    return web.Response(
        status=status, body=body, content_type="application/json", headers={**NO_STORE, **(headers or {})}
    )
