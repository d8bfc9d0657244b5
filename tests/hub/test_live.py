"""Joining, resuming, filtering, slow viewers, ends: over both transports, on a virtual clock."""

from itertools import product
from typing import Any

import pytest

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SafeText, UtteranceId
from captiond.core.messages import Caption, SessionState
from captiond.hub.limits import Draining, Limits, TooManyViewers
from tests.hub.stage import BOTH, SESSION, House, Network


@pytest.fixture
def house() -> House:
    return House()


def closed(network: Network) -> CloseCode | None:
    """Read anew each time, so that a type checker does not remember the last answer."""
    return network.closed


def talk(house: House, *texts: str) -> None:
    """Finals, one each."""
    for text in texts:
        house.say(text, final=True)


@pytest.mark.parametrize("transport", BOTH)
def test_a_new_viewer_gets_welcome_then_the_whole_screen_then_what_comes(house: House, transport: str) -> None:
    talk(house, "one", "two")
    house.say("thr")
    network = house.watch(transport)
    assert network.types() == ["welcome", "snapshot"]
    assert network.writes == 1
    welcome, snapshot = network.got
    assert welcome["position"] == snapshot["position"] == house.here.position
    assert (welcome["recovered"], welcome["state"], welcome["pingS"]) == (False, "activating", 25)
    assert network.texts() == ["one", "two", "thr"]
    house.say("three", final=True)
    assert network.texts() == ["one", "two", "three"]
    assert network.got[-1]["sentAt"] == "2024-06-15T10:30:00.000Z"


@pytest.mark.parametrize(("transport", "at"), list(product(BOTH, range(8))))
def test_joining_at_any_moment_loses_and_doubles_nothing(house: House, transport: str, at: int) -> None:
    """T1: the join falls between any two messages; every screen ends equal, every later index comes once."""
    script = [("a", False), ("a b", False), ("a b c", True), ("d", False), ("HIDE", True), ("e", False), ("e f", True)]
    first = house.watch(transport)
    for step, (text, final) in enumerate(script):
        if step == at:
            joined = house.watch(transport)
        house.say(text, final=final)
    if at == len(script):
        joined = house.watch(transport)
    assert joined.screen.lines() == first.screen.lines()
    assert joined.indices() == first.indices()[len(first.indices()) - len(joined.indices()) :]


@pytest.mark.parametrize("transport", BOTH)
def test_a_cut_anywhere_is_resumed_without_loss(transport: str) -> None:
    """Every cut of the byte stream, also inside a message; resume from what the viewer has, or a snapshot."""
    whole = House()
    reference = whole.watch(transport)
    speak_after_greeting(whole)
    total = sum(len(str(m)) for m in reference.got) * 2
    cuts = 0
    for cut in range(0, total, 7):
        house = House()
        network, viewer = house.join(transport, takes_bytes=cut)
        speak_after_greeting(house)
        if not network.backlog():
            break
        cuts += 1
        network.cut()
        house.here.leave(viewer)
        position = network.screen.position
        again = house.watch(transport, position=position, screen=network.screen)
        assert again.screen.lines() == reference.screen.lines()
        assert again.got[0]["recovered"] is (position is not None)
    assert cuts > 50


def speak_after_greeting(house: House) -> None:
    house.say("one")
    house.say("one two", final=True)
    house.say("x", channel="external", skip=2)
    house.say("HIDE", final=True)
    house.say("bye", final=True)


@pytest.mark.parametrize("transport", BOTH)
def test_a_replay_is_whole_and_leaves_out_superseded_partials(house: House, transport: str) -> None:
    network, viewer = house.join(transport)
    house.say("a")
    house.here.leave(viewer)
    for text in ("a b", "a b c", "a b c d"):
        house.say(text)
    house.say("a b c d e", final=True)
    house.say("f")
    again = house.watch(transport, position=network.screen.position, screen=network.screen)
    assert again.types() == ["welcome", "caption", "caption"]
    assert again.got[0]["recovered"] is True
    assert again.texts() == ["a b c d e", "f"]


