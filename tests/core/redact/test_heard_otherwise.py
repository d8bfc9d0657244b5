"""Numbers as recognisers write them now and then: as money, hyphened, in other scripts, a digit an utterance."""

import pytest

from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.tokens import read
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "said", "ended"),
    [
        ("es", "ahí va £4865550164 muchas gracias por la espera", "ahí va £[PHONE] muchas gracias por la espera"),
        ("de", "die Kartennummer ist €3809 - 0979 - 4323 - 8", "die Kartennummer ist €[CC]"),
        ("en", "my phone is $859.555.0195 does that help", "my phone is $[PHONE] does that help"),
        ("en", "my card is $4111, uh, 1111 1111 1111", "my card is $[CC], uh, [CC]"),
        ("es", "mi tarjeta es 851-3 tres cero uno - 581,3", "mi tarjeta es [CC]"),
        ("de", "meine Handynummer ist 959.5.550.158", "meine Handynummer ist [PHONE]"),
        ("it", "il mio recapito è 400.55 ehm cinque zero uno cinque", "il mio recapito è [PHONE] ehm [PHONE]"),
    ],
)
def test_digits_behind_a_currency_or_with_a_point_are_no_amount(language: str, said: str, ended: str) -> None:
    talk = Talk(language=language)
    shown = [talk.say("u", said[:end], final=False) for end in range(said.index(" "), len(said) + 1)]
    talk.say("u", said)
    talk.end()
    assert talk.screen["u"].text.replace("£", "").replace("€", "").replace("$", "") == ended.translate(
        {ord(c): None for c in "£€$"}
    )
    digits = [max(sum(c.isdigit() for c in text), 0) for text in shown]
    assert max(digits) < 4


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "it was $49.99 and 20 of them"),
        ("en", "they paid $20-30 for it"),
        ("en", "they paid $1000-$2000 for it"),
        ("en", "that is $1,234,567.89 in all"),
        ("en", "a fee of $500 please"),
        ("en", "it runs 5.16.203 on 192.168.0.176"),
        ("es", "la población es de 8.336.817"),
    ],
)
def test_but_amounts_and_versions_are(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize(
    ("language", "word", "digits"),
    [
        ("fr", "un-neuf", "19"),
        ("en", "oh-one", "01"),
        ("en", "double-four-one", "441"),
        ("es", "doble/tres", "33"),
        ("en", "b-oh", "0"),
        ("de", "de-drei", "3"),
        ("en", "six!-six", "66"),
        ("es", "doble-ocho-۰۸", "8808"),
        ("en", "oh/555", "0555"),
        ("de", "DE-VIER-ZWEI-3841", "423841"),
        ("fr", "fr-neuf-3841-un", "938411"),
        ("en", "1-800-flowers", "1800"),
        ("en", "b-12", "12"),
        ("fr", "F-R-un", "1"),
        ("es", "E.S.un", "1"),
        ("es", "doble.un", "11"),
    ],
)
def test_words_glued_together_are_read(language: str, word: str, digits: str) -> None:
    assert read(word, lexicon_for(language)).digits == digits


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "l'iban est F-R un"),
        ("es", "mi iban es E.S. un"),
        ("en", "my iban is G-B oh"),
        ("de", "die IBAN ist D-E ein"),
    ],
)
def test_a_country_in_one_word_is_one_whatever_stands_between_its_letters(language: str, said: str) -> None:
    assert Talk(language=language).say("u", said, final=False).endswith("[...]")
    assert "[" not in Talk(language=language).say("u", said.rpartition(" ")[0], final=False)


@pytest.mark.parametrize("word", ["one-way", "two-step", "uh-oh", "t-un", "for-profit", "x-ray", "double-decker"])
def test_and_words_stay_words(word: str) -> None:
    assert (
        read(word, lexicon_for("en")).cls == read("hello", lexicon_for("en")).cls
        or not read(word, lexicon_for("fr")).digits
    )


def test_double_before_glued_digits_doubles_the_first() -> None:
    talk = Talk()
    talk.say("a", "here goes one-six-two-eight-five double one-eight")
    talk.say("b", "zero")
    talk.say("c", "let me know what happens next")
    assert talk.screen["a"].text == "here goes [NUMBER]"


