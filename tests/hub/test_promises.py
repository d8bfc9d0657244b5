"""The promises of the stream (contract, section 5) under random schedules, on virtual time, with stalled viewers.

Each viewer's strict reference screen (`core.screen`) judges every message as it arrives; here the model adds what no
single viewer can know: finals exactly once, equal screens when all is quiet, bounded queues, nobody delayed.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from captiond.base.close_codes import CloseCode
from captiond.core.screen import Screen
from captiond.core.subscriber import Phase
from captiond.hub.limits import Limits
from captiond.hub.viewer import Viewer
from tests.hub.stage import BOTH, House, Network

MAX_QUEUED_BYTES = 2000  # so that a handful of finals overflows it
WORDS = ["hello", "world", "HIDE", "caf\u00e9", "\u4e2d\u6587", "a", "twelve"]


@dataclass
class Person:
    """Somebody who watches, over any number of connections."""

    partials: bool
    screen: Screen = field(init=False)
    network: Network | None = None
    viewer: Viewer | None = None
    finals_since: int = 0  # how many finals had been published when the present connection's screen began

    def __post_init__(self) -> None:
        self.screen = Screen(partials=self.partials)


class Promises(RuleBasedStateMachine):
    """Speech, losses, silence, viewers who come, stall, read a little, vanish and resume."""

    @initialize(retention=st.sampled_from([3, 8, 1000]))
    def begin(self, retention: int) -> None:
        limits = Limits(retention_messages=retention, max_queued_bytes=MAX_QUEUED_BYTES, stall_s=30.0)
        self.house = House(limits)
        self.people: list[Person] = []
        self.control = self.house.watch()  # reads everything at once: what was published
        self.finals_control = self.house.watch("sse", partials=False)

    # -- upstream

    @rule(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), final=st.booleans(),
          channel=st.sampled_from(["internal", "external"]), skip=st.sampled_from([0, 0, 0, 0, 2]))  # fmt: skip
    def speak(self, words: list[str], final: bool, channel: str, skip: int) -> None:
        self.house.say(" ".join(words), final=final, channel=channel, skip=skip)

    @rule()
    def late_event(self) -> None:
        if self.house.sequences["s"] > 1:  # type: ignore[index]
            self.house.say("late", skip=-1)

    @rule()
    def reconnect(self) -> None:
        self.house.rooms.disconnected("s", "closed")  # type: ignore[arg-type]
        self.house.rooms.reconnected("s")  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.5, 26.0]))
    def silence(self, seconds: float) -> None:
        self.house.wait(seconds, step_s=0.5)

    # -- viewers

    @rule(transport=st.sampled_from(BOTH), partials=st.booleans())
    def arrive(self, transport: str, partials: bool) -> None:
        if len(self.people) < 4:
            person = Person(partials)
            self.people.append(person)
            self.connect(person, transport)

    def connect(self, person: Person, transport: str) -> None:
        had = person.screen.position
        network, viewer = self.house.join(
            transport, position=had, partials=person.partials, screen=person.screen, takes_bytes=None
        )
        person.network, person.viewer = network, viewer

    def one(self, data: st.DataObject, *, connected: bool) -> Person | None:
        able = [p for p in self.people if (p.network is not None) is connected]
        return data.draw(st.sampled_from(able)) if able else None

    @rule(data=st.data())
    def stall(self, data: st.DataObject) -> None:
        person = self.one(data, connected=True)
        if person is not None and person.network is not None:
            person.network.stall()

    @rule(data=st.data(), count=st.integers(1, 700))
    def read_a_little(self, data: st.DataObject, count: int) -> None:
        person = self.one(data, connected=True)
        if person is not None and person.network is not None and person.network.takes_bytes is not None:
            person.network.take(count)

    @rule(data=st.data())
    def recover(self, data: st.DataObject) -> None:
        person = self.one(data, connected=True)
        if person is not None and person.network is not None:
            person.network.take()

    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        person = self.one(data, connected=True)
        if person is not None and person.network is not None and person.viewer is not None:
            person.network.cut()
            self.house.here.leave(person.viewer)
            person.network = person.viewer = None

    @rule(data=st.data(), transport=st.sampled_from(BOTH))
    def resume(self, data: st.DataObject, transport: str) -> None:
        person = self.one(data, connected=False)
        if person is not None:
            self.connect(person, transport)

    # -- promises

    @invariant()
    def closed_ones_are_slow_ones(self) -> None:
        for person in getattr(self, "people", []):
            if person.network is not None and person.network.closed is not None:
                assert person.network.closed is CloseCode.SLOW
                person.network.cut()
                self.house.here.leave(person.viewer)
                person.network = person.viewer = None

    @invariant()
    def queues_are_bounded(self) -> None:
        """Promise 4."""
        for person in getattr(self, "people", []):
            if person.viewer is not None:
                assert person.viewer.subscriber.queued_bytes <= MAX_QUEUED_BYTES

    @invariant()
    def nobody_in_step_is_delayed(self) -> None:
        """Promise 4: whoever reads has everything at once, whatever the others do."""
        for person in getattr(self, "people", []):
            if person.network is not None and person.network.takes_bytes is None and person.network.closed is None:
                assert person.viewer.subscriber.phase is Phase.LIVE
                self.judge(person)

    @invariant()
    def finals_come_exactly_once_and_in_order(self) -> None:
        """Promise 2, for each connection between two snapshots; promise 1 for its start."""
        if not hasattr(self, "control"):
            return
        published = [m["index"] for m in self.control.got if m["type"] == "caption" and m["final"]]
        for person in self.people:
            if person.network is None:
                continue
            got = since_last_greeting(person.network.got)
            if got is None:
                continue
            start, messages = got
            finals = [m["index"] for m in messages if m["type"] == "caption" and m["final"]]
            last = max((m["index"] for m in messages if "index" in m), default=start)
            assert finals == [index for index in published if start < index <= last]

    def judge(self, person: Person) -> None:
        """Promise 3: equal screens, over the range that the snapshots cover."""
        lines = person.screen.lines()
        expected = (self.control if person.partials else self.finals_control).screen.lines()
        assert lines == expected[len(expected) - len(lines) :]
        assert len(lines) >= min(50, len(expected))

    def teardown(self) -> None:
        for person in getattr(self, "people", []):
            if person.network is None:
                self.connect(person, "ws")
            person.network.take()
            self.judge(person)


def since_last_greeting(got: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]] | None:
    """The index where the viewer's present screen began, and all that came after it; None before it is there."""
    for at in range(len(got) - 1, -1, -1):
        if got[at]["type"] == "snapshot" or (got[at]["type"] == "welcome" and got[at]["recovered"]):
            return int(got[at]["position"].split(".")[1]), got[at + 1 :]
        if got[at]["type"] == "welcome":
            return None
    return None


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=150, stateful_step_count=60, deadline=None, derandomize=True)
