"""The gate lets through words that change nothing, and nothing else: with it and without it captions are the same."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captiond.base.ids import RawText, UtteranceId
from captiond.core.normalise import Repeats, clean, is_clean, joins
from captiond.core.redact import DEFAULT, Call, Redactor, Shown
from captiond.core.redact.gate import Trail
from captiond.core.redact.leave import Leave
from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.machine import Machine
from captiond.core.redact.pending import Pending
from captiond.core.redact.tokens import read
from captiond.core.redact.triggers import ALWAYS, CUED, RUNNING
from tests.core.redact.conftest import count_calls  # type: ignore[import-not-found,unused-ignore]

_TALK = (
    "so I think we will go there now with it that was what they said about this house and the garden again well "
    "maybe later today restaurant Barbara wouldn't e-mail-less schönen Straße groß mañana déjà voulez dann nicht"
)
_SPECIAL = (
    "card number is four one double oh to for 4111 415 jane at example dot com order ticket 12 twenty two dollars "
    "may third of them pin security code iban GB nl62 no no um uh and y et un une ein a b c percent hundred $5 10:30 "
    "dreißig zweiundzwanzig l'iban d'accord , . ! ... (415) don't \u200b very very very very"
)
ORDINARY = _TALK.split()
SPECIAL = _SPECIAL.split()


@st.composite
def calls(draw: st.DrawFn) -> list[list[str]]:
    """Utterances, each as partials with the final last; mostly ordinary words, so that much passes."""
    said = []
    for _ in range(draw(st.integers(1, 3))):
        share = draw(st.sampled_from([0.05, 0.2, 0.5]))
        rng = random.Random(draw(st.integers(0, 2**32)))
        words = [rng.choice(SPECIAL if rng.random() < share else ORDINARY) for _ in range(draw(st.integers(0, 30)))]
        text = " ".join(words)
        cuts = sorted(rng.randint(0, len(text)) for _ in range(rng.randint(0, 12)))
        partials = []
        for cut in cuts:
            heard = text[:cut]
            if rng.random() < 0.3:  # the last words are heard otherwise for a moment
                kept = heard.rsplit(" ", rng.randint(1, 3))[0]
                heard = f"{kept} {rng.choice(ORDINARY + SPECIAL)}"
            partials.append(heard)
        said.append([*partials, text])
    return said


def captions(said: list[list[str]], language: str) -> Iterator[Shown]:
    redactor = Redactor(kinds=DEFAULT, language=language, call=Call())
    for number, texts in enumerate(said):
        for place, text in enumerate(texts, 1):
            yield from redactor.caption(
                UtteranceId(f"u{number}"), RawText(text), final=place == len(texts), now_s=float(number)
            )
    yield from redactor.end()
    assert redactor.faults == 0


@pytest.mark.source_only  # the gate is taken out from inside
@pytest.mark.parametrize("language", ["en-US", "es-ES", "fr-FR", "de-DE", "it-IT", "xx"])
def test_without_the_gate_captions_are_the_same(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=60, deadline=None)
    @given(calls())
    def same(said: list[list[str]]) -> None:
        with_gate = list(captions(said, language))
        with monkeypatch.context() as patched:
            patched.setattr(Machine, "leave", lambda self: None)
            assert list(captions(said, language)) == with_gate

    same()


@pytest.mark.source_only  # counts from inside
def test_ordinary_talk_does_not_reach_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An example beside the property: else a gate that lets nothing through would pass it."""
    steps = count_calls(monkeypatch, "advance")
    text = "so I think we will go there now with it that was what they said about this house and the garden"
    words = text.split()
    said = [[" ".join(words[:size]) for size in range(1, len(words) + 1)]]
    assert [shown.text for shown in captions(said, "en-US")][:-1] == said[0][:-1]
    assert 0 < steps.total() <= 10  # the final's last words, not each word of each partial


