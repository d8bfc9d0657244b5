"""HTTP of the stand-in: who may, what is wrong, which fault strikes."""

import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from captiond.base.instants import iso_utc
from captiond.simulator.connection import MAX_COMMAND_BYTES, Connection
from captiond.simulator.faults import (
    BrokenFault,
    DropFault,
    FaultFileError,
    On,
    RefuseFault,
    SlowFault,
    parse_faults,
)
from captiond.simulator.ledger import Seen
from captiond.simulator.replies import broken_body, check_activation, error_body, refusal_headers
from captiond.simulator.stage import StageFullError
from captiond.simulator.tokens import bearer_of, credentials_of
from captiond.simulator.world import World

MAX_BODY_BYTES: Final = 2_097_152  # of a request; a fault file fits, as does any activation
MAX_FORM_FIELDS: Final = 50  # a token request has up to four


class Endpoints:
    """All routes of one simulator."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[Connection, None] = {}

    @property
    def connections(self) -> list[Connection]:
        """The open sockets, oldest first."""
        return list(self._open)

    def wake_all(self) -> None:
        """Lets every player look at the faults again."""
        for connection in self._open:
            connection.wake()

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        # Two paths for the token: the documents of the REST workflows use both.
        app.router.add_post("/oauth/token", self.token)
        app.router.add_post("/api/v2/oauth/token", self.token)
        app.router.add_post("/api/v2/media/transcriptions", self.activate)
        app.router.add_get("/api/v2/websocket", self.websocket)
        app.router.add_get("/_simulator/state", self.state)
        app.router.add_get("/_simulator/faults", self.list_faults)
        app.router.add_post("/_simulator/faults", self.add_faults)
        app.router.add_delete("/_simulator/faults", self.clear_faults)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """`POST /oauth/token`: client credentials, by Basic or in the form."""
        form = await _form(request)
        fault = await self._fault(request, On.TOKEN)
        if fault is not None:
            return fault
        if form.get("grant_type", request.query.get("grant_type")) != "client_credentials":
            body = {"error": "unsupported_grant_type", "error_description": "The grant type is not supported."}
            return self._answer(request, "token", 400, {**body, "description": body["error_description"]})
        credentials = credentials_of(request.headers, form)
        tokens, pace = self._world.tokens, self._world.pace
        if credentials is None or not tokens.knows(*credentials):
            body = {"error": "invalid_client", "error_description": "authentication failed"}
            return self._answer(request, "token", 401, {**body, "description": body["error_description"]})
        self._world.ledger.tokens_issued += 1
        token = tokens.issue(pace.monotonic_s())
        expires = tokens.expires_in_s
        body_: dict[str, Any] = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(expires) if expires == int(expires) else expires,
        }
        if scope := form.get("scope", request.query.get("scope")):
            body_["scope"] = scope
        return self._answer(request, "token", 200, body_, headers={"Cache-Control": "no-store"})

    async def activate(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/media/transcriptions`: the live form, with a mediaSessionId."""
        content = await request.read()
        checked = check_activation(content)
        session = None if isinstance(checked, str) else checked.session
        fault = await self._fault(request, On.ACTIVATION, session)
        if fault is not None:
            return fault
        pace = self._world.pace
        if not self._world.tokens.valid(bearer_of(request.headers, request.query), pace.monotonic_s()):
            return self._answer(request, "activation", 401, error_body(401), session=session)
        if isinstance(checked, str):
            return self._answer(request, "activation", 400, error_body(400, message=checked))
        try:
            known = self._world.stage.activated(checked.session, language=checked.language, now_s=pace.monotonic_s())
        except StageFullError:
            return self._answer(request, "activation", 503, error_body(503), session=session)
        if not known:
            said = "The media session is not known."
            return self._answer(request, "activation", 404, error_body(404, message=said), session=session)
        self._world.ledger.activations[checked.session] += 1
        body = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"transcription:{checked.session}")),
            "status": "ACTIVE",
            "mediaSessionId": checked.session,
            "createdTime": iso_utc(pace.now_s()),
        }
        return self._answer(request, "activation", 201, body, session=session)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/websocket`: the bearer is checked before the upgrade."""
        fault = await self._fault(request, On.HANDSHAKE)
        if fault is not None:
            return fault
        if not self._world.tokens.valid(bearer_of(request.headers, request.query), self._world.pace.monotonic_s()):
            return self._answer(request, "handshake", 401, error_body(401))
        # Pings and closes are answered by `Connection`: a silent socket must not.
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, max_msg_size=MAX_COMMAND_BYTES)
        if not socket.can_prepare(request).ok:
            return self._answer(request, "handshake", 400, error_body(400, message="A WebSocket handshake is needed."))
        await socket.prepare(request)
        self._seen(request, "handshake", 101)
        connection = Connection(self._world, request, socket)
        self._open[connection] = None
        try:
            await connection.serve()
        finally:
            del self._open[connection]
        return socket

    async def state(self, request: web.Request) -> web.StreamResponse:
        """`GET /_simulator/state`: the counters, and the sessions that have a track."""
        return _json(200, {**self._world.ledger.listing(), "sessions": self._world.stage.sessions})

    async def list_faults(self, request: web.Request) -> web.StreamResponse:
        """`GET /_simulator/faults`: what is armed and how often it has struck."""
        return _json(200, {"faults": self._world.book.listing()})

    async def add_faults(self, request: web.Request) -> web.StreamResponse:
        """`POST /_simulator/faults`: arms more; 400 names every mistake and arms none."""
        try:
            self._world.book.add(parse_faults(await request.read(), name="body"))
        except FaultFileError as error:
            return _json(400, error_body(400, message="; ".join(error.faults)) | {"details": error.faults})
        except ValueError as error:
            return _json(400, error_body(400, message=str(error)))
        self.wake_all()
        return _json(200, {"faults": self._world.book.listing()})

    async def clear_faults(self, request: web.Request) -> web.StreamResponse:
        """`DELETE /_simulator/faults`: disarms all."""
        self._world.book.clear()
        return web.Response(status=204)

    async def _fault(self, request: web.Request, on: On, session: str | None = None) -> web.StreamResponse | None:
        for fault in self._world.book.asked(on, session):
            if isinstance(fault, SlowFault):
                await self._world.pace.wait(self._world.stopping, fault.delay_s)
            elif isinstance(fault, DropFault):
                self._seen(request, on, 0, session)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)  # nobody is there to read it
            elif isinstance(fault, BrokenFault):
                status = 200 if on is On.TOKEN else 201
                self._seen(request, on, status, session)
                broken = broken_body(fault.what, size_bytes=fault.size_bytes)
                return web.Response(status=status, body=broken, content_type="application/json")
            elif isinstance(fault, RefuseFault) and fault.status is not None:
                body = error_body(
                    fault.status,
                    message=fault.message,
                    permission=fault.permission,
                    retry_after_s=fault.retry_after_s,
                )
                headers = refusal_headers(fault, now_s=self._world.pace.now_s())
                return self._answer(request, on, fault.status, body, headers=headers, session=session)
        return None

    def _answer(
        self,
        request: web.Request,
        operation: str,
        status: int,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> web.Response:
        self._seen(request, operation, status, session)
        return _json(status, body, headers)

    def _seen(self, request: web.Request, operation: str, status: int, session: str | None = None) -> None:
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


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json", headers=headers)


async def _form(request: web.Request) -> dict[str, str]:
    """The form of a token request; empty where the body is none."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl((await request.read()).decode(), max_num_fields=MAX_FORM_FIELDS))
    except ValueError:  # not UTF-8, or too many fields
        return {}
