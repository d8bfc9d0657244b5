"""Each format of a national id: what fits it, what nearly does, and that a wrong check digit never lifts a mask."""

import random
import re

import pytest

from captiond.bench.identity import national_id as invented_id
from captiond.bench.speaker import Speaker
from captiond.core.redact import DEFAULT
from captiond.core.redact.national import FORMATS, Format, is_national_id, national_id
from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

ON = DEFAULT | {"NATIONAL_ID"}

# The examples that the issuers print, or worked out by hand.
VALID = {
    ("BR", "CPF"): ["52998224725", "11144477735"],
    ("DE", "Steuer-ID"): ["86095742719", "47036892816", "65929970489"],
    ("ES", "DNI"): ["12345678Z", "00000000T", "99999999R"],
    ("ES", "NIE"): ["X1234567L", "Y1234567X", "Z1234567R"],
    ("FR", "NIR"): ["255081416802538", "180126955222380", "190012A00400163"],
    ("GB", "National Insurance"): ["AB123456C", "JG103759A"],
    ("IT", "codice fiscale"): ["RSSMRA80A01H501U", "VRDGPP13R10B293P", "RSSMRA80A01H50MM"],
    ("PT", "NIF"): ["123456789", "299999998", "100000010", "100000070"],
}
SOUNDS_LIKE = {  # of the right shape, wrong in the check
    ("BR", "CPF"): ["52998224724", "52998224735", "11111111111"],
    ("DE", "Steuer-ID"): ["86095742718", "12345678903", "06095742711", "86095742219"],
    ("ES", "DNI"): ["12345678A"],
    ("ES", "NIE"): ["X1234567A", "A1234567L"],
    ("FR", "NIR"): ["255081416802539", "955081416802538", "255181416802500"],
    ("GB", "National Insurance"): ["DB123456C", "AO123456C", "GB123456C", "AB123456E"],
    ("IT", "codice fiscale"): ["RSSMRA80A01H501X", "RSSMRA80F01H501U", "RSSMRA8AA01H501U"],
    ("PT", "NIF"): ["123456788", "999999990"],
}
SAID = {
    "es-ES": ["es el 12345678Z y nada más", "es el 12.345.678-Z y nada más", "es el 12345678 Z y nada más"],
    "fr-FR": ["c'est le 2 55 08 14 168 025 38 voilà", "c'est le 255081416802538 voilà"],
    "de-DE": ["das ist die 86095742719 danke", "das ist die 86 095 742 719 danke"],
    "it-IT": ["è RSSMRA80A01H501U grazie"],
    "en-GB": ["it is AB123456C I think"],
    "pt-PT": ["é 529.982.247-25 obrigado"],
}


def key(row: Format) -> tuple[str, str]:
    return row.country, row.name


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: f"{row.country} {row.name}")
def test_each_format_knows_its_own(row: Format) -> None:
    """A row without an example here fails: nobody has tried it."""
    assert row.source and re.fullmatch("[9AX]+", row.shape)
    for chars in VALID[key(row)]:
        assert len(chars) == len(row.shape)
        assert row.check(chars), chars
        assert national_id(chars), chars
    for chars in SOUNDS_LIKE[key(row)]:
        assert len(chars) == len(row.shape) and not row.check(chars), chars


@pytest.mark.parametrize("row", [row for row in FORMATS if row.country != "GB"], ids=lambda row: row.name)
def test_no_single_wrong_last_character_passes(row: Format) -> None:
    """The British number alone has no check digit."""
    for chars in VALID[key(row)]:
        others = "0123456789" if chars[-1].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert [c for c in others if row.check(chars[:-1] + c)] == [chars[-1]]


@pytest.mark.parametrize("language", ["en-GB", "es-ES", "fr-FR", "de-DE", "it-IT"])
def test_ids_that_are_made_elsewhere_are_recognised(language: str) -> None:
    """The measure works the check digits out by itself: two readings of one rule."""
    rng = random.Random(20260302)
    assert all(is_national_id(invented_id(rng, language)) for _ in range(300))


