"""Workflow 4: web-messaging conversations are looked for, fetched one by one, redacted, and handed on.

checking > querying > collecting > settling. `querying` makes one request a step: 100 ids each, then, for guest
sessions, page by page all of that time, since a session's id is none of a conversation. `collecting` fetches a few
conversations a step; each is written as it ends, with what sinks are to get. Source: workflows.md, section 4; the
documents' form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from captiond.base.backoff import Chance
from captiond.base.instants import iso_utc
from captiond.db.jobs import Job
from captiond.db.parts import Part, PartState
from captiond.db.store import Store
from captiond.genesys import messaging as api
from captiond.genesys.transcriptions import instant_s
from captiond.jobs.machine import MESSAGING, UNITS, Outcome, Phase
from captiond.jobs.masking import Masking
from captiond.jobs.message_sources import Source
from captiond.jobs.messaging_collector import ANALYTICS, EVENT, Collector, ask, event_of, failed, limited_waits_s
from captiond.jobs.parts import Parts
from captiond.jobs.refusals import JobFailed
from captiond.jobs.requests import MessagingBody, invalid, parse
from captiond.jobs.workflow import Step, Tools

DAY_S: Final = 86_400.0
ROUND: Final = 16  # conversations of one step: as many as are fetched at once
INLINE_BYTES: Final = 2_097_152  # of messages in a job's result; more are read one conversation at a time
MAX_TOLD: Final = 100  # conversations in the error of a job that has none


class MessagingTranscript:
    """The workflow. Holds nothing of a job: all of that is in its row and its parts.

    Args:
        source: where conversations come from.
        window: how many messages are kept where a request does not say.
        secret: the key of fingerprints; "" means one that the database keeps.
    """

    kind: str = MESSAGING

    def __init__(
        self, source: Source, *, store: Store, masking: Masking, chance: Chance, window: int, secret: str
    ) -> None:
        self._source, self._chance, self._window, self.scopes = source, chance, window, source.scopes
        self.parts = Parts(store)
        self._collector = Collector(source, self.parts, store=store, masking=masking, chance=chance, secret=secret)

    @property
    def limited_waits_s(self) -> Sequence[float]:
        """See `messaging_collector.limited_waits_s`."""
        return limited_waits_s(self._chance)

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `workflow.Workflow.accept`."""
        asked = parse(MessagingBody, body)
        conversations, sessions = _distinct(asked.conversation_ids), _distinct(asked.session_ids)
        if not conversations and not sessions:
            raise invalid("conversationIds", "name at least one conversation, or a guest session in sessionIds")
        since_s, until_s = _time("from", asked.since), _time("to", asked.until)
        if since_s is not None and until_s is not None and since_s >= until_s:
            raise invalid("from", "it must be before to")
        return {
            "conversationIds": conversations,
            "sessionIds": sessions,
            "from": asked.since,
            "to": asked.until,
            "redactPii": asked.redact_pii,
            "contextWindow": self._window if asked.context_window is None else asked.context_window,
            "pageSize": asked.page_size,
        }

    async def step(self, job: Job, tools: Tools) -> Step:
        """See `workflow.Workflow.step`."""
        match Phase(job.phase):
            case Phase.CHECKING:
                return await self._check(job)
            case Phase.QUERYING:
                return await self._query(job, tools)
            case Phase.COLLECTING:
                return await self._collect(job, tools)
            case _:
                return await self._settle(job, tools)

    # -- which conversations ---------------------------------------------------------------------------------------

    async def _check(self, job: Job) -> Step:
        """What the request means, by the time when it came: nobody is asked."""
        request = job.request
        until_s = job.created_s if request["to"] is None else instant_s(request["to"])
        assert until_s is not None
        since_s = until_s - DAY_S if request["from"] is None else instant_s(request["from"])
        assert since_s is not None
        if since_s >= until_s:
            raise JobFailed("invalid_request", "from must be before to, which is now where it is not given", status=422)
        names = [*request["conversationIds"], *request["sessionIds"]]
        sessions = set(request["sessionIds"])
        parts = [
            Part(name, place, facts={"session": True} if name in sessions else {}) for place, name in enumerate(names)
        ]
        await self.parts.write(job.id, parts)
        data = {"since": iso_utc(since_s), "until": iso_utc(until_s), "at": 0, "page": 1, "entries": 0}
        return Step(Outcome.DONE, data={**data, UNITS: [0, len(names)]})

    async def _query(self, job: Job, tools: Tools) -> Step:
        """One request, or, where nobody is left to look for, the end of looking."""
        ids, at, page = job.request["conversationIds"], job.data["at"], job.data["page"]
        asked = {part.name: part for part in await self.parts.in_state(job.id, PartState.ASKED)}
        sought = {name for name, part in asked.items() if part.facts.get("session")}
        named = ids[at : at + api.IDS_A_REQUEST]
        if not named and not sought:
            return await self._looked(job, tools, list(asked.values()))
        answer = await ask(self._source, job, named, page)
        found: dict[str, Part] = {}
        for one in answer.found:
            part = found.get(one.conversation) or asked.get(one.conversation)
            if part is None and one.sessions & sought:
                part = await self.parts.get(job.id, one.conversation)  # it may have been found on an earlier page
            found.update((changed.name, changed) for changed in _found(one, part, asked, sought))
        await self.parts.write(job.id, list(found.values()))
        entries = job.data["entries"] + answer.entries
        ends = not answer.entries or page >= api.MAX_PAGES
        full = answer.entries >= self._source.page_size(job.request["pageSize"])
        more = not ends and (entries < answer.total if answer.total is not None else full)
        facts = {"conversations": len(answer.found), "page": page}
        if more and any(name in asked and name not in found for name in named or sought):
            return Step(Outcome.MORE, data={"page": page + 1, "entries": entries}, facts=facts)
        if named:
            data = {"at": at + api.IDS_A_REQUEST, "page": 1, "entries": 0}
            return Step(Outcome.MORE, data=data, facts=facts)
        left = [part for name, part in asked.items() if name not in found]
        return await self._looked(job, tools, left)

    async def _looked(self, job: Job, tools: Tools, left: Sequence[Part]) -> Step:
        """Nobody is looked for any more. Who was not found has failed: that is reported, not dropped."""
        ended = []
        for part in left:
            what = "session" if part.facts.get("session") else "conversation"
            failure = JobFailed("not_found", f"no answer for that time holds this {what}")
            ended.append(failed(part, failure))
            self._collector.tell(job, ended[-1], tools)
        await self.parts.write(job.id, ended)
        return Step(Outcome.DONE, data={UNITS: await self.parts.units(job.id)})

    # -- one after the other -----------------------------------------------------------------------------------------

    async def _collect(self, job: Job, tools: Tools) -> Step:
        """A few conversations; what remains has its turn in the next step, or when it is due."""
        now_s = tools.clock.now_s()
        if now_s >= job.deadline_s:
            failure = JobFailed("deadline_exceeded", "it was not its turn until the job's deadline")
            for part in await self.parts.in_state(job.id, PartState.FOUND):
                await self._collector.end(job, tools, failed(part, failure))
            return Step(Outcome.DONE, data={UNITS: await self.parts.units(job.id)})
        due = await self.parts.due(job.id, now_s=now_s, most=ROUND)
        if not due:
            next_s = await self.parts.next_due_s(job.id)
            units = {UNITS: await self.parts.units(job.id)}
            if next_s is None:
                return Step(Outcome.DONE, data=units)
            return Step(None, data=units, again_s=max(0.0, next_s - now_s))
        await self._collector.collect(job, due, tools)
        return Step(Outcome.MORE, data={UNITS: await self.parts.units(job.id)}, facts={"conversations": len(due)})

    # -- what it came to ---------------------------------------------------------------------------------------------

    async def _settle(self, job: Job, tools: Tools) -> Step:
        ended = await self.parts.ended(job.id)
        done = [part for part in ended if part.state == PartState.DONE]
        errors = [{**event_of(part), **part.facts["error"]} for part in ended if part.state == PartState.FAILED]
        for error in errors:
            error.pop("error")
        totals = {
            "totalLatencyMs": sum(part.facts["latencyMs"] for part in done),
            "requestsProcessed": len(ended),
            "succeeded": len(done),
            "failed": len(errors),
        }
        if not done:
            raise _nothing(errors)
        sizes, room, conversations = await self.parts.sizes(job.id), INLINE_BYTES, []
        for part in done:
            room -= sizes[part.name]
            content = await self.parts.content(job.id, part.name) if room >= 0 else None
            conversations.append(orjson.loads(content) if content is not None else _elsewhere(job, part))
        result = {
            "conversations": conversations,
            "errors": errors,
            "totals": totals,
            "from": job.data["since"],
            "to": job.data["until"],
            "processedAt": iso_utc(tools.clock.now_s()),
            "forwarded": ANALYTICS in tools.sinks,
        }
        return Step(Outcome.DONE, result=result, in_part=bool(errors), facts=totals)

    # -- what others look at -----------------------------------------------------------------------------------------

    async def events(self, job: str, *, since: int, before: int) -> list[tuple[str, Mapping[str, Any]]]:
        """`transcript:intercepted` of each conversation that ended while the job's version was in that range."""
        return [(EVENT, event_of(part)) for part in await self.parts.ended(job, since=since, before=before)]


