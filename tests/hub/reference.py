"""What each viewer must have: a plain model of one session, written from the contract and not from the code.

`Speech` knows what is on the screen from what upstream said. `Log` knows, from the messages that were published, what a
snapshot, a replay and a stream of messages may hold. Both are slow and simple on purpose: the hub is judged by them
(`watcher.py`, `machine.py`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from captiond.base.ids import Epoch, Index
from captiond.core.messages import Message
from captiond.core.revise import MAX_SETTLED
from captiond.serve.encode import Bytes, Encoder

HOLD_S = 3.0  # contract, section 6: so long a silence decides what a final left open
SNAPSHOT_FINALS = 50
SNAPSHOT_BYTES = 65_536
SLACK_BYTES = 1024  # of a snapshot's own keys

Json = dict[str, Any]
T = TypeVar("T")


class Shown(NamedTuple):
    """One line of a screen, without its name: what somebody reads."""

    text: str
    final: bool
    held: bool


@dataclass
class Said:
    """One utterance: what upstream said, when it began and was first final (in order of events, not in time)."""

    text: str
    channel: str
    began: int
    final: bool = False
    held_since_s: float | None = None
    ended: int = 0

    def show(self) -> Shown:
        """As a viewer reads it."""
        held = self.held_since_s is not None or (not self.final and "HIDE" in self.text)
        return Shown(self.text.replace("HIDE", "[...]"), self.final, held)


class Speech:
    """What upstream said in one session, and what is on the screen of somebody who has seen it all.

    The redactor is the stand-in of `stage.py`: "HIDE" is an open mask; in a final it is held for three seconds or until
    its channel's next words, and then it is "[CC]".
    """

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.gaps: list[int | None] = []
        self._open: dict[tuple[str, str | None], Said] = {}
        self._finals: dict[tuple[str, str], tuple[Said, str]] = {}
        self._moments = 0
        self._settled: dict[int, Said] = {}  # finals that are not held, those that can still be worded anew

    def hear(self, channel: str, key: str | None, text: str, *, final: bool, event_s: float) -> None:
        """One event that is no duplicate. `key` is upstream's id of the utterance, None where it gives none."""
        self.silence(event_s)
        said, before = self._finals.get((channel, key or ""), (None, ""))
        if said is not None and (not final or text == before):
            return  # a partial after its final, or the same final again
        if said is not None and said.held_since_s is None and id(said) not in self._settled:
            return  # a final so old that nobody asks any more
        if said is not None:
            said.held_since_s = None  # what the old wording left open is no question any more
        for other in self.said:
            if other.channel == channel:
                self._decide(other)
        self._moments += 1
        if said is None:
            said = self._open.get((channel, key))
        if said is None:
            said = self._open[channel, key] = Said(text, channel, began=self._moments)
            self.said.append(said)
        said.text = text
        if final:
            said.ended, said.final = said.ended or self._moments, True
            said.held_since_s = event_s if "HIDE" in text else None
            self._settle(said)
            self._open.pop((channel, key), None)
            if key is not None:
                self._finals[channel, key] = (said, text)

    def lose(self, channel: str, key: str | None, lost: int | None) -> None:
        """Events are missing: what is open in that channel goes, unless the next event carries it on by its key."""
        self.gaps.append(lost)
        for name in [name for name in self._open if name[0] == channel and (name[1] is None or name[1] != key)]:
            self.said.remove(self._open.pop(name))

    def silence(self, event_s: float) -> None:
        """Event time has come so far."""
        for said in self.said:
            if said.held_since_s is not None and event_s - said.held_since_s >= HOLD_S:
                self._decide(said)

    def end(self) -> None:
        """The session is over: what is held is decided, what is open is retracted."""
        self.silence(float("inf"))
        for name in list(self._open):
            self.said.remove(self._open.pop(name))

    def restart(self) -> None:
        """The daemon came back: finals are kept, open masks stay shut for ever, what came meanwhile is not known."""
        self.said = sorted((said for said in self.said if said.final), key=lambda said: said.ended)
        for said in self.said:
            said.text, said.held_since_s = said.show().text.replace("[...]", "[NUMBER]"), None
            said.began = said.ended
        self._open, self._finals, self._settled = {}, {}, {}
        self.gaps = [None]

    def lines(self, *, partials: bool) -> list[Shown]:
        """What somebody knows who has seen it all, in the order in which it came."""
        said = self.said if partials else sorted((s for s in self.said if s.final), key=lambda said: said.ended)
        return [each.show() for each in said]

    def _decide(self, said: Said) -> None:
        if said.held_since_s is not None:
            said.held_since_s, said.text = None, said.text.replace("HIDE", "[CC]")
            self._settle(said)

    def _settle(self, said: Said) -> None:
        if said.held_since_s is not None:
            self._settled.pop(id(said), None)
            return
        self._settled[id(said)] = said
        if len(self._settled) > MAX_SETTLED:
            del self._settled[next(iter(self._settled))]


