"""REST bodies of Genesys <-> typed values. Pure.

What comes in is bounded and checked here, and never quoted where it is not what the documents say.
Source: contract, section 3; error bodies: reference/genesys.md, section 4.2.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import orjson

from captiond.base.errors import LocalError, UpstreamInvalid
from captiond.base.ids import SessionId
from captiond.genesys.fields import ID

Answer = TypeVar("Answer")

MAX_CHUNK_SIZE: Final = 60_000  # milliseconds or bytes, the documents do not say; the default is 1500
MAX_NAME_CHARACTERS: Final = 64  # of a language, a codec, a region, a model
MAX_MESSAGE_CHARACTERS: Final = (
    500  # what is kept of a server's words: enough for a person, too little for a transcript
)

_TOKEN: Final = re.compile(r"[!-~]{1,16384}", re.ASCII)  # what may stand in a header
_PERMISSION: Final = re.compile(r"\b[A-Za-z][\w-]*(?::[A-Za-z*][\w*-]*){2,3}", re.ASCII)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MESSAGE_KEYS: Final = ("message", "description", "error_description", "errorDescription", "reason", "error", "code")
_PERMISSION_KEYS: Final = frozenset({"missingpermissions", "missingpermission", "permissions", "permission"})
_FIELD_KEYS: Final = frozenset({"field", "fieldname", "parameter", "property"})
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,79}", re.ASCII)
_MAX_DEPTH: Final = 6  # real error bodies nest twice
_MAX_PERMISSIONS: Final = 5  # one is usual
_MAX_TOKEN_LIFE_S: Final = 172_800.0  # 48 h is the longest that an account can set


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """One media session to caption. What a caller of our API may ask for is decided in `serve.bodies`; this is the last
    look before a request is made, also for sessions that a restart brought back from the disk.

    Attributes:
        region, codec: told by the caller and checked, but the activation has no place for them.
    Raises:
        LocalError: a value that must not come so far.
    """

    media_session_id: SessionId
    language: str = "en-US"
    region: str = "us-east-1"
    codec: str = "opus"
    profanity_filter: bool = True
    chunk_size: int = 1_500
    language_model: str = "conversational"

    def __post_init__(self) -> None:
        names = (self.language, self.region, self.codec, self.language_model)
        if not (
            isinstance(self.media_session_id, str)
            and ID.fullmatch(self.media_session_id)
            and all(isinstance(name, str) and 1 <= len(name) <= MAX_NAME_CHARACTERS for name in names)
            and isinstance(self.profanity_filter, bool)
            and type(self.chunk_size) is int
            and 1 <= self.chunk_size <= MAX_CHUNK_SIZE
        ):
            raise LocalError("a media request with a value that cannot be sent")

    def activation_body(self) -> bytes:
        """The JSON that activates it upstream."""
        return orjson.dumps(
            {
                "mediaSessionId": self.media_session_id,
                "language": self.language,
                "profanityFilter": self.profanity_filter,
                "chunkSize": self.chunk_size,
                "languageModel": self.language_model,
            }
        )


@dataclass(frozen=True, slots=True)
class Activation:
    """Upstream's answer to an activation; None where it did not say. None is not ""."""

    id: str | None
    status: str | None
    media_session_id: SessionId
    created_time: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that the login server gave out. The token never shows in a repr."""

    access_token: str = field(repr=False)
    expires_in_s: float


class MalformedAnswer(ValueError):
    """An answer of upstream that is not what the documents say. Its text never quotes the answer."""


def usable(read: Callable[[Mapping[str, Any]], Answer], answer: Mapping[str, Any], *, operation: str) -> Answer:
    """An answer as a typed value. Raises UpstreamInvalid, which names the field and quotes nothing."""
    try:
        return read(answer)
    except MalformedAnswer as fault:
        raise UpstreamInvalid(operation=operation, why=f"sent an unusable answer: {fault}") from None


def parse_activation(body: bytes, *, requested: SessionId) -> Activation:
    """The answer to `POST /api/v2/media/transcriptions`.

    Raises:
        MalformedAnswer: not a JSON object, or an answer about another media session. What it says beside that (a
            number as the id) is no reason to ask for a second transcription: it counts as not said.
    """
    answer = _json_object(body, what="the activation")
    session = answer.get("mediaSessionId")
    if session is not None and session != requested:
        raise MalformedAnswer("the activation is for another media session")
    return Activation(
        id=_short_string(answer.get("id")),
        status=_short_string(answer.get("status")),
        media_session_id=requested,
        created_time=_short_string(answer.get("createdTime")),
    )


def parse_grant(body: bytes) -> Grant:
    """The answer to `POST /oauth/token`.

    Raises:
        MalformedAnswer: no bearer token that can stand in a header, or no life in seconds.
    """
    answer = _json_object(body, what="the token answer")
    token, life_s, kind = answer.get("access_token"), answer.get("expires_in"), answer.get("token_type")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise MalformedAnswer("the token answer holds no access_token that can stand in a header")
    if isinstance(life_s, bool) or not isinstance(life_s, int | float) or not life_s > 0:
        raise MalformedAnswer("the token answer holds no positive expires_in")
    if kind is not None and (not isinstance(kind, str) or kind.lower() != "bearer"):
        raise MalformedAnswer("the token answer is not a bearer token")
    return Grant(access_token=token, expires_in_s=min(float(life_s), _MAX_TOKEN_LIFE_S))


def server_words(body: bytes | str, *, secrets: Sequence[str] = ()) -> str:
    """What an error body says, as one printable line of at most 500 characters; "" where it says nothing.

    Args:
        body: JSON of any shape, or plain text, as much of it as was read.
        secrets: tokens and passwords that a server may have echoed; they are taken out.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    parsed = _json_or_none(text)
    words = _first_words(parsed) if isinstance(parsed, Mapping | list) else text
    return printable(words or "", secrets=secrets)


