"""One web-messaging conversation after the other: fetched, redacted, written down with what sinks are to get.

| what a conversation meets | |
|---|---|
| 401 with a new token too | the job fails: it would be the same for all |
| 403, 404, another 4xx, too long, no messages, no JSON | it fails, the others go on |
| 429 | `Retry-After`, else 1, 2, 4 s and some jitter; then it fails |
| 5xx, timeout, network | again until the job's deadline; after five tries only while the query is not answered either |
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from captiond.base.backoff import Chance, full_jitter_s, rate_limit_delay_s
from captiond.base.errors import (
    AnswerTooLong,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.base.inside import remains
from captiond.db.jobs import Job
from captiond.db.keys import key
from captiond.db.outbox import Parcel
from captiond.db.parts import Part, PartState
from captiond.db.store import Store, StoreError
from captiond.genesys import messaging as api
from captiond.genesys.payloads import MalformedAnswer
from captiond.jobs.conversations import Conversations
from captiond.jobs.languages import Languages
from captiond.jobs.masking import Masking
from captiond.jobs.message_sources import Source
from captiond.jobs.parts import Parts
from captiond.jobs.refusals import JobFailed, failure_of
from captiond.jobs.workflow import Tools

log = logging.getLogger(__name__)

ANALYTICS: Final = "analytics"  # the sink that gets each conversation
CALLABLE: Final = "callable"  # the function of a program that gets each conversation
SINKS: Final = (ANALYTICS, CALLABLE)
EVENT: Final = "transcript:intercepted"
AT_ONCE: Final = 16  # of all jobs together: their answers are what costs memory, 2 MiB each
READ_AT_ONCE: Final = 2  # parsed and redacted at once: some 20 MiB each
LARGE_BYTES: Final = 65_536  # an answer that is parsed in a thread: it would hold captions up
ALONE_TRIES: Final = 5  # of one conversation; then it is found out, twice, whether it is Genesys or this conversation


class Collector:
    """Fetches conversations, for all jobs.

    Args:
        source: where conversations come from.
        secret: the key of fingerprints; "" means one that the database keeps.
    """

    def __init__(
        self, source: Source, parts: Parts, *, store: Store, masking: Masking, chance: Chance, secret: str
    ) -> None:
        self._source, self._parts, self._store = source, parts, store
        self._masking, self._chance, self._secret = masking, chance, secret.encode()
        self._languages = Languages()
        self._conversations: Conversations | None = None
        self._asking, self._reading = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(READ_AT_ONCE)

    async def collect(self, job: Job, parts: Sequence[Part], tools: Tools) -> None:
        """One try of each of them.

        Raises:
            Unauthorised, StoreError: it is no conversation's fault; what the others came to is written.
        """
        await self._languages.load()
        ends = await asyncio.gather(*(self._one(job, part, tools) for part in parts), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end

    async def _one(self, job: Job, part: Part, tools: Tools) -> None:
        """One try of one conversation. Raises as `collect`."""
        try:
            async with self._asking:
                began_s = tools.clock.monotonic_s()
                answers = await self._source.fetch(part.name)
                document = await self._read(job, part, answers)
                del answers
        except (StoreError, Unauthorised):
            raise
        except UpstreamError as error:
            await self._again(job, part, tools, error)
        except JobFailed as failure:
            await self.end(job, tools, failed(part, failure))
        except Exception as fault:
            log.error("conversation failed inside: job=%s", job.id, exc_info=remains(fault))
            await self.end(job, tools, failed(part, JobFailed("internal_error", "captiond failed; its log says where")))
        else:
            await self._done(job, part, tools, document, began_s=began_s)

    async def _read(self, job: Job, part: Part, answers: Sequence[bytes]) -> dict[str, Any]:
        if self._conversations is None:
            own = self._secret or await self._store.work(
                lambda connection: key(connection, "fingerprints", new=secrets.token_bytes(32))
            )
            self._conversations = Conversations(self._masking, self._languages, key=own)
        async with self._reading:
            conversation = await self._parsed(answers, part.name)
            kept = await self._conversations.keep(conversation, name=part.name, window=job.request["contextWindow"])
        return {**kept.document, **({"sessionIds": part.facts["sessionIds"]} if "sessionIds" in part.facts else {})}

    async def _parsed(self, answers: Sequence[bytes], name: str) -> api.Conversation:
        try:
            if sum(map(len, answers)) < LARGE_BYTES:
                return self._source.parse(answers, name)
            return await asyncio.to_thread(self._source.parse, answers, name)
        except api.InvalidTranscript as fault:
            why, code = str(fault), "invalid_transcript"
        except MalformedAnswer as fault:
            why, code = str(fault), "upstream_invalid"
        raise JobFailed(code, f"messaging_details: upstream sent an unusable answer: {why}")

    async def _done(self, job: Job, part: Part, tools: Tools, document: dict[str, Any], *, began_s: float) -> None:
        latency_ms = round((tools.clock.monotonic_s() - began_s) * 1000)
        metrics = document["metrics"] = {"latencyMs": latency_ms, **document["metrics"]}
        forwards = {name: document[name] for name in ("conversationId", "messages", "metrics")}
        facts = {
            **part.facts,
            "latencyMs": latency_ms,
            "messageCount": metrics["messageCount"],
            "redactionCount": metrics["redactionCount"],
        }
        done = replace(part, state=PartState.DONE, facts=facts, tries={})
        self.tell(job, done, tools)
        sinks = [sink for sink in SINKS if sink in tools.sinks]
        body = orjson.dumps(forwards).decode() if sinks else ""
        parcels = [Parcel(f"{job.id}.{sink}.{part.name}", sink, job.id, body) for sink in sinks]
        content = orjson.dumps(document).decode()
        await self._parts.keep(job.id, done, content=content, parcels=parcels, now_s=tools.clock.now_s())

    async def _again(self, job: Job, part: Part, tools: Tools, error: UpstreamError) -> None:
        """An error of upstream about one conversation: by the one policy another try, later, or its end."""
        tries, delay_s = dict(part.tries), None
        if isinstance(error, RateLimited):
            before = tries.get("limited", 0)
            delay_s = rate_limit_delay_s(
                before, retry_after_s=error.retry_after_s, waits_s=limited_waits_s(self._chance)
            )
            tries["limited"] = before + 1
            tools.meter.count("upstream_rate_limited_total")
        elif isinstance(error, UpstreamUnavailable) and not isinstance(error, UpstreamInvalid):
            before = tries.get("unavailable", 0)
            if before >= ALONE_TRIES:
                tries["alone"] = tries.get("alone", 0) + 1 if await self._answers(job, part.name) else 0
            # Once may be an outage that has just ended.
            if tries.get("alone", 0) < 2:
                delay_s = full_jitter_s(before, chance=self._chance)
            tries["unavailable"] = before + 1
        now_s = tools.clock.now_s()
        if delay_s is None or now_s + delay_s >= job.deadline_s:
            await self.end(job, tools, failed(part, self._failure(error)))
            return
        cause = type(error).__name__
        tools.audit.record(
            "conversation_again",
            job=job.id,
            conversationId=part.name,
            cause=cause,
            seconds=round(delay_s, 3),
            tries=tries.get("limited", 0) + tries.get("unavailable", 0),
        )
        log.info("conversation again: job=%s cause=%s delay_s=%.3f", job.id, cause, delay_s)
        waits = replace(part, tries=tries, due_s=now_s + delay_s)
        await self._parts.keep(job.id, waits, content=None, parcels=(), now_s=now_s)

    async def _answers(self, job: Job, conversation: str) -> bool:
        """Whether Genesys answers at all: then it is the conversation that fails. An outage is waited for."""
        try:
            await ask(self._source, job, [conversation], 1)
        except RateLimited:
            return False
        except UpstreamUnavailable as error:
            return isinstance(error, UpstreamInvalid)
        except UpstreamError:
            pass
        return True

    def _failure(self, error: UpstreamError) -> JobFailed:
        if isinstance(error, AnswerTooLong):
            return JobFailed("too_large", f"the conversation has more than {error.most_bytes} bytes")
        said = error.message if isinstance(error, UpstreamRefused) else ""
        return failure_of(error, words=self._masking.words(said), scopes=self._source.scopes)

    async def end(self, job: Job, tools: Tools, part: Part) -> None:
        """Tells and writes that one has failed."""
        self.tell(job, part, tools)
        await self._parts.keep(job.id, part, content=None, parcels=(), now_s=tools.clock.now_s())

    def tell(self, job: Job, part: Part, tools: Tools) -> None:
        """The event in the audit and the log. Before it is written: rather twice than never."""
        told = event_of(part)
        facts = {name: part.facts[name] for name in ("messageCount", "redactionCount") if name in part.facts}
        tools.audit.record("transcript_intercepted", job=job.id, event=EVENT, **{**told, **facts})
        outcome = told.get("error", told["status"])
        tools.meter.count("conversations_total", outcome=outcome)
        if "latencyMs" in told:
            tools.meter.observe("conversation_seconds", told["latencyMs"] / 1000)
        log.info("conversation: job=%s outcome=%s", job.id, outcome)


async def ask(source: Source, job: Job, named: Sequence[str], page: int) -> api.Page:
    """One answer of the query, about these conversations or, with none named, about all. Raises UpstreamError."""
    return await source.page(
        since=job.data["since"],
        until=job.data["until"],
        conversations=named,
        redact=job.request["redactPii"],
        page_size=source.page_size(job.request["pageSize"]),
        page=page,
    )


def limited_waits_s(chance: Chance) -> Sequence[float]:
    """The waits after a 429 that names no time: 1, 2, 4 s, and by chance up to a quarter more."""
    return tuple(wait_s * (1 + chance.random() / 4) for wait_s in (1.0, 2.0, 4.0))


def event_of(part: Part) -> dict[str, Any]:
    """What is told of a conversation, or a session, that has ended."""
    subject = {"sessionId" if part.facts.get("session") else "conversationId": part.name}
    if part.state == PartState.DONE:
        return {**subject, "latencyMs": part.facts["latencyMs"], "status": "success"}
    return {**subject, "error": part.facts["error"]["code"], "status": "failed"}


def failed(part: Part, failure: JobFailed) -> Part:
    """The part as it ends with that."""
    return replace(part, state=PartState.FAILED, facts={**part.facts, "error": failure.as_json()})