@pytest.mark.parametrize("pause", ["okay", "um, hold on", "just a moment", "let me see"])
def test_an_utterance_that_only_waits_ends_no_number(talk: Talk, pause: str) -> None:
    """Inside an utterance it would not either."""
    talk.say("a", "yes it's four one one one two two two two")
    talk.say("b", pause)
    assert talk.say("c", "five five", final=False) == "[...]"
    talk.say("c", "five five five five six six six six")
    talk.end()
    assert [talk.screen[u].text for u in "abc"] == ["yes it's [CC]", pause, "[CC]"]


@pytest.mark.parametrize("other", ["thank you", "that is all", "it is for my brother"])
def test_but_one_that_says_something_does(talk: Talk, other: str) -> None:
    talk.say("a", "it was four one one one")
    talk.say("b", other)
    assert talk.screen["a"].text == "it was four one one one"


def test_a_card_said_a_digit_an_utterance(talk: Talk) -> None:
    """Sixteen finals wait for one run; what a viewer saw of it are three digits."""
    said = ("four", "eight", "two", "two", "one", "five", "zero", "four")
    for number, digit in enumerate((*said, *said)):
        shown = talk.say(str(number), digit)
        assert shown == (digit if number < 3 else "[...]")
    talk.end()
    assert {talk.screen[str(number)].text for number in range(16)} == {"[CC]"}


def test_a_reference_that_was_read_out_keeps_no_other_number(talk: Talk) -> None:
    """The other channel's next number is not the order's, which stands behind its "#" already."""
    talk.say("a", "your order number is INC0032516 and it was shipped", channel="agent")
    talk.say("b", "yes 4111 1111 1111 1111")
    talk.end()
    assert talk.screen["b"].text == "yes [CC]"


def test_a_false_start_that_was_misheard_at_its_end() -> None:
    said = (
        "right two three nine six two zero three one no wait GB23 9620 1836 6135 929 that is what my letter says today"
    )
    assert closed(said) == "right [IBAN] no wait [IBAN] that is what my letter says today"


@pytest.mark.parametrize(
    ("language", "said", "ended"),
    [
        (
            "es",
            "sí es seis dos dos siete cero cinco cuatro perdón otra vez seis los dos siete cero cinco cuatro uno"
            " cuatro cero siete cinco cuatro doble cero cuatro",
            "sí es [NUMBER] perdón otra vez seis los [NUMBER]",
        ),
        (
            "en",
            "it is six two two seven oh five four no wait six do two seven oh five four one four oh seven five"
            " double oh four",
            "it is [NUMBER] no wait [NUMBER] do [NUMBER]",
        ),
        (
            "de",
            "das ist sechs zwei zwei sieben null fünf vier Moment sechs weil zwei sieben null fünf vier eins vier"
            " null sieben fünf null null vier",
            "das ist [NUMBER] Moment [NUMBER] weil [NUMBER]",
        ),
    ],
)
def test_a_false_start_of_a_number_misheard_at_its_beginning(language: str, said: str, ended: str) -> None:
    assert closed(said, language=language) == ended


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "mon iban est Fr UN"), ("es", "mi iban es Es UN"), ("it", "il mio iban è It UN")]
)
def test_a_country_behind_its_cue_is_one_however_it_is_written(language: str, said: str) -> None:
    assert Talk(language=language).say("u", said, final=False).endswith("[...]")


def test_capitals_tell_nothing_where_there_are_no_others() -> None:
    """ "IS" is no Iceland in a caption that is all in capitals; in other captions a country in capitals is one."""
    said = "MY VISA IS ONE THREE TWO ONE ONE FIVE TWO SIX DOUBLE TWO SEVEN OH WHERE IS IT FIVE THREE THANK YOU"
    assert closed(said) == "MY VISA IS [CC] WHERE IS IT [CC] THANK YOU"
    assert closed("it is IS 14 0159 2600 7654 5510 7303 39 okay") == "it is [IBAN] okay"


def test_behind_a_country_there_is_no_amount() -> None:
    said = "here goes GB 24899,7 um four one oh three double two four eight two four six seven thank you"
    assert closed(said) == "here goes [IBAN] um [IBAN] thank you"


def test_what_a_cue_announced_outweighs_its_first_ten_digits() -> None:
    said = "my card is five three five two seven seven nine two two two um oh four four six uh four is that fine"
    assert closed(said) == "my card is [CC] um [CC] uh [CC] is that fine"
