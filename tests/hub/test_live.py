"""Joining, resuming, filtering, snapshots: over both transports, on a virtual clock. See also test_live_ends."""

from itertools import product
from typing import Any

import pytest

from captiond.core.screen import ProtocolViolation
from captiond.hub.limits import Limits
from tests.hub.stage import BOTH, House


@pytest.fixture
def house() -> House:
    return House()


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
    """T1 (mercure#178): the join falls between any two messages; all screens end equal, each later index comes once."""
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
    """T3 (mercure#704): malformed, negative, in the future, of another epoch: a snapshot, no crash, never a part."""
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
    """T4 (socket.io#5282): the data has expired, the position lives on."""
    talk(house, "one")
    position = house.here.position
    house.clock.monotonic += 7000.0
    network = house.watch(position=position)
    assert network.got[0]["recovered"] is True
    assert network.types() == ["welcome"]


def test_resuming_before_anything_was_said(house: House) -> None:
    """T5 (socket.io's documentation): the first welcome has a position to resume from."""
    network, viewer = house.join()
    assert network.got[0]["position"].endswith(".0")
    house.here.leave(viewer)
    talk(house, "one")
    again = house.watch(position=network.screen.position, screen=network.screen)
    assert again.got[0]["recovered"] is True
    assert again.texts() == ["one"]


def test_two_sockets_of_one_viewer_do_not_disturb_each_other(house: House) -> None:
    """T6 (socket.io-redis-streams#26): the old connection is not known to be dead yet."""
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
    """T2 (mercure#243): the ping's position is the newest one, behind all that is pending."""
    network = house.watch(transport)
    house.wait(24.9)
    assert "ping" not in network.types()
    talk(house, "one")
    house.wait(0.2)
    assert network.got[-1]["type"] == "ping"
    assert network.got[-1]["position"] == house.here.position
    house.wait(25.0)
    assert network.types().count("ping") == 2


@pytest.mark.parametrize("transport", BOTH)
def test_who_lost_the_last_message_sees_so_at_the_next_ping_and_gets_it(house: House, transport: str) -> None:
    """T2 (mercure#243), seen from the viewer: there is no later message that could show the hole."""
    network, viewer = house.join(transport)
    talk(house, "one")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(network, "write", lambda _: True)
        talk(house, "two")
    assert network.texts() == ["one"]
    house.wait(25.1)
    with pytest.raises(ProtocolViolation, match="a ping at"):
        network.sound()
    house.here.leave(viewer)
    again = house.watch(transport, position=network.screen.position, screen=network.screen)
    assert again.got[0]["recovered"] is True
    assert again.texts() == ["one", "two"]


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
