"""The workflows' calls: start, list, look, follow, cancel. Every call here needs a key (`access.require_key`).

Source: contract, section 4; workflows.md, section 6.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from captiond.db.jobs import Job
from captiond.db.store import StoreError
from captiond.jobs.machine import State
from captiond.jobs.refusals import JobFailed, Refused
from captiond.jobs.requests import InvalidBody
from captiond.jobs.views import summary, view
from captiond.serve.control import NO_STORE, body_of, erases
from captiond.serve.problems import Problem, not_available
from captiond.serve.sse import HEADERS
from captiond.serve.wiring import WIRING, Jobs

KINDS: Final = ("transcription-request", "interaction-transcription", "recording-transcript", "messaging-transcript")
MAX_LISTED: Final = 1_000
MAX_DIGITS: Final = 9  # of a number, read at all
MAX_KEY_CHARS: Final = 255  # of an Idempotency-Key
_VERSION: Final = re.compile(r"\d{1,15}", re.ASCII)


async def create_job(request: web.Request) -> web.StreamResponse:
    """`POST /v1/jobs/{kind}`: 202 with the job. What cannot be done is 422 where that is known within some seconds.

    `Prefer: respond-async` does not wait for that.
    """
    wiring, kind = request.app[WIRING], request.match_info["kind"]
    if kind not in KINDS:
        raise Problem(404, "unknown_kind", f"There is no such kind of job: there are {', '.join(KINDS)}.")
    if wiring.draining_ms() is not None:
        raise Problem(503, "draining", "The server is restarting.", headers={"Retry-After": "5"})
    jobs = _jobs(request)
    if kind not in jobs.kinds:
        raise not_available(f"Jobs of the kind {kind}")
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
        raise Problem(422, "invalid_request", f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} printable characters.")
    body = _object(await body_of(request))
    patient = "respond-async" not in request.headers.get("Prefer", "")
    try:
        _, job = await jobs.submit(kind, body, key=key, patient=patient)
    except InvalidBody as fault:
        raise Problem(
            422, "invalid_request", f"The body is not valid: {fault}.", extra={"errors": fault.faults}
        ) from None
    except JobFailed as failure:
        raise Problem(422, failure.code, f"{failure.message}.", extra=failure.extra) from None
    except Refused as refused:
        raise problem_of(refused) from None
    created = {name: value for name, value in summary(job).items() if name in ("id", "kind", "state", "createdAt")}
    return _json(_linked(created), status=202, headers={"Location": f"/v1/jobs/{job.id}"})


async def list_jobs(request: web.Request) -> web.StreamResponse:
    """`GET /v1/jobs`: the newest first; `kind`, `state` and `limit` choose."""
    query = request.query
    limit = query.get("limit", "100")
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= MAX_DIGITS and 1 <= int(limit) <= MAX_LISTED):
        raise Problem(422, "invalid_request", f"limit must be a whole number from 1 to {MAX_LISTED}.")
    if (state := query.get("state")) is not None and state not in tuple(State):
        raise Problem(422, "invalid_request", f"state must be one of {', '.join(State)}.")
    if (kind := query.get("kind")) is not None and kind not in KINDS:
        raise Problem(422, "invalid_request", f"kind must be one of {', '.join(KINDS)}.")
    try:
        found = await _jobs(request).list(kind=kind, state=state, most=int(limit))
    except Refused as refused:
        raise problem_of(refused) from None
    return _json({"jobs": [_linked(summary(job)) for job in found]})


async def get_job(request: web.Request) -> web.StreamResponse:
    """`GET /v1/jobs/{id}`: with its result, or why there is none."""
    return _json(_linked(view(await _found(request))))


async def cancel_job(request: web.Request) -> web.StreamResponse:
    """`DELETE /v1/jobs/{id}`: 204, whether it had ended or not; a job that has ended stays as it is.

    `erase=1`: nothing of it is kept, its results, files and documents for sinks neither.
    """
    job = await _found(request)
    try:
        if erases(request):
            await _jobs(request).erase(job.id)
        else:
            await _jobs(request).cancel(job.id)
    except Refused as refused:
        raise problem_of(refused) from None
    return web.Response(status=204)


async def job_events(request: web.Request) -> web.StreamResponse:
    """`GET /v1/jobs/{id}/events`: the job as it stands, then each time it changes; the stream ends when it is over.

    `id:` is its version. An EventSource that comes back after the end gets 204, which stops it. Before it come events
    with names of their own, of what has happened inside since the last one: `transcript:intercepted`, a conversation.
    """
    wiring, job = request.app[WIRING], await _found(request)
    last = request.headers.get("Last-Event-ID")
    seen = int(last) if last is not None and _VERSION.fullmatch(last) else 0
    if State(job.state).over and last == str(job.version):
        return web.Response(status=204, headers=NO_STORE)
    response = web.StreamResponse(headers=HEADERS)
    response.force_close()
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    async with aclosing(_jobs(request).watch(job.id, idle_s=wiring.limits.comment_s)) as changes:
        async for changed in changes:
            if wiring.draining_ms() is not None:
                break
            if changed is None:
                await response.write(b":\n\n")
            elif str(changed.version) != last:
                for name, facts in await _jobs(request).events(changed, since=seen, before=changed.version):
                    await response.write(b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(facts)))
                seen = changed.version
                data = orjson.dumps(_linked(view(changed)))
                await response.write(b"event: job\nid: %d\ndata: %s\n\n" % (changed.version, data))
    await response.write_eof()
    return response


async def job_conversation(request: web.Request) -> web.StreamResponse:
    """`GET /v1/jobs/{id}/conversations/{conversation}`: one of a messaging job, as soon as it is done."""
    job = await _found(request)
    try:
        content = await _jobs(request).conversation(job.id, request.match_info["conversation"].lower())
    except StoreError as fault:
        raise problem_of(Refused(503, "database_unavailable", str(fault), retry_after_s=5)) from None
    if content is None:
        raise Problem(404, "conversation_not_found", "That job has no such conversation, or not yet.")
    return web.Response(body=content, content_type="application/json", headers=NO_STORE)


async def job_transcript(request: web.Request) -> web.StreamResponse:
    """`GET /v1/jobs/{id}/transcript.txt`: a recording's redacted transcript, of any size; ranges are answered."""
    path = _jobs(request).transcript_file(await _found(request))
    if path is None or not await asyncio.to_thread(path.is_file):
        raise Problem(404, "transcript_not_found", "That job has no transcript.")
    return web.FileResponse(path, headers={**NO_STORE, hdrs.CONTENT_TYPE: "text/plain; charset=utf-8"})


def problem_of(refused: Refused) -> Problem:
    """A refusal of the floor below, as an answer."""
    headers = {} if refused.retry_after_s is None else {"Retry-After": str(refused.retry_after_s)}
    message = refused.message[:1].upper() + refused.message[1:]
    return Problem(refused.status, refused.code, f"{message}.", headers=headers)


def _jobs(request: web.Request) -> Jobs:
    jobs = request.app[WIRING].jobs
    if jobs is None:
        raise Problem(503, "no_account", "No Genesys account is configured: [genesys] client_id and client_secret.")
    return jobs


async def _found(request: web.Request) -> Job:
    try:
        job = await _jobs(request).get(request.match_info["id"])
    except Refused as refused:
        raise problem_of(refused) from None
    if job is None:
        raise Problem(404, "job_not_found", "There is no such job.")
    return job


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Problem(422, "invalid_request", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem(422, "invalid_request", "The body is not a JSON object.")
    return body


def _linked(members: Mapping[str, Any]) -> dict[str, Any]:
    base = f"/v1/jobs/{members['id']}"
    return {**members, "links": {"self": base, "events": f"{base}/events"}}


def _json(members: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(members),
        content_type="application/json",
        headers={**NO_STORE, **(headers or {})},
    )
