"""Bodies of the control API: parsed and bounded at the border. Also what `/openapi.json` is generated from.

Source: contract, section 4. JSON keys are camelCase, as on every wire of ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from captiond.base.ids import SessionId
from captiond.serve.problems import Problem

SESSION_ID_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,128}$"
MAX_TOKEN_SESSIONS: Final = 100  # a token for more is one for "*"
MAX_FAULTS: Final = 20  # told of one body; who sends more has other worries
MAX_KEY_CHARS: Final = 80  # of a key that is echoed
MAX_TTL_S: Final = 30 * 86_400  # a viewer token cannot be taken back, only outlived

SESSION_ID: Final = re.compile(SESSION_ID_PATTERN.replace("$", r"\Z"))

Id = Annotated[str, Field(pattern=SESSION_ID_PATTERN, description="[A-Za-z0-9._:-]{1,128}")]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """Strict: a key that we do not know is more likely a slip of the pen than a wish for the default."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class MediaBody(Body):
    """Profile `media`: captions of one media session."""

    source: Literal["media"] | None = None
    media_session_id: Id
    language: Tag | None = None
    region: Tag | None = None
    codec: Tag | None = None
    profanity_filter: bool = True
    chunk_size: Annotated[int, Field(ge=1, le=60_000)] = 1500
    language_model: Tag = "conversational"
    conversation_id: Id | None = None


class NotificationsBody(Body):
    """Profile `notifications`: captions of one conversation."""

    source: Literal["notifications"] | None = None
    conversation_id: Id
    language: Tag | None = None


class PushBody(Body):
    """Events come from outside."""

    source: Literal["push"]
    session_id: Id
    language: Tag | None = None
    conversation_id: Id | None = None


def _session_or_all(value: str) -> str:
    if value != "*" and not SESSION_ID.match(value):
        raise ValueError('must be "*" or a session id')
    return value


class TokenBody(Body):
    """Which sessions a viewer token opens, and for how long."""

    sessions: Annotated[
        list[Annotated[str, AfterValidator(_session_or_all)]], Field(min_length=1, max_length=MAX_TOKEN_SESSIONS)
    ]
    ttl_s: Annotated[int, Field(alias="ttlS", ge=1, le=MAX_TTL_S)] = 3600


@dataclass(frozen=True, slots=True)
class Allowed:
    """What upstream is known to take; anything else is refused before a request is made. Defaults come first."""

    languages: tuple[str, ...] = ("en-US", "es-ES", "fr-FR", "de-DE")
    regions: tuple[str, ...] = ("us-east-1", "eu-west-1", "ap-southeast-2")
    codecs: tuple[str, ...] = ("opus", "g729", "pcmu", "pcma")
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A checked wish for captions, defaults filled in.

    Attributes:
        id: of the session to be: the media session's, the conversation's, or the one given by who pushes.
        source: "media", "notifications" or "push".
        conversation: links the media sessions of one call; None where nobody said.
        region, codec, profanity_filter, chunk_size, language_model: for upstream; only `media` sends them.
    """

    id: SessionId
    source: str
    language: str
    conversation: str | None = None
    region: str = ""
    codec: str = "opus"
    profanity_filter: bool = True
    chunk_size: int = 1500
    language_model: str = "conversational"


def parse_session(raw: bytes, allowed: Allowed) -> SessionRequest:
    """The body of `POST /v1/sessions`.

    Raises:
        Problem: 422 with `unsupported_language`, `unsupported_region`, `unsupported_codec` or `invalid_request`.
    """
    body = _object(raw)
    if body.get("source") == "push":
        push = validate(PushBody, body)
        return SessionRequest(
            id=SessionId(push.session_id),
            source="push",
            language=_one_of("language", push.language or "en-US", allowed.languages),
            conversation=push.conversation_id,
        )
    if body.get("source") == "notifications" or ("conversationId" in body and "mediaSessionId" not in body):
        call = validate(NotificationsBody, body)
        return SessionRequest(
            id=SessionId(call.conversation_id),
            source="notifications",
            language=_one_of("language", call.language or "en-US", allowed.languages),
            conversation=call.conversation_id,
        )
    media = validate(MediaBody, body)
    return SessionRequest(
        id=SessionId(media.media_session_id),
        source="media",
        language=_one_of("language", media.language or "en-US", allowed.languages),
        conversation=media.conversation_id,
        region=_one_of("region", media.region or allowed.region, allowed.regions),
        codec=_one_of("codec", media.codec or "opus", allowed.codecs),
        profanity_filter=media.profanity_filter,
        chunk_size=media.chunk_size,
        language_model=media.language_model,
    )


def parse_token(raw: bytes) -> TokenBody:
    """The body of `POST /v1/tokens`.

    Raises:
        Problem: 422 `invalid_request`.
    """
    return validate(TokenBody, _object(raw))


Model = TypeVar("Model", bound=Body)


def validate(model: type[Model], body: Mapping[str, Any]) -> Model:
    """The body as that model; the refusal names the keys and what is wrong with them, never their values.

    Raises:
        Problem: 422 `invalid_request` with `errors`.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = [
            {"key": ".".join(str(part) for part in fault["loc"])[:MAX_KEY_CHARS], "fault": fault["msg"]}
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MAX_FAULTS]
        ]
        named = "; ".join(f"{fault['key']}: {fault['fault']}" for fault in faults[:5])
        raise Problem(422, "invalid_request", f"The body is not valid: {named}.", extra={"errors": faults}) from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Problem(422, "invalid_request", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem(422, "invalid_request", "The body is not a JSON object.")
    return body


def _one_of(key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value in allowed:
        return value
    raise Problem(
        422,
        f"unsupported_{key}",
        f"{key} is none of those that are supported: {', '.join(allowed)}.",
        extra={"supported": list(allowed)},
    )
