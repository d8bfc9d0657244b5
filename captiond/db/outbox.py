"""What sinks are still to get, as rows. Each function is one read or one transaction on a connection."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_COLUMNS: Final = "id, sink, job, body, state, tries, why, due_s, created_s, ended_s"
_SELECT: Final = f"SELECT {_COLUMNS} FROM outbox"  # noqa: S608  (column names of our own, no value)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One document for one sink. `id` is the same however often it is sent, so that a sink can drop a second one.

    Attributes:
        body: JSON; redacted.
        state: pending, delivered or dead.
        why: what the last try came to, in a few words of ours; None before the first.
    """

    id: str
    sink: str
    job: str
    body: str = field(repr=False)
    state: str = "pending"
    tries: int = 0
    why: str | None = None
    due_s: float = 0.0
    created_s: float = 0.0
    ended_s: float | None = None


def put(connection: sqlite3.Connection, parcels: Sequence[Parcel], *, now_s: float) -> None:
    """Adds them, once for each id. The caller's transaction."""
    connection.executemany(
        """INSERT INTO outbox (id, sink, job, body, state, due_s, created_s) VALUES (?, ?, ?, ?, 'pending', ?, ?)
           ON CONFLICT (id) DO NOTHING""",
        [(parcel.id, parcel.sink, parcel.job, parcel.body, now_s, now_s) for parcel in parcels],
    )


def due(connection: sqlite3.Connection, sink: str, *, now_s: float, most: int) -> list[Parcel]:
    """The oldest that are to be sent now."""
    rows = connection.execute(
        f"{_SELECT} WHERE sink = ? AND state = 'pending' AND due_s <= ? ORDER BY due_s, row LIMIT ?",
        (sink, now_s, most),
    )
    return [Parcel(*row) for row in rows]


def next_due_s(connection: sqlite3.Connection, sink: str) -> float | None:
    """When the next one is to be sent."""
    [due_s] = connection.execute(
        "SELECT min(due_s) FROM outbox WHERE sink = ? AND state = 'pending'", (sink,)
    ).fetchone()
    return None if due_s is None else float(due_s)


def delivered(connection: sqlite3.Connection, parcel: str, *, now_s: float) -> None:
    """The sink has it; a result that says whether the compliance store knows says so from now on."""
    with connection:
        connection.execute(
            """UPDATE outbox SET state = 'delivered', tries = tries + 1, why = NULL, ended_s = ?
               WHERE id = ? AND state = 'pending'""",
            (now_s, parcel),
        )
        connection.execute(
            """UPDATE jobs SET result = json_set(result, '$.complianceSynced', json('true')), version = version + 1
               WHERE id = (SELECT job FROM outbox WHERE id = ? AND sink = 'compliance')
               AND json_type(result, '$.complianceSynced') = 'false'""",
            (parcel,),
        )


def not_taken(connection: sqlite3.Connection, parcel: str, *, why: str, again_s: float | None, now_s: float) -> None:
    """The sink did not take it: again then, or never by itself (`again_s` None)."""
    with connection:
        connection.execute(
            """UPDATE outbox SET tries = tries + 1, why = ?, state = ?, due_s = ?, ended_s = ?
               WHERE id = ? AND state = 'pending'""",
            (
                why,
                "dead" if again_s is None else "pending",
                now_s if again_s is None else again_s,
                now_s if again_s is None else None,
                parcel,
            ),
        )


def replay(connection: sqlite3.Connection, *, ids: Sequence[str] | None, sink: str | None, now_s: float) -> int:
    """Sends again what is dead: those ids, or all (of one sink). Answers how many."""
    with connection:
        if ids is None:
            return connection.execute(
                """UPDATE outbox SET state = 'pending', due_s = ?1, created_s = ?1, ended_s = NULL
                   WHERE state = 'dead' AND (?2 IS NULL OR sink = ?2)""",
                (now_s, sink),
            ).rowcount
        return sum(
            connection.execute(
                """UPDATE outbox SET state = 'pending', due_s = ?, created_s = ?, ended_s = NULL
                   WHERE id = ? AND state IN ('dead', 'delivered')""",
                (now_s, now_s, one),
            ).rowcount
            for one in ids
        )


def get(connection: sqlite3.Connection, parcel: str) -> Parcel | None:
    """One of them."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (parcel,)).fetchone()
    return None if row is None else Parcel(*row)


def listing(
    connection: sqlite3.Connection, *, sink: str | None = None, state: str | None = None, most: int = 100
) -> list[Parcel]:
    """The newest, newest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE (?1 IS NULL OR sink = ?1) AND (?2 IS NULL OR state = ?2) ORDER BY row DESC LIMIT ?3",
        (sink, state, most),
    )
    return [Parcel(*row) for row in rows]


def counts(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many there are, by sink and state."""
    rows: list[Any] = connection.execute("SELECT sink, state, count(*) FROM outbox GROUP BY sink, state").fetchall()
    return {(sink, state): number for sink, state, number in rows}


def erase(connection: sqlite3.Connection, before_s: float) -> None:
    """Forgets what ended before then. The caller's transaction. What is pending stays: it is lost to nobody."""
    connection.execute("DELETE FROM outbox WHERE ended_s < ?", (before_s,))
