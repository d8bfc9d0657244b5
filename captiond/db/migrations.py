"""The tables, one step after the other. A step that was released is never changed; a new one is added."""

from collections.abc import Iterator
from sqlite3 import complete_statement
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
    """
    CREATE TABLE jobs (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        request TEXT NOT NULL,
        state TEXT NOT NULL,
        phase TEXT NOT NULL,
        data TEXT NOT NULL,
        tries TEXT NOT NULL,
        upstream TEXT,
        result TEXT,
        error TEXT,
        idempotency_key TEXT,
        due_s REAL NOT NULL,
        deadline_s REAL NOT NULL,
        created_s REAL NOT NULL,
        updated_s REAL NOT NULL,
        ended_s REAL,
        version INTEGER NOT NULL DEFAULT 1
    );
    CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX jobs_by_upstream ON jobs (kind, upstream) WHERE upstream IS NOT NULL;
    CREATE INDEX jobs_due ON jobs (due_s, row) WHERE state IN ('queued', 'waiting');
    CREATE INDEX jobs_open ON jobs (row) WHERE ended_s IS NULL;
    CREATE INDEX jobs_by_state ON jobs (kind, state);
    CREATE INDEX jobs_by_age ON jobs (ended_s) WHERE ended_s IS NOT NULL;
    CREATE TABLE callbacks (
        kind TEXT NOT NULL,
        upstream TEXT NOT NULL,
        job TEXT,
        content TEXT NOT NULL,
        received_s REAL NOT NULL,
        PRIMARY KEY (kind, upstream)
    );
    CREATE INDEX callbacks_by_job ON callbacks (job) WHERE job IS NOT NULL;
    CREATE INDEX callbacks_by_age ON callbacks (received_s);
    CREATE TABLE outbox (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        sink TEXT NOT NULL,
        job TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        why TEXT,
        due_s REAL NOT NULL,
        created_s REAL NOT NULL,
        ended_s REAL
    );
    CREATE INDEX outbox_due ON outbox (sink, due_s, row) WHERE state = 'pending';
    CREATE INDEX outbox_by_state ON outbox (sink, state);
    CREATE INDEX outbox_by_age ON outbox (ended_s) WHERE ended_s IS NOT NULL;
    """,
    """
    CREATE TABLE passages (
        row INTEGER PRIMARY KEY,
        job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        conversation TEXT,
        text TEXT NOT NULL,
        channel TEXT NOT NULL,
        language TEXT NOT NULL,
        said_at TEXT,
        start_ms INTEGER,
        end_ms INTEGER,
        confidence REAL,
        UNIQUE (job, place)
    );
    CREATE VIEW spoken AS SELECT place AS row, text FROM finals UNION ALL SELECT row, text FROM passages;
    CREATE VIRTUAL TABLE spoken_stems USING fts5 (
        text, content = 'spoken', content_rowid = 'row', tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE VIRTUAL TABLE spoken_words USING fts5 (
        text, content = '', detail = none, columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO spoken_stems (rowid, text) SELECT place, text FROM finals;
    INSERT INTO spoken_words (rowid, text) SELECT place, text FROM finals;
    CREATE TRIGGER finals_spoken AFTER INSERT ON finals BEGIN
        INSERT INTO spoken_stems (rowid, text) VALUES (new.place, new.text);
        INSERT INTO spoken_words (rowid, text) VALUES (new.place, new.text);
    END;
    CREATE TRIGGER finals_corrected AFTER UPDATE OF text ON finals WHEN old.text IS NOT new.text BEGIN
        INSERT INTO spoken_stems (spoken_stems, rowid, text) VALUES ('delete', old.place, old.text);
        INSERT INTO spoken_words (spoken_words, rowid, text) VALUES ('delete', old.place, old.text);
        INSERT INTO spoken_stems (rowid, text) VALUES (new.place, new.text);
        INSERT INTO spoken_words (rowid, text) VALUES (new.place, new.text);
    END;
    CREATE TRIGGER finals_erased AFTER DELETE ON finals BEGIN
        INSERT INTO spoken_stems (spoken_stems, rowid, text) VALUES ('delete', old.place, old.text);
        INSERT INTO spoken_words (spoken_words, rowid, text) VALUES ('delete', old.place, old.text);
    END;
    CREATE TRIGGER passages_spoken AFTER INSERT ON passages BEGIN
        INSERT INTO spoken_stems (rowid, text) VALUES (new.row, new.text);
        INSERT INTO spoken_words (rowid, text) VALUES (new.row, new.text);
    END;
    CREATE TRIGGER passages_erased AFTER DELETE ON passages BEGIN
        INSERT INTO spoken_stems (spoken_stems, rowid, text) VALUES ('delete', old.row, old.text);
        INSERT INTO spoken_words (spoken_words, rowid, text) VALUES ('delete', old.row, old.text);
    END;
    """,
    """
    CREATE TABLE gaps (
        row INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations (row) ON DELETE CASCADE,
        behind INTEGER NOT NULL,
        lost INTEGER,
        cause TEXT NOT NULL,
        kept_s REAL NOT NULL
    );
    CREATE INDEX gaps_by_conversation ON gaps (conversation, row);
    CREATE INDEX gaps_by_age ON gaps (kept_s);
    """,
    """
    CREATE TABLE job_parts (
        row INTEGER PRIMARY KEY,
        job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        facts TEXT NOT NULL,
        tries TEXT NOT NULL,
        due_s REAL NOT NULL,
        version INTEGER NOT NULL,
        content TEXT,
        UNIQUE (job, name)
    );
    CREATE INDEX job_parts_due ON job_parts (job, state, due_s);
    CREATE TABLE keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE INDEX outbox_by_job ON outbox (job);
    """,
)
"""`conversations`: a session each time it is started, so that an id used again does not mix two transcripts.
`finals`: redacted text only; `place` is the order of first saying. `kept_s` and `ended_s` are the daemon's clock, in
seconds since 1970; erasing goes by them, since upstream's times are upstream's.
`jobs`: a workflow's request, and what its phases have found out; `upstream` is the id that Genesys gave, `version`
rises with each change. `callbacks`: what Genesys called back with, once for each id, redacted before that; `job`
where the callback's address named one, '' where that job was erased. `outbox`: what a sink is still to get, has got
('delivered') or will not take ('dead'). Times as above.
`gaps`: where updates were lost, behind the final of that `place`.
`job_parts`: parts of a job that end one by one (`db.parts`), redacted; `version` is the job's when it ended. They go
with their job. `keys`: random bytes that must be the same after a restart.
`revocations`: tokens issued up to then do not open that session; see `serve.revocations`, also for the id "".
`passages`: the texts of a job's result, redacted as it is, for the search; their `row` is far above every `place`, so
that one index holds both. `spoken_stems` and `spoken_words` are that index (`db.search`): words by their stem with
their places in a text, and as they are, for prefixes. Triggers keep it, so whoever erases a row, or corrects it, has
done all that is to be done; what an erased row leaves in the index until it is merged goes by `db.search.purge`."""


def statements(step: str) -> Iterator[str]:
    """The statements of a step: a trigger is one, whatever semicolons are in it."""
    statement = ""
    for piece in step.split(";"):
        statement += piece + ";"
        if complete_statement(statement):
            if statement.strip(" \n;"):
                yield statement
            statement = ""
