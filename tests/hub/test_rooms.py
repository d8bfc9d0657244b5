"""Opening, linking, limits, retention, figures, metrics and audit records."""

import pytest

from captiond.base.close_codes import CloseCode
from captiond.base.errors import LocalError
from captiond.base.ids import SessionId
from captiond.core.continuity import Verdict
from captiond.core.messages import SessionState
from captiond.hub.limits import Limits, TooManySessions
from tests.hub.stage import SESSION, House

OTHER = SessionId("t")


@pytest.fixture
def house() -> House:
    return House()


def test_a_session_runs_once_and_may_begin_again_after_its_end(house: House) -> None:
    with pytest.raises(LocalError):
        house.open()
    network = house.watch()
    old = house.here.position
    house.end()
    late = house.watch()
    assert late.types()[-1] == "bye"
    new = house.open()
    assert new.position.split(".")[0] != old.split(".")[0]
    assert network.closed is CloseCode.SESSION_ENDED
    house.sequences.clear()
    house.say("hello again")
    assert house.watch().texts() == ["hello again"]
    assert not house.rooms.gone(SESSION)


def test_sessions_are_bounded_and_ended_ones_do_not_count() -> None:
    house = House(Limits(max_sessions=1))
    with pytest.raises(TooManySessions):
        house.open(OTHER)
    house.end()
    house.open(OTHER)
    assert [live.session for live in house.rooms.all()] == [SESSION, OTHER]


def test_media_sessions_of_one_conversation_share_their_cues(house: House) -> None:
    made: list[object] = []
    for name, conversation in (("a", "call"), ("b", "call"), ("c", "other"), ("d", None)):
        house.open(SessionId(name), conversation=conversation)
        house.say("x", session=SessionId(name))
        made.append(next(iter(house.rooms._lives[SessionId(name)]._room._channels.values())).redactor.call)  # type: ignore[attr-defined]
    assert made[0] is made[1]
    assert len({id(call) for call in made}) == 3
    house.rooms.end(SessionId("a"))
    house.rooms.end(SessionId("b"))
    house.rooms.end(SessionId("c"))
    assert house.rooms._calls == {}


def test_events_go_to_their_session_only_and_nowhere_if_there_is_none(house: House) -> None:
    house.open(OTHER)
    network = house.watch()
    assert house.say("to t", session=OTHER) is Verdict.ACCEPTED
    assert house.say("to nobody", session=SessionId("nobody")) is None
    assert network.types() == ["welcome", "snapshot"]


def test_idle_sessions_are_named(house: House) -> None:
    house.open(OTHER)
    house.clock.monotonic += 3599.0
    house.say("still here", session=OTHER)
    assert house.rooms.idle(house.clock.monotonic) == []
    house.clock.monotonic += 1.0
    assert house.rooms.idle(house.clock.monotonic) == [SESSION]
    house.end()
    assert house.rooms.idle(house.clock.monotonic) == []


def test_forgotten_sessions_are_known_to_be_gone(house: House) -> None:
    network = house.watch()
    house.rooms.forget(SESSION)
    house.rooms.forget(SESSION)
    assert network.closed is CloseCode.SESSION_ENDED
    assert house.rooms.get(SESSION) is None
    assert house.rooms.gone(SESSION)
    assert not house.rooms.gone(OTHER)


def test_silence_is_ended_by_the_daemons_clock(house: House) -> None:
    network = house.watch()
    house.say("my card is HIDE", final=True)
    house.wait(2.9)
    assert network.texts() == ["my card is [...]"]
    house.wait(0.2)
    assert network.texts() == ["my card is [CC]"]
    assert [(c.revision, c.text) for _, c in house.kept] == [(1, "my card is [...]"), (2, "my card is [CC]")]
    assert house.meter.observed["held_seconds"] == [pytest.approx(3.0, abs=0.11)]
    assert [(r["kind"], r["sequence"]) for r in house.audit.records] == [("transcription", 1), ("correction", 1)]


def test_figures_of_a_session(house: House) -> None:
    live = house.here
    assert (live.avg_latency_ms, live.p99_latency_ms, live.tokens_per_second) == (None, None, 0.0)
    for n in range(99):
        house.say(f"one two {n}", final=n % 3 == 0, latency_s=0.1)
    house.say("slow", latency_s=2.0)
    house.say("from the future", latency_s=-5.0)
    house.say("from last year", latency_s=1e7)
    house.say("x", skip=4)
    assert live.avg_latency_ms == pytest.approx((99 * 100 + 2000 + 250) / 101, abs=0.01)
    assert live.p99_latency_ms == pytest.approx(250.0)
    assert live.tokens_per_second == pytest.approx(33 * 3 / 10)
    assert house.meter.counted["clock_skew_total",] == 2
    assert (live.gaps, live.lost_events, live.duplicates) == (1, 4, 0)
    house.sequences[SESSION] -= 1
    house.say("x")
    assert live.duplicates == 1
    house.clock.monotonic += 10.5
    assert live.tokens_per_second == 0.0


