"""Workflow 2: the talk of an interaction is transcribed by Genesys, which calls back; the text goes to an NLP service.

checking > starting > subscribing > looking > awaiting > tidying > settling. The subscription's filter needs the id that
only the start gives, so it comes second; a result that was faster is found by looking once. What was subscribed to is
taken back. Source: workflows.md, section 2; the documents' form of its endpoints. Where Genesys transcribes by its
settings, the interaction is a conversation: checking > polling > fetching > settling.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from captiond.base.backoff import RATE_LIMIT_WAITS_S
from captiond.base.errors import MissingPermission, UpstreamRefused
from captiond.base.instants import iso_utc
from captiond.db.jobs import Job
from captiond.db.outbox import Parcel
from captiond.genesys import interactions as api
from captiond.genesys.payloads import usable
from captiond.jobs.after_call import PERMISSIONS, AfterCall
from captiond.jobs.lines import joined, lines_of
from captiond.jobs.machine import INTERACTION, Outcome, Phase
from captiond.jobs.masking import Masking, Said
from captiond.jobs.refusals import JobFailed
from captiond.jobs.requests import InteractionBody, parse
from captiond.jobs.workflow import WAITS, Step, Tools

log = logging.getLogger(__name__)

NLP: Final = "nlp"  # the sink that gets the text
SCOPES: Final = (
    "interaction:transcription:create",
    "interaction:transcription:view",
    "interaction:view",
    "webhook:write",
    "webhook:view",
)


class InteractionTranscription:
    """The workflow. Holds nothing of a job: all of that is in its row."""

    kind: str = INTERACTION
    limited_waits_s: Sequence[float] = RATE_LIMIT_WAITS_S
    acknowledgement: Mapping[str, Any] = {"acknowledged": True}

    def __init__(self, *, max_duration_s: float, after_call: AfterCall, begins: bool = True) -> None:
        """`begins`: a transcription is asked for and called back about; else Genesys makes it by its settings."""
        self._max_duration_s, self._after_call, self._begins = max_duration_s, after_call, begins
        self.scopes = SCOPES if begins else PERMISSIONS

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `workflow.Workflow.accept`."""
        asked = parse(InteractionBody, body)
        if asked.locale not in api.LOCALES:
            raise JobFailed("unsupported_language", f"locale: allowed are {', '.join(api.LOCALES)}", status=422)
        return {"interactionId": asked.interaction_id, "locale": asked.locale, "redactPii": asked.redact_pii}

    async def step(self, job: Job, tools: Tools) -> Step:
        """See `workflow.Workflow.step`."""
        steps = {
            Phase.CHECKING: self._check if self._begins else self._check_conversation,
            Phase.POLLING: self._after_call.poll,
            Phase.FETCHING: self._fetch,
            Phase.STARTING: self._start,
            Phase.SUBSCRIBING: self._subscribe,
            Phase.LOOKING: self._look,
            Phase.AWAITING: self._await,
            Phase.TIDYING: self._tidy,
            Phase.SETTLING: self._settle,
        }
        return await steps[Phase(job.phase)](job, tools)

    async def _check(self, job: Job, tools: Tools) -> Step:
        if tools.address(job) is None:
            raise JobFailed(
                "invalid_webhook_url", "jobs.public_url is not configured: Genesys could not call back", status=422
            )
        answer = await tools.calls.get(api.interaction_path(job.request["interactionId"]), operation="interaction")
        media = usable(api.parse_media, answer, operation="interaction")
        if not media:
            raise JobFailed("no_media", "the interaction has no media", status=422)
        heard = [duration_s for kind, duration_s in media if kind in api.HEARD]
        if not heard:
            raise JobFailed("unsupported_media", "the interaction has neither audio nor video", status=422)
        longest_s = max(duration_s for _, duration_s in media if duration_s is not None)
        if longest_s > self._max_duration_s:
            raise JobFailed(
                "too_long",
                f"a medium lasts {longest_s:g} s, at most {self._max_duration_s:g} s are allowed",
                status=422,
            )
        answer = await tools.calls.get(api.CAPABILITIES, operation="capabilities")
        if not usable(api.is_licensed, answer, operation="capabilities"):
            raise JobFailed("not_licensed", "the licence for transcription is missing or used up", status=422)
        return Step(Outcome.DONE, data={"durationS": longest_s})

    async def _check_conversation(self, job: Job, tools: Tools) -> Step:
        conversation = job.request["interactionId"]
        uncalled = ("unsupported_media", "the conversation has no calls")
        step = await self._after_call.check(job, tools, conversation=conversation, uncalled=uncalled)
        begun_s = tools.clock.now_s()
        return replace(step, data={**step.data, "begunS": begun_s, "initiationTimestamp": iso_utc(begun_s)})

    async def _fetch(self, job: Job, tools: Tools) -> Step:
        found = await self._after_call.fetch(job, tools)
        transcript = api.Transcript(
            transcription=found.transcript,
            interaction=job.request["interactionId"],
            status="completed",
            redacted=None,
            begun_s=job.data["begunS"],
            segments=found.segments,
        )
        del found
        await tools.keep(job, transcript)
        transcription = transcript.transcription
        return Step(Outcome.DONE, upstream=transcription, facts={"transcriptionId": transcription})

    async def _start(self, job: Job, tools: Tools) -> Step:
        request = job.request
        body = api.start(request["interactionId"], locale=request["locale"], redact=request["redactPii"])
        answer = await tools.calls.post(api.STARTS, body, operation="start", key=f"{job.id}:start")
        transcription, begun_s = usable(api.parse_started, answer, operation="start")
        begun_s = tools.clock.now_s() if begun_s is None else begun_s
        return Step(
            Outcome.DONE,
            data={"begunS": begun_s, "initiationTimestamp": iso_utc(begun_s)},
            upstream=transcription,
            facts={"transcriptionId": transcription},
        )

    async def _subscribe(self, job: Job, tools: Tools) -> Step:
        address = tools.address(job)
        if address is None or job.upstream is None:
            raise JobFailed("invalid_webhook_url", "jobs.public_url is not configured any more")
        body = api.subscription(job.upstream, endpoint=address)
        answer = await tools.calls.post(api.WEBHOOKS, body, operation="webhook", key=f"{job.id}:subscribe")
        return Step(Outcome.DONE, data={"webhook": usable(api.parse_id, answer, operation="webhook")})

    async def _look(self, job: Job, tools: Tools) -> Step:
        """Once, now that nothing is lost any more: a short talk may have been done before we were subscribed."""
        assert job.upstream is not None
        if await tools.called(job) is not None:
            return Step(Outcome.DONE)
        try:
            answer = await tools.calls.get(api.transcript_path(job.upstream), operation="transcript")
        except MissingPermission:
            raise
        except UpstreamRefused:  # this server knows no such call: the callback will come, or the deadline
            return Step(Outcome.DONE)
        transcript = usable(_parse_looked_at, answer, operation="transcript")
        del answer
        if transcript.transcription == job.upstream and transcript.is_there:
            await tools.keep(job, transcript)
        return Step(Outcome.DONE)

    async def _await(self, job: Job, tools: Tools) -> Step:
        called = await tools.called(job)
        return WAITS if called is None else Step(Outcome.CALLED_BACK)

    async def _tidy(self, job: Job, tools: Tools) -> Step:
        try:
            await tools.calls.delete(api.webhook_path(job.data["webhook"]), operation="webhook_end")
        except UpstreamRefused as refused:  # it is gone already, or this server knows no such call
            log.info("webhook is not taken back: job=%s status=%d", job.id, refused.status)
        return Step(Outcome.DONE)

    async def _settle(self, job: Job, tools: Tools) -> Step:
        called = await tools.called(job)
        if called is None:
            raise JobFailed("callback_lost", "the callback is not in the database any more")
        content, processed_s = called.content, tools.clock.now_s()
        begun_s = content["begunS"] if content["begunS"] is not None else job.data["begunS"]
        latency_ms = round((called.received_s - begun_s) * 1000) if called.received_s >= begun_s else None
        text, processed_at = content["text"], iso_utc(processed_s)
        status = "failed" if content["failed"] else "completed" if text else "completed-empty"
        tools.audit.record(
            "transcription_failed" if content["failed"] else "transcription_completed",
            job=job.id,
            transcriptionId=job.upstream,
            interactionId=job.request["interactionId"],
            status=status,
            latencyMs=latency_ms,
            redacted=content["redacted"],
            auditAction="transcription.failed" if content["failed"] else "transcription.completed",
        )
        if latency_ms is not None:
            tools.meter.observe("transcription_processing_seconds", latency_ms / 1000, kind=self.kind)
        if content["failed"]:
            raise JobFailed("transcription_failed", "Genesys could not transcribe it")
        document = {
            "transcriptionId": job.upstream,
            "transcript": text,
            "latencyMs": latency_ms,
            "processedAt": processed_at,
        }
        forwards = NLP in tools.sinks and bool(text)
        parcels = [Parcel(f"{job.id}.{NLP}", NLP, job.id, orjson.dumps(document).decode())] if forwards else []
        result = {
            "transcriptionId": job.upstream,
            "interactionId": job.request["interactionId"],
            "status": status,
            "initiationTimestamp": job.data["initiationTimestamp"],
            "webhookSubscribed": "webhook" in job.data,
            "transcript": text,
            "latencyMs": latency_ms,
            "processedAt": processed_at,
            "redacted": content["redacted"],
            "redactions": content["redactions"],
            "forwarded": forwards,
        }
        return Step(Outcome.DONE, result=result, parcels=parcels, facts={"status": status})

    # -- callbacks -----------------------------------------------------------------------------------------------

    def read(self, body: Mapping[str, Any]) -> api.Transcript | None:
        """See `workflow.CalledBack.read`."""
        event = body.get("eventType")
        if isinstance(event, str) and event != api.EVENT:
            return None
        transcript = api.parse_transcript(body)
        return transcript if transcript.is_there or transcript.segments else None

    def subject(self, callback: api.Transcript) -> str:
        """The transcription's id."""
        return callback.transcription

    async def digest(self, callback: api.Transcript, masking: Masking, *, job: Job | None) -> dict[str, Any]:
        """What is kept of a callback: its facts, and its text redacted."""
        language = job.request["locale"] if job is not None else None
        lines = lines_of([Said(one.text, one.speaker, one.language) for one in callback.segments])
        masked = await masking.transcript([line.said for line in lines], language=language)
        return {
            "interactionId": callback.interaction,
            "status": callback.status,
            "failed": callback.failed,
            "redacted": callback.redacted,
            "begunS": callback.begun_s,
            "text": joined(lines, masked.texts),
            "redactions": masked.redactions,
        }


def _parse_looked_at(answer: Mapping[str, Any]) -> api.Transcript:
    return api.parse_transcript(answer, id_key="id")
