"""A card with a pause after its tenth digit looks like a telephone number and small pieces: none of it stays."""

import pytest

from tests.core.redact.conftest import Talk, closed, finals  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("said", "ended"),
    [
        (
            ["sure it is four 116 7 4 8 nine 1 seven so seven let me see 4 nine 67 two thanks"],
            ["sure it is [PHONE] so [PHONE] let me see [PHONE] thanks"],
        ),
        (
            [
                "yeah so seven two five four seven eight hold on seven six seven four uh six",
                "three two seven okay nine four is that ok",
            ],
            ["yeah so [PHONE] hold on [PHONE] uh [PHONE]", "[PHONE] okay [PHONE] is that ok"],
        ),
    ],
)
def test_what_is_left_behind_a_number_in_its_run_is_masked_with_it(said: list[str], ended: list[str]) -> None:
    assert finals("en", *said) == ended


def test_a_false_start_behind_another_number_is_masked_too() -> None:
    """The run began with an invoice in the utterance before; what stands between cue and number is the number's."""
    ended = finals("en", "it is on invoice 01479924 thanks", "the iban is four no wait DE89 3704 0044 0532 0130 00")
    assert ended == ["it is on invoice 01479924 thanks", "the iban is [IBAN] no wait [IBAN]"]
    assert finals("en", "my iban? right one no wait DE89 3704 0044 0532 0130 00") == [
        "my iban? right [IBAN] no wait [IBAN]"
    ]
    assert finals("en", "I lost my card, can you send me a new one") == ["I lost my card, can you send me a new one"]


def test_one_digit_behind_a_pause_is_the_last_one() -> None:
    """Three digits of a false start and this one would be four."""
    said = "that would be three six oh no wait three six zero oh oh nine six five eight double nine oh um two thank you"
    assert finals("en", said) == ["that would be [CC] no wait [CC] um [CC] thank you"]
    assert finals("en", "take card 4111 1111 1111 1111 okay, one of them")[0].endswith("okay, one of them")


def test_the_last_digit_behind_a_pause_belongs_to_the_card() -> None:
    """Whatever is said behind it; a card of fifteen digits that checks needs no more."""
    fifteen = "my card is four one one one two three four five six seven eight nine zero one two"
    other = "I wanted to ask about the delivery"
    assert finals("en", f"{fifteen} uh three does that help", other)[0] == "my card is [CC] uh [CC] does that help"
    twelve = "my card is oh eight four eight three one double one three five five nine"
    assert finals("en", f"{twelve} um seven does that help", other)[0] == "my card is [CC] um [CC] does that help"
    again = "my card is three nine one five no wait three nine one five two seven six four oh two seven eight"
    assert finals("en", f"{again} please seven is that fine", other)[0].endswith("please [CC] is that fine")
    whole = "my card is 3782 822463 10005, okay, 7 does that help"
    assert finals("en", whole, other)[0] == "my card is [CC], okay, 7 does that help"


@pytest.mark.parametrize(
    "said",
    [
        "you can reach me at 415 555 0132 any time after 3 to 5",
        "you can reach me at 415 555 0132 any time after three ten",
        "call 415 555 0132, it costs 20 dollars or 30 dollars",
        "call 415 555 0132 and take 2 of them",
    ],
)
def test_other_numbers_near_a_number_stay(said: str) -> None:
    assert finals("en", said) == [said.replace("415 555 0132", "[PHONE]")]


def test_digits_read_out_behind_a_pause_belong_to_the_number() -> None:
    """Twelve digits that look like a telephone number and two more are a card of fourteen."""
    said = "right oh six five nine double seven four one oh six seven nine wait double six thanks so much for waiting"
    assert finals("en", said) == ["right [PHONE] wait [PHONE] thanks so much for waiting"]
    misheard = "it is three one one six seven oh four two oh three six one hold on tea hum five seven thanks so much"
    assert finals("en", misheard) == ["it is [NUMBER] hold on tea hum [NUMBER] thanks so much"]
    other = "right oh six five nine double seven four one oh six seven nine wait twenty thanks so much for waiting"
    assert finals("en", other) == ["right [PHONE] wait twenty thanks so much for waiting"]
    two = "you reach me at four one five five five five oh one three two and I have two kids who love it"
    assert finals("en", two) == ["you reach me at [PHONE] and I have two kids who love it"]


def test_a_false_start_behind_a_version_is_masked_too() -> None:
    """The run began with the version, in an utterance before the other channel asked."""
    talk = Talk(language="es")
    talk.say("a", "tiene la versión 1")
    talk.say("b", "9.8.2", after_s=0.3)
    talk.say("c", "mi móvil es por favor", channel="agent", after_s=0.3)
    talk.say("d", "ahí va dos no espere dos nueve siete cinco doble cinco 0137 y con eso ya está bien así", after_s=0.3)
    assert talk.screen["d"].text == "ahí va [PHONE] no espere [PHONE] y con eso ya está bien así"


@pytest.mark.parametrize(
    ("language", "said", "ended"),
    [
        (
            "es",
            "pues es ES doble dos 9672 dos cuatro cero sales 1266 cinco los siete uno muchas gracias",
            "pues es ES [NUMBER] sales [NUMBER] los [NUMBER] muchas gracias",
        ),
        (
            "de",
            "das ist zwei eins neun null neun null vier vier null eins drei neun sechs fünf sechs drei zwo für neun"
            " acht vielen Dank",
            "das ist [NUMBER] für [NUMBER] vielen Dank",
        ),
        (
            "fr",
            "c'est deux deux neuf zéro neuf zéro quatre quatre zéro cinq trois neuf six cinq six trois sept vin neuf"
            " huit merci",
            "c'est [NUMBER] vin [NUMBER] merci",
        ),
    ],
)
def test_what_is_read_out_behind_a_misheard_digit_of_a_long_number_is_of_it(
    language: str, said: str, ended: str
) -> None:
    assert closed(said, language=language) == ended
