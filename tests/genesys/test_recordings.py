"""Transcripts of recordings: answers and ranges as they come, and as nobody should send them."""

from typing import Any

import pytest

from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.recordings import (
    Span,
    audio_path,
    content_path,
    parse_resubmitted,
    parse_span,
    parse_standing,
    parse_unsatisfied,
    resubmission_path,
    strong_tag,
)

WHOLE = {
    "id": "t-1",
    "recordingId": "rec-1",
    "status": "COMPLETED",
    "createdTimestamp": "2026-01-01T00:00:00Z",
    "completedTimestamp": "2026-01-01T00:00:01.5Z",
    "duration": 60,
    "wordCount": 18,
    "speakerCount": 2,
    "quality": {"confidence": 0.93},
}


def test_a_whole_answer() -> None:
    standing = parse_standing(WHOLE, transcript="t-1")
    assert (standing.status, standing.recording, standing.latency_ms) == ("completed", "rec-1", 1_500)
    assert (standing.duration_s, standing.words, standing.speakers, standing.confidence) == (60.0, 18, 2, 0.93)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("createdTimestamp", None), ("createdTimestamp", 17), ("completedTimestamp", "soon"),
        ("completedTimestamp", "2025-12-31T23:59:59Z"),
    ],
)  # fmt: skip
def test_a_time_that_is_none_makes_no_latency(key: str, value: Any) -> None:
    assert parse_standing({**WHOLE, key: value}, transcript="t-1").latency_ms is None


@pytest.mark.parametrize("value", [None, "18", True, -1, 1.5, 10**12, [], {}])
def test_what_is_no_number_is_not_said(value: Any) -> None:
    standing = parse_standing(
        {**WHOLE, "wordCount": value, "speakerCount": value, "quality": {"confidence": value}, "duration": value},
        transcript="t-1",
    )
    assert (standing.words, standing.speakers) == (None, None)
    assert standing.confidence is None
    assert standing.duration_s == (1.5 if value == 1.5 else None)


@pytest.mark.parametrize("change", [{"status": None}, {"status": 7}, {"status": "4111 1111"}, {"id": "t-2"}])
def test_an_answer_that_says_nothing_usable_is_refused_and_not_quoted(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_standing({**WHOLE, **change}, transcript="t-1")
    assert not any(str(value) in str(caught.value) for value in change.values() if value is not None)


def test_the_words_of_a_failure_are_bounded_and_in_no_repr() -> None:
    standing = parse_standing({"status": "failed", "failureReason": "why " * 1_000}, transcript="t-1")
    assert len(standing.reason) == 500
    assert "why" not in repr(standing)
    assert parse_standing({"status": "failed", "failureReason": ["x"]}, transcript="t-1").reason == ""


@pytest.mark.parametrize(
    ("answer", "found"), [({}, "t"), ({"id": "n"}, "n"), ({"transcriptId": "n", "id": "x"}, "n"), ({"id": 7}, "t")]
)
def test_who_is_made_again_may_get_another_id(answer: dict[str, Any], found: str) -> None:
    assert parse_resubmitted(answer, transcript="t") == found


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes 0-8191/15432", Span(0, 8_191, 15_432)),
        ("Bytes 8192-15431/15432 ", Span(8_192, 15_431, 15_432)),
        ("bytes 5-5/*", Span(5, 5, None)),
    ],
)
def test_a_range_is_read(header: str | None, span: Span | None) -> None:
    assert parse_span(header) == span


@pytest.mark.parametrize(
    "header",
    ["", "bytes 5-4/9", "bytes 0-9/9", "bytes */9", "0-4/9", "bytes 0-4", "bytes 0-4/x", "items 0-4/9", "bytes 0-4/-9",
     "bytes 0-" + "9" * 400 + "/*"],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_none(header: str) -> None:
    with pytest.raises(MalformedAnswer):
        parse_span(header)


def test_a_416_may_say_how_long_it_is() -> None:
    assert parse_unsatisfied("bytes */15432") == 15_432
    assert [parse_unsatisfied(one) for one in (None, "", "bytes 0-1/2", "bytes */*")] == [None] * 4


def test_only_a_strong_tag_promises_the_same_bytes() -> None:
    assert strong_tag('"v1-15432"') == '"v1-15432"'
    assert [strong_tag(one) for one in (None, "", 'W/"v1"', "v1", '"a\r\nb"', '"a"b"')] == [None] * 6


def test_ids_are_quoted() -> None:
    assert content_path("a/../b") == "/api/v2/recordings/transcripts/a%2F..%2Fb/content"
    assert audio_path("a?b") == "/api/v2/recordings/a%3Fb/audio"
    assert resubmission_path("a#b") == "/api/v2/recordings/a%23b/transcripts"
