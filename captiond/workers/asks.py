"""What a relay asks its head, and tells it about viewers: seats of the node, audit records."""

import asyncio
from typing import Any, Final

from aiohttp import web

from captiond.base.ids import SessionId
from captiond.base.instants import iso_utc
from captiond.base.observe import Clock
from captiond.serve.problems import Handler, Problem
from captiond.serve.seats import Knock
from captiond.workers.link import Link

ANSWER_S: Final = 5.0  # the head answers within a turn of its loop; a head that does not will not soon
RETRY_AFTER_S: Final = 5
SEAT: Final = web.RequestKey("seat", int)
LIMIT_LABELS: Final = frozenset({"node", "session", "address"})


class Asks:
    """What the head is asked, and its answers. Implements `serve.wiring.Node`; audit records go the same way."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock = link, clock
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next = 1

    async def knock(self, address: str | None) -> Knock:
        """One attempt of an address, over the whole node. Also: what the head knew by now, we know after it."""
        answer = await self._ask("knock", address=address)
        return Knock(int(answer["waitS"]), bool(answer["first"]))

    async def enter(self, request: web.Request, session: SessionId, address: str | None) -> str | None:
        """A seat, kept until the request is over; or the limit that is reached."""
        answer = await self._ask("enter", session=session, address=address)
        if "seat" in answer:
            request[SEAT] = int(answer["seat"])
        limit = answer.get("limit")
        return limit if limit in LIMIT_LABELS else None

    @web.middleware
    async def give_back(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Outermost: whatever becomes of a request, its seat is free afterwards. And each connection has one request:
        the next one may not be for us."""
        try:
            response = await handler(request)
            if not response.prepared:
                response.force_close()
            return response
        finally:
            if SEAT in request:
                self._link.tell("leave", seat=request[SEAT])

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        """An audit record: the chain is the head's."""
        self._link.tell("record", kind=kind, timestamp=timestamp or iso_utc(self._clock.now_s()), fields=fields)

    def answered(self, said: dict[str, Any]) -> None:
        """The head's answer."""
        waiting = self._waiting.pop(said["ask"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    async def _ask(self, do: str, **members: Any) -> dict[str, Any]:
        ask, self._next = self._next, self._next + 1
        answer = self._waiting[ask] = asyncio.get_running_loop().create_future()
        try:
            self._link.tell(do, ask=ask, **members)
            async with asyncio.timeout(ANSWER_S):
                said: dict[str, Any] = await answer
                return said
        except TimeoutError:
            raise Problem(503, "busy", "The server is busy.", headers={"Retry-After": str(RETRY_AFTER_S)}) from None
        finally:
            self._waiting.pop(ask, None)