def in_order(items: Sequence[T], starts_ms: Sequence[int | None]) -> list[T]:
    """By start where known, else as they came: each goes in front of those just before it that start later."""
    ordered: list[tuple[T, int | None]] = []
    for item, start_ms in zip(items, starts_ms, strict=True):
        at = len(ordered)
        while at and start_ms is not None:
            before_ms = ordered[at - 1][1]
            if before_ms is None or before_ms <= start_ms:
                break
            at -= 1
        ordered.insert(at, (item, start_ms))
    return [item for item, _ in ordered]


@dataclass(frozen=True, slots=True)
class Published:
    """One message as it was encoded, for everybody."""

    index: int
    message: Json
    size_bytes: int
    at_s: float

    @property
    def partial(self) -> bool:
        """A partial caption: the only thing that may ever be left out, once a later message supersedes it."""
        return self.message["type"] == "caption" and not self.message["final"]

    @property
    def for_finals(self) -> bool:
        """Passes `partials=0`."""
        return self.message["type"] in ("gap", "session") or (self.message["type"] == "caption" and not self.partial)

    @property
    def utterance(self) -> str | None:
        """Whose message it is."""
        return self.message.get("utterance")


class Picture(NamedTuple):
    """What a snapshot must hold: captions as shown, its finals by age, gaps, and how many finals are left out."""

    captions: list[Json]
    by_age: list[Json]
    gaps: list[Json]
    earlier_finals: int

    def judge(self, snapshot: Json) -> None:
        """Raises unless that snapshot holds all of it, or, where that is over 64 KiB, as much as fits."""
        left_out = len(self.captions) - len(snapshot["captions"])
        if left_out == 0:
            assert snapshot["captions"] == self.captions
            assert snapshot["gaps"] == self.gaps
        else:
            settled = [caption for caption in self.by_age if caption["final"] and not caption["held"]]
            oldest = {caption["utterance"] for caption in settled[:left_out]}
            assert snapshot["captions"] == [caption for caption in self.captions if caption["utterance"] not in oldest]
            one_more = [*snapshot["captions"], settled[left_out - 1], *snapshot["gaps"]]
            assert len(json.dumps(one_more, ensure_ascii=False).encode()) > SNAPSHOT_BYTES - SLACK_BYTES
        assert snapshot["earlierFinals"] == self.earlier_finals + left_out