def test_metrics_are_counted_once_for_each_caption_and_not_for_each_viewer(house: House) -> None:
    for transport in ("ws", "ws", "sse"):
        house.watch(transport)
    house.say("one two")
    house.say("one two HIDE", final=True)
    house.say("next", skip=2)
    house.say("gone", skip=-1)
    counted = house.meter.counted
    assert counted["upstream_events_total", "media", "partial"] == 3
    assert counted["upstream_events_total", "media", "final"] == 1
    assert counted["captions_total", "false"] == 2
    assert counted["captions_total", "true"] == 2  # the final and its correction
    assert counted["tokens_total", "true"] == 3  # but it was said once
    assert counted["tokens_total", "false"] == 3
    assert counted["redactions_total", "CC"] == 1
    assert counted["upstream_gaps_total",] == 1
    assert counted["upstream_lost_events_total",] == 2
    assert counted["upstream_duplicates_total",] == 1
    assert counted["deliveries_total", "ws"] == 2 * 5
    assert counted["deliveries_total", "sse"] == 5
    assert len(house.meter.observed["caption_latency_seconds"]) == 3
    assert len(house.meter.observed["daemon_latency_seconds"]) == 3
    assert len(house.meter.observed["core_seconds"]) == 4
    house.wait(1.1)
    assert house.meter.gauges["viewers", "ws"] == 2
    assert house.meter.gauges["sessions", "activating"] == 1


def test_one_audit_record_for_each_processed_event_and_gap_and_never_text(house: House) -> None:
    house.say("hello  world")
    house.say("card HIDE", final=True, skip=1)
    house.say("next", final=True)
    house.say("next", final=True, skip=-1)  # a duplicate is not processed
    records = house.audit.records
    assert [(r["kind"], r["sequence"]) for r in records] == [
        ("transcription", 1),
        ("gap", 3),
        ("transcription", 3),
        ("correction", 3),
        ("transcription", 4),
    ]
    assert house.here.audit_records == 5
    assert records[0] == {
        "kind": "transcription",
        "mediaSessionId": "s",
        "sequence": 1,
        "rawLength": 12,
        "redactedLength": 12,
        "latencyMs": 250.0,
        "tokensProcessed": 2,
        "redactions": {},
        "complianceFlag": "NO_PII",
    }
    assert records[1]["lost"] == 1
    assert (records[2]["rawLength"], records[2]["redactedLength"]) == (None, None)
    assert (records[2]["redactions"], records[2]["complianceFlag"]) == ({}, "NO_PII")  # not decided yet
    assert records[3] == {
        "kind": "correction",
        "mediaSessionId": "s",
        "sequence": 3,
        "revision": 2,
        "redactions": {"CC": 1},
        "complianceFlag": "PII_REDACTED",
    }
    assert "HIDE" not in str(records)
    assert "hello" not in str(records)


def test_a_gap_is_one_line_of_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.say("hello world")
    house.say("card", skip=2)
    assert [record.getMessage() for record in caplog.records] == ["gap: session=s sequence=4 lost=2 cause=sequence"]


def test_the_end_of_a_drain_leaves_nothing_waiting() -> None:
    house = House()
    network = house.watch()
    house.rooms.drain(1000)
    assert network.got[-1]["code"] == 4001
    house.say("into the void")
    assert network.types().count("caption") == 0


def test_state_by_rooms_ends_a_session_too(house: House) -> None:
    house.rooms.set_state(SESSION, SessionState.FAILED, "403")
    assert house.here.state is SessionState.FAILED
    assert house.here.reason == "403"
    with pytest.raises(LocalError):
        house.rooms.end(SESSION, SessionState.LIVE)
    house.rooms.set_state(OTHER, SessionState.LIVE)  # not here: nothing to tell


def test_the_sessions_of_a_call_are_known_as_long_as_they_are_kept() -> None:
    house = House(opened=False)
    rooms = house.rooms
    for name, conversation in (("a", "call"), ("b", "call"), ("c", "other"), ("call", None)):
        house.open(SessionId(name), conversation=conversation)
    assert [live.session for live in rooms.of_conversation("call")] == ["a", "b", "call"]
    assert [live.session for live in rooms.of_conversation("other")] == ["c"]
    rooms.end(SessionId("a"))
    assert [live.session for live in rooms.of_conversation("call")] == ["a", "b", "call"]  # late viewers find it
    house.open(SessionId("a"), conversation="other")  # the same name, of another call
    assert [live.session for live in rooms.of_conversation("call")] == ["b", "call"]
    assert [live.session for live in rooms.of_conversation("other")] == ["c", "a"]
    for live in list(rooms.all()):
        rooms.forget(live.session)
    assert rooms.of_conversation("call") == rooms.of_conversation("other") == []
    assert rooms._calls == rooms._conversations == {}  # nothing is left of calls that are over
