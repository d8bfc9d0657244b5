"""The search in what was said: finals of sessions and texts of jobs' results, redacted as they are kept.

Triggers keep the index (`db.migrations`), so what is found is what the tables hold, corrections and erasures at once.
Ranking is bm25 over stems: rare words count more, short texts more; equal ones newest first. Beginnings of words alone
have no rank: newest first.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Literal

from captiond.db.passages import Passage
from captiond.db.query import InvalidQuery, Query, folded, is_word

LIVE: Final = "live"  # the kind of what was said in a session; of a job's text it is the job's kind
MAX_COUNTED: Final = 10_000  # hits that are counted; beyond that nobody reads on
MAX_HITS: Final = 100  # at once
MAX_OFFSET: Final = MAX_COUNTED
PURGE_PAGES: Final = 64  # merged at once: some ms, then finals have their turn
PASSAGE_ROWS: Final = 1 << 62  # passages' rows begin above all places of finals, which count from 1

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # around a match: no characters of any text (Unicode, noncharacters)

_FACTS: Final = """
    LEFT JOIN finals AS f ON f.place = s.rowid
    LEFT JOIN conversations AS c ON c.row = f.conversation
    LEFT JOIN passages AS p ON p.row = s.rowid
    LEFT JOIN jobs AS j ON j.id = p.job
"""
_JOB_ENDED: Final = "strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(j.ended_s, j.updated_s), 'unixepoch')"
# Upstream's times are upstream's: one that is none gives way to ours.
_AT: Final = f"""coalesce(julianday(coalesce(f.emitted_at, p.said_at, {_JOB_ENDED})),
    coalesce(f.kept_s, j.updated_s) / 86400.0 + 2440587.5)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search. Filters are None where all are wanted.

    Attributes:
        since, until: ISO 8601; what was said from then on, and before then.
        kind: "live", or a kind of jobs.
        order: "relevance" or "newest".
    """

    query: Query = field(repr=False)
    limit: int = 20
    offset: int = 0
    since: str | None = None
    until: str | None = None
    session: str | None = None
    job: str | None = None
    conversation: str | None = None
    kind: str | None = None
    channel: str | None = None
    language: str | None = None
    order: Literal["relevance", "newest"] = "relevance"


@dataclass(frozen=True, slots=True)
class Hit:
    """One utterance, or one piece of a job's text, that was found. None where nobody said.

    Attributes:
        text: as it is kept, redacted.
        highlights: what matched, as [start, end) in code points of `text`.
        score: higher is better; None where there is no rank.
        place: of a piece in its job's texts, from 0.
    """

    text: str = field(repr=False)
    highlights: tuple[tuple[int, int], ...]
    score: float | None
    kind: str
    session: str | None
    job: str | None
    conversation: str | None
    utterance: str | None
    revision: int | None
    held: bool
    place: int | None
    channel: str
    language: str
    said_at: str | None
    start_ms: int | None
    end_ms: int | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `total` counts all hits, or is `MAX_COUNTED` where there are more than that."""

    hits: tuple[Hit, ...] = field(repr=False)
    total: int
    total_is_exact: bool
    more: bool


def find(connection: sqlite3.Connection, wanted: Wanted) -> Found:
    """One search; reads only.

    Raises:
        InvalidQuery: the index cannot look for these words.
        sqlite3.OperationalError: interrupted, or the database is at fault.
    """
    is_ranked = wanted.query.stems is not None
    by_rank = is_ranked and wanted.order == "relevance"
    counted, values = _matching(wanted)
    matching, _ = _matching(wanted, joined=not by_rank)
    order = "s.rank" if by_rank else f"{_AT} DESC"
    page = f"SELECT s.rowid, {'s.rank' if is_ranked else 'NULL'} {matching} ORDER BY {order}, s.rowid DESC"
    try:
        [many] = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 {counted} LIMIT {MAX_COUNTED + 1})",  # noqa: S608  (fragments of ours)
            values,
        ).fetchone()
        rows = connection.execute(f"{page} LIMIT ? OFFSET ?", (*values, wanted.limit, wanted.offset)).fetchall()
        hits = tuple(hit for row, score in rows if (hit := _hit(connection, wanted.query, row, score)) is not None)
    except sqlite3.OperationalError as fault:
        if "fts5" in str(fault):  # a letter that is none to the index, in the middle of a beginning
            raise InvalidQuery("the index cannot look for these characters") from None
        raise
    more = many > wanted.offset + len(rows)
    return Found(hits, min(many, MAX_COUNTED), many <= MAX_COUNTED, more)


