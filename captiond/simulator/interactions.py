"""Interactions and their transcription, in the documents' form: begun, subscribed to, looked at, called back about.

A request with an `Idempotency-Key` that was seen before makes nothing and is answered as the first one was.
Source: workflows.md, section 2.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from captiond.base.instants import iso_utc
from captiond.simulator.calling import Calling
from captiond.simulator.desk import Desk
from captiond.simulator.faults import On
from captiond.simulator.identifiers import SESSION_ID, may_be_called
from captiond.simulator.replies import error_body
from captiond.simulator.world import World

LOCALES: Final = frozenset({"en-US", "en-GB", "es-ES", "fr-FR", "de-DE", "ja-JP"})
VOICE: Final = ({"type": "audio", "state": "ended", "recording": True, "duration": 60.0},)


class Interaction(BaseModel):
    """One interaction.

    Attributes:
        media: as `GET /api/v2/interactions/{id}` tells it.
        text: of its transcript, sent as it stands.
        status: how its transcription ends; `silent` never does.
        delay_s: from the start to the result. One that is there before anybody subscribed is not called back about.
        calls: how often the callback is sent, each until it is taken.
        data: put over the callback; a null takes a key away.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    interaction_id: str = Field(min_length=1, max_length=128)
    media: Any = VOICE
    text: str | None = "Good morning, how can I help you?"
    status: Literal["completed", "failed", "silent"] = "completed"
    delay_s: float = Field(default=0.05, ge=0, le=86_400)
    calls: int = Field(default=1, ge=1, le=100)
    data: dict[str, Any] = {}


@dataclass(slots=True)
class _Begun:
    """A transcription that was begun."""

    id: str
    interaction: Interaction
    at_s: float
    redact: bool


