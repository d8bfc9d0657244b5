"""Numbers whose pieces look like something else at the edge of an utterance, behind a pause or behind a dash."""

import pytest

from tests.core.redact.conftest import Talk, closed, finals  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "said", "ended"),
    [
        ("en", ["yes it's two four one five five", "€501,39"], ["yes it's [PHONE]", "[PHONE]"]),
        ("en", ["here goes €66140,72", "double six"], ["here goes €[NUMBER]", "[NUMBER]"]),
        ("es", ["mi tarjeta es 391410216072", "£9,353,662"], ["mi tarjeta es [CC]", "£[CC]"]),
        ("de", ["ja das ist 8.21.23", "258. 23. 731 danke"], ["ja das ist [NUMBER]", "[NUMBER] danke"]),
        ("en", ["my ssn would be 620 99 £153.1", "okay"], ["my ssn would be [SSN]", "okay"]),
        ("it", ["sì è tre otto nove cinque cinque", "٥.٠١.٤٣"], ["sì è [PHONE]", "[PHONE]"]),
        ("en", ["£35055", "$501,59 does that help"], ["£[PHONE]", "$[PHONE] does that help"]),
        ("it", ["sì è £4347 doppio sette cinque uno zero uno tre otto 8.9.09 grazie"], ["sì è [CC] grazie"]),
        ("en", ["it's nine oh two seven five one zero one 8.9.09 thanks"], ["it's [NUMBER] thanks"]),
        ("de", ["es ist acht eins neun vier fünf eins null zwei 8.9.09 danke"], ["es ist [NUMBER] danke"]),
        ("es", ["es el €27570", "$6680,5"], ["es el €[PHONE]", "$[PHONE]"]),
        ("de", ["die IBAN ist DE84 3705 $6619 131,8 danke"], ["die IBAN ist [IBAN] danke"]),
        ("it", ["l'iban è IT96 462-3", "511-4 $6619 131,8 grazie"], ["l'iban è [IBAN]", "[IBAN] grazie"]),
    ],
)
def test_a_shape_beside_plain_digits_of_the_next_utterance_is_a_piece(
    language: str, said: list[str], ended: list[str]
) -> None:
    bare = [text.translate({ord(c): None for c in "€£$"}) for text in finals(language, *said)]
    assert bare == [text.translate({ord(c): None for c in "€£$"}) for text in ended]


@pytest.mark.parametrize(
    "said",
    [
        ["my card was charged $49.99 20 times"],
        ["my card was charged", "$1,249.99", "20 items are there"],
        ["my flight is on 05/27/2026", "one more thing"],
        ["05/27/1980", "94105"],
        ["it was 5/27/80", "94105 is the zip"],
        ["it was 17.05.2025", "sixty one units are left"],
        ["it went up to $1,234,567.89", "one of them"],
        ["that is $49.99", "3 of those"],
        ["it was on 05/27/2026", "06/30/2026"],
        ["they paid $1,249.99", "$20.50 was left"],
        ["they paid £1,249.99", "£20.50 was left"],
        ["the meeting is on 05/27/2026", "3 pm works"],
        ["it is due 05/27/2026 one of us will come"],
        ["that was $1,234,567.89 two days ago"],
        ["it is $1,249.99 five zero one"],
        ["I have six $49.99 nine of those"],
        ["I need forty three 8.9.09 is fine"],
        ["the route is two four five 8.9.09 is the day"],
        ["it was four two seven one nine 05/27/2026 is the day"],
    ],
)
def test_beside_a_few_or_beside_another_shape_it_is_what_it_looks_like(said: list[str]) -> None:
    assert finals("en", *said) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["my card is from March 1", "two five one four one four six zero five seven four five one three one"]),
        ("fr", ["ma carte est du mars 1", "deux cinq six quatre six quatre six zéro cinq sept quatre cinq six trois"]),
        ("it", ["la mia carta è di marzo 1", "due cinque uno quattro uno quattro sei zero cinque sette quattro due"]),
        ("es", ["mi tarjeta es de marzo", "doce cinco uno cuatro uno cuatro seis cero cinco siete cuatro cinco"]),
    ],
)
def test_a_date_at_the_end_of_an_utterance_takes_no_digit_of_the_next(language: str, said: list[str]) -> None:
    answer = finals(language, *said)[1]
    assert answer.startswith("[") and answer.endswith("]")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "sería cero doble cinco siete seis perdón otra vez e - s - cero cinco cinco siete seis tres siete"),
        ("fr", "l'iban est six quatre trois pardon je reprends f - r - six quatre trois huit huit quatre huit"),
        ("en", "the iban is three two no wait again g - b - three two five nine oh four four four one one"),
    ],
)
def test_a_country_spelled_with_dashes_begins_the_number_again(language: str, said: str) -> None:
    shown = finals(language, said)[0]
    assert shown.count("[") > 1
    assert not any(digit in shown for digit in ("cinco", "quatre", "three"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["that would be G B oh um eight four three"]),
        ("en", ["right six three um double oh tree"]),
        ("fr", ["voilà F R six neuf quatre euh un saint"]),
        ("fr", ["double un euh", "cinq ben", "six"]),
        ("es", ["doble - 2 35"]),
        ("fr", ["le quatre - cinq trois huit - un neuve"]),
    ],
)
def test_a_digit_by_what_stands_before_it_counts_at_once(language: str, said: list[str]) -> None:
    """Four digits with the one that may be a word: all are masked, whatever the next word is."""
    talk = Talk(language=language)
    for number, text in enumerate(said):
        talk.say(str(number), text, final=False)
        talk.say(str(number), text)
    *_, last = said
    assert "[...]" in talk.screen[str(len(said) - 1)].text
    for word in ("oh", "un", "eight", "six", "neuf", "cinq", "2"):
        assert all(word not in shown.text.split() for shown in talk.screen.values()), last


