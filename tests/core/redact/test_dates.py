"""Dates of birth: masked whole after their cue where that kind is on, kept like any date where it is not."""

import random

import pytest

from captiond.bench.identity import birthday, date_words
from captiond.bench.phrases import LANGUAGES
from captiond.bench.speaker import Speaker
from captiond.core.redact import DEFAULT
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

ON = DEFAULT | {"DOB"}

BORN = [
    ("en-US", "I was born on the third of May nineteen eighty", "I was born on the [DOB]"),
    ("en-US", "my date of birth is 05/03/1980 thanks", "my date of birth is [DOB] thanks"),
    ("en-US", "my date of birth is 1988-10-14.", "my date of birth is [DOB]."),
    ("en-US", "the dob is 7/4/72 I think", "the dob is [DOB] I think"),
    ("en-US", "born June 17th, 1994 and my phone is 617.555.0119", "born [DOB] and my phone is [PHONE]"),
    ("en-US", "my date of birth is May 3rd, 1980, and my phone is 415 555 2671",
     "my date of birth is [DOB], and my phone is [PHONE]"),
    ("en-US", "my date of birth is the twenty-third of May nineteen eighty four okay",
     "my date of birth is the [DOB] okay"),
    ("en-US", "my date of birth is twenty second of May two thousand four okay", "my date of birth is [DOB] okay"),
    ("en-US", "my date of birth, one second, is February 1971", "my date of birth, one second, is [DOB]"),
    ("en-US", "my birthday is March 4th", "my birthday is [DOB]"),
    ("en-US", "I was born in 1980 in Boston", "I was born in [DOB] in Boston"),
    ("es-ES", "mi fecha de nacimiento es el siete de junio de mil novecientos sesenta y ocho",
     "mi fecha de nacimiento es el [DOB]"),
    ("es-ES", "nací el 26 de diciembre de 1978", "nací el [DOB]"),
    ("es-ES", "nací el 05/03/1980 en Madrid", "nací el [DOB] en Madrid"),
    ("es-ES", "mi nacimiento es el 2 de mayo del año 2002", "mi nacimiento es el [DOB]"),
    ("fr-FR", "ma date de naissance est le quinze mai mille neuf cent quatre-vingt-quatre",
     "ma date de naissance est le [DOB]"),
    ("fr-FR", "je suis née le 1er mars 2001 à Paris", "je suis née le [DOB] à Paris"),
    ("de-DE", "mein Geburtsdatum ist der dritte Mai neunzehnhundertachtzig danke",
     "mein Geburtsdatum ist der [DOB] danke"),
    ("de-DE", "geboren am 22. August 1946", "geboren am [DOB]"),
    ("de-DE", "Geburtsdatum ist der einundzwanzigste Dezember zweitausendfünf", "Geburtsdatum ist der [DOB]"),
    ("it-IT", "la mia data di nascita è il ventidue aprile millenovecentottantaquattro",
     "la mia data di nascita è il [DOB]"),
    ("it-IT", "sono nato il 3 maggio millenovecentottanta", "sono nato il [DOB]"),
    ("it-IT", "sono nata il primo marzo duemilaquattro a Roma", "sono nata il [DOB] a Roma"),
]  # fmt: skip

KEPT = [
    ("en-US", "we moved here on the third of May nineteen eighty"),
    ("en-US", "the delivery is on 05/03/2027 at 10:30"),
    ("en-US", "I was born 52 years ago"),
    ("en-US", "may I ask for your date of birth"),
    ("en-US", "your birthday is over, the order is 12345678"),
    ("es-ES", "nos mudamos el siete de junio de mil novecientos sesenta y ocho"),
    ("it-IT", "è partito il ventidue aprile duemilaventisei"),
    ("de-DE", "die Lieferung kam am dritten Mai"),
]


@pytest.mark.parametrize(("language", "text", "caption"), BORN)
def test_a_date_of_birth_is_masked_whole(language: str, text: str, caption: str) -> None:
    assert closed(text, kinds=ON, language=language) == caption


@pytest.mark.parametrize(("language", "text", "caption"), BORN)
def test_no_word_of_it_is_shown_while_it_is_said(language: str, text: str, caption: str) -> None:
    """From its first word on: but for "of", a partial has only words that stand outside the date in the end."""
    speaker = Speaker(language=language, kinds=ON)
    words = text.split()
    outside = {word.strip(".,") for word in caption.split()} | {"of", "de", "del", "año", "y"}
    for n in range(1, len(words)):
        shown = speaker.hear(" ".join(words[:n]), final=False).text
        assert {word.strip(".,") for word in shown.split()} - outside <= {"[...]"}, shown


@pytest.mark.parametrize(("language", "text", "caption"), BORN)
def test_where_the_kind_is_off_a_date_stays(language: str, text: str, caption: str) -> None:
    shown = closed(text, language=language)
    assert "DOB" not in shown
    assert shown == text or "[PHONE]" in caption


@pytest.mark.parametrize(("language", "text"), KEPT)
def test_other_dates_and_numbers_stay(language: str, text: str) -> None:
    assert closed(text, kinds=ON, language=language) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_birthday_in_any_form(language: str) -> None:
    """Invented ones, with the words of the measure: after the cue no word of a date is left in the caption."""
    rng = random.Random(20260302)
    known = date_words(language)
    for _ in range(150):
        said = birthday(rng, language)
        for words in (said.heard, said.written):
            cue = rng.choice(LANGUAGES[language].cued["DOB"])
            shown = closed(f"{cue} {' '.join(words)} .", kinds=ON, language=language)
            assert shown.split()[: len(cue.split())] == cue.split()
            left = {word.strip(".,").casefold() for word in shown.split()[len(cue.split()) :]}
            assert "[dob]" in left and not left & known, (language, words)


@pytest.mark.parametrize("digits", ["05 03 1980", "05031980", "3 5 80", "oh five oh three nineteen eighty"])
def test_digits_that_only_the_cue_makes_a_date(digits: str) -> None:
    assert closed(f"my date of birth is {digits} okay", kinds=ON) == "my date of birth is [DOB] okay"


def test_a_date_cut_by_the_end_of_an_utterance(talk: Talk) -> None:
    """The cue was the agent's, and reaches the first half only."""
    talk.kinds = ON
    talk.say("a1", "what is your date of birth", channel="agent")
    assert talk.say("c1", "it's the third of") == "it's the [...] of"
    assert talk.say("c2", "May nineteen") == "[...]"
    talk.say("c2", "May nineteen eighty and that's all I can tell you")
    talk.end()
    assert talk.screen["c2"].text == "[DOB] and that's all I can tell you"


def test_once_it_was_said_later_dates_stay() -> None:
    text = "I was born on May 3 1980 and I moved here and worked there from June 5 2001 on"
    assert closed(text, kinds=ON) == text.replace("May 3 1980", "[DOB]")


def test_it_counts_once(talk: Talk) -> None:
    talk.kinds = ON
    talk.say("c1", "born on the third of May, uh, nineteen eighty and that is all I know about it")
    assert talk.screen["c1"].redactions == {"DOB": 1}
