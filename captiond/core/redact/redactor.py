"""RawText in, SafeText out: one channel of one media session, and the call that links channels. Nothing else makes it.

Source: contract, section 6; the state that is carried, docs/design.md.
"""

from collections.abc import Sequence
from typing import Final

from mypy_extensions import i64

from captiond.base.ids import RawText, SafeText, UtteranceId
from captiond.base.inside import describe
from captiond.core.redact.answers import SHORT
from captiond.core.redact.lexicon import KEEP, Lexicon
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.machine import Machine
from captiond.core.redact.scan import Scan
from captiond.core.redact.shown import NONE_REDACTED, Shown
from captiond.core.redact.tokens import Token, read
from captiond.core.redact.window import NOBODY, Marker

SILENCE_S: Final = 3.0  # of event time: then a final's open run ends there
MAX_CODE_POINTS: Final = (
    8_192  # of one utterance, some ten minutes of speech; a longer one is a fault, and masked whole
)
MAX_WAITING: Final = 20  # finals that wait for one open run: a card said a digit at a time; after more the run ends
MAX_KNOWN: Final = 64  # harmless numbers remembered in a call, so that reading one back is not masked
MAX_OPEN: Final = 8  # utterances of one channel that have partials at the same time
WHOLE: Final = "[...]"


class Call:
    """What linked channels and media sessions of one conversation share: cues, and harmless numbers said before."""

    __slots__ = ("_all_known", "_known", "_members", "_told")

    def __init__(self) -> None:
        self._members: list[Redactor] = []
        self._told: tuple[Marker, ...] = ()
        self._known: dict[str, None] = {}
        self._all_known: frozenset[str] = frozenset()

    def join(self, redactor: "Redactor") -> None:
        """One more channel. What the last final announced reaches it too: it may be the one that is asked."""
        self._members.append(redactor)
        if self._told:
            redactor.hear(self._told)

    def leave(self, redactor: "Redactor") -> None:
        """A channel is over."""
        if redactor in self._members:
            self._members.remove(redactor)

    def tell(self, speaker: "Redactor", cues: tuple[Marker, ...]) -> None:
        """A final of one channel had cues: they reach the next utterance of each other one."""
        self._told = cues
        for member in self._members:
            if member is not speaker:
                member.hear(cues)

    def answer(self, markers: list[Marker]) -> None:
        """Cues that finals have given their numbers: they name nothing any more, in no channel."""
        new = [marker for marker in markers if not marker.answered]
        for marker in new:
            marker.answered = True
        if new:
            for member in self._members:
                member.stir()

    def keep(self, digits: list[str]) -> None:
        """Numbers that a keep-word made harmless."""
        for one in digits:
            self._known.pop(one, None)
            self._known[one] = None
            while len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        if digits:
            self._all_known = frozenset(self._known)
            for member in self._members:
                member.stir()

    def known(self) -> frozenset[str]:
        """Digits of harmless numbers said before."""
        return self._all_known


NO_CORRECTIONS: Final[list[Shown]] = []


class _Waiting:
    """A final whose end is open. `end` is the index behind its last word."""

    __slots__ = ("end", "number", "shown", "utterance")

    def __init__(self, utterance: UtteranceId, number: i64, shown: Shown, end: i64) -> None:
        self.utterance = utterance
        self.number = number
        self.shown = shown
        self.end = end


