"""Workflow 3: a recording's transcript is fetched in pieces, redacted on its way, and kept; else the audio is fetched.

polling > fetching > settling; where there is no text, resubmitting once if that was asked for, then falling_back. One
step of fetching does some 2 MiB and writes down how far it came; what it redacted lies in a file (`shelf`), and nothing
raw lies anywhere but the audio. Source: workflows.md, section 3; the documents' form of its endpoints.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from captiond.base.backoff import RATE_LIMIT_WAITS_S, Chance, poll_delay_s
from captiond.base.errors import (
    MissingPermission,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.base.instants import iso_utc
from captiond.db.jobs import Job
from captiond.db.outbox import Parcel
from captiond.genesys import recordings as api
from captiond.genesys.exchange import Stream
from captiond.genesys.payloads import usable
from captiond.jobs.fetching import Fetching, Progress
from captiond.jobs.long_text import Mark
from captiond.jobs.machine import RECORDING, Outcome, Phase
from captiond.jobs.ranges import WrongRange
from captiond.jobs.refusals import JobFailed
from captiond.jobs.requests import RecordingBody, parse
from captiond.jobs.shelf import Shelf, TooShort
from captiond.jobs.workflow import Step, Tools

log = logging.getLogger(__name__)

COMPLIANCE: Final = "compliance"  # the sink that is told of each transcript
MAX_RESTARTS: Final = 3  # workflows.md, section 5
MAX_AUDIO_TRIES: Final = 4  # of an audio that does not come; then the job says so, with both reasons
MAX_AUDIO_BYTES: Final = 4_294_967_296  # what a WAV file can say of its length: six hours of stereo at 48 kHz
MAX_INLINE_BYTES: Final = 8_388_608  # of a text in an answer, whatever is configured


@dataclass(frozen=True, slots=True)
class Polling:
    """How often it is looked for a transcript, and how long is waited: `base_s` doubling to 30 s."""

    attempts: int
    base_s: float


class RecordingTranscript:
    """The workflow. Holds nothing of a job: all of that is in its row and in its files.

    Args:
        shelf: where the files are.
        chunk_bytes: of the first pieces; they grow.
        inline_bytes: a longer text stands in its file alone, not in the job's result.
        claim: whether that job may ask for another transcript of that recording: no other has.
        index: puts the text of a job's file into the search; made again, it changes nothing.
    """

    kind: str = RECORDING
    scopes: tuple[str, ...] = ("recordings:view", "recordings:read", "search:read", "analytics:query")
    limited_waits_s: Sequence[float] = RATE_LIMIT_WAITS_S

    def __init__(
        self,
        *,
        shelf: Shelf,
        polling: Polling,
        chunk_bytes: int,
        inline_bytes: int,
        chance: Chance,
        claim: Callable[[Job, str], Awaitable[bool]],
        index: Callable[[Job], Awaitable[None]],
    ) -> None:
        self._shelf, self._polling, self._chance, self._claim = shelf, polling, chance, claim
        self._index = index
        self._chunk_bytes, self._inline_bytes = chunk_bytes, min(inline_bytes, MAX_INLINE_BYTES)

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `workflow.Workflow.accept`."""
        asked = parse(RecordingBody, body)
        return {
            "transcriptId": asked.transcript_id,
            "recordingId": asked.recording_id,
            "fallbackOnTimeout": asked.fallback_on_timeout,
            "resubmit": asked.resubmit,
            "language": asked.language,
        }

    async def step(self, job: Job, tools: Tools) -> Step:
        """See `workflow.Workflow.step`."""
        steps = {
            Phase.POLLING: self._poll,
            Phase.FETCHING: self._fetch,
            Phase.RESUBMITTING: self._resubmit,
            Phase.FALLING_BACK: self._fall_back,
            Phase.SETTLING: self._settle,
        }
        return await steps[Phase(job.phase)](job, tools)

    # -- is it there? ------------------------------------------------------------------------------------------------

    async def _poll(self, job: Job, tools: Tools) -> Step:
        transcript = _transcript(job)
        answer = await tools.calls.get(api.transcript_path(transcript), operation="transcript")
        standing = usable(lambda told: api.parse_standing(told, transcript=transcript), answer, operation="transcript")
        recording = standing.recording or job.request["recordingId"]
        if standing.status == api.COMPLETED:
            data = {
                "recordingId": recording,
                "language": job.request["language"] or standing.language,
                "completedTimestamp": None if standing.completed_s is None else iso_utc(standing.completed_s),
                "durationS": standing.duration_s,
                "metrics": {
                    "processingLatencyMs": standing.latency_ms,
                    "accuracyScore": standing.confidence,
                    "wordCount": standing.words,
                    "speakerCount": standing.speakers,
                },
            }
            return Step(Outcome.DONE, data=data, facts={"transcriptId": transcript})
        if standing.status == api.FAILED:
            reason = tools.masking.words(standing.reason) if standing.reason else ""
            facts = {"transcriptId": transcript, "recordingId": recording, "failureReason": reason}
            tools.audit.record("transcript_failed", job=job.id, **facts)
            return self._no_text(job, recording, why="failed", reason=reason)
        return self._not_yet(job, recording)

    def _not_yet(self, job: Job, recording: str | None) -> Step:
        """Once more, later; or the end of looking."""
        polls = job.tries.get("polled", 0) + 1
        if polls < self._polling.attempts:
            delay_s = poll_delay_s(polls - 1, base_s=self._polling.base_s, chance=self._chance)
            return Step(None, again_s=delay_s)
        if not job.request["fallbackOnTimeout"]:
            raise JobFailed("poll_timeout", f"the transcript was not there after {polls} tries", extra={"tries": polls})
        data = {"recordingId": recording, "why": "timeout", "reason": ""}
        return Step(Outcome.NO_TEXT, data=data, facts={"why": "timeout"})

    def _no_text(self, job: Job, recording: str | None, *, why: str, reason: str = "") -> Step:
        """It failed, or is empty: once more, if that was asked for, else the audio."""
        again = job.request["resubmit"] and recording is not None and "resubmitted" not in job.data
        data = {"recordingId": recording, "why": why, "reason": reason}
        return Step(Outcome.NO_TEXT_YET if again else Outcome.NO_TEXT, data=data, facts={"why": why})

    async def _resubmit(self, job: Job, tools: Tools) -> Step:
        recording, transcript = job.data["recordingId"], _transcript(job)
        if not await self._claim(job, recording):
            return Step(Outcome.NO_TEXT, data={"resubmitted": False}, facts={"why": "resubmitted before"})
        body, path = api.resubmission(job.request["language"]), api.resubmission_path(recording)
        try:
            answer = await tools.calls.post(path, body, operation="resubmission", key=f"resubmit:{recording}")
        except (MissingPermission, Unauthorised):
            raise
        except UpstreamRefused as refused:  # it takes none of this recording, or knows no such call
            facts = {"why": "refused", "upstreamStatus": refused.status}
            return Step(Outcome.NO_TEXT, data={"resubmitted": False}, upstream=recording, facts=facts)
        again = api.parse_resubmitted(answer, transcript=transcript)
        data = {"resubmitted": True, "transcriptId": again, "fetched": None, "bytes": None}
        return Step(
            Outcome.DONE, data=data, upstream=recording, facts={"transcriptId": again, "recordingId": recording}
        )

    # -- the text ----------------------------------------------------------------------------------------------------

    async def _fetch(self, job: Job, tools: Tools) -> Step:
        progress, path = Progress.of(job), api.content_path(_transcript(job))
        text = tools.masking.long_text(progress.mark, language=job.data["language"], markers=api.MARKERS)
        try:
            async with self._shelf.writing(self._shelf.text(job.id), behind=progress.mark.written) as paper:
                known, over = await Fetching(
                    tools, path, progress=progress, text=text, paper=paper, least=self._chunk_bytes
                ).run()
        except WrongRange as fault:
            return _restart(job, tools, progress, fault.why)
        except TooShort:
            return _restart(job, tools, progress, "file")
        here = replace(progress, mark=text.mark, known=known)
        facts = {"bytes": here.mark.read, "of": known.total}
        if not over:
            return Step(Outcome.MORE, data=here.as_data(), facts=facts)
        if not here.mark.said:
            step = self._no_text(job, job.data["recordingId"], why="empty")
            return replace(step, data={**step.data, **here.as_data()})
        return Step(Outcome.DONE, data=here.as_data(), facts=facts)

    # -- the audio ---------------------------------------------------------------------------------------------------

    async def _fall_back(self, job: Job, tools: Tools) -> Step:
        if not self._can_have_audio(job):
            raise _no_audio(job, "nobody says which recording it is: give recordingId")
        many = 0
        try:
            async with (
                self._shelf.writing(self._shelf.audio(job.id), behind=0) as paper,
                await self._audio(job, tools) as answer,
                aclosing(answer.pieces()) as pieces,
            ):
                async for piece in pieces:
                    many += len(piece)
                    if many > MAX_AUDIO_BYTES:
                        raise _no_audio(job, f"it is longer than {MAX_AUDIO_BYTES} bytes")
                    await paper.write(piece)
        except UpstreamError as error:
            tries = sum(number for name, number in job.tries.items() if name != "polled")
            if isinstance(error, RateLimited):
                last = tries >= len(self.limited_waits_s)
            else:
                last = not isinstance(error, UpstreamUnavailable) or tries >= MAX_AUDIO_TRIES
            if not last:
                raise
            words = tools.masking.words(error.message) if isinstance(error, UpstreamRefused) else ""
            raise _no_audio(job, _said_of(error) + (f": {words}" if words else "")) from None
        if not many:
            raise _no_audio(job, "it is empty")
        tools.meter.count("recording_bytes_total", many, what="audio")
        tools.meter.count("recording_fallbacks_total", reason=job.data["why"])
        return Step(Outcome.DONE, data={"audioLength": many}, facts={"audioLength": many})

    def _can_have_audio(self, job: Job) -> bool:
        return job.data["recordingId"] is not None

    async def _audio(self, job: Job, tools: Tools) -> AbstractAsyncContextManager[Stream]:
        """The answer that holds it. Raises UpstreamError."""
        path = api.audio_path(job.data["recordingId"])
        return tools.calls.stream(path, operation="audio", headers={"Accept": "audio/wav"})

    # -- the end -----------------------------------------------------------------------------------------------------

    async def _settle(self, job: Job, tools: Tools) -> Step:
        ids: dict[str, Any] = {"transcriptId": _transcript(job), "recordingId": job.data["recordingId"]}
        metrics = job.data.get("metrics") or dict.fromkeys(
            ("processingLatencyMs", "accuracyScore", "wordCount", "speakerCount")
        )
        if "audioLength" in job.data:
            return self._settle_audio(job, tools, ids, metrics)
        mark = Progress.of(job).mark
        present = bool(mark.markers)
        warnings = list(_warnings(mark, metrics))
        if warnings:
            log.warning("recording transcript: job=%s warnings=%s", job.id, ",".join(warnings))
        facts: dict[str, Any] = {
            "piiMarkersPresent": present,
            "redactions": dict(mark.redactions),
            "warnings": warnings,
        }
        tools.audit.record(
            "transcript_retrieved",
            job=job.id,
            **ids,
            **facts,
            latencyMs=metrics["processingLatencyMs"],
            bytes=mark.read,
            complianceFlag="PII_REDACTED" if mark.redactions else "NO_PII",
        )
        _measure(tools, self.kind, metrics)
        tools.meter.count("recording_bytes_total", mark.read, what="text")
        inline = mark.written <= self._inline_bytes
        if not inline:  # else it is found by its result
            await self._index(job)
        document = {
            **ids,
            "duration": job.data["durationS"],
            "completedTimestamp": job.data["completedTimestamp"],
            "piiMarkersPresent": present,
            "qualityScore": metrics["accuracyScore"],
            "syncedAt": iso_utc(tools.clock.now_s()),
        }
        parcel = Parcel(f"{job.id}.{COMPLIANCE}", COMPLIANCE, job.id, orjson.dumps(document).decode())
        result = {
            **ids,
            "status": "completed",
            "transcript": await self._shelf.read(self._shelf.text(job.id)) if inline else None,
            "transcriptBytes": mark.written,
            "transcriptLink": f"/v1/jobs/{job.id}/transcript.txt",
            "language": job.data["language"],
            "durationS": job.data["durationS"],
            "metrics": metrics,
            "complianceSynced": False,
            "markers": dict(mark.markers),
            **facts,
        }
        parcels = [parcel] if COMPLIANCE in tools.sinks else []
        return Step(Outcome.DONE, result=result, parcels=parcels, facts={"status": "completed"})

    def _settle_audio(self, job: Job, tools: Tools, ids: Mapping[str, Any], metrics: Mapping[str, Any]) -> Step:
        facts = {"why": job.data["why"], "audioLength": job.data["audioLength"]}
        tools.audit.record("audio_retrieved", job=job.id, **ids, **facts)
        result = {
            **ids,
            "status": "fallback_triggered",
            **facts,
            "failureReason": job.data["reason"] or None,
            "audioFile": str(self._shelf.audio(job.id).resolve()),
            "transcript": None,
            "metrics": metrics,
            "complianceSynced": False,
        }
        return Step(Outcome.DONE, result=result, facts={"status": "fallback_triggered"})


