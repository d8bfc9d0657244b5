"""Faults on request: what a fault file or `POST /_simulator/faults` may say. Source of the shape: docs/simulator.md."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

MAX_FAULTS: Final = 1_000  # of one simulator; each is looked at for each event
MAX_FAULT_FILE_BYTES: Final = 1_048_576
MAX_GARBAGE_BYTES: Final = 67_108_864  # one frame of 64 MiB is over every sane limit
MAX_TIMES: Final = 10_000  # of one fault at one moment: bad frames may come at once
EVERY_SESSION: Final = "*"
UNSENDABLE_CODES: Final = frozenset({1004, 1005, 1006, 1015})  # RFC 6455, 7.4.1: never in a close frame


class On(StrEnum):
    """Where a request can fail."""

    TOKEN = "token"  # noqa: S105  (a name, not a secret)
    ACTIVATION = "activation"
    HANDSHAKE = "handshake"
    SUBSCRIBE = "subscribe"
    MEDIA = "media"
    SUBMISSION = "submission"
    INTERACTION = "interaction"
    CAPABILITIES = "capabilities"
    START = "start"
    LOOK = "look"
    WEBHOOK = "webhook"
    WEBHOOK_END = "webhook-end"
    TRANSCRIPT = "transcript"
    CONTENT = "content"
    AUDIO = "audio"
    RESUBMISSION = "resubmission"
    MESSAGING_QUERY = "messaging-query"
    MESSAGING_DETAILS = "messaging-details"
    SEARCH = "search"
    SETTINGS = "settings"
    CONVERSATION = "conversation"
    TRANSCRIPT_URL = "transcript-url"
    SIGNED = "signed"


WORKFLOWS: Final = frozenset(On) - {On.TOKEN, On.ACTIVATION, On.HANDSHAKE, On.SUBSCRIBE}


class Junk(StrEnum):
    """Kinds of frames that no correct server sends, and of two that one may."""

    NOT_JSON = "not-json"
    BAD_UTF8 = "bad-utf8"
    EMPTY = "empty"
    EMPTY_ARRAY = "empty-array"
    BARE_VALUE = "bare-value"
    MISSING_KEYS = "missing-keys"
    WRONG_TYPES = "wrong-types"
    NULL_TRANSCRIPT = "null-transcript"
    BAD_TIMESTAMP = "bad-timestamp"
    OTHER_SESSION = "other-session"
    UNKNOWN_EVENT = "unknown-event"
    BINARY = "binary"
    HUGE = "huge"
    DEEP = "deep"


class Broken(StrEnum):
    """Kinds of answers of REST that claim success and are useless."""

    NOT_JSON = "not-json"
    EMPTY = "empty"
    MISSING_KEYS = "missing-keys"
    WRONG_TYPES = "wrong-types"
    HUGE = "huge"


class Range(StrEnum):
    """What goes wrong with a part of a text that was asked for."""

    WHOLE = "whole"  # 200 and all of it
    UNSATISFIED = "unsatisfied"  # 416
    SHORT = "short"  # fewer bytes than it says
    LONG = "long"  # more
    NOT_SAID = "not-said"  # no Content-Range
    SHORT_NOT_SAID = "short-not-said"  # nor all of it
    OTHER_START = "other-start"
    OTHER_TOTAL = "other-total"
    OTHER_TAG = "other-tag"  # another ETag, of the same length, and no look at If-Range
    CHANGED = "changed"  # from now on it is another text
    CUT = "cut"  # the connection ends in the middle


Late = TypeVar("Late", "SlowFault", "DropFault")


class _Fault(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class _Moment(_Fault):
    """A fault of the stream at a moment: after an event, after a time, or (neither given) as soon as possible."""

    session: str = EVERY_SESSION
    after_event: int | None = Field(default=None, ge=0)
    after_s: float | None = Field(default=None, ge=0)
    times: int | None = Field(default=1, ge=1, le=MAX_TIMES)

    @model_validator(mode="after")
    def one_moment(self) -> "_Moment":
        if self.times is None and not isinstance(self, CloseFault | AbortFault):
            raise ValueError("times may be null only for close and abort, which end the subscription that they strike")
        if self.after_event is not None and self.after_s is not None:
            raise ValueError("afterEvent and afterS exclude each other")
        return self


class CloseFault(_Moment):
    """The server closes the socket."""

    fault: Literal["close"] = "close"
    code: int = 1011
    reason: str = ""

    @field_validator("code")
    @classmethod
    def sendable(cls, code: int) -> int:
        if not 1000 <= code <= 4999 or code in UNSENDABLE_CODES:
            raise ValueError("allowed are 1000 to 4999 without 1004, 1005, 1006, 1015 (for 1006 use the fault abort)")
        return code

    @field_validator("reason")
    @classmethod
    def short(cls, reason: str) -> str:
        if len(reason.encode()) > 123:
            raise ValueError("at most 123 bytes fit a close frame")
        return reason


class AbortFault(_Moment):
    """The connection is cut with no close frame: 1006 on the other side."""

    fault: Literal["abort"] = "abort"


class SilenceFault(_Moment):
    """The socket stays open: no frame, no pong, no answer. `for_s` None: for the life of the socket."""

    fault: Literal["silence"] = "silence"
    for_s: float | None = Field(default=None, gt=0)


class GarbageFault(_Moment):
    """One bad frame among the good ones. It uses no sequence number."""

    fault: Literal["garbage"] = "garbage"
    what: Junk
    size_bytes: int = Field(default=2_097_152, ge=1, le=MAX_GARBAGE_BYTES)
    depth: int = Field(default=5_000, ge=1, le=1_000_000)


class ExpireTokensFault(_Moment):
    """Every token given out so far is void from now on. `close_code`: this socket is closed with it."""

    fault: Literal["expire-tokens"] = "expire-tokens"
    close_code: int | None = Field(default=None, ge=3000, le=4999)


class _Chosen(_Fault):
    """A fault of the numbered events: those in `events` (positions from 1) and each `every`-th."""

    session: str = EVERY_SESSION
    events: tuple[Annotated[int, Field(ge=1)], ...] = ()
    every: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def some(self) -> "_Chosen":
        if not self.events and self.every is None:
            raise ValueError("events or every must be given")
        return self

    def hits(self, position: int) -> bool:
        """Whether the event at that position is meant."""
        return position in self.events or (self.every is not None and position % self.every == 0)


class LostFault(_Chosen):
    """These events are never sent; their numbers are used up."""

    fault: Literal["lost"] = "lost"


class RepeatedFault(_Chosen):
    """These events are sent again, unchanged, `times` times."""

    fault: Literal["repeated"] = "repeated"
    times: int = Field(default=1, ge=1, le=1_000)


class LateFault(_Chosen):
    """These events are sent only after the next `by_events` events, with their own old timestamp."""

    fault: Literal["late"] = "late"
    by_events: int = Field(default=1, ge=1, le=10_000)


class RestartFault(_Fault):
    """The numbering begins again at 1 after that event."""

    fault: Literal["restart"] = "restart"
    session: str = EVERY_SESSION
    after_event: int = Field(ge=1)


class _Asked(_Fault):
    """A fault of requests: the first `skip` pass, the next `times` fail (None: all)."""

    session: str = EVERY_SESSION
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)


class RefuseFault(_Asked):
    """An error answer. On `subscribe`: a refusal frame, whose `status` may be left out."""

    fault: Literal["refuse"] = "refuse"
    on: On
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after_s: float | None = Field(default=None, ge=0)
    retry_after_date_s: float | None = None
    retry_after: str | None = Field(default=None, max_length=200)
    permission: str = "conversation:transcription:view"
    message: str | None = Field(default=None, max_length=10_000)
    field: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def complete(self) -> "RefuseFault":
        if self.status is None and self.on is not On.SUBSCRIBE:
            raise ValueError("status must be given, 400 to 599, unless on is subscribe")
        if sum(value is not None for value in (self.retry_after_s, self.retry_after_date_s, self.retry_after)) > 1:
            raise ValueError("retryAfterS, retryAfterDateS and retryAfter exclude each other")
        return self


class SlowFault(_Asked):
    """The answer comes `delay_s` later; longer than the client's patience, it is a timeout. `after`: what was asked for
    is done first, and only its answer is late."""

    fault: Literal["slow"] = "slow"
    on: On
    delay_s: float = Field(gt=0, le=86_400)
    after: bool = False

    @model_validator(mode="after")
    def done_first(self) -> "SlowFault":
        return _done_first(self)


class DropFault(_Asked):
    """The connection is cut in place of an answer. `after`: what was asked for is done first."""

    fault: Literal["drop"] = "drop"
    on: On
    after: bool = False

    @model_validator(mode="after")
    def done_first(self) -> "DropFault":
        return _done_first(self)


def _done_first(fault: Late) -> Late:
    if fault.after and fault.on not in WORKFLOWS:
        raise ValueError("after may be given only where on is a call of the workflows")
    return fault


class BrokenFault(_Asked):
    """A useless answer with a status of success."""

    fault: Literal["broken"] = "broken"
    on: Literal[
        On.TOKEN,
        On.ACTIVATION,
        On.MEDIA,
        On.SUBMISSION,
        On.INTERACTION,
        On.CAPABILITIES,
        On.START,
        On.LOOK,
        On.WEBHOOK,
        On.TRANSCRIPT,
        On.RESUBMISSION,
        On.MESSAGING_QUERY,
        On.MESSAGING_DETAILS,
        On.SEARCH,
        On.SETTINGS,
        On.CONVERSATION,
        On.TRANSCRIPT_URL,
        On.SIGNED,
    ]
    what: Broken
    size_bytes: int = Field(default=2_097_152, ge=1, le=MAX_GARBAGE_BYTES)


class RangeFault(_Asked):
    """A transcript's text, or a recording's audio, comes otherwise than asked for. `after_bytes`: of a cut."""

    fault: Literal["range"] = "range"
    on: Literal[On.CONTENT, On.AUDIO] = On.CONTENT
    what: Range
    after_bytes: int = Field(default=1_000, ge=0)


MomentFault = CloseFault | AbortFault | SilenceFault | GarbageFault | ExpireTokensFault
RequestFault = RefuseFault | SlowFault | DropFault | BrokenFault | RangeFault
Fault = Annotated[
    MomentFault | LostFault | RepeatedFault | LateFault | RestartFault | RequestFault, Field(discriminator="fault")
]

_FAULTS: Final[TypeAdapter[list[Fault]]] = TypeAdapter(Annotated[list[Fault], Field(max_length=MAX_FAULTS)])


class _FaultFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    faults: Annotated[list[Fault], Field(max_length=MAX_FAULTS)]


class FaultFileError(ValueError):
    """A fault file that cannot be used. `faults` has one line for each mistake: where, what, what is allowed."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


