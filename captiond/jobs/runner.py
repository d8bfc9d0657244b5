"""Runs jobs: takes what is due from the database, makes one step after the other, writes down what each came to.

All that a job is stands in its row, so a process that is killed loses nothing but the step it was making, which the
next one makes again. Nothing here decides what a workflow does (`machine`, the workflow's file) or whether an error is
worth another try (`base.backoff`); a try that is due later is a row with a time, not a task that sleeps.
"""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from captiond.base.backoff import Chance, full_jitter_s, rate_limit_delay_s
from captiond.base.errors import RateLimited, UpstreamError, UpstreamInvalid, UpstreamRefused, UpstreamUnavailable
from captiond.base.inside import remains
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.db import jobs as rows
from captiond.db.jobs import Called, Job
from captiond.db.outbox import Parcel
from captiond.db.store import Store, StoreError
from captiond.jobs.indexing import save
from captiond.jobs.machine import ENDS_ITSELF, FIRST, On, Outcome, Phase, State, after, phase_after
from captiond.jobs.refusals import JobFailed, Refused, failure_of
from captiond.jobs.workflow import Step, Tools, Workflow

log = logging.getLogger(__name__)

MAX_OPEN: Final = 10_000  # jobs that have not ended; some 2 kB of the disk each, and hours of a tenant's limit
MAX_STEPS: Final = 64  # made at once; most of them wait for their turn to ask
POLL_S: Final = 2.0  # so often is looked for what another process has written: `captiond jobs cancel`
FIRST_STEP_WAIT_S: Final = 8.0  # `POST /v1/jobs/{kind}` waits so long for what can be refused at once
BUSY_S: Final = 2.0  # where the account's next turn is farther off, nobody is kept waiting for his answer
LONG_PAUSE_S: Final = 30.0  # upstream asks everybody to wait so long: then steps are rows again, and not tasks
DISK_WAIT_S: Final = 1.0  # a disk that is full stays full for a while
MEASURE_S: Final = 5.0
STEP_ENDS_S: Final = 10.0  # after a cancellation: a write of a file or of the database is waited for

Answer = TypeVar("Answer")


class Pace(Clock, Protocol):
    """A clock on which one can wait."""

    async def wait(self, wake: asyncio.Event, timeout_s: float | None) -> None:
        """Returns when `wake` is set or `timeout_s` have passed; never raises for the time."""
        ...