def _restart(job: Job, tools: Tools, progress: Progress, why: str) -> Step:
    """From the start: what came does not fit together."""
    restarts = progress.restarts + 1
    tools.meter.count("recording_restarts_total", reason=why)
    if restarts > MAX_RESTARTS:
        raise JobFailed("range_failed", f"the pieces of the text do not fit together: {why}", extra={"why": why})
    log.warning("recording transcript begins again: job=%s why=%s restart=%d", job.id, why, restarts)
    return Step(Outcome.MORE, data=Progress(restarts=restarts).as_data(), facts={"why": why, "restart": restarts})


def _no_audio(job: Job, why: str) -> JobFailed:
    first = job.data["reason"] or {"timeout": "it was not there in time", "empty": "it is empty"}.get(
        job.data["why"], ""
    )
    return JobFailed(
        "audio_unavailable",
        f"there is no transcript{f' ({first})' if first else ''} and no audio ({why})",
        extra={"transcriptReason": first or job.data["why"], "audioReason": why},
    )


def _said_of(error: UpstreamError) -> str:
    if isinstance(error, UpstreamRefused):
        return f"upstream answered {error.status}"
    return "upstream asks to wait, again and again" if isinstance(error, RateLimited) else str(error)


def _transcript(job: Job) -> str:
    """The transcript's id: another one, where it was made again."""
    found: str = job.data.get("transcriptId") or job.request["transcriptId"]
    return found


def _measure(tools: Tools, kind: str, metrics: Mapping[str, Any]) -> None:
    if metrics["processingLatencyMs"] is not None:
        tools.meter.observe("transcription_processing_seconds", metrics["processingLatencyMs"] / 1_000, kind=kind)
    if metrics["accuracyScore"] is not None:
        tools.meter.observe("transcription_confidence", metrics["accuracyScore"], kind=kind)


def _warnings(mark: Mark, metrics: Mapping[str, Any]) -> Sequence[str]:
    """What the result is not as one would expect: stable words, for programs."""
    found = {
        "no_redaction_markers": bool(mark.redactions) and not mark.markers,
        "unreadable_parts": mark.unreadable > 0,
        "no_latency": metrics["processingLatencyMs"] is None,
    }
    return [name for name, holds in found.items() if holds]