def test_two_articles_behind_a_number_are_digits_before_any_word() -> None:
    talk = Talk(language="fr")
    talk.say("a", "ce serait le cinq neuf six cinq cinq cinq zéro un euh")
    assert talk.say("b", "un un ça vous", final=False) == "[...] ça vous"
    assert talk.say("b", "un un ça vous va") == "[...] ça vous va"
    said = "bien sûr quatre neuf quatre quatre double neuf cinq cinq zéro un trois deux voyons un un"
    assert talk.say("c", f"{said} neuve", final=False).endswith("] voyons [...] neuve")
    assert closed("j'ai dit un un moment", language="fr") == "j'ai dit un un moment"
    talk = Talk(language="fr")
    talk.say("a", "ce serait le cinq neuf six cinq cinq cinq zéro un un")
    assert talk.say("b", "un ben merci beaucoup", final=False) == "[...] ben merci beaucoup"


@pytest.mark.parametrize(
    ("language", "said", "ended"),
    [
        ("en", ["four six six uh double five", "five zero one one uh three thanks"],
         ["[PHONE] uh [PHONE]", "[PHONE] uh [PHONE] thanks"]),
        ("en", ["that's six seven eight", "four five two seven one seven six zero", "nine um six does that help"],
         ["that's [CC]", "[CC]", "[CC] um [CC] does that help"]),
        ("it", ["allora sei nove eh uno.tre scusi ripeto 6913903940417 eh"],
         ["allora [NUMBER] eh [NUMBER] scusi ripeto [NUMBER] eh"]),
        ("de", ["meine Karte ist 3806 4653 5592 9064 dreh drei null vielen Dank"],
         ["meine Karte ist [CC] dreh [CC] vielen Dank"]),
        ("es", ["mi tarjeta es 3806 4653 5592 9064 tren tres cero gracias"],
         ["mi tarjeta es [CC] tren [CC] gracias"]),
        ("fr", ["ma carte est six sept zéro trois quatre trois cinq un zéro huit quatre pardon un ben zéro six merci"],
         ["ma carte est [CC] pardon [CC] ben [CC] merci"]),
        ("fr", ["mon téléphone est neuf euh un pardon je reprends neuf un six cinq cinq cinq zéro un neuf un"],
         ["mon téléphone est [PHONE] euh [PHONE] pardon je reprends [PHONE]"]),
    ],
)  # fmt: skip
def test_a_small_piece_is_masked_with_its_number(language: str, said: list[str], ended: list[str]) -> None:
    kinds = ("PHONE", "NUMBER", "SSN", "CC")

    def plain(texts: list[str]) -> list[str]:
        for kind in kinds:
            texts = [text.replace(f"[{kind}]", "[]") for text in texts]
        return texts

    assert plain(finals(language, *said)) == plain(ended)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["double", "the security code is what exactly", "eight three that is all of it"]),
        ("it", ["doppio", "il cvv è per cortesia", "tre zero va bene così"]),
        ("fr", ["double", "le cvv est s'il vous plaît", "trois zéro merci beaucoup"]),
    ],
)
def test_a_code_whose_first_word_came_before_the_question(language: str, said: list[str]) -> None:
    talk = Talk(language=language)
    for number, text in enumerate(said):
        talk.say(str(number), text, channel="agent" if number == 1 else "c")
    talk.silence()
    talk.end()
    assert talk.screen["0"].text.startswith("[")
    assert talk.screen["2"].text.startswith("[")


