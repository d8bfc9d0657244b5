"""What is kept of sessions, read: those to bring back after a restart, their finals, where one stands."""

import sqlite3
from typing import Any, Final

import orjson

from captiond.base.ids import SessionId
from captiond.core.messages import Caption
from captiond.db import gaps
from captiond.db.records import FINAL_COLUMNS, KeptSession, SavedSession, final_of

MAX_BOUND_FINALS: Final = 10_000  # of one conversation, the newest: some hours of talk
NEWEST: Final = "SELECT row FROM conversations WHERE session = ? ORDER BY row DESC LIMIT 1"
"""The newest start of a session; its row."""
# Names of columns and a query of our own; values are bound (hence S608).
_FINALS: Final = f"SELECT {FINAL_COLUMNS} FROM finals WHERE conversation = ({NEWEST}) ORDER BY place DESC LIMIT ?"  # noqa: S608


def live_sessions(connection: sqlite3.Connection) -> list[SavedSession]:
    """Sessions whose newest start has not ended, oldest first."""
    rows = connection.execute(
        """SELECT session, source, language, request, created_at, conversation FROM conversations AS this
           WHERE ended_s IS NULL
             AND row = (SELECT max(row) FROM conversations WHERE session = this.session) ORDER BY row"""
    )
    return [
        SavedSession(SessionId(session), source, language, _object(request), created_at, conversation)
        for session, source, language, request, created_at, conversation in rows
    ]


def _object(text: str) -> dict[str, Any]:
    """What was kept as a JSON object; {} where the disk has made something else of it: the reader says what lacks."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def finals_of(connection: sqlite3.Connection, session: SessionId) -> list[Caption]:
    """The finals of a session's newest start as they stand now, in the order they were first said."""
    rows = connection.execute(_FINALS, (session, MAX_BOUND_FINALS)).fetchall()
    return [final_of(row) for row in reversed(rows)]


def kept_of(connection: sqlite3.Connection, session: SessionId) -> KeptSession | None:
    """A session's newest start; None where it is not known (any more)."""
    row = connection.execute(
        f"SELECT language, state, created_at FROM conversations WHERE row = ({NEWEST})",  # noqa: S608  (a query of our own)
        (session,),
    ).fetchone()
    if row is None:
        return None
    language, state, created_at = row
    return KeptSession(language, state, created_at, gaps.read(connection, session))
