"""One viewer over any number of connections, judged by the reference: every message, every hole, every `bye`."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from captiond.base.close_codes import CloseCode
from captiond.core.screen import Screen
from captiond.core.subscriber import PIECE_BYTES
from captiond.hub.viewer import Viewer
from tests.hub.reference import Json, Log, Published, Shown
from tests.hub.stage import Network

GREETING_BYTES = 70_000  # `welcome` and `snapshot` go out in one write


@dataclass
class Watcher:
    """Somebody who watches one session: a screen that outlives its connections.

    Attributes:
        epoch, since, known: the snapshot that the screen began with: its epoch and index, and what it showed.
        has: index of the newest message that is on the screen; None before a snapshot.
    """

    session: str
    partials: bool
    screen: Screen = field(init=False)
    epoch: str = ""
    since: int = 0
    known: set[str] = field(default_factory=set)
    has: int | None = None
    connection: "Connection | None" = None

    def __post_init__(self) -> None:
        self.screen = Screen(partials=self.partials)

    def twin(self) -> "Watcher":
        """Another one with the same screen, and no connection: a second socket, or a page that is restored later."""
        connection, self.connection = self.connection, None
        other = copy.deepcopy(self)
        self.connection = connection
        return other

    def same_screen(self, log: Log) -> None:
        """Promise 3, for a viewer that has everything: its screen is the server's, over what its snapshot covers."""
        shown = [(line.utterance, Shown(line.text, line.final, line.held)) for line in self.screen.lines()]
        assert shown == log.lines(self.known, self.since, partials=self.partials)


