"""Parts of a job that each come to an end of their own: the conversations of a `messaging-transcript`. Rows.

A part that has ended is written at once, with what sinks are to get because of it, and never made again: a job that is
killed goes on with those that have not. What a part came to is redacted, and is read one at a time: all of them
together may be larger than memory.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import orjson

from captiond.db import search
from captiond.db.outbox import Parcel, put
from captiond.db.passages import MAX_PASSAGES, passages_of

_COLUMNS: Final = "name, place, state, facts, tries, due_s, version"
_SELECT: Final = f"SELECT {_COLUMNS} FROM job_parts"  # noqa: S608  (column names of our own, no value)
TOLD_EVERY_S: Final = 2.0  # as often as somebody who follows a job looks at it
_TELL: Final = """
    UPDATE jobs SET version = version + 1, updated_s = ?3, data = json_set(data, ?2, json_array(
        (SELECT count(*) FROM job_parts WHERE job = ?1 AND state IN ('done', 'failed')),
        (SELECT count(*) FROM job_parts WHERE job = ?1 AND state != 'elsewhere')
    )) WHERE id = ?1 AND updated_s <= ?4
"""
_RUNS: Final = "EXISTS (SELECT 1 FROM jobs WHERE id = ? AND state = 'running')"


class PartState(StrEnum):
    """Where a part stands."""

    ASKED = "asked"  # not looked for yet
    FOUND = "found"  # is to be fetched
    DONE = "done"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"  # it is a part of another name


@dataclass(frozen=True, slots=True)
class Part:
    """One part, without what it came to.

    Attributes:
        name: unique in its job.
        place: its order in the job's result.
        facts: what is known of it: no text.
        tries: that did not succeed, by what went wrong.
        due_s: when it may be tried (again); seconds since 1970.
        version: of the job when the part ended.
    """

    name: str
    place: int
    state: str = PartState.ASKED
    facts: Mapping[str, Any] = field(default_factory=dict)
    tries: Mapping[str, int] = field(default_factory=dict)
    due_s: float = 0.0
    version: int = 0


def write(connection: sqlite3.Connection, job: str, parts: Iterable[Part]) -> None:
    """Adds them, or changes those that have not ended."""
    with connection:
        connection.executemany(
            """INSERT INTO job_parts (job, name, place, state, facts, tries, due_s, version)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT version FROM jobs WHERE id = ?1))
           ON CONFLICT (job, name) DO UPDATE SET
               place = min(place, excluded.place), state = excluded.state, facts = excluded.facts,
               tries = excluded.tries, due_s = excluded.due_s, version = excluded.version
           WHERE state IN ('asked', 'found')""",
            [
                (job, part.name, part.place, part.state, _json(part.facts), _json(part.tries), part.due_s)
                for part in parts
            ],
        )


def keep(
    connection: sqlite3.Connection,
    job: str,
    part: Part,
    *,
    content: str | None,
    parcels: Sequence[Parcel],
    now_s: float,
    units: str,
    indexed: bool = False,
) -> bool:
    """What the try of a part came to, with what sinks are to get because of it and what the search finds: all or
    nothing, and once.

    Args:
        content: JSON, redacted; where the part is done.
        indexed: the search has its texts already; see `jobs.indexing`.
        units: where the job's data say how many parts have ended, of how many: now and then this is told, too.
    Returns:
        False where the job does not run any more, or the part had ended: then nothing was changed.
    """
    with connection:
        changed = connection.execute(
            f"""UPDATE job_parts SET state = ?, facts = ?, tries = ?, due_s = ?, content = ?,
                version = (SELECT version FROM jobs WHERE id = job)
                WHERE job = ? AND name = ? AND state = 'found' AND {_RUNS}""",  # noqa: S608  (a condition of our own, no value)
            (part.state, _json(part.facts), _json(part.tries), part.due_s, content, job, part.name, job),
        ).rowcount
        if changed:
            put(connection, parcels, now_s=now_s)
            if content is not None and not indexed:
                passages = passages_of(orjson.loads(content))
                search.put(connection, job, passages, first=part.place * MAX_PASSAGES)
            connection.execute(_TELL, (job, f"$.{units}", now_s, now_s - TOLD_EVERY_S))
    return bool(changed)


def any_of(connection: sqlite3.Connection, job: str) -> bool:
    """Whether a job has parts."""
    return connection.execute("SELECT 1 FROM job_parts WHERE job = ? LIMIT 1", (job,)).fetchone() is not None


def get(connection: sqlite3.Connection, job: str, name: str) -> Part | None:
    """One of them."""
    row = connection.execute(f"{_SELECT} WHERE job = ? AND name = ?", (job, name)).fetchone()
    return None if row is None else _part(row)


def in_state(connection: sqlite3.Connection, job: str, state: PartState) -> list[Part]:
    """Those in that state, in their order."""
    rows = connection.execute(f"{_SELECT} WHERE job = ? AND state = ? ORDER BY place, name", (job, state))
    return [_part(row) for row in rows]


def due(connection: sqlite3.Connection, job: str, *, now_s: float, most: int) -> list[Part]:
    """Those that may be fetched now, the first that had to wait first."""
    rows = connection.execute(
        f"{_SELECT} WHERE job = ? AND state = 'found' AND due_s <= ? ORDER BY due_s DESC, place, name LIMIT ?",
        (job, now_s, most),
    )
    return [_part(row) for row in rows]


def next_due_s(connection: sqlite3.Connection, job: str) -> float | None:
    """When the next one may be fetched; None where all have ended."""
    [due_s] = connection.execute(
        "SELECT min(due_s) FROM job_parts WHERE job = ? AND state = 'found'", (job,)
    ).fetchone()
    return None if due_s is None else float(due_s)


def ended(connection: sqlite3.Connection, job: str, *, since: int = 0, before: int | None = None) -> list[Part]:
    """Those that have ended, in their order.

    Args:
        since, before: only those that ended while the job's version was `since` or more, and less than `before`.
    """
    rows = connection.execute(
        f"""{_SELECT} WHERE job = ?1 AND state IN ('done', 'failed') AND version >= ?2
            AND (?3 IS NULL OR version < ?3) ORDER BY place, name""",
        (job, since, before),
    )
    return [_part(row) for row in rows]


def content(connection: sqlite3.Connection, job: str, name: str) -> bytes | None:
    """What one part came to, as JSON; None where there is no such part, or it is not done."""
    row = connection.execute("SELECT content FROM job_parts WHERE job = ? AND name = ?", (job, name)).fetchone()
    return row[0].encode() if row is not None and row[0] is not None else None


def sizes(connection: sqlite3.Connection, job: str) -> dict[str, int]:
    """How many characters each part that is done came to."""
    rows = connection.execute("SELECT name, length(content) FROM job_parts WHERE job = ? AND state = 'done'", (job,))
    return dict(rows.fetchall())


def counts(connection: sqlite3.Connection, job: str) -> dict[str, int]:
    """How many there are, by state."""
    rows = connection.execute("SELECT state, count(*) FROM job_parts WHERE job = ? GROUP BY state", (job,))
    return dict(rows.fetchall())


def _part(row: Sequence[Any]) -> Part:
    name, place, state, facts, tries, due_s, version = row
    return Part(name, place, state, orjson.loads(facts), orjson.loads(tries), due_s, version)


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()