def _matching(wanted: Wanted, *, joined: bool = False) -> tuple[str, list[Any]]:
    """FROM and WHERE of a search, with their values. The match is found first, by the index; all else is looked at
    for what it found (`+` keeps SQLite from beginning elsewhere)."""
    query = wanted.query
    filters, filter_values = _filters(wanted)
    facts = _FACTS if filters or joined else ""
    if query.stems is not None:
        table, values = "spoken_stems", [query.stems]
        conditions = ["spoken_stems MATCH ?"]
        if query.words is not None:
            conditions.append("+s.rowid IN (SELECT rowid FROM spoken_words WHERE spoken_words MATCH ?)")
            values.append(query.words)
    else:
        assert query.words is not None
        table, values = "spoken_words", [query.words]
        conditions = ["spoken_words MATCH ?"]
        if query.without_stems is not None:
            conditions.append("+s.rowid NOT IN (SELECT rowid FROM spoken_stems WHERE spoken_stems MATCH ?)")
            values.append(query.without_stems)
    if query.without_words is not None:
        conditions.append("+s.rowid NOT IN (SELECT rowid FROM spoken_words WHERE spoken_words MATCH ?)")
        values.append(query.without_words)
    return f"FROM {table} AS s {facts} WHERE {' AND '.join((*conditions, *filters))}", [*values, *filter_values]


def _filters(wanted: Wanted) -> tuple[list[str], list[Any]]:
    given: dict[str, Any] = {
        "c.session = ?": wanted.session,
        "p.job = ?": wanted.job,
        "coalesce(c.conversation, p.conversation) = ?": wanted.conversation,
        f"coalesce(j.kind, '{LIVE}') = ?": wanted.kind,
        "coalesce(f.channel, p.channel) = ?": wanted.channel,
        "coalesce(f.language, p.language) = ?": wanted.language,
        f"{_AT} >= julianday(?)": wanted.since,
        f"{_AT} < julianday(?)": wanted.until,
    }
    chosen = {condition: value for condition, value in given.items() if value is not None}
    return list(chosen), list(chosen.values())


def _hit(connection: sqlite3.Connection, query: Query, row: int, rank: float | None) -> Hit | None:
    """One hit in full. None where it was erased meanwhile."""
    facts = connection.execute(
        f"""SELECT coalesce(f.text, p.text), coalesce(j.kind, '{LIVE}'), c.session, p.job,
            coalesce(c.conversation, p.conversation), f.utterance, f.revision, f.held, p.place,
            coalesce(f.channel, p.channel), coalesce(f.language, p.language),
            coalesce(f.emitted_at, p.said_at, {_JOB_ENDED}), coalesce(f.start_ms, p.start_ms),
            coalesce(f.end_ms, p.end_ms), coalesce(f.confidence, p.confidence)
            FROM (SELECT ? AS rowid) AS s {_FACTS}""",  # noqa: S608  (fragments of ours, no value)
        (row,),
    ).fetchone()
    if facts[0] is None:
        return None
    text, kind, session, job, conversation, utterance, revision, held, *rest = facts
    place, channel, language, said_at, start_ms, end_ms, confidence = rest
    marked = None
    if query.stems is not None:
        marked = connection.execute(
            """SELECT highlight(spoken_stems, 0, ?, ?) FROM spoken_stems WHERE spoken_stems MATCH ? AND rowid = ?""",
            (_OPEN, _CLOSE, query.stems, row),
        ).fetchone()
    ranges = [*(_ranges(marked[0], text) if marked else ()), *_beginning(text, query.beginnings)]
    return Hit(
        text=text,
        highlights=tuple(_joined(sorted(ranges))),
        score=None if rank is None else round(-rank, 6),
        kind=kind,
        session=session,
        job=job,
        conversation=conversation,
        utterance=utterance,
        revision=revision,
        held=bool(held),
        place=place,
        channel=channel,
        language=language,
        said_at=said_at,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=confidence,
    )


