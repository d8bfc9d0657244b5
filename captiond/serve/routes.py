"""All addresses of the daemon, in one table: the router and `/openapi.json` are both made from it.

Source: contract, section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel

from captiond.jobs import requests
from captiond.serve import answers, bodies, control, health, jobs, searching, webhooks
from captiond.serve.conversations import conversation
from captiond.serve.pages import PAGES, Pages
from captiond.serve.problems import Handler
from captiond.serve.sse import captions_sse
from captiond.serve.websocket import captions_ws

ID: Final = "{id:[A-Za-z0-9._:-]{1,128}}"
KIND: Final = "{kind:[a-z-]{1,40}}"
SESSION: Final = f"/v1/sessions/{ID}"
JOB: Final = f"/v1/jobs/{ID}"

STREAMS: Final = (f"{SESSION}/ws", f"{SESSION}/events")  # all that a relay serves

Guard = Literal["key", "viewer", "none"]


@dataclass(frozen=True, slots=True)
class Route:
    """One call.

    Attributes:
        guard: who may: holders of an API key, viewers, everybody.
        answer: model of the 200 or 201 answer, a content type, or None where there is no body.
        status: of success.
        refusals: status and what it means, besides those that every call may give.
        body: models of the request body; any of them.
        query: parameter and what it means.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    guard: Guard = "key"
    answer: type[BaseModel] | str | None = None
    status: int = 200
    refusals: Mapping[int, str] = field(default_factory=dict)
    body: tuple[type[BaseModel], ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


NO_SESSION: Final = {404: "session_not_found"}
VIEWER_QUERY: Final = {
    "position": "where to resume: a position of an earlier message; the Last-Event-ID header wins",
    "token": "viewer token, where no Authorization header can be sent",
    "partials": "0: finals only",
}
VIEWER_REFUSALS: Final = {
    401: "token_required, bad_token, token_expired, token_revoked",
    403: "forbidden_session, foreign_origin",
    404: "session_not_found",
    410: "session_gone",
    429: "too_many_connections, too_many_attempts",
}


def _later(method: str, path: str, what: str, *, guard: Guard = "key") -> Route:
    return Route(
        method,
        path,
        control.unavailable(what),
        f"{what}: not in this version",
        guard=guard,
        refusals={501: "not_available"},
        status=501,
    )


def workflow_routes() -> tuple[Route, ...]:
    """The workflows beside the live path."""
    no_job = {404: "job_not_found", 503: "no_account, database_unavailable"}
    return (
        Route(
            "POST",
            f"/v1/jobs/{KIND}",
            jobs.create_job,
            "Start a workflow; the same Idempotency-Key gives the same job",
            answer=answers.JobCreated,
            status=202,
            body=(requests.TranscriptionBody, requests.InteractionBody, requests.RecordingBody, requests.MessagingBody),
            refusals={
                404: "unknown_kind",
                422: "invalid_request, idempotency_key_reused, too_long, unsupported_codec, unsupported_format, "
                "unsupported_language, invalid_webhook_url, no_media, unsupported_media, not_licensed",
                501: "not_available: a kind that is not in this version",
                503: "no_account, too_many_jobs, database_unavailable, draining",
            },
        ),
        Route(
            "GET",
            "/v1/jobs",
            jobs.list_jobs,
            "The newest jobs, newest first",
            answer=answers.JobList,
            query={"kind": "of this kind only", "state": "in this state only", "limit": "at most so many; 100"},
            refusals={422: "invalid_request", 503: "no_account, database_unavailable"},
        ),
        Route("GET", JOB, jobs.get_job, "One job, with its result or error", answer=answers.Job, refusals=no_job),
        Route(
            "DELETE",
            JOB,
            jobs.cancel_job,
            "Cancel it, where it has not ended",
            status=204,
            query={"erase": "1: nothing of it is kept: its result, its files, its documents for sinks"},
            refusals={**no_job, 422: "invalid_request", 503: "no_account, database_unavailable, job_does_not_end"},
        ),
        Route(
            "GET",
            f"{JOB}/events",
            jobs.job_events,
            "The job as server-sent events (`event: job`), until it is over; 204 after that. A messaging job has also "
            "`event: transcript:intercepted` for each conversation",
            answer=answers.Job,
            refusals=no_job,
        ),
        Route(
            "GET",
            f"{JOB}/conversations/{{conversation:[A-Fa-f0-9-]{{36}}}}",
            jobs.job_conversation,
            "One redacted conversation of a messaging job, as soon as it is done",
            answer=answers.Conversation,
            refusals={**no_job, 404: "job_not_found, conversation_not_found"},
        ),
        Route(
            "GET",
            f"{JOB}/transcript.txt",
            jobs.job_transcript,
            "The redacted transcript of a recording",
            answer="text/plain",
            refusals={**no_job, 404: "job_not_found, transcript_not_found"},
        ),
        Route(
            "POST",
            f"/v1/webhooks/{KIND}",
            webhooks.webhook,
            "Callbacks from Genesys: signed, or to the address that a job gave out",
            guard="none",
            answer=answers.Accepted,
            refusals={
                400: "invalid_callback",
                401: "bad_signature",
                404: "unknown_kind",
                408: "body_timeout",
                413: "body_too_large",
                415: "packed_body",
                501: "not_available",
                503: "busy",
            },
        ),
    )


def table(pages: Pages, openapi: Handler) -> tuple[Route, ...]:
    """Every route. Those of pages are bound to their files, `/openapi.json` to the description of this table."""
    return (
        # First, as the router looks from the top: after a network's outage thousands ask for these at once.
        Route(
            "GET",
            f"{SESSION}/ws",
            captions_ws,
            "The caption stream over a WebSocket (sub-protocol captions.v1)",
            guard="viewer",
            status=101,
            query=VIEWER_QUERY,
            refusals={**VIEWER_REFUSALS, 426: "upgrade_required", 503: "draining"},
        ),
        Route(
            "GET",
            f"{SESSION}/events",
            captions_sse,
            "The caption stream as server-sent events; 204 at the end of an ended session",
            guard="viewer",
            answer="text/event-stream",
            query=VIEWER_QUERY,
            refusals=VIEWER_REFUSALS,
        ),
        Route(
            "POST",
            "/v1/sessions",
            control.create_session,
            "Start captioning; 200 with the same body if it runs already",
            answer=answers.Created,
            status=201,
            body=(bodies.MediaBody, bodies.NotificationsBody, bodies.PushBody),
            refusals={
                422: "unsupported_language, unsupported_region, unsupported_codec, invalid_request",
                502: "upstream_refused, with the upstream status and message",
                503: "upstream_rate_limited, too_many_sessions, draining",
            },
        ),
        Route(
            "GET",
            f"/v1/conversations/{ID}",
            conversation,
            "The sessions that caption a conversation, for those who may watch them",
            guard="viewer",
            answer=answers.Captioned,
            query={"token": VIEWER_QUERY["token"]},
            refusals={status: VIEWER_REFUSALS[status] for status in (401, 403, 404)},
        ),
        Route("GET", "/v1/sessions", control.list_sessions, "All sessions", answer=answers.SessionList),
        Route("GET", SESSION, control.get_session, "One session", answer=answers.Session, refusals=NO_SESSION),
        Route(
            "DELETE",
            SESSION,
            control.delete_session,
            "End it: unsubscribe, end the stream for its viewers",
            status=204,
            query={"erase": "1: nothing of it is kept, neither for late viewers nor as a transcript"},
            refusals={**NO_SESSION, 422: "invalid_request", 503: "database_unavailable"},
        ),
        Route(
            "POST",
            f"{SESSION}/revoke",
            control.revoke,
            "Close all its viewers (4507); tokens issued before no longer open it",
            answer=answers.Revocation,
            refusals={**NO_SESSION, 503: "not_kept"},
        ),
        Route(
            "GET",
            f"{SESSION}/audit",
            control.audit,
            "Its audit records, as JSON Lines",
            answer="application/x-ndjson",
            refusals=NO_SESSION,
        ),
        Route(
            "GET",
            f"{SESSION}/transcript.{{form:json|txt|vtt|srt}}",
            control.transcript,
            "Redacted finals so far, as JSON, text, WebVTT or SubRip",
            answer=answers.TranscriptAnswer,
            refusals=NO_SESSION,
        ),
        Route(
            "POST",
            "/v1/tokens",
            control.create_token,
            "Mint a viewer token",
            answer=answers.Token,
            body=(bodies.TokenBody,),
            refusals={422: "invalid_request", 501: "not_available"},
        ),
        _later("POST", f"{SESSION}/events", "The push source"),
        _later("GET", f"{SESSION}/ingest", "The push source"),
        *workflow_routes(),
        Route(
            "POST",
            "/v1/transcripts/search",
            searching.search,
            "Search what was said: this daemon's redacted transcripts, or Genesys' with its results redacted",
            answer=answers.SearchAnswer,
            body=(searching.SearchBody,),
            refusals={
                422: "invalid_request, invalid_query",
                502: "upstream_refused, upstream_forbidden, upstream_unauthorized, upstream_unavailable, "
                "upstream_invalid, not_found",
                503: "search_too_long, busy, database_unavailable, no_account, upstream_rate_limited",
            },
        ),
        Route("GET", "/healthz", health.healthz, "Alive", guard="none", answer=answers.Health),
        Route(
            "GET",
            "/readyz",
            health.readyz,
            "Fit to serve",
            guard="none",
            answer=answers.Health,
            refusals={503: "not_ready, with what fails"},
        ),
        Route("GET", "/metrics", health.metrics, "Prometheus metrics", guard="none", answer="text/plain"),
        Route("GET", "/openapi.json", openapi, "This description", guard="none", answer="application/json"),
        *(
            Route("GET", path.replace("{id}", ID), pages.page, "A page", guard="none", answer="text/html")
            for path in PAGES
        ),
        Route(
            "GET",
            "/static/{name:[a-z0-9.-]{1,40}}",
            pages.static,
            "Scripts and styles of the pages",
            guard="none",
            answer="text/javascript",
            refusals={404: "not_found"},
        ),
    )


def add(app: web.Application, routes: tuple[Route, ...]) -> None:
    """Puts the table into the router. GET answers HEAD as well."""
    for route in routes:
        handler = control.keyed(route.handler) if route.guard == "key" else route.handler
        if route.method == "GET":
            app.router.add_get(route.path, handler, allow_head=True)
        else:
            app.router.add_route(route.method, route.path, handler)
