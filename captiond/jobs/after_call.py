"""The steps of a workflow where Genesys transcribes by its settings: nothing is begun, the transcript is waited for.

checking > polling > fetching, and then as where Genesys calls back. Profile `notifications`: what Genesys Cloud really
has (`genesys.conversations`). A transcript is there minutes after the call at best, at times hours; so it is looked for
until the job's deadline, ever less often.
"""

from dataclasses import dataclass
from typing import Final

from captiond.base.errors import AnswerTooLong, MissingPermission, UpstreamInvalid, UpstreamRefused
from captiond.db.jobs import Job
from captiond.genesys import conversations as api
from captiond.genesys.calls import object_of
from captiond.genesys.payloads import usable
from captiond.jobs.machine import Outcome
from captiond.jobs.refusals import JobFailed
from captiond.jobs.workflow import Step, Tools

PERMISSIONS: Final = (
    "conversation:communication:view",
    "routing:transcriptionSettings:view",
    "speechAndTextAnalytics:data:view",
    "recording:recording:view",
)
LONGEST_WAIT_S: Final = 300.0  # between two looks: a transcript that takes hours need not be seen within a minute
OTHERS_WAITED_FOR: Final = 3  # looks after the first leg's transcript is there: one that nobody spoke on gets none


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked for.

    Attributes:
        poll_base_s: before the second look; doubles up to `LONGEST_WAIT_S`.
        most_bytes: of one leg's transcript, which is held in memory.
    """

    max_duration_s: float
    poll_base_s: float
    most_bytes: int


class AfterCall:
    """The steps. They hold nothing of a job."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def check(self, job: Job, tools: Tools, *, conversation: str, uncalled: tuple[str, str]) -> Step:
        """Whether there can be a transcript.

        Args:
            uncalled: code and words where the conversation has no calls.
        """
        try:
            settings = await tools.calls.get(api.SETTINGS, operation="settings")
        except MissingPermission:  # who may read transcripts need not be allowed to see settings
            pass
        else:
            if not usable(api.is_enabled, settings, operation="settings"):
                raise JobFailed("not_licensed", "transcription is disabled in the account's settings", status=422)
        answer = await tools.calls.get(api.conversation_path(conversation), operation="conversation")
        found = usable(api.parse_conversation, answer, operation="conversation")
        if not found.legs:
            raise JobFailed(uncalled[0], uncalled[1], status=422)
        most_s = self._limits.max_duration_s
        if found.duration_s is not None and found.duration_s > most_s:
            raise JobFailed(
                "too_long", f"the call lasts {found.duration_s:g} s, at most {most_s:g} s are allowed", status=422
            )
        data = {"conversation": conversation, "legs": list(found.legs), "durationS": found.duration_s}
        return Step(Outcome.NOT_BEGUN, data=data)

    async def poll(self, job: Job, tools: Tools) -> Step:
        """Looks which legs have a transcript. Done when all have, or when the others have been waited for."""
        known = job.data.get("transcribed", ())
        there = [leg for leg in job.data["legs"] if leg in known or await self._url(job, leg, tools) is not None]
        looks, first = job.tries.get("polled", 0), job.data.get("foundAt")
        first = looks if there and first is None else first
        data = {"transcribed": there, "foundAt": first}
        if len(there) == len(job.data["legs"]) or (first is not None and looks - first >= OTHERS_WAITED_FOR):
            return Step(Outcome.DONE, data=data)
        again_s = min(self._limits.poll_base_s * 2.0 ** min(looks, 20), LONGEST_WAIT_S)
        return Step(None, data=data, again_s=again_s)

    async def fetch(self, job: Job, tools: Tools) -> api.AfterCall:
        """All legs' transcripts as one, in the order of their times; raw."""
        found: list[api.AfterCall] = []
        for leg in job.data["transcribed"]:
            url = await self._url(job, leg, tools)
            if url is None:
                raise UpstreamInvalid(operation="transcript", why="has taken a transcript back that was there")
            most_bytes = self._limits.most_bytes
            try:
                content = await tools.calls.signed(url, operation="transcript", most_bytes=most_bytes)
            except AnswerTooLong:
                content = None
            if content is None:
                raise JobFailed("too_large", f"the transcript has more than {most_bytes} bytes")
            document = object_of(content, operation="transcript")
            found.append(usable(api.parse_after_call, document, operation="transcript"))
        segments = [segment for one in found for segment in one.segments]
        if all(segment.start_ms is not None for segment in segments):
            segments.sort(key=lambda segment: segment.start_ms or 0)
        return api.AfterCall(
            next((one.transcript for one in found if one.transcript), job.id),
            tuple(segments),
            sum(one.unusable for one in found),
        )

    async def _url(self, job: Job, leg: str, tools: Tools) -> str | None:
        try:
            answer = await tools.calls.get(
                api.transcript_url_path(job.data["conversation"], leg), operation="transcript_url"
            )
        except UpstreamRefused as refused:
            if refused.status != 404:
                raise
            return None
        local = tools.calls.is_local
        return usable(lambda told: api.parse_transcript_url(told, local=local), answer, operation="transcript_url")
