"""One conversation's media session: continuity > redact (which normalises) > revise, composed.

Events in, messages out; no clock, no await. Raw text goes into the redactor and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.base.inside import describe
from captiond.core.arrival import Arrival
from captiond.core.continuity import Continuity, Verdict
from captiond.core.messages import Caption, Gap, Message, Retraction
from captiond.core.redacting import Closed, MakeRedactor, Masked, Redacting, Shown
from captiond.core.revise import MAX_SETTLED, Revise, Utterance

MAX_OPEN: Final = 32  # open utterances of one channel; speech has one or two, more are ghosts of a broken upstream
MAX_KNOWN_FINALS: Final = 256  # upstream utterance ids remembered after their final, for repeats and rewrites


@dataclass(slots=True)
class Received:
    """What one event led to.

    Attributes:
        messages: for the viewers, in order.
        lost: events missing before this one; None where unknown; 0 without a gap.
        gap: whether events are missing before this one.
        shown: the event's own caption text as it may be shown now, whether or not it makes a message; None if dropped.
        held_s: for each caption that stopped being held, how long it was, in event time.
    """

    verdict: Verdict
    messages: list[Message] = field(default_factory=list)
    lost: int | None = 0
    gap: bool = False
    shown: SafeText | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    raw_length: int = 0
    held_s: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Final:
    """An utterance that upstream closed, remembered by upstream's id."""

    utterance: UtteranceId
    text_hash: int
    rewrites: int = 0


@dataclass(slots=True)
class _Channel:
    """What one channel has open. The key is upstream's utterance id; None for the run of partials without one."""

    redactor: Redacting
    open: dict[str | None, UtteranceId] = field(default_factory=dict)
    finals: dict[str, _Final] = field(default_factory=dict)


