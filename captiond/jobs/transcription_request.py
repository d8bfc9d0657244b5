"""Workflow 1: a stored recording is transcribed by Genesys, which calls back; the redacted transcript is the result.

checking > submitting > awaiting > settling in the documents' form of its endpoints (workflows.md, section 1). Where
Genesys transcribes by its settings, `mediaId` is a conversation: checking > polling > fetching > settling.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

import orjson

from captiond.base.ids import RawText
from captiond.base.instants import iso_utc
from captiond.db.jobs import Job
from captiond.db.outbox import Parcel
from captiond.genesys import transcriptions as api
from captiond.genesys.payloads import usable
from captiond.jobs.after_call import PERMISSIONS, AfterCall
from captiond.jobs.machine import TRANSCRIPTION, Outcome, Phase
from captiond.jobs.masking import Masking, Said
from captiond.jobs.refusals import JobFailed
from captiond.jobs.requests import TranscriptionBody, parse
from captiond.jobs.workflow import WAITS, Step, Tools

log = logging.getLogger(__name__)

INDEX: Final = "index"  # the sink that gets the search document
# BCP 47: language, script, region, variants. Which of them Genesys knows, it says itself.
_LANGUAGE: Final = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-([A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*", re.ASCII
)


SCOPES: Final = ("media:transcription:write", "media:media:read")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be submitted, by configuration."""

    max_duration_s: float = 1_800.0
    codecs: tuple[str, ...] = ("pcm", "mp3", "opus", "vorbis", "webm")
    formats: tuple[str, ...] = ("wav", "mp3", "ogg", "webm")


