"""Names in addresses that are everybody's words, or are spelled by everybody's words, once an address was asked for."""

import pytest

from captiond.core.redact.lexicons import lexicon_for
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en-US", "my email is m as in mary k as in kite r as in robert t at gmail dot com", "my email is [EMAIL]"),
        ("en-US", "my email is juliet alpha november echo underscore delta at yahoo dot com", "my email is [EMAIL]"),
        ("en-US", "the email is b for bravo, r for romeo, o at gmail dot com", "the email is [EMAIL]"),
        ("es-ES", "mi correo es m de madrid, a, r, i, a, arroba gmail punto com", "mi correo es [EMAIL]"),
        ("es-ES", "el correo es b de barcelona, c con cedilla, arroba hotmail punto com", "el correo es [EMAIL]"),
        ("fr-FR", "mon mail est m comme marie, t, h, arobase gmail point com", "mon mail est [EMAIL]"),
        ("de-DE", "meine E-Mail ist m wie Martha, t, h, at gmail punkt com", "meine E-Mail ist [EMAIL]"),
    ],
)
def test_what_a_letter_stands_for_is_spelling(language: str, said: str, wanted: str) -> None:
    assert closed(said, language=language) == wanted


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en-US", "my email is contact at example dot com", "my email is [EMAIL]"),
        ("en-US", "my email is big fish all one word at example dot com", "my email is [EMAIL]"),
        ("en-US", "the email is happy underscore girl at example dot com", "the email is [EMAIL]"),
        ("es-ES", "mi correo es la casa de papel arroba gmail punto com", "mi correo es [EMAIL]"),
        ("fr-FR", "mon mail est bonjour arobase exemple point fr", "mon mail est [EMAIL]"),
        ("de-DE", "meine E-Mail ist hallo at beispiel punkt de", "meine E-Mail ist [EMAIL]"),
    ],
)
def test_a_name_may_be_everybodys_words(language: str, said: str, wanted: str) -> None:
    assert closed(said, language=language) == wanted


def test_an_answer_may_begin_with_one(talk: Talk) -> None:
    talk.say("q", "what's your email", channel="agent")
    assert talk.say("a", "yeah april dot may at hotmail dot com") == "yeah [EMAIL]"


@pytest.mark.parametrize(
    "said",
    [
        "my email is down at the moment",
        "my email is not working at home",
        "my email is the one that you have there",
        "the email is fine and we look at it now",
    ],
)
def test_talk_behind_a_cue_stays(said: str) -> None:
    assert closed(said) == said


def test_only_the_name_is_masked_behind_other_talk(talk: Talk) -> None:
    talk.say("q", "what's your email", channel="agent")
    assert talk.say("a", "you can use jane at gmail dot com") == "you can use [EMAIL]"


def test_a_name_with_digits_begins_an_address() -> None:
    assert closed("just write to kwilson82 at example dot com") == "just write to [EMAIL]"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es-ES", "1975 arroba hotmail punto com"),
        ("fr-FR", "1975 arobase hotmail point com"),
        ("de-DE", "1975 klammeraffe gmx punkt de"),
        ("it-IT", "1975 chiocciola libero punto it"),
    ],
)
def test_digits_before_the_sign_are_a_name(language: str, said: str) -> None:
    assert closed(said, language=language) == "[EMAIL]"


def test_a_letter_with_a_comma_is_no_word() -> None:
    spanish = Talk(language="es-ES")
    spanish.say("q", "¿su correo?", channel="agent")
    assert spanish.say("a", "a, ene, a, arroba, gmail, punto, com") == "[EMAIL]"


def test_nobody_is_introduced_by_a_word_that_introduces_nothing() -> None:
    """The table names words that stand before an address, in each language."""
    assert all("is" not in lexicon_for(tag).introduces for tag in ("es", "fr", "de"))
    assert all(lexicon_for(tag).introduces for tag in ("en", "es", "fr", "de", "it"))


def test_the_letters_of_a_domain_may_begin_with_a_word() -> None:
    assert closed("my email is kate dot miller at a o l dot com") == "my email is [EMAIL]"
    assert closed("we look at a place dot com") == "we look at a place dot com"


def test_a_month_spells_a_letter_of_an_iban(talk: Talk) -> None:
    """ "nine november" is a day elsewhere."""
    said = "bravo two nine november whiskey bravo kilo six zero one six one three three one nine two six eight one nine"
    talk.say("q", "your iban please", channel="agent")
    talk.say("a", f"golf {said}")
    talk.end()
    assert talk.screen["a"].text == "golf bravo [IBAN] november whiskey bravo kilo [IBAN]"
    assert closed("we met on nine november in the house") == "we met on nine november in the house"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "is it d dot kowalski plus work at fastmail dot com"),
        ("en-US", "is it kowalski underscore sales at fastmail dot com"),
        ("es-ES", "es kowalski guion casa arroba correo punto es"),
        ("fr-FR", "c'est kowalski tiret travail arobase exemple point fr"),
        ("de-DE", "es ist kowalski unterstrich arbeit at beispiel punkt de"),
    ],
)
def test_everybodys_word_behind_a_connector_is_of_the_name_without_a_cue_too(language: str, said: str) -> None:
    assert closed(said, language=language).endswith("[EMAIL]")
    assert "@" not in closed(said, language=language)
    assert len(closed(said, language=language).split()) <= 3