class Connection:
    """One connection of a watcher, and what it may bring. Judged as its messages arrive.

    Args:
        asked: the position it came with; None for none.
        recovers: whether that has to be recovered from.

    Attributes:
        may_close: what codes the daemon has a reason for by now.
        behind_s: since when its peer has taken nothing although something waits; None while nothing does.
    """

    def __init__(
        self, watcher: Watcher, network: Network, log: Log, *, epoch: str, asked: str | None, recovers: bool
    ) -> None:
        self.watcher, self.network, self.log, self.epoch = watcher, network, log, epoch
        self.asked, self.recovers = asked, recovers
        self.viewer: Viewer | None = None
        self.may_close: set[CloseCode] = set()
        self.expires_s: float | None = None
        self.behind_s: float | None = None
        self.writes, self.wrote_s = 0, 0.0  # how often the daemon has written, and when last
        self.byte_rate = 0  # of a throttled peer, per second
        self._top_at_join = log.top
        self._judged = 0
        self._judge: Callable[[Json], None] = self._welcome
        self._conflating = False
        self._skipped = self._told = 0
        self._resumed_at = 0
        self.resyncs = 0
        self.over = False
        self._proved = (-1, -1)  # when `has_all` was shown last

    @property
    def reads_all(self) -> bool:
        """Its peer takes whatever comes, and the daemon has not closed it."""
        return self.network.takes_bytes is None and self.network.closed is None

    def judge(self) -> None:
        """Judges what has arrived since the last time."""
        got = self.network.sound().got
        while self._judged < len(got):
            message = got[self._judged]
            self._judged += 1
            assert not self.over, f"{message['type']} after the bye"
            if message["type"] == "bye":
                self._bye(message)
            else:
                self._judge(message)

    def has_all(self) -> None:
        """It must have everything that there is for it, and know what it did not get."""
        if (self.log.top, self._judged) == self._proved:
            return
        self._proved = (self.log.top, self._judged)
        if not self.over:
            assert self._judge == self._live, "it has no screen yet"
            self._nothing_between(self._has, self.log.top + 1, skipping=False)
            assert self._told == self._skipped, "it was told of every message that it did not get"
            assert not self._conflating
        self.watcher.same_screen(self.log)

    @property
    def _has(self) -> int:
        assert self.watcher.has is not None
        return self.watcher.has

    def _welcome(self, message: Json) -> None:
        assert message["type"] == "welcome"
        assert message["recovered"] is self.recovers, "recovered: neither a lie nor a needless no"
        epoch, index = _parts(message["position"])
        assert epoch == self.epoch
        if self.recovers:
            assert message["position"] == self.asked
            self._resumed_at, self.watcher.has = index, index
            self._judge = self._live
        else:
            self._judge = self._snapshot

    def _snapshot(self, message: Json) -> None:
        assert message["type"] == "snapshot"
        epoch, index = _parts(message["position"])
        watcher, log = self.watcher, self.log
        assert epoch == self.epoch
        assert log.top_for(partials=watcher.partials) >= index
        assert index == 0 or watcher.partials or log.all[index - 1].for_finals
        log.picture(index, partials=watcher.partials).judge(message)
        watcher.epoch, watcher.since, watcher.has = epoch, index, index
        watcher.known = {caption["utterance"] for caption in message["captions"]}
        self._resumed_at, self._top_at_join = index, index
        self._skipped = self._told = 0
        self._judge = self._live

    def _live(self, message: Json) -> None:
        match message["type"]:
            case "welcome":
                # A resync: only for one that could not take what there was, and never a claim of recovery.
                assert not message["recovered"]
                assert self.behind_s is not None or self.resyncs_allowed
                self.resyncs += 1
                self._conflating = False
                self._judge = self._snapshot
            case "caption" | "retraction" | "gap" | "session":
                self._indexed(message)
            case "ping":
                epoch, index = _parts(message["position"])
                assert epoch == self.epoch
                assert index <= self.log.top
                self._nothing_between(self._has, index + 1, skipping=False)
            case "notice":
                self._notice(message)
            case other:
                raise AssertionError(f"no {other} here")

    resyncs_allowed = False  # set by the machine once the peer of this connection has ever not taken everything

    def _indexed(self, message: Json) -> None:
        index = message["index"]
        assert index > self._has, "indices ascend"
        assert index <= self.log.top
        published = self.log.all[index - 1]
        assert message == published.message, "what is sent is what was published"
        assert self.watcher.partials or published.for_finals
        self._nothing_between(self._has, index, skipping=True)
        self.watcher.has = index

    def _nothing_between(self, has: int, index: int, *, skipping: bool) -> None:
        """Everything between two indices is for others, or a partial that a later message supersedes."""
        for published in self.log.all[has : index - 1]:
            if not self.watcher.partials and not published.for_finals:
                continue
            assert skipping, f"index {published.index} is missing"
            self._skip(published)

    def _skip(self, published: Published) -> None:
        superseded_by = self.log.superseded_by(published.index)
        assert published.partial, "only partials are left out"
        assert superseded_by is not None, "only superseded ones"
        if superseded_by <= self._top_at_join:
            return  # within the replay: that is no sign of being slow
        assert self._conflating, "it is told before anything is left out"
        self._skipped += 1

    def _notice(self, message: Json) -> None:
        assert message["code"] in ("conflating", "caught-up")
        assert self._conflating is (message["code"] == "caught-up"), "notices alternate"
        assert message["skipped"] > 0 or self._conflating
        self._conflating = message["code"] == "conflating"
        self._told += message["skipped"]
        if not self._conflating:
            assert self._told == self._skipped, "notices count truly"

    def _bye(self, message: Json) -> None:
        self.over = True
        code = CloseCode(message["code"])
        assert code in self.may_close, f"no reason for {code.name}"
        assert self.network.closed is code
        assert message["resume"] is code.may_return
        if code is CloseCode.SESSION_ENDED and self._judge == self._live and not self.cut_short:
            self._nothing_between(self._has, self.log.top + 1, skipping=False)

    cut_short = False  # the session was forgotten while it was behind: `bye` comes whatever still waits

    def bounded(self, max_queued_bytes: int) -> None:
        """Promise 4: what a viewer costs, whatever it does."""
        if self.viewer is not None:
            assert self.viewer.subscriber.queued_bytes <= max_queued_bytes
        assert self.network.most_waiting_bytes <= max(PIECE_BYTES, GREETING_BYTES)


def _parts(position: Any) -> tuple[str, int]:
    epoch, _, index = position.partition(".")
    return epoch, int(index)
