"""Nothing unredacted is stored, indexed, forwarded, logged or answered, whatever the source; what looks for it sees.

All conversations: `python -m tests.adversity.sweep`.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from captiond.db.migrations import STEPS, statements
from captiond.serve.jobs import KINDS as ALL_KINDS
from captiond.simulator import track_of
from tests.adversity.private_talks import Found, Said, Talk, talks
from tests.adversity.sweep import KINDS, Sweep, sweep

CARD, SPOKEN, MAIL = "4929 3813 3266 4295", "oh seven eight oh five one one two oh", "zoe dot quimby"
SAID = (
    Said("customer", f"My card is {CARD}, order 4929.", (("CARD", 11, 30, CARD),)),
    Said("agent", "Route 3813 it is.", ()),
    Said("customer", f"it is {SPOKEN}", (("SSN", 6, 6 + len(SPOKEN), "078051120"),)),
    Said("customer", f"write to {MAIL} at example dot com", (("EMAIL", 9, 42, "zoe.quimby@example.com"),)),
)
LEFT_IN = (
    (CARD, "CARD"),
    ("it ends in 2 6 6 4", "CARD"),  # four digits in a row, in another form
    ("oh five one one", "SSN"),
    ("0511", "SSN"),
    (f"mail {MAIL} please", "EMAIL"),
    ("Zoe.Quimby", "EMAIL"),
)
STAYS = ("order 4929", "Route 3813", "it is [SSN]", "5 1 [SSN] 1 2", "at 2026-07-08T05:11:20.000Z", "zoe", "38, 13")


def a_talk() -> Talk:
    track = track_of(
        "s-1", [{"eventSequence": 1, "transcript": "x", "isPartial": True, "timestamp": "2026-01-01T00:00:00Z"}]
    )
    return Talk("made-up", "en-US", SAID, track)


@pytest.fixture
def begun(tmp_path: Path) -> Sweep:
    """A sweep over an empty database."""
    with closing(sqlite3.connect(tmp_path / "captiond.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        for step in STEPS:
            for statement in statements(step):
                database.execute(statement)
        database.execute(
            "INSERT INTO conversations VALUES (1, 's-1', 'media', 'en-US', NULL, '{}', 'live', NULL, '', 1)"
        )
        database.execute(
            "INSERT INTO jobs (id, kind, request, state, phase, data, tries, due_s, deadline_s, created_s, updated_s) "
            "VALUES ('job-1', 'transcription-request', '{}', 'completed', 'over', '{}', '{}', 0, 0, 0, 0)"
        )
        database.execute("COMMIT")
    done = Sweep(tmp_path, [a_talk()])
    done.owners |= dict.fromkeys(("s-1", "job-1"), done.talks[0])
    return done


@pytest.mark.parametrize(("left_in", "kind"), LEFT_IN)
@pytest.mark.parametrize(
    "place", ["finals", "passages", "outbox", "callbacks", "results", "sinks", "files of jobs", "srt"]
)
def test_what_is_left_in_is_found(begun: Sweep, place: str, left_in: str, kind: str) -> None:
    """In every place, in every form. If this finds nothing, finding nothing in the daemon's files says nothing."""
    tell(begun, place, f"well, {left_in}")
    assert {(found.conversation, found.kind) for found in begun.found} == {("made-up", kind)}


@pytest.mark.parametrize("stays", STAYS)
@pytest.mark.parametrize("place", ["finals", "outbox", "sinks", "srt"])
def test_what_may_stay_is_not_taken_for_it(begun: Sweep, place: str, stays: str) -> None:
    """The same digits in harmless words, fewer than four of them, masks between them, times."""
    tell(begun, place, stays)
    assert begun.found == []


@pytest.mark.parametrize("name", ["daemon.log", "captiond.db-wal", "deeper/audio.wav"])
@pytest.mark.parametrize("left_in", [CARD, "8051120 078051120", SPOKEN, f"{MAIL} at example dot com"])
def test_whole_values_are_found_in_any_file(begun: Sweep, name: str, left_in: str) -> None:
    path = begun.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x00\xff" + left_in.encode() + b"\x00")
    begun.files()
    assert {found.place for found in begun.found} == {f"file {name}"}


