"""Conversations as Genesys Cloud has them: their calls, and the transcripts that are made after the call by settings.

A transcript stands behind a signed address, which takes no token and works once signed for a few minutes, also in
ranges. Source: reference/genesys.md, section 5; the public SDK's models.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from captiond.base.instants import iso_utc
from captiond.simulator.desk import Desk
from captiond.simulator.faults import On
from captiond.simulator.replies import error_body
from captiond.simulator.world import World

SIGNED_FOR_S: Final = 600.0
AUDIO: Final = "/audio"  # in place of a leg: no leg has that id
BEGAN_S: Final = 1_767_225_600.0  # when conversations are said to have begun, where they do not say: 2026-01-01


class Leg(BaseModel):
    """One call of a conversation.

    Attributes:
        phrases: of its transcript, sent as they stand; None: it never gets one.
        looks: how often its address is asked for in vain.
        body: sent in place of the whole transcript.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    communication_id: str = Field(min_length=1, max_length=128)
    purpose: str = "customer"
    phrases: tuple[dict[str, Any], ...] | None = ()
    looks: int = Field(default=0, ge=0)
    body: str | None = None


class Call(BaseModel):
    """One conversation with calls.

    Attributes:
        audio_bytes: of its recording; None where there is none. audio_looks: how often it is not ready yet.
        data: put over the answer to `GET /api/v2/conversations/{id}`; a null takes a key away.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    conversation_id: str = Field(min_length=1, max_length=128)
    legs: tuple[Leg, ...] = ()
    duration_s: float = Field(default=60.0, ge=0)
    audio_bytes: int | None = Field(default=64_044, ge=0)
    audio_looks: int = Field(default=0, ge=0)
    data: dict[str, Any] = {}


class AfterCalls:
    """The endpoints.

    Attributes:
        enabled: `transcription` of the account's settings; "Disabled" makes no transcripts.
        refuse: so many signed addresses have expired before they are used.
    """

    def __init__(self, world: World, desk: Desk) -> None:
        self._world, self._desk = world, desk
        self._calls: dict[str, Call] = {}
        self._asked: Counter[str] = Counter()
        self._signed: dict[str, tuple[str, str, float]] = {}
        self.enabled, self.refuse = "EnabledGlobally", 0

    def store(self, calls: Iterable[Call]) -> None:
        """More of them, or others under the same ids."""
        self._calls.update((one.conversation_id, one) for one in calls)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_get("/api/v2/routing/settings/transcription", self.settings)
        app.router.add_get("/api/v2/conversations/{id}", self.conversation)
        place = "/api/v2/speechandtextanalytics/conversations/{id}/communications/{leg}/transcripturl"
        app.router.add_get(place, self.transcript_url)
        app.router.add_get("/api/v2/conversations/{id}/recordings", self.recordings)
        app.router.add_get("/_signed/{key}", self.signed)

    async def settings(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/routing/settings/transcription`."""
        refused = await self._desk.refused(request, On.SETTINGS)
        if refused is not None:
            return refused
        body = {"transcription": self.enabled, "transcriptionConfidenceThreshold": 1, "piiRedactionEnabled": False}
        return await self._desk.finish(request, self._desk.answer(request, On.SETTINGS, 200, body))

    async def conversation(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/conversations/{id}`."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.CONVERSATION, name)
        if refused is not None:
            return refused
        call = self._calls.get(name)
        if call is None:
            return self._desk.answer(request, On.CONVERSATION, 404, error_body(404), session=name)
        participants = [
            {
                "id": f"p-{number}",
                "purpose": leg.purpose,
                "calls": [{"id": leg.communication_id, "state": "terminated"}],
            }
            for number, leg in enumerate(call.legs)
        ]
        body = {
            "id": name,
            "startTime": iso_utc(BEGAN_S),
            "endTime": iso_utc(BEGAN_S + call.duration_s),
            "participants": participants,
        }
        told = {key: value for key, value in {**body, **call.data}.items() if value is not None}
        return await self._desk.finish(request, self._desk.answer(request, On.CONVERSATION, 200, told, session=name))

    async def transcript_url(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/speechandtextanalytics/conversations/{id}/communications/{leg}/transcripturl`."""
        name, leg = request.match_info["id"], request.match_info["leg"]
        refused = await self._desk.refused(request, On.TRANSCRIPT_URL, name)
        if refused is not None:
            return refused
        found = self._leg(name, leg)
        asked = self._asked[f"{name}/{leg}"]
        self._asked[f"{name}/{leg}"] += 1
        if found is None or found.phrases is None or asked < found.looks:
            return self._desk.answer(request, On.TRANSCRIPT_URL, 404, error_body(404), session=name)
        body = {"url": self._sign(request, name, leg)}
        return await self._desk.finish(request, self._desk.answer(request, On.TRANSCRIPT_URL, 200, body, session=name))

    async def recordings(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/conversations/{id}/recordings`: 202 while the audio is made ready."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.AUDIO, name)
        if refused is not None:
            return refused
        call = self._calls.get(name)
        if call is None:
            return self._desk.answer(request, On.AUDIO, 404, error_body(404), session=name)
        asked = self._asked[name]
        self._asked[name] += 1
        if asked < call.audio_looks:
            return self._desk.answer(request, On.AUDIO, 202, {"estimatedTranscodeTimeMs": 1_000}, session=name)
        places = {} if call.audio_bytes is None else {"0": {"mediaUri": self._sign(request, name, AUDIO)}}
        self._desk.seen(request, On.AUDIO, 200, name)
        listed = [{"id": f"rec-{name}", "conversationId": name, "media": "audio", "mediaUris": places}]
        return await self._desk.finish(
            request, web.Response(body=orjson.dumps(listed), content_type="application/json")
        )

    def _sign(self, request: web.Request, name: str, what: str) -> str:
        key = secrets.token_urlsafe(24)
        until_s = self._world.pace.now_s() + SIGNED_FOR_S
        if self.refuse > 0:
            self.refuse -= 1
            until_s = 0.0
        self._signed[key] = (name, what, until_s)
        return f"{request.scheme}://{request.host}/_signed/{key}?X-Amz-Signature={secrets.token_hex(16)}"

    async def signed(self, request: web.Request) -> web.StreamResponse:
        """What a signed address gives: to whom has it, and to nobody who also shows a token."""
        name, leg, until_s = self._signed.get(request.match_info["key"], ("", "", 0.0))
        struck = await self._desk.fault(request, On.SIGNED, name or None)
        if struck is not None:
            return struck
        found, call = self._leg(name, leg), self._calls.get(name)
        unknown = found is None and (leg != AUDIO or call is None)
        if unknown or self._world.pace.now_s() >= until_s or "Authorization" in request.headers:
            self._desk.seen(request, On.SIGNED, 403, name or None)
            return web.Response(
                status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="application/xml"
            )
        self._desk.seen(request, On.SIGNED, 200, name)
        if found is None:
            sound = bytes((call.audio_bytes if call is not None else None) or 0)
            return await self._desk.finish(request, web.Response(body=sound, content_type="audio/wav"))
        content = found.body.encode() if found.body is not None else orjson.dumps(self._document(name, found))
        return await self._desk.finish(request, web.Response(body=content, content_type="application/json"))

    def _document(self, name: str, leg: Leg) -> dict[str, Any]:
        begun_ms = round(BEGAN_S * 1000)
        phrases = [
            {
                "phraseIndex": number,
                "startTimeMs": begun_ms + 2_000 * number,
                "duration": {"milliseconds": 1_800},
                **phrase,
            }
            for number, phrase in enumerate(leg.phrases or ())
        ]
        transcript = {"transcriptId": f"st-{leg.communication_id}", "language": "en-us", "phrases": phrases}
        return {
            "organizationId": "00000000-0000-4000-8000-000000000001",
            "conversationId": name,
            "communicationId": leg.communication_id,
            "mediaType": "call",
            "conversationStartTime": begun_ms,
            "transcripts": [{**transcript, "analytics": {"sentiment": [], "topics": []}}],
            "participants": [{"participantPurpose": "internal"}, {"participantPurpose": "external"}],
        }

    def _leg(self, name: str, leg: str) -> Leg | None:
        call = self._calls.get(name)
        return next((one for one in call.legs if one.communication_id == leg), None) if call is not None else None