class Redactor:
    """One channel of one media session.

    Args:
        kinds: which are masked; see `core.redact.kinds`.
        language: where `caption` is told none.
        call: shared with the linked channels.
    """

    def __init__(self, *, kinds: frozenset[str], language: str, call: Call) -> None:
        self._kinds, self._language, self._call = kinds, language, call
        self._lexicon = lexicon_for(language)
        self._machine = Machine(self._lexicon, kinds)  # as it was after the last final
        self._waiting: list[_Waiting] = []
        self._stood = self._machine.stand()  # when the finals that wait were looked at
        # The utterance with partials that was said last, and what reads it: None where it is to be read from its start.
        self._newest: UtteranceId | None = None
        self._scan: Scan | None = None
        self._others: dict[UtteranceId, Scan | None] = {}  # the others that have partials, likewise
        self._heard: tuple[Marker, ...] = ()  # cues of other channels
        self._last_s = 0.0
        self._faults = 0
        self._fault = ""
        call.join(self)

    @property
    def faults(self) -> int:
        """Utterances that were masked whole because judging them failed inside."""
        return self._faults

    @property
    def fault(self) -> str:
        """What the last of them was, and where; nothing of what was said. "" without one."""
        return self._fault

    @property
    def due_s(self) -> float | None:
        """The event time at which `expire` has something to do; None while an utterance is open or none waits."""
        if self._newest is not None or self._others or not (self._waiting or self._machine.is_open()):
            return None
        return self._last_s + SILENCE_S

    @property
    def oldest_waiting(self) -> UtteranceId | None:
        """The first final that may still be corrected; None where none is."""
        return self._waiting[0].utterance if self._waiting else None

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        """What may be shown now of one utterance, given its newest text; corrections of earlier ones first.

        Arguments may be named; to sort out names takes a tenth of a partial's time, so who calls often does not.

        Args:
            text: the whole utterance so far; any revision of what came before.
            final: no later partial comes; what it ends inside of stays masked until the channel's next utterance.
            now_s: event time; never read from a clock here.
            language: the event's own; None for the session's.
        Returns:
            Equal for equal finals, whatever partials came between.
        """
        corrections = self.expire(now_s=now_s) if self._newest is None else NO_CORRECTIONS
        self._last_s = max(self._last_s, now_s)
        own = language is None or language == self._language
        lexicon = self._lexicon if own else lexicon_for(str(language))
        try:
            shown: Sequence[Shown] = (
                self._final(utterance, text, lexicon) if final else (self._partial(utterance, text, lexicon),)
            )
        except Exception as fault:  # whatever it is: nothing passes unjudged, and the text is in no traceback of ours
            self._fault = describe(fault)
            self._leave(utterance)  # its scan stopped half-way
            shown = self._fail(utterance, final=final)
        if final:
            self._leave(utterance)
        return [*corrections, *shown] if corrections else shown

    def retract(self, utterance: UtteranceId) -> None:
        """An open partial that will get no final is forgotten."""
        self._leave(utterance)

    def lose(self) -> None:
        """Events are missing: the channel counts as cued until a run closes."""
        self._machine.lost = True
        self.stir()

    def expire(self, *, now_s: float) -> list[Shown]:
        """Event time has moved on: after 3 s of silence a final's open run ends where it is."""
        due_s = self.due_s
        return self._end_runs() if due_s is not None and now_s >= due_s else []

    def end(self) -> list[Shown]:
        """The session is over: as 3 s of silence. Nothing may follow."""
        self._others.clear()
        self._newest = self._scan = None
        shown = self._end_runs()
        self._call.leave(self)
        return shown

    def hear(self, cues: tuple[Marker, ...]) -> None:
        """Another channel's final had these cues."""
        self._heard = cues
        self.stir()

    def stir(self) -> None:
        """What earlier finals or other channels left behind has changed: open utterances are read anew."""
        self._scan = None
        for utterance in self._others:
            self._others[utterance] = None

    def _end_runs(self) -> list[Shown]:
        try:
            self.stir()
            self._machine.known = self._call.known()
            self._machine.close()
            self._call.keep(self._machine.kept)
            self._machine.kept = []
            self._call.answer(self._machine.window.answered())
            return self._corrections()
        except Exception as fault:
            self._fault = describe(fault)
            return self._fail(None, final=True)

    def _partial(self, utterance: UtteranceId, text: str, lexicon: Lexicon) -> Shown:
        if len(text) > MAX_CODE_POINTS:
            self._turn_to(utterance)
            return Shown(utterance, SafeText(WHOLE), False, True, NONE_REDACTED, 0)
        scan = self._reading(utterance, text, lexicon)
        passed = scan.passes(text)
        if passed is None:
            passed = scan.read(text, final=False)
            if passed is None:
                return _shown(scan.machine, utterance, scan.machine.window.number, final=False)
        settled: i64 = len(passed)
        if scan.held:
            settled = scan.settled
        return Shown(utterance, SafeText(passed), False, scan.held, scan.counts, settled)

    def _final(self, utterance: UtteranceId, text: str, lexicon: Lexicon) -> list[Shown]:
        if not text or text.isspace():
            return [Shown(utterance, SafeText(""), True, False, NONE_REDACTED, 0)]  # nothing said ends nothing
        if len(text) > MAX_CODE_POINTS:
            corrections = self._end_runs()
            self._restart()
            return [*corrections, Shown(utterance, SafeText(WHOLE), True, True, NONE_REDACTED, 0)]
        scan = self._reading(utterance, text, lexicon)
        scan.read(text, final=True)
        machine = scan.machine
        number = machine.window.number
        machine.finish()
        if len(self._waiting) >= MAX_WAITING:
            machine.close()
            machine.lost = True  # what follows such a run is not to be shown either
        self._machine = machine
        self.stir()
        self._pass_on(machine, number, text, lexicon)
        corrections = self._corrections()
        shown = _shown(machine, utterance, number, final=True)
        if not machine.is_settled(number):
            self._waiting.append(_Waiting(utterance, number, shown, machine.window.end()))
            self._stood = machine.stand()
        return [*corrections, shown]

    def _reading(self, utterance: UtteranceId, text: str, lexicon: Lexicon) -> Scan:
        """The scan that goes on with this text: the utterance's own, or a new one."""
        if utterance is not self._newest:
            self._turn_to(utterance)
        scan = self._scan
        if scan is None or scan.lexicon is not lexicon or not scan.goes_on(text):
            scan = self._scan = Scan(self._prepare(lexicon), lexicon)
        return scan

    def _turn_to(self, utterance: UtteranceId) -> None:
        """An utterance has partials, and is the newest one; of too many the oldest is read anew when it goes on."""
        if utterance == self._newest:
            return
        before, scan = self._newest, self._scan
        self._newest, self._scan = utterance, self._others.pop(utterance, None) if self._others else None
        if before is not None:
            self._others[before] = scan
            while len(self._others) >= MAX_OPEN:
                del self._others[next(iter(self._others))]

    def _leave(self, utterance: UtteranceId) -> None:
        """An utterance has no partials any more."""
        if utterance == self._newest:
            self._newest = self._scan = None
        else:
            self._others.pop(utterance, None)

    def _prepare(self, lexicon: Lexicon) -> Machine:
        """The state that earlier finals left, ready for one more utterance."""
        machine = Machine(lexicon, self._kinds, self._machine)
        machine.known = self._call.known()
        machine.begin()
        before = machine.window.end() - 1
        for marker in self._heard:
            heard = Marker(marker.kind, before, NOBODY, machine.window.number, marker.asks, marker)
            heard.most, heard.said = marker.most, marker.said
            machine.window.mark(heard)
        return machine

    def _pass_on(self, machine: Machine, number: i64, text: str, lexicon: Lexicon) -> None:
        """What a final tells the other channels, and whether it used up what they told."""
        self._call.keep(machine.kept)
        window = machine.window
        named = window
        if machine.is_open() and any(m.kind == KEEP or m.kind in SHORT for m in window.markers):
            ended = machine.copy()  # "your reference is 5913 ..." may be read back before its silence is over
            ended.close()
            self._call.keep(ended.kept)
            named = ended.window
        if window.used:
            self._call.answer(window.answered())
        cues = [
            m
            for m in window.markers
            if m.reach == number + 1 and not (m.kind == KEEP and (named.is_used(m) or not m.asks))
        ]
        if cues:
            self._call.tell(self, tuple(cues))
        if self._heard and not _only_acknowledges(text, lexicon):
            self._heard = ()
            self.stir()

    def _corrections(self) -> list[Shown]:
        """Earlier finals that now show something else, or wait for nothing any more."""
        machine = self._machine
        changed: list[Shown] = []
        oldest = machine.window.number
        if self._waiting:
            waiting: list[_Waiting] = []
            known = machine.same_until(self._stood)
            for one in self._waiting:
                if one.end <= known:
                    waiting.append(one)
                    continue
                shown = _shown(machine, one.utterance, one.number, final=True)
                if shown.text != one.shown.text or shown.held != one.shown.held:
                    changed.append(shown)
                if not machine.is_settled(one.number):
                    one.shown = shown
                    waiting.append(one)
            self._waiting = waiting
            self._stood = machine.stand()
            if waiting:
                oldest = waiting[0].number
        machine.forget(oldest)
        return changed

    def _fail(self, utterance: UtteranceId | None, *, final: bool) -> list[Shown]:
        """Something is wrong inside: what was shown masked stays so, and the channel starts anew, as after a gap."""
        self._faults += 1
        shown = [
            Shown(one.utterance, SafeText(WHOLE), final=True, held=True) for one in self._waiting if one.shown.held
        ]
        if utterance is None or final:
            self._restart()
        else:
            shown = []
        if utterance is not None:
            shown.append(Shown(utterance, SafeText(WHOLE), final=final, held=True))
        return shown

    def _restart(self) -> None:
        self._machine = Machine(self._lexicon, self._kinds)
        self._machine.lost = True
        self.stir()
        self._waiting = []


def _shown(machine: Machine, utterance: UtteranceId, number: i64, *, final: bool) -> Shown:
    text, settled, held = machine.shown(number)
    return Shown(utterance, SafeText(text), final, held, machine.counted(number), settled)


def _only_acknowledges(text: str, lexicon: Lexicon) -> bool:
    """ "Okay, one moment": the answer is still to come, so the question's cue stays."""
    words: list[Token] = [read(word, lexicon) for word in text.split()]
    return len(words) <= 6 and all(
        not w.digits and (w.core in lexicon.acknowledgements or w.core in lexicon.fillers or not w.core) for w in words
    )


__all__ = ["Call", "Redactor", "Shown"]
