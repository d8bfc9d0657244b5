"""The hub, broken in one way each: a model that finds nothing in them proves nothing.

Each is one edit of one function's source. An edit that does not apply any more fails: then the code has changed, and
the mutant has to be said anew.
"""

import inspect
import sys
import textwrap
from dataclasses import dataclass
from typing import Any

import pytest

from captiond.base.tail import Tail
from captiond.core.board import Board
from captiond.core.continuity import Continuity
from captiond.core.revise import Revise
from captiond.core.room import Room
from captiond.core.subscriber import Subscriber
from captiond.hub.audience import Audience
from captiond.hub.rooms import Rooms
from captiond.hub.stream import Stream
from captiond.hub.viewer import Viewer


@dataclass(frozen=True)
class Mutant:
    """One edit: `old` becomes `new` in the source of `owner.method`."""

    what: str
    owner: type
    method: str
    old: str
    new: str
    seed: int = 1  # of examples that find it soon

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts the broken method in place until the test is over."""
        source = textwrap.dedent(inspect.getsource(getattr(self.owner, self.method)))
        assert source.count(self.old) == 1, f"{self.what}: this edit does not apply any more"
        names: dict[str, Any] = dict(vars(sys.modules[self.owner.__module__]))
        exec(compile(source.replace(self.old, self.new), self.what, "exec"), names)
        monkeypatch.setattr(self.owner, self.method, names[self.method])


MUTANTS = (
    # -- the viewer that is behind
    Mutant("a final in six is not offered", Viewer, "offer",
           "self.subscriber.offer(item)", "item.index % 6 and self.subscriber.offer(item)"),
    Mutant("a newer partial goes where the older one stood", Subscriber, "_enqueue",
           "self._queue[item.index] = item",
           "self._queue[item.index] = item; "
           "locals().get('superseded') and self._queue.move_to_end(item.index, last=False)"),
    Mutant("finals are superseded, too", Subscriber, "_enqueue", "if item.partial:", "if True:"),
    Mutant("the first message of an utterance is skipped though others have come since", Subscriber, "_enqueue",
           "if began and next(reversed(self._queue)) != superseded:", "if False:"),
    Mutant("a skipped partial is not counted", Subscriber, "_enqueue", "self._skipped += 1", "pass", seed=4),
    Mutant("over budget, what waits is dropped and no snapshot comes", Subscriber, "offer",
           "self.on(On.OVERFLOW)", "self._drop_queue()"),
    Mutant("there is no budget", Subscriber, "offer", "> self._max_queued_bytes", "> 10**9"),
    Mutant("a piece loses its last message", Subscriber, "take", "return piece", "return piece[:-1] or piece"),
    Mutant("nobody is ever too slow", Subscriber, "stalled", "return", "return False and"),
    Mutant("progress is not seen", Subscriber, "stalled",
           "if backlog_bytes < self._backlog_bytes:", "if False:", seed=3),
    Mutant("a viewer is in step after one piece", Viewer, "_go_on",
           "ready = self._write(wires, len(piece))", "ready = self._write(wires, len(piece)); break", seed=4),
    Mutant("a viewer that is behind is told nothing of what it skips", Viewer, "_go_on",
           "subscriber.notice(flushed=False) if subscriber else None", "None", seed=4),
    Mutant("a ping overtakes what waits", Audience, "ping",
           "viewer.ping_due = True", "viewer.outlet.write([make(viewer.partials)])"),
    Mutant("the bye overtakes what waits", Viewer, "finish", "if self.subscriber.phase is Phase.LIVE:", "if True:"),
    # -- joining and resuming
    Mutant("a replay is kept though more has been said", Stream, "put", "self._replays.clear()", "pass"),
    Mutant("a replay begins with what the viewer has", Tail, "since",
           "len(self._kept) - missing,", "max(0, len(self._kept) - missing - 1),"),
    Mutant("a replay lacks its first message", Tail, "since",
           "len(self._kept) - missing,", "len(self._kept) - missing + 1,"),
    Mutant("half a replay is called whole", Stream, "_replay", "items = self._tail.since(since)",
           "items = self._tail.since(since)\n"
           "    if items is None and since.epoch == self._tail.epoch and since.index < self._tail.top:\n"
           "        items = list(self._tail)"),
    Mutant("a position from the future is taken", Stream, "_replay", "items = self._tail.since(since)",
           "items = self._tail.since(since) if since.index <= self._tail.top else []"),
    Mutant("another epoch's position is taken", Stream, "_replay", "items = self._tail.since(since)",
           "items = self._tail.since(Position(self._tail.epoch, since.index))"),
    Mutant("the log forgets a message too early", Tail, "append",
           "len(self._kept) > self._max_messages", "len(self._kept) >= self._max_messages"),
    Mutant("the log forgets by age too late", Tail, "trim", "> self._max_age_s", "> self._max_age_s + 20", seed=4),
    Mutant("finals are replayed to nobody", Stream, "_replay", "if item.for_finals", "if not item.for_finals"),
    Mutant("a viewer of finals resumes where a final is gone", Stream, "_replay",
           "self._top_for_finals <= since.index", "0 <= since.index", seed=2),
    Mutant("a snapshot is never made anew", Stream, "put", "self._snapshots.pop(True, None)", "pass"),
    Mutant("a snapshot of finals is never made anew", Stream, "put", "self._snapshots.pop(False, None)", "pass"),
    Mutant("who joins within a turn gets what is in its snapshot again", Stream, "join", "self.flush()", "pass"),
    Mutant("who resyncs within a turn gets what is in its snapshot again", Viewer, "_go_on", "host.flush()", "pass"),
    Mutant("a viewer of finals is told a position of others", Stream, "_position", "if partials:", "if True:"),
    Mutant("a new viewer is written to before it has its snapshot", Audience, "add",
           "self.viewers[viewer] = self.behind[viewer] = None", "self.viewers[viewer] = None; self.caught_up(viewer)",
           seed=3),
    # -- the audience
    Mutant("who fell behind is written to all the same", Audience, "fell_behind", "self.drop(viewer)", "pass"),
    Mutant("those behind get nothing", Audience, "publish", "for viewer in behind:", "for viewer in ():"),
    Mutant("viewers of finals get everything", Audience, "publish",
           "if viewer.partials or item.for_finals:", "if True:"),
    Mutant("tokens do not end", Audience, "expire", "if wall_s < self.expiry_s:", "if True:"),
    # -- the snapshot
    Mutant("a retracted partial stays in the snapshot", Board, "apply",
           "self._lines.pop(message.utterance, None)", "None"),
    Mutant("a held final is left out of the snapshot", Board, "picture", "if _settled(line.caption):", "if True:"),
    Mutant("finals that are left out are not counted", Board, "picture",
           "self._forgotten_finals + len(left_out)", "len(left_out)"),
    Mutant("the last finals are those that began last", Board, "_forget_oldest",
           "self._finals.items()", "self._lines.items()"),
    Mutant("a snapshot has 49 finals", Board, "picture", "finals >= SNAPSHOT_FINALS", "finals >= SNAPSHOT_FINALS - 1"),
    # -- what is said
    Mutant("a late event is shown", Continuity, "receive", "if not self._restarts(arrival):", "if False:"),
    Mutant("a gap is not told", Room, "receive",
           "received.messages.append(Gap(judgement.lost, judgement.cause))", "pass"),
    Mutant("what a gap cut off stays on the screen", Room, "receive", "self._lose(channel, arrival, received)", "pass"),
    Mutant("a retraction is not told", Room, "_retract",
           "if self._revise.retract(utterance):", "if self._revise.retract(utterance) and False:"),
    Mutant("a revision is used twice", Revise, "show",
           "utterance.revision += 1", "utterance.revision += not utterance.final"),
    Mutant("a correction does not say that it is one", Revise, "show",
           "correction = utterance.final", "correction = False", seed=3),
    Mutant("an event after the final begins a new utterance", Room, "_caption",
           "channel.finals.get(key) if key is not None else None", "None"),
    Mutant("corrections after silence wait for the next words", Room, "tick",
           "if self._event_s is not None:", "if False:"),
    Mutant("the end retracts nothing", Room, "end", "list(channel.open)", "()", seed=3),
    # -- ends
    Mutant("the end is told only to those in step", Stream, "finish",
           "list(self._viewers)", "[v for v in self._viewers if v not in self._audience.behind]", seed=7),
    Mutant("a drain forgets those behind", Stream, "farewell",
           "list(self._viewers)", "[v for v in self._viewers if v not in self._audience.behind]", seed=6),
    Mutant("who comes after the end is kept waiting", Stream, "join", "if self.state.over:", "if False:"),
    Mutant("a restart goes on with the old epoch", Rooms, "_make",
           'k=EPOCH_LETTERS)', 'k=EPOCH_LETTERS)[:0] or "aaaaaaaa"'),
)  # fmt: skip
