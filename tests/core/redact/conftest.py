"""What the redactor's tests share: a conversation written as lines, and a redactor that shows its faults."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.core.compiled import COMPILED
from captiond.core.redact import DEFAULT, Call, Redactor, Shown
from captiond.core.redact import redactor as module
from captiond.core.redact.machine import Machine
from captiond.core.redact.tokens import Token


@dataclass
class Talk:
    """A conversation of channels; `screen` is what a viewer has of each utterance."""

    kinds: frozenset[str] = DEFAULT
    language: str = "en-US"
    now_s: float = 0.0
    call: Call = field(default_factory=Call)
    channels: dict[str, Redactor] = field(default_factory=dict)
    screen: dict[str, Shown] = field(default_factory=dict)
    messages: list[Shown] = field(default_factory=list)

    def channel(self, name: str) -> Redactor:
        if name not in self.channels:
            self.channels[name] = Redactor(kinds=self.kinds, language=self.language, call=self.call)
        return self.channels[name]

    def say(self, utterance: str, text: str, *, final: bool = True, channel: str = "c", after_s: float = 0.2) -> str:
        """One event; answers what is shown of it now."""
        self.now_s += after_s
        self._show(self.channel(channel).caption(UtteranceId(utterance), RawText(text), final=final, now_s=self.now_s))
        return self.screen[utterance].text

    def silence(self, seconds: float = 3.0) -> None:
        self.now_s += seconds
        for redactor in self.channels.values():
            self._show(redactor.expire(now_s=self.now_s))

    def end(self) -> None:
        for redactor in self.channels.values():
            self._show(redactor.end())

    def _show(self, shown: Sequence[Shown]) -> None:
        for one in shown:
            self.screen[one.utterance] = one
            self.messages.append(one)


def count_calls(monkeypatch: pytest.MonkeyPatch, method: str) -> Counter[str]:
    """Counts the calls of a method of `Machine` that takes one word, under its name."""
    calls: Counter[str] = Counter()
    original = getattr(Machine, method)

    def counted(self: Machine, token: Token, *, unfinished: bool = False) -> None:
        calls[method] += 1
        original(self, token, unfinished=unfinished)

    monkeypatch.setattr(Machine, method, counted)
    return calls


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def faults_expected() -> None:
    """For tests that break the redactor on purpose."""


@pytest.fixture(autouse=True)
def _no_hidden_faults(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The redactor masks when it fails inside; in tests that would look like a good mask, so it fails the test."""
    # A compiled class cannot be patched; tests/core/test_compiled.py compares the faults of both.
    if COMPILED or "faults_expected" in request.fixturenames:
        yield
        return
    faults: list[str] = []
    original: Callable[..., list[Shown]] = module.Redactor._fail

    def noted(self: Redactor, utterance: UtteranceId | None, *, final: bool) -> list[Shown]:
        import traceback

        faults.append(traceback.format_exc())
        return original(self, utterance, final=final)

    monkeypatch.setattr(module.Redactor, "_fail", noted)
    yield
    assert not faults, faults[0]


def finals(language: str, *said: str) -> list[str]:
    """What is left on the screen of utterances that grow by words, each its own."""
    talk = Talk(language=language)
    for number, text in enumerate(said):
        for end in (i for i, char in enumerate(text) if char == " "):
            talk.say(str(number), text[:end], final=False)
        talk.say(str(number), text)
    talk.end()
    return [talk.screen[str(number)].text for number in range(len(said))]


def closed(text: str, *, kinds: frozenset[str] = DEFAULT, language: str = "en-US") -> str:
    """A finished utterance, alone."""
    redactor = Redactor(kinds=kinds, language=language, call=Call())
    shown = redactor.caption(UtteranceId("u"), RawText(text), final=True, now_s=0.0)
    return [*shown, *redactor.end()][-1].text
