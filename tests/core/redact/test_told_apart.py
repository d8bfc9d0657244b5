"""Numbers of different sentences are no one number, unless a cue, a checksum or a shape says so.

A speaker who pauses inside a number says "um" or "hold on"; who says "the deposit is" has begun to say something else.
"""

import pytest

from tests.core.redact.conftest import Talk, closed, finals  # type: ignore[import-not-found,unused-ignore]

APART = [
    ("en", "my rent is 1850 plus utilities", "hall 7 booth 1420"),
    ("en", "the population was 12450 back then", "they built 1380 houses"),
    ("es", "ayer vinieron 4350 socios", "mañana esperamos 5280 como mucho"),
    ("fr", "hier ils étaient 4350 inscrits", "demain on attend 5280 inscrits au plus"),
    ("de", "die Miete ist 1850 plus Nebenkosten", "die Kaution beträgt 1290 soviel ich weiß"),
    ("de", "gestern waren es 4350 Besucher", "morgen erwarten wir 5280 Besucher"),
]

TOGETHER = [
    # a pause at the edge, said as one or not; a cue; a number whose kind is sure; one word that may be a digit misheard
    ("en", ("so that's 4155", "hold on, um, 55 0132"), ("so that's [PHONE]", "hold on, um, [PHONE]")),
    ("en", ("my card is 4155 for that", "blue 8821"), ("my card is [CC] for that", "blue [CC]")),
    ("en", ("my card is 4155 550 132", "the rest 4421 111"), ("my card is [CC]", "the rest [CC]")),
    ("en", ("well 4539 5787 was it", "the rest 6362 1486"), ("well [CC] was it", "the rest [CC]")),
    ("en", ("so that's 4155 banana", "55 0132"), ("so that's [PHONE] banana", "[PHONE]")),
    ("es", ("pues 4155, a ver", "espere, 55 0132"), ("pues [PHONE], a ver", "espere, [PHONE]")),
    ("fr", ("alors 4155, attendez", "voyons, 55 0132"), ("alors [PHONE], attendez", "voyons, [PHONE]")),
    ("de", ("also 4155, moment", "mal sehen, 55 0132"), ("also [PHONE], moment", "mal sehen, [PHONE]")),
]


IN_ONE_SENTENCE = [
    ("en", "the quote was 47849 and I paid 27590"),
    ("en", "it was 8080 yesterday and it is 2420 today"),
    ("en", "somewhere between 6871 and 4554"),
    ("en", "it's 3673 plus 857 for delivery"),
    ("en", "3978 of 1397"),
    ("es", "el presupuesto era de 47849 y pagué 27590"),
    ("es", "entre 8643 y 6485"),
    ("es", "son 4616 más 806 de envío"),
    ("fr", "le devis était de 47849 et j'ai payé 27590"),
    ("fr", "entre 8643 et 6485"),
    ("fr", "c'est 4616 plus 806 de livraison"),
    ("de", "das Angebot war 47849 und bezahlt habe ich 27590"),
    ("de", "zwischen 8643 und 6485"),
    ("de", "es sind 4616 plus 806 Versand"),
]

ONE_NUMBER = [
    ("en", "so that's 4155 and the rest is 550132", "4155"),
    ("en", "so that's 4155 and the last four 13201", "4155"),
    ("en", "so that's 4155 and, um, 550132", "4155"),
    ("en", "so that's 415 555 and my dog barks 0132", "415"),  # groups, a zero in front: no amounts
    ("en", "so that's 4155 and my dog barks 0132", "0132"),
    ("en", "so that's four one five five and my dog barks five five oh one", "one"),
    ("en", "my card is 4155 and I paid 8821", "8821"),
    ("en", "so that's 4539 and my 5787 and my 6362 and my 1486", "4539"),  # enough for a card
    ("en", "between 4539 and 5787 and 6362 and 1486", "4539"),
    ("en", "that's 4155 plus 55013", "4155"),
    ("es", "pues 4155 y el resto es 550132", "4155"),
    ("fr", "alors 4155 et la suite c'est 550132", "4155"),
    ("de", "also 4155 und der Rest ist 550132", "4155"),
]


