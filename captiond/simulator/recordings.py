"""Transcripts of recordings, in the documents' form: how one stands, its text in ranges, the audio, another try.

A transcript may be of any size: it is made where it is asked for, and never held. Source: workflows.md, section 3.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from captiond.base.instants import iso_utc
from captiond.simulator.desk import Desk
from captiond.simulator.faults import On, Range, RangeFault
from captiond.simulator.longtext import Text, long_text, silence, text_of
from captiond.simulator.replies import error_body
from captiond.simulator.world import World

SIZED: Final = re.compile(r"(size|sparse)-(\d{1,13})")  # an id that says how many bytes its text has
PIECE_BYTES: Final = 65_536  # written at once
RANGES_KEPT: Final = 1_000
_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


class Transcript(BaseModel):
    """One transcript.

    Attributes:
        status: how it ends; before that it is `in_progress` for so many `polls`. `in_progress`: it never ends.
        text: sent as it stands; None: `size_bytes` of made-up talk; so is any `size-N`, and `sparse-N`, which
            is mostly white space and so soon redacted.
        has_tag: whether its text has an ETag.
        audio_bytes: of the recording's audio; None where there is none.
        again: what another try (`POST .../transcripts`) comes to; None: it fails again.
        again_id: the id that the answer to it names; None: none, and the old id stands.
        data: put over the answer to `GET .../{id}`; a null takes a key away.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    transcript_id: str = Field(min_length=1, max_length=128)
    recording_id: str = "rec-1"
    status: Literal["completed", "failed", "in_progress"] = "completed"
    polls: int = Field(default=0, ge=0)
    text: str | None = "Agent: Good morning, how can I help you?\nCustomer: I have a question on my bill.\n"
    size_bytes: int = Field(default=0, ge=0)
    failure_reason: str = "The audio could not be decoded."
    has_tag: bool = True
    audio_bytes: int | None = Field(default=64_044, ge=0)
    again: str | None = None
    again_id: str | None = None
    data: dict[str, Any] = {}


