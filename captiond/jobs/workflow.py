"""What a workflow is to the runner: a name, what it may be asked for, and one step of each of its phases."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from captiond.base.observe import AuditSink, Clock, Meter
from captiond.db.jobs import Called, Job
from captiond.db.outbox import Parcel
from captiond.genesys.calls import Calls
from captiond.jobs.machine import Outcome
from captiond.jobs.masking import Masking


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to.

    Attributes:
        outcome: picks the next phase; None where the job has to wait: for its callback, or for a time (`again_s`).
        data: added to what the job knows.
        upstream: the id that Genesys gave, once it is known.
        result: of the whole job, with its last step.
        in_part: it ends `completed_with_errors`.
        parcels: what sinks are to get.
        facts: for the audit record of this step; no text.
        again_s: the step is to be made again in so long; how often it was is the job's `tries["polled"]`.
    """

    outcome: Outcome | None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    upstream: str | None = None
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    in_part: bool = False
    parcels: Sequence[Parcel] = field(default=(), repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)
    again_s: float | None = None


WAITS = Step(None)


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps work with.

    Attributes:
        calls: Genesys' REST API.
        masking: redacts; nothing else makes text that may be kept.
        called: the callback of a job, where it has come.
        keep: keeps what was found by looking as if it had been called back with.
        address: where Genesys calls back for a job; None where it could not reach us.
        sinks: the names of those that are configured.
    """

    calls: Calls
    masking: Masking
    clock: Clock
    meter: Meter
    audit: AuditSink
    called: Callable[[Job], Awaitable[Called | None]]
    keep: Callable[[Job, Any], Awaitable[None]]
    address: Callable[[Job], str | None]
    sinks: frozenset[str]


class Workflow(Protocol):
    """One of the REST workflows."""

    @property
    def kind(self) -> str:
        """Its name in the API."""
        ...

    @property
    def scopes(self) -> tuple[str, ...]:
        """What its client must be allowed."""
        ...

    @property
    def limited_waits_s(self) -> Sequence[float]:
        """The waits after a 429 that names no time; one for each try after the first."""
        ...

    def accept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The checked request, as it is kept.

        Raises:
            InvalidBody: not what this kind asks for.
            JobFailed: with status 422, for what can be seen before anybody is asked.
        """
        ...

    async def step(self, job: Job, tools: Tools) -> Step:
        """One step of the job's phase.

        Raises:
            UpstreamError: tried again by the policy, or final.
            JobFailed: final.
        """
        ...


class CalledBack(Protocol):
    """A workflow that Genesys calls back."""

    @property
    def kind(self) -> str: ...

    @property
    def acknowledgement(self) -> Mapping[str, Any]:
        """What Genesys is told with 200."""
        ...

    def read(self, body: Mapping[str, Any]) -> Any:
        """A callback as a typed value, its text raw; None for an event that does not concern us.

        Raises:
            MalformedAnswer: it does not say which transcription it is about.
        """
        ...

    def subject(self, callback: Any) -> str:
        """The id upstream that it is about."""
        ...

    async def digest(self, callback: Any, masking: Masking, *, job: Job | None) -> dict[str, Any]:
        """What is kept of it: redacted."""
        ...
