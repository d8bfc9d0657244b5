"""Jobs and the callbacks that they wait for, as rows. Each function is one read or one transaction on a connection.

A job is `running` while this daemon makes a step of it; what a step found out, and what sinks are to get because of it,
are written together, so that a process that is killed leaves each step done or not done; so are the texts that the
search finds. Nothing here holds text that was not redacted.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from captiond.db import search
from captiond.db.outbox import Parcel, put
from captiond.db.passages import passages_of

_COLUMNS: Final = (
    "id, kind, request, state, phase, data, tries, upstream, result, error, idempotency_key, due_s, deadline_s, "
    "created_s, updated_s, ended_s, version"
)
_SELECT: Final = f"SELECT {_COLUMNS} FROM jobs"  # noqa: S608  (column names of our own, no value)
_OPEN: Final = "('queued', 'waiting', 'running')"


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands. Times in seconds since 1970.

    Attributes:
        request: the checked body, defaults filled in.
        data: what earlier phases found out.
        tries: of the present step, by what went wrong.
        upstream: the id that Genesys gave to what was started; None until then.
        due_s: when the next step is to be made.
    """

    id: str
    kind: str
    request: Mapping[str, Any] = field(repr=False)
    state: str
    phase: str
    due_s: float
    deadline_s: float
    created_s: float
    updated_s: float
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tries: Mapping[str, int] = field(default_factory=dict)
    upstream: str | None = None
    result: Any = field(default=None, repr=False)
    error: Mapping[str, Any] | None = None
    key: str | None = None
    ended_s: float | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Called:
    """A callback that came. `content` is redacted."""

    upstream: str
    content: Mapping[str, Any] = field(repr=False)
    received_s: float


def add(connection: sqlite3.Connection, job: Job, *, most_open: int) -> Job | None:
    """Keeps a new job; the one that is there where its kind and key are; None where so many are open."""
    with connection:
        if job.key is not None:
            found = connection.execute(f"{_SELECT} WHERE kind = ? AND idempotency_key = ?", (job.kind, job.key))
            row = found.fetchone()
            if row is not None:
                return _job(row)
        [many] = connection.execute("SELECT count(*) FROM jobs WHERE ended_s IS NULL").fetchone()
        if many >= most_open:
            return None
        marks = ", ".join("?" * 17)
        connection.execute(f"INSERT INTO jobs ({_COLUMNS}) VALUES ({marks})", _row(job))  # noqa: S608  (names and marks of our own)
    return job


def get(connection: sqlite3.Connection, job: str) -> Job | None:
    """One job."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (job,)).fetchone()
    return None if row is None else _job(row)


def by_upstream(connection: sqlite3.Connection, kind: str, upstream: str) -> Job | None:
    """The job that Genesys gave this id to."""
    row = connection.execute(f"{_SELECT} WHERE kind = ? AND upstream = ?", (kind, upstream)).fetchone()
    return None if row is None else _job(row)


def listing(
    connection: sqlite3.Connection, *, kind: str | None = None, state: str | None = None, most: int = 100
) -> list[Job]:
    """The newest jobs, newest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR state = ?2) ORDER BY row DESC LIMIT ?3",
        (kind, state, most),
    )
    return [_job(row) for row in rows]


def take_due(connection: sqlite3.Connection, *, now_s: float, most: int) -> list[Job]:
    """Jobs whose next step is due; they are `running` from now on."""
    with connection:
        rows = connection.execute(
            f"{_SELECT} WHERE state IN ('queued', 'waiting') AND due_s <= ? ORDER BY due_s, row LIMIT ?", (now_s, most)
        ).fetchall()
        jobs = [_job(row) for row in rows]
        connection.executemany(
            "UPDATE jobs SET state = 'running', updated_s = ?, version = version + 1 WHERE id = ?",
            [(now_s, job.id) for job in jobs],
        )
    return jobs


def runs(connection: sqlite3.Connection, job: str) -> bool:
    """Whether a step of it is being made, and nobody has cancelled it."""
    found = connection.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'running'", (job,))
    return found.fetchone() is not None


