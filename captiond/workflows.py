"""The workflows of one daemon or one program, composed: jobs, callbacks and sinks over one database and one account.

Source: issue 6; docs/workflows.md.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from captiond.base.backoff import Chance
from captiond.base.observe import AuditSink, FaultSink, Meter
from captiond.config_keys import Config
from captiond.db import erasing
from captiond.db import jobs as rows
from captiond.db.address import sqlite_path
from captiond.db.jobs import Job
from captiond.db.store import Store, StoreError
from captiond.genesys.client import Genesys
from captiond.genesys.regions import is_loopback
from captiond.jobs.after_call import AfterCall, Limits
from captiond.jobs.callbacks import Callbacks
from captiond.jobs.indexing import index_file
from captiond.jobs.interaction_transcription import InteractionTranscription
from captiond.jobs.machine import MESSAGING, RECORDING, State
from captiond.jobs.masking import Masking
from captiond.jobs.message_sources import Documents, Platform
from captiond.jobs.messaging_collector import ANALYTICS, CALLABLE
from captiond.jobs.messaging_transcript import MessagingTranscript
from captiond.jobs.outbox import Call, Outbox, Sink
from captiond.jobs.recorded_call import RecordedCall
from captiond.jobs.recording_transcript import Polling, RecordingTranscript
from captiond.jobs.refusals import Refused
from captiond.jobs.runner import Pace, Runner
from captiond.jobs.shelf import Shelf
from captiond.jobs.transcription_request import Bounds, TranscriptionRequest
from captiond.jobs.workflow import Tools

log = logging.getLogger(__name__)

SWEEP_S: Final = 600.0  # until a file follows its row
INDEX: Final = "index"
NLP: Final = "nlp"
COMPLIANCE: Final = "compliance"


class Workflows:
    """All that runs beside the live path.

    Args:
        own_url: where this process itself can be reached, for a Genesys on the same machine (the simulator); "" where
            it serves nothing.
        group: parent of callbacks that outlive their answers.
        on_conversation: gets each messaging conversation as the sink of `analytics_url` does.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: Store,
        genesys: Genesys,
        pace: Pace,
        meter: Meter,
        audit: AuditSink,
        own_url: Callable[[], str],
        group: asyncio.TaskGroup,
        chance: Chance | None = None,
        on_conversation: Call | None = None,
        faults: FaultSink | None = None,
    ) -> None:
        wanted = config.jobs
        self.max_callback_bytes = wanted.max_transcript_bytes
        self._public_url, self._own_url = wanted.public_url, own_url
        self._local = is_loopback(urlsplit(config.genesys.api_url).hostname or "")
        chance = chance or random.SystemRandom()
        masking = Masking(frozenset(config.redaction.kinds), faults=faults)
        sinks = sinks_of(config)
        if on_conversation is not None:
            sinks.append(Sink(CALLABLE, call=on_conversation))
        self.outbox = Outbox(sinks, store=store, pace=pace, chance=chance, meter=meter, audit=audit)
        begins = config.genesys.profile == "media"
        after_call = AfterCall(Limits(wanted.max_duration_s, wanted.poll_base_s, wanted.max_transcript_bytes))
        transcription = TranscriptionRequest(
            Bounds(wanted.max_duration_s, wanted.codecs, wanted.formats), after_call=after_call, begins=begins
        )
        interaction = InteractionTranscription(
            max_duration_s=wanted.max_duration_s, after_call=after_call, begins=begins
        )
        self._store, self._pace, self._audit = store, pace, audit
        self._shelf = Shelf(Path(f"{sqlite_path(config.database.url)}-files"))
        fetches: dict[str, Any] = {
            "shelf": self._shelf,
            "polling": Polling(wanted.poll_attempts, wanted.poll_base_s),
            "chunk_bytes": wanted.chunk_bytes,
            "inline_bytes": wanted.max_transcript_bytes,
            "chance": chance,
            "claim": self._claim,
            "index": self._index,
        }
        recording = RecordingTranscript(**fetches) if begins else RecordedCall(after_call=after_call, **fetches)
        self._messaging = MessagingTranscript(
            (Documents if begins else Platform)(genesys.reads, most_bytes=wanted.max_transcript_bytes),
            store=store,
            masking=masking,
            chance=chance,
            window=wanted.context_window,
            secret=wanted.fingerprint_secret.get_secret_value(),
        )
        self.runner = Runner(
            [transcription, interaction, recording, self._messaging],
            store=store,
            tools=Tools(
                calls=genesys.calls,
                masking=masking,
                clock=pace,
                meter=meter,
                audit=audit,
                called=self._called,
                keep=self._keep,
                address=self._address,
                sinks=self.outbox.names,
            ),
            pace=pace,
            chance=chance,
            deadline_s=wanted.deadline_s,
        )
        self.callbacks = Callbacks(
            {transcription.kind: transcription, interaction.kind: interaction},
            secret=wanted.webhook_secret.get_secret_value(),
            store=store,
            runner=self.runner,
            masking=masking,
            clock=pace,
            meter=meter,
            group=group,
        )

    # -- chores ----------------------------------------------------------------------------------------------------

    @property
    def chores(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What goes on for ever: steps of jobs, documents for sinks, and what became of files."""
        return self.runner.run, self.outbox.run, self.sweep

    async def sweep(self) -> None:
        """Erases the files of jobs that are not there any more, for ever."""
        while True:
            try:
                erased = await self._shelf.sweep(self._wanting_files)
            except StoreError as fault:
                log.error("files of jobs were not erased: %s", fault)
            else:
                if erased:
                    log.info("files of jobs erased: files=%d", erased)
            await self._pace.wait(asyncio.Event(), SWEEP_S)

    # -- what callers ask: serve.wiring.Jobs -------------------------------------------------------------------------

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of jobs that there are."""
        return self.runner.kinds

    async def submit(
        self, kind: str, body: Mapping[str, Any], *, key: str | None = None, patient: bool = True
    ) -> tuple[bool, Job]:
        """See `Runner.submit`."""
        return await self.runner.submit(kind, body, key=key, patient=patient)

    async def list(self, *, kind: str | None = None, state: str | None = None, most: int = 100) -> Sequence[Job]:
        """The newest jobs, newest first."""
        return await self.runner.list(kind=kind, state=state, most=most)

    async def get(self, job: str) -> Job | None:
        """One job as it stands."""
        return await self.runner.get(job)

    async def cancel(self, job: str) -> Job | None:
        """Ends a job that has not ended."""
        return await self.runner.cancel(job)

    async def erase(self, job: str) -> bool:
        """Ends a job and erases all that is kept of it, overwritten on the disk. False where there is none.

        Raises:
            Refused: 503; not all of it is gone yet, ask again.
        """
        if await self.runner.end(job) is None:
            return False
        try:
            files = await self._shelf.erase(job)
            await erasing.erase(self._store, partial(erasing.erase_job, job=job))
        except StoreError as fault:
            raise Refused(503, "database_unavailable", str(fault), retry_after_s=5) from None
        self._audit.record("job_erased", job=job)
        log.info("job erased: job=%s files=%d", job, files)
        return True

    def watch(self, job: str, *, idle_s: float | None = None) -> AsyncGenerator[Job | None, None]:
        """See `Runner.watch`."""
        return self.runner.watch(job, idle_s=idle_s)

    async def conversation(self, job: str, conversation: str) -> bytes | None:
        """One conversation of a messaging job, redacted, as JSON; None where it has none such, or not yet."""
        return await self._messaging.parts.content(job, conversation)

    async def events(self, job: Job, *, since: int, before: int) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """What happened inside a job while its version was `since` or more, and less than `before`: name and facts."""
        return await self._messaging.events(job.id, since=since, before=before) if job.kind == MESSAGING else ()

    def transcript_file(self, job: Job) -> Path | None:
        """Where a job's redacted transcript stands; None where it has none, or not all of it yet."""
        there = State(job.state).over and "transcriptBytes" in (job.result or {})
        return self._shelf.text(job.id) if there and job.kind == RECORDING else None

    # -- what steps ask ----------------------------------------------------------------------------------------------

    async def _index(self, job: Job) -> None:
        await index_file(self._store, job.id, self._shelf.text(job.id))

    async def _called(self, job: Job) -> Any:
        return await self.runner.called(job)

    async def _keep(self, job: Job, callback: Any) -> None:
        await self.callbacks.keep(job, callback)

    async def _claim(self, job: Job, upstream: str) -> bool:
        return await self._store.work(
            lambda connection: rows.claim(connection, job.id, kind=job.kind, upstream=upstream)
        )

    async def _wanting_files(self, jobs: Sequence[str]) -> frozenset[str]:
        return await self._store.work(lambda connection: rows.wanting_files(connection, jobs))

    def _address(self, job: Job) -> str | None:
        base = self._public_url or (self._own_url() if self._local else "")
        if not base:
            return None
        return f"{base}/v1/webhooks/{job.kind}?{urlencode(self.callbacks.query(job))}"


def sinks_of(config: Config) -> list[Sink]:
    """The sinks that are configured."""
    wanted = config.jobs
    sinks = [
        Sink(NLP, wanted.nlp_url),
        Sink(COMPLIANCE, wanted.compliance_url, wanted.compliance_token.get_secret_value()),
        Sink(INDEX, wanted.index_url),
        Sink(ANALYTICS, wanted.analytics_url),
    ]
    return [sink for sink in sinks if sink.url]
