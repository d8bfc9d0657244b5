"""Where a number ends: its last digits behind a pause belong to it, and what follows a whole one stays."""

import pytest

from captiond.bench.reading import read_digits
from captiond.core.redact.kinds import CC, CVV, NUMBER, PHONE, SSN
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.whole import is_whole
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("asked", "said", "shown", "language"),
    [
        ("et votre pin ?", "huit zéro un et la fin c'est deux voilà c'est tout pour moi", 1, "fr-FR"),
        ("Ihre PIN bitte?", "acht null eins und hinten steht zwei so ist das bei mir", 1, "de-DE"),
        (
            "your social?",
            "one four oh nine one five three and last of all three nine that is what it says",
            1,
            "en-US",
        ),
        (
            "¿su teléfono?",
            "nueve uno cinco tres tres uno siete ocho y al final cuatro dos eso es lo que tengo",
            1,
            "es-ES",
        ),
        ("das Telefon?", "0890 8876 hinten noch 10 so steht es da", 1, "de-DE"),
    ],
)
def test_what_makes_an_announced_number_whole_is_masked_whatever_is_said_between(
    asked: str, said: str, shown: int, language: str
) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    words = [word for word in talk.say("a", said).split() if word[0] != "["]
    talk.end()
    visible = talk.screen["a"].text.split()
    assert words, shown
    assert not {"deux", "zwei", "three", "nine", "cuatro", "dos", "10"} & set(visible)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        (
            "alors zéro zéro trente-deux quatre cent soixante-quinze vingt quatre-vingt-quatre, euh, douze voilà",
            "fr-FR",
        ),
        ("also null eins sieben sechs sechs fünf vier null acht, äh, zwo eins danke dir", "de-DE"),
        ("so 0044 7911 1234, uh, 56 I guess", "en-US"),
    ],
)
def test_the_rest_of_a_telephone_number_behind_a_pause_is_masked_without_a_cue(said: str, language: str) -> None:
    text = closed(said, language=language)
    assert text.count("[PHONE]") == 2


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("alors zéro un quarante-quatre trente-six vingt-deux quatre-vingt-dix, euh, deux choses", "fr-FR"),
        ("so 415 555 0132, uh, 2 things", "en-US"),
        ("also null sieben neun vier vier vier fünf fünf sechs sechs sieben sieben, äh, zwei Sachen noch", "de-DE"),
    ],
)
def test_what_follows_a_whole_number_behind_a_pause_stays(said: str, language: str) -> None:
    assert closed(said, language=language).split(", ")[-1] == said.rsplit(", ", maxsplit=1)[-1]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("double zéro quatre un sept neuf un six cinq un quatre trois un expire", "fr-FR"),
        ("null eins sieben sechs sechs fünf vier null acht zwei ein läuft", "de-DE"),
    ],
)
def test_an_article_that_makes_a_number_whole_is_its_last_digit(said: str, language: str) -> None:
    assert closed(said, language=language) == f"[PHONE] {said.rsplit(maxsplit=1)[-1]}"