class Recordings:
    """The endpoints.

    Attributes:
        ranges: what was asked of each text, first and last byte, the newest.
    """

    def __init__(self, world: World, desk: Desk) -> None:
        self._world, self._desk = world, desk
        self._transcripts: dict[str, Transcript] = {}
        self._polled: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()  # how often a text became another one
        self._answered: dict[str, dict[str, Any]] = {}  # by Idempotency-Key
        self.ranges: defaultdict[str, deque[tuple[int, int]]] = defaultdict(lambda: deque(maxlen=RANGES_KEPT))

    def store(self, transcripts: Iterable[Transcript]) -> None:
        """More of them, or others under the same ids."""
        self._transcripts.update((one.transcript_id, one) for one in transcripts)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_get("/api/v2/recordings/transcripts/{id}", self.transcript)
        app.router.add_get("/api/v2/recordings/transcripts/{id}/content", self.content)
        app.router.add_get("/api/v2/recordings/{id}/audio", self.audio)
        app.router.add_post("/api/v2/recordings/{id}/transcripts", self.resubmit)

    async def transcript(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/recordings/transcripts/{id}`."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.TRANSCRIPT, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None:
            return self._desk.answer(request, On.TRANSCRIPT, 404, error_body(404), session=name)
        self._polled[name] += 1
        body = self._standing(found)
        return await self._desk.finish(request, self._desk.answer(request, On.TRANSCRIPT, 200, body, session=name))

    async def content(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/recordings/transcripts/{id}/content`, whole or in a range."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.CONTENT, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None or self._standing(found)["status"] != "completed":
            return self._desk.answer(request, On.CONTENT, 404, error_body(404), session=name)
        fault = self._desk.range_fault(request)
        if fault is not None and fault.what is Range.CHANGED:
            self._changes[name] += 1
        changes = self._changes[name]
        text = long_text(found.size_bytes, version=changes, sparse=name.startswith("sparse-"))
        if found.text is not None:
            text = text_of(f"{found.text}And {changes} more.\n" if changes else found.text)
        tag = f'"v{changes}-{text.size}"' if found.has_tag else None
        return await self._send(request, On.CONTENT, name, text, fault=fault, tag=tag, kind="text/plain")

    async def audio(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/recordings/{id}/audio`."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.AUDIO, name)
        if refused is not None:
            return refused
        found = self._of_recording(name)
        if found is None or found.audio_bytes is None:
            return self._desk.answer(request, On.AUDIO, 404, error_body(404), session=name)
        fault = self._desk.range_fault(request)
        sound = silence(found.audio_bytes)
        return await self._send(request, On.AUDIO, name, sound, fault=fault, tag=None, kind="audio/wav")

    async def resubmit(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/recordings/{id}/transcripts`: another try. A key that was seen before begins nothing."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.RESUBMISSION, name)
        if refused is not None:
            return refused
        found = self._of_recording(name)
        if found is None:
            return self._desk.answer(request, On.RESUBMISSION, 404, error_body(404), session=name)
        key = request.headers.get("Idempotency-Key") or ""
        body = self._answered.get(key, {})
        if not body:
            self._world.ledger.transcriptions[name] += 1
            again = found.again_id or found.transcript_id
            ends = {"status": "failed"} if found.again is None else {"status": "completed", "text": found.again}
            self._transcripts[again] = found.model_copy(update={"transcript_id": again, "again": None, **ends})
            self._polled[again] = 0
            body = {"status": "queued", **({} if found.again_id is None else {"transcriptId": again})}
            if key:
                self._answered[key] = body
        return await self._desk.finish(request, self._desk.answer(request, On.RESUBMISSION, 202, body, session=name))

    # -- answers -----------------------------------------------------------------------------------------------------

    def _find(self, name: str) -> Transcript | None:
        found = self._transcripts.get(name)
        if found is None and (sized := SIZED.fullmatch(name)):
            found = Transcript(transcript_id=name, recording_id=f"rec-{name}", text=None, size_bytes=int(sized[2]))
        if found is None and self._world.library.any_id:
            found = Transcript(transcript_id=name, recording_id=f"rec-{name}"[:128])
        return found

    def _of_recording(self, recording: str) -> Transcript | None:
        found = next((one for one in self._transcripts.values() if one.recording_id == recording), None)
        if found is None and recording.startswith("rec-"):
            found = self._find(recording.removeprefix("rec-"))
        return found

    def _standing(self, found: Transcript) -> dict[str, Any]:
        looked_too_early = found.polls > 0 and self._polled[found.transcript_id] <= found.polls
        pending = found.status == "in_progress" or looked_too_early
        now_s = self._world.pace.now_s()
        body: dict[str, Any] = {
            "id": found.transcript_id,
            "recordingId": found.recording_id,
            "status": "in_progress" if pending else found.status,
            "createdTimestamp": iso_utc(now_s - 1.5),
        }
        if not pending and found.status == "failed":
            body["failureReason"] = found.failure_reason
        elif not pending:
            more = {"completedTimestamp": iso_utc(now_s), "duration": 60.0, "wordCount": 18, "speakerCount": 2}
            body |= {**more, "quality": {"confidence": 0.93}}
        return {key: value for key, value in {**body, **found.data}.items() if value is not None}

    async def _send(
        self,
        request: web.Request,
        on: On,
        name: str,
        text: Text,
        *,
        fault: RangeFault | None,
        tag: str | None,
        kind: str,
    ) -> web.StreamResponse:
        asked = _RANGE.fullmatch(request.headers.get("Range", ""))
        what = None if fault is None else fault.what
        if what is Range.OTHER_TAG:
            tag = '"other"'
        elif tag is not None and request.headers.get("If-Range", tag) != tag:
            asked = None
        if asked is None or what is Range.WHOLE:
            everything = (0, text.size)
            return await self._write(request, on, name, 200, text, part=everything, tag=tag, kind=kind, fault=fault)
        first = int(asked[1])
        last = min(text.size - 1, int(asked[2] or text.size - 1))
        self.ranges[name].append((first, int(asked[2] or text.size - 1)))
        if first >= text.size or what is Range.UNSATISFIED:
            self._desk.seen(request, on, 416, name)
            return web.Response(status=416, headers={"Content-Range": f"bytes */{text.size}"})
        told = f"bytes {first}-{last}/{text.size}"
        end = last + 1
        if what in (Range.SHORT, Range.SHORT_NOT_SAID):
            end -= max(1, (end - first) // 2)
        elif what is Range.LONG:
            end += 100
        elif what is Range.OTHER_START:
            told = f"bytes {first - 1 if first else 1}-{last}/{text.size}"
        elif what is Range.OTHER_TOTAL:
            told = f"bytes {first}-{last}/{text.size + 1}"
        if what in (Range.NOT_SAID, Range.SHORT_NOT_SAID):
            told = ""
        headers, part = {"Content-Range": told}, (first, end)
        return await self._write(
            request, on, name, 206, text, part=part, tag=tag, kind=kind, fault=fault, headers=headers
        )

    async def _write(
        self,
        request: web.Request,
        on: On,
        name: str,
        status: int,
        text: Text,
        *,
        part: tuple[int, int],
        tag: str | None,
        kind: str,
        fault: RangeFault | None,
        headers: dict[str, str] | None = None,
    ) -> web.StreamResponse:
        first, end = part
        said = {**(headers or {}), "Content-Type": kind, "ETag": tag or ""}
        response = web.StreamResponse(status=status, headers={key: value for key, value in said.items() if value})
        response.content_length = end - first
        self._desk.seen(request, on, status, name)
        await self._desk.finish(request, response)
        cut = fault is not None and fault.what is Range.CUT
        if cut and fault is not None:
            end = min(end - 1, first + fault.after_bytes)
        with suppress(ConnectionError):  # who asked is gone
            await response.prepare(request)
            for piece in _pieces(text, first, end):
                await response.write(piece)
        if cut and request.transport is not None:
            request.transport.abort()
        return response


def _pieces(text: Text, first: int, end: int) -> Iterator[bytes]:
    for at in range(first, end, PIECE_BYTES):
        yield text.part(at, min(end, at + PIECE_BYTES))