@pytest.mark.parametrize(("language", "said"), IN_ONE_SENTENCE)
def test_amounts_of_two_clauses_are_shown(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize(("language", "said", "hidden"), ONE_NUMBER)
def test_a_number_goes_on_behind_and(language: str, said: str, hidden: str) -> None:
    assert hidden not in closed(said, language=language)


@pytest.mark.parametrize(("language", "one", "other"), APART)
def test_what_sentences_part_is_shown(language: str, one: str, other: str) -> None:
    assert finals(language, one, other) == [one, other]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "we moved here in 1975", "okay 3 4753116875899"),
        ("es", "nos mudamos aquí en 1975", "claro 3 4753116875899"),
        ("fr", "nous avons emménagé en 1975", "bien sûr 3 4753116875899"),
        ("de", "wir wohnen hier seit 2014", "ja 4 295550131"),
    ],
)
def test_a_year_that_ends_what_was_said_begins_no_number(language: str, one: str, other: str) -> None:
    first, second = finals(language, one, other)
    assert first == one
    assert not any(c.isdigit() for c in second)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "it is on invoice 7", "1518171 thank you"),
        ("es", "está en la factura 88", "3588012"),
        ("fr", "c'est sur la facture 88", "3588012 merci"),
        ("de", "das steht auf der Rechnung 7", "1518171"),
        ("fr", "votre numéro de commande est le 8835880", "201"),
    ],
)
def test_a_reference_goes_on_in_the_next_utterance(language: str, one: str, other: str) -> None:
    assert finals(language, one, other) == [one, other]


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("it is on invoice 7", ("4539 578", "76362 1486")),
        ("it is on invoice 7", ("078051120",)),
        ("it is on invoice 7", ("4155550132",)),
        ("it is on invoice 7", ("so that's 5550132",)),
    ],
)
def test_a_private_number_behind_a_reference_is_none(talk: Talk, one: str, others: tuple[str, ...]) -> None:
    talk.say("a", one)
    for i, other in enumerate(others):
        talk.say(f"b{i}", other)
    talk.end()
    assert not any(c.isdigit() for i in range(len(others)) for c in talk.screen[f"b{i}"].text)


def test_a_keep_phrase_takes_the_place_of_the_cue_that_its_words_begin(talk: Talk) -> None:
    talk.language = "fr"
    assert talk.say("a", "votre numéro de commande 12", final=False) == "votre numéro de commande 12"
    assert talk.say("a", "votre numéro 12", final=False) == "votre numéro [...]"
    assert talk.say("a", "votre numéro, le 12", final=False) == "votre numéro, le [...]"


def test_four_digits_that_end_what_was_said_begin_one(talk: Talk) -> None:
    talk.say("a", "so that's 1975")
    talk.say("b", "okay 311 687 5899")
    talk.end()
    assert talk.screen["a"].text == "so that's [NUMBER]"


@pytest.mark.parametrize(("language", "said", "shown"), TOGETHER)
def test_what_a_pause_parts_or_what_is_sure_is_masked(
    language: str, said: tuple[str, str], shown: tuple[str, str]
) -> None:
    talk = Talk(language=language)
    for utterance, text in zip("ab", said, strict=True):
        talk.say(utterance, text)
    talk.end()
    for utterance, part in zip("ab", shown, strict=True):
        assert part in talk.screen[utterance].text
        assert not any(c.isdigit() for c in talk.screen[utterance].text)


def test_a_price_behind_a_telephone_number_is_no_rest_of_it(talk: Talk) -> None:
    talk.say("a", "you can call us at 415 555 0132")
    talk.say("b", "the repair is 1850 or less")
    talk.end()
    assert talk.screen["a"].text == "you can call us at [PHONE]"
    assert talk.screen["b"].text == "the repair is 1850 or less"


@pytest.mark.parametrize(
    "said",
    [
        "press one for sales, press two for support, press three for billing, press four for anything else",
        "step one, step two, step three, step four, step five, step six, step seven",
        "one Mississippi, two Mississippi, three Mississippi, four Mississippi, five, six, seven",
    ],
)
def test_numbers_that_count_up_with_talk_between_are_no_digits_of_one(talk: Talk, said: str) -> None:
    talk.say("a", said)
    talk.end()
    assert talk.screen["a"].text == said