def test_a_mobile_number_of_ten_digits_is_not_whole_in_germany() -> None:
    said = "null eins sieben eins neun acht null eins sieben sechs"
    assert closed(f"also {said}, ähm, sieben danke", language="de-DE") == "also [PHONE], ähm, [PHONE] danke"
    said = said.replace("null eins", "null drei", 1)
    assert closed(f"also {said}, ähm, sieben Leute", language="de-DE") == "also [PHONE], ähm, sieben Leute"


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("c'est zéro zéro quatre un sept neuf huit trois deux un instant trois neuf zéro quatre un merci", "fr-FR"),
        ("also null siebzehn sechzehn neunundzwanzig dreiundneunzig einen Moment neunundvierzig bitte", "de-DE"),
        ("allora tre tre tre sei nove sei sette sette quattro, un attimo, tre va bene", "it-IT"),
    ],
)
def test_the_article_of_a_pause_is_no_digit_and_the_pause_is_one(said: str, language: str) -> None:
    text = closed(said, language=language)
    pause = next(p for p in ("un instant", "einen Moment", "un attimo,") if p in said)
    assert pause in text
    assert text.split(pause)[1].split()[0] in ("[PHONE]", "[NUMBER]")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "ma mastercard quatre fois cinq, quatre fois le cinq, quatre fois cinq, quatre fois quatre"),
        ("de-DE", "meine mastercard vier mal die fünf vier mal fünf vier mal fünf vier mal vier"),
        ("es-ES", "mi tarjeta cuatro veces cinco cuatro veces cinco cuatro veces cinco cuatro veces cuatro"),
        ("it-IT", "la mia carta quattro volte cinque quattro volte cinque quattro volte cinque quattro volte quattro"),
        ("en-US", "my card four times five four times five four times five four times four"),
    ],
)
def test_how_often_a_digit_comes_is_a_piece_of_a_number(language: str, said: str) -> None:
    talk = Talk(language=language)
    words = said.split()
    for size in range(1, len(words)):
        assert read_digits(talk.say("a", " ".join(words[:size]), final=False), language) == []
    talk.say("a", said)
    talk.end()
    assert read_digits(talk.screen["a"].text, language) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "j'ai appelé pour ma carte trois fois cette semaine"),
        ("de-DE", "die Maße sind 120 mal 80 mal 75"),
        ("en-US", "i called about my card four times this week"),
    ],
)
def test_how_often_something_was_done_stays(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_utterance_in_which_nothing_was_said_ends_nothing(talk: Talk, nothing: str) -> None:
    """Recognisers send such finals in pauses: neither a cue nor a number is over."""
    talk.say("q", "your card number?", channel="agent")
    for i, said in enumerate([nothing, "four nine seven oh", nothing, "one two three four", nothing, "five six"]):
        talk.say(str(i), said)
    talk.end()
    assert [talk.screen[str(i)].text for i in range(6)] == ["", "[CC]", "", "[CC]", "", "[CC]"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", ["ma carte c'est cent", "trente-sept six cent quatre-vingt-deux trois cent trente-cinq"]),
        ("it-IT", ["la mia carta è cento", "trentasette seicentoottantadue trecentotrentacinque"]),
        ("fr-FR", ["ma carte c'est double", "quatre cinq sept trois six cinq huit trois sept quatre un"]),
        ("de-DE", ["meine Karte ist doppel", "vier fünf sieben drei sechs fünf acht drei sieben vier"]),
        ("es-ES", ["mi tarjeta es doble", "cuatro cinco siete tres seis cinco ocho tres siete cuatro"]),
    ],
)
def test_a_hundred_and_a_double_begin_what_was_announced(language: str, said: list[str]) -> None:
    """They are no digits by themselves; where the first digit is expected they are."""
    talk = Talk(language=language)
    for i, text in enumerate(said):
        words = text.split()
        for size in range(1, len(words) + 1):
            shown = talk.say(str(i), " ".join(words[:size]), final=size == len(words))
            assert read_digits(shown, language) == []
            assert "cent" not in shown
    talk.end()
    assert all("[" in talk.screen[str(i)].text for i in range(len(said)))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "sur ma carte c'est cent euros de trop"),
        ("en-US", "my card has double the limit now"),
        ("de-DE", "die Karte wurde doppelt belastet gestern"),
    ],
)
def test_a_hundred_of_something_and_twice_stay(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize(
    ("asked", "said", "language"),
    [
        ("Unter welcher Nummer erreiche ich Sie?", "23125 905, ab 19 Uhr 45.", "de-DE"),
        ("votre téléphone ?", "2312 5905, après 18 h 45.", "fr-FR"),
    ],
)
def test_an_hour_behind_a_number_makes_it_no_whole_one(asked: str, said: str, language: str) -> None:
    talk = Talk(language=language)
    talk.say("q", asked, channel="agent")
    talk.say("a", said)
    talk.end()
    assert talk.screen["a"].text == f"[PHONE], {said.split(', ')[1]}"


def test_pauses_inside_make_a_piece_of_a_number_no_smaller() -> None:
    """5 and 7 digits with other words between, the five in three pieces: one number of twelve."""
    said = "also null eins sieben hm sechs, so, sieben und drauf sechs eins eins acht sieben zwo acht danke sehr"
    talk = Talk(language="de-DE")
    talk.say("a", said)
    talk.end()
    assert talk.screen["a"].text == "also [PHONE] hm [PHONE], so, [PHONE] und drauf [PHONE] danke sehr"


def test_a_card_said_in_small_pieces_over_utterances_is_one_card() -> None:
    talk = Talk(language="fr-FR")
    talk.say("q", "votre carte ?", channel="agent")
    talk.say("a", "c'est cinq cinq")
    talk.say("b", "sept")
    talk.say("c", "trois huit neuf, je regarde, cinq, hum, zéro neuf huit un neuf deux trois cinq trois vous l'avez")
    talk.end()
    assert talk.screen["c"].text == "[CC], je regarde, [CC], hum, [CC] vous l'avez"


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_a_pause_that_begins_with_an_elided_word_is_one(apostrophe: str) -> None:
    """ "c'est" is a word of its own, not "est" behind an elision, however its apostrophe is written."""
    said = f"oui 0475 7585, c{apostrophe}est ça, 64 merci bien madame"
    talk = Talk(language="fr-FR")
    talk.say("q", "votre téléphone ?", channel="agent")
    talk.say("a", said)
    talk.end()
    assert "64" not in talk.screen["a"].text


@pytest.mark.parametrize(
    ("label", "digits", "language", "whole"),
    [
        (PHONE, "0612345678", "fr-FR", True),
        (PHONE, "061234567", "fr-FR", False),
        (PHONE, "06123456789", "fr-FR", False),
        (PHONE, "06123456789", "de-DE", True),
        (PHONE, "0033612345678", "fr-FR", True),
        (PHONE, "003361234567", "fr-FR", False),
        (PHONE, "0088", "fr-FR", False),
        (PHONE, "", "fr-FR", False),
        (CC, "4111111111111111", "en-US", True),
        (CC, "4111111111111112", "en-US", False),
        (SSN, "078051120", "en-US", True),
        (CVV, "12", "en-US", False),
        (NUMBER, "8012", "en-US", True),
    ],
)
def test_when_digits_are_whole(label: str, digits: str, language: str, *, whole: bool) -> None:
    assert is_whole(label, digits, lexicon_for(language), plus=False, cued=True) == whole


def test_an_international_prefix_that_was_said_is_none_of_the_digits() -> None:
    lexicon = lexicon_for("fr-FR")
    assert is_whole(PHONE, "33612345678", lexicon, plus=True, cued=False)
    assert not is_whole(PHONE, "33612345678", lexicon, plus=False, cued=False)
