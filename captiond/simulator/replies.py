"""The words of the stand-in: error bodies as Genesys writes them, frames of garbage, and the check of an activation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

import orjson

from captiond.simulator.faults import Broken, GarbageFault, Junk, RefuseFault
from captiond.simulator.identifiers import CODECS, LANGUAGES, SESSION_ID

CODES: Final[Mapping[int, str]] = {
    400: "bad.request",
    401: "bad.credentials",
    403: "missing.any.permissions",
    404: "not.found",
    409: "general.conflict",
    413: "request.entity.too.large",
    415: "unsupported.media.type",
    429: "too.many.requests",
    500: "internal.server.error",
    502: "bad.gateway",
    503: "service.unavailable",
    504: "gateway.timeout",
}
MESSAGES: Final[Mapping[int, str]] = {
    400: "The request could not be understood by the server due to malformed syntax.",
    401: "Invalid login credentials.",
    404: "The requested resource was not found.",
    429: "Rate limit exceeded the maximum.",
    500: "The server encountered an unexpected condition.",
    503: "Service unavailable, please try again later.",
}
CHUNK_SIZES_MS: Final = range(100, 60_001)


def error_body(
    status: int,
    *,
    message: str | None = None,
    permission: str | None = None,
    retry_after_s: float | None = None,
    field: str | None = None,
) -> dict[str, Any]:
    """The body of a refused REST call or handshake, in the shape of Genesys' error model."""
    params: dict[str, str] = {}
    code = CODES.get(status, f"http.{status}")
    said = message or MESSAGES.get(status, f"The request failed with {status}.")
    if status == 403 and permission:
        params["permissions"] = permission
        said = message or f"Unable to perform the requested action. You are missing the permission(s): {permission}"
    body: dict[str, Any] = {
        "message": said,
        "code": code,
        "status": status,
        "messageWithParams": said,
        "messageParams": params,
        "contextId": "00000000-0000-4000-8000-000000000000",
        "details": [] if field is None else [{"fieldName": field}],
        "errors": [],
    }
    if status == 429:
        if retry_after_s is not None:
            body["code"] = "too.many.requests.retry.after"
            said = message or f"Rate limit exceeded the maximum. Retry the request in [{retry_after_s:g}] seconds"
            body["message"] = body["messageWithParams"] = said
        body["limit"] = {
            "key": "client.credentials.token.rate.per.minute",
            "namespace": "platform.api",
            "value": "300",
        }
    return body


def refusal_headers(fault: RefuseFault, *, now_s: float) -> dict[str, str]:
    """`Retry-After` as the fault wants it: seconds, HTTP date, or the given words."""
    if fault.retry_after is not None:
        return {"Retry-After": fault.retry_after}
    if fault.retry_after_s is not None:
        return {"Retry-After": f"{fault.retry_after_s:g}"}
    if fault.retry_after_date_s is not None:
        # An HTTP date has whole seconds; up, so that obeying it never comes too early.
        return {"Retry-After": formatdate(math.ceil(now_s + fault.retry_after_date_s), usegmt=True)}
    return {}


def broken_body(what: Broken, *, size_bytes: int) -> bytes:
    """A useless answer to a token or activation request."""
    if what is Broken.NOT_JSON:
        return b"<html><body>Sign in</body></html>"
    if what is Broken.EMPTY:
        return b""
    if what is Broken.MISSING_KEYS:
        return b"{}"
    if what is Broken.WRONG_TYPES:
        return b'{"access_token":7,"expires_in":"soon","token_type":[],"id":null,"status":3,"mediaSessionId":{}}'
    return b'{"padding":"' + b"x" * size_bytes + b'"}'


def garbage_frame(fault: GarbageFault, *, session: str, timestamp: str) -> tuple[bytes, bool]:
    """The bytes of a bad frame, and whether it is a text frame."""
    good = {
        "eventType": "transcription",
        "eventSequence": 1_000_000,
        "mediaSessionId": session,
        "transcript": "this must never be shown",
        "isPartial": True,
        "timestamp": timestamp,
    }
    what = fault.what
    if what is Junk.BINARY:
        return b"\x00\x01\x02\x03" * 64, False
    if what is Junk.HUGE:
        return b'[{"eventType":"transcription","transcript":"' + b"x" * fault.size_bytes + b'"}]', True
    if what is Junk.DEEP:
        return b"[" * fault.depth + b"]" * fault.depth, True
    if what in _FIXED:
        return _FIXED[what], True
    odd: Mapping[Junk, list[Any]] = {
        Junk.MISSING_KEYS: [{"eventType": "transcription"}, {}],
        Junk.WRONG_TYPES: [
            {**good, "eventSequence": "seven"},
            {**good, "eventSequence": True},
            {**good, "eventSequence": 1.5},
            {**good, "eventSequence": -1},
            {**good, "isPartial": "yes"},
            {**good, "transcript": ["a"]},
            {**good, "mediaSessionId": 7},
            ["nested"],
            None,
            "text",
        ],
        Junk.NULL_TRANSCRIPT: [{**good, "transcript": None}],
        Junk.BAD_TIMESTAMP: [{**good, "timestamp": "yesterday"}, {**good, "timestamp": 0}],
        Junk.OTHER_SESSION: [{**good, "mediaSessionId": f"{session[:100]}-of-somebody-else"}],
        Junk.UNKNOWN_EVENT: [{**good, "eventType": "sentiment"}, {"eventType": "heartbeat"}],
    }
    return orjson.dumps(odd[what]), True


_FIXED: Final[Mapping[Junk, bytes]] = {
    Junk.NOT_JSON: b'[{"eventType":"transcription",',
    Junk.BAD_UTF8: b'[{"eventType":"\xff\xfe"}]',
    Junk.EMPTY: b"",
    Junk.EMPTY_ARRAY: b"[]",
    Junk.BARE_VALUE: b"42",
}


@dataclass(frozen=True, slots=True)
class Activation:
    """A checked body of `POST /api/v2/media/transcriptions`."""

    session: str
    language: str


def check_activation(body: bytes) -> Activation | str:
    """The activation asked for, or what is wrong with it, in the server's words (all faults at once)."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "The request body is not JSON."
    if not isinstance(asked, dict):
        return "The request body is not an object."
    wrong: list[str] = []
    session, language = asked.get("mediaSessionId"), asked.get("language", "en-US")
    if not isinstance(session, str) or not SESSION_ID.fullmatch(session):
        wrong.append("mediaSessionId: required, 1 to 128 of A-Z a-z 0-9 . _ : -")
    if not isinstance(language, str) or language not in LANGUAGES:
        wrong.append(f"language: allowed are {', '.join(sorted(LANGUAGES))}")
    codec = asked.get("codec")
    if codec is not None and (not isinstance(codec, str) or codec not in CODECS):
        wrong.append(f"codec: allowed are {', '.join(sorted(CODECS))}")
    if not isinstance(asked.get("profanityFilter", True), bool):
        wrong.append("profanityFilter: allowed are true and false")
    chunk = asked.get("chunkSize", 1500)
    if type(chunk) is not int or chunk not in CHUNK_SIZES_MS:
        wrong.append(f"chunkSize: allowed are {CHUNK_SIZES_MS.start} to {CHUNK_SIZES_MS.stop - 1}")
    model = asked.get("languageModel", "conversational")
    if not isinstance(model, str) or not 1 <= len(model) <= 128:
        wrong.append("languageModel: allowed are 1 to 128 characters")
    if wrong:
        return "; ".join(wrong)
    assert isinstance(session, str) and isinstance(language, str)
    return Activation(session=session, language=language)
