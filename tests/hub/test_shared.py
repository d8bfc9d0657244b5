"""Whole conversations through the hub with the real redactor: strict screens, lost events, slow and late viewers."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from captiond.base.ids import SessionId
from captiond.core.redact import Call, Redactor
from captiond.core.screen import Screen
from captiond.genesys.dialect_media import decode_frame
from captiond.hub.limits import Limits
from tests.hub.stage import House, Network

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
STREAMS = [
    *(f"faults/{name}" for name in ("pii-de-a-000", "pii-de-a-001", "pii-de-a-002", "pii-de-a-003")),
    *(f"faults/{name}" for name in ("star-1216", "star-1369", "star-1393")),
    *(f"pii/pii-{name}-a-000" for name in ("en", "de")),
]
pytestmark = pytest.mark.shared


class Played:
    """One stream, each of its media sessions with four viewers of different fortunes."""

    def __init__(self, stream: str) -> None:
        self.house = House(Limits(max_queued_bytes=6000, stall_s=1e6), opened=False, redactor=Redactor, call=Call)
        self.live: dict[SessionId, Network] = {}
        self.slow: dict[SessionId, Network] = {}
        self.resuming: dict[SessionId, Screen] = {}
        lines = (SHARED / f"{stream}.jsonl").read_bytes().splitlines()
        for number, line in enumerate(lines):
            self.play(line, number)
        self.house.wait(4.0)

    def play(self, line: bytes, number: int) -> None:
        (arrival,) = decode_frame(line, session=None).arrivals
        session, house = arrival.session, self.house
        if house.rooms.get(session) is None:
            house.open(session, conversation="one call")
            self.live[session], self.slow[session] = Network("ws"), Network("sse")
            for network in (self.live[session], self.slow[session]):
                house.room(session).join(network)
            self.resuming[session] = Screen()
        house.clock.monotonic = max(house.clock.monotonic, 5000.0 + arrival.event_s - self.start(arrival.event_s))
        house.rooms.tick(house.clock.monotonic)
        house.rooms.deliver(arrival, received_s=house.clock.monotonic)
        slow = self.slow[session]
        slow.stall() if number % 80 < 60 else slow.take()
        if number % 25 == 0:  # comes, stays for a moment, goes, and resumes later from where it was
            self.glance(session)

    def start(self, event_s: float) -> float:
        if not hasattr(self, "_start"):
            self._start = event_s
        return self._start

    def glance(self, session: SessionId) -> None:
        screen = self.resuming[session]
        network = Network("sse", screen=screen)
        viewer = self.house.room(session).join(network, position=screen.position)
        self.house.room(session).leave(viewer)


@pytest.mark.parametrize("stream", STREAMS)
def test_every_screen_is_equal_at_the_end(stream: str) -> None:
    played = Played(stream)
    assert len(played.live) == 2
    for session, live in played.live.items():
        lines = live.screen.lines()
        assert len(lines) > 3
        assert not any(line.held for line in lines)  # 4 s of silence decided everything
        played.slow[session].take()
        played.glance(session)
        late = Network()
        played.house.room(session).join(late)
        for screen in (played.slow[session].screen, played.resuming[session], late.screen):
            assert screen.lines() == lines[len(lines) - len(screen.lines()) :]
            assert len(screen.lines()) >= min(50, len(lines))
        assert played.house.room(session)._room.faults == 0


@pytest.mark.parametrize("stream", ["pii-de-a-002", "star-1216"])
def test_what_was_lost_is_told(stream: str) -> None:
    faults: dict[str, Any] = json.loads((SHARED / "faults" / f"{stream}.faults.json").read_bytes())
    lost = Counter(session for fault in faults["log"] for session, _, _ in fault["lost"])
    played = Played(f"faults/{stream}")
    assert sum(lost.values()) > 2
    for session, live in played.live.items():
        assert played.house.room(session).lost_events == lost[str(session)]
        told = [m["lost"] for m in live.got if m["type"] == "gap"]
        assert sum(told) == lost[str(session)]
        assert len(told) == played.house.room(session).gaps


def test_no_number_of_the_truth_reaches_any_viewer() -> None:
    """Promise 5, at hub level: all messages of all viewers, corrections and snapshots too."""
    played = Played("pii/pii-en-a-000")
    truth: dict[str, Any] = json.loads((SHARED / "pii" / "truth" / "pii-en-a-000.json").read_bytes())
    values = [
        entity["value"]
        for utterance in truth["utterances"]
        for entity in utterance["entities"]
        if entity["cls"] == "pii" and entity["type"] in ("CARD", "SSN", "PHONE", "EMAIL", "IBAN")
    ]
    assert values
    for network in (*played.live.values(), *played.slow.values()):
        sent = json.dumps(network.got, ensure_ascii=False)
        for value in values:
            assert value not in sent
