"""What goes out, byte for byte; and that models, frames and events all hold the same JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from websockets.frames import Opcode
from websockets.protocol import Protocol, Side, State

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Epoch, Index, SafeText, SessionId, UtteranceId
from captiond.base.instants import iso_utc
from captiond.core.messages import Caption, Gap, Message, Retraction, SessionState, StateChange
from captiond.serve import answers
from captiond.serve.encode import Bytes, Encoder, frame_header

ENCODER = Encoder()
EPOCH, SENT_S = Epoch("k3XbQwZt"), 1_718_447_400.25


def said(text: str = "hello", **changes: Any) -> Caption:
    fields: dict[str, Any] = {
        "utterance": UtteranceId("u1"),
        "revision": 2,
        "final": False,
        "text": SafeText(text),
        "stable_length": 3,
        "held": False,
        "channel": "external",
        "language": "en-US",
        "emitted_at": "2024-06-15T10:30:00.000Z",
    }
    return Caption(**{**fields, **changes})


def encoded(message: Message, index: int = 7) -> Bytes:
    return ENCODER.message(message, epoch=EPOCH, index=Index(index), sent_s=SENT_S)


def test_a_caption_has_the_keys_of_the_contract_and_no_unknown_ones() -> None:
    wire = encoded(said())
    assert wire.json == (
        b'{"type":"caption","index":7,"utterance":"u1","revision":2,"final":false,"text":"hello","stableLength":3,'
        b'"held":false,"channel":"external","language":"en-US","emittedAt":"2024-06-15T10:30:00.000Z",'
        b'"sentAt":"2024-06-15T10:30:00.250Z","redactions":{}}'
    )
    assert wire.index == 7


def test_what_is_known_of_a_caption_is_sent_zero_too() -> None:
    fields = json.loads(encoded(said(start_ms=0, end_ms=900, confidence=0.0, redactions={"CC": 1})).json)
    assert (fields["startMs"], fields["endMs"], fields["confidence"]) == (0, 900, 0.0)
    assert fields["redactions"] == {"CC": 1}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Retraction(UtteranceId("u1")), {"type": "retraction", "index": 7, "utterance": "u1"}),
        (Gap(None, "disconnect"), {"type": "gap", "index": 7, "lost": None, "cause": "disconnect"}),
        (Gap(3, "sequence"), {"type": "gap", "index": 7, "lost": 3, "cause": "sequence"}),
        (
            StateChange(SessionState.ENDED, "upstream_closed"),
            {"type": "session", "index": 7, "state": "ended", "reason": "upstream_closed"},
        ),
        (StateChange(SessionState.LIVE), {"type": "session", "index": 7, "state": "live", "reason": None}),
    ],
)
def test_the_other_messages_with_an_index(message: Message, expected: dict[str, Any]) -> None:
    wire = encoded(message)
    assert json.loads(wire.json) == expected
    assert wire.sse.startswith(f"event: {expected['type']}\nid: k3XbQwZt.7\ndata: {{".encode())


def test_an_event_ends_with_an_empty_line_and_has_one_data_line() -> None:
    wire = encoded(said("one\ntwo\r\nthree\u2028four"))
    head, data, *rest = wire.sse.decode().split("\n")[1:]
    assert head == "id: k3XbQwZt.7"
    assert json.loads(data.removeprefix("data: "))["text"] == "one\ntwo\r\nthree\u2028four"
    assert rest == ["", ""]
    assert b"\r" not in wire.sse


def test_only_messages_with_an_index_welcome_and_snapshot_have_an_id() -> None:
    welcome = _welcome()
    snapshot = ENCODER.snapshot(position="k3XbQwZt.7", captions=[], gaps=[], earlier_finals=0)
    assert b"\nid: k3XbQwZt.7\n" in welcome.sse
    assert b"\nid: k3XbQwZt.7\n" in snapshot.sse
    for wire in (
        ENCODER.ping(position="k3XbQwZt.7", now_s=SENT_S),
        ENCODER.notice(code="conflating", skipped=4),
        ENCODER.bye(code=CloseCode.SLOW, retry_ms=500),
    ):
        assert b"id:" not in wire.sse
        assert wire.index is None


def _welcome() -> Bytes:
    return ENCODER.welcome(
        session=SessionId("s1"),
        position="k3XbQwZt.7",
        recovered=False,
        state=SessionState.LIVE,
        language="en-US",
        started_at="2024-06-15T10:29:00.000Z",
        ping_s=25,
        now_s=SENT_S,
    )


def test_welcome_ping_notice_and_bye() -> None:
    assert json.loads(_welcome().json) == {
        "type": "welcome",
        "protocol": "captions.v1",
        "session": "s1",
        "position": "k3XbQwZt.7",
        "recovered": False,
        "state": "live",
        "language": "en-US",
        "startedAt": "2024-06-15T10:29:00.000Z",
        "pingS": 25,
        "serverTime": "2024-06-15T10:30:00.250Z",
    }
    assert json.loads(ENCODER.ping(position="k3XbQwZt.7", now_s=SENT_S).json) == {
        "type": "ping",
        "position": "k3XbQwZt.7",
        "serverTime": "2024-06-15T10:30:00.250Z",
    }
    assert json.loads(ENCODER.notice(code="caught-up", skipped=0).json) == {
        "type": "notice",
        "code": "caught-up",
        "skipped": 0,
    }
    bye = ENCODER.bye(code=CloseCode.DRAINING, retry_ms=1500)
    assert json.loads(bye.json) == {
        "type": "bye",
        "code": 4001,
        "reason": "the server is restarting",
        "resume": True,
        "retryMs": 1500,
    }
    assert bye.sse.startswith(b"retry: 1500\nevent: bye\ndata: ")
    ended = ENCODER.bye(code=CloseCode.SESSION_ENDED, retry_ms=None)
    assert json.loads(ended.json)["resume"] is False
    assert json.loads(ended.json)["retryMs"] is None
    assert b"retry:" not in ended.sse


def test_a_snapshot_says_what_was_said_sent_times_too() -> None:
    captions = [encoded(said("one"), 3), encoded(said("two"), 4)]
    gap = encoded(Gap(2, "sequence"), 2)
    snapshot = json.loads(ENCODER.snapshot(position="k3XbQwZt.4", captions=captions, gaps=[gap], earlier_finals=9).json)
    assert snapshot == {
        "type": "snapshot",
        "position": "k3XbQwZt.4",
        "captions": [json.loads(wire.json) for wire in captions],
        "gaps": [json.loads(gap.json)],
        "earlierFinals": 9,
    }


@pytest.mark.parametrize(
    ("length_bytes", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_frame_headers_at_every_boundary(length_bytes: int, header: bytes) -> None:
    assert frame_header(length_bytes) == header


@given(st.text(max_size=300), st.integers(1, 2**53))
def test_another_library_reads_the_same_json_from_the_frame(text: str, index: int) -> None:
    """Any text: what websockets' own parser gets out of our frame is our JSON, whole, as one text frame."""
    wire = encoded(said(text), index)
    parser = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)
    parser.receive_data(wire.ws)
    (frame,) = parser.events_received()
    assert (frame.opcode, frame.fin) == (Opcode.TEXT, True)  # type: ignore[union-attr]
    assert frame.data == wire.json  # type: ignore[union-attr]
    assert json.loads(wire.json)["text"] == text
    assert wire.size == max(len(wire.ws), len(wire.sse))


