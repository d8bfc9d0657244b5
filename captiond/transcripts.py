"""What workflows come to, as typed values for programs. Every text in them is redacted. See `captiond.library`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a transcript, redacted; None where Genesys did not say."""

    text: str
    speaker: str | None
    language: str | None
    confidence: float | None
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class Transcription:
    """What a transcription request came to. Every text in it is redacted.

    Attributes:
        status: "completed", or "completed-empty" where nothing was said.
        latency_s: what Genesys says that it took; None where it does not.
        redactions: how many values of each kind captiond itself masked.
        warnings: stable words; see docs/workflows.md.
    """

    job: str
    transcription_id: str
    media_id: str
    status: str
    latency_s: float | None
    average_confidence: float | None
    pieces: tuple[Piece, ...]
    redactions: Mapping[str, int]
    warnings: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """All of it, one piece a line."""
        return "\n".join(piece.text for piece in self.pieces)

    @classmethod
    def of(cls, job: str, result: Mapping[str, Any]) -> Self:
        """From the `result` of a job, as the API answers it."""
        pieces = tuple(
            Piece(one["text"], one["speaker"], one["language"], one["confidence"], one["startMs"], one["endMs"])
            for one in result["transcripts"]
        )
        return cls(
            job=job,
            transcription_id=result["transcriptionId"],
            media_id=result["mediaId"],
            status=result["status"],
            latency_s=result["latencySeconds"],
            average_confidence=result["averageConfidence"],
            pieces=pieces,
            redactions=result["redactions"],
            warnings=tuple(result["warnings"]),
            raw=result,
        )


@dataclass(frozen=True, slots=True)
class InteractionTranscript:
    """What an interaction's transcription came to; its text is redacted. None where nobody said."""

    job: str
    transcription_id: str
    interaction_id: str
    status: str
    text: str
    latency_ms: int | None
    redactions: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, job: str, result: Mapping[str, Any]) -> Self:
        """From the `result` of a job, as the API answers it."""
        return cls(
            job=job,
            transcription_id=result["transcriptionId"],
            interaction_id=result["interactionId"],
            status=result["status"],
            text=result["transcript"],
            latency_ms=result["latencyMs"],
            redactions=result["redactions"],
            raw=result,
        )


@dataclass(frozen=True, slots=True)
class RecordingTranscript:
    """What fetching a recording's transcript came to; its text is redacted. None where nobody said.

    Attributes:
        status: "completed", or "fallback_triggered" where there was no text and the audio was fetched.
        text: None of a fallback, and of a text that is longer than `[jobs] max_transcript_bytes`: see `file`.
        file: the redacted text, whatever its length; erased with the job. None of a fallback.
        audio: the audio that was fetched: nothing in it is redacted. `audio_length`: its bytes.
        metrics: processingLatencyMs, accuracyScore, wordCount, speakerCount.
        redactions: how many values of each kind captiond itself masked.
        warnings: stable words; see docs/workflows.md.
    """

    job: str
    transcript_id: str
    recording_id: str | None
    status: str
    text: str | None = field(repr=False)
    file: Path | None
    audio: Path | None
    audio_length: int | None
    metrics: Mapping[str, float | None]
    redactions: Mapping[str, int]
    warnings: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, job: str, result: Mapping[str, Any], *, file: Path | None) -> Self:
        """From the `result` of a job, as the API answers it."""
        audio = result.get("audioFile")
        return cls(
            job=job,
            transcript_id=result["transcriptId"],
            recording_id=result["recordingId"],
            status=result["status"],
            text=result["transcript"],
            file=file,
            audio=None if audio is None else Path(audio),
            audio_length=result.get("audioLength"),
            metrics=result["metrics"],
            redactions=result.get("redactions", {}),
            warnings=tuple(result.get("warnings", ())),
            raw=result,
        )