class Log:
    """All that was ever published under one epoch, and what of it may still be replayed."""

    def __init__(self, *, max_messages: int, max_bytes: int, max_age_s: float) -> None:
        self.all: list[Published] = []
        self.restored = 0  # so many of them are finals of an earlier epoch
        self.earlier_finals = 0  # finals that came before those
        self._max_messages, self._max_bytes, self._max_age_s = max_messages, max_bytes, max_age_s
        self._newest: dict[str, Published] = {}
        # What such a viewer knows: the index at which each utterance began for it, and its newest message.
        self._views: dict[bool, tuple[dict[str, int], dict[str, Json]]] = {True: ({}, {}), False: ({}, {})}
        self._pictures: dict[tuple[int, bool], Picture] = {}
        self._superseded: dict[int, int] = {}  # index > index of the next message of the same utterance

    @property
    def top(self) -> int:
        """Index of the newest message; 0 before the first."""
        return len(self.all)

    def top_for(self, *, partials: bool) -> int:
        """Index of the newest message that such a viewer gets."""
        return next((m.index for m in reversed(self.all) if partials or m.for_finals), 0)

    def add(self, published: Published) -> None:
        """One more; raises where the log itself breaks a rule of the stream."""
        assert published.index == self.top + 1, "indices rise by one"
        self.all.append(published)
        utterance, message = published.utterance, published.message
        if utterance is None:
            return
        before = self._newest.get(utterance)
        if before is not None:
            self._superseded[before.index] = published.index
            assert before.message["type"] != "retraction", "nothing after a retraction"
        if message["type"] == "retraction":
            assert before is not None and before.partial, "only a partial is retracted"
        else:
            last = before.message["revision"] if before else 0
            assert message["revision"] == last + 1 or (before is None and message["final"] and message["revision"] > 1)
            assert before is None or not before.message["final"] or message["final"], "no partial after a final"
            if before is not None:
                changed = [k for k in ("text", "final", "held", "stableLength") if message[k] != before.message[k]]
                assert changed, "a message only for a change"
        self._newest[utterance] = published
        for partials, (began, newest) in self._views.items():
            if message["type"] == "retraction":
                began.pop(utterance, None)
                newest.pop(utterance, None)
            elif partials or published.for_finals:
                began.setdefault(utterance, published.index)
                newest[utterance] = message

    def superseded_by(self, index: int) -> int | None:
        """Index of the next message of that utterance; None while there is none."""
        return self._superseded.get(index)

    def replayable(self, index: int, *, partials: bool, now_s: float) -> bool:
        """Whether everything after `index` that such a viewer gets is within retention: `recovered` must say so."""
        if index > self.top:
            return False
        kept, size_bytes = 0, 0
        for published in reversed(self.all):
            size_bytes += published.size_bytes
            too_much = kept >= self._max_messages or size_bytes > self._max_bytes
            if (too_much and kept) or now_s - published.at_s > self._max_age_s:
                break
            kept += 1
        whole = self.top - index <= kept
        return whole or (not partials and index >= self.top_for(partials=False))

    def picture(self, index: int, *, partials: bool) -> Picture:
        """The snapshot at `index`: all held finals, the last 50 finals, open partials, the gaps among them."""
        picture = self._pictures.get((index, partials))
        if picture is None:
            picture = self._pictures[index, partials] = self._paint(index, partials=partials)
        return picture

    def _paint(self, index: int, *, partials: bool) -> Picture:
        began: dict[str, int] = {}
        ended: dict[str, int] = {}
        newest: dict[str, Json] = {}
        settled: set[str] = set()
        forgotten: set[str] = set()  # who is not among the last 50 any more never comes back, whatever is said of it
        for published in self.all[:index]:
            utterance, message = published.utterance, published.message
            if utterance is None or utterance in forgotten or (not partials and not published.for_finals):
                continue
            settled.discard(utterance)
            if message["type"] == "retraction":
                del began[utterance], newest[utterance]
                continue
            began.setdefault(utterance, published.index)
            newest[utterance] = message
            if message["final"] and not message["held"]:
                settled.add(utterance)
            if message["final"]:
                ended.setdefault(utterance, published.index)
            if len(settled) > SNAPSHOT_FINALS:
                oldest = min(settled, key=lambda utterance: ended[utterance])
                settled.remove(oldest)
                forgotten.add(oldest)
                del began[oldest], newest[oldest]
        for finals, utterance in enumerate(sorted((u for u in ended if u in began), key=lambda u: -ended[u])):
            if utterance in settled and finals >= SNAPSHOT_FINALS:
                forgotten.add(utterance)
        left_out = len(forgotten)
        by_age = [newest[u] for u in sorted(ended, key=lambda u: ended[u]) if u in began and u not in forgotten]
        chosen = [newest[u] for u in began if u not in forgotten]
        first = min((began[message["utterance"]] for message in chosen), default=0)
        first = first if left_out + self.earlier_finals else 0
        gaps = [m.message for m in self.all[:index] if m.message["type"] == "gap" and m.index >= first]
        captions = in_order(chosen, [message.get("startMs") for message in chosen])
        return Picture(captions, by_age, gaps, left_out + self.earlier_finals)

    def lines(self, known: set[str] | None, since: int, *, partials: bool) -> list[tuple[str, Shown]]:
        """What is on the screen of somebody who began with the utterances `known` at index `since`, and has it all.

        Args:
            known: None for everything, in the order in which it came.
        """
        began, newest = self._views[partials]
        mine = [u for u in began if known is None or u in known or began[u] > since]
        if known is not None:
            mine = in_order(mine, [newest[utterance].get("startMs") for utterance in mine])
        return [(u, Shown(newest[u]["text"], newest[u]["final"], newest[u]["held"])) for u in mine]


class Recorder(Encoder):
    """The real encoder, which also writes down what is published under each epoch."""

    def __init__(self, *, max_messages: int, max_bytes: int, max_age_s: float) -> None:
        self._bounds = (max_messages, max_bytes, max_age_s)
        self.logs: dict[str, Log] = {}
        self.now_s: Callable[[], float] = lambda: 0.0
        self.snapshots = 0

    def log(self, epoch: str) -> Log:
        """All that was published under that epoch."""
        if epoch not in self.logs:
            messages, size_bytes, age_s = self._bounds
            self.logs[epoch] = Log(max_messages=messages, max_bytes=size_bytes, max_age_s=age_s)
        return self.logs[epoch]

    def message(self, message: Message, *, epoch: Epoch, index: Index, sent_s: float) -> Bytes:
        """As the real one."""
        wire: Bytes = super().message(message, epoch=epoch, index=index, sent_s=sent_s)
        self.log(epoch).add(Published(index, json.loads(wire.json), wire.size, self.now_s()))
        return wire

    def snapshot(self, **fields: Any) -> Bytes:
        """As the real one; counted."""
        self.snapshots += 1
        return super().snapshot(**fields)
