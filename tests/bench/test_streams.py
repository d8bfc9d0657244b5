"""Data files become streams with the truth in the right place, and broken ones are named without their words."""

import json
from pathlib import Path
from typing import Any

import pytest

from captiond.bench.genuine import genuine
from captiond.bench.streams import DataError, recorded, turns

SESSION = "5f0c"


def event_row(sequence: int, text: str, *, partial: bool) -> dict[str, Any]:
    return {
        "eventType": "transcription",
        "eventSequence": sequence,
        "mediaSessionId": SESSION,
        "transcript": text,
        "isPartial": partial,
        "timestamp": f"2026-03-02T09:00:0{sequence}.250Z",
    }


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One card number over two utterances, and the price after it."""
    rows = [
        event_row(1, "it's four", partial=True),
        event_row(2, "it's four one", partial=False),
        event_row(3, "one one", partial=True),
        event_row(4, "one one for $9.50", partial=False),
    ]
    card = {"type": "CARD", "cls": "pii", "form": "spoken", "id": "e1", "value": "4111", "parts": 2}
    price = {"start": 12, "end": 17, "type": "PRICE", "cls": "negative", "form": "symbol", "id": "e2", "value": None}
    heard = {"mediaSessionId": SESSION, "channel": "customer"}
    truth = {
        "lang": "en-US",
        "utterances": [
            {**heard, "startMs": 0, "finalSeq": 2, "entities": [{**card, "start": 5, "end": 13, "part": 1}]},
            {**heard, "startMs": 9, "finalSeq": 4, "entities": [{**card, "start": 0, "end": 7, "part": 2}, price]},
        ],
        "partialSpans": {SESSION: [[1, 5, 9, "CARD", "e1"], [3, 0, 7, "CARD", "e1"]]},
    }
    write_lines(tmp_path / "pii" / "s.jsonl", rows)
    (tmp_path / "pii" / "truth").mkdir()
    (tmp_path / "pii" / "truth" / "s.json").write_text(json.dumps(truth))
    return tmp_path


def test_a_number_over_two_utterances_is_one_mention_in_two_parts(data: Path) -> None:
    (stream,) = recorded(data, "pii", "en")
    found = [[(e.text[s.start : s.end], s.mention.kind, s.part) for s in e.spans] for e in stream.events]
    assert found == [
        [("four", "CARD", 1)],
        [("four one", "CARD", 1)],
        [("one one", "CARD", 2)],
        [("one one", "CARD", 2), ("$9.50", "PRICE", 1)],
    ]
    assert len({id(s.mention) for e in stream.events for s in e.spans if s.mention.kind == "CARD"}) == 1
    assert [e.utterance for e in stream.events] == [0, 0, 1, 1]


def test_an_event_goes_out_as_it_came_in(data: Path) -> None:
    (stream,) = recorded(data, "pii", "")
    sent = [json.loads(e.line()) for e in stream.events]
    read = [json.loads(line) for line in (data / "pii" / "s.jsonl").read_text().splitlines()]
    assert [{**row, "language": "en-US"} for row in read] == sent


def test_other_languages_are_left_out(data: Path) -> None:
    assert list(recorded(data, "pii", "de")) == []


def test_a_turn_grows_by_a_word(tmp_path: Path) -> None:
    spans = [{"start": 6, "end": 15, "type": "SSN", "cls": "pii", "form": "grouped", "value": "078051120"}]
    row = {"id": "c1", "lang": "en", "text": "it's: 078 05 11 20", "entities": [{**spans[0], "end": 18}]}
    write_lines(tmp_path / "cases" / "en.jsonl", [row])
    (grown,) = turns(tmp_path, "en", partials=True)
    assert [(e.text, e.final) for e in grown.events] == [
        ("it's:", False),
        ("it's: 078", False),
        ("it's: 078 05", False),
        ("it's: 078 05 11", False),
        ("it's: 078 05 11 20", True),
    ]
    assert [e.text[s.start : s.end] for e in grown.events for s in e.spans] == [
        "078",
        "078 05",
        "078 05 11",
        "078 05 11 20",
    ]
    (alone,) = turns(tmp_path, "en", partials=False)
    assert [(e.text, e.final) for e in alone.events] == [("it's: 078 05 11 20", True)]


def test_a_real_recognisers_digits_are_found_where_they_stand(tmp_path: Path) -> None:
    rows = [
        event_row(1, "so one thing", partial=True),
        event_row(2, "so it's four, one, too", partial=True),
        event_row(3, "So it's four, one, two, nine and bye", partial=False),
    ]
    write_lines(tmp_path / "genuine" / "engine" / "x.jsonl", rows)
    meta = {"kind": "SSN", "form": "spoken", "value": "412078051"}
    (tmp_path / "genuine" / "engine" / "x.meta.json").write_text(json.dumps(meta))
    (stream,) = genuine(tmp_path, "en")
    assert [[e.text[s.start : s.end] for s in e.spans] for e in stream.events] == [
        [],
        ["four, one"],
        ["four, one, two"],
    ]


@pytest.mark.parametrize("broken", ['{"id": "c1", "lang": "en"}', '{"lang": "en", "text": 5}', "[]", "{"])
def test_a_broken_turn_is_named_and_not_quoted(tmp_path: Path, broken: str) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "en.jsonl").write_text(broken + "\n")
    with pytest.raises(DataError, match=r"en\.jsonl") as caught:
        list(turns(tmp_path, "en", partials=False))
    assert "c1" not in str(caught.value)
