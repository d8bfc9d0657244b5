"""Incremental is whole: no history of partials changes what a text becomes, and work follows what changed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captiond.base.ids import RawText, UtteranceId
from captiond.core.normalise import normalise
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.kinds import ALL
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.scan import MAX_POINTS, MAX_TOKENS, STABLE_LAG, Scan
from tests.core.redact.conftest import count_calls  # type: ignore[import-not-found,unused-ignore]

_SAID = (
    "my card is four one double oh to for too won 4111 1111 1111-1111 hold on let me see uh um and the "
    "order number ticket 078-05-1120 (415) 555-0132 at dot com jane doe example jane.doe@example.com "
    "underscore twenty two forty seven hundred thousand dollars $49.99 10:30 may 10, 2027 in 1999 d e "
    "DE89 nl62 ingb b a n o , . ! ? social security code pin is e-mail email phone very no ... [CC] [...] "
    "\u200b \u0661\u0662 \uff14\uff11 + +44 #12 1Z3G 5% triple hello there my friend bob please thanks oh "
    "eighty a i s"
)
WORDS = _SAID.split()


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, list[str], str]]:
    """Utterances of two channels: (channel, partials before it, final text)."""
    chosen = []
    for _ in range(draw(st.integers(1, 4))):
        final = draw(st.lists(st.sampled_from(WORDS), max_size=24))
        partials = []
        for _ in range(draw(st.integers(0, 5))):
            cut = draw(st.integers(0, len(final)))
            tail = draw(st.lists(st.sampled_from(WORDS), max_size=4))
            text = draw(st.sampled_from([" ", " ", "  ", "\t", "\u00a0"])).join(final[:cut] + tail)
            partials.append(text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text)
        chosen.append((draw(st.sampled_from("ab")), partials, " ".join(final)))
    return chosen


@settings(max_examples=300, deadline=None)
@given(histories())
def test_finals_do_not_depend_on_the_partials_before_them(said: list[tuple[str, list[str], str]]) -> None:
    """Nor does any caption depend on the partials before it: each equals redacting that text alone, whole."""
    with_partials, without = Call(), Call()
    left = {c: Redactor(kinds=DEFAULT, language="en-US", call=with_partials) for c in "ab"}
    right = {c: Redactor(kinds=DEFAULT, language="en-US", call=without) for c in "ab"}
    for number, (channel, partials, final) in enumerate(said):
        now_s, id_ = float(number), UtteranceId(f"u{number}")
        for text in partials:
            shown = left[channel].caption(id_, RawText(text), final=False, now_s=now_s)[-1]
            alone = right[channel].caption(UtteranceId("x"), RawText(text), final=False, now_s=now_s)[-1]
            right[channel].retract(UtteranceId("x"))
            assert (shown.text, shown.held, shown.settled) == (alone.text, alone.held, alone.settled)
        one = left[channel].caption(id_, RawText(final), final=True, now_s=now_s)
        other = right[channel].caption(id_, RawText(final), final=True, now_s=now_s)
        assert one == other
    assert [r.end() for r in left.values()] == [r.end() for r in right.values()]
    assert not any(r.faults for r in [*left.values(), *right.values()])


def test_a_long_text_word_by_word_equals_the_text_at_once() -> None:
    """An example beside the property: 400 words, numbers strewn in, every prefix."""
    chance = random.Random(7)
    words = [chance.choice(WORDS) for _ in range(400)]
    growing = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    for size in range(1, len(words) + 1):
        text = RawText(" ".join(words[:size]))
        shown = growing.caption(UtteranceId("u"), text, final=False, now_s=0.0)[-1]
        if size % 23 == 0:
            whole = Redactor(kinds=DEFAULT, language="en-US", call=Call())
            assert whole.caption(UtteranceId("u"), text, final=False, now_s=0.0)[-1] == shown


@pytest.mark.source_only
@pytest.mark.parametrize("before", [50, 800])
def test_work_follows_what_changed_not_the_length(before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more word, or the last three revised, costs the same after 50 words as after 800."""
    steps = count_calls(monkeypatch, "step")
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    words = [f"word{'s' * (i % 3)} are 12" for i in range(before // 3)]
    for size in range(1, len(words) + 1):
        redactor.caption(UtteranceId("u"), RawText(" ".join(words[:size])), final=False, now_s=0.0)
    steps.clear()
    redactor.caption(UtteranceId("u"), RawText(" ".join([*words, "more"])), final=False, now_s=0.0)
    assert steps.total() <= 6
    steps.clear()
    redactor.caption(UtteranceId("u"), RawText(" ".join([*words[:-1], "quite", "7"])), final=False, now_s=0.0)
    assert 0 < steps.total() <= 12


@pytest.mark.source_only
def test_a_word_heard_otherwise_before_a_number_opens_no_new_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said long before the number has passed the gate once, and need not again."""
    opened: list[Scan] = []
    original = Scan._open_gate

    def counted(self: Scan) -> None:
        opened.append(self)
        original(self)

    monkeypatch.setattr(Scan, "_open_gate", counted)
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    talk = " ".join(["so I think we go there with it now and maybe that was what they said"] * 6)
    for end, opens in (("", 1), (" we wait 12 of", 1), (" we were there for 12 of", 1), (" we were here and", 0)):
        opened.clear()
        text = talk + end
        assert redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text == text
        assert len(opened) == opens, end


def test_a_very_long_word_heard_otherwise_is_found() -> None:
    """It reaches back behind what is taken for settled, so all that was settled is compared again."""
    talk = "we paid 5 dollars for it " + "it was so " * (STABLE_LAG // 5)
    one, other = "xy" * STABLE_LAG, "xz" + "xy" * (STABLE_LAG - 1)
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    for end in ("", one, other, f"{other}  5 dollars and it was", f"{one}  5 dollars and it went"):
        text = (talk + end).rstrip()
        shown = redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text
        assert shown == normalise(text)


def _grown(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[:size]) for size in range(1, len(words) + 1)]


@pytest.mark.parametrize(
    ("language", "texts", "caption"),
    [
        ("en-US", ["d'e-mail ist"], "d'e-mail [...]"),  # behind its apostrophe it is a cue, hyphen and all
        ("de-DE", ["8713 siebenhundertundfuenfzig x-"], "[...]"),  # the letter, its hyphen or not
        ("it-IT", ["la mia email è dall'"], "la mia email è [...]'"),
        ("xx", ["au dos"], "au [...]"),  # a cue, and a digit in another language
        # An address may reach back over any number of letters and multiples, farther than the words read again.
        ("en-US", _grown("jane a hundred b hundred c hundred d hundred at example"), "[...]"),
        ("en-US", _grown("well foo hundred double thousand double bar hundred double at example"), "well [...]"),
    ],
)
def test_what_the_gate_let_through_although_it_mattered(language: str, texts: list[str], caption: str) -> None:
    redactor = Redactor(kinds=frozenset(ALL), language=language, call=Call())
    shown = [redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)[-1].text for text in texts]
    assert shown[-1] == caption


@pytest.mark.parametrize(
    ("language", "finals", "text", "caption"),
    [
        # The run of a date of birth goes on in an utterance that its cue does not reach by itself.
        ("en-US", ["my date of birth is", "nineteen"], "third", "[...]"),
        # A percentage of another language lets digits go.
        ("it-IT", ["474"], "19 por ciento", "19 por ciento"),
        # A cue may begin in an utterance of another language, whose lexicon knows nothing of it.
        ("es-ES", ["das war my social"], "security 41", "security [...]"),
    ],
)
def test_what_an_utterance_before_left_behind_holds_the_gate(
    language: str, finals: list[str], text: str, caption: str
) -> None:
    redactor = Redactor(kinds=frozenset(ALL), language="en-US", call=Call())
    for number, final in enumerate(finals):
        redactor.caption(UtteranceId(f"u{number}"), RawText(final), final=True, now_s=0.0, language=language)
    shown = redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)
    assert shown[-1].text == caption


@pytest.mark.parametrize("words", [506, 507, 508, 509, 510])
def test_punctuation_joins_its_word_where_a_full_window_was_cut(words: int) -> None:
    talk = " ".join(["so it"] * (words // 2) + ["so"] * (words % 2))
    text = f"20 dollars {talk} in 1999, there"
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)
    shown = redactor.caption(UtteranceId("u"), RawText(f"{text} \u200b ."), final=False, now_s=0.0)
    assert shown[-1].text == f"{text}."


@pytest.mark.source_only  # counts inside
def test_a_session_of_one_word_a_partial_keeps_few_points_and_words() -> None:
    redactor = Redactor(kinds=frozenset(ALL), language="en-US", call=Call())
    text = "my date of birth is"  # no word passes the gate behind it
    most = 0
    for _ in range(700):
        text += " house and"
        redactor.caption(UtteranceId("u"), RawText(text[:-4]), final=False, now_s=0.0)
        redactor.caption(UtteranceId("u"), RawText(text), final=False, now_s=0.0)
        scan = redactor._scan
        assert scan is not None
        most = max(most, len(scan._points), len(scan.machine.window.tokens) - MAX_TOKENS)
    assert most <= MAX_POINTS + 2


@given(
    st.lists(st.sampled_from(["we", "go", ".", ",", *"\x00\x07\x1b\x1c\x85\u2028\u200b\t "])).map("".join),
    st.integers(0, 16),
)
def test_only_white_space_parts_words(text: str, cut: int) -> None:
    """A control character has no width; it took the place of a space."""
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    is_number = lexicon_for("en-US").is_number
    for heard in (text[:cut], text):
        shown = redactor.caption(UtteranceId("u"), RawText(heard), final=False, now_s=0.0)[-1]
        assert shown.text == normalise(heard, is_number=is_number)
