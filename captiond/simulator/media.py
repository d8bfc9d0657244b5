"""Stored recordings that can be transcribed, and how their callbacks go. Also the shape of a `--media` file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from captiond.simulator.packaged import packaged_conversations

MAX_RECORDINGS: Final = 100_000
MAX_FILE_BYTES: Final = 67_108_864


class Recording(BaseModel):
    """One recording.

    Attributes:
        duration, codec, format: as `GET /api/v2/media/{id}` tells them; null is told as null.
        transcripts: the pieces of the result, sent as they stand.
        outcome: how its transcription ends; `silent` never calls back.
        delay_s: from the request to the callback. `early`: the callback comes before the answer to the request.
        calls: how often the callback is sent, each until it is taken.
        data: put over the callback's `data`; a null takes a key away. `body`: sent in place of the whole callback.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    media_id: str = Field(min_length=1, max_length=128)
    duration: Any = 60.0
    codec: Any = "opus"
    format: Any = "ogg"
    transcripts: tuple[dict[str, Any], ...] = ({"text": "Good morning, how can I help you?", "confidence": 0.93},)
    redacted: bool | None = True
    outcome: Literal["completed", "failed", "silent"] = "completed"
    failure_reason: str = "The recording could not be decoded."
    delay_s: float = Field(default=0.05, ge=0, le=86_400)
    early: bool = False
    calls: int = Field(default=1, ge=1, le=100)
    data: dict[str, Any] = {}
    body: str | None = None


_FILE: Final = TypeAdapter(Annotated[list[Recording], Field(max_length=MAX_RECORDINGS)])


class MediaFileError(ValueError):
    """A media file that cannot be used. `faults` has one line for each mistake."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def load_media(path: Path) -> list[Recording]:
    """A JSON list of recordings. Raises MediaFileError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise MediaFileError([f"{path}: larger than {MAX_FILE_BYTES} bytes"])
        return _FILE.validate_python(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise MediaFileError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    except orjson.JSONDecodeError:
        raise MediaFileError([f"{path}: not JSON"]) from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        said = [f"{path}: {'.'.join(map(str, fault['loc'])) or 'list'}: {fault['msg']}" for fault in faults]
    raise MediaFileError(said)


class Library:
    """All recordings of one simulator."""

    def __init__(self, recordings: Iterable[Recording] = (), *, any_id: bool = False) -> None:
        self._recordings: dict[str, Recording] = {}
        self.any_id = any_id
        self.add(recordings)

    def add(self, recordings: Iterable[Recording]) -> None:
        """More of them, or others under the same ids."""
        self._recordings.update((one.media_id, one) for one in recordings)

    def find(self, media: str) -> Recording | None:
        """The recording of that id; None where there is none."""
        found = self._recordings.get(media)
        return Recording(media_id=media) if found is None and self.any_id else found


def packaged_recordings() -> list[Recording]:
    """The packaged conversations as recordings: the finals of both speakers, in the order of their times."""
    recordings = []
    for conversation in packaged_conversations():
        voices = zip(conversation.voices, conversation.tracks(), strict=True)
        said = sorted(
            (
                (step.due_s, voice.role, step.event)
                for voice, track in voices
                for step in track.steps
                if not step.event["isPartial"]
            ),
            key=lambda one: one[0],
        )
        pieces = tuple(
            {"text": event["transcript"], "speaker": role, "confidence": event.get("confidence", 0.9)}
            for _, role, event in said
        )
        recordings.append(Recording(media_id=conversation.id, duration=conversation.duration_s, transcripts=pieces))
    return recordings
