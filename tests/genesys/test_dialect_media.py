"""The media dialect: every shape that the contract names, every wrong type, and anything at all."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import SessionId
from captiond.genesys.dialect_media import (
    MAX_EVENTS_PER_FRAME,
    MAX_FRAME_BYTES,
    Refusal,
    decode_frame,
    subscribe_frame,
    unsubscribe_frame,
)

SESSION = SessionId("m-1")
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
EVENT: dict[str, Any] = {
    "eventType": "transcription",
    "eventSequence": 7,
    "mediaSessionId": "m-1",
    "transcript": "hello there",
    "isPartial": True,
    "timestamp": "2024-06-15T10:30:00.000Z",
}
MISSING = object()


WRONG_VALUES: dict[str, tuple[str, list[Any]]] = {
    "eventSequence": ("event_sequence", [MISSING, None, 0, -1, True, 1.0, "1", 2**53, [1]]),
    "mediaSessionId": ("media_session_id", [MISSING, None, 5, "", "a b", "x" * 129]),
    "transcript": ("transcript", [MISSING, None, 5, ["a"], {"t": "a"}, True]),
    "isPartial": ("is_partial", [MISSING, None, 0, 1, "true", []]),
    "timestamp": (
        "timestamp",
        [
            MISSING,
            None,
            0,
            1_718_447_400_000,
            1.5,
            "",
            "yesterday",
            "2024-06-15",
            "2024-06-15 10:30:00Z",
            "2024-13-15T10:30:00Z",
            "2024-06-15T10:30:60Z",
            "2024-06-15T10:30:00+99:00",
            "0001-01-01T00:00:00+10:00",
            "2024-06-15T10:30:00Z" + "0" * 100,
            "\u0662024-06-15T10:30:00Z",
        ],
    ),
    "eventType": ("event_type", [MISSING, None, 5]),
}
WRONG_TYPE: tuple[Any, ...] = ([], {}, True)
MILLISECONDS = (("startMs", "start_ms"), ("endMs", "end_ms"))
WRONG_TYPES = [({key: value}, reason) for key, (reason, values) in WRONG_VALUES.items() for value in values]


def changed(**changes: Any) -> dict[str, Any]:
    """The sample event with other values; MISSING takes a key out."""
    return {key: value for key, value in (EVENT | changes).items() if value is not MISSING}


def frame_of(*items: Any) -> bytes:
    return orjson.dumps(list(items))


def test_an_event_becomes_an_arrival() -> None:
    (arrival,) = decode_frame(frame_of(EVENT), session=SESSION).arrivals
    assert (arrival.session, arrival.sequence, arrival.text, arrival.final) == (SESSION, 7, "hello there", False)
    assert (arrival.timestamp, arrival.event_s) == ("2024-06-15T10:30:00.000Z", 1_718_447_400.0)
    assert (arrival.channel, arrival.language, arrival.confidence, arrival.utterance_id) == ("", None, None, None)
    assert (arrival.start_ms, arrival.end_ms) == (None, None)
    assert "hello" not in repr(arrival)


def test_optional_keys_are_read_and_unknown_ones_ignored() -> None:
    event = changed(
        channel="external",
        language="fr-FR",
        confidence=0.5,
        utteranceId="u-1",
        startMs=0,
        endMs=900,
        brandNew={"a": [1]},
        isPartial=False,
    )
    (arrival,) = decode_frame(frame_of(event), session=SESSION).arrivals
    assert (arrival.channel, arrival.language, arrival.confidence) == ("external", "fr-FR", 0.5)
    assert (arrival.utterance_id, arrival.start_ms, arrival.end_ms, arrival.final) == ("u-1", 0, 900, True)


def test_null_is_absent_for_optional_keys() -> None:
    event = changed(channel=None, language=None, confidence=None, utteranceId=None, startMs=None, endMs=None)
    assert decode_frame(frame_of(event), session=SESSION) == decode_frame(frame_of(EVENT), session=SESSION)


@pytest.mark.parametrize("make", [bytes, bytearray.decode], ids=["bytes", "str"])
def test_arrays_and_lone_objects_come_as_text_or_bytes(make: Any) -> None:
    lone = decode_frame(make(bytearray(orjson.dumps(EVENT))), session=SESSION)
    array = decode_frame(make(bytearray(frame_of(EVENT))), session=SESSION)
    assert lone == array
    assert len(lone.arrivals) == 1


def test_events_keep_their_order_and_a_bad_one_costs_only_itself() -> None:
    frame = frame_of(changed(eventSequence=2), changed(eventSequence="3"), 5, changed(eventSequence=1))
    decoded = decode_frame(frame, session=SESSION)
    assert [arrival.sequence for arrival in decoded.arrivals] == [2, 1]
    assert decoded.rejected == ("event_sequence", "not_an_object")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *WRONG_TYPES,
        ({"mediaSessionId": "m-2"}, "other_session"),
    ],
)
def test_a_wrong_type_rejects_the_event_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    decoded = decode_frame(frame_of(changed(**changes)), session=SESSION)
    assert decoded.arrivals == ()
    assert decoded.rejected == (reason,)


@pytest.mark.parametrize(
    ("changes", "attribute", "value"),
    [
        ({"channel": "INTERNAL"}, "channel", "internal"),
        ({"channel": "both"}, "channel", ""),
        ({"confidence": 1}, "confidence", 1.0),
        ({"confidence": 0}, "confidence", 0.0),
        ({"confidence": 1.01}, "confidence", None),
        ({"confidence": -0.1}, "confidence", None),
        ({"language": "not a tag"}, "language", None),
        ({"utteranceId": ""}, "utterance_id", None),
        ({"utteranceId": "u" * 129}, "utterance_id", None),
        ({"startMs": -1}, "start_ms", None),
        ({"startMs": 9, "endMs": 8}, "end_ms", None),
        ({"startMs": 1200.5}, "start_ms", 1200),
        ({"endMs": 1500.0}, "end_ms", 1500),
        ({"startMs": 1e300}, "start_ms", None),
        ({"utteranceId": 5}, "utterance_id", "5"),
        *(({"channel": value}, "channel", "") for value in WRONG_TYPE),
        *(({"language": value}, "language", None) for value in WRONG_TYPE),
        *(({"confidence": value}, "confidence", None) for value in ("high", *WRONG_TYPE)),
        *(({"utteranceId": value}, "utterance_id", None) for value in (1.5, *WRONG_TYPE)),
        *(({key: value}, name, None) for key, name in MILLISECONDS for value in ("5", *WRONG_TYPE)),
        ({"transcript": ""}, "text", ""),
    ],
)
def test_an_optional_value_that_says_nothing_is_not_known(changes: dict[str, Any], attribute: str, value: Any) -> None:
    (arrival,) = decode_frame(frame_of(changed(**changes)), session=SESSION).arrivals
    assert getattr(arrival, attribute) == value


@pytest.mark.parametrize(
    ("stamp", "out", "event_s"),
    [
        ("2024-06-15T10:30:00Z", "2024-06-15T10:30:00Z", 1_718_447_400.0),
        ("2024-06-15T10:30Z", "2024-06-15T10:30Z", 1_718_447_400.0),
        ("2024-06-15T10:30:00.250Z", "2024-06-15T10:30:00.250Z", 1_718_447_400.25),
        ("2024-06-15T10:30:00.123456789Z", "2024-06-15T10:30:00.123456789Z", 1_718_447_400.123456),
        ("2024-06-15T12:30:00.5+02:00", "2024-06-15T10:30:00.500Z", 1_718_447_400.5),
        ("2024-06-15T05:30:00-0500", "2024-06-15T10:30:00.000Z", 1_718_447_400.0),
        ("2024-06-15T10:30:00+00:00", "2024-06-15T10:30:00.000Z", 1_718_447_400.0),
        ("2024-06-15T10:30:00.5", "2024-06-15T10:30:00.500Z", 1_718_447_400.5),
    ],
)
def test_timestamps_go_out_in_utc_and_are_so_without_a_zone(stamp: str, out: str, event_s: float) -> None:
    (arrival,) = decode_frame(frame_of(changed(timestamp=stamp)), session=SESSION).arrivals
    assert arrival.timestamp == out
    assert arrival.event_s == pytest.approx(event_s, abs=1e-6)


def test_a_text_of_any_length_passes_so_that_the_core_masks_it() -> None:
    (arrival,) = decode_frame(frame_of(changed(transcript="x" * 500_000)), session=SESSION).arrivals
    assert len(arrival.text) == 500_000


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("\ud800", "not_json"),
        (b'[{"a":NaN}]', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'"hello"', "not_an_object"),
        (b"5", "not_an_object"),
        (b"null", "not_an_object"),
        (b"[[]]", "not_an_object"),
        (b" " * (MAX_FRAME_BYTES + 1), "frame_too_big"),
    ],
)
def test_a_frame_that_is_no_frame_is_rejected_whole(frame: str | bytes, reason: str) -> None:
    decoded = decode_frame(frame, session=SESSION)
    assert (decoded.arrivals, decoded.rejected, decoded.refusal) == ((), (reason,), None)


def test_events_over_the_limit_are_counted_one_by_one() -> None:
    events = [changed(eventSequence=number) for number in range(1, MAX_EVENTS_PER_FRAME + 4)]
    decoded = decode_frame(frame_of(*events), session=SESSION)
    assert [arrival.sequence for arrival in decoded.arrivals] == list(range(1, MAX_EVENTS_PER_FRAME + 1))
    assert decoded.rejected == ("too_many_events",) * 3


def test_without_a_session_to_expect_every_session_passes() -> None:
    decoded = decode_frame(frame_of(EVENT, changed(mediaSessionId="m-2")), session=None)
    assert [arrival.session for arrival in decoded.arrivals] == ["m-1", "m-2"]


@pytest.mark.parametrize(
    "item",
    [
        {"eventType": "heartbeat"},
        {"eventType": "quality", "eventSequence": "odd"},
        {"status": "subscribed", "topics": ["conversation:transcription"]},
        {"status": 200, "error": None},
        {"status": "200", "error": ""},
        {"action": "subscribe", "error": False},
        {"code": 0},
        {},
    ],
)
def test_acknowledgements_and_unknown_events_are_ignored(item: dict[str, Any]) -> None:
    decoded = decode_frame(orjson.dumps(item), session=SESSION)
    assert (decoded.arrivals, decoded.rejected, decoded.ignored, decoded.refusal) == ((), (), 1, None)


@pytest.mark.parametrize(
    ("item", "refusal"),
    [
        ({"error": "no such topic"}, Refusal(None, "no such topic")),
        ({"status": 400, "message": "bad filter"}, Refusal(400, "bad filter")),
        ({"status": "404", "message": "gone"}, Refusal(404, "gone")),
        ({"error": {"status": 409, "message": "taken"}}, Refusal(409, "taken")),
        ({"error": {"code": 409, "message": "taken"}}, Refusal(409, "taken")),
        ({"eventType": "error", "status": 500, "message": "broken"}, Refusal(500, "broken")),
        ({"status": 401}, Refusal(401, "no reason given")),
        ({"error": True}, Refusal(None, "no reason given")),
        ({"status": 429, "message": "slow", "retryAfter": 3}, Refusal(429, "slow", 3.0)),
        ({"status": 429, "message": "slow", "retryAfter": "3.5"}, Refusal(429, "slow", 3.5)),
        ({"status": 429, "error": {"message": "slow", "retryAfter": 2}}, Refusal(429, "slow", 2.0)),
        ({"status": 429, "message": "slow", "retryAfter": "soon"}, Refusal(429, "slow")),
        ({"status": 429, "message": "slow", "retryAfter": -5}, Refusal(429, "slow", 0.0)),
        (
            {"status": 403, "missingPermissions": ["conversation:transcription:view"]},
            Refusal(403, "missing permission: conversation:transcription:view"),
        ),
    ],
)
def test_refusals_carry_status_words_and_wait(item: dict[str, Any], refusal: Refusal) -> None:
    assert decode_frame(orjson.dumps(item), session=SESSION).refusal == refusal


def test_a_refusal_beside_events_does_not_lose_them() -> None:
    decoded = decode_frame(frame_of(EVENT, {"status": 400, "message": "first"}, {"error": "second"}), session=SESSION)
    assert len(decoded.arrivals) == 1
    assert decoded.refusal == Refusal(400, "first")


def test_the_frames_we_send_are_those_of_the_documents() -> None:
    assert orjson.loads(subscribe_frame(SESSION)) == {
        "action": "subscribe",
        "topics": ["conversation:transcription"],
        "filter": {"mediaSessionId": "m-1"},
    }
    assert orjson.loads(unsubscribe_frame(SESSION)) == orjson.loads(subscribe_frame(SESSION)) | {
        "action": "unsubscribe"
    }


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = (*EVENT, "channel", "language", "confidence", "utteranceId", "startMs", "endMs", "status", "error", "retryAfter")


@given(
    st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES).map(lambda changes: EVENT | changes) | VALUES, max_size=4)
)
def test_whatever_an_event_holds_it_is_taken_or_counted(items: list[Any]) -> None:
    decoded = decode_frame(orjson.dumps(items), session=SESSION)
    taken = len(decoded.arrivals) + len(decoded.rejected) + decoded.ignored
    assert taken <= len(items) <= taken + sum(1 for item in items if isinstance(item, dict))
    for arrival in decoded.arrivals:
        assert arrival.session == SESSION
        assert arrival.sequence >= 1


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_no_frame_crashes_the_decoder(frame: bytes | str) -> None:
    assert decode_frame(frame, session=SESSION).arrivals == ()


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["plain", "pii", "faults", "genuine/moonshine"])
def test_every_event_of_the_shared_conversations_is_taken(folder: str) -> None:
    if not SHARED.exists():
        pytest.skip("the shared conversations are not there")
    lines = [line for path in sorted((SHARED / folder).glob("*.jsonl"))[:12] for line in path.read_bytes().splitlines()]
    assert len(lines) > 100
    for line in lines:
        decoded = decode_frame(line, session=None)
        assert (len(decoded.arrivals), decoded.rejected) == (1, ())