def test_chance_rarely_meets_a_format() -> None:
    """The more digits a check has the fewer numbers by chance; eleven digits meet two formats."""
    rng = random.Random(1)
    hits = sum(is_national_id(str(rng.randrange(10**10, 10**11))) for _ in range(20_000))
    assert 0 < hits < 500


@pytest.mark.parametrize("chars", ["", "1", "A", "12345678", "１２３４５６７８Z", "12345678z", "1234567 Z"])
def test_anything_else_is_none(chars: str) -> None:
    assert not is_national_id(chars)


@pytest.mark.parametrize(("language", "text"), [(tag, text) for tag, texts in SAID.items() for text in texts])
def test_it_is_named_without_a_cue_where_it_is_on(language: str, text: str) -> None:
    on, off = closed(text, kinds=ON, language=language), closed(text, language=language)
    assert re.fullmatch(r"[\w' ]+ \[NATIONAL_ID\] [\wá ]+", on), on
    assert "NATIONAL_ID" not in off


CUED = {
    "es-ES": "mi DNI es 33417638{} gracias",
    "fr-FR": "mon numéro de sécurité sociale est le 2550814168025{} voilà",
    "de-DE": "meine Steuer-ID ist 8609574271{} danke",
    "it-IT": "il mio codice fiscale è RSSMRA80A01H501{} grazie",
    "en-GB": "my national insurance number is AB123456{} okay",
}
LAST = {"es-ES": "HA", "fr-FR": ("38", "39"), "de-DE": "98", "it-IT": "UX", "en-GB": "CE"}


@pytest.mark.parametrize("language", CUED)
@pytest.mark.parametrize("right", [True, False])
def test_after_its_cue_it_is_masked_whatever_its_check_says(language: str, right: bool) -> None:
    said = CUED[language].format(LAST[language][0 if right else 1])
    before, _, after = CUED[language].rpartition(" ")[0].rpartition(" ")[0], "", said.split()[-1]
    assert closed(said, kinds=ON, language=language) == f"{before} [NATIONAL_ID] {after}"


@pytest.mark.parametrize("last", "0123456789")
def test_a_wrong_check_digit_never_lifts_a_mask(last: str) -> None:
    """Eleven digits are masked whatever they are; the check only names them."""
    text = f"das ist die 8609574271{last} danke"
    assert closed(text, kinds=ON, language="de-DE") == (
        "das ist die [NATIONAL_ID] danke" if last == "9" else closed(text, language="de-DE")
    )
    assert "8609574271" not in closed(text, language="de-DE")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es-ES", "mi DNI es tres tres cuatro uno siete seis tres ocho H gracias"),
        ("es-ES", "mi NIE es X uno dos tres cuatro cinco seis siete L gracias"),
        ("it-IT", "il mio codice fiscale è R S S M R A otto zero A zero uno H cinque zero uno U grazie"),
        ("de-DE", "meine Steuer-ID ist acht sechs null neun fünf sieben vier zwo sieben eins neun danke"),
    ],
)
def test_its_letters_are_masked_with_it_from_the_first_on(language: str, text: str) -> None:
    words = text.split()
    speaker = Speaker(language=language, kinds=ON)
    partials = [speaker.hear(" ".join(words[:n]), final=False).text for n in range(1, len(words))]
    speaker.say(text)
    (final,) = speaker.stop()
    lead, _, rest = final.partition(" [NATIONAL_ID] ")
    assert text.startswith(lead) and rest == words[-1]
    size = len(lead.split())
    assert 8 <= len(words) - size - 1 <= 16
    assert {partial[len(lead) :] for partial in partials[size:]} == {" [...]"}


def test_the_cue_for_another_kind_outweighs_its_check() -> None:
    """Nine digits that a Portuguese id could be, said as a telephone number."""
    assert closed("my phone is 123456789", kinds=ON) == "my phone is [PHONE]"
    assert closed("my card is 12345678Z", kinds=ON) == "my card is [NATIONAL_ID]"  # letters are nobody's card