def _ranges(marked: str, text: str) -> list[tuple[int, int]]:
    """Where the marks are, counted without them."""
    if _OPEN in text or _CLOSE in text:
        return []
    ranges, at, start = [], 0, 0
    for char in marked:
        if char == _OPEN:
            start = at
        elif char == _CLOSE:
            ranges.append((start, at))
        else:
            at += 1
    return ranges


def _beginning(text: str, beginnings: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words stand that begin so."""
    wanted = tuple(folded(beginning) for beginning in beginnings)
    if not wanted:
        return
    for word, letters in groupby(enumerate(text), key=lambda one: is_word(one[1])):
        if word:
            found = list(letters)
            if folded("".join(char for _, char in found)).startswith(wanted):
                yield found[0][0], found[-1][0] + 1


def _joined(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges in their order, those that overlap as one."""
    last: tuple[int, int] | None = None
    for start, end in ranges:
        if last is None:
            last = (start, end)
        elif start <= last[1]:
            last = (last[0], max(last[1], end))
        else:
            yield last
            last = (start, end)
    if last is not None:
        yield last


# -- writing ---------------------------------------------------------------------------------------------------------


def put(connection: sqlite3.Connection, job: str, passages: Sequence[Passage], *, first: int = 0) -> None:
    """Adds texts of a job, which is in the database already, once for each place. The caller's transaction.

    Args:
        first: the place of the first of them: a long text may come in several portions.
    """
    [top] = connection.execute("SELECT max(row) FROM passages").fetchone()
    top = PASSAGE_ROWS if top is None else top
    connection.executemany(
        """INSERT INTO passages (row, job, place, conversation, text, channel, language, said_at, start_ms, end_ms,
           confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job, place) DO NOTHING""",
        [
            (
                top + 1 + number,
                job,
                first + number,
                passage.conversation,
                passage.text,
                passage.channel,
                passage.language,
                passage.said_at,
                passage.start_ms,
                passage.end_ms,
                passage.confidence,
            )
            for number, passage in enumerate(passages)
        ],
    )


def take_back(
    connection: sqlite3.Connection, job: str, *, first: int, before: int, conversation: str | None, most: int
) -> bool:
    """Takes out one portion of a job's texts between two places, of that conversation where one is named.

    Returns:
        Whether there may be more.
    """
    with connection:
        erased = connection.execute(
            """DELETE FROM passages WHERE row IN (SELECT row FROM passages WHERE job = ?1 AND place >= ?2 AND place < ?3
               AND (?4 IS NULL OR conversation = ?4) LIMIT ?5)""",
            (job, first, before, conversation, most),
        ).rowcount
    return erased >= most


def has(connection: sqlite3.Connection, job: str) -> bool:
    """Whether texts of that job are there."""
    return connection.execute("SELECT 1 FROM passages WHERE job = ? LIMIT 1", (job,)).fetchone() is not None


def purge(connection: sqlite3.Connection, *, begin: bool) -> bool:
    """One portion of merging the index, after which nothing of erased texts is in it; False when that is done.

    SQLite only notes in the index that a row is gone: its words stay on the disk until the part that holds them is
    written anew.

    Args:
        begin: the first portion; what is written meanwhile need not be merged.
    """
    changes = 0
    for table in ("spoken_stems", "spoken_words"):
        before = connection.total_changes
        with connection:
            connection.execute(
                f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)",  # noqa: S608  (names of our own)
                (-PURGE_PAGES if begin else PURGE_PAGES,),
            )
        changes += max(0, connection.total_changes - before - 1)  # SQLite, FTS5: fewer than two say that it is done
    return changes > 0