class Interactions:
    """The endpoints.

    Attributes:
        licensed: whether the account may transcribe.
        can_look: whether `GET /api/v2/interactions/transcriptions/{id}` is there; the documents do not have it.
        webhooks: the subscriptions that stand, by id.
    """

    def __init__(self, world: World, desk: Desk, calling: Calling) -> None:
        self._world, self._desk, self._calling = world, desk, calling
        self._interactions: dict[str, Interaction] = {}
        self._begun: dict[str, _Begun] = {}
        self._answered: dict[str, dict[str, Any]] = {}  # by Idempotency-Key
        self.webhooks: dict[str, Mapping[str, Any]] = {}
        self.licensed = self.can_look = True

    def store(self, interactions: Iterable[Interaction]) -> None:
        """More of them, or others under the same ids."""
        self._interactions.update((one.interaction_id, one) for one in interactions)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/api/v2/interactions/transcriptions", self.start)
        app.router.add_get("/api/v2/interactions/transcriptions/{id}", self.look)
        app.router.add_get("/api/v2/interactions/{id}", self.interaction)
        app.router.add_get("/api/v2/users/me/capabilities", self.capabilities)
        app.router.add_post("/api/v2/webhooks", self.subscribe)
        app.router.add_delete("/api/v2/webhooks/{id}", self.unsubscribe)

    async def interaction(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/interactions/{id}`."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.INTERACTION, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None:
            return self._desk.answer(request, On.INTERACTION, 404, error_body(404), session=name)
        body = {"id": name, "media": found.media}
        return await self._desk.finish(request, self._desk.answer(request, On.INTERACTION, 200, body, session=name))

    async def capabilities(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/users/me/capabilities`."""
        refused = await self._desk.refused(request, On.CAPABILITIES)
        if refused is not None:
            return refused
        body = {
            "capabilities": [{"id": "recording", "enabled": True}, {"id": "transcription", "enabled": self.licensed}]
        }
        return await self._desk.finish(request, self._desk.answer(request, On.CAPABILITIES, 200, body))

    async def start(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/interactions/transcriptions`."""
        asked = _object(await request.read())
        name = str(asked.get("interactionId"))[:128]
        refused = await self._desk.refused(request, On.START, name)
        if refused is not None:
            return refused
        wrong = next((key for key, right in _RIGHT.items() if not right(asked.get(key))), None)
        if wrong is not None:
            body = error_body(400, message=f"{wrong} is not valid", field=wrong)
            return self._desk.answer(request, On.START, 400, body, session=name)
        found = self._find(name)
        if found is None:
            return self._desk.answer(request, On.START, 404, error_body(404), session=name)
        key, now_s = request.headers.get("Idempotency-Key"), self._world.pace.now_s()
        body = self._answered.get(key or "", {})
        if not body:
            begun = _Begun(f"it-{secrets.token_hex(12)}", found, now_s, bool(asked["redactPii"]))
            self._begun[begun.id] = begun
            self._world.ledger.transcriptions[name] += 1
            body = {
                "id": begun.id,
                "interactionId": name,
                "status": "queued",
                "languageLocale": asked["languageLocale"],
                "redactPii": begun.redact,
                "createdTimestamp": iso_utc(now_s),
            }
            self._remember(key, body)
        return await self._desk.finish(request, self._desk.answer(request, On.START, 200, body, session=name))

    async def look(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/interactions/transcriptions/{id}`: not in the documents."""
        begun = self._begun.get(request.match_info["id"])
        name = begun.interaction.interaction_id if begun else None
        refused = await self._desk.refused(request, On.LOOK, name)
        if refused is not None:
            return refused
        if begun is None or not self.can_look:
            return self._desk.answer(request, On.LOOK, 404, error_body(404), session=name)
        if not self._is_done(begun):
            body: dict[str, Any] = {"id": begun.id, "interactionId": name, "status": "in_progress"}
        else:
            body = {"id": begun.id, **self._result(begun)}
        return await self._desk.finish(request, self._desk.answer(request, On.LOOK, 200, body, session=name))

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/webhooks`."""
        asked = _object(await request.read())
        chosen = asked.get("filter")
        begun = self._begun.get(str(chosen.get("value"))) if isinstance(chosen, dict) else None
        name = begun.interaction.interaction_id if begun else None
        refused = await self._desk.refused(request, On.WEBHOOK, name)
        if refused is not None:
            return refused
        endpoint = asked.get("endpoint")
        if not isinstance(endpoint, str) or not may_be_called(endpoint):
            body = error_body(400, message="endpoint is not valid", field="endpoint")
            return self._desk.answer(request, On.WEBHOOK, 400, body, session=name)
        if begun is None:
            return self._desk.answer(request, On.WEBHOOK, 404, error_body(404))
        key = request.headers.get("Idempotency-Key")
        body = self._answered.get(key or "", {})
        if not body:
            body = {"id": f"wh-{secrets.token_hex(8)}", "name": str(asked.get("name"))}
            self.webhooks[body["id"]] = asked
            self._remember(key, body)
            self._call_back(begun, endpoint)
        return await self._desk.finish(request, self._desk.answer(request, On.WEBHOOK, 200, body, session=name))

    async def unsubscribe(self, request: web.Request) -> web.StreamResponse:
        """`DELETE /api/v2/webhooks/{id}`: not in the documents."""
        subscription = self.webhooks.get(request.match_info["id"])
        begun = self._begun[subscription["filter"]["value"]] if subscription is not None else None
        name = begun.interaction.interaction_id if begun else None
        refused = await self._desk.refused(request, On.WEBHOOK_END, name)
        if refused is not None:
            return refused
        if self.webhooks.pop(request.match_info["id"], None) is None:
            return self._desk.answer(request, On.WEBHOOK_END, 404, error_body(404), session=name)
        self._desk.seen(request, On.WEBHOOK_END, 204, name)
        return await self._desk.finish(request, web.Response(status=204))

    def _find(self, name: str) -> Interaction | None:
        found = self._interactions.get(name)
        return Interaction(interaction_id=name) if found is None and self._world.library.any_id else found

    def _remember(self, key: str | None, body: dict[str, Any]) -> None:
        if key is not None:
            self._answered[key] = body

    def _is_done(self, begun: _Begun) -> bool:
        interaction = begun.interaction
        passed_s = self._world.pace.now_s() - begun.at_s
        return interaction.status != "silent" and passed_s >= interaction.delay_s

    def _call_back(self, begun: _Begun, endpoint: str) -> None:
        """Only about what comes after the subscription."""
        if begun.interaction.status == "silent" or self._is_done(begun):
            return
        left_s = begun.at_s + begun.interaction.delay_s - self._world.pace.now_s()
        body = orjson.dumps(self._result(begun))
        for _ in range(begun.interaction.calls):
            self._calling.begin(endpoint, body, about=begun.id, delay_s=max(0.0, left_s))

    def _result(self, begun: _Begun) -> dict[str, Any]:
        interaction = begun.interaction
        body: dict[str, Any] = {
            "transcriptionId": begun.id,
            "interactionId": interaction.interaction_id,
            "status": interaction.status,
            "redactPii": begun.redact,
            "initiationTimestamp": iso_utc(begun.at_s),
        }
        if interaction.status == "completed":
            body["transcript"] = {"text": interaction.text}
        return {key: value for key, value in {**body, **interaction.data}.items() if value is not None}


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return asked if isinstance(asked, dict) else {}


_RIGHT: Final[Mapping[str, Any]] = {
    "interactionId": lambda value: isinstance(value, str) and SESSION_ID.fullmatch(value) is not None,
    "languageLocale": lambda value: isinstance(value, str) and value in LOCALES,
    "redactPii": lambda value: isinstance(value, bool),
    "type": lambda value: value == "speech",
}