def load_faults(path: Path) -> list[Fault]:
    """Reads a fault file. Raises FaultFileError with every mistake at once."""
    try:
        if path.stat().st_size > MAX_FAULT_FILE_BYTES:
            raise FaultFileError([f"{path}: larger than {MAX_FAULT_FILE_BYTES} bytes"])
        content = path.read_bytes()
    except OSError as error:
        raise FaultFileError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    return parse_faults(content, name=str(path))


def parse_faults(content: bytes, *, name: str) -> list[Fault]:
    """`{"faults":[...]}`, a bare list, or one fault. Raises FaultFileError with every mistake at once."""
    try:
        given = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FaultFileError([f"{name}: not JSON: {error.msg}"]) from None
    try:
        if isinstance(given, dict) and "faults" in given:
            return _FaultFile.model_validate_json(orjson.dumps(given)).faults
        return _FAULTS.validate_json(orjson.dumps(given if isinstance(given, list) else [given]))
    except ValidationError as error:
        raise FaultFileError([f"{name}: {_said(item)}" for item in error.errors(include_url=False)]) from None


def _said(item: object) -> str:
    assert isinstance(item, dict)
    place = ""
    for part in item["loc"]:
        if isinstance(part, int):
            place += f"[{part}]" if place else f"faults[{part}]"
        elif part != "faults":
            place += f".{part}" if place else str(part)
    said = str(item["msg"]).removeprefix("Value error, ")
    given = item.get("input")
    if item["type"] not in ("missing", "extra_forbidden") and isinstance(given, str | int | float):
        said += f" (given: {str(given)[:60]!r})"
    return f"{place or 'faults'}: {said}"