def test_a_zero_behind_words_that_count_for_none_is_masked_for_good(talk: Talk) -> None:
    for number, text in enumerate(
        ("it's six one", "oh double five", "five", "and then oh um", "one uh two nine thanks")
    ):
        talk.say(str(number), text)
    talk.end()
    assert talk.screen["3"].text.startswith("and then [")
    assert talk.screen["3"].text.endswith("] um")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "es",
            "sería dos siete ocho seis cinco dos cinco perdón otra vez ES los siete ocho seis cinco dos doble cinco",
        ),
        ("de", "das wäre zwei sieben acht sechs fünf Entschuldigung noch mal nochmal DE zwei sieben acht sechs fünf"),
        ("es", "EL IBAN ES TRES. PERDÓN OTRA VEZ ES345078784839935756"),
    ],
)
def test_a_country_in_capitals_begins_the_number_again(language: str, said: str) -> None:
    shown = finals(language, said)[0]
    assert shown.count("[") > 1
    assert not any(digit in shown.casefold().split() for digit in ("siete", "sieben", "tres."))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("it", ["ha la versione 1", "7.17.1", "l'iban è nove scusi ripeto nove sette sette quattro nove quattro zero"]),
        ("en", ["it has 41", "2233 4455 66", "my card is nine uh it is four one one one one one one one one one one"]),
    ],
)  # fmt: skip
def test_a_piece_between_a_cue_and_its_number_is_one_behind_another_number_too(language: str, said: list[str]) -> None:
    shown = finals(language, *said)[2].split()
    assert shown.count("[IBAN]") + shown.count("[CC]") > 1


def test_an_address_that_was_given_says_nothing_of_a_number_asked_for_meanwhile() -> None:
    """A cue that has got its address is none for digits: what was said before the question is masked with the rest."""
    talk = Talk(language="it")
    talk.say("a", "la mia mail è tomas punto jana chiocciola example punto it va bene così")
    talk.say("b", "ecco qua quattro zero zero cinque")
    talk.say("q", "il mio telefono è per cortesia", channel="agent")
    talk.say("c", "cinque cinque 0144")
    talk.say("d", "lo schermo resta nero da ieri sera")
    talk.end()
    assert talk.screen["b"].text.startswith("ecco qua [")
    assert talk.screen["c"].text.startswith("[")


@pytest.mark.parametrize(
    ("language", "said", "last"),
    [
        ("es", "cinco uno este|cinco este|tres eh|espere nueve eh cuatro|cero este|uno|dos este|ocho|dos este uno|cero",
         "[PHONE]"),
        ("fr", "cinq deux six ben|neuf|double un euh|cinq un deux ben|cinq|huit ben trois|six euh huit merci",
         "[PHONE] euh [PHONE] merci"),
    ],
)  # fmt: skip
def test_what_follows_a_number_that_became_longer_is_looked_at_again(language: str, said: str, last: str) -> None:
    """The digit that made ten of them is not the last one of a card that looks like a telephone."""
    talk = Talk(language=language)
    texts = said.split("|")
    for number, text in enumerate(texts):
        talk.say(str(number), text)
    talk.end()
    assert talk.screen[str(len(texts) - 1)].text == last


def test_a_cue_that_the_other_channel_passed_on_does_not_cut_a_number(talk: Talk) -> None:
    talk.say("a", "my mobile is four four")
    talk.say("b", "590640 thanks so much for waiting today", channel="agent")
    talk.say("c", "two five")
    talk.say("d", "five five oh one oh two got it")
    talk.end()
    assert [talk.screen[u].text for u in "acd"] == ["my mobile is [PHONE]", "[PHONE]", "[PHONE] got it"]


def test_a_word_of_assent_at_the_beginning_makes_no_pronoun(talk: Talk) -> None:
    """ "right, one, uh, ..." is a digit; "the right one" is none."""
    talk.say("a", "right one uh five four three")
    talk.say("b", "six three um two eight one is that fine")
    talk.end()
    assert [talk.screen[u].text for u in "ab"] == ["right [NUMBER] uh [NUMBER]", "[NUMBER] um [NUMBER] is that fine"]
    assert closed("was that the right one uh 415 of them") == "was that the right one uh 415 of them"
