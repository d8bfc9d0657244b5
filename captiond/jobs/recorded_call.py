"""Workflow 3 where Genesys transcribes by its settings: a call's transcript is looked for, fetched, redacted and kept.

`transcriptId` is a conversation, or one leg of it as `conversation:communication`. Phases, results and files are those
of `recording_transcript`; only where the text and the audio come from differs. Profile `notifications`: what Genesys
Cloud really has (`genesys.conversations`).
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from statistics import fmean
from typing import Any, Final

from captiond.base.errors import UpstreamUnavailable
from captiond.db.jobs import Job
from captiond.genesys import conversations as api
from captiond.genesys import recordings
from captiond.genesys.exchange import Stream
from captiond.genesys.payloads import usable
from captiond.genesys.transcriptions import Segment
from captiond.jobs.after_call import PERMISSIONS, AfterCall
from captiond.jobs.fetching import Progress, work_off
from captiond.jobs.long_text import Mark
from captiond.jobs.machine import Outcome
from captiond.jobs.recording_transcript import RecordingTranscript
from captiond.jobs.refusals import JobFailed
from captiond.jobs.workflow import Step, Tools

MAX_RECORDINGS_BYTES: Final = 2_097_152  # of the answer that lists a conversation's recordings, with their annotations


class RecordedCall(RecordingTranscript):
    """The workflow. `after_call` finds and reads transcripts."""

    scopes: tuple[str, ...] = PERMISSIONS

    def __init__(self, *, after_call: AfterCall, **as_recording: Any) -> None:
        super().__init__(**as_recording)
        self._after_call = after_call

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `workflow.Workflow.accept`."""
        accepted = super().accept(body)
        if accepted["resubmit"]:
            words = "resubmit: this profile has no such call; Genesys transcribes by its settings"
            raise JobFailed("unsupported_option", words, status=422)
        return accepted

    async def _poll(self, job: Job, tools: Tools) -> Step:
        known = replace(job, data={**job.data, **(await self._legs(job, tools))})
        recording = job.request["recordingId"]
        data = {"conversation": known.data["conversation"], "legs": known.data["legs"], "recordingId": recording}
        looked = await self._after_call.poll(known, tools)
        data |= looked.data
        if looked.outcome is not None:
            data |= {"language": job.request["language"], "completedTimestamp": None, "durationS": None}
            return Step(Outcome.DONE, data=data, facts={"transcriptId": job.request["transcriptId"]})
        step = self._not_yet(job, recording)
        return replace(step, data={**data, **step.data})

    async def _legs(self, job: Job, tools: Tools) -> dict[str, Any]:
        if "legs" in job.data:
            return {}
        conversation, _, leg = job.request["transcriptId"].partition(":")
        if leg:
            return {"conversation": conversation, "legs": [leg]}
        answer = await tools.calls.get(api.conversation_path(conversation), operation="conversation")
        found = usable(api.parse_conversation, answer, operation="conversation")
        if not found.legs:
            raise JobFailed("no_media", "the conversation has no calls")
        return {"conversation": conversation, "legs": list(found.legs)}

    async def _fetch(self, job: Job, tools: Tools) -> Step:
        found = await self._after_call.fetch(job, tools)
        language = job.request["language"] or next((one.language for one in found.segments if one.language), None)
        confidences = [one.confidence for one in found.segments if one.confidence is not None]
        text = tools.masking.long_text(Mark(), language=language, markers=recordings.MARKERS)
        async with self._shelf.writing(self._shelf.text(job.id), behind=0) as paper:
            for segment in found.segments:
                text.feed(_line(segment))
            text.end()
            await work_off(tools, text, paper)
        metrics = {
            "processingLatencyMs": None,
            "accuracyScore": round(fmean(confidences), 4) if confidences else None,
            "wordCount": None,
            "speakerCount": len({one.speaker for one in found.segments if one.speaker}) or None,
        }
        data = {**Progress(text.mark).as_data(), "language": language, "metrics": metrics}
        if not text.mark.said:
            step = self._no_text(job, job.data["recordingId"], why="empty")
            return replace(step, data={**step.data, **data})
        return Step(Outcome.DONE, data=data, facts={"bytes": text.mark.read})

    async def _audio(self, job: Job, tools: Tools) -> AbstractAsyncContextManager[Stream]:
        """The audio of the recording that was named, else of the conversation's first."""
        answer = await tools.calls.fetch(
            api.recordings_path(job.data["conversation"]), operation="recordings", most_bytes=MAX_RECORDINGS_BYTES
        )
        url = api.parse_audio_url(answer, recording=job.data["recordingId"], local=tools.calls.is_local)
        if url is None:
            raise UpstreamUnavailable(operation="recordings", why="has no audio of it ready")
        return tools.calls.signed_stream(url, operation="audio")

    def _can_have_audio(self, job: Job) -> bool:
        return True  # its conversation says which recordings there are


def _line(segment: Segment) -> bytes:
    words = " ".join(segment.text.split())
    return f"{segment.speaker.capitalize()}: {words}\n".encode() if segment.speaker else f"{words}\n".encode()
