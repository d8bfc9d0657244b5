"""What a viewer of `captions.v1` sees: every message applied in order, and every promise of the stream checked.

The reference for the rules that `captiond/widget/caption-feed.js` follows in the browser; `captiond watch` shows it,
and tests hold each server against it. It is stricter than the browser's: what the server must not do raises.

Source: contract, section 5.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple

from captiond.base.errors import CaptiondError

OPEN_MASK: Final = "[...]"
INDEXED: Final = frozenset({"caption", "retraction", "gap", "session"})
KEEP_FINALS: Final = 1000  # as the daemon's log (`sessions.retention_messages`); bounds a viewer that watches for days
REMEMBER_GONE: Final = 1000  # ids that left the screen, so that a late correction does not bring one back
_POSITION: Final = re.compile(r"([A-Za-z0-9_-]{1,64})\.(\d{1,15})", re.ASCII)


class ProtocolViolation(CaptiondError):
    """The server did what `captions.v1` rules out. Names ids, indexes and revisions, never text."""


class Line(NamedTuple):
    """One caption as it stands: what two viewers must agree on."""

    utterance: str
    text: str
    final: bool
    held: bool


@dataclass(slots=True)
class Entry:
    """One caption on the screen, with what it takes to judge the next message about it."""

    utterance: str
    revision: int
    text: str = field(repr=False)
    final: bool
    held: bool
    stable_length: int
    channel: str
    language: str
    start_ms: int | None
    index: int
    emitted_at: str
    sent_at: str
    correction: bool


@dataclass(frozen=True, slots=True)
class GapEntry:
    """A place where `lost` upstream events are missing; None where it is not known how many."""

    index: int
    lost: int | None
    cause: str


What = Literal["welcome", "reset", "caption", "correction", "retraction", "gap", "session", "ping", "notice", "bye", ""]


class Applied(NamedTuple):
    """What one message did. `entry` is the caption or gap it is about, where there is one."""

    what: What
    entry: Entry | GapEntry | None = None


class Screen:
    """The screen of one viewer, over any number of connections.

    Attributes:
        state, reason: the session's, None before the first welcome.
        language: the session's default.
        earlier_finals: how many finals the snapshot left out, and how many were dropped from the top since.
        recovered: what the last welcome said; None before the first.
        skipped: indexes never received since the snapshot: partials that the server may leave out.
        ping_s: what the last welcome said; None before the first.
        bye: code of the last `bye`, None while connected.
    """

    def __init__(self, *, partials: bool = True, keep_finals: int = KEEP_FINALS) -> None:
        """A blank screen. `partials` False: the viewer asked for finals only, so indexes have holes."""
        self._partials = partials
        self._keep_finals = keep_finals
        self.state: str | None = None
        self.reason: str | None = None
        self.language: str | None = None
        self.earlier_finals = 0
        self.recovered: bool | None = None
        self.skipped = 0
        self.ping_s: float | None = None
        self.bye: int | None = None
        self._items: list[Entry | GapEntry] = []
        self._entries: dict[str, Entry] = {}
        self._gone: dict[str, None] = {}  # a dict for its order: the oldest goes first
        self._epoch: str | None = None
        self._index: int | None = None
        self._welcomed = False
        self._awaits_snapshot = True
        self._conflating = False
        self._replay_until: str | None = None  # server time of the welcome: what was sent before it is replay
        self._unindexed: Final[Mapping[str, Callable[[Mapping[str, Any]], Applied]]] = {
            "snapshot": self._snapshot,
            "ping": self._ping,
            "notice": self._notice,
            "bye": self._bye,
        }

    @property
    def position(self) -> str | None:
        """Where to resume: everything up to here is on the screen. None before the first snapshot."""
        return None if self._epoch is None or self._index is None else f"{self._epoch}.{self._index}"

    def lines(self) -> list[Line]:
        """The captions in the order in which they are shown."""
        return [Line(item.utterance, item.text, item.final, item.held) for item in self.captions()]

    def captions(self) -> list[Entry]:
        """The same with everything that is known of each."""
        return [item for item in self._items if isinstance(item, Entry)]

    def gaps(self) -> list[GapEntry]:
        """The gaps, in order."""
        return [item for item in self._items if isinstance(item, GapEntry)]

    def items(self) -> list[Entry | GapEntry]:
        """Captions, and the gaps among them."""
        return list(self._items)

    def apply(self, message: Mapping[str, Any]) -> Applied:
        """Shows one message. Unknown types are ignored, as a later protocol may have more.

        Raises:
            ProtocolViolation: the message breaks a promise of the stream; the screen is then not to be trusted.
        """
        kind = message.get("type")
        if kind == "welcome":
            return self._welcome(message)
        if not self._welcomed:
            raise ProtocolViolation(f"{kind} before the welcome")
        if self.bye is not None:
            raise ProtocolViolation(f"{kind} after the bye")
        apply = self._indexed if kind in INDEXED else self._unindexed.get(str(kind))
        return apply(message) if apply else Applied("")

    def _welcome(self, message: Mapping[str, Any]) -> Applied:
        epoch, index = parse_position(message.get("position"))
        recovered = message.get("recovered")
        if not isinstance(recovered, bool):
            raise ProtocolViolation("a welcome does not say whether it recovered")
        if recovered and (self._awaits_snapshot or (epoch, index) != (self._epoch, self._index)):
            raise ProtocolViolation(f"recovered from {epoch}.{index}, which is not where this viewer was")
        self._welcomed, self.bye = True, None
        self.recovered = recovered
        self._epoch, self._awaits_snapshot = epoch, not recovered
        if not recovered:
            self._index = None
        self._conflating = False
        self._replay_until = _text(message, "serverTime") if recovered else None
        self.state, self.reason = _text(message, "state"), None
        self.language = _text(message, "language")
        ping_s = message.get("pingS")
        if not isinstance(ping_s, int | float) or ping_s <= 0:
            raise ProtocolViolation("a welcome without pingS")
        self.ping_s = float(ping_s)
        return Applied("welcome")

    def _snapshot(self, message: Mapping[str, Any]) -> Applied:
        epoch, index = parse_position(message.get("position"))
        if not self._awaits_snapshot and epoch == self._epoch and index < (self._index or 0):
            raise ProtocolViolation("a snapshot of the past")
        captions, gaps = message.get("captions"), message.get("gaps")
        if not isinstance(captions, list) or not isinstance(gaps, list):
            raise ProtocolViolation("a snapshot without captions or gaps")
        self._epoch, self._index = epoch, index
        self._awaits_snapshot = False
        self._items, self._entries, self._gone = [], {}, {}
        self.skipped = 0
        self.earlier_finals = _whole(message, "earlierFinals")
        for caption in captions:
            entry = read_caption(caption)
            if entry.utterance in self._entries:
                raise ProtocolViolation(f"the snapshot shows {entry.utterance} twice")
            if not self._partials and not entry.final:
                raise ProtocolViolation(f"the snapshot shows the partial {entry.utterance} to a viewer of finals")
            self._place(entry)
        for gap in gaps:
            self._place_gap(read_gap(gap))
        return Applied("reset")

    def _indexed(self, message: Mapping[str, Any]) -> Applied:
        if self._awaits_snapshot or self._index is None:
            raise ProtocolViolation(f"{message['type']} before the snapshot")
        index = _whole(message, "index")
        if index <= self._index:
            raise ProtocolViolation(f"index {index} after {self._index}")
        missing = index - self._index - 1
        if missing and not self._may_skip(message):
            raise ProtocolViolation(f"index {index} after {self._index}: {missing} left out")
        self.skipped += missing
        applied = self._change(message)
        self._index = index
        return applied

    def _may_skip(self, message: Mapping[str, Any]) -> bool:
        """Partials may be left out of finals-only streams, for slow viewers, and within a replay."""
        if self._replay_until is not None and str(message.get("sentAt", "")) > self._replay_until:
            self._replay_until = None  # sent after this viewer came: live from here on
        return not self._partials or self._conflating or self._replay_until is not None

    def _change(self, message: Mapping[str, Any]) -> Applied:
        kind = message["type"]
        if kind == "caption":
            return self._caption(read_caption(message))
        if kind == "retraction":
            return self._retraction(_text(message, "utterance"))
        if kind == "gap":
            gap = read_gap(message)
            self._items.append(gap)
            return Applied("gap", gap)
        reason = message.get("reason")
        self.state, self.reason = _text(message, "state"), str(reason) if reason is not None else None
        return Applied("session")

    def _caption(self, entry: Entry) -> Applied:
        known = self._entries.get(entry.utterance)
        if not self._partials and not entry.final:
            raise ProtocolViolation(f"the partial {entry.utterance} for a viewer of finals")
        if known is None:
            # A viewer of finals never had the partials of what was open at its snapshot: holes tell it nothing.
            earlier_seen = self._partials and entry.revision - 1 > self.skipped
            if entry.correction or entry.utterance in self._gone or (entry.final and earlier_seen):
                # It says so, or its earlier revisions were not left out of this stream: it corrects what is not shown.
                return Applied("")
            if earlier_seen:
                raise ProtocolViolation(f"{entry.utterance} begins with revision {entry.revision}")
            self._place(entry)
            self._trim()
            return Applied("caption", entry)
        if entry.revision <= known.revision:
            raise ProtocolViolation(f"{entry.utterance} goes from revision {known.revision} to {entry.revision}")
        if known.final and not entry.final:
            raise ProtocolViolation(f"a partial of {entry.utterance} after its final")
        if entry.revision - known.revision - 1 > self.skipped:
            raise ProtocolViolation(f"{entry.utterance} jumps from revision {known.revision} to {entry.revision}")
        at = self._items.index(known)
        self._items[at] = self._entries[entry.utterance] = entry
        if entry.start_ms is None:
            entry.start_ms = known.start_ms
        if entry.start_ms != known.start_ms:
            self._order()
        self._trim()
        return Applied("correction" if known.final else "caption", entry)

    def _retraction(self, utterance: str) -> Applied:
        known = self._entries.get(utterance)
        if known is None:
            if self._partials and not self.skipped:
                raise ProtocolViolation(f"a retraction of {utterance}, which was never shown")
            return Applied("")
        if known.final:
            raise ProtocolViolation(f"a retraction of the final {utterance}")
        self._remove(known)
        self._order()
        return Applied("retraction", known)

    def _ping(self, message: Mapping[str, Any]) -> Applied:
        (epoch, index), here = parse_position(message.get("position")), self._index
        # A viewer of finals may be ahead: its snapshot's position counts partials that the filter does not pass.
        agrees = here is not None and (index == here if self._partials else index <= here)
        if self._awaits_snapshot or epoch != self._epoch or not agrees:
            raise ProtocolViolation(f"a ping at {epoch}.{index}, while this viewer is at {self.position}")
        return Applied("ping")

    def _notice(self, message: Mapping[str, Any]) -> Applied:
        self._conflating = _text(message, "code") == "conflating"
        return Applied("notice")

    def _bye(self, message: Mapping[str, Any]) -> Applied:
        self.bye = _whole(message, "code")
        return Applied("bye")

    def _place(self, entry: Entry) -> None:
        last = next((item for item in reversed(self._items) if isinstance(item, Entry)), entry)
        self._entries[entry.utterance] = entry
        self._items.append(entry)
        if _later(last, entry):
            self._order()

    def _order(self) -> None:
        """By start between captions whose start is not known, which stand as they came. Gaps stay where they came."""
        ordered: list[Entry] = []
        for known, run in groupby(self._entries.values(), key=lambda entry: entry.start_ms is not None):
            ordered += sorted(run, key=lambda entry: (entry.start_ms or 0) if known else 0)
        captions = iter(ordered)
        self._items = [item if isinstance(item, GapEntry) else next(captions) for item in self._items]

    def _place_gap(self, gap: GapEntry) -> None:
        at = len(self._items)
        while at > 0 and self._items[at - 1].index > gap.index:
            at -= 1
        self._items.insert(at, gap)

    def _trim(self) -> None:
        settled = [entry for entry in self._entries.values() if entry.final and not entry.held]
        if len(settled) <= self._keep_finals:
            return
        oldest = next(item for item in self._items if isinstance(item, Entry) and item.final and not item.held)
        at = self._items.index(oldest)
        self._items[:at] = [item for item in self._items[:at] if isinstance(item, Entry)]  # gaps above it go with it
        self._remove(oldest)
        self.earlier_finals += 1

    def _remove(self, entry: Entry) -> None:
        self._items.remove(entry)
        del self._entries[entry.utterance]
        self._gone[entry.utterance] = None
        if len(self._gone) > REMEMBER_GONE:
            del self._gone[next(iter(self._gone))]


def screen_of(messages: Iterable[Mapping[str, Any]], *, partials: bool = True) -> Screen:
    """The screen after all of `messages`."""
    screen = Screen(partials=partials)
    for message in messages:
        screen.apply(message)
    return screen


def parse_position(position: object) -> tuple[str, int]:
    """`epoch.index` as its two parts; raises ProtocolViolation where it is not one."""
    found = _POSITION.fullmatch(position) if isinstance(position, str) else None
    if found is None:
        raise ProtocolViolation("not a position")
    return found[1], int(found[2])


def read_caption(message: object) -> Entry:
    """A caption's fields, checked one by one and against one another; raises ProtocolViolation."""
    if not isinstance(message, Mapping):
        raise ProtocolViolation("a caption is not an object")
    utterance, text = _text(message, "utterance"), _text(message, "text")
    revision, stable = _whole(message, "revision"), _whole(message, "stableLength")
    final, held = message.get("final"), message.get("held")
    if not isinstance(final, bool) or not isinstance(held, bool) or revision < 1:
        raise ProtocolViolation(f"{utterance}: final, held or revision is missing")
    settled_at_most = text.find(OPEN_MASK) if held and OPEN_MASK in text else len(text)
    if stable > settled_at_most:
        raise ProtocolViolation(f"{utterance}: stableLength reaches past the first open mask or the end")
    start_ms = message.get("startMs")
    return Entry(
        utterance=utterance,
        revision=revision,
        text=text,
        final=final,
        held=held,
        stable_length=stable,
        channel=_text(message, "channel"),
        language=_text(message, "language"),
        start_ms=start_ms if isinstance(start_ms, int) else None,
        index=_whole(message, "index"),
        emitted_at=_text(message, "emittedAt"),
        sent_at=_text(message, "sentAt"),
        correction=message.get("correction") is True,
    )


def read_gap(message: object) -> GapEntry:
    """A gap's fields, checked; raises ProtocolViolation."""
    if not isinstance(message, Mapping):
        raise ProtocolViolation("a gap is not an object")
    lost = message.get("lost")
    if lost is not None and (not isinstance(lost, int) or lost < 0):
        raise ProtocolViolation("a gap without a count")
    return GapEntry(index=_whole(message, "index"), lost=lost, cause=_text(message, "cause"))


def _later(one: Entry, other: Entry) -> bool:
    return one.start_ms is not None and other.start_ms is not None and one.start_ms > other.start_ms


def _text(message: Mapping[str, Any], key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise ProtocolViolation(f"{message.get('type')} without {key}")
    return value


def _whole(message: Mapping[str, Any], key: str) -> int:
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ProtocolViolation(f"{message.get('type')} without {key}")
    return value
