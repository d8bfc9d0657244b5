"""Addresses, amounts, lists, dates and ranges of several numbers in one sentence, which together have as many digits as
a private number has.

Each sentence is an utterance of its own that nothing follows, so it ends as a final does after 3 s of silence.
"""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

SHOWN = [
    # a house's number and its postcode
    ("en", "1600 Pennsylvania Avenue, Washington DC 20500"),
    ("en", "my address is 742 Evergreen Terrace, Springfield, Oregon 97477"),
    ("en", "twelve twenty one West Elm Street Chicago six oh six one oh"),
    ("es", "avenida de la Constitución 1421, 41004 Sevilla"),
    ("es", "vivo en el paseo del Prado 221, código 28014"),
    ("fr", "14 bis avenue Foch, 69006 Lyon"),
    ("fr", "nous sommes au 1421 rue de Rivoli, 75001 Paris"),
    ("de", "ich wohne in der Hauptstraße 221, 80331 München"),
    ("de", "die Adresse ist Königsallee 14, 40212 Düsseldorf"),
    # so many in a month, round amounts
    ("en", "we sold 1290 in May, 1350 in June and 1480 in July"),
    ("es", "vendimos 1290 en mayo, 1350 en junio y 1480 en julio"),
    ("fr", "on a vendu 1290 en mai, 1350 en juin et 1480 en juillet"),
    ("de", "1290 im Mai, 1350 im Juni und 1480 im Juli"),
    ("en", "about 2500 of the 12000 employees"),
    ("es", "unas 2500 de las 12000 piezas"),
    ("fr", "environ 2500 des 12000 salariés"),
    ("de", "etwa 2500 der 12000 Mitarbeiter"),
    # two numbers and what ties them
    ("en", "120 over 80 and a pulse of 72"),
    ("de", "Blutdruck 120 zu 80 und Puls 72"),
    ("de", "es stieg von 1250 auf 1450 in einem Monat"),
    ("es", "la pantalla es de 1920 por 1080"),
    ("fr", "un écran de 1920 sur 1080"),
    ("en", "nineteen forty five to nineteen fifty three"),
    ("es", "mide 120 por 80 por 75"),
    ("de", "die Maße sind 120 mal 80 mal 75"),
    # amounts that a word calls inexact, large round ones
    ("en", "about 4512 in May and nearly 4375 today"),
    ("es", "unos 4512 ayer y casi 4375 hoy"),
    ("fr", "environ 4512 hier et presque 4375 demain"),
    ("de", "etwa 4512 gestern und fast 4375 heute"),
    ("en", "the home is listed at 425000 and we offered 410000"),
    ("fr", "la maison coûte 425000 et on a proposé 410000"),
    # references of one series
    ("es", "la factura 20231145 y la 20231146"),
    ("fr", "l'article 4711 en taille 38 et le 4712 en 40"),
    ("en", "invoice 20231145, and I need the 20231146"),
    # a code in groups
    ("en", "the tracking number is 1Z 999 AA1 01 2345 6784"),
    ("de", "die Sendungsnummer ist 1Z 999 AA1 01 2345 6784"),
    # errors
    ("es", "me sale el error 1603 y luego el error 404"),
    ("fr", "j'ai l'erreur 1603 puis l'erreur 404"),
    ("de", "da steht Fehler 1603 und dann Fehler 404"),
    # a date as it is heard
    ("en", "the warranty ends 12 31 2026"),
    ("es", "nos vemos el 15 03 2026"),
    ("fr", "rendez-vous le 15 03 2026"),
    ("de", "Termin am 15 03 2026"),
    ("en", "it was made on 2025 03 14"),
    # a count whose last step stands behind "and"
    ("en", "in steps of 100, 200 and 300"),
    ("es", "de 100, 200 y 300"),
    ("fr", "par lots de 100, 200 et 300"),
    ("de", "in Schritten von 100, 200 und 300"),
    # laws, post office boxes, lotteries
    ("en", "PO box 4477 in Boston 02134"),
    ("en", "the winning numbers are 4, 11, 23, 38, 42 and the bonus is 7"),
    ("es", "el real decreto 463/2020"),
    ("fr", "la loi 2002-303"),
    ("de", "Paragraf 1004 und Paragraf 906"),
    # amounts of five digits in words, and as they are written where thousands stand apart
    ("en", "it's ten thousand four hundred and fifty even"),
    ("fr", "une dette de 10 482,17"),
    ("es", "una deuda de 10 482,17"),
]

