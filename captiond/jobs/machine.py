"""The life of a job and the phases of each workflow, as tables. Pure.

Two tables, each the documentation of what it decides: `LIFE` says what may happen to a job in which state; `PHASES`
what a workflow does, and what comes after it. A pair that is in neither is our own mistake and raises `LocalError`;
tests walk every pair, legal or not. A step is what a phase does once; it may be made again after a crash, so:

| phase | what one step does | why making it twice does no harm |
|---|---|---|
| `checking` | looks at what is to be transcribed | it only reads |
| `submitting` | asks Genesys to begin | all tries have one `Idempotency-Key`; a callback tells what was begun |
| `starting` | the same, of an interaction | one `Idempotency-Key` |
| `subscribing` | asks to be called back about it | one `Idempotency-Key`; a second callback is dropped |
| `looking` | looks whether it is there already | what it finds is kept once for each id |
| `awaiting` | looks for the callback, or waits for it | it only reads; callbacks are kept once for each id |
| `tidying` | takes the subscription back | what is gone is gone |
| `settling` | judges the callback, and writes result and outbox rows | one transaction; rows have ids of their own |
| `polling` | looks once whether a transcript is there | it only reads; how often it looked is written down |
| `fetching` | a few pieces of it, redacted, into a file | begins where the last step that was written down ended |
| `resubmitting` | asks Genesys to transcribe again | claimed once for a recording, one `Idempotency-Key` |
| `falling_back` | the audio, into a file | it only reads; the file is written anew |
| `querying` | asks once which conversations there are | it only reads; begins where the last one ended |
| `collecting` | a few conversations, each written as it ends | one that has ended is not asked for again |

Source: workflows.md; issue 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from captiond.base.errors import LocalError

TRANSCRIPTION: Final = "transcription-request"
INTERACTION: Final = "interaction-transcription"
RECORDING: Final = "recording-transcript"
MESSAGING: Final = "messaging-transcript"


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"  # a step is being made now
    WAITING = "waiting"  # for a time, for upstream, or for a callback
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self in OVER


OVER: Final = frozenset({State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.FAILED, State.CANCELLED})


class On(StrEnum):
    """What happens to a job."""

    TAKEN = "taken"  # its next step is due
    STEPPED = "stepped"  # the step is done, the next one follows at once
    POSTPONED = "postponed"  # the step is to be made (again) later
    FINISHED = "finished"
    FINISHED_IN_PART = "finished in part"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the process ended in the middle of a step


LIFE: Final[Mapping[tuple[State, On], State]] = {
    (State.QUEUED, On.TAKEN): State.RUNNING,
    (State.QUEUED, On.CANCELLED): State.CANCELLED,
    (State.WAITING, On.TAKEN): State.RUNNING,
    (State.WAITING, On.CANCELLED): State.CANCELLED,
    (State.RUNNING, On.STEPPED): State.RUNNING,
    (State.RUNNING, On.POSTPONED): State.WAITING,
    (State.RUNNING, On.FINISHED): State.COMPLETED,
    (State.RUNNING, On.FINISHED_IN_PART): State.COMPLETED_WITH_ERRORS,
    (State.RUNNING, On.FAILED): State.FAILED,
    (State.RUNNING, On.CANCELLED): State.CANCELLED,
    (State.RUNNING, On.INTERRUPTED): State.QUEUED,
}


class Phase(StrEnum):
    """What a job is about to do."""

    CHECKING = "checking"
    SUBMITTING = "submitting"
    STARTING = "starting"
    SUBSCRIBING = "subscribing"
    LOOKING = "looking"
    AWAITING = "awaiting"
    TIDYING = "tidying"
    SETTLING = "settling"
    POLLING = "polling"
    FETCHING = "fetching"
    RESUBMITTING = "resubmitting"
    FALLING_BACK = "falling_back"
    QUERYING = "querying"
    COLLECTING = "collecting"
    OVER = "over"


class Outcome(StrEnum):
    """What one step came to."""

    DONE = "done"
    CALLED_BACK = "called back"
    MORE = "more"  # the same phase goes on where this step ended
    NO_TEXT = "no text"
    NO_TEXT_YET = "no text yet"  # it is asked for once more
    NOT_BEGUN = "not begun"  # Genesys transcribes without being asked: it is waited for


_AFTER_CALL: Final[Mapping[tuple[Phase, Outcome], Phase]] = {
    (Phase.CHECKING, Outcome.NOT_BEGUN): Phase.POLLING,
    (Phase.POLLING, Outcome.DONE): Phase.FETCHING,
    (Phase.FETCHING, Outcome.DONE): Phase.SETTLING,
}
PHASES: Final[Mapping[str, Mapping[tuple[Phase, Outcome], Phase]]] = {
    TRANSCRIPTION: {
        (Phase.CHECKING, Outcome.DONE): Phase.SUBMITTING,
        (Phase.SUBMITTING, Outcome.DONE): Phase.AWAITING,
        (Phase.AWAITING, Outcome.CALLED_BACK): Phase.SETTLING,
        **_AFTER_CALL,
        (Phase.SETTLING, Outcome.DONE): Phase.OVER,
    },
    INTERACTION: {
        (Phase.CHECKING, Outcome.DONE): Phase.STARTING,
        (Phase.STARTING, Outcome.DONE): Phase.SUBSCRIBING,
        (Phase.SUBSCRIBING, Outcome.DONE): Phase.LOOKING,
        (Phase.LOOKING, Outcome.DONE): Phase.AWAITING,
        (Phase.AWAITING, Outcome.CALLED_BACK): Phase.TIDYING,
        (Phase.TIDYING, Outcome.DONE): Phase.SETTLING,
        **_AFTER_CALL,
        (Phase.SETTLING, Outcome.DONE): Phase.OVER,
    },
    RECORDING: {
        (Phase.POLLING, Outcome.DONE): Phase.FETCHING,
        (Phase.POLLING, Outcome.NO_TEXT): Phase.FALLING_BACK,
        (Phase.POLLING, Outcome.NO_TEXT_YET): Phase.RESUBMITTING,
        (Phase.RESUBMITTING, Outcome.DONE): Phase.POLLING,
        (Phase.RESUBMITTING, Outcome.NO_TEXT): Phase.FALLING_BACK,
        (Phase.FETCHING, Outcome.DONE): Phase.SETTLING,
        (Phase.FETCHING, Outcome.MORE): Phase.FETCHING,
        (Phase.FETCHING, Outcome.NO_TEXT): Phase.FALLING_BACK,
        (Phase.FETCHING, Outcome.NO_TEXT_YET): Phase.RESUBMITTING,
        (Phase.FALLING_BACK, Outcome.DONE): Phase.SETTLING,
        (Phase.SETTLING, Outcome.DONE): Phase.OVER,
    },
    MESSAGING: {
        (Phase.CHECKING, Outcome.DONE): Phase.QUERYING,
        (Phase.QUERYING, Outcome.DONE): Phase.COLLECTING,
        (Phase.QUERYING, Outcome.MORE): Phase.QUERYING,
        (Phase.COLLECTING, Outcome.DONE): Phase.SETTLING,
        (Phase.COLLECTING, Outcome.MORE): Phase.COLLECTING,
        (Phase.SETTLING, Outcome.DONE): Phase.OVER,
    },
}
FIRST: Final[Mapping[str, Phase]] = {
    TRANSCRIPTION: Phase.CHECKING,
    INTERACTION: Phase.CHECKING,
    RECORDING: Phase.POLLING,
    MESSAGING: Phase.CHECKING,
}
UNITS: Final = "units"  # of a job's data: [how many of a phase's units are behind it, of how many]
UNITED: Final = Phase.COLLECTING  # the phase that has them
ENDS_ITSELF: Final = frozenset({Phase.AWAITING, Phase.SETTLING, Phase.COLLECTING})  # at the job's deadline


def after(state: State, on: On) -> State:
    """The state that follows. Raises LocalError where that cannot happen."""
    found = LIFE.get((state, on))
    if found is None:
        raise LocalError(f"a job that is {state} cannot be {on}")
    return found


def phase_after(kind: str, phase: Phase, outcome: Outcome) -> Phase:
    """The phase that follows. Raises LocalError where the workflow knows no such step."""
    found = PHASES.get(kind, {}).get((phase, outcome))
    if found is None:
        raise LocalError(f"a job of {kind} that is {phase} cannot come to {outcome}")
    return found


def path(kind: str) -> Iterator[Phase]:
    """A workflow's phases in the order in which they come when nothing goes wrong, `over` last."""
    phase = FIRST[kind]
    while phase is not Phase.OVER:
        yield phase
        phase = next(to for (here, _), to in PHASES[kind].items() if here is phase)
    yield phase


def progress(kind: str, phase: Phase, units: Sequence[int] = (0, 1)) -> tuple[int, int]:
    """How many steps are behind a job in that phase, of how many. A phase beside the path counts as the step before the
    one that it leads to.

    Args:
        units: of the phase that has some: how many are behind it, of how many. Each counts as a step.
    """
    steps = list(path(kind))
    ahead = phase
    while ahead not in steps:
        ahead = next(to for (here, _), to in PHASES[kind].items() if here is ahead)
    done = steps.index(ahead) if ahead is phase else max(0, steps.index(ahead) - 1)
    behind, of = units
    if UNITED in steps:
        at = steps.index(UNITED)
        done += behind if done == at else of - 1 if done > at else 0
        return done, len(steps) - 2 + of
    return done, len(steps) - 1
