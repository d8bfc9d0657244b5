"""`GET /v1/sessions/{id}/events`: captions as server-sent events, for browsers' EventSource and for curl.

The hub writes straight to the transport (`outlet.py`); the task of the connection only waits for its end.
Source: contract, section 5; WHATWG HTML 9.2.
"""

import asyncio
from typing import Final

from aiohttp import hdrs, web

from captiond.base.close_codes import CloseCode
from captiond.serve.admission import Admission, admission, audited, authorise, join, leave, log_end
from captiond.serve.outlet import EventStreamResponse, TransportOutlet
from captiond.serve.timers import Timer
from captiond.serve.wiring import WIRING, Wiring

COMMENT: Final = b":\n\n"
HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}


async def captions_sse(request: web.Request) -> web.StreamResponse:
    """Refuses with a problem, or streams until either side ends it.

    Two exceptions, both because an EventSource gives up for good on anything but a 200 stream, and comes back after
    one: while draining it gets 200 with `retry:` and `bye`; at the end of an ended session it gets 204, which stops it.
    """
    wiring = request.app[WIRING]
    # A browser keeps the query when it reconnects; the header is newer.
    last_event_id = request.headers.get("Last-Event-ID")
    with audited(request):
        grant = await authorise(request)
        if (retry_ms := wiring.draining_ms()) is not None:
            bye = wiring.encode.bye(code=CloseCode.DRAINING, retry_ms=retry_ms)
            return web.Response(body=bye.sse, headers=HEADERS)
        admitted = await admission(request, grant, position=last_event_id or request.query.get("position"))
    if admitted.live.at_end(last_event_id):
        return web.Response(status=204, headers={"Cache-Control": "no-store"})
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=HEADERS)
    return await stream(request, admitted)


async def stream(request: web.Request, admitted: Admission) -> web.StreamResponse:
    """One viewer, from its headers to its end."""
    wiring = request.app[WIRING]
    response = EventStreamResponse(headers=HEADERS)
    response.force_close()
    await response.prepare(request)
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(_why: object) -> None:
        if not over.done():
            over.set_result(None)

    outlet = TransportOutlet(request, "sse", on_close=end, chunked=hdrs.TRANSFER_ENCODING in response.headers)
    outlet.lost.add_done_callback(end)
    comments = Comments(outlet, wiring)
    viewer = join(admitted, outlet, wiring.encode)
    try:
        await over  # one future for both ends: `asyncio.wait` would cost each viewer a kilobyte
    finally:
        comments.stop()
        leave(admitted, viewer)
        log_end(admitted, outlet)
    await outlet.flush(wiring.limits.close_wait_s)
    outlet.forget()
    return response


class Comments:
    """A comment every 15 s: proxies and browsers keep a connection that is not silent."""

    def __init__(self, outlet: TransportOutlet, wiring: Wiring) -> None:
        self._outlet, self._wiring = outlet, wiring
        self._timer: Timer = self._next()

    def _next(self) -> Timer:
        return self._wiring.timers.after(self._wiring.limits.comment_s, self._send)

    def _send(self) -> None:
        self._outlet.heard_bytes = 0
        # Behind a backlog a comment would say nothing, and a viewer that takes nothing would collect them.
        if not self._outlet.backlog():
            self._outlet.raw(COMMENT)
        self._timer = self._next()

    def stop(self) -> None:
        """No more comments."""
        self._timer.cancel()