class TranscriptionRequest:
    """The workflow. Holds nothing of a job: all of that is in its row."""

    kind: str = TRANSCRIPTION
    acknowledgement: Mapping[str, Any] = {"status": "accepted"}
    limited_waits_s: Sequence[float] = (2.0, 4.0, 8.0)  # workflows.md: `Retry-After`, else 2 s doubling, 3 tries

    def __init__(self, bounds: Bounds, *, after_call: AfterCall, begins: bool = True) -> None:
        """`begins`: a transcription is asked for and called back about; else Genesys makes it by its settings."""
        self._bounds, self._after_call, self._begins = bounds, after_call, begins
        self.scopes = SCOPES if begins else PERMISSIONS

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `workflow.Workflow.accept`."""
        asked = parse(TranscriptionBody, body)
        wrong = [tag for tag in asked.languages if not _LANGUAGE.fullmatch(tag)]
        if wrong:
            raise JobFailed("unsupported_language", "languages must be BCP 47 tags like en-US", status=422)
        if any(not webhook.uri.lower().startswith("https://") for webhook in asked.webhooks):
            raise JobFailed("invalid_webhook_url", "the address of a webhook must start with https://", status=422)
        if not self._begins and (asked.webhooks or asked.redaction_policy_id is not None):
            words = "webhooks and redactionPolicyId: this profile has neither; Genesys transcribes by its settings"
            raise JobFailed("unsupported_option", words, status=422)
        return {
            "mediaId": asked.media_id,
            "languages": asked.languages,
            "redactionPolicyId": asked.redaction_policy_id,
            "enableSpeakerIdentification": asked.enable_speaker_identification,
            "webhooks": [
                {"uri": webhook.uri, "events": webhook.events or list(api.EVENTS)} for webhook in asked.webhooks
            ],
        }

    async def step(self, job: Job, tools: Tools) -> Step:
        """See `workflow.Workflow.step`."""
        steps = {
            Phase.CHECKING: self._check if self._begins else self._check_conversation,
            Phase.SUBMITTING: self._submit,
            Phase.AWAITING: self._await,
            Phase.POLLING: self._after_call.poll,
            Phase.FETCHING: self._fetch,
            Phase.SETTLING: self._settle,
        }
        return await steps[Phase(job.phase)](job, tools)

    async def _check_conversation(self, job: Job, tools: Tools) -> Step:
        uncalled = ("unsupported_format", "the conversation has no calls: there is nothing to transcribe")
        return await self._after_call.check(job, tools, conversation=job.request["mediaId"], uncalled=uncalled)

    async def _await(self, job: Job, tools: Tools) -> Step:
        called = await tools.called(job)
        return WAITS if called is None else Step(Outcome.CALLED_BACK, upstream=called.upstream)

    async def _check(self, job: Job, tools: Tools) -> Step:
        if tools.address(job) is None:
            raise JobFailed(
                "invalid_webhook_url", "jobs.public_url is not configured: Genesys could not call back", status=422
            )
        answer = await tools.calls.get(api.media_path(job.request["mediaId"]), operation="media")
        media = usable(api.parse_media, answer, operation="media")
        bounds = self._bounds
        if media.duration_s > bounds.max_duration_s:
            raise JobFailed(
                "too_long",
                f"the media lasts {media.duration_s:g} s, at most {bounds.max_duration_s:g} s are allowed",
                status=422,
            )
        if media.codec not in bounds.codecs:
            raise JobFailed("unsupported_codec", f"codec: allowed are {', '.join(bounds.codecs)}", status=422)
        if media.format not in bounds.formats:
            raise JobFailed("unsupported_format", f"format: allowed are {', '.join(bounds.formats)}", status=422)
        return Step(Outcome.DONE, data={"durationS": media.duration_s, "codec": media.codec, "format": media.format})

    async def _submit(self, job: Job, tools: Tools) -> Step:
        # A try whose answer never came may have begun it all the same: then the callback tells the id.
        called = await tools.called(job)
        if called is not None:
            return Step(Outcome.DONE, upstream=called.upstream, facts={"transcriptionId": called.upstream})
        request = job.request
        body = api.submission(
            request["mediaId"],
            languages=request["languages"],
            speakers=request["enableSpeakerIdentification"],
            policy=request["redactionPolicyId"],
            webhooks=[{"uri": tools.address(job), "events": list(api.EVENTS)}, *request["webhooks"]],
        )
        answer = await tools.calls.post(api.PATH, body, operation="transcription", key=f"{job.id}:submit")
        transcription = usable(api.parse_submission, answer, operation="transcription")
        return Step(Outcome.DONE, upstream=transcription, facts={"transcriptionId": transcription})

    async def _fetch(self, job: Job, tools: Tools) -> Step:
        found = await self._after_call.fetch(job, tools)
        callback = api.Callback(
            event=api.COMPLETED,
            transcription=found.transcript,
            status="completed",
            media=job.request["mediaId"],
            redacted=None,
            latency_s=None,
            reason=RawText(""),
            segments=found.segments,
            unusable=found.unusable,
        )
        del found
        await tools.keep(job, callback)
        return Step(Outcome.DONE, upstream=callback.transcription, facts={"transcriptionId": callback.transcription})

    async def _settle(self, job: Job, tools: Tools) -> Step:
        called = await tools.called(job)
        if called is None:  # it was there before this phase began, and callbacks outlive their jobs
            raise JobFailed("callback_lost", "the callback is not in the database any more")
        content, processed_at = called.content, iso_utc(tools.clock.now_s())
        segments = content["segments"]
        confidences = [one["confidence"] for one in segments if one["confidence"] is not None]
        mean = round(fmean(confidences), 4) if confidences else None
        failed = content["event"] == api.FAILED
        status = "failed" if failed else "completed" if segments else "completed-empty"
        facts = {
            "transcriptionId": called.upstream,
            "mediaId": job.request["mediaId"],
            "status": status,
            "latencySeconds": content["latencyS"],
            "averageConfidence": mean,
            "processedAt": processed_at,
            "redacted": content["redacted"],
        }
        tools.audit.record("transcription_failed" if failed else "transcription_completed", job=job.id, **facts)
        if content["latencyS"] is not None:
            tools.meter.observe("transcription_processing_seconds", content["latencyS"], kind=self.kind)
        if mean is not None:
            tools.meter.observe("transcription_confidence", mean, kind=self.kind)
        if failed:
            reason = content["reason"]
            raise JobFailed(
                "transcription_failed",
                "Genesys could not transcribe it" + (f": {reason}" if reason else ""),
                extra={"transcriptionId": called.upstream, "upstreamStatus": content["status"]},
            )
        warnings = list(_warnings(job, content))
        if warnings:
            log.warning("transcription: job=%s warnings=%s", job.id, ",".join(warnings))
        index = INDEX in tools.sinks and bool(segments)
        text = "\n".join(one["text"] for one in segments)
        document = {
            "id": called.upstream,
            "mediaReference": job.request["mediaId"],
            "content": text,
            "confidence": mean,
            "indexedAt": processed_at,
        }
        parcels = [Parcel(f"{job.id}.{INDEX}", INDEX, job.id, orjson.dumps(document).decode())] if index else []
        result = {
            **facts,
            "languages": job.request["languages"],
            "durationS": job.data.get("durationS"),
            "transcripts": segments,
            "redactions": content["redactions"],
            "indexed": index,
            "warnings": warnings,
        }
        return Step(Outcome.DONE, result=result, parcels=parcels, facts={"status": status})

    # -- callbacks -----------------------------------------------------------------------------------------------

    def read(self, body: Mapping[str, Any]) -> api.Callback | None:
        """See `workflow.CalledBack.read`."""
        event = body.get("eventType")
        if isinstance(event, str) and event not in api.EVENTS:
            return None
        return api.parse_callback(body)

    def subject(self, callback: api.Callback) -> str:
        """The transcription's id."""
        return callback.transcription

    async def digest(self, callback: api.Callback, masking: Masking, *, job: Job | None) -> dict[str, Any]:
        """What is kept of a callback: its facts, and its texts redacted."""
        language = job.request["languages"][0] if job is not None else None
        said = [Said(one.text, one.speaker, one.language) for one in callback.segments]
        masked = await masking.transcript(said, language=language)
        return {
            "event": callback.event,
            "status": callback.status,
            "mediaId": callback.media,
            "redacted": callback.redacted,
            "latencyS": callback.latency_s,
            "reason": masking.words(callback.reason) if callback.reason else "",
            "unusable": callback.unusable,
            "redactions": masked.redactions,
            "segments": [
                {
                    "text": text,
                    "speaker": one.speaker or None,
                    "language": one.language,
                    "confidence": one.confidence,
                    "startMs": one.start_ms,
                    "endMs": one.end_ms,
                }
                for one, text in zip(callback.segments, masked.texts, strict=True)
            ],
        }


def _warnings(job: Job, content: Mapping[str, Any]) -> Sequence[str]:
    """What the result is not as one would expect: stable words, for programs."""
    found = {
        "no_transcripts": not content["segments"],
        "segments_without_text": content["unusable"] > 0,
        "not_redacted_by_policy": job.request["redactionPolicyId"] is not None and content["redacted"] is False,
        "other_media": content["mediaId"] not in (None, job.request["mediaId"]),
        "no_latency": content["latencyS"] is None,
    }
    return [name for name, holds in found.items() if holds]
