"""Reading event files: what passes, what is refused and how it is said; never a text."""

import json
from pathlib import Path
from typing import Any

import pytest

from captiond.simulator.tracks import MAX_LINE_BYTES, EventFileError, load_tracks, parse_tracks, track_of
from tests.simulator.plain_client import spoken, stamp_at

SHARED = Path(__file__).parents[3] / "shared" / "data"


def lines(*events: object) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


def test_a_file_of_two_sessions_shares_one_start() -> None:
    first, second = spoken(2, session="a"), spoken(2, session="b")
    second = [{**event, "timestamp": stamp_at(10 + n)} for n, event in enumerate(second)]
    a, b = parse_tracks(lines(*first, *second), name="f")
    assert [(step.due_s, step.event["transcript"]) for step in a.steps] == [(0.0, "w1"), (1.0, "w2")]
    assert [step.due_s for step in b.steps] == [10.0, 11.0]
    assert (a.session, b.session, b.duration_s) == ("a", "b", 11.0)


def test_a_late_event_keeps_its_place_and_its_old_time() -> None:
    one, two, three = spoken(3)
    (track,) = parse_tracks(lines(one, three, two), name="f")
    assert [(step.event["eventSequence"], step.due_s, step.stamp_s) for step in track.steps] == [
        (1, 0.0, 0.0),
        (3, 2.0, 2.0),
        (2, 2.0, 1.0),
    ]


def test_other_keys_pass_through() -> None:
    event = {**spoken(1)[0], "confidence": 0.5, "utteranceId": "u", "other": {"deep": [1]}, "channel": "internal"}
    (track,) = parse_tracks(lines(event), name="f")
    assert track.steps[0].event == event
    assert (track.channel, track.language) == ("internal", None)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"eventSequence": "1"}, "missing or of the wrong type: eventSequence"),
        ({"eventSequence": True}, "missing or of the wrong type: eventSequence"),
        ({"eventSequence": 0}, "eventSequence: allowed are whole numbers from 1"),
        ({"eventSequence": 2**53}, "eventSequence: allowed are whole numbers from 1 to 9007199254740991"),
        ({"isPartial": 1, "transcript": None}, "missing or of the wrong type: transcript, isPartial"),
        ({"mediaSessionId": "a/b"}, "mediaSessionId: allowed are"),
        ({"mediaSessionId": "x" * 129}, "mediaSessionId: allowed are"),
        ({"timestamp": "noon"}, "timestamp: allowed is ISO 8601"),
        ({"timestamp": "2024-06-15T10:30:00"}, "timestamp: allowed is ISO 8601"),
    ],
)
def test_a_bad_event_is_named_by_its_line_and_never_quoted(keys: dict[str, Any], said: str) -> None:
    good, bad = spoken(2)
    with pytest.raises(EventFileError) as wrong:
        parse_tracks(lines(good, {**bad, "transcript": "private words", **keys}), name="f")
    (line,) = wrong.value.faults
    assert line.startswith(f"f:2: {said}")
    assert "private" not in line


def test_every_bad_line_is_told_but_not_without_end() -> None:
    content = b"{\n" * 30 + lines(*spoken(1))
    with pytest.raises(EventFileError) as wrong:
        parse_tracks(content, name="f")
    assert wrong.value.faults[0] == "f:1: not JSON"
    assert len(wrong.value.faults) == 21
    assert wrong.value.faults[-1] == "... and 10 more"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no events"),
        (b"\n \n", "no events"),
        (b"[1]", "not a JSON object"),
        (b"x" * (MAX_LINE_BYTES + 1), "longer"),
    ],
)
def test_what_is_no_event_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(EventFileError, match=said):
        parse_tracks(content, name="f")


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(lines(*spoken(1, session="b")))
    (tmp_path / "a.jsonl").write_bytes(lines(*spoken(1, session="a")))
    (tmp_path / "notes.txt").write_bytes(b"not read")
    assert [track.session for track in load_tracks(tmp_path)] == ["a", "b"]
    assert [track.session for track in load_tracks(tmp_path / "b.jsonl")] == ["b"]
    (tmp_path / "c.jsonl").write_bytes(lines(*spoken(1, session="a")))
    (tmp_path / "d.jsonl").write_bytes(b"{")
    with pytest.raises(EventFileError) as wrong:
        load_tracks(tmp_path)
    assert [line.removeprefix(str(tmp_path)) for line in wrong.value.faults] == [
        "/c.jsonl: media session a is in another file too",
        "/d.jsonl:1: not JSON",
    ]


def test_a_path_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EventFileError, match=r"no \*.jsonl file"):
        load_tracks(tmp_path)
    with pytest.raises(EventFileError, match="No such file"):
        load_tracks(tmp_path / "none.jsonl")


def test_events_in_memory_take_the_session_they_are_played_as() -> None:
    track = track_of("x", [{k: v for k, v in event.items() if k != "mediaSessionId"} for event in spoken(2)])
    assert [step.event["mediaSessionId"] for step in track.steps] == ["x", "x"]
    assert "w1" not in repr(track)
    assert "w1" not in repr(track.steps[0])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared conversations are not beside this checkout")
def test_the_shared_conversations_can_be_played() -> None:
    for folder, sessions in (("faults", 20), ("pii", 178)):
        assert len(load_tracks(SHARED / folder)) == sessions
