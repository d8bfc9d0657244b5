"""P2, P9: a caption depends on the finals and the newest partial alone; where a final is cut changes no mask.

For all histories of partials that have the same finals, what is shown of the finals is equal. The same input gives the
same captions.
"""

import itertools
import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import MASK
from captiond.bench.redaction import captions
from captiond.bench.soup import forgets_partials, soup
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.bench.streams import Stream
from captiond.core.redact import Shown
from tests.core.redact_properties.talks import (  # type: ignore[import-not-found,unused-ignore]
    CHANNELS,
    Fed,
    Talk,
    ears,
)

STEPS = settings(stateful_step_count=30)


class HistoryTalk(Talk):  # type: ignore[misc,unused-ignore]
    """After each event the whole screen is that of a call in which no other partial had a word in it."""

    def after(self, one: Fed) -> None:
        if one.what != "caption":
            return
        fresh = ears(self.language)
        for each in self.fed:
            said = each.text if each.final or each is one or each.text is None else ""
            fresh[each.channel].take(Fed(each.channel, each.utterance, said, each.final, each.now_s, each.what))
        for channel in CHANNELS:
            screen = {u: s for u, s in self.ears[channel].screen.items() if s.final or u == one.utterance}
            again = {u: s for u, s in fresh[channel].screen.items() if u in screen}
            if channel == one.channel:
                assert again == screen
            else:
                finals = {u: s for u, s in screen.items() if s.final}
                assert {u: s for u, s in again.items() if s.final} == finals


def test_whatever_was_heard_meanwhile_is_forgotten() -> None:
    run_state_machine_as_test(HistoryTalk, settings=STEPS)


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 1 << 32))
def test_random_texts_leave_no_trace_either(language: str, seed: int) -> None:
    assert forgets_partials(soup(random.Random(seed), language), random.Random(seed)) == ""


def test_an_example_of_a_history() -> None:
    """A number heard as words, as numerals, as something harmless: none of it is left."""
    heard, alone = Speaker(), Speaker()
    heard.say("my order", "my order is 4539", "my card is four five", "my card is 4539 57", "my cart is")
    alone.say("my cart is")
    assert heard.captions() == alone.captions() == ["my cart is"]
    heard.say("45", "4539 5787 63", "it's 4539 5787 6362 1486")
    alone.say("it's 4539 5787 6362 1486")
    assert heard.stop() == alone.stop() == ["my cart is", "it's [CC]"]


PIECES = (
    "hola",
    "4",
    " ",
    ",",
    ".",
    "  ",
    ",b",
    "[CC]",
    " ,",
    ". ",
    "-",
    "\u200b",
    "aaaa ",
    "no ",
    "4 ",
    " at ",
    "card ",
)


@pytest.mark.parametrize("first", PIECES)
def test_taking_back_the_end_of_a_text_takes_it_all_back(first: str) -> None:
    """Every text of three pieces, and then each of its beginnings: what a later chunk glued to a word goes, too."""
    alone: dict[str, Shown] = {}
    for pieces in itertools.product(PIECES, repeat=2):
        text = first + "".join(pieces)
        for end in range(len(text)):
            begun = text[:end]
            if begun not in alone:
                alone[begun] = Speaker().hear(begun, final=False)
            speaker = Speaker()
            speaker.hear(text, final=False)
            assert speaker.hear(begun, final=False) == alone[begun], (text, begun)


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 1 << 32))
def test_partials_leave_no_trace_in_the_finals(language: str, seed: int) -> None:
    """Leaving out partials of a whole conversation changes no final. The first of each utterance stays: it keeps
    runs open."""
    stream = invented(random.Random(seed), "drawn", language)
    first = {(e.session, e.utterance): e.sequence for e in reversed(stream.events)}
    kept = [e for e in stream.events if e.final or first[e.session, e.utterance] == e.sequence]
    renumbered: dict[str, int] = defaultdict(int)
    sparse = []
    for event in kept:
        renumbered[event.session] += 1
        fields = {name: getattr(event, name) for name in event.__slots__}
        sparse.append(type(event)(**{**fields, "sequence": renumbered[event.session]}))
    assert last_captions(stream) == last_captions(Stream("sparse", "invented", stream.language, sparse))


def last_captions(stream: Stream) -> dict[tuple[str, int], tuple[str, bool]]:
    """By session and number of the utterance: its last caption, and whether it was final."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    found = {}
    for line in captions(event.line() for event in stream.events):
        known = numbers[line["mediaSessionId"]]
        at = known.setdefault(line["utterance"], len(known))
        found[line["mediaSessionId"], at] = (line["text"], line["final"])
    return found


# Said alone and without a word that could be read otherwise: what a cut must not change.
WHOLE = {
    "card by fours": ("en-US", "so that's 4539 5787 6362 1486 thanks"),
    "card whole": ("en-US", "my card is 4539578763621486 thanks"),
    "card in words": (
        "en-US", "my card is four five three nine five seven eight seven six three six two one four eight six thanks"
    ),
    "card, mixed": ("en-US", "so that's 4539 five seven eight seven 6362 one four eight six thanks"),
    "social": ("en-US", "my social is 078-05-1120 thanks"),
    "social in words": ("en-US", "my social is oh seven eight oh five one one two nine thanks"),
    "telephone": ("en-US", "my phone is 415 555 0132 thanks"),
    "tarjeta": ("es-ES", "mi tarjeta es cuatro cinco tres nueve cinco siete ocho siete seis tres seis dos gracias"),
    "téléphone": ("fr-FR", "mon téléphone est le 06 12 34 56 78 merci"),
    "Karte": ("de-DE", "meine Karte ist die vier fünf drei neun 5787 6362 1486 danke"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_between_any_words_and_any_numerals_changes_no_mask(name: str) -> None:
    """The same words are visible, in two utterances or in one."""
    language, text = WHOLE[name]

    def visible(*utterances: str) -> list[str]:
        speaker = Speaker(language=language)
        for said in utterances:
            speaker.say(said)
        return MASK.sub(" ", " ".join(speaker.stop())).split()

    whole = visible(text)
    assert not any(c.isdigit() for word in whole for c in word)
    cuts = [i for i in range(1, len(text)) if " " in text[i - 1 : i + 1] or text[i - 1 : i + 1].isdigit()]
    assert len(cuts) > 12
    for cut in cuts:
        assert visible(text[:cut], text[cut:]) == whole, cut


def test_the_same_stream_gives_the_same_captions() -> None:
    for seed in range(10):
        stream = invented(random.Random(seed), "again")
        assert list(captions(e.line() for e in stream.events)) == list(captions(e.line() for e in stream.events))


def test_there_are_masks_in_what_is_compared() -> None:
    """The properties above would hold for a redactor that does nothing."""
    texts = [text for seed in range(10) for text, _ in last_captions(invented(random.Random(seed), "s")).values()]
    assert sum(1 for text in texts if MASK.search(text)) > 10
    assert sum(1 for text in texts if not MASK.search(text)) > 10
