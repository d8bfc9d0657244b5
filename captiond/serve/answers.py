"""What we answer and send, as models: `/openapi.json` is generated from them, and tests hold real answers to them.

Never used to make an answer: bytes are made by `control` and `encode`. Source: contract, sections 4 and 5.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

State = Literal["activating", "live", "reconnecting", "ended", "failed"]
Count = Annotated[int, Field(ge=0)]
Position = Annotated[str, Field(description="epoch.index; opaque to clients", examples=["k3XbQwZt.1042"])]


class Answer(BaseModel):
    """JSON keys are camelCase. Later versions may add keys."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class ProblemAnswer(Answer):
    """RFC 9457; branch on `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Created(Answer):
    """A session that runs now."""

    id: str
    source: Literal["media", "notifications", "push"]
    state: State
    language: str
    created_at: str
    links: dict[str, str]


class Session(Created):
    """A session with its figures; null is not known yet."""

    conversation_id: str | None
    reason: str | None
    position: Position | None
    viewers: Count
    gaps: Count
    lost_events: Count
    duplicates: Count
    avg_latency_ms: float | None
    p99_latency_ms: Annotated[float | None, Field(alias="p99LatencyMs")]
    tokens_per_second: float
    audit_records: Count


class SessionList(Answer):
    """All sessions that are kept, oldest first."""

    sessions: list[Session]


class Revocation(Answer):
    """Tokens issued up to `revokedAt` no longer open the session; so many viewers were closed."""

    id: str
    revoked_at: str
    viewers_closed: Count


class Token(Answer):
    """A viewer token and when it ends."""

    token: str
    expires_at: str


class CaptionedSession(Answer):
    """One session of a conversation, as its viewers may know it."""

    id: str
    state: State
    language: str
    created_at: str


class Captioned(Answer):
    """The sessions that caption one conversation, those that this viewer may watch, oldest first."""

    conversation_id: str
    sessions: list[CaptionedSession]


class TranscriptLine(Answer):
    """One final. `timed`: upstream said when; otherwise its times are derived from when it came."""

    utterance: str
    revision: Count
    text: str
    held: bool
    channel: str
    speaker: str
    language: str
    emitted_at: str
    start_ms: Count
    end_ms: Count
    timed: bool
    redactions: dict[str, int]
    confidence: float | None = None


class TranscriptGap(Answer):
    """Updates that were lost; null: not known how many."""

    at_ms: Count
    lost: int | None
    cause: Literal["sequence", "disconnect", "owner"]


class TranscriptAnswer(Answer):
    """Redacted finals so far, in the order they are shown."""

    session: str
    language: str
    state: str
    started_at: str
    captions: list[TranscriptLine]
    gaps: list[TranscriptGap]


JobState = Literal["queued", "running", "waiting", "completed", "completed_with_errors", "failed", "cancelled"]


class JobCreated(Answer):
    """A job that was taken on."""

    id: str
    kind: str
    state: JobState
    created_at: str
    links: dict[str, str]


class Progress(Answer):
    """Steps behind it, of how many; of something long, bytes that are fetched, of how many where that is known."""

    done: Count
    of: Count
    percent: Count
    bytes_done: Count | None = None
    bytes_of: Count | None = None


class JobSummary(JobCreated):
    """A job in a list. `nextTryAt`: when a step is made again that upstream did not answer."""

    phase: str
    progress: Progress
    updated_at: str
    deadline_at: str
    ended_at: str | None
    next_try_at: str | None
    request: dict[str, Any]


class JobError(Answer):
    """Why there is no result; branch on `code`."""

    code: str
    message: str


class Job(JobSummary):
    """A job with what it came to; every text in it is redacted."""

    result: dict[str, Any] | None
    error: JobError | None


class Message(Answer):
    """One message of a conversation. `metadata`: `language`, `fingerprint`, where it was masked `redactionApplied`."""

    sequence_id: int | None
    sender: str | None = Field(alias="from")
    receiver: str | None = Field(alias="to")
    text: str | None
    timestamp: str | None
    metadata: dict[str, Any]


class Conversation(Answer):
    """One conversation of web messaging; every text in it is redacted. `messages`: the last ones, by their numbers."""

    conversation_id: str
    session_ids: list[str] | None = None
    status: str
    type: str | None
    start_timestamp: str | None
    end_timestamp: str | None
    messages: list[Message]
    metrics: dict[str, int]
    redactions: dict[str, int]
    sequence: dict[str, Any]
    unreadable: Count


class JobList(Answer):
    """The newest jobs, newest first."""

    jobs: list[JobSummary]


class Range(Answer):
    """Code points from `start` to before `end`."""

    start: Count
    end: Count


class Snippet(Answer):
    """The part of a text with the most matches; it starts at `start` of the text."""

    text: str
    start: Count
    highlights: list[Range]


class LocalHit(Answer):
    """One utterance of a session, or one piece of a job's text. `kind`: "live", or the job's; null: nobody said."""

    kind: str
    session: str | None
    job: str | None
    conversation: str | None
    utterance: str | None
    revision: int | None
    place: int | None
    held: bool
    channel: str
    language: str
    at: str | None
    start_ms: int | None
    end_ms: int | None
    confidence: float | None
    score: float | None
    text: str
    highlights: list[Range]
    snippet: Snippet
    links: dict[str, str]


class GenesysHit(Answer):
    """A recording that Genesys found; its texts are redacted."""

    recording: str | None
    transcript: str | None
    conversation: str | None
    score: float | None
    at: str | None
    texts: list[str]


class SearchAnswer(Answer):
    """What was found. `total` counts all hits, up to 10,000 of them; `more`: behind these there are others."""

    source: Literal["local", "genesys"]
    hits: list[LocalHit | GenesysHit]
    total: Count
    total_is_exact: bool
    more: bool
    ranking: Literal["bm25", "newest", "genesys"]
    warnings: list[Literal["not_filtered_by_time", "texts_cut"]]
    took_ms: float


class Accepted(Answer):
    """A callback was kept, or there was nothing to keep: which of the two depends on the kind."""

    status: Literal["accepted"] | None = None
    acknowledged: Literal[True] | None = None


class Health(Answer):
    """`ok` or `ready`."""

    status: str


class Welcome(Answer):
    """First message."""

    type: Literal["welcome"]
    protocol: Literal["captions.v1"]
    session: str
    position: Position
    recovered: bool
    state: State
    language: str
    started_at: str
    ping_s: int
    server_time: str


class CaptionMessage(Answer):
    """The whole text of one utterance; replaces any lower revision of it."""

    type: Literal["caption"]
    index: Annotated[int, Field(ge=1)]
    utterance: str
    revision: Annotated[int, Field(ge=1)]
    final: bool
    text: str
    stable_length: Annotated[int, Field(ge=0, description="leading code points of `text` that are thought settled")]
    held: bool
    channel: str
    language: str
    emitted_at: str
    sent_at: str
    redactions: dict[str, int]
    start_ms: int = 0
    end_ms: int = 0
    confidence: float = 0.0


class RetractionMessage(Answer):
    """Take that utterance off the screen."""

    type: Literal["retraction"]
    index: int
    utterance: str


class GapMessage(Answer):
    """`lost` upstream events are missing here; null: not known."""

    type: Literal["gap"]
    index: int
    lost: int | None
    cause: Literal["sequence", "disconnect", "owner"]


class SessionMessage(Answer):
    """The state changed."""

    type: Literal["session"]
    index: int
    state: State
    reason: str | None


class Snapshot(Answer):
    """Replaces the screen."""

    type: Literal["snapshot"]
    position: Position
    captions: list[CaptionMessage]
    gaps: list[GapMessage]
    earlier_finals: Count


class Ping(Answer):
    """Shows a viewer the newest position it should have."""

    type: Literal["ping"]
    position: Position
    server_time: str
    answer: Literal[True] | None = None


class Notice(Answer):
    """This viewer is slow, or no longer."""

    type: Literal["notice"]
    code: Literal["conflating", "caught-up"]
    skipped: Count


class Bye(Answer):
    """Just before the server closes."""

    type: Literal["bye"]
    code: int
    reason: str
    resume: bool
    retry_ms: int | None


STREAM: tuple[type[Answer], ...] = (
    Welcome,
    Snapshot,
    CaptionMessage,
    RetractionMessage,
    GapMessage,
    SessionMessage,
    Ping,
    Notice,
    Bye,
)