def next_due_s(connection: sqlite3.Connection) -> float | None:
    """When the next step of any job is due."""
    [due_s] = connection.execute("SELECT min(due_s) FROM jobs WHERE state IN ('queued', 'waiting')").fetchone()
    return None if due_s is None else float(due_s)


def take_up(connection: sqlite3.Connection, *, now_s: float) -> int:
    """At the start of a process: steps that the last one did not finish are due again. Answers how many."""
    with connection:
        return connection.execute(
            "UPDATE jobs SET state = 'queued', due_s = ?, updated_s = ?, version = version + 1 WHERE state = 'running'",
            (now_s, now_s),
        ).rowcount


def save(connection: sqlite3.Connection, job: Job, *, parcels: Sequence[Parcel] = (), awaits: bool = False) -> bool:
    """What a step came to, with what sinks are to get because of it: all or nothing.

    Args:
        awaits: the job waits for a callback; one that has come while the step was made makes it due at once.
    Returns:
        False where the job is not running any more (it was cancelled): then nothing was changed.
    """
    called = "EXISTS (SELECT 1 FROM callbacks WHERE kind = jobs.kind AND (job = jobs.id OR upstream = ?))"
    due = f"CASE WHEN {called} THEN 0 ELSE ? END" if awaits else "?"
    with connection:
        changed = connection.execute(
            f"""UPDATE jobs SET state = ?, phase = ?, data = ?, tries = ?, upstream = coalesce(?, upstream),
                result = ?, error = ?, updated_s = ?, ended_s = ?, version = version + 1, due_s = {due}
                WHERE id = ? AND state = 'running'""",  # noqa: S608  (one of two expressions of our own)
            (
                job.state,
                job.phase,
                _json(job.data),
                _json(job.tries),
                job.upstream,
                _json_or_none(job.result),
                _json_or_none(job.error),
                job.updated_s,
                job.ended_s,
                *((job.upstream,) if awaits else ()),
                job.due_s,
                job.id,
            ),
        ).rowcount
        if changed:
            put(connection, parcels, now_s=job.updated_s)
            if job.ended_s is not None and not search.has(connection, job.id):  # its parts may be there already
                search.put(connection, job.id, passages_of(job.result))
    return bool(changed)


def cancel(connection: sqlite3.Connection, job: str, *, now_s: float) -> Job | None:
    """Ends a job that has not ended; answers it as it stands, None where there is none."""
    with connection:
        connection.execute(
            f"""UPDATE jobs SET state = 'cancelled', ended_s = ?, updated_s = ?, version = version + 1
                WHERE id = ? AND state IN {_OPEN}""",  # noqa: S608  (states of our own)
            (now_s, now_s, job),
        )
    return get(connection, job)


def claim(connection: sqlite3.Connection, job: str, *, kind: str, upstream: str) -> bool:
    """Makes what is to be started upstream that job's; False where it is another one's of that kind. It stays so."""
    with connection:
        connection.execute(
            """UPDATE jobs SET upstream = ?1 WHERE id = ?2
               AND NOT EXISTS (SELECT 1 FROM jobs WHERE kind = ?3 AND upstream = ?1 AND id != ?2)""",
            (upstream, job, kind),
        )
    return (
        connection.execute("SELECT 1 FROM jobs WHERE id = ? AND upstream = ?", (job, upstream)).fetchone() is not None
    )


def wanting_files(connection: sqlite3.Connection, jobs: Sequence[str]) -> frozenset[str]:
    """Which of these are there, and neither failed nor cancelled."""
    marks = ", ".join("?" * len(jobs))
    found = connection.execute(
        f"SELECT id FROM jobs WHERE state NOT IN ('failed', 'cancelled') AND id IN ({marks})",  # noqa: S608  (as many question marks as values)
        tuple(jobs),
    )
    return frozenset(job for (job,) in found)


