"""A random world for the hub, step by step, and the promises of the stream after each (contract, section 5).

Two sessions, speech on two channels with and without ids, corrections, losses, repeats, silence, ends, restarts;
viewers of both transports and both filters, who come with any position, stall, read a few bytes, read slowly, vanish,
come back over the other transport, come twice, come back with an old screen; tokens that end; loop turns that end at
any point. `watcher.py` judges each viewer, `reference.py` says what is right.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SessionId
from captiond.core.messages import SessionState
from captiond.core.subscriber import PIECE_S
from captiond.hub.limits import Limits
from tests.hub.stage import BOTH, Network
from tests.hub.upstream import SESSIONS, Upstream, Words, sessions, words
from tests.hub.watcher import Connection, Watcher
from tests.hub.world import World

MAX_QUEUED_BYTES = 5000  # a dozen finals are over it
STALL_S = 30.0
MAX_WATCHERS = 7

transports = st.sampled_from(BOTH)
whose = st.integers(0, 20)


class Promises(Upstream):
    """The machine. Steps that have no sense in the present state do nothing."""

    @initialize(
        retention=st.sampled_from((4, 12, 1000)),
        retention_s=st.sampled_from((40.0, 600.0)),
        deferring=st.booleans(),
        timed=st.booleans(),
    )
    def begin(self, retention: int, retention_s: float, deferring: bool, timed: bool) -> None:
        limits = Limits(
            retention_messages=retention,
            retention_s=retention_s,
            max_queued_bytes=MAX_QUEUED_BYTES,
            stall_s=STALL_S,
        )
        self.world = World(limits, deferring=deferring)
        self.timed = timed
        self.watchers: list[Watcher] = []
        self.old: list[Watcher] = []
        self.connections: list[Connection] = []
        for session, transport, partials in zip(SESSIONS * 2, BOTH * 2, (True, True, True, False), strict=True):
            if self.world.rooms.get(session) is None:
                self.world.open(session)
            self.arrive(session, transport, partials, None)

    # -- time and ends

    @rule(seconds=st.sampled_from((0.13, 1.07, 3.51, 26.03, 45.07)))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds, self._read_slowly)

    def _read_slowly(self, step_s: float) -> None:
        for connection in self.connections:
            if connection.byte_rate:
                self._take(connection, round(connection.byte_rate * step_s))
        self._look()

    @rule()
    def end_of_turn(self) -> None:
        self.world.turns.end()

    @rule(session=sessions, what=st.sampled_from(("", "", "end", "fail", "delete", "restart")))
    def life(self, session: SessionId, what: str) -> None:
        """A session ends, is let go of before its time, or the daemon goes and comes back."""
        if what == "restart":
            for connection in self.connections:
                connection.may_close.add(CloseCode.DRAINING)
            self.world.restart()
            assert all(connection.network.closed is not None for connection in self.connections)
        elif what and session in self.world.speech and self.world.rooms.get(session) is not None:
            for connection in self._of(session):
                connection.may_close.add(CloseCode.SESSION_ENDED)
                connection.cut_short = connection.cut_short or what == "delete"
            if what == "delete":
                self.world.rooms.forget(session)
                del self.world.speech[session]
            else:
                self.world.end(session, SessionState.ENDED if what == "end" else SessionState.FAILED)

    def open_again(self, session: SessionId) -> None:
        """A new session in the place of one that is over."""
        for connection in self._of(session):
            connection.may_close.add(CloseCode.SESSION_ENDED)
            connection.cut_short = True
        self.world.open(session)

    # -- viewers

    @rule(session=sessions, transport=transports, partials=st.booleans(), token_s=st.sampled_from((None, None, 20.0)))
    def arrive(self, session: SessionId, transport: str, partials: bool, token_s: float | None) -> None:
        if len(self.watchers) >= MAX_WATCHERS:
            self._send_away(self.watchers[0])
        if self.world.rooms.get(session) is not None:
            watcher = Watcher(session, partials)
            self.watchers.append(watcher)
            self._connect(watcher, transport, token_s=token_s)

    @rule(who=whose, transport=transports, how=st.sampled_from(("future", "elsewhere", "malformed", "negative", "")))
    def arrive_with_nonsense(self, who: int, transport: str, how: str) -> None:
        """T3: a position that can't be resumed from."""
        watcher = self._pick(who, connected=False)
        if watcher is None or self.world.rooms.get(SessionId(watcher.session)) is None:
            return
        epoch, top = self.world.epoch(SessionId(watcher.session)), self.world.log(SessionId(watcher.session)).top
        positions = {
            "future": f"{epoch}.{top + 1}",
            "elsewhere": f"{epoch.swapcase()}.{top}",
            "malformed": f"{epoch}.0{top}",
            "negative": f"{epoch}.-1",
        }
        self._connect(watcher, transport, position=positions.get(how, ""))

    @rule(who=whose, transport=transports, taking=st.sampled_from((None, None, 0, 400)))
    def resume(self, who: int, transport: str, taking: int | None) -> None:
        watcher = self._pick(who, connected=False)
        if watcher is not None:
            self._connect(watcher, transport, position=watcher.screen.position, taking=taking)

    @rule(who=whose, transport=transports)
    def come_twice(self, who: int, transport: str) -> None:
        """T6: the same viewer again, from what it has, before its first connection is known to be dead."""
        watcher = self._pick(who, connected=True)
        if watcher is not None and len(self.watchers) < MAX_WATCHERS:
            twin = watcher.twin()
            self.watchers.append(twin)
            self._connect(twin, transport, position=twin.screen.position)

    @rule(who=whose)
    def keep_a_page(self, who: int) -> None:
        """Later somebody comes back with this screen."""
        watcher = self._pick(who, connected=True)
        if watcher is not None:
            self.old = [*self.old[-3:], watcher.twin()]

    @rule(who=whose, transport=transports)
    def restore_a_page(self, who: int, transport: str) -> None:
        if self.old and len(self.watchers) < MAX_WATCHERS:
            watcher = self.old.pop(who % len(self.old))
            self.watchers.append(watcher)
            self._connect(watcher, transport, position=watcher.screen.position)

    @rule(who=whose)
    def vanish(self, who: int) -> None:
        watcher = self._pick(who, connected=True)
        if watcher is not None and watcher.connection is not None:
            self._disconnect(watcher.connection)

    @rule(who=whose)
    def go_for_good(self, who: int) -> None:
        if self.watchers:
            self._send_away(self.watchers[who % len(self.watchers)])

    @rule(who=whose)
    def stall(self, who: int) -> None:
        connection = self._connection(who)
        if connection is not None:
            connection.network.stall()
            connection.byte_rate = 0
            connection.resyncs_allowed = True

    @rule(who=whose, many=st.lists(words, min_size=2, max_size=8), finals=st.sampled_from((0, 0, 30)),
          bytes_taken=st.sampled_from((None, None, 300, 1500)))  # fmt: skip
    def hiccup(self, who: int, many: list[Words], finals: int, bytes_taken: int | None) -> None:
        """It takes nothing for a moment, while somebody speaks; it goes on in the middle of a turn."""
        connection = self._connection(who)
        if connection is None or connection.network.closed is not None:
            return
        session = SessionId(connection.watcher.session)
        connection.network.stall()
        connection.byte_rate, connection.resyncs_allowed = 0, True
        if self.world.running(session):
            for each in many:
                self.say(session, each)
                self.world.turns.end()
            self.finals(session, finals)
            self.world.turns.end()
            self.say(session, many[0])
        self._take(connection, bytes_taken)

    @rule(who=whose, bytes_per_s=st.sampled_from((20, 100, 1000)), many=st.lists(words, max_size=8),
          seconds=st.sampled_from((0.13, 40.07)))  # fmt: skip
    def slow_down(self, who: int, bytes_per_s: int, many: list[Words], seconds: float) -> None:
        """It takes a few bytes each second from now on, but it takes them."""
        connection = self._connection(who)
        if connection is None:
            return
        connection.network.takes_bytes = connection.network.takes_bytes or 0
        connection.byte_rate = bytes_per_s
        connection.resyncs_allowed = True
        for each in many if self.world.running(SessionId(connection.watcher.session)) else ():
            self.say(SessionId(connection.watcher.session), each)
        self.wait(seconds)

    @rule(who=whose, count=st.integers(1, 900))
    def read_a_little(self, who: int, count: int) -> None:
        connection = self._connection(who)
        if connection is not None and connection.network.takes_bytes is not None:
            self._take(connection, count)

    @rule(who=whose)
    def recover(self, who: int) -> None:
        connection = self._connection(who)
        if connection is not None:
            connection.byte_rate = 0
            self._take(connection, None)

    # -- promises

    @invariant()
    def promises(self) -> None:
        """What each viewer got is right, and whoever reads has everything that has gone out."""
        if not hasattr(self, "world"):
            return
        self._look()
        for connection in self.connections:
            connection.bounded(MAX_QUEUED_BYTES)
        if not self.world.deferring:
            self._nobody_waits()

    def _nobody_waits(self) -> None:
        """Promises 3 and 4: whoever reads has everything, whatever the others do."""
        for connection in self.connections:
            if connection.reads_all:
                connection.has_all()
                live = self.world.rooms.get(SessionId(connection.watcher.session))
                assert live is not None
                assert not live.state.over, "who has all of a session that is over is told so"

    def _look(self) -> None:
        """Judges what came; lets go of those that are closed."""
        now_s = self.world.clock.monotonic
        for connection in list(self.connections):
            network = connection.network
            if not network.backlog():
                connection.behind_s = None
            elif connection.behind_s is None:
                connection.behind_s = now_s
            if network.writes != connection.writes:
                connection.writes, connection.wrote_s = network.writes, now_s
            if network.closed is CloseCode.SLOW and CloseCode.SLOW not in connection.may_close:
                assert connection.behind_s is not None
                too_slow = now_s - connection.wrote_s >= PIECE_S - 1.0
                assert too_slow or now_s - connection.behind_s >= STALL_S - 1.0, "given up too early"
                connection.may_close.add(CloseCode.SLOW)
            elif network.closed is None and connection.behind_s is not None:
                assert now_s - connection.behind_s <= STALL_S + 1.0, "never given up"
            if connection.expires_s is not None and now_s >= connection.expires_s:
                assert network.closed is not None or now_s < connection.expires_s + 1.0
                connection.may_close.add(CloseCode.TOKEN_EXPIRED)
            if self.world.rooms.get(SessionId(connection.watcher.session)) is None:
                connection.may_close.add(CloseCode.SESSION_ENDED)  # its retention is over
                connection.cut_short = True
            connection.judge()
            if network.closed is not None:
                assert network.closed in connection.may_close
                if connection.reads_all or network.takes_bytes is None or connection.over:
                    self._disconnect(connection)

    def teardown(self) -> None:
        """All is quiet: every viewer that can be here is in step, and every screen is the same."""
        if not hasattr(self, "world"):
            return
        self.world.turns.end()
        for watcher in list(self.watchers):
            if watcher.connection is None:
                self._connect(watcher, "ws", position=watcher.screen.position)
            if watcher.connection is not None:
                self._take(watcher.connection, None)
                self._take(watcher.connection, None)
        self._look()
        self.world.turns.end()
        self._nobody_waits()
        self.world.wait(0.5, lambda _: self._look())
        self._nobody_waits()
        for session, speech in self.world.speech.items():
            if self.world.rooms.get(session) is None:
                continue  # its retention is over
            for partials in (True, False):
                shown = [line for _, line in self.world.log(session).lines(None, 0, partials=partials)]
                assert shown == speech.lines(partials=partials), "what is published is what was said"
            gaps = [m.message["lost"] for m in self.world.log(session).all if m.message["type"] == "gap"]
            assert gaps == speech.gaps

    # -- inside

    def _of(self, session: SessionId) -> list[Connection]:
        return [connection for connection in self.connections if connection.watcher.session == session]

    def _pick(self, who: int, *, connected: bool) -> Watcher | None:
        able = [watcher for watcher in self.watchers if (watcher.connection is not None) is connected]
        return able[who % len(able)] if able else None

    def _connection(self, who: int) -> Connection | None:
        watcher = self._pick(who, connected=True)
        return watcher.connection if watcher is not None else None

    def _connect(
        self,
        watcher: Watcher,
        transport: str,
        *,
        position: str | None = None,
        token_s: float | None = None,
        taking: int | None = None,
    ) -> None:
        session, world = SessionId(watcher.session), self.world
        live = world.rooms.get(session)
        if live is None:
            return
        network = Network(transport, partials=watcher.partials, screen=watcher.screen)
        network.takes_bytes = taking
        epoch, log = world.epoch(session), world.log(session)
        mine = position is not None and position == watcher.screen.position and watcher.epoch == epoch
        recovers = mine and log.replayable(watcher.has or 0, partials=watcher.partials, now_s=world.clock.monotonic)
        connection = Connection(watcher, network, log, epoch=epoch, asked=position, recovers=recovers)
        connection.resyncs_allowed = taking is not None
        if live.state.over:
            connection.may_close.add(CloseCode.SESSION_ENDED)
        if token_s is not None:
            connection.expires_s = world.clock.monotonic + token_s
        watcher.connection = connection
        self.connections.append(connection)
        connection.viewer = live.join(
            network,
            position=position,
            partials=watcher.partials,
            expires_s=None if token_s is None else world.clock.now_s() + token_s,
        )

    def _send_away(self, watcher: Watcher) -> None:
        if watcher.connection is not None:
            self._disconnect(watcher.connection)
        self.watchers.remove(watcher)

    def _disconnect(self, connection: Connection) -> None:
        connection.judge()
        connection.network.cut()
        live = self.world.rooms.get(SessionId(connection.watcher.session))
        if live is not None and connection.viewer is not None and live.position.startswith(connection.epoch):
            live.leave(connection.viewer)
        connection.watcher.connection = None
        self.connections.remove(connection)

    def _take(self, connection: Connection, count: int | None) -> None:
        before = connection.network.backlog()
        connection.network.take(count)
        if before and connection.network.backlog() != before:
            connection.behind_s = None
