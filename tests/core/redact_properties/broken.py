"""Redactors that are bad in one way each: a check that finds nothing in them checks nothing.

Broken from outside, by what they are told and what they answer, so that this holds for a compiled redactor too.
"""

from collections.abc import Sequence

from captiond.base.ids import RawText, SafeText, UtteranceId
from captiond.core.redact import Call, Redactor, Shown


class Wrapped:
    """A redactor seen from outside: what it is told and answers can be changed, compiled or not."""

    def __init__(self, *, kinds: frozenset[str], language: str, call: Call) -> None:
        self.kinds, self.language = kinds, language
        self.inner = Redactor(kinds=kinds, language=language, call=call)

    @property
    def due_s(self) -> float | None:
        return self.inner.due_s

    @property
    def faults(self) -> int:
        return self.inner.faults

    @property
    def fault(self) -> str:
        return self.inner.fault

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        return self.inner.caption(utterance, text, final=final, now_s=now_s, language=language)

    def expire(self, *, now_s: float) -> Sequence[Shown]:
        return self.inner.expire(now_s=now_s)

    def lose(self) -> None:
        self.inner.lose()

    def retract(self, utterance: UtteranceId) -> None:
        self.inner.retract(utterance)

    def end(self) -> Sequence[Shown]:
        return self.inner.end()


class ShowsPartials(Wrapped):
    """As many products do: only finals are redacted."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        shown = super().caption(utterance, text, final=final, now_s=now_s, language=language)
        return shown if final else [Shown(utterance, SafeText(text), final=False, held=False)]


class Remembers(Wrapped):
    """What was masked in one partial is masked in the next."""

    masked = False

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        shown = [*super().caption(utterance, text, final=final, now_s=now_s, language=language)]
        self.masked = not final and (self.masked or "[...]" in shown[-1].text)
        if self.masked and "[...]" not in shown[-1].text:
            shown[-1] = Shown(utterance, SafeText("[...]"), final=False, held=True)
        return shown


class Restores(Wrapped):
    """At the end everything comes back."""

    def __init__(self, *, kinds: frozenset[str], language: str, call: Call) -> None:
        super().__init__(kinds=kinds, language=language, call=call)
        self.said: dict[UtteranceId, RawText] = {}

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        if final:
            self.said[utterance] = text
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)

    def end(self) -> Sequence[Shown]:
        super().end()
        return [Shown(u, SafeText(text), final=True, held=False) for u, text in self.said.items()]


class EatsMasks(Wrapped):
    """What looks like a mask in the text is taken for its own and dropped."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        said = RawText(text.replace("[NUMBER]", ""))
        return super().caption(utterance, said, final=final, now_s=now_s, language=language)


class Stumbles(Wrapped):
    """Fails inside now and then, and masks."""

    stumbled = 0

    @property
    def faults(self) -> int:
        return self.stumbled

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        if "7" in text or "seven" in text:
            self.stumbled += 1
            return [Shown(utterance, SafeText("[...]"), final=final, held=True)]
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)


class Raises(Wrapped):
    """Fails inside and lets it out."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        if "7" in text or "seven" in text:
            raise ValueError("no")
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)


class TellsLengths(Wrapped):
    """Counts the characters that it hides."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        shown = super().caption(utterance, text, final=final, now_s=now_s, language=language)
        return [Shown(s.utterance, s.text, s.final, s.held, {"CC": sum(map(ord, text))}, s.settled) for s in shown]


class LeavesResidue(Wrapped):
    """The last digit stays beside its mask."""

    def end(self) -> Sequence[Shown]:
        return [Shown(s.utterance, SafeText(s.text.replace("]", "] 0")), s.final, s.held) for s in super().end()]


class StartsAnew(Wrapped):
    """Each event is read from its first word on, by a redactor that heard nothing before."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        self.inner = Redactor(kinds=self.kinds, language=self.language, call=Call())
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)


class ReadsAllBeginnings(Wrapped):
    """Each beginning of a text is read before it, as some patterns that look back and ahead do."""

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        for end in range(0, len(text), 200):
            fresh = Redactor(kinds=self.kinds, language=self.language, call=Call())
            fresh.caption(utterance, RawText(text[:end]), final=True, now_s=now_s)
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)


class RemembersUtterances(Wrapped):
    """Keeps what was said for good, and reads all of it whenever something is said."""

    def __init__(self, *, kinds: frozenset[str], language: str, call: Call) -> None:
        super().__init__(kinds=kinds, language=language, call=call)
        self.said: list[RawText] = []

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> Sequence[Shown]:
        self.said.append(text)
        for earlier in self.said:
            fresh = Redactor(kinds=self.kinds, language=self.language, call=Call())
            fresh.caption(utterance, earlier, final=True, now_s=now_s)
        return super().caption(utterance, text, final=final, now_s=now_s, language=language)