class Runner:
    """All jobs of one daemon. `run` is its one task; the rest answers whoever asks.

    Args:
        deadline_s: how long a job may take in all.
        tools: what steps work with; its `called` and `address` look at this runner's database and daemon.
    """

    def __init__(
        self,
        workflows: Iterable[Workflow],
        *,
        store: Store,
        tools: Tools,
        pace: Pace,
        chance: Chance,
        deadline_s: float,
    ) -> None:
        self._workflows = {workflow.kind: workflow for workflow in workflows}
        self._store, self._tools, self._pace, self._chance = store, tools, pace, chance
        self._deadline_s = deadline_s
        self._meter: Meter = tools.meter
        self._audit: AuditSink = tools.audit
        self._wake = asyncio.Event()
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._measured_s = float("-inf")
        self._told: set[tuple[str, str]] = set()

    @property
    def kinds(self) -> frozenset[str]:
        """What may be asked for."""
        return frozenset(self._workflows)

    # -- what callers ask ------------------------------------------------------------------------------------------

    async def submit(
        self, kind: str, body: Mapping[str, Any], *, key: str | None = None, patient: bool = True
    ) -> tuple[bool, Job]:
        """A new job, or the one that this key got before: (whether it is new, the job).

        Args:
            patient: waits some seconds for the first step, so that what cannot be done is told at once.
        Raises:
            InvalidBody, JobFailed (status 422): it cannot be done. In the latter case there may be a failed job.
            Refused: 422 another body with that key; 503 too many jobs, or the database does not keep up.
        """
        request = self._workflows[kind].accept(body)
        now_s = self._pace.now_s()
        new = Job(
            id=f"job-{secrets.token_hex(10)}",
            kind=kind,
            request=request,
            state=State.QUEUED,
            phase=FIRST[kind],
            due_s=now_s,
            deadline_s=now_s + self._deadline_s,
            created_s=now_s,
            updated_s=now_s,
            key=key,
        )
        job = await self._ask(lambda connection: rows.add(connection, new, most_open=MAX_OPEN))
        if job is None:
            raise Refused(503, "too_many_jobs", f"{MAX_OPEN} jobs have not ended yet", retry_after_s=30)
        created = job.id == new.id
        if created:
            self._note(job, "created")
            self._wake.set()
        elif job.request != request:
            raise Refused(422, "idempotency_key_reused", "this Idempotency-Key was used with another body")
        if patient and self._tools.calls.throttle.backlog_s < BUSY_S:
            job = await self._first_step(job)
        if job.state == State.FAILED and job.error is not None and job.error.get("status") == 422:
            facts = {name: value for name, value in job.error.items() if name not in ("code", "message", "status")}
            raise JobFailed(job.error["code"], job.error["message"], status=422, extra={**facts, "job": job.id})
        return created, job

    async def get(self, job: str) -> Job | None:
        """One job as it stands."""
        return await self._ask(lambda connection: rows.get(connection, job))

    async def list(self, *, kind: str | None = None, state: str | None = None, most: int = 100) -> Sequence[Job]:
        """The newest jobs, newest first."""
        return await self._ask(lambda connection: rows.listing(connection, kind=kind, state=state, most=most))

    async def cancel(self, job: str) -> Job | None:
        """Ends a job that has not ended. What Genesys has begun goes on there; its callback is then ignored."""
        before = await self.get(job)
        now_s = self._pace.now_s()
        found = await self._ask(lambda connection: rows.cancel(connection, job, now_s=now_s))
        running = self._steps.get(job)
        if running is not None:
            running.cancel()
        if found is not None and before is not None and not State(before.state).over:
            self._note(found, "cancelled")
            self._tell(job)
        return found

    async def end(self, job: str) -> Job | None:
        """As `cancel`; when this answers, no step of it is under way. Raises Refused: it does not end."""
        found, running = await self.cancel(job), self._steps.get(job)
        if running is not None:
            await asyncio.wait((running,), timeout=STEP_ENDS_S)
            if not running.done():
                raise Refused(503, "job_does_not_end", "the job's step has not ended yet", retry_after_s=5)
        return found

    async def watch(self, job: str, *, idle_s: float | None = None) -> AsyncGenerator[Job | None, None]:
        """The job as it stands now, then each time it has changed, until it is over.

        Args:
            idle_s: None is answered whenever nothing has changed for about so long.
        """
        changed = asyncio.Event()
        self._watchers.setdefault(job, set()).add(changed)
        try:
            version, told_s = 0, self._pace.monotonic_s()
            while (found := await self.get(job)) is not None:
                if found.version != version:
                    version, told_s = found.version, self._pace.monotonic_s()
                    yield found
                if State(found.state).over:
                    return
                if idle_s is not None and self._pace.monotonic_s() - told_s >= idle_s:
                    told_s = self._pace.monotonic_s()
                    yield None
                await self._pace.wait(changed, POLL_S)
                changed.clear()
        finally:
            self._watchers[job].discard(changed)
            if not self._watchers[job]:
                del self._watchers[job]

    def look(self) -> None:
        """Something is due that was not: a callback has come."""
        self._wake.set()

    async def called(self, job: Job) -> Called | None:
        """The callback of a job, where it has come (`Tools.called`)."""
        return await self._ask(lambda connection: rows.callback_of(connection, job))

    async def _first_step(self, job: Job) -> Job:
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_STEP_WAIT_S):
                async for found in self.watch(job.id):
                    job = found or job
                    if job.phase != FIRST[job.kind] or job.tries:
                        break
        return job

    async def _ask(self, run: Callable[[sqlite3.Connection], Answer]) -> Answer:
        try:
            return await self._store.work(run)
        except StoreError as fault:
            raise Refused(503, "database_unavailable", str(fault), retry_after_s=5) from None

    # -- the one task ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Makes what is due, for ever. Steps that the last process did not finish are due first."""
        now_s = self._pace.now_s()
        left = await self._store.work(lambda connection: rows.take_up(connection, now_s=now_s))
        if left:
            log.info("jobs taken up: steps=%d", left)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    await self._start_due(group)
                    await self._measure()
                    await self._pace.wait(self._wake, await self._idle_s())
        finally:
            self._steps.clear()

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        free, now_s = MAX_STEPS - len(self._steps), self._pace.now_s()
        if free <= 0:
            return  # each step that ends wakes us
        due: Sequence[Job] = await self._store.work(
            lambda connection: rows.take_due(connection, now_s=now_s, most=free)
        )
        for job in due:
            taken = replace(job, state=after(State(job.state), On.TAKEN), version=job.version + 1)
            self._steps[job.id] = group.create_task(self._turn(taken), name=f"job {job.id}")
            self._tell(job.id)

    async def _idle_s(self) -> float:
        if len(self._steps) >= MAX_STEPS:
            return POLL_S
        due_s: float | None = await self._store.work(rows.next_due_s)
        return POLL_S if due_s is None else min(POLL_S, max(0.0, due_s - self._pace.now_s()))

    async def _measure(self) -> None:
        if self._pace.monotonic_s() - self._measured_s < MEASURE_S:
            return
        self._measured_s = self._pace.monotonic_s()
        counted: Mapping[tuple[str, str], int] = await self._store.work(rows.counts)
        for kind, state in self._told - set(counted):
            self._meter.set("jobs", 0, kind=kind, state=state)
        for (kind, state), number in counted.items():
            self._meter.set("jobs", number, kind=kind, state=state)
        self._told |= set(counted)

    # -- one job's steps -------------------------------------------------------------------------------------------

    async def _turn(self, job: Job) -> None:
        """Step after step, until the job is over or has to wait."""
        try:
            going: Job | None = job
            while going is not None:
                going = await self._step(going)
        except asyncio.CancelledError:  # of this step alone where the job was cancelled
            if not (current := await self._standing(job.id)) or current.state == State.RUNNING:
                raise
        finally:
            self._steps.pop(job.id, None)
            self._wake.set()

    async def _standing(self, job: str) -> Job | None:
        with suppress(Refused):
            return await self.get(job)
        return None

    async def _step(self, job: Job) -> Job | None:  # noqa: PLR0911  (one line for each way a step ends)
        """One step; the job as it goes on, None where it is over, waits, or was cancelled."""
        workflow = self._workflows.get(job.kind)
        now_s = self._pace.now_s()
        if workflow is None:
            return await self._fail(job, JobFailed("not_available", "this captiond does not know such jobs"))
        if job.phase not in ENDS_ITSELF:
            if now_s >= job.deadline_s:
                return await self._fail(job, _too_late(job))
            if (backlog_s := self._tools.calls.throttle.backlog_s) > LONG_PAUSE_S:
                return await self._postpone(job, due_s=min(now_s + backlog_s, job.deadline_s))
        try:
            step = await workflow.step(job, self._tools)
        except JobFailed as failure:
            return await self._fail(job, failure)
        except UpstreamError as error:
            return await self._again(job, workflow, error)
        except (Refused, StoreError):
            await self._pace.wait(asyncio.Event(), DISK_WAIT_S)
            return job
        except Exception as fault:
            log.error("job failed inside: job=%s phase=%s", job.id, job.phase, exc_info=remains(fault))
            return await self._fail(job, JobFailed("internal_error", "captiond failed; its log says where"))
        if step.outcome is None:
            if self._pace.now_s() >= job.deadline_s:
                return await self._fail(job, _too_late(job))
            if step.again_s is not None:
                return await self._look_again(job, step, step.again_s)
            return await self._postpone(job, due_s=job.deadline_s, awaits=True)
        return await self._advance(job, step, step.outcome)

    async def _advance(self, job: Job, step: Step, outcome: Outcome) -> Job | None:
        now_s = self._pace.now_s()
        phase = phase_after(job.kind, Phase(job.phase), outcome)
        over = phase is Phase.OVER
        # What is long lets others have their turn where all places are taken.
        yields = outcome is Outcome.MORE and len(self._steps) >= MAX_STEPS
        passes = On.POSTPONED if yields else On.STEPPED
        on = passes if not over else On.FINISHED_IN_PART if step.in_part else On.FINISHED
        going = replace(
            job,
            state=after(State(job.state), on),
            phase=phase,
            data={**job.data, **step.data},
            tries={},
            upstream=step.upstream or job.upstream,
            result=step.result if over else job.result,
            due_s=now_s,
            updated_s=now_s,
            ended_s=now_s if over else None,
        )
        self._note(job, outcome, **step.facts)
        return await self._write(going, parcels=step.parcels)

    async def _again(self, job: Job, workflow: Workflow, error: UpstreamError) -> Job | None:
        """An error of upstream: by the one policy another try, later, or the end."""
        now_s, tries = self._pace.now_s(), dict(job.tries)
        delay_s: float | None = None
        if isinstance(error, RateLimited):
            before = tries.get("limited", 0)
            delay_s = rate_limit_delay_s(before, retry_after_s=error.retry_after_s, waits_s=workflow.limited_waits_s)
            tries["limited"] = before + 1
        elif isinstance(error, UpstreamUnavailable) and not isinstance(error, UpstreamInvalid):
            before = tries.get("unavailable", 0)
            delay_s = full_jitter_s(before, chance=self._chance)
            tries["unavailable"] = before + 1
        if delay_s is None or now_s + delay_s >= job.deadline_s:
            said = error.message if isinstance(error, UpstreamRefused) else ""
            words = self._tools.masking.words(said)
            return await self._fail(job, failure_of(error, words=words, scopes=workflow.scopes))
        if isinstance(error, RateLimited):
            self._meter.count("upstream_rate_limited_total")
        self._note(job, "again", seconds=round(delay_s, 3), cause=type(error).__name__, tries=sum(tries.values()))
        return await self._postpone(replace(job, tries=tries), due_s=now_s + delay_s)

    async def _look_again(self, job: Job, step: Step, again_s: float) -> Job | None:
        """What was asked for is not there yet. Tries that failed are forgotten: this one did not."""
        tries = {"polled": job.tries.get("polled", 0) + 1}
        self._note(job, "not yet", seconds=round(again_s, 3), tries=tries["polled"], **step.facts)
        going = replace(job, data={**job.data, **step.data}, tries=tries)
        return await self._postpone(going, due_s=min(self._pace.now_s() + again_s, job.deadline_s))

    async def _postpone(self, job: Job, *, due_s: float, awaits: bool = False) -> Job | None:
        state = after(State(job.state), On.POSTPONED)
        return await self._write(replace(job, state=state, due_s=due_s, updated_s=self._pace.now_s()), awaits=awaits)

    async def _fail(self, job: Job, failure: JobFailed) -> Job | None:
        now_s = self._pace.now_s()
        self._note(job, "failed", code=failure.code)
        failed = replace(
            job, state=after(State(job.state), On.FAILED), error=failure.as_json(), updated_s=now_s, ended_s=now_s
        )
        return await self._write(failed)

    async def _write(self, job: Job, *, parcels: Sequence[Parcel] = (), awaits: bool = False) -> Job | None:
        """Keeps what a step came to; a disk that takes nothing for now is waited for. None: it does not go on."""
        while True:
            try:
                written = await save(self._store, job, parcels=parcels, awaits=awaits)
                break
            except StoreError as fault:
                log.error("job step is not written yet: job=%s why=%s", job.id, fault)
                await self._pace.wait(asyncio.Event(), DISK_WAIT_S)
        if written and State(job.state).over:
            self._meter.observe("job_seconds", max(0.0, job.updated_s - job.created_s), kind=job.kind)
        self._tell(job.id)
        return job if written and job.state == State.RUNNING else None

    def _tell(self, job: str) -> None:
        for changed in self._watchers.get(job, ()):
            changed.set()

    def _note(self, job: Job, outcome: str, **facts: Any) -> None:
        """One line and one audit record for a step. Written before the step is: rather twice than never."""
        self._audit.record("job_step", job=job.id, jobKind=job.kind, phase=job.phase, outcome=outcome, **facts)
        log.info("job step: job=%s kind=%s phase=%s outcome=%s", job.id, job.kind, job.phase, outcome)


def _too_late(job: Job) -> JobFailed:
    """What a job ends with at its deadline: upstream's silence, where that was what it waited for."""
    if job.tries.get("unavailable"):
        return JobFailed("upstream_unavailable", "upstream did not answer usably until the job's deadline")
    waited = "no callback came" if job.phase == Phase.AWAITING else "it was not done"
    return JobFailed("deadline_exceeded", f"{waited} until the job's deadline")
