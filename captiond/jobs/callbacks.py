"""Webhooks in: who calls back is checked, what was said is redacted and kept, once; then the answer, then the work.

The order is the promise. A callback is acknowledged when it is on the disk, and what is on the disk is redacted; so a
process that is killed has either not answered (the sender sends again) or lost nothing. What takes longer than the
sender waits is answered 503 while the work goes on: the next try finds it done.
Source: issue 6, 3; workflows.md, section 5.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from captiond.base.inside import empty, remains
from captiond.base.observe import Clock, Meter
from captiond.db import jobs as rows
from captiond.db.jobs import Called, Job
from captiond.db.store import Store, StoreError
from captiond.genesys.payloads import MalformedAnswer
from captiond.jobs.masking import Masking
from captiond.jobs.refusals import Refused
from captiond.jobs.runner import Runner
from captiond.jobs.signatures import address_key, is_genuine
from captiond.jobs.workflow import CalledBack

log = logging.getLogger(__name__)

ACKNOWLEDGED_IN_S: Final = 1.5  # workflows.md: within 2 s, the way included
MAX_AT_ONCE: Final = 16  # callbacks being read and redacted: their texts are all that costs memory
MAX_STRANGE: Final = 10_000  # kept of ids that nobody knows (yet): an answer may be slower than the callback


class Callbacks:
    """The receiving end of all workflows.

    Args:
        secret: of `[jobs] webhook_secret`; "" means that only this machine itself may call back.
        group: parent of the work that outlives its answer.
    """

    def __init__(
        self,
        workflows: Mapping[str, CalledBack],
        *,
        secret: str,
        store: Store,
        runner: Runner,
        masking: Masking,
        clock: Clock,
        meter: Meter,
        group: asyncio.TaskGroup,
    ) -> None:
        self._workflows, self._secret, self._store, self._runner = workflows, secret, store, runner
        self._masking, self._clock, self._meter, self._group = masking, clock, meter, group
        self._under_way = 0

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that are called back."""
        return frozenset(self._workflows)

    @property
    def is_full(self) -> bool:
        """Whether so many are under way that the next is better asked to come again, before its body is read."""
        return self._under_way >= MAX_AT_ONCE

    def query(self, job: Job) -> dict[str, str]:
        """What the address of a job's callback carries: which job, and where a secret is configured, the proof."""
        key = address_key(self._secret, kind=job.kind, job=job.id)
        return {"job": job.id, **({"key": key} if key else {})}

    async def receive(
        self, kind: str, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, local: bool
    ) -> Mapping[str, Any]:
        """One callback; answers what the sender is told with 200.

        Args:
            local: it came from this machine itself, and through no proxy.
        Raises:
            Refused: 401 `bad_signature`, 400 `invalid_callback`, 503 `busy` (send it again).
        """
        genuine = is_genuine(
            self._secret, kind=kind, headers=headers, query=query, body=body, now_s=self._clock.now_s()
        )
        if not (genuine or (local and not self._secret)):
            raise self._refused(kind, "unauthorized", Refused(401, "bad_signature", "the signature is not valid"))
        if self.is_full:
            raise self._refused(kind, "busy", Refused(503, "busy", "too many callbacks at once", retry_after_s=2))
        workflow = self._workflows[kind]
        callback = _read(workflow, body)
        if isinstance(callback, _Useless):
            raise self._refused(kind, "invalid", Refused(400, "invalid_callback", callback.why))
        if callback is None:
            self._count(kind, "ignored")
            return workflow.acknowledgement
        self._under_way += 1
        work = self._group.create_task(self._keep(workflow, callback, job=query.get("job")), name="callback")
        work.add_done_callback(self._done)
        del callback
        done, _ = await asyncio.wait({work}, timeout=ACKNOWLEDGED_IN_S)
        outcome = work.result() if done else "busy"
        self._count(kind, outcome)
        if outcome == "busy":
            raise Refused(503, "busy", "the callback is not kept yet; send it again", retry_after_s=5)
        return workflow.acknowledgement

    async def keep(self, job: Job, callback: Any) -> None:
        """What a step found by looking, kept as if Genesys had called back with it.

        Raises:
            StoreError: it is not kept; the step is made again.
        """
        if await self._keep(self._workflows[job.kind], callback, job=job.id) == "busy":
            raise StoreError("what was found could not be kept")

    def _done(self, _work: "asyncio.Task[str]") -> None:
        self._under_way -= 1

    async def _keep(self, workflow: CalledBack, callback: Any, *, job: str | None) -> str:
        """Redacts and keeps one callback. Answers what became of it; never raises: it is nobody's child but the
        daemon's."""
        kind, upstream = workflow.kind, workflow.subject(callback)
        try:
            if await self._store.work(lambda connection: rows.is_called(connection, kind, upstream)):
                return "repeated"
            owner = await self._owner(kind, upstream, job)
            content = await workflow.digest(callback, self._masking, job=owner)
            called = Called(upstream, content, self._clock.now_s())
            new, known = await self._store.work(
                lambda connection: rows.call(
                    connection, kind, called, job=owner.id if owner else None, most_strange=MAX_STRANGE
                )
            )
        except StoreError as fault:
            log.error("webhook is not kept: kind=%s why=%s", kind, fault)
            return "busy"
        except Exception as fault:
            log.error("webhook failed inside: kind=%s", kind, exc_info=remains(fault))
            return "busy"
        if known:
            self._runner.look()
        return ("accepted" if known else "unknown") if new else "repeated"

    async def _owner(self, kind: str, upstream: str, job: str | None) -> Job | None:
        """The job it is about: by the id upstream, or by the address that the job gave out."""

        def find(connection: Any) -> Job | None:
            found = rows.by_upstream(connection, kind, upstream)
            if found is None and job is not None:
                found = rows.get(connection, job)
            return found if found is not None and found.kind == kind else None

        return await self._store.work(find)

    def _refused(self, kind: str, outcome: str, refused: Refused) -> Refused:
        self._count(kind, outcome)
        return refused

    def _count(self, kind: str, outcome: str) -> None:
        self._meter.count("webhooks_total", kind=kind, outcome=outcome)
        log.info("webhook: kind=%s outcome=%s", kind, outcome)


@dataclass(frozen=True, slots=True)
class _Useless:
    """A body that is no callback. `why` quotes nothing."""

    why: str


def _read(workflow: CalledBack, body: bytes) -> Any:
    """The callback in a body, or why it is none: an answer, since an exception would go on with the whole document."""
    try:
        parsed = orjson.loads(body)
        return workflow.read(parsed) if isinstance(parsed, dict) else _Useless("the body is not a JSON object")
    except MalformedAnswer as fault:
        why = str(fault)
        empty(fault)
    except orjson.JSONDecodeError as fault:
        why = "the body is not JSON"
        empty(fault)
    return _Useless(why)