MASKED = [
    ("en", "that's 4155 Main Street, um, 550 132 77", "550"),  # no postcode
    ("en", "my card is 4539 on Main Street 57876", "4539"),
    ("de", "also Hauptstraße 4539 5787 6362 1486", "4539"),
    ("en", "my card is 4539 in May 5787", "4539"),
    ("en", "my card is 4500 with 5700 on it", "4500"),
    ("de", "meine Karte ist 4111 bis 1111 bis 1111", "1111"),  # a range has two ends
    ("de", "also 4539 bis 5787 bis 6362 bis 1486", "4539"),
    ("en", "my card is 4539 over 5787", "4539"),
    ("en", "so that's nineteen forty five to nineteen fifty three eight", "three"),
    ("en", "my card is about 4539 or 5787", "4539"),
    ("en", "about 4539 5787 6362 1486", "4539"),
    ("en", "invoice 20231145, my number is 20239955", "9955"),
    ("en", "invoice 45391145, so that's 453 057 8763", "057"),
    ("en", "my card is 1Z 999 AA1 01 2345 6784", "6784"),
    ("en", "my order is AB1 415 555 0132", "555"),
    ("en", "my order is AB1, um, 4155550132", "4155550132"),
    ("es", "pues 120 por favor 800 por favor 7512", "7512"),
    ("en", "so that's 12 31 2026, um, 44 18 2026", "2026"),
    ("en", "so that's 15 33 2026", "2026"),
    ("en", "my phone is 15 03 2026", "2026"),
    ("en", "my phone is 100, 200 and 300", "200"),
    ("en", "it's one eight hundred five five five oh one three two", "five"),
    ("fr", "mon numéro c'est le 10 482,17", "482"),
    ("es", "es el 91 482 17 55", "482"),
]


@pytest.mark.parametrize(("language", "said"), SHOWN)
def test_it_is_shown(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize(("language", "said", "hidden"), MASKED)
def test_what_looks_like_it_is_masked(language: str, said: str, hidden: str) -> None:
    assert hidden not in closed(said, language=language)


def test_an_address_may_be_cut() -> None:
    talk = Talk()
    talk.say("a", "1600 Pennsylvania Avenue")
    talk.say("b", "Washington DC 20500")
    talk.end()
    assert [talk.screen[u].text for u in "ab"] == ["1600 Pennsylvania Avenue", "Washington DC 20500"]


@pytest.mark.parametrize(
    ("language", "asked", "said"),
    [
        ("en", "do you have your card", "I would like the second one please"),
        ("fr", "vous avez votre carte", "la chambre 1204 au 12e étage"),
    ],
)
def test_it_is_shown_after_a_cue(talk: Talk, language: str, asked: str, said: str) -> None:
    talk.language = language
    talk.say("a", asked, channel="agent")
    talk.say("b", said)
    talk.end()
    assert talk.screen["b"].text == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ("unter welcher Nummer?", "unter 030, Moment,", "23125 905, ab 19 Uhr 45")),
        ("fr", ("votre téléphone ?", "le 06 12, attendez,", "34 56 78, dès 9 h 15")),
        ("es", ("¿su teléfono?", "el 612, espere,", "345 678, desde 9 h 15")),
    ],
)
def test_minutes_behind_their_hour_are_no_rest_of_a_number(
    talk: Talk, language: str, said: tuple[str, str, str]
) -> None:
    talk.language = language
    for channel, (utterance, text) in zip("acc", zip("abc", said, strict=True), strict=True):
        talk.say(utterance, text, channel=channel)
    talk.say("d", "ok")
    talk.end()
    assert talk.screen["c"].text == "[PHONE]" + said[2][said[2].index(",") :]


def test_a_pause_that_begins_with_one_is_no_digit(talk: Talk) -> None:
    talk.say("a", "and the security code on the back?", channel="agent")
    talk.say("b", "it's 412")
    talk.say("c", "one moment please while I check that for you")
    talk.end()
    assert talk.screen["b"].text == "it's [CVV]"
    assert talk.screen["c"].text == "one moment please while I check that for you"


def test_an_hour_takes_no_reference_its_keep_word() -> None:
    assert closed("my order 449127334 at 8pm") == "my order 449127334 at 8pm"
    assert closed("la commande 449127334 est au 12e étage", language="fr")[:22] == "la commande 449127334 "