def test_a_lone_surrogate_becomes_a_replacement_and_keeps_lengths() -> None:
    wire = encoded(said("a\ud800b"))
    assert json.loads(wire.json)["text"] == "a\ufffdb"


def test_no_text_in_a_repr() -> None:
    assert "secret" not in repr(encoded(said("secret")))


@pytest.mark.parametrize(
    ("wire", "model"),
    [
        (encoded(said(start_ms=1, end_ms=2, confidence=0.5)), answers.CaptionMessage),
        (encoded(Retraction(UtteranceId("u1"))), answers.RetractionMessage),
        (encoded(Gap(None, "owner")), answers.GapMessage),
        (encoded(StateChange(SessionState.FAILED, "x")), answers.SessionMessage),
        (_welcome(), answers.Welcome),
        (
            ENCODER.snapshot(
                position="a.1", captions=[encoded(said())], gaps=[encoded(Gap(1, "sequence"))], earlier_finals=0
            ),
            answers.Snapshot,
        ),
        (ENCODER.ping(position="a.1", now_s=0), answers.Ping),
        (ENCODER.notice(code="conflating", skipped=1), answers.Notice),
        (ENCODER.bye(code=CloseCode.SLOW, retry_ms=1), answers.Bye),
    ],
)
def test_the_description_is_of_what_is_sent(wire: Bytes, model: type[BaseModel]) -> None:
    """Every key is described, and every described key that must be there is there."""
    described = {field.alias for field in model.model_fields.values()}
    assert set(json.loads(wire.json)) <= described
    model.model_validate_json(wire.json)


def test_times_are_utc_with_milliseconds() -> None:
    assert iso_utc(0.0) == "1970-01-01T00:00:00.000Z"
    assert iso_utc(1_718_447_400.9999) == "2024-06-15T10:30:00.999Z"