@pytest.mark.source_only
def test_digits_behind_a_masked_run_do_not_reach_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_at: list[int] = []
    steps = count_calls(monkeypatch, "advance")
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    text = "my card is four one one one"
    for more in ("", *(["two"] * 8)):
        text = f"{text} {more}".rstrip()
        shown = redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)
        assert shown[-1].text == "my card is [...]"
        shown_at.append(steps.total())
    assert shown_at[-1] - shown_at[1] <= 1


def trail(leave: Leave, language: str = "en-US") -> Trail:
    lexicon = lexicon_for(language)
    made = Trail(lexicon.gate, lexicon.entries)
    made.begin(0, leave, begun=False)
    return made


@pytest.mark.parametrize(
    ("leave", "text", "passes"),
    [
        (Leave(ALWAYS, 99), "we went there with it", True),
        (Leave(ALWAYS, 99), "we went there with 4111 ", False),
        (Leave(ALWAYS, 99), "we went there with 411", True),  # shown while fewer than four
        (Leave(ALWAYS, 99), "we went there with 4111", False),
        (Leave(ALWAYS, 99), "we have four", True),
        (Leave(ALWAYS, 99), "we have four ", False),
        (Leave(CUED, 99), "we have four", False),
        (Leave(CUED, 99), "oh", False),
        (Leave(ALWAYS, 99), "oh well", True),
        (Leave(ALWAYS, 99), "my card ", False),
        (Leave(ALWAYS, 99), "jane at", False),
        (Leave(ALWAYS, 99), "we are at", True),
        (Leave(ALWAYS, 99), "we  went", False),
        (Leave(ALWAYS, 99), "we\twent", False),
        (Leave(ALWAYS, 99), "we went.There", False),
        (Leave(ALWAYS, 99), "we went , there", False),
        (Leave(ALWAYS, 99), "we we", False),
        (Leave(ALWAYS, 99), "noooo", False),
        (Leave(ALWAYS, 99), "twenty-two ", False),
        (Leave(ALWAYS, 99), "a b c", False),
        (Leave(ALWAYS, 99), "中文", False),
        (Leave(RUNNING, 2), "went there", True),
        (Leave(RUNNING, 2), "went there now", False),
        (Leave(RUNNING, 2), "dollars", False),
        (Leave(RUNNING, 2, digits=9), "four one 1234", True),
        (Leave(RUNNING, 2, digits=9), "four. ", False),
        (Leave(RUNNING, 2, digits=9), "four then", False),
        (Leave(RUNNING, 2, digits=9, spoken=True), "double two oh", True),
        (Leave(RUNNING, 2, digits=9), "double two", False),
        (Leave(RUNNING, 2, digits=1), "one two three", False),
        (Leave(CUED, 99, strict=True), "it is with you", True),
        (Leave(CUED, 99, strict=True), "it is barbara", False),
    ],
)
def test_what_passes(leave: Leave, text: str, passes: bool) -> None:
    assert trail(leave).walk(text) is passes


def test_a_sharp_s_hides_no_number_word() -> None:
    assert not trail(Leave(ALWAYS, 99), "de-DE").walk("dreißig ")
    assert trail(Leave(ALWAYS, 99), "de-DE").walk("große Straße ")


@given(st.text(st.sampled_from("abZ.,!?:@'-é\u00df4 (\u200b"), max_size=12))
def test_clean_text_is_clean(chunk: str) -> None:
    words = "".join(chunk.split())
    if is_clean(words, 0, len(words)):
        assert clean(words) == [words]
        assert not joins(words)


def test_plain_words_are_clean() -> None:
    assert all(is_clean(word, 0, len(word)) for word in ("hello", "4111-1111", "you.", "don't", "(ok"))
    assert not any(is_clean(word, 0, len(word)) for word in ("", "a.b", ",a", "looool", "jane@x", "ś", "x://y"))
    assert is_clean("schön", 0, 5)
    assert not any(is_clean(word, 0, len(word)) for word in ("a\xad", "a\xa0b", "a\x85", "ééééé", "e.É"))