def test_a_record_of_the_audit_is_read_by_its_fields(begun: Sweep) -> None:
    record = {"kind": "transcription", "mediaSessionId": "s-1", "hash": "0511", "prev": "0511", "note": "0511"}
    (begun.folder / "audit.jsonl").write_text(json.dumps(record) + "\n")
    begun.files()
    assert begun.found == [Found("audit", "made-up", "SSN")]


def test_a_word_that_only_the_index_still_holds_is_found(begun: Sweep) -> None:
    """As an erased row leaves it."""
    with closing(sqlite3.connect(begun.folder / "captiond.db")) as database:
        database.execute("INSERT INTO spoken_words (rowid, text) VALUES (77, 'it was 32664295')")
        database.commit()
    begun.tables()
    assert {found.place for found in begun.found} == {"index spoken_words"}


def tell(begun: Sweep, place: str, text: str) -> None:
    """Puts a text into one place, and looks there."""
    document = json.dumps({"transcripts": [{"text": text}]})
    rows = {
        "finals": ("INSERT INTO finals VALUES (1, 'u', 1, ?, 0, '', '', '', NULL, NULL, NULL, '{}', 1, 1)", text),
        "passages": ("INSERT INTO passages VALUES (9, 'job-1', 0, NULL, ?, '', '', NULL, NULL, NULL, NULL)", text),
        "outbox": ("INSERT INTO outbox VALUES (1, 'p', 'nlp', 'job-1', ?, 'pending', 0, NULL, 0, 0, NULL)", document),
        "callbacks": ("INSERT INTO callbacks VALUES ('k', 'up', 'job-1', ?, 0)", document),
        "results": ("UPDATE jobs SET result = ?", document),
    }
    if place in rows:
        with closing(sqlite3.connect(begun.folder / "captiond.db")) as database:
            database.execute(rows[place][0], (rows[place][1],))
            database.commit()
        begun.tables()
    elif place == "sinks":
        begun.document("sinks", {"transcriptId": "job-1", "content": {"deep": [text]}})
    elif place == "srt":
        begun.text("transcript.srt", "s-1", f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")
    else:
        (begun.folder / "files").mkdir()
        (begun.folder / "files" / "job-1.txt").write_text(text)
        begun.files()


def test_every_kind_of_job_is_swept() -> None:
    """Whoever adds a kind adds a row."""
    assert sorted(kind.name for kind in KINDS) == sorted(ALL_KINDS)


@pytest.mark.shared
async def test_nothing_unredacted_is_anywhere(tmp_path: Path) -> None:
    """Conversations of every language, live and through jobs of every kind; every file, table, index, sink, answer."""
    chosen = talks(pattern="pii-en-a-026")  # an address that two lines share
    for language in ("es", "fr", "de"):
        chosen += [talk for talk in talks(pattern=f"pii-{language}-*") if len(talk.surfaces) > 5][:1]
    assert {kind for talk in chosen for one in talk.said for kind, *_ in one.private} >= {"CARD", "EMAIL"}
    done = await sweep(tmp_path, chosen)
    assert done.found == []
    places = set(done.looked)
    assert places >= {
        "audit", "file audit.jsonl", "file captiond.db", "file captiond.db-wal", "file daemon.log", "files of jobs",
        "index spoken_stems", "index spoken_words", "metrics", "search", "sinks", "table callbacks.content",
        "table finals.text", "table job_parts.content", "table jobs.result", "table outbox.body", "table passages.text",
        *(f"transcript.{form}" for form in ("json", "txt", "vtt", "srt")), *(f"answer {kind.name}" for kind in KINDS),
    }  # fmt: skip
    assert done.looked["table passages.text"] >= len(KINDS) * len(chosen)
    assert done.looked["sinks"] >= len(KINDS) * len(chosen)
