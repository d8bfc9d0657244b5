"""`GET /v1/sessions/{id}/ws`: captions over a WebSocket, RFC 6455, sub-protocol `captions.v1`.

The hub writes straight to the transport (`outlet.py`); the task of the connection only reads: pongs, and what viewers
may say. Source: contract, section 5.
"""

import asyncio
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from captiond.base.close_codes import CloseCode
from captiond.serve.acknowledged import Sent
from captiond.serve.admission import Admission, admission, audited, authorise, draining, join, leave, log_end
from captiond.serve.encode import PROTOCOL
from captiond.serve.outlet import TransportOutlet
from captiond.serve.problems import Problem
from captiond.serve.timers import Timer
from captiond.serve.wiring import WIRING, Limits, Wiring

PING_FRAME: Final = b"\x89\x00"  # FIN, opcode 9, no payload: any pong answers it
ROUGH_LIMIT: Final = 4  # beyond so many times the limit aiohttp stops reading (1009); up to it we can say `bye` 4501
CLOSING: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


async def captions_ws(request: web.Request) -> web.StreamResponse:
    """Refuses with a problem before the upgrade, or upgrades, joins, and reads until either side ends it."""
    wiring = request.app[WIRING]
    with audited(request):
        grant = await authorise(request)
        if (retry_ms := wiring.draining_ms()) is not None:
            raise draining(retry_ms)
        admitted = await admission(request, grant, position=request.query.get("position"))
    ws = web.WebSocketResponse(
        protocols=(PROTOCOL,),
        compress=False,  # a caption is small and sent to many: deflate would cost 20 times its fan-out
        autoping=False,  # pongs are counted here
        max_msg_size=ROUGH_LIMIT * wiring.limits.max_inbound_bytes,
        timeout=wiring.limits.close_wait_s,
    )
    try:
        await ws.prepare(request)
    except web.HTTPBadRequest:  # raised before anything is written
        raise Problem(
            426,
            "upgrade_required",
            "This address speaks WebSocket, version 13.",
            headers={"Upgrade": "websocket", "Sec-WebSocket-Version": "13"},  # both by RFC 6455, 4.2.2
        ) from None
    reader = Reader(request, ws, wiring, admitted)
    try:
        await reader.run()
    finally:
        reader.stop()
    await reader.finish()
    return ws


class Reader:
    """The reading side of one viewer: what it says is bounded, and a viewer that answers no ping is let go."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse, wiring: Wiring, admitted: Admission) -> None:
        self._ws, self._wiring, self._limits, self._admitted = ws, wiring, wiring.limits, admitted
        self._scope: asyncio.Timeout | None = None
        self._asked: Sent | None = None  # how far the peer was when the ping was written
        self._bucket = Bucket(wiring.limits)
        self.outlet = TransportOutlet(request, "ws", on_close=self._interrupt)
        self._viewer = join(admitted, self.outlet, wiring.encode)
        self._timer: Timer = wiring.timers.after(self._limits.protocol_ping_s, self._ping)

    async def run(self) -> None:
        """Returns when the viewer has gone, or is to be closed (`outlet.code`)."""
        if self.outlet.code is not None:
            return  # closed while joining: an ended session, replayed
        try:
            async with asyncio.timeout(None) as self._scope:
                await self._listen()
        except TimeoutError:
            pass  # `_interrupt`: somebody closed the outlet
        finally:
            self._scope = None

    async def finish(self) -> None:
        """The close handshake: our code, at most `close_wait_s` for the peer's, then the cable is cut."""
        code = self.outlet.code
        if code is not None:
            await self._ws.close(code=code, message=code.reason.encode(), drain=False)
        if self.outlet.backlog():
            self.outlet.abort()
        self.outlet.forget()
        fault = self._ws.exception()
        while fault is not None:  # its frames hold the response that holds it; see `TransportOutlet.forget`
            fault.__traceback__, fault = None, fault.__context__

    def stop(self) -> None:
        """No more messages, no more pings."""
        self._timer.cancel()
        leave(self._admitted, self._viewer)
        log_end(self._admitted, self.outlet)

    async def _listen(self) -> None:
        while True:
            message = await self._ws.receive()
            if message.type in CLOSING:
                return
            if not self._bucket.take(self._wiring.clock.monotonic_s()):
                self._refuse(CloseCode.RATE_LIMITED)
                return
            if message.type is WSMsgType.PING:
                await self._ws.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._timer.cancel()
                self._timer = self._wiring.timers.after(self._limits.protocol_ping_s, self._ping)
            elif message.type is not WSMsgType.TEXT or not self._understood(message.data):
                self._refuse(CloseCode.BAD_REQUEST)
                return

    def _understood(self, text: str) -> bool:
        """Whether that is one of the protocol's, and not too long: `{"type":"pong","position":"…"}`, or with
        `"ask":true`, which is answered by a `ping`.
        """
        if len(text.encode()) > self._limits.max_inbound_bytes:
            return False
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        if not isinstance(said, dict) or said.get("type") != "pong" or not isinstance(said.get("position", ""), str):
            return False
        if said.get("ask") is True:  # a browser cannot ping: so it learns in seconds that nobody is there any more
            self._admitted.live.answer(self._viewer)
        return True

    def _ping(self) -> None:
        """Asks only where nothing is pending.

        Behind a backlog the answer would say how slow the line is, and cut a viewer that gets 1 kB/s. Whether a peer
        takes anything at all is for the hub to see (4008).
        """
        if self.outlet.backlog():
            self._timer = self._wiring.timers.after(self._limits.pong_wait_s, self._ping)
            return
        self.outlet.heard_bytes = 0
        self.outlet.raw(PING_FRAME)
        self._asked = self.outlet.sent()
        self._timer = self._wiring.timers.after(self._limits.pong_wait_s, self._unanswered)

    def _unanswered(self) -> None:
        """Gives up, unless the ping is still on its way over a slow line: then its time begins when it is through."""
        asked, now = self._asked, self.outlet.sent()
        if asked is None or now is None or asked.outstanding == 0 or now.acknowledged <= asked.acknowledged:
            self._refuse(CloseCode.NO_PONG)
            return
        left = asked.acknowledged + asked.outstanding - now.acknowledged
        self._asked = Sent(now.acknowledged, max(0, left))
        self._timer = self._wiring.timers.after(self._limits.pong_wait_s, self._unanswered)

    def _refuse(self, code: CloseCode) -> None:
        self._admitted.live.dismiss(self._viewer, code)

    def _interrupt(self, _code: CloseCode) -> None:
        """Ends `_listen` at the next turn of the loop; the task itself then does the handshake."""
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())


class Bucket:
    """How often a viewer may speak: `inbound_burst` at once, `inbound_per_s` for long."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = float(limits.inbound_burst)
        self._last_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Whether one more frame is fine."""
        if self._last_s is not None:
            refill = (now_s - self._last_s) * self._limits.inbound_per_s
            self._left = min(float(self._limits.inbound_burst), self._left + refill)
        self._last_s = now_s
        self._left -= 1
        return self._left >= 0
