"""Transcriptions of stored media, in the documents' form: the recording, the request, and the callback that follows.

A request with an `Idempotency-Key` that was seen before begins nothing and is answered as the first one was. Callbacks
go to addresses of this machine only, each until it is answered with 2xx. Source: workflows.md, section 1.
"""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from captiond.base.instants import iso_utc
from captiond.simulator.calling import Calling
from captiond.simulator.desk import Desk
from captiond.simulator.faults import On
from captiond.simulator.identifiers import LANGUAGE_TAG, SESSION_ID, may_be_called
from captiond.simulator.media import Recording
from captiond.simulator.replies import error_body
from captiond.simulator.world import World

WORK_S: Final = 1.5  # what a transcription is said to have taken


def is_submission(body: bytes) -> bool:
    """Whether this asks for the transcription of stored media; the live form has a `mediaSessionId`."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(asked, dict) and "mediaId" in asked and "mediaSessionId" not in asked


class Transcriptions:
    """The endpoints, and who calls back."""

    def __init__(self, world: World, desk: Desk, calling: Calling) -> None:
        self._world, self._desk, self._calling = world, desk, calling
        self._begun: dict[str, str] = {}  # by Idempotency-Key

    def add_to(self, app: web.Application) -> None:
        """Registers the routes; `POST /api/v2/media/transcriptions` is shared with the live form."""
        app.router.add_get("/api/v2/media/{id}", self.media)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/media/{id}`."""
        media = request.match_info["id"]
        refused = await self._desk.refused(request, On.MEDIA, media)
        if refused is not None:
            return refused
        recording = self._world.library.find(media)
        if recording is None:
            return self._desk.answer(request, On.MEDIA, 404, error_body(404), session=media)
        body = {"id": media, "duration": recording.duration, "codec": recording.codec, "format": recording.format}
        return await self._desk.finish(request, self._desk.answer(request, On.MEDIA, 200, body, session=media))

    async def submit(self, request: web.Request, content: bytes) -> web.StreamResponse:
        """`POST /api/v2/media/transcriptions` for stored media: 202, and a callback later."""
        asked: dict[str, Any] = orjson.loads(content)
        media = str(asked["mediaId"])[:128]
        refused = await self._desk.refused(request, On.SUBMISSION, media)
        if refused is not None:
            return refused
        wrong = _wrong(asked)
        if wrong is not None:
            body = error_body(400, message=f"{wrong} is not valid", field=wrong)
            return self._desk.answer(request, On.SUBMISSION, 400, body, session=media)
        recording = self._world.library.find(media)
        if recording is None:
            return self._desk.answer(request, On.SUBMISSION, 404, error_body(404), session=media)
        transcription = await self._begin(recording, asked, key=request.headers.get("Idempotency-Key"))
        answer = self._desk.answer(request, On.SUBMISSION, 202, {"transcriptionId": transcription}, session=media)
        return await self._desk.finish(request, answer)

    async def _begin(self, recording: Recording, asked: Mapping[str, Any], *, key: str | None) -> str:
        if key is not None and key in self._begun:
            return self._begun[key]
        transcription = f"tr-{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}"
        if key is not None:
            self._begun[key] = transcription
        self._world.ledger.transcriptions[recording.media_id] += 1
        hooks = [hook for hook in asked.get("webhooks") or [] if isinstance(hook, dict)]
        if recording.outcome == "silent":
            return transcription
        body = self._body(recording, transcription)
        for hook in hooks:
            if hook.get("events") and f"transcription.{recording.outcome}" not in hook["events"]:
                continue
            for _ in range(recording.calls):
                if recording.early:
                    await self._calling.call(str(hook.get("uri")), body, about=transcription, delay_s=0)
                else:
                    self._calling.begin(str(hook.get("uri")), body, about=transcription, delay_s=recording.delay_s)
        return transcription

    def _body(self, recording: Recording, transcription: str) -> bytes:
        if recording.body is not None:
            return recording.body.encode("utf-8", "surrogateescape")
        now_s = self._world.pace.now_s()
        data: dict[str, Any] = {
            "transcriptionId": transcription,
            "status": recording.outcome.upper(),
            "startedAt": iso_utc(now_s - WORK_S),
            "completedAt": iso_utc(now_s),
        }
        if recording.outcome == "failed":
            data["failureReason"] = recording.failure_reason
        else:
            data["result"] = {
                "mediaId": recording.media_id,
                "redacted": recording.redacted,
                "transcripts": list(recording.transcripts),
            }
        data = {key: value for key, value in {**data, **recording.data}.items() if value is not None}
        return orjson.dumps({"eventType": f"transcription.{recording.outcome}", "data": data})


def _wrong(asked: Mapping[str, Any]) -> str | None:
    """The first field that is not what the documents say."""
    languages, hooks = asked.get("languages"), asked.get("webhooks", [])
    if not isinstance(asked.get("mediaId"), str) or not SESSION_ID.fullmatch(asked["mediaId"]):
        return "mediaId"
    if not isinstance(languages, list) or not languages or not all(_is_tag(tag) for tag in languages):
        return "languages"
    if not isinstance(hooks, list) or not all(
        isinstance(hook, dict) and isinstance(hook.get("uri"), str) and may_be_called(hook["uri"]) for hook in hooks
    ):
        return "webhooks"
    return None


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, str) and LANGUAGE_TAG.fullmatch(tag) is not None
