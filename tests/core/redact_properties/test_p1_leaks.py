"""P1: over everything a viewer is ever sent, fewer than 4 digits of a private number, and none after a cue.

Paired with examples, since a redactor that shows nothing would pass the property alone.
"""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import MASK, read_digits
from captiond.bench.redaction import captions, measure, report
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented

CARD = "4539578763621486"
SAID = {
    "one by one": "four five three nine five seven eight seven six three six two one four eight six",
    "in pairs": "forty five thirty nine fifty seven eighty seven sixty three sixty two fourteen eighty six",
    "grouped": "4539 5787 6362 1486",
    "commas": "4539, 5787, 6362, 1486",
    "dashed": "4539-5787-6362-1486",
    "whole": CARD,
    "mixed": "4539 five seven eight seven 63 62 fourteen 86",
    "single numerals": " ".join(CARD),
}
PAUSES = ("um", "uh, er", "hold on", "let me see", "just a moment please", "wait, where is it", "sorry")


def digits_shown(captions_: list[str]) -> list[str]:
    return ["".join(d.value for d in read_digits(text, "en")) for text in captions_]


@given(seed=st.integers(0, 1 << 32))
def test_no_invented_conversation_leaks(seed: int) -> None:
    score = measure([invented(random.Random(seed), "drawn")])
    assert not report(score)["leaked"], [f for f in score.findings if f.measure in ("ever", "after-cue")]


