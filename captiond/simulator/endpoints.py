"""HTTP of the stand-in: tokens, the live path, and the control endpoint."""

import uuid
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from captiond.base.instants import iso_utc
from captiond.simulator.after_calls import AfterCalls
from captiond.simulator.calling import Calling
from captiond.simulator.connection import MAX_COMMAND_BYTES, Connection
from captiond.simulator.desk import Desk, json_answer
from captiond.simulator.faults import FaultFileError, On, parse_faults
from captiond.simulator.interactions import Interactions
from captiond.simulator.messaging import Messaging
from captiond.simulator.recordings import Recordings
from captiond.simulator.replies import check_activation, error_body
from captiond.simulator.searches import Findings
from captiond.simulator.stage import StageFullError
from captiond.simulator.tokens import bearer_of, credentials_of
from captiond.simulator.transcriptions import Transcriptions, is_submission
from captiond.simulator.world import World

MAX_BODY_BYTES: Final = 2_097_152  # of a request; a fault file fits, as does any activation
MAX_FORM_FIELDS: Final = 50  # a token request has up to four


class Endpoints:
    """All routes of one simulator."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._desk = Desk(world)
        self._calling = Calling(world)
        self._transcriptions = Transcriptions(world, self._desk, self._calling)
        self.interactions = Interactions(world, self._desk, self._calling)
        self.findings = Findings(self._desk)
        self.after_calls = AfterCalls(world, self._desk)
        self.recordings = Recordings(world, self._desk)
        self.messaging = Messaging(world, self._desk)
        self._open: dict[Connection, None] = {}

    @property
    def connections(self) -> list[Connection]:
        """The open sockets, oldest first."""
        return list(self._open)

    def wake_all(self) -> None:
        """Lets every player look at the faults again."""
        for connection in self._open:
            connection.wake()

    async def rest(self) -> None:
        """No more callbacks; those on their way are not waited for."""
        await self._calling.rest()

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        # Two paths for the token: the documents of the REST workflows use both.
        app.router.add_post("/oauth/token", self.token)
        app.router.add_post("/api/v2/oauth/token", self.token)
        app.router.add_post("/api/v2/media/transcriptions", self.activate)
        app.router.add_get("/api/v2/websocket", self.websocket)
        self._transcriptions.add_to(app)
        self.interactions.add_to(app)
        self.findings.add_to(app)
        self.after_calls.add_to(app)
        self.recordings.add_to(app)
        self.messaging.add_to(app)
        app.router.add_get("/_simulator/state", self.state)
        app.router.add_get("/_simulator/faults", self.list_faults)
        app.router.add_post("/_simulator/faults", self.add_faults)
        app.router.add_delete("/_simulator/faults", self.clear_faults)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """`POST /oauth/token`: client credentials, by Basic or in the form."""
        form = await _form(request)
        fault = await self._desk.fault(request, On.TOKEN)
        if fault is not None:
            return fault
        if form.get("grant_type", request.query.get("grant_type")) != "client_credentials":
            body = {"error": "unsupported_grant_type", "error_description": "The grant type is not supported."}
            return self._desk.answer(request, "token", 400, {**body, "description": body["error_description"]})
        credentials = credentials_of(request.headers, form)
        tokens, pace = self._world.tokens, self._world.pace
        if credentials is None or not tokens.knows(*credentials):
            body = {"error": "invalid_client", "error_description": "authentication failed"}
            return self._desk.answer(request, "token", 401, {**body, "description": body["error_description"]})
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
        return self._desk.answer(request, "token", 200, body_, headers={"Cache-Control": "no-store"})

    async def activate(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/media/transcriptions`: the live form, with a mediaSessionId; else a job over stored media."""
        content = await request.read()
        if is_submission(content):
            return await self._transcriptions.submit(request, content)
        return await self._activate(request, content)

    async def _activate(self, request: web.Request, content: bytes) -> web.StreamResponse:
        checked = check_activation(content)
        session = None if isinstance(checked, str) else checked.session
        fault = await self._desk.fault(request, On.ACTIVATION, session)
        if fault is not None:
            return fault
        pace = self._world.pace
        if not self._world.tokens.valid(bearer_of(request.headers, request.query), pace.monotonic_s()):
            return self._desk.answer(request, "activation", 401, error_body(401), session=session)
        if isinstance(checked, str):
            return self._desk.answer(request, "activation", 400, error_body(400, message=checked))
        try:
            known = self._world.stage.activated(checked.session, language=checked.language, now_s=pace.monotonic_s())
        except StageFullError:
            return self._desk.answer(request, "activation", 503, error_body(503), session=session)
        if not known:
            said = "The media session is not known."
            return self._desk.answer(request, "activation", 404, error_body(404, message=said), session=session)
        self._world.ledger.activations[checked.session] += 1
        body = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"transcription:{checked.session}")),
            "status": "ACTIVE",
            "mediaSessionId": checked.session,
            "createdTime": iso_utc(pace.now_s()),
        }
        return self._desk.answer(request, "activation", 201, body, session=session)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/websocket`: the bearer is checked before the upgrade."""
        fault = await self._desk.fault(request, On.HANDSHAKE)
        if fault is not None:
            return fault
        if not self._world.tokens.valid(bearer_of(request.headers, request.query), self._world.pace.monotonic_s()):
            return self._desk.answer(request, "handshake", 401, error_body(401))
        # Pings and closes are answered by `Connection`: a silent socket must not.
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, max_msg_size=MAX_COMMAND_BYTES)
        if not socket.can_prepare(request).ok:
            return self._desk.answer(
                request, "handshake", 400, error_body(400, message="A WebSocket handshake is needed.")
            )
        await socket.prepare(request)
        self._desk.seen(request, "handshake", 101)
        connection = Connection(self._world, request, socket)
        self._open[connection] = None
        try:
            await connection.serve()
        finally:
            del self._open[connection]
        return socket

    async def state(self, request: web.Request) -> web.StreamResponse:
        """`GET /_simulator/state`: the counters, and the sessions that have a track."""
        return json_answer(200, {**self._world.ledger.listing(), "sessions": self._world.stage.sessions})

    async def list_faults(self, request: web.Request) -> web.StreamResponse:
        """`GET /_simulator/faults`: what is armed and how often it has struck."""
        return json_answer(200, {"faults": self._world.book.listing()})

    async def add_faults(self, request: web.Request) -> web.StreamResponse:
        """`POST /_simulator/faults`: arms more; 400 names every mistake and arms none."""
        try:
            self._world.book.add(parse_faults(await request.read(), name="body"))
        except FaultFileError as error:
            return json_answer(400, error_body(400, message="; ".join(error.faults)) | {"details": error.faults})
        except ValueError as error:
            return json_answer(400, error_body(400, message=str(error)))
        self.wake_all()
        return json_answer(200, {"faults": self._world.book.listing()})

    async def clear_faults(self, request: web.Request) -> web.StreamResponse:
        """`DELETE /_simulator/faults`: disarms all."""
        self._world.book.clear()
        return web.Response(status=204)


async def _form(request: web.Request) -> dict[str, str]:
    """The form of a token request; empty where the body is none."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl((await request.read()).decode(), max_num_fields=MAX_FORM_FIELDS))
    except ValueError:  # not UTF-8, or too many fields
        return {}
