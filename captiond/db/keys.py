"""Random bytes that a database keeps for itself: what is signed with them can be checked after a restart."""

import sqlite3


def key(connection: sqlite3.Connection, name: str, *, new: bytes) -> bytes:
    """The key of that name; `new` is it from now on where there was none."""
    with connection:
        connection.execute("INSERT INTO keys (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, new))
        [value] = connection.execute("SELECT value FROM keys WHERE name = ?", (name,)).fetchone()
    return bytes(value)