@pytest.mark.parametrize("form", ["one by one", "single numerals", "grouped", "mixed", "paused"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cued", [False, True])
def test_every_prefix_in_every_language_hides_the_number(language: str, form: str, cued: bool) -> None:
    words = LANGUAGES[language]
    spoken = [words.digits[int(c)] for c in CARD]
    groups = [CARD[i : i + 4] for i in range(0, 16, 4)]
    said = {
        "one by one": " ".join(spoken),
        "single numerals": " ".join(CARD),
        "grouped": " ".join(groups),
        "mixed": " ".join([groups[0], *spoken[4:8], groups[2], *spoken[12:]]),
        "paused": " ".join([groups[0], words.pauses[0], *spoken[4:8], words.pauses[1], groups[2], groups[3]]),
    }[form]
    lead = words.cued["CARD"][0] if cued else words.uncued[0]
    text = f"{lead} {said} {words.after[2]}"
    speaker = Speaker(language=language)
    speaker.say(*(text[:end] for end in range(len(lead), len(text) + 1)), text)
    speaker.stop()
    shown = ["".join(d.value for d in read_digits(s.text, language)) for s in speaker.shown]
    before = "".join(d.value for d in read_digits(lead, language))
    assert max(map(len, shown)) <= len(before) + (0 if cued else 3)
    assert MASK.search(speaker.captions()[0])


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_no_leak_in_the_first_seeds_of_the_fuzzer(first: int) -> None:
    """The same streams as `captiond bench redaction --seed N`, so that a red one can be looked at there."""
    score = measure(invented(random.Random(seed), f"seed-{seed}") for seed in range(first, first + 25))
    leaks = [f for f in score.findings if f.measure in ("ever", "after-cue")]
    assert leaks == []
    assert report(score)["private"]["recall"] > 0.99


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize("cued", [False, True])
def test_every_prefix_of_every_form_hides_the_number(form: str, cued: bool) -> None:
    """Character by character: half words and half groups are what recognisers send too."""
    lead = "my card number is " if cued else "so that's "
    speaker = Speaker()
    said = lead + SAID[form] + " okay"
    partials = [said[:end] for end in range(len(lead), len(said) + 1)]
    final = speaker.say(*partials, said)
    speaker.stop()
    longest = max(map(len, digits_shown([s.text for s in speaker.shown])))
    assert longest <= (0 if cued else 3)
    assert final.text.startswith(lead.strip())
    assert speaker.captions() == [f"{lead}[CC] okay"]


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("cut", range(1, 16))
def test_a_pause_anywhere_changes_nothing(pause: str, cut: int) -> None:
    words = SAID["one by one"].split()
    said = ["so", "that's", *words[:cut], *pause.split(), *words[cut:], "okay"]
    speaker = Speaker()
    speaker.say(*(" ".join(said[:n]) for n in range(1, len(said))), " ".join(said))
    speaker.stop()
    assert max(map(len, digits_shown([s.text for s in speaker.shown]))) <= 3
    (caption,) = speaker.captions()
    assert len(digits_shown([caption])[0]) <= 3
    assert re.findall(r"\w+", pause)[0] in caption  # the words of the pause stay


@pytest.mark.parametrize("form", ["one by one", "single numerals", "mixed"])
@pytest.mark.parametrize("cut", range(1, 13))
def test_a_number_cut_over_two_utterances_is_hidden_in_both(form: str, cut: int) -> None:
    words = SAID[form].split()
    cut = min(cut, len(words) - 1)
    speaker = Speaker()
    speaker.say(" ".join(["it's", *words[:cut]]))
    speaker.say(*(" ".join(words[cut:n]) for n in range(cut + 1, len(words))), " ".join(words[cut:]))
    speaker.stop()
    shown: dict[str, str] = {}
    for one in speaker.shown:  # the most that each utterance ever showed
        read = digits_shown([one.text])[0]
        shown[one.utterance] = max(shown.get(one.utterance, ""), read, key=len)
    assert sum(map(len, shown.values())) <= 3
    assert all(MASK.search(text) for text in speaker.captions())


def test_three_finals_can_hold_one_number() -> None:
    speaker = Speaker()
    speaker.say("my card is four five three nine")
    speaker.say("five seven eight seven six three")
    speaker.say("six two one four eight six")
    assert digits_shown(speaker.stop()) == ["", "", ""]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_words_that_turn_into_numerals_and_back_show_no_more(times: int) -> None:
    """Each rewriting alone may show three digits; never three others."""
    words, numerals = SAID["one by one"].split(), [" ".join(CARD[i : i + 4] for i in range(0, 16, 4)), CARD]
    speaker = Speaker()
    partials = [" ".join(words[:n]) for n in range(1, 9)]
    for _ in range(times):
        partials += [CARD[:8], f"{CARD[:4]} {CARD[4:8]}", " ".join(words[:8]), " ".join(words[1:8])]
    speaker.say(*partials, numerals[0])
    speaker.stop()
    assert max(map(len, digits_shown([s.text for s in speaker.shown]))) <= 3


@pytest.mark.parametrize("before", ["", "it's ", "you can write to ", "my email is "])
def test_an_address_is_masked_from_its_at_on(before: str) -> None:
    """The letters of the name may have been shown until then; together with the "@" they are not."""
    said = f"{before}jana.pavel@example.com thanks"
    speaker = Speaker()
    speaker.say(*(said[:end] for end in range(1, len(said) + 1)), said)
    for heard, shown in zip([*range(1, len(said) + 1), len(said)], speaker.shown, strict=True):
        if "@" in said[:heard]:
            assert shown.text.startswith(f"{before}[")
    assert speaker.stop() == [f"{before}[EMAIL] thanks"]


def test_a_cue_of_the_agent_reaches_the_customers_answer() -> None:
    """In both directions of the contract: the other channel's next utterance, and the own channel's next."""
    agent = Speaker()
    customer = Speaker(call=agent.call)
    agent.say("and the security code on the back please")
    answer = customer.say("it's", "it's four", "it's four two", "it's four two one")
    assert digits_shown([answer.text]) == [""]
    assert digits_shown([s.text for s in customer.shown]) == [""] * len(customer.shown)


@pytest.mark.parametrize(
    "harmless",
    [
        "it was $2,020.99 in all",
        "that makes five hundred sixty one dollars and ninety five cents",
        "your order number is 8356769459 and it shipped",
        "we opened at 10:20 PM on March 4, 2026",
        "in twenty twenty five we had 957 of them",
        "it runs version 6.10.282 since nineteen ninety eight",
        "take Route 348, exit 19, and call 911",
        "expect a drop of 79.8% by 2027",
    ],
)
def test_harmless_numbers_come_back(harmless: str) -> None:
    """Masked on the way or not: when they are over they are what was said."""
    speaker = Speaker()
    words = harmless.split()
    speaker.say(*(" ".join(words[:n]) for n in range(1, len(words))), harmless)
    speaker.be_silent()
    assert speaker.stop() == [harmless]


def test_the_filter_shows_what_the_redactor_shows() -> None:
    """The measured path is the command's; a leak in between would be seen there."""
    stream = invented(random.Random(3), "s")
    lines = list(captions(event.line() for event in stream.events))
    assert {line["mediaSessionId"] for line in lines} == {event.session for event in stream.events}
    assert any(MASK.search(line["text"]) for line in lines)
