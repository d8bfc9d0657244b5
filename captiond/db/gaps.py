"""Where updates were lost: rows beside the finals, so that a transcript can say so after a restart, too."""

import sqlite3
from typing import Final

from captiond.base.ids import SessionId
from captiond.core.messages import Gap
from captiond.db.records import Missed

MAX_GAPS: Final = 1_000  # of one transcript, the newest; more say no more than that the stream was broken

INSERT: Final = """
    INSERT INTO gaps (conversation, behind, kept_s, lost, cause)
    SELECT row, (SELECT coalesce(max(place), 0) FROM finals WHERE conversation = row), ?, ?, ?
    FROM conversations WHERE session = ? ORDER BY row DESC LIMIT 1
"""
"""Values: when (seconds since 1970), how many or None, cause, session. It stands behind the finals of now."""

_READ: Final = """
    SELECT (SELECT count(*) FROM finals WHERE conversation = this.conversation AND place > this.behind), lost, cause
    FROM gaps AS this
    WHERE conversation = (SELECT row FROM conversations WHERE session = ? ORDER BY row DESC LIMIT 1)
    ORDER BY row DESC LIMIT ?
"""


def read(connection: sqlite3.Connection, session: SessionId) -> list[Missed]:
    """The newest start of that session: its gaps, in order."""
    rows = connection.execute(_READ, (session, MAX_GAPS)).fetchall()
    return [Missed(before, Gap(lost, cause)) for before, lost, cause in reversed(rows)]
