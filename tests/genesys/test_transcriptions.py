"""Transcriptions of stored media: what is read, and what nothing is made of."""

from typing import Any

import pytest

from captiond.genesys.payloads import MalformedAnswer, server_field
from captiond.genesys.transcriptions import instant_s, media_path, parse_callback, parse_media, parse_submission

GOOD: dict[str, Any] = {"duration": 12, "codec": " OPUS", "format": "OGG"}


def test_media_is_read_in_lower_case() -> None:
    media = parse_media(GOOD)
    assert (media.duration_s, media.codec, media.format) == (12.0, "opus", "ogg")
    assert media_path("a:b") == "/api/v2/media/a%3Ab"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration", None), ("duration", 0), ("duration", -1), ("duration", "60"), ("duration", True),
        ("duration", float("nan")), ("duration", float("inf")), ("duration", []),
        ("codec", None), ("codec", ""), ("codec", 7), ("codec", "a b"), ("codec", "x" * 33),
        ("format", None), ("format", {}), ("format", "caller 415 555 0132"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_never_quoted(field: str, value: Any) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_media({**GOOD, field: value})
    assert field in str(caught.value)
    assert "415" not in str(caught.value)


@pytest.mark.parametrize("value", [None, "", 7, "a b", "x" * 129])
def test_a_submission_has_an_id(value: Any) -> None:
    with pytest.raises(MalformedAnswer, match="transcriptionId"):
        parse_submission({"transcriptionId": value})


@pytest.mark.parametrize(
    "body",
    [{}, {"eventType": "transcription.completed"}, {"eventType": 7, "data": {"transcriptionId": "t"}},
     {"eventType": "transcription.completed", "data": {"transcriptionId": "a/b"}},
     {"eventType": "transcription.completed", "data": [1]}],
)  # fmt: skip
def test_a_callback_says_what_it_is_about(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        parse_callback(body)


def test_more_pieces_than_any_recording_has_are_refused() -> None:
    pieces = [{"text": "a"}] * 20_001
    data = {"transcriptionId": "t", "result": {"transcripts": pieces}}
    with pytest.raises(MalformedAnswer, match="more than 20000 pieces"):
        parse_callback({"eventType": "transcription.completed", "data": data})
    data["result"] = {"transcripts": pieces[1:]}
    assert len(parse_callback({"eventType": "transcription.completed", "data": data}).segments) == 20_000


def test_of_a_callback_only_what_fits_is_kept() -> None:
    number = "4111 1111 1111 1111"
    data = {
        "transcriptionId": "t",
        "status": number,
        "failureReason": f"caller {number}",
        "result": {
            "mediaId": number,
            "redacted": "yes",
            "transcripts": [
                {"text": number, "speaker": number, "language": number, "confidence": 2, "startMs": -1, "endMs": 5.4},
                {"text": "fine", "speaker": "Speaker 1", "language": "de-DE", "confidence": 0.5, "startMs": 1},
                {"text": 7},
                "text",
            ],
        },
    }
    found = parse_callback({"eventType": "transcription.completed", "data": data})
    assert (found.status, found.media, found.redacted, found.latency_s, found.unusable) == (None, None, None, None, 2)
    first, second = found.segments
    assert (first.speaker, first.language, first.confidence, first.start_ms, first.end_ms) == ("", None, None, None, 5)
    assert (second.speaker, second.language, second.confidence, second.start_ms) == ("Speaker 1", "de-DE", 0.5, 1)
    assert number not in repr(found)


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600.0),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600.0),
        ("2026-01-01T00:00:00", 1_767_225_600.0),
        (1_767_225_600.0, None),
        ("1767225600", None),
        ("soon", None),
        ("9999-99-99T00:00:00Z", None),
        ("x" * 50, None),
        (None, None),
    ],
)
def test_times(stamp: Any, seconds: float | None) -> None:
    assert instant_s(stamp) == seconds


def test_the_field_that_a_server_names() -> None:
    assert server_field(b'{"details":[{"errorCode":"x","fieldName":"languages[0]"}]}') == "languages[0]"
    assert server_field('{"errors":[{"field":"mediaId"}]}') == "mediaId"
    assert server_field('{"field":"my card is 4111"}') == ""
    assert server_field("no JSON") == ""