class Room:
    """One media session.

    Args:
        prefix: starts each utterance id. With the log's epoch, ids are unique over restarts as well.
        language: where an event names none.
        redactor: makes one redactor for each channel.
        interrupted: words went before that are not known: each channel starts as after a gap.
    """

    def __init__(
        self, session: SessionId, *, prefix: str, language: str, redactor: MakeRedactor, interrupted: bool = False
    ) -> None:
        self.session = session
        self._faults, self._fault = 0, ""  # of redactors that are not trusted any more
        self._prefix, self._language, self._make_redactor = prefix, language, redactor
        self._interrupted = interrupted
        self._continuity = Continuity()
        self._revise = Revise()
        self._channels: dict[str, _Channel] = {}
        self._alias: dict[UtteranceId, UtteranceId] = {}  # the redactor's name of a rewritten final > its id
        self._named = 0
        self._event_s: float | None = None  # event time, and when it was so by the daemon's clock
        self._at_s = 0.0
        self._held_since: dict[UtteranceId, float] = {}

    @property
    def faults(self) -> int:
        """How often redaction failed inside; what it was about is shown as an open mask, whole."""
        faults = self._faults
        for channel in self._channels.values():  # a generator costs twice as much, at each event
            faults += channel.redactor.faults
        return faults

    @property
    def fault(self) -> str:
        """What the last fault was, and where; nothing of what was said."""
        return next((said for each in self._channels.values() if (said := each.redactor.fault)), self._fault)

    @property
    def settled_rewrites(self) -> int:
        """How often text changed that had been called settled."""
        return self._revise.settled_rewrites

    @property
    def due_s(self) -> float | None:
        """The monotonic time at which `tick` has something to do; None while nothing is held."""
        due = [self._due_s(c) for c in self._channels.values()]
        known = [d for d in due if d is not None]
        return self._at_s + min(known) - self._event_s if known and self._event_s is not None else None

    def receive(self, arrival: Arrival, *, now_s: float) -> Received:
        """One event through all steps.

        Args:
            now_s: monotonic; when the daemon got it. Event time is in the arrival.
        """
        judgement = self._continuity.receive(arrival)
        received = Received(judgement.verdict, raw_length=len(arrival.text))
        if judgement.verdict is not Verdict.ACCEPTED:
            return received
        channel = self._channel(arrival.channel)
        event_s = self._move_on(arrival.event_s, now_s, received)
        if judgement.gap:
            received.gap, received.lost = True, judgement.lost
            received.messages.append(Gap(judgement.lost, judgement.cause))
            self._lose(channel, arrival, received)
        self._caption(channel, arrival, event_s, received)
        return received

    def disconnected(self) -> None:
        """Upstream is gone for now. What is open stays: the numbering tells later whether anything was lost."""
        self._continuity.disconnected()

    def tick(self, *, now_s: float) -> Received:
        """The daemon's clock takes over while no events come: corrections after 3 s of silence."""
        received = Received(Verdict.ACCEPTED)
        if self._event_s is not None:
            self._expire(self._event_s + max(0.0, now_s - self._at_s), received)
        return received

    def end(self) -> Received:
        """The session is over: corrections as after silence, then retractions of open partials."""
        received = Received(Verdict.ACCEPTED)
        for channel in self._channels.values():
            try:
                shown = list(channel.redactor.end())
            except Exception as fault:
                self._note(fault)
                shown = []
            self._show_all(shown, received)
        for channel in self._channels.values():
            for key in list(channel.open):
                self._retract(channel, key, received)
        return received

    def _channel(self, name: str) -> _Channel:
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel(self._new_redactor())
            if self._interrupted:
                self._cue(channel)
        return channel

    def _move_on(self, event_s: float, now_s: float, received: Received) -> float:
        """Event time moves on, never back; what was due meanwhile comes first."""
        if self._event_s is not None and event_s < self._event_s:
            # A stamp behind the newest: the daemon's clock moves event time on, or one stamp from the future would end
            # all later silences before they began.
            event_s = self._event_s + max(0.0, now_s - self._at_s)
        self._event_s, self._at_s = event_s, now_s
        self._expire(self._event_s, received)
        return self._event_s

    def _expire(self, event_s: float, received: Received) -> None:
        for channel in self._channels.values():
            due_s = self._due_s(channel)
            if due_s is not None and due_s <= event_s:
                try:
                    shown = list(channel.redactor.expire(now_s=event_s))
                except Exception as fault:
                    self._fail(channel, fault)
                    shown = []
                self._show_all(shown, received, event_s)

    def _lose(self, channel: _Channel, arrival: Arrival, received: Received) -> None:
        for key in [key for key in channel.open if key is None or key != arrival.utterance_id]:
            self._retract(channel, key, received)
        for each in self._channels.values():
            self._cue(each)  # whose words were lost isn't known: any channel may have missed its cue

    def _retract(self, channel: _Channel, key: str | None, received: Received) -> None:
        utterance = channel.open.pop(key)
        try:
            channel.redactor.retract(utterance)
        except Exception as fault:
            self._fail(channel, fault)
        self._held_since.pop(utterance, None)
        if self._revise.retract(utterance):
            received.messages.append(Retraction(utterance))

    def _caption(self, channel: _Channel, arrival: Arrival, event_s: float, received: Received) -> None:
        key = arrival.utterance_id
        known = channel.finals.get(key) if key is not None else None
        if known is not None:
            if not arrival.final or hash(arrival.text) == known.text_hash:
                return  # a partial after its final, or the same final again
            id_, name = self._rewrite(known)
        else:
            id_ = name = self._open(channel, arrival, received)
        utterance = self._revise.get(id_)
        if utterance is None:
            return  # a final so old that viewers' snapshots have forgotten it
        language = arrival.language or self._language
        utterance.heard(arrival, language=language)
        shown = self._redact(channel, name, arrival, event_s)
        for each in shown:
            if each.utterance == name:
                received.shown, received.redactions = each.text, each.redactions
        if arrival.final:
            self._close(channel, key, id_, arrival, known)
        self._show_all(shown, received, event_s)

    def _redact(self, channel: _Channel, name: UtteranceId, arrival: Arrival, event_s: float) -> list[Shown]:
        try:
            return list(channel.redactor.caption(name, arrival.text, arrival.final, event_s, arrival.language))
        except Exception as fault:
            # Closed on failure: an internal fault masks, never passes. The text must not reach a traceback either.
            self._fail(channel, fault)
            return [Masked(name, final=arrival.final)]

    def _fail(self, channel: _Channel, fault: Exception) -> None:
        """A redactor that failed is not trusted again; its successor starts as after a gap."""
        self._note(fault)
        self._faults += channel.redactor.faults
        channel.redactor = self._new_redactor()
        try:
            channel.redactor.lose()
        except Exception:
            channel.redactor = Closed()

    def _note(self, fault: Exception) -> None:
        self._faults += 1
        self._fault = describe(fault)

    def _new_redactor(self) -> Redacting:
        try:
            return self._make_redactor(language=self._language)
        except Exception as fault:
            self._note(fault)
            return Closed()

    def _cue(self, channel: _Channel) -> None:
        """The channel counts as after a gap."""
        try:
            channel.redactor.lose()
        except Exception as fault:
            self._fail(channel, fault)

    def _due_s(self, channel: _Channel) -> float | None:
        try:
            return channel.redactor.due_s
        except Exception as fault:
            self._fail(channel, fault)
            return None

    def _open(self, channel: _Channel, arrival: Arrival, received: Received) -> UtteranceId:
        key = arrival.utterance_id
        id_ = channel.open.get(key)
        if id_ is None:
            if len(channel.open) >= MAX_OPEN:
                self._retract(channel, next(iter(channel.open)), received)
            self._named += 1
            id_ = channel.open[key] = UtteranceId(f"{self._prefix}-{self._named}")
            language = arrival.language or self._language
            self._revise.begin(Utterance(id_, arrival.channel, language, arrival.timestamp))
        return id_

    def _close(
        self, channel: _Channel, key: str | None, id_: UtteranceId, arrival: Arrival, known: _Final | None
    ) -> None:
        channel.open.pop(key, None)
        if key is None:
            return
        final = known or _Final(id_, 0)
        final.text_hash = hash(arrival.text)
        channel.finals.pop(key, None)
        channel.finals[key] = final
        if len(channel.finals) > MAX_KNOWN_FINALS:
            oldest = channel.finals.pop(next(iter(channel.finals)))
            self._alias = {name: id_ for name, id_ in self._alias.items() if id_ != oldest.utterance}

    def _rewrite(self, known: _Final) -> tuple[UtteranceId, UtteranceId]:
        """Upstream rewrote a final: to the redactor it is one more utterance, to viewers a correction of this one."""
        known.rewrites += 1
        name = UtteranceId(f"{known.utterance}/{known.rewrites}")
        self._alias = {old: id_ for old, id_ in self._alias.items() if id_ != known.utterance}
        self._alias[name] = known.utterance
        return known.utterance, name

    def _show_all(self, shown: Iterable[Shown], received: Received, event_s: float | None = None) -> None:
        rewritten = set(self._alias.values()) if self._alias else ()
        for each in shown:
            id_ = self._alias.get(each.utterance, each.utterance)
            if id_ == each.utterance and id_ in rewritten:
                continue  # about a wording that upstream has replaced since
            caption = self._revise.show(
                id_,
                each.text,
                final=each.final,
                held=each.held,
                settled=each.settled,
                redactions=each.redactions,
            )
            if caption is not None:
                received.messages.append(caption)
                self._time_hold(caption, received, event_s)

    def _time_hold(self, caption: Caption, received: Received, event_s: float | None) -> None:
        at_s = event_s if event_s is not None else self._event_s or 0.0
        if caption.held:
            self._held_since.setdefault(caption.utterance, at_s)
            if len(self._held_since) > MAX_SETTLED:  # what a fault has masked is never decided
                del self._held_since[next(iter(self._held_since))]
        else:
            since_s = self._held_since.pop(caption.utterance, None)
            if since_s is not None:
                received.held_s.append(max(0.0, at_s - since_s))
