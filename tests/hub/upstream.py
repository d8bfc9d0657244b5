"""What upstream does in the model's world: the steps of `machine.py` that speak."""

from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from captiond.base.ids import SessionId
from captiond.core.continuity import Verdict
from tests.hub.world import World

SESSIONS = (SessionId("a"), SessionId("b"))
WORDS = ("hello", "world", "HIDE", "café", "中文", "a", "twelve", "x" * 90)

sessions = st.sampled_from(SESSIONS)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
channels = st.sampled_from(("internal", "external"))
keys = st.sampled_from((None, None, "k1", "k2", "k3"))
starts_ms = st.sampled_from((None, None, None, 1000, 2000, 3000))


class Words(NamedTuple):
    """One event to come."""

    text: str
    final: bool
    channel: str
    key: str | None
    start_ms: int | None
    skip: int


words = st.builds(Words, texts, st.booleans(), channels, keys, starts_ms, st.sampled_from((0, 0, 0, 0, 0, 0, 0, 2)))


class Upstream(RuleBasedStateMachine):
    """Speech, losses, repeats, new numberings. Steps that have no sense in the present state do nothing."""

    world: World
    timed: bool
    said = 0

    def open_again(self, session: SessionId) -> None:
        """A new session in the place of one that is over."""
        raise NotImplementedError

    def arrive(self, session: SessionId, transport: str, partials: bool, token_s: float | None) -> None:
        """A new viewer."""
        raise NotImplementedError

    @rule(session=sessions, many=st.lists(words, min_size=1, max_size=8), turns=st.booleans())
    def speak(self, session: SessionId, many: list[Words], turns: bool) -> None:
        """Partials, finals, rewrites of finals, with or without events lost before them, in one turn or in several."""
        if not self.world.running(session):
            self.open_again(session)
        for each in many:
            self.say(session, each)
            if turns:
                self.world.turns.end()

    def say(self, session: SessionId, words: Words) -> None:
        """One event."""
        last = self.world.last(session)
        skip = words.skip if last else 0
        event = self.world.event(
            session,
            last + 1 + skip,
            words.text,
            final=words.final,
            channel=words.channel,
            key=words.key,
            start_ms=words.start_ms if self.timed else None,
        )
        self.world.away.discard(session)
        self.world.hear(event, lost=skip)

    @rule(session=sessions, count=st.sampled_from((5, 20, 60)), others=st.sampled_from(("", "hold", "open", "reword")),
          then_arrives=st.sampled_from((None, True, False)))  # fmt: skip
    def talk_on(self, session: SessionId, count: int, others: str, then_arrives: bool | None) -> None:
        """Many finals, more than a queue, a log or a snapshot holds.

        Meanwhile one of the other channel is held or open, or a final of an earlier such talk is worded anew.
        """
        if not self.world.running(session):
            return
        if others == "reword":
            self.say(session, Words(f"worded {self.said}", True, "external", "old", None, 0))
        elif others:
            self.say(session, Words("HIDE this", others == "hold", "external", None, None, 0))
        self.finals(session, count)
        if then_arrives is not None:
            self.arrive(session, "sse", then_arrives, None)
        if others == "open":
            self.say(session, Words("said at last", True, "external", None, None, 0))

    def finals(self, session: SessionId, count: int) -> None:
        """So many finals, each another."""
        for _ in range(count):
            self.said += 1
            self.say(session, Words(f"final number {self.said}", True, "internal", None, None, 0))

    @rule(session=sessions, back=st.integers(0, 3))
    def repeat(self, session: SessionId, back: int) -> None:
        """A duplicate or a late event changes nothing, and is no new numbering."""
        if self.world.running(session) and len(self.world.heard[session]) > back:
            event = self.world.heard[session][-1 - back]
            if event.sequence <= self.world.last(session):
                verdict = self.world.hear(event, again=True)
                assert verdict is (Verdict.LATE if back else Verdict.DUPLICATE)

    @rule(session=sessions)
    def reconnect(self, session: SessionId) -> None:
        self.world.rooms.disconnected(session, "closed")
        self.world.rooms.reconnected(session)
        self.world.away.add(session)

    @rule(session=sessions, final=st.booleans())
    def number_anew(self, session: SessionId, final: bool) -> None:
        """Upstream begins again with number 1: after a reconnect nobody knows what was lost."""
        if self.world.running(session) and self.world.last(session) > 1:
            self.said += 1
            event = self.world.event(session, 1, f"number one {self.said}", final=final, channel="external")
            lost = None if session in self.world.away else 0
            self.world.away.discard(session)
            self.world.heard[session].clear()  # a late event of the old numbering can't be told from a new one
            self.world.hear(event, lost=lost)
