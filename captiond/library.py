"""The workflows in a program of one's own: no daemon, the same machinery, database, redaction and limits.

    from captiond.library import load_config, open_workflows

    async with open_workflows(load_config(None, os.environ)) as workflows:
        transcript = await workflows.transcribe("media-42", languages=["en-US"])
        print(transcript.text)

Jobs are as durable as the daemon's: a program that is killed goes on with them when it opens the same database again.
One database belongs to one process at a time. See docs/workflows.md.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from captiond.audit import AuditLog
from captiond.base.errors import CaptiondError
from captiond.base.observe import AuditSink, Meter, NullMeter
from captiond.chats import Chats, Conversation, Failure, Message
from captiond.chores import kept_up
from captiond.clock import SystemClock
from captiond.config import load as load_config
from captiond.config_keys import Config
from captiond.core.redact import learn
from captiond.db.store import Store
from captiond.following import tasks
from captiond.genesys.patience import Sleep
from captiond.jobs.machine import INTERACTION, MESSAGING, RECORDING, TRANSCRIPTION, State
from captiond.jobs.outbox import Call
from captiond.jobs.refusals import JobFailed, Refused
from captiond.jobs.runner import Pace
from captiond.jobs.views import view
from captiond.listening import listen, url_of
from captiond.redaction_faults import RedactionFaults
from captiond.serve.access import Caller, is_local
from captiond.transcripts import InteractionTranscript, Piece, RecordingTranscript, Transcription
from captiond.upstream import upstream_of
from captiond.workflows import Workflows


class OpenWorkflows:
    """The workflows of a program. Made by `open_workflows`.

    Attributes:
        url: where callbacks are received; "" where the program receives them itself.
    """

    def __init__(self, workflows: Workflows) -> None:
        self._workflows = workflows
        self.url = ""

    async def transcribe(
        self,
        media_id: str,
        *,
        languages: Sequence[str] = ("en-US",),
        redaction_policy_id: str | None = None,
        enable_speaker_identification: bool = True,
        key: str | None = None,
    ) -> Transcription:
        """Has a stored recording transcribed, and waits for it.

        Args:
            key: the same key gives the same job, also after a restart of the program.
        Raises:
            JobFailed: with its `code` (docs/workflows.md).
            InvalidBody, Refused: it was not taken on.
        """
        body = {
            "mediaId": media_id,
            "languages": list(languages),
            "redactionPolicyId": redaction_policy_id,
            "enableSpeakerIdentification": enable_speaker_identification,
        }
        job, result = await self._finished(TRANSCRIPTION, body, key=key)
        return Transcription.of(job, result)

    async def transcribe_interaction(
        self, interaction_id: str, *, locale: str = "en-US", redact_pii: bool = True, key: str | None = None
    ) -> InteractionTranscript:
        """Has the talk of an interaction transcribed, and waits for it. `key` and errors as `transcribe`."""
        body = {"interactionId": interaction_id, "locale": locale, "redactPii": redact_pii}
        job, result = await self._finished(INTERACTION, body, key=key)
        return InteractionTranscript.of(job, result)

    async def recording(
        self,
        transcript_id: str,
        *,
        recording_id: str | None = None,
        language: str | None = None,
        resubmit: bool = False,
        fallback_on_timeout: bool = False,
        key: str | None = None,
    ) -> RecordingTranscript:
        """Fetches the transcript of a recording, once it is there. `key` and errors as `transcribe`.

        Args:
            recording_id: where Genesys does not say which recording it is of.
            language: what is spoken, where Genesys does not say; None for both takes the words of all languages.
            resubmit: where there is no text, Genesys is asked once to transcribe again.
            fallback_on_timeout: the audio is fetched where the transcript does not come in time, too.
        """
        body = {
            "transcriptId": transcript_id,
            "recordingId": recording_id,
            "language": language,
            "resubmit": resubmit,
            "fallbackOnTimeout": fallback_on_timeout,
        }
        job, result = await self._finished(RECORDING, body, key=key)
        found = await self._workflows.get(job)
        file = None if found is None else self._workflows.transcript_file(found)
        return RecordingTranscript.of(job, result, file=file)

    async def messaging(
        self,
        conversation_ids: Sequence[str] = (),
        *,
        session_ids: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        context_window: int | None = None,
        redact_pii: bool = True,
        key: str | None = None,
    ) -> Chats:
        """Fetches conversations of web messaging, and waits until each has ended. `key` and errors as `transcribe`.

        Args:
            session_ids: of guests, whose conversations are looked for.
            since, until: ISO 8601; the last 24 hours where they are not given.
            context_window: so many of the last messages of each are kept; None: as configured.
        Raises:
            JobFailed: no conversation could be had.
        """
        body = {
            "conversationIds": list(conversation_ids),
            "sessionIds": list(session_ids),
            "from": since,
            "to": until,
            "contextWindow": context_window,
            "redactPii": redact_pii,
        }
        job, result = await self._finished(MESSAGING, body, key=key)
        return Chats.of(job, result)

    async def conversations(self, chats: Chats) -> AsyncIterator[Conversation]:
        """The conversations of a messaging job, one at a time: all of them may be larger than memory."""
        for name in chats.conversation_ids:
            content = await self._workflows.conversation(chats.job, name)
            if content is not None:
                yield Conversation.of(orjson.loads(content))

    async def job(self, job: str) -> dict[str, Any] | None:
        """One job as the API shows it; None where there is none."""
        found = await self._workflows.get(job)
        return None if found is None else view(found)

    async def cancel(self, job: str) -> None:
        """Ends a job that has not ended."""
        await self._workflows.cancel(job)

    async def receive(
        self, kind: str, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, local: bool = False
    ) -> Mapping[str, Any]:
        """A callback, for a program that has an HTTP server of its own; answers what to send back with 200.

        Raises:
            Refused: with `status` and `code` for the answer.
        """
        return await self._workflows.callbacks.receive(kind, headers=headers, query=query, body=body, local=local)

    async def _finished(self, kind: str, body: Mapping[str, Any], *, key: str | None) -> tuple[str, Mapping[str, Any]]:
        _, job = await self._workflows.submit(kind, body, key=key)
        async for found in self._workflows.watch(job.id):
            job = found or job
        if job.state in (State.COMPLETED, State.COMPLETED_WITH_ERRORS):
            return job.id, job.result
        error = job.error or {"code": job.state, "message": f"the job {job.id} is {job.state}"}
        facts = {name: value for name, value in error.items() if name not in ("code", "message", "status")}
        raise JobFailed(error["code"], error["message"], status=error.get("status"), extra=facts)


@asynccontextmanager
async def open_workflows(
    config: Config,
    *,
    listen_on: tuple[str, int] | None = ("127.0.0.1", 0),
    meter: Meter | None = None,
    audit: AuditSink | None = None,
    pace: Pace | None = None,
    on_conversation: Call | None = None,
) -> AsyncIterator[OpenWorkflows]:
    """The workflows of a configuration, running. What has not ended when it is left goes on when it is opened again.

    Args:
        config: of `load_config`; its `[genesys]` account, `[database]`, `[jobs]`, `[redaction]` and `[audit]`.
        listen_on: where callbacks are received; None where the program hands them over with `receive`.
        meter, audit: other than the configuration's audit file and no figures.
        pace: the time, other than this machine's.
        on_conversation: is called with `{conversationId, messages, metrics}` of each messaging conversation as it is
            done; again where it raises, or where the program was killed before it had returned.
    Raises:
        CaptiondError: no account, or the database, the audit file or the port cannot be had.
    """
    pace = pace or SystemClock()
    learn(config.genesys.languages)
    async with AsyncExitStack() as stack:
        store = await Store.open(config.database.url)
        stack.push_async_callback(store.close)
        if audit is None:
            log = AuditLog(Path(config.audit.path))
            stack.push_async_callback(asyncio.to_thread, log.close)
            audit = log
        meter = meter or NullMeter()
        genesys = upstream_of(config, clock=pace, meter=meter, audit=audit, sleep=_sleeper(pace))
        if genesys is None:
            raise CaptiondError("no Genesys account is configured: [genesys] client_id and client_secret")
        stack.push_async_callback(genesys.close)
        async with tasks() as group, AsyncExitStack() as receiving:
            flows = Workflows(
                config,
                store=store,
                genesys=genesys,
                pace=pace,
                meter=meter,
                audit=audit,
                own_url=lambda: opened.url,
                group=group,
                on_conversation=on_conversation,
                faults=RedactionFaults(clock=pace, meter=meter),
            )
            opened = OpenWorkflows(flows)
            if listen_on is not None:
                opened.url = await _receive_at(receiving, opened, flows, *listen_on)
            chores = [group.create_task(kept_up(chore)) for chore in flows.chores]
            try:
                yield opened
            finally:
                for chore in chores:
                    chore.cancel()


def _sleeper(pace: Pace) -> Sleep:
    async def sleep(delay_s: float) -> None:
        await pace.wait(asyncio.Event(), delay_s)

    return sleep


async def _receive_at(stack: AsyncExitStack, opened: OpenWorkflows, flows: Workflows, host: str, port: int) -> str:
    """A server for callbacks alone; answers its URL."""

    async def webhook(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        if kind not in flows.callbacks.kinds:
            return web.json_response({"code": "unknown_kind"}, status=404)
        local = is_local(Caller.of(request))
        try:
            answer = await opened.receive(
                kind, headers=request.headers, query=request.query, body=await request.read(), local=local
            )
        except Refused as refused:
            return web.json_response({"code": refused.code}, status=refused.status)
        return web.json_response(dict(answer))

    app = web.Application(client_max_size=flows.max_callback_bytes)
    app.router.add_post("/v1/webhooks/{kind}", webhook)
    listener = stack.enter_context(listen(host, port))
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0, auto_decompress=False)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener).start()
    return url_of(listener)


__all__ = [
    "Chats",
    "Conversation",
    "Failure",
    "InteractionTranscript",
    "JobFailed",
    "Message",
    "OpenWorkflows",
    "Piece",
    "RecordingTranscript",
    "Transcription",
    "load_config",
    "open_workflows",
]
