"""Slow viewers, ends, tokens, drains, restored finals: over both transports, on a virtual clock."""

import pytest

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SafeText, UtteranceId
from captiond.core.messages import Caption, Gap, SessionState
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
    """T7 (websockets' guide, aiohttp#1367), the ladder: conflate, drop the queue, resync by snapshot or give up."""
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
    """T8 (SignalK#2235, #2531): 300 bytes a second for ten minutes of lively speech; the screen judges each message."""
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


def test_who_asks_gets_a_ping_behind_all_that_waits_for_it(house: House) -> None:
    network, viewer = house.join()
    house.here.answer(viewer)
    assert network.types()[2:] == ["ping"]
    assert network.got[-1]["answer"] is True
    network.stall()
    talk(house, "one", "two")
    house.here.answer(viewer)
    house.here.answer(viewer)
    talk(house, "three")
    network.take()
    assert [kind for kind in network.types()[3:] if kind != "notice"] == ["caption", "caption", "caption", "ping"]
    assert network.got[-1]["position"] == house.here.position
    assert network.got[-1]["answer"] is True
    house.wait(25.1)
    assert network.types()[-1] == "ping"
    assert "answer" not in network.got[-1]
    network.stall()
    house.here.answer(viewer)  # which its transport does not take any more
    talk(house, "four")
    network.take()
    assert network.texts()[-1] == "four"
    house.here.dismiss(viewer, CloseCode.RATE_LIMITED)
    house.here.answer(viewer)  # nothing is written behind its bye: Network asserts that


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
    """T15 (mercure#666), to the tenth of a second."""
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


def test_what_is_kept_says_where_updates_were_lost() -> None:
    house = House(opened=False)
    house.open(interrupted=True)
    talk(house, "one")
    house.say("two", final=True, skip=3)
    assert house.missed == [(SESSION, Gap(None, "disconnect")), (SESSION, Gap(3, "sequence"))]


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
