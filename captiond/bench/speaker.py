"""One channel's redactor, driven by hand: for attacks that say exactly what comes when."""

from collections.abc import Iterable

from captiond.base.ids import RawText, UtteranceId
from captiond.core.redact import DEFAULT, Call, Redactor, Shown

EVENT_S = 0.3  # from one event to the next: a quick speaker


class Speaker:
    """One channel: says utterances, keeps the newest caption of each and everything that was ever shown."""

    def __init__(self, call: Call | None = None, language: str = "en-US", kinds: frozenset[str] = DEFAULT) -> None:
        self.call = call or Call()
        self.redactor = Redactor(kinds=kinds, language=language, call=self.call)
        self.now_s = 0.0
        self.utterances = 0
        self.screen: dict[UtteranceId, Shown] = {}
        self.shown: list[Shown] = []

    def hear(self, text: str, *, final: bool) -> Shown:
        """One event, EVENT_S after the last; answers the caption of its own utterance."""
        self.now_s += EVENT_S
        utterance = UtteranceId(f"u{self.utterances}")
        self._keep(self.redactor.caption(utterance, RawText(text), final=final, now_s=self.now_s))
        self.utterances += final
        return self.screen[utterance]

    def say(self, *texts: str) -> Shown:
        """Partials and then a final, each text being a whole event."""
        *partials, last = texts
        for text in partials:
            self.hear(text, final=False)
        return self.hear(last, final=True)

    def be_silent(self) -> None:
        """3 s of event time pass."""
        self.now_s += 3.5
        self._keep(self.redactor.expire(now_s=self.now_s))

    def stop(self) -> list[str]:
        """The session is over; answers the final captions in order."""
        self._keep(self.redactor.end())
        return self.captions()

    def captions(self) -> list[str]:
        return [shown.text for shown in self.screen.values()]

    def _keep(self, shown: Iterable[Shown]) -> None:
        for one in shown:
            self.screen[one.utterance] = one
            self.shown.append(one)
