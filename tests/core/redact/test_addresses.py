"""E-mail addresses as people type, say and spell them in four languages; and what only looks like one."""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

ADDRESSES = {
    "en": [
        "jane.doe@mail.example.co.uk", "jane@ example.com", "jane @example.com", "jane(at)example.com",
        "jane [at] example [dot] com", "jane at example.com", "jane underscore doe at example dot com",
        "jane dash doe ninety nine at example dot com", "j dot doe two thousand four at mail dot example dot org",
        "jane doe at sign gmail dot com", "jane hyphen doe at example dot com", "jane dot doe at g mail dot com",
    ],
    "es": [
        "ana punto perez arroba correo punto ejemplo punto com", "ana guión bajo perez arroba ejemplo punto es",
        "ana guión perez noventa y nueve arroba ejemplo punto es", "ana subrayado perez arroba gmail punto com",
        "a n a arroba ejemplo punto es", "ana@ejemplo.es",
    ],
    "fr": [
        "marie point dupont arobase mail point exemple point fr", "marie tiret dupont arobase exemple point fr",
        "marie underscore dupont quatre-vingt-dix-neuf arobase gmail point com", "m a r i e arobase exemple point fr",
        "marie tiret du bas dupont arobase exemple point fr", "marie point dupont chez exemple point fr",
    ],
    "de": [
        "anna Punkt meier Klammeraffe beispiel Punkt de", "anna Unterstrich meier at beispiel punkt de",
        "anna Bindestrich meier neunundneunzig ät web punkt de", "a n n a at beispiel punkt de",
        "anna minus meier at gmx punkt de", "anna.meier@beispiel.de",
    ],
}  # fmt: skip
NAMES = ("jane", "doe", "ana", "perez", "marie", "dupont", "anna", "meier")
CUES = {"en": "my email is", "es": "mi correo es", "fr": "mon mail est", "de": "meine E-Mail ist"}
SAID = [(language, address) for language, addresses in ADDRESSES.items() for address in addresses]


@pytest.mark.parametrize(("language", "address"), SAID)
def test_it_is_masked_whole_after_a_cue_and_from_its_first_word_on(language: str, address: str) -> None:
    cue = CUES[language]
    assert closed(f"{cue} {address}", language=language) == f"{cue} [EMAIL]"
    talk, words = Talk(language=language), address.split()
    for size in range(1, len(words) + 1):
        shown = talk.say("u", f"{cue} {' '.join(words[:size])}", final=False)
        assert not any(name in shown.casefold() for name in NAMES)


@pytest.mark.parametrize(("language", "address"), SAID)
def test_without_a_cue_too(language: str, address: str) -> None:
    assert closed(address, language=language).startswith("[EMAIL]")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "follow us John @acme_news today"),
        ("en", "it is 3 @ 5 dollars each"),
        ("en", "yes please@"),
        ("en", "meet me at the gate at 5"),
        ("en", "the meeting is at Johnson and Co dot the rest"),
        ("fr", "je suis chez Dupont à Lyon"),
        ("fr", "rendez-vous chez le médecin"),
        ("es", "treinta y dos euros"),
        ("de", "am Punkt zwei der Liste"),
    ],
)
def test_what_is_none_stays(language: str, said: str) -> None:
    assert closed(said, language=language) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("21st at [CC], dot", "21st at [CC], dot"),
        ("jane dot doe at [NUMBER] dot com", "[EMAIL] [NUMBER] dot com"),
        ("my email is jane dot [NUMBER]", "my email is [EMAIL] [NUMBER]"),
    ],
)
def test_a_mask_in_the_text_is_no_name_and_no_host(said: str, shown: str) -> None:
    talk = Talk()
    talk.say("u", said)
    talk.silence()
    assert talk.screen["u"].text == shown


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "we meet Alexis at 8"),
        ("en", "the party of Alexis at eleven"),
        ("de", "wir treffen Alexis at 20"),
    ],
)
def test_an_hour_is_no_host(talk: Talk, language: str, said: str) -> None:
    """It is shown as soon as the utterance is over; while it grows "8" may be half of a host."""
    talk.language = language
    assert "at" not in talk.say("u", said, final=False).split()
    assert talk.say("u", said) == said


@pytest.mark.parametrize(
    "said", ["flight 1423 leaves at 6:45", "your plumber arrives at 3 30", "Alexis lands at eleven fifteen"]
)
def test_an_hour_is_no_host_after_a_cue_either(talk: Talk, said: str) -> None:
    talk.say("a", "what is your email address", channel="agent")
    talk.say("b", said)
    talk.end()
    assert talk.screen["b"].text == said


def test_a_host_may_begin_with_a_number(talk: Talk) -> None:
    assert "alexis" not in talk.say("a", "that's alexis at 163 dot com")
    assert "alexis" not in talk.say("b", "that's alexis dot stone at 8 dot com")
    assert "alexis" not in talk.say("c", "my email is alexis at 8 dot com")
    assert "alexis" not in talk.say("d", "that's alexis@8.com")
    talk.say("e", "my email is alexis at 8")
    talk.say("f", "dot com")
    talk.say("g", "my email is alexis stone at 3 30 tower")
    talk.end()
    assert not any("alexis" in talk.screen[u].text for u in "eg")