def test_a_word_is_the_same_whatever_its_capitals() -> None:
    repeats = Repeats()
    repeats.start("No,")
    assert repeats.is_same("no,")
    assert not repeats.is_same("no")


def growing(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[:size]) for size in range(1, len(words) + 1)]


@pytest.mark.source_only  # counts from inside
def test_a_cue_does_not_reach_the_machine_before_a_digit_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the digit finds it, however many words stand between, a keep-phrase as well as a cue."""
    steps = count_calls(monkeypatch, "advance")
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    waiting = "my order number went there with the security code that was on the back of it so it is"
    for text in growing(waiting):
        assert redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text == text
    assert steps.total() == 0
    shown = redactor.caption(UtteranceId("u"), RawText(f"{waiting} four"), final=False, now_s=0.0)
    assert shown[-1].text == f"{waiting} [...]"
    assert 0 < steps.total() <= 8


@pytest.mark.source_only
def test_a_cue_that_is_taken_back_masks_nothing() -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    shown = [
        redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text
        for text in ("we have the card then", "we have the car then", "we have the car then two")
    ]
    assert shown == ["we have the card then", "we have the car then", "we have the car then two"]


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("the order went", [(KEEP, 1, False)]),
        ("my card and my order number went", [("CC", 1, False), (KEEP, 4, False), (KEEP, 5, True)]),
        ("it is the security code there", [("CVV", 4, True)]),
        ("we went there", []),
    ],
)
def test_what_a_cue_leaves_behind_is_known_while_it_waits(text: str, markers: list[tuple[str, int, bool]]) -> None:
    """The machine, reading the same words, marks the same."""
    lexicon = lexicon_for("en-US")
    machine = Machine(lexicon, DEFAULT)
    pending = Pending(machine.window, lexicon)
    made = Trail(lexicon.gate, lexicon.entries, pending)
    made.begin(0, Leave(ALWAYS, 99), begun=False)
    assert made.walk(text + " ")
    assert [(m.kind, m.at, m.asks) for m in pending.markers] == markers
    for word in text.split():
        machine.step(read(word, lexicon))
    found = {(m.kind, m.at, m.owner, m.reach, m.asks) for m in machine.window.markers}
    assert found >= {(m.kind, m.at, m.owner, m.reach, m.asks) for m in pending.markers}


@pytest.mark.parametrize("text", ["my email ", "the iban ", "my e-mail ", "it's the i ban "])
def test_what_makes_words_private_does_not_pass(text: str) -> None:
    lexicon = lexicon_for("en-US")
    made = Trail(lexicon.gate, lexicon.entries, Pending(Machine(lexicon, DEFAULT).window, lexicon))
    made.begin(0, Leave(ALWAYS, 99), begun=False)
    assert not made.walk(text)


@pytest.mark.parametrize("language", ["en-US", "es-ES", "fr-FR", "de-DE", "it-IT", "xx"])
def test_a_word_found_at_once_is_read_as_any_other(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = lexicon_for(language)
    assert len(lexicon.tokens) > 300

    def seen(word: str) -> tuple[object, ...]:
        token = read(word, lexicon)
        return (token.core, token.cls, token.digits, token.first, token.last, token.mixed, token.flags)

    quick = {word: seen(word) for word in lexicon.tokens}
    monkeypatch.setattr(lexicon, "tokens", {})
    assert {word: seen(word) for word in quick} == quick


@pytest.mark.parametrize(("text", "passes"), [("my card then four", False), ("my order then four", True)])
def test_a_cue_reaches_the_digit_that_comes_with_it(text: str, passes: bool) -> None:
    lexicon = lexicon_for("en-US")
    made = Trail(lexicon.gate, lexicon.entries, Pending(Machine(lexicon, DEFAULT).window, lexicon))
    made.begin(0, Leave(ALWAYS, 99), begun=False)
    assert made.walk(text) is passes
