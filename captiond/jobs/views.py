"""A job as everybody sees it: in the API, on the command line, in the library. Pure.

Source: contract, section 4; workflows.md, section 6.
"""

from collections.abc import Mapping
from typing import Any

from captiond.base.instants import iso_utc
from captiond.db.jobs import Job
from captiond.jobs.machine import FIRST, UNITS, Phase, State, progress


def view(job: Job) -> dict[str, Any]:
    """The whole job as JSON values, without `links`."""
    return {**summary(job), "result": job.result, "error": _error(job.error)}


def summary(job: Job) -> dict[str, Any]:
    """A job in a list: all but what it came to."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": State(job.state).value,
        "phase": job.phase,
        "progress": _progress(job),
        "createdAt": iso_utc(job.created_s),
        "updatedAt": iso_utc(job.updated_s),
        "deadlineAt": iso_utc(job.deadline_s),
        "endedAt": None if job.ended_s is None else iso_utc(job.ended_s),
        "nextTryAt": iso_utc(job.due_s) if job.state == State.WAITING and job.tries else None,
        "request": {name: value for name, value in job.request.items() if value is not None},
    }


def _progress(job: Job) -> dict[str, Any]:
    """Steps behind it; while something long is fetched, its bytes, too, of how many where that is known."""
    done, of = progress(job.kind, Phase(job.phase), job.data.get(UNITS, (0, 1))) if job.kind in FIRST else (0, 0)
    share, told = float(done), {}
    if job.data.get("bytes"):
        here, total = job.data["bytes"]
        told = {"bytesDone": here, "bytesOf": total}
        if job.phase == Phase.FETCHING and total:
            share += min(1.0, here / total)
    return {"done": done, "of": of, "percent": round(100 * share / of) if of else 0, **told}


def _error(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if error is None else dict(error)
