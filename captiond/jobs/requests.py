"""What a job may be asked for: bodies of `POST /v1/jobs/{kind}`, parsed and bounded. Also what `/openapi.json` shows.

Source: workflows.md, section 6.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from captiond.base.errors import CaptiondError

MAX_LANGUAGES: Final = 10
MAX_WEBHOOKS: Final = 5
MAX_IDS: Final = 1_500  # of one body, whose 64 KiB hold no more
MAX_WINDOW: Final = 100_000  # more messages than a conversation can have
MAX_FAULTS: Final = 20  # told of one body
MAX_KEY_CHARS: Final = 80  # of a key that is echoed

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$", description="[A-Za-z0-9._:-]{1,128}")]
Text = Annotated[str, Field(min_length=1, max_length=2_048)]
Uuid = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
        description="a UUID like 0f0e2f5e-6b0c-4c52-9a5b-3f3a5c2d1e00",
    ),
]
Model = TypeVar("Model", bound="JobBody")


class JobBody(BaseModel):
    """Strict: a key that we do not know is more likely a slip of the pen than a wish for the default."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class Webhook(JobBody):
    """One more address that Genesys calls, beside captiond's own."""

    uri: Text
    events: Annotated[list[Text], Field(min_length=1, max_length=10)] | None = None


class TranscriptionBody(JobBody):
    """Kind `transcription-request`: have a stored recording transcribed."""

    media_id: Id
    languages: Annotated[list[Text], Field(min_length=1, max_length=MAX_LANGUAGES)]
    redaction_policy_id: Id | None = None
    enable_speaker_identification: bool = True
    webhooks: Annotated[list[Webhook], Field(max_length=MAX_WEBHOOKS)] = []


class InteractionBody(JobBody):
    """Kind `interaction-transcription`: have the talk of an interaction transcribed."""

    interaction_id: Id
    locale: Text = "en-US"
    redact_pii: bool = True


class RecordingBody(JobBody):
    """Kind `recording-transcript`: fetch the transcript of a recording; `language` is what is spoken, where one knows.

    Where there is no transcript its audio is fetched. `fallbackOnTimeout`: also where it does not come in time;
    `resubmit`: Genesys is asked once to transcribe again before that.
    """

    transcript_id: Id
    recording_id: Id | None = None
    fallback_on_timeout: bool = False
    resubmit: bool = False
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] | None = None


class MessagingBody(JobBody):
    """Kind `messaging-transcript`: fetch web-messaging conversations, by their ids or by guest sessions in them.

    `from` and `to`, in ISO 8601, are when they were; without them the last 24 hours. `contextWindow`: how many messages
    of each are kept, the last ones (default: the configured number). `pageSize`: of the query.
    """

    conversation_ids: Annotated[list[Uuid], Field(max_length=MAX_IDS)] = []
    session_ids: Annotated[list[Uuid], Field(max_length=MAX_IDS)] = []
    since: Annotated[Text | None, Field(alias="from")] = None
    until: Annotated[Text | None, Field(alias="to")] = None
    redact_pii: bool = True
    context_window: Annotated[int, Field(ge=0, le=MAX_WINDOW)] | None = None
    page_size: Annotated[int, Field(ge=1, le=500)] = 500


class InvalidBody(CaptiondError):
    """A body that is not what its kind asks for. `faults` name keys and what is wrong with them, never values."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault['key']}: {fault['fault']}" for fault in faults[:5]))


def parse(model: type[Model], body: Mapping[str, Any]) -> Model:
    """The body as that model. Raises InvalidBody."""
    faults: list[dict[str, str]]
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = [
            {"key": ".".join(str(part) for part in fault["loc"])[:MAX_KEY_CHARS], "fault": fault["msg"]}
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MAX_FAULTS]
        ]
    raise InvalidBody(faults)


def invalid(key: str, fault: str) -> InvalidBody:
    """What is wrong with one key, where it takes more than its form to tell."""
    return InvalidBody([{"key": key, "fault": fault}])
