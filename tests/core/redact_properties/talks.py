"""A call of two linked channels as Hypothesis makes it up: the steps that a recogniser and two people can take.

A property subclasses `Talk` and says what must hold after each event and at the end. Everything that was fed is kept in
`fed`, so that a property can feed it again, otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.phrases import LANGUAGES
from captiond.bench.speaker import Speaker
from captiond.core.redact import Call, Shown

CHANNELS = ("agent", "customer")
GROUPS = (
    "4539",
    "5787",
    "63",
    "6362",
    "1486",
    "078",
    "05",
    "1120",
    "(415)",
    "555-0132",
    "4155550132",
    "2024",
    "9",
    "$3.50",
)
NEUTRAL = (
    "[CC]",
    "[...]",
    "jane@example.com",
    "at",
    "@",
    ".com",
    "GB82",
    "WEST",
    "\u200b12",
    "１２",
    "٣",
    "12:30",
    "5%",
)


@dataclass(frozen=True)
class Fed:
    """One thing that a redactor was told. `text` is None for what is no event."""

    channel: str
    utterance: UtteranceId
    text: str | None
    final: bool
    now_s: float
    what: str = "caption"


class Ear:
    """One redactor and the newest caption of each of its utterances."""

    def __init__(self, language: str, call: Call) -> None:
        self.redactor = Speaker(call, language).redactor
        self.screen: dict[UtteranceId, Shown] = {}
        self.shown: list[Shown] = []

    def take(self, one: Fed) -> None:
        """Feeds one thing, and keeps what is shown."""
        shown: Sequence[Shown] = ()
        if one.what == "silence":
            shown = self.redactor.expire(now_s=one.now_s)
        elif one.what == "gap":
            self.redactor.lose()
        elif one.what == "retract":
            self.redactor.retract(one.utterance)
            self.screen.pop(one.utterance, None)
        elif one.what == "end":
            shown = self.redactor.end()
        else:
            assert one.text is not None
            shown = self.redactor.caption(one.utterance, RawText(one.text), final=one.final, now_s=one.now_s)
        for each in shown:
            self.screen[each.utterance] = each
            self.shown.append(each)


def ears(language: str) -> dict[str, Ear]:
    """A new, linked pair."""
    call = Call()
    return {channel: Ear(language, call) for channel in CHANNELS}


words = st.integers(0, 10_000)


class Talk(RuleBasedStateMachine):
    """The steps. Chance is drawn as numbers that pick from the language's own words."""

    @initialize(language=st.sampled_from(sorted(LANGUAGES)))
    def answer_the_phone(self, language: str) -> None:
        """Both are there; nothing was said."""
        self.language = language
        self.phrases = LANGUAGES[language]
        self.vocabulary = self._vocabulary()
        self.ears = ears(language)
        self.fed: list[Fed] = []
        self.now_s = 0.0
        self.numbers = dict.fromkeys(CHANNELS, 0)
        self.open = dict.fromkeys(CHANNELS, "")

    def _vocabulary(self) -> tuple[str, ...]:
        p = self.phrases
        cues = [cue for kind in sorted(p.cued) for cue in p.cued[kind]]
        keeps = [before for _, before, _ in p.harmless]
        return (
            *p.digits, *p.digits, *p.digits, p.zero, p.twice, *p.misheard.values(), *GROUPS, *GROUPS, *NEUTRAL,
            *p.pauses, *cues[:4], *keeps[:4], *p.after, *p.email[:1], p.at, p.dot, p.tld, *p.plain[:2],
        )  # fmt: skip

    def _word(self, number: int) -> str:
        return self.vocabulary[number % len(self.vocabulary)]

    def _feed(self, channel: str, *, final: bool = False, what: str = "caption") -> None:
        self.now_s += 0.2
        text = self.open[channel] if what == "caption" else None
        one = Fed(channel, UtteranceId(f"u{self.numbers[channel]}"), text, final, self.now_s, what)
        self.fed.append(one)
        self.ears[channel].take(one)
        if final or what == "retract":
            self.numbers[channel] += 1
            self.open[channel] = ""
        self.after(one)

    @rule(channel=st.sampled_from(CHANNELS), said=st.lists(words, min_size=1, max_size=6))
    def go_on(self, channel: str, said: list[int]) -> None:
        """Some words more, one partial each."""
        for number in said:
            self.open[channel] = f"{self.open[channel]} {self._word(number)}".strip()
            self._feed(channel)

    @rule(channel=st.sampled_from(CHANNELS), said=words)
    def go_on_by_characters(self, channel: str, said: int) -> None:
        """One word more, one partial for each of its characters."""
        begun = f"{self.open[channel]} " if self.open[channel] else ""
        for end in range(1, len(self._word(said)) + 1):
            self.open[channel] = begun + self._word(said)[:end]
            self._feed(channel)

    @precondition(lambda self: any(self.open.values()))
    @rule(channel=st.sampled_from(CHANNELS), at=words, said=words, how=st.integers(0, 3))
    def hear_otherwise(self, channel: str, at: int, said: int, how: int) -> None:
        """An earlier word becomes another: a digit its numeral or the word that sounds like it, and back; or goes."""
        heard = self.open[channel].split(" ")
        spot = at % len(heard)
        word, digits = heard[spot], self.phrases.digits
        if how == 0 and word in digits:
            heard[spot] = str(digits.index(word))
        elif how == 1 and word.isdecimal() and word.isascii():
            heard[spot] = " ".join(digits[int(c)] for c in word)
        elif how == 2:
            heard[spot] = self.phrases.misheard.get(word, self._word(said))
        else:
            del heard[spot]
        self.open[channel] = " ".join(heard)
        self._feed(channel)

    @rule(channel=st.sampled_from(CHANNELS))
    def end_here(self, channel: str) -> None:
        """The final is what was heard."""
        self._feed(channel, final=True)

    @precondition(lambda self: any(self.open.values()))
    @rule(channel=st.sampled_from(CHANNELS), at=words, inside=st.booleans())
    def end_too_early(self, channel: str, at: int, inside: bool) -> None:
        """The final ends at any word or any character of what was heard; the rest comes again."""
        heard = self.open[channel]
        places = range(len(heard) + 1) if inside else [i for i, c in enumerate(f"{heard} ") if c == " "]
        cut = places[at % len(places)]
        self.open[channel] = heard[:cut]
        self._feed(channel, final=True)
        self.open[channel] = heard[cut:].strip()
        if self.open[channel]:
            self._feed(channel)

    @precondition(lambda self: any(self.open.values()))
    @rule(channel=st.sampled_from(CHANNELS))
    def take_back(self, channel: str) -> None:
        """An open utterance gets no final."""
        if self.open[channel]:
            self._feed(channel, what="retract")

    @rule(channel=st.sampled_from(CHANNELS))
    def lose_events(self, channel: str) -> None:
        """Nobody knows what was said."""
        self._feed(channel, what="gap")

    @rule()
    def be_silent(self) -> None:
        """3 s in which nobody says anything."""
        self.now_s += 3.5
        for channel in CHANNELS:
            self._feed(channel, what="silence")

    def teardown(self) -> None:
        """Both hang up."""
        if hasattr(self, "fed"):
            for channel in CHANNELS:
                self._feed(channel, what="end")
            self.at_end()

    def finals(self, channel: str) -> dict[UtteranceId, str]:
        """What was said in the end, by utterance."""
        return {one.utterance: one.text or "" for one in self.fed if one.final and one.channel == channel}

    def after(self, one: Fed) -> None:
        """What must hold after each thing that was fed."""

    def at_end(self) -> None:
        """What must hold when the call is over."""