@pytest.mark.parametrize(
    "position",
    ["", "nonsense", "{epoch}", "{epoch}.-1", "{epoch}.7777", "{epoch}.99999999999999999999", "zzzzzzzz.1", "\x00.1"],
)
def test_a_position_that_cannot_be_resumed_from_gets_a_snapshot(house: House, position: str) -> None:
    """T3: malformed, negative, in the future, of another epoch: a snapshot, never a crash, never a part."""
    talk(house, "one", "two")
    epoch = house.here.position.split(".")[0]
    network = house.watch(position=position.format(epoch=epoch))
    assert network.types() == ["welcome", "snapshot"]
    assert [c["text"] for c in network.got[1]["captions"]] == ["one", "two"]


def test_a_position_older_than_the_log_gets_a_snapshot() -> None:
    house = House(Limits(retention_messages=3))
    talk(house, "one")
    position = house.here.position
    talk(house, "two", "three", "four")
    assert house.watch(position=position).got[0]["recovered"] is True
    talk(house, "five")
    assert house.watch(position=position).types() == ["welcome", "snapshot"]


def test_a_position_from_before_the_retention_time_gets_a_snapshot(house: House) -> None:
    position = house.here.position
    talk(house, "one")
    house.clock.monotonic += 599.0
    assert house.watch(position=position).got[0]["recovered"] is True
    house.clock.monotonic += 2.0
    assert house.watch(position=position).types() == ["welcome", "snapshot"]


def test_after_a_long_silence_one_who_has_it_all_is_recovered_with_nothing(house: House) -> None:
    """T4: the data has expired, the position lives on."""
    talk(house, "one")
    position = house.here.position
    house.clock.monotonic += 7000.0
    network = house.watch(position=position)
    assert network.got[0]["recovered"] is True
    assert network.types() == ["welcome"]


def test_resuming_before_anything_was_said(house: House) -> None:
    """T5."""
    network, viewer = house.join()
    assert network.got[0]["position"].endswith(".0")
    house.here.leave(viewer)
    talk(house, "one")
    again = house.watch(position=network.screen.position, screen=network.screen)
    assert again.got[0]["recovered"] is True
    assert again.texts() == ["one"]


def test_two_sockets_of_one_viewer_do_not_disturb_each_other(house: House) -> None:
    """T6: the old connection is not known to be dead yet."""
    old, viewer = house.join()
    old.stall()
    talk(house, "one")
    new = house.watch(position=old.screen.position)
    talk(house, "two")
    assert [m.get("text") for m in new.got] == [None, "one", "two"]
    assert house.here.viewers == 2
    house.here.leave(viewer)
    house.here.leave(viewer)
    assert (house.here.viewers, house.rooms.viewers) == (1, 1)


@pytest.mark.parametrize("transport", BOTH)
def test_a_ping_shows_a_lost_last_message(house: House, transport: str) -> None:
    """T2: the ping's position is the newest one, behind all that is pending."""
    network = house.watch(transport)
    house.wait(24.9)
    assert "ping" not in network.types()
    talk(house, "one")
    house.wait(0.2)
    assert network.got[-1]["type"] == "ping"
    assert network.got[-1]["position"] == house.here.position
    house.wait(25.0)
    assert network.types().count("ping") == 2


def test_a_ping_waits_behind_what_is_pending(house: House) -> None:
    network = house.watch()
    network.stall()
    talk(house, "one", "two")
    house.wait(25.1)
    network.take()
    assert network.types()[-3:] == ["caption", "caption", "ping"]
    assert network.got[-1]["position"] == house.here.position


def test_finals_only_viewers_get_finals_gaps_and_states_with_positions_of_their_own(house: House) -> None:
    network, viewer = house.join(partials=False)
    house.say("a")
    house.say("a b", final=True)
    house.say("c")
    house.say("d", skip=1)
    house.say("d e")
    assert network.types() == ["welcome", "snapshot", "caption", "gap"]
    last = network.screen.position
    assert last is not None
    house.wait(25.1)
    assert network.got[-1]["position"] == last != house.here.position
    house.here.leave(viewer)
    late = house.watch(partials=False)
    assert late.texts() == ["a b"]
    assert late.got[0]["position"] == late.got[1]["position"] == last
    again = house.watch(partials=False, position=last, screen=network.screen)
    assert again.types() == ["welcome"]
    assert again.got[0]["recovered"] is True