def server_field(body: bytes | str) -> str:
    """The field of the request that an error body names, as a plain name; "" where it names none."""
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    named = (value for value in _values_under(_json_or_none(text), _FIELD_KEYS) if isinstance(value, str))
    return next((value for value in named if _FIELD.fullmatch(value)), "")


def printable(words: str, *, secrets: Sequence[str] = ()) -> str:
    """Words of a server, fit for a log line: no control characters, no secrets, at most 500 characters."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "[secret]")
    return _UNPRINTABLE.sub(" ", words).strip()[:MAX_MESSAGE_CHARACTERS]


def missing_permission_words(body: bytes | str, *, secrets: Sequence[str] = ()) -> str:
    """The message for a 403: `missing permission: conversation:transcription:view`.

    Genesys names permissions in one of several places of its error body; the structured ones win over the prose.
    Where it names none, its own words stand instead.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    named = _permissions_under_keys(_json_or_none(text)) or _PERMISSION.findall(text)
    if named:
        return printable("missing permission: " + ", ".join(dict.fromkeys(named[:_MAX_PERMISSIONS])), secrets=secrets)
    words = server_words(text, secrets=secrets)
    return printable(f"missing permission, not named by the server: {words}" if words else "missing permission")


def _json_or_none(text: str) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _json_object(body: bytes, *, what: str) -> Mapping[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedAnswer(f"{what} is not JSON") from None  # the cause would quote the body
    if not isinstance(answer, dict):
        raise MalformedAnswer(f"{what} is not a JSON object")
    return answer


def _short_string(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= MAX_MESSAGE_CHARACTERS else None


def _first_words(parsed: Any, *, depth: int = 0) -> str | None:
    """The first string under a key that usually carries the message, outer keys before inner ones."""
    if isinstance(parsed, str):
        return parsed or None
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(parsed, list):
        return next((words for item in parsed[:10] if (words := _first_words(item, depth=depth + 1))), None)
    if not isinstance(parsed, Mapping):
        return None
    found = (_first_words(parsed[key], depth=depth + 1) for key in _MESSAGE_KEYS if key in parsed)
    return next((words for words in found if words), None)


def _permissions_under_keys(parsed: Any) -> list[str]:
    return [
        name
        for value in _values_under(parsed, _PERMISSION_KEYS)
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
        for name in _PERMISSION.findall(text)
    ]


def _values_under(parsed: Any, keys: frozenset[str], *, depth: int = 0) -> Iterator[Any]:
    """Values of keys of these names (their case does not matter), anywhere not deeper than any real error body."""
    if depth >= _MAX_DEPTH:
        return
    if isinstance(parsed, Mapping):
        for key, value in parsed.items():
            if key.lower() in keys:
                yield value
            yield from _values_under(value, keys, depth=depth + 1)
    elif isinstance(parsed, list):
        for item in parsed[:100]:
            yield from _values_under(item, keys, depth=depth + 1)
