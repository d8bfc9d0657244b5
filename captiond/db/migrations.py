"""The tables, one step after the other. A step that was released is never changed; a new one is added."""

from typing import Final

STEPS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE conversations (
        row INTEGER PRIMARY KEY,
        session TEXT NOT NULL,
        source TEXT NOT NULL,
        language TEXT NOT NULL,
        conversation TEXT,
        request TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        created_at TEXT NOT NULL,
        ended_s REAL
    );
    CREATE INDEX conversations_by_session ON conversations (session, row);
    CREATE INDEX conversations_live ON conversations (row) WHERE ended_s IS NULL;
    CREATE TABLE finals (
        conversation INTEGER NOT NULL REFERENCES conversations (row) ON DELETE CASCADE,
        utterance TEXT NOT NULL,
        revision INTEGER NOT NULL,
        text TEXT NOT NULL,
        held INTEGER NOT NULL,
        channel TEXT NOT NULL,
        language TEXT NOT NULL,
        emitted_at TEXT NOT NULL,
        start_ms INTEGER,
        end_ms INTEGER,
        confidence REAL,
        redactions TEXT NOT NULL,
        kept_s REAL NOT NULL,
        place INTEGER PRIMARY KEY,
        UNIQUE (conversation, utterance)
    );
    CREATE INDEX finals_by_age ON finals (kept_s);
    CREATE INDEX finals_held ON finals (held) WHERE held;
    """,
    """
    CREATE TABLE revocations (session TEXT PRIMARY KEY, revoked_s REAL NOT NULL) WITHOUT ROWID;
    """,
)
"""`conversations`: a session each time it is started, so that an id used again does not mix two transcripts.
`finals`: redacted text only; `place` is the order of first saying. `kept_s` and `ended_s` are the daemon's clock, in
seconds since 1970; erasing goes by them, since upstream's times are upstream's.
`revocations`: tokens issued up to then do not open that session; see `serve.revocations`, also for the id ""."""