def _found(one: api.Found, part: Part | None, asked: Mapping[str, Part], sought: set[str]) -> list[Part]:
    """What one conversation of an answer changes: it is found, by its own id or by a session in it.

    Args:
        part: of that conversation, where there is one.
    """
    sessions = sorted(one.sessions & sought)
    if not sessions:
        return [replace(part, state=PartState.FOUND)] if part is not None and part.state == PartState.ASKED else []
    part = part or Part(one.conversation, min(asked[session].place for session in sessions))
    ids = [*part.facts.get("sessionIds", ()), *sessions]
    elsewhere = [replace(asked[session], state=PartState.ELSEWHERE) for session in sessions]
    return [replace(part, state=PartState.FOUND, facts={**part.facts, "sessionIds": ids}), *elsewhere]


def _nothing(errors: Sequence[Mapping[str, Any]]) -> JobFailed:
    """No conversation at all: why, where it is the same for all of them."""
    codes = {error["code"] for error in errors}
    first = errors[0]
    code = first["code"] if len(codes) == 1 else "no_conversation"
    facts = {
        name: value for name, value in first.items() if name in ("upstreamStatus", "upstreamMessage", "field", "scopes")
    }
    message = first["message"] if len(codes) == 1 else f"none could be had: {', '.join(sorted(codes))}"
    return JobFailed(code, message, extra={**(facts if len(codes) == 1 else {}), "errors": list(errors[:MAX_TOLD])})


def _elsewhere(job: Job, part: Part) -> dict[str, Any]:
    """A conversation in a result that has no room for its messages."""
    address = f"/v1/jobs/{job.id}/conversations/{part.name}"
    return {"conversationId": part.name, "status": "success", "messages": None, "messagesAt": address}


def _distinct(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(one.lower() for one in ids))


def _time(key_: str, given: str | None) -> float | None:
    if given is None:
        return None
    time_s = instant_s(given)
    if time_s is None:
        raise invalid(key_, "it must be a time in ISO 8601, like 2026-01-31T09:30:00Z")
    return time_s