def counts(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many jobs there are, by kind and state."""
    rows = connection.execute("SELECT kind, state, count(*) FROM jobs GROUP BY kind, state")
    return {(kind, state): number for kind, state, number in rows}


def erase(connection: sqlite3.Connection, before_s: float) -> None:
    """Forgets jobs that ended, and callbacks that came, before then. The caller's transaction."""
    connection.execute("DELETE FROM jobs WHERE ended_s < ?", (before_s,))
    connection.execute("DELETE FROM callbacks WHERE received_s < ?", (before_s,))


# -- callbacks -------------------------------------------------------------------------------------------------------


def is_called(connection: sqlite3.Connection, kind: str, upstream: str) -> bool:
    """Whether that callback came before."""
    return (
        connection.execute("SELECT 1 FROM callbacks WHERE kind = ? AND upstream = ?", (kind, upstream)).fetchone()
        is not None
    )


def call(
    connection: sqlite3.Connection, kind: str, called: Called, *, job: str | None, most_strange: int
) -> tuple[bool, bool]:
    """Keeps a callback, once for each id, and makes the job that waits for it due.

    Args:
        job: which its address named; None where it named none.
        most_strange: callbacks kept that belong to no job (yet): a fast one comes before the answer that names its id.
    Returns:
        (whether it is new, whether a job is known for it). One too many that is strange is not kept.
    """
    with connection:
        owner = connection.execute(
            "SELECT id, ended_s FROM jobs WHERE kind = ? AND (id = ? OR upstream = ?)", (kind, job, called.upstream)
        ).fetchone()
        if is_called(connection, kind, called.upstream):
            return False, owner is not None
        if owner is None:
            [strange] = connection.execute(
                "SELECT count(*) FROM callbacks WHERE job IS NOT '' AND NOT EXISTS "
                "(SELECT 1 FROM jobs WHERE jobs.id = callbacks.job OR "
                "(jobs.kind = callbacks.kind AND jobs.upstream = callbacks.upstream))"
            ).fetchone()
            if strange >= most_strange:
                return True, False
        connection.execute(
            "INSERT INTO callbacks (kind, upstream, job, content, received_s) VALUES (?, ?, ?, ?, ?)",
            (kind, called.upstream, owner[0] if owner else None, _json(called.content), called.received_s),
        )
        if owner is not None:
            connection.execute(
                "UPDATE jobs SET due_s = 0 WHERE id = ? AND state = 'waiting' AND tries = '{}'", (owner[0],)
            )
    return True, owner is not None


def callback_of(connection: sqlite3.Connection, job: Job) -> Called | None:
    """The callback that a job waits for, by its id upstream or by the address it was sent to."""
    row = connection.execute(
        """SELECT upstream, content, received_s FROM callbacks WHERE kind = ? AND (upstream = ? OR job = ?)
           ORDER BY upstream = ? DESC LIMIT 1""",
        (job.kind, job.upstream, job.id, job.upstream),
    ).fetchone()
    return None if row is None else Called(row[0], orjson.loads(row[1]), row[2])


# -- rows ------------------------------------------------------------------------------------------------------------


def _row(job: Job) -> tuple[Any, ...]:
    return (
        job.id,
        job.kind,
        _json(job.request),
        job.state,
        job.phase,
        _json(job.data),
        _json(job.tries),
        job.upstream,
        _json_or_none(job.result),
        _json_or_none(job.error),
        job.key,
        job.due_s,
        job.deadline_s,
        job.created_s,
        job.updated_s,
        job.ended_s,
        job.version,
    )


def _job(row: Sequence[Any]) -> Job:
    (id_, kind, request, state, phase, data, tries, upstream, result, error, key, *times, version) = row
    due_s, deadline_s, created_s, updated_s, ended_s = times
    return Job(
        id=id_,
        kind=kind,
        request=orjson.loads(request),
        state=state,
        phase=phase,
        data=orjson.loads(data),
        tries=orjson.loads(tries),
        upstream=upstream,
        result=None if result is None else orjson.loads(result),
        error=None if error is None else orjson.loads(error),
        key=key,
        due_s=due_s,
        deadline_s=deadline_s,
        created_s=created_s,
        updated_s=updated_s,
        ended_s=ended_s,
        version=version,
    )


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _json_or_none(value: Any) -> str | None:
    return None if value is None else _json(value)
