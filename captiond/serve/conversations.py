"""Which sessions caption a conversation: for pages that know the call, but not what its captions are called.

The interaction widget of Genesys Cloud hands over the conversation's id (docs/widget.md); a conversation has a session
for each of its media. Whoever asks is told of those sessions alone that the same token opens.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from captiond.serve.access import Caller
from captiond.serve.control import NO_STORE
from captiond.serve.problems import Problem
from captiond.serve.wiring import WIRING


async def conversation(request: web.Request) -> web.StreamResponse:
    """`GET /v1/conversations/{id}`.

    Raises:
        Problem: 401 no or bad token; 403 a token for other sessions, or a foreign origin; 404 there is none (yet): only
            to whoever may watch a session of the conversation's own id, or all.
    """
    wiring, caller, wanted = request.app[WIRING], Caller.of(request), request.match_info["id"]
    found: list[Mapping[str, Any]] = []
    refused: Problem | None = None
    for view in wiring.sessions.of_conversation(wanted):
        try:
            await wiring.access.viewer(caller, request.query.get("token"), view["id"])
        except Problem as problem:
            refused = problem
        else:
            found.append(view)
    if refused is not None and not found:
        raise refused
    if not found:
        await wiring.access.viewer(caller, request.query.get("token"), wanted)
        raise Problem(404, "session_not_found", "No session captions this conversation.")
    shown = ("id", "state", "language", "createdAt")
    body = {"conversationId": wanted, "sessions": [{key: view[key] for key in shown} for view in found]}
    return web.Response(body=orjson.dumps(body), content_type="application/json", headers=NO_STORE)
