"""Numbers below a hundred in several words: each language builds them its own way, and a digit too few is a leak."""

import pytest

from captiond.bench.reading import read_digits
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

CARD_ASKED = {"fr-FR": "votre carte ?", "de-DE": "Ihre Karte bitte?", "es-ES": "¿su tarjeta?", "it-IT": "la sua carta?"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "quarante-cinq trente-deux quarante-huit quatre-vingts soixante douze vingt et un"),
        ("fr-FR", "zéro quatre, cinquante et un, d'accord, trente-quatre douze nonante et un"),
        ("es-ES", "cuarenta y cinco treinta y dos cuarenta y ocho ochenta y uno veinte y un"),
        ("de-DE", "fünf und vierzig drei und siebzig acht und vierzig ein und achtzig neun und neunzig"),
        ("en-US", "forty five thirty two forty eight eighty seventy two twenty and one"),
    ],
)
@pytest.mark.parametrize("behind", ["", " expire", ", pardon, merci"])
def test_the_word_between_tens_and_unit_and_the_unit_behind_it_are_the_number(
    language: str, said: str, behind: str
) -> None:
    """A "un" or an "ein" there is a digit, no article."""
    talk = Talk(language=language)
    asked = CARD_ASKED.get(language, "your card?")
    talk.say("q", asked, channel="agent")
    talk.say("a", f"{said}{behind}")
    talk.end()
    assert read_digits(talk.screen["a"].text, language) == []
    assert talk.screen["a"].text.endswith(f"]{behind}")


@pytest.mark.parametrize("said", ["vier und zwanzig", "vier-und-zwanzig", "vierundzwanzig"])
def test_a_unit_before_its_tens_is_one_number_however_it_is_written(said: str) -> None:
    """ "24 26 77 ..." is no card, but "42": sixteen digits of which the checksum is right are one, keep-word or not."""
    one = said.replace("vier", "zwei").replace("zwanzig", "vierzig")
    card = "sechs sieben sieben eins acht drei null null fünf fünf eins zwei neun"
    assert closed(f"Bestellung {one} {card} fünf also", language="de-DE") == "Bestellung [CC] also"
    assert closed(f"Bestellung {one} {card} drei also", language="de-DE").endswith(f"{card} drei also")


@pytest.mark.parametrize(
    "last", ["quatre-vingt-dix-sept", "quatre vingt dix sept", "quatre-vingt dix-sept", "quatre vingts dix sept"]
)
def test_a_number_of_several_words_is_one_with_spaces_as_with_hyphens(last: str) -> None:
    """Ten digits with a zero before them are a telephone number, eleven or twelve none in France."""
    said = "zéro six douze trente quatre soixante seize"
    assert closed(f"c'est le {said} {last} voilà", language="fr-FR") == "c'est le [PHONE] voilà"
    assert closed(f"c'est le {said} {last}, euh, deux choses", language="fr-FR").endswith(", euh, deux choses")


def test_pairs_that_begin_with_a_zero_are_pairs() -> None:
    """ "zéro quatre vingt deux" is 04 22, not 0 82: ten digits, and what follows them is no rest."""
    said = "zéro quatre vingt deux trente-trois quarante-quatre cinquante-cinq"
    assert closed(f"c'est le {said}, euh, deux choses", language="fr-FR") == "c'est le [PHONE], euh, deux choses"


@pytest.mark.parametrize("said", ["un-un zéro-un dix-sept zéro-trois sept", "ein-ein null-eins siebzehn null-drei"])
def test_two_articles_in_a_row_are_digits(said: str) -> None:
    language = "fr-FR" if "un" in said.split(maxsplit=1)[0] else "de-DE"
    assert Talk(language=language).say("a", f"pin {said.split(maxsplit=1)[0]}", final=False) == "pin [...]"


@pytest.mark.parametrize(("half", "language"), [("un-s", "fr-FR"), ("quatre-v", "fr-FR"), ("ein-u", "de-DE")])
def test_half_a_number_word_is_masked_after_a_cue(half: str, language: str) -> None:
    assert Talk(language=language).say("a", f"pin {half}", final=False) == "pin [...]"


@pytest.mark.parametrize(
    ("language", "three"),
    [("de-DE", "dreißig-acht"), ("es-ES", "treinta-ocho"), ("it-IT", "trenta-otto")],
)
def test_tens_and_a_unit_are_three_digits_where_no_word_ties_them(language: str, three: str) -> None:
    """Together with the zero before them these are four: shown no more."""
    zero = {"de-DE": "null", "es-ES": "cero", "it-IT": "zero"}[language]
    assert Talk(language=language).say("a", f"ok {zero}-{three}", final=False) == "ok [...]"


@pytest.mark.parametrize(
    ("said", "language"), [("quarante-huit", "fr-FR"), ("forty-eight", "en-US"), ("cuarenta-y-ocho", "es-ES")]
)
def test_tens_and_a_unit_are_two_digits_where_they_are_one_word(said: str, language: str) -> None:
    assert Talk(language=language).say("a", f"ok {said}", final=False) == f"ok {said}"


@pytest.mark.parametrize("said", ["veintitrés y un momento", "treinta y una manzanas"])
def test_a_pause_or_a_thing_behind_the_tie_stays(said: str) -> None:
    assert closed(f"eran {said} por favor", language="es-ES") == f"eran {said} por favor"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-FR", "trois cent soixante-dix-sept neuf cent quatre-vingt-huit neuf cent soixante-quatre six cent un"),
        ("en-US", "three hundred seventy seven nine hundred eighty eight nine hundred sixty four six hundred one"),
    ],
)
def test_a_number_read_out_in_hundreds_is_no_amount(language: str, said: str) -> None:
    """Nobody counts so. One such number stays."""
    assert closed(f"{said} madame", language=language) in ("[CC] madame", "[NUMBER] madame")
    one = " ".join(said.split()[:3])
    assert closed(f"{one} madame", language=language) == f"{one} madame"


def test_a_hundred_cut_by_the_end_of_an_utterance_is_no_amount(talk: Talk) -> None:
    talk.say("a", "it is four hundred twelve seven hundred")
    talk.say("b", "sixty eight six one seven six seven nine and thanks a lot for that my dear")
    assert talk.screen["a"].text == "it is [NUMBER]"