def test_finals_only_resume_where_only_partials_are_gone_from_the_log() -> None:
    house = House(Limits(retention_messages=3))
    network, viewer = house.join(partials=False)
    talk(house, "one")
    house.here.leave(viewer)
    for n in range(10):
        house.say("word " * n)
    again = house.watch(partials=False, position=network.screen.position, screen=network.screen)
    assert again.got[0]["recovered"] is True
    talk(house, "two")
    assert again.texts() == ["one", "two"]


def test_finals_only_cannot_resume_where_a_final_is_gone_from_the_log() -> None:
    house = House(Limits(retention_messages=3))
    network, viewer = house.join(partials=False)
    talk(house, "one")
    house.here.leave(viewer)
    talk(house, "two")
    for n in range(10):
        house.say("word " * n)
    again = house.watch(partials=False, position=network.screen.position, screen=network.screen)
    assert again.got[0]["recovered"] is False
    assert again.texts() == ["one", "two"]


def test_a_slow_viewer_of_finals_gets_finals(house: House) -> None:
    network = house.watch(partials=False)
    network.stall()
    house.say("one", final=True)
    house.say("two")
    house.say("two!", final=True)
    network.take()
    assert network.types() == ["welcome", "snapshot", "caption", "caption"]


def test_a_snapshot_is_encoded_once_for_a_storm_of_joiners(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    talk(house, *[f"final {n}" for n in range(60)])
    encoded: list[str] = []
    encode = house.rooms._encode.snapshot

    def counting(**fields: Any) -> Any:
        encoded.append(fields["position"])
        return encode(**fields)

    monkeypatch.setattr(house.rooms._encode, "snapshot", counting)
    networks = [house.watch(transport) for transport in BOTH * 20]
    assert encoded == [house.here.position]
    assert networks[0].got[1]["earlierFinals"] == 10
    assert all(network.got[1] == networks[0].got[1] for network in networks)
    house.say("more")
    house.watch()
    assert len(encoded) == 2


# -- slow viewers


def test_a_slow_viewer_skips_superseded_partials_is_told_and_keeps_every_final(house: House) -> None:
    network = house.watch()
    network.stall()
    for n in range(1, 30):
        house.say(f"word {n}")
    house.say("done", final=True)
    house.say("HIDE", final=True)
    for n in range(1, 30):
        house.say(f"next {n}")
    network.take()
    notices = [m for m in network.got if m["type"] == "notice"]
    assert [n["code"] for n in notices] == ["conflating", "caught-up"]
    assert notices[0]["skipped"] == 28 + 28
    assert network.texts() == ["done", "[CC]", "next 29"]
    house.say("in step")
    assert network.texts()[-1] == "in step"
    assert network.types()[-1] == "caption"
    assert house.meter.counted["viewer_conflated_total",] == 1


def test_a_stalled_viewer_costs_at_most_its_budget_and_delays_nobody() -> None:
    """T7: the ladder: conflate, drop the queue, resync by snapshot or give up."""
    house = House(Limits(max_queued_bytes=20_000))
    stalled, other = house.watch(), house.watch("sse")
    stalled.stall()
    for n in range(300):
        talk(house, f"final {n} " + "x" * 200)
        assert other.got[-1]["text"].startswith(f"final {n} ")
        assert stalled.backlog() < 1000  # what the transport holds: the one write that did not go through
    stalled.take()
    assert stalled.types()[-2:] == ["welcome", "snapshot"]
    assert stalled.screen.lines() == other.screen.lines()[-50:]
    assert house.meter.counted["viewer_resyncs_total",] == 1
    talk(house, "go on")
    assert stalled.texts()[-1] == other.texts()[-1] == "go on"


def test_a_viewer_that_takes_nothing_is_closed_as_slow() -> None:
    house = House(Limits(stall_s=30.0))
    network, viewer = house.join()
    network.stall()
    talk(house, "one")
    house.wait(29.8)
    assert closed(network) is None
    house.wait(0.4)
    assert network.closed is CloseCode.SLOW
    assert house.meter.counted["viewer_closes_total", "4008"] == 1
    talk(house, "two")  # nothing is written to it any more: Network asserts that
    house.here.leave(viewer)
    assert house.rooms.viewers == 0


def test_a_slow_but_living_viewer_sees_every_final_and_no_revision_go_back() -> None:
    """T8: 300 bytes a second for ten minutes of lively speech; the strict screen judges each message."""
    house = House()
    network = house.watch(takes_bytes=2000)
    expected = []
    for n in range(200):
        for words in range(1, 6):
            house.say(f"utterance {n} " + "word " * words)
            house.wait(0.5)
            network.take(150)
        expected.append(f"utterance {n} final")
        house.say(expected[-1], final=True)
        house.wait(0.5)
        network.take(150)
    network.take()
    assert closed(network) is None
    finals = [m["text"] for m in network.got if m["type"] == "caption" and m["final"]]
    assert finals == expected
    assert house.meter.counted["viewer_resyncs_total",] == 0
    assert house.meter.counted["viewer_conflated_total",] >= 1
    assert sum(m["skipped"] for m in network.got if m["type"] == "notice") > 300


def test_an_outlet_that_breaks_its_promise_does_not_stop_the_others(house: House) -> None:
    before, broken, after = house.watch(), house.watch(), house.watch()
    broken.broken = True
    talk(house, "one")
    assert before.texts() == after.texts() == ["one"]


def test_a_replay_goes_out_in_pieces_as_the_peer_takes_them(house: House) -> None:
    network, viewer = house.join()
    house.here.leave(viewer)
    talk(house, *["y" * 900 + str(n) for n in range(200)])
    again = house.watch(position=network.screen.position, screen=network.screen, takes_bytes=1000)
    assert again.most_waiting_bytes <= 65_536
    talk(house, "live meanwhile")
    again.take()
    assert again.most_waiting_bytes <= 65_536
    assert again.got[0]["recovered"] is True
    assert [m["index"] for m in again.got if m["type"] == "caption"] == list(range(1, 202))


# -- ends


@pytest.mark.parametrize("transport", BOTH)
def test_the_end_corrects_retracts_says_so_and_closes(house: House, transport: str) -> None:
    network, slow = house.watch(transport), house.watch(transport)
    slow.stall()
    house.say("HIDE", final=True)
    house.say("open", channel="external")
    house.end()
    assert network.types()[-4:] == ["caption", "retraction", "session", "bye"]
    assert network.texts() == ["[CC]"]
    assert (network.screen.state, network.screen.reason) == ("ended", "upstream_closed")
    assert network.got[-1]["code"] == 4510
    assert network.got[-1]["resume"] is False
    assert network.closed is CloseCode.SESSION_ENDED
    assert closed(slow) is None
    slow.take()  # first all that waited, then the bye
    assert slow.closed is CloseCode.SESSION_ENDED
    assert slow.screen.lines() == network.screen.lines()
    house.end()  # idempotent


@pytest.mark.parametrize("transport", BOTH)
def test_an_ended_session_is_replayed_to_late_viewers_while_it_is_kept(transport: str) -> None:
    house = House(Limits(retention_s=600.0))
    talk(house, "one")
    position = house.here.position
    house.end()
    late = house.watch(transport)
    assert late.types() == ["welcome", "snapshot", "bye"]
    assert late.got[0]["state"] == "ended"
    assert late.texts() == ["one"]
    resumed = house.watch(transport, position=position)
    assert resumed.types() == ["welcome", "session", "bye"]
    assert resumed.got[0]["recovered"] is True
    assert house.here.at_end(house.here.position)
    assert not house.here.at_end(position)
    house.wait(599.0, step_s=10.0)
    assert house.rooms.get(SESSION) is not None
    house.wait(2.0)
    assert house.rooms.get(SESSION) is None
    assert house.rooms.gone(SESSION)


def test_tokens_end_with_4005(house: House) -> None:
    network = house.watch(expires_s=house.clock.now_s() + 60.0)
    last_s = house.clock.now_s() + 6000.0
    other = house.watch(expires_s=last_s)
    house.wait(59.8, step_s=0.2)
    assert closed(network) is None
    house.wait(0.4, step_s=0.2)
    assert network.closed is CloseCode.TOKEN_EXPIRED
    assert network.got[-1]["resume"] is True
    assert other.closed is None
    assert house.here._audience.expiry_s == last_s  # the next look is due then, not at every tick


def test_a_drain_says_goodbye_to_everybody_at_spread_times() -> None:
    house = House()
    networks = [house.watch(transport) for transport in BOTH * 20]
    stuck = house.watch()
    stuck.stall()
    talk(house, "one")
    house.rooms.drain(10_000)
    retries = {network.got[-1]["retryMs"] for network in networks}
    assert {network.closed for network in [*networks, stuck]} == {CloseCode.DRAINING}
    assert all(5000 <= ms <= 10_000 for ms in retries)
    assert len(retries) > 10
    with pytest.raises(Draining):
        house.watch()
    assert house.rooms.viewers == 41


def test_too_many_viewers_are_refused_before_a_byte_is_written() -> None:
    house = House(Limits(max_connections=2))
    _, first = house.join()
    house.watch("sse")
    refused = Network()
    with pytest.raises(TooManyViewers):
        house.here.join(refused)
    assert (refused.got, house.here.viewers) == ([], 2)
    house.here.leave(first)
    house.watch()


# -- restored finals


def test_finals_of_before_a_restart_are_in_the_snapshot_under_a_new_epoch() -> None:
    house = House(opened=False)
    old = [stored(f"old-{n}", f"final {n}") for n in range(60)]
    old.append(stored("old-60", "my card is [...] ok", held=True))
    house.open(restored=old, earlier_finals=5)
    assert house.watch(position="abcdefgh.3").got[0]["recovered"] is False
    network = house.watch()
    assert network.got[1]["earlierFinals"] == 5 + 61 - 50
    assert network.texts()[0] == "final 11"
    assert network.texts()[-1] == "my card is [NUMBER] ok"
    assert not network.screen.lines()[-1].held
    assert [(c.utterance, c.revision, c.held) for _, c in house.kept] == [("old-60", 4, False)]
    talk(house, "new")
    assert network.texts()[-1] == "new"
    assert house.here.position.endswith(".51")


def test_an_interrupted_session_begins_with_a_gap() -> None:
    house = House(opened=False)
    house.open(restored=[stored("old-1", "before")], interrupted=True)
    network = house.watch()
    assert network.texts() == ["before"]
    assert [(gap.lost, gap.cause) for gap in network.screen.gaps()] == [(None, "disconnect")]


def stored(utterance: str, text: str, *, held: bool = False) -> Caption:
    return Caption(UtteranceId(utterance), 3, True, SafeText(text), 0, held, "", "en-US", "2024-06-15T10:29:00.000Z")


def test_states_are_told_once_and_never_after_the_end(house: House) -> None:
    network = house.watch()
    house.rooms.set_state(SESSION, SessionState.LIVE)
    house.rooms.set_state(SESSION, SessionState.LIVE)
    house.rooms.disconnected(SESSION, "stream closed with 1006")
    house.rooms.reconnected(SESSION)
    states = [(m["state"], m["reason"]) for m in network.got if m["type"] == "session"]
    assert states == [("live", None), ("reconnecting", "stream closed with 1006"), ("live", None)]
    house.end(SessionState.FAILED, "403")
    house.rooms.reconnected(SESSION)
    assert house.say("too late") is None
    assert network.screen.state == "failed"
