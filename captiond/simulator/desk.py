"""What every HTTP call at the stand-in goes through: which fault strikes, the pace that is allowed, and the record."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from captiond.simulator.faults import BrokenFault, DropFault, On, RangeFault, RefuseFault, SlowFault
from captiond.simulator.ledger import Seen
from captiond.simulator.replies import broken_body, error_body, refusal_headers
from captiond.simulator.tokens import bearer_of
from captiond.simulator.world import World

WINDOW_S: Final = 1.0
_AFTER: Final = web.RequestKey("fault after", object)
_RANGE: Final = web.RequestKey("range fault", RangeFault)
_SUCCESS: Final[Mapping[On, int]] = {On.ACTIVATION: 201, On.SUBMISSION: 202, On.RESUBMISSION: 202}  # others: 200


class Desk:
    """Answers in the name of the stand-in, and writes down what was asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._let_in: deque[float] = deque()  # when, within the last second

    async def fault(self, request: web.Request, on: On, session: str | None = None) -> web.StreamResponse | None:
        """What strikes this request: an answer in place of the true one, or None. `finish` is for what comes later."""
        for fault in self._world.book.asked(on, session):
            if isinstance(fault, SlowFault | DropFault) and fault.after:
                request[_AFTER] = fault
            elif isinstance(fault, SlowFault):
                await self._world.pace.wait(self._world.stopping, fault.delay_s)
            elif isinstance(fault, DropFault):
                self.seen(request, on, 0, session)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)  # nobody is there to read it
            elif isinstance(fault, RangeFault):
                request[_RANGE] = fault
            elif isinstance(fault, BrokenFault):
                status = _SUCCESS.get(on, 200)
                self.seen(request, on, status, session)
                broken = broken_body(fault.what, size_bytes=fault.size_bytes)
                return web.Response(status=status, body=broken, content_type="application/json")
            elif isinstance(fault, RefuseFault) and fault.status is not None:
                body = error_body(
                    fault.status,
                    message=fault.message,
                    permission=fault.permission,
                    retry_after_s=fault.retry_after_s,
                    field=fault.field,
                )
                headers = refusal_headers(fault, now_s=self._world.pace.now_s())
                return self.answer(request, on, fault.status, body, headers=headers, session=session)
        return None

    async def refused(self, request: web.Request, on: On, session: str | None = None) -> web.StreamResponse | None:
        """Why this request gets no answer of its own: a fault strikes, or it may not pass. None: go on."""
        return await self.fault(request, on, session) or self.may_pass(request, on, session)

    async def finish(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """The answer of a call that has done what was asked; unless a fault strikes now."""
        fault = request.get(_AFTER)
        if isinstance(fault, SlowFault):
            await self._world.pace.wait(self._world.stopping, fault.delay_s)
        elif isinstance(fault, DropFault) and request.transport is not None:
            request.transport.abort()
        return response

    def range_fault(self, request: web.Request) -> RangeFault | None:
        """What goes wrong with the range that is asked for."""
        return request.get(_RANGE)

    def may_pass(self, request: web.Request, operation: str, session: str | None = None) -> web.Response | None:
        """Who has no token is told so, and who asks faster than allowed; None: go on."""
        now_s, ledger = self._world.pace.monotonic_s(), self._world.ledger
        while self._let_in and now_s - self._let_in[0] >= WINDOW_S:
            self._let_in.popleft()
        ledger.max_requests_per_s = max(ledger.max_requests_per_s, len(self._let_in) + 1)
        limit = self._world.requests_per_s
        if limit is not None and len(self._let_in) >= limit:
            ledger.rate_limited += 1
            body = error_body(429, retry_after_s=WINDOW_S)
            return self.answer(request, operation, 429, body, headers={"Retry-After": f"{WINDOW_S:g}"}, session=session)
        self._let_in.append(now_s)
        if not self._world.tokens.valid(bearer_of(request.headers, request.query), now_s):
            return self.answer(request, operation, 401, error_body(401), session=session)
        return None

    def answer(
        self,
        request: web.Request,
        operation: str,
        status: int,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> web.Response:
        """An answer, written down."""
        self.seen(request, operation, status, session)
        return json_answer(status, body, headers)

    def seen(self, request: web.Request, operation: str, status: int, session: str | None = None) -> None:
        """Writes down one request."""
        self._world.ledger.requests.append(
            Seen(
                operation=str(operation),
                method=request.method,
                path=request.path,
                status=status,
                at_s=self._world.pace.now_s(),
                session=session,
            )
        )


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer of JSON."""
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json", headers=headers)
