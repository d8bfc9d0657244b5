"""What holds for every kind that is registered: a new row is covered by standing in `KINDS`, nothing else."""

import random
import re

import pytest

from captiond import config_keys
from captiond.base.ids import RawText, UtteranceId
from captiond.bench.speaker import Speaker
from captiond.core.redact import ALL, DEFAULT, Call, Redactor
from captiond.core.redact.kinds import EMAIL, KINDS, MAX_CARD_DIGITS, PIN, ROWS, Kind, checked, is_card
from captiond.core.redact.lexicon import ENDING, KEEP
from captiond.core.redact.lexicons import TABLES, lexicon_for
from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

OFF = [row for row in KINDS if not row.default]
DIGITS = "718293641507364281"  # no card, no telephone of North America, no national id


def named(row: Kind) -> str:
    return row.name


def cues(row: Kind, language: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in TABLES[language].cues[row.name].split(";")]


def alone(cue: str, row: Kind, language: str) -> bool:
    """Whether no shorter phrase inside announces another kind ("carte" in "carte d'identité")."""
    lexicon = lexicon_for(language)
    words = cue.split()
    inside = [kind for n in range(len(words)) for said, kind in lexicon.cues.get(words[n], ()) if len(said) <= n + 1]
    return all(kind == row.name for kind in inside)


@pytest.mark.parametrize("row", KINDS, ids=named)
def test_a_row_says_what_it_must(row: Kind) -> None:
    """A mask's name, and a range that makes sense: an address and an IBAN have none."""
    assert re.fullmatch("[A-Z][A-Z_]*", row.name)
    assert ROWS[row.name] is row
    assert row.least <= row.sure <= row.most <= MAX_CARD_DIGITS
    assert row.least > 2 or row.least == row.most == 0


def test_the_configuration_offers_each_kind_and_no_other() -> None:
    assert [row.name for row in KINDS] == list(config_keys.KINDS)
    assert {row.name for row in KINDS if row.default} == set(config_keys.DEFAULT_KINDS) == DEFAULT
    assert config_keys.Redaction(kinds=sorted(ALL)).kinds == tuple(sorted(ALL))
    with pytest.raises(ValueError, match="kinds"):
        config_keys.Redaction(kinds=["NUMBER"])


@pytest.mark.parametrize("language", TABLES)
def test_every_kind_has_cues_in_every_language_and_no_cue_has_another_kind(language: str) -> None:
    assert set(TABLES[language].cues) == ALL | {PIN}
    assert {kind for found in lexicon_for(language).cues.values() for _, kind in found} == ALL | {PIN, KEEP, ENDING}


@pytest.mark.parametrize("language", TABLES)
@pytest.mark.parametrize("row", OFF, ids=named)
def test_a_kind_that_is_off_changes_nothing(row: Kind, language: str) -> None:
    """Its cue masks no first digit, and its mask is never shown."""
    seven = next(word for word, digit in lexicon_for(language).digits.items() if digit == "7")
    tried = 0
    for cue in cues(row, language):
        if alone(cue, row, language):
            tried += 1
            shown = Speaker(language=language).hear(f"{cue} {seven}", final=False).text
            assert shown == f"{cue} {seven}"
        assert row.name not in closed(f"{cue} {DIGITS[: row.most]}", language=language)
    assert tried >= len(cues(row, language)) // 2


@pytest.mark.parametrize("language", TABLES)
@pytest.mark.parametrize("row", [row for row in KINDS if row.least], ids=named)
def test_after_its_cue_every_length_of_a_kind_is_masked(row: Kind, language: str) -> None:
    """By its own name from the length on that makes it sure."""
    cue = cues(row, language)[0]
    for size in range(row.least, row.most + 1):
        mask = closed(f"{cue} {DIGITS[:size]}", kinds=ALL, language=language).split()[-1]
        assert mask.startswith("[") and mask.endswith("]"), (cue, size)
        if size >= row.sure:
            assert mask == f"[{row.name}]", (cue, size)


@pytest.mark.parametrize("row", KINDS, ids=named)
def test_one_kind_alone_is_masked_alone(row: Kind) -> None:
    """With nothing else on, what is left besides are numbers of no certain kind."""
    text = "my phone is 415 555 2671 and my social is 078-05-1120 and my email is jane@example.com"
    masks = set(re.findall(r"\[([A-Z_]+)\]", closed(text, kinds=frozenset({row.name}))))
    assert masks <= {row.name, "NUMBER"}


@pytest.mark.parametrize("row", [row for row in KINDS if row.check], ids=named)
def test_a_check_is_asked_only_where_its_kind_is_on(row: Kind) -> None:
    rng = random.Random(7)
    found = ""
    while not found:
        chars = {
            "CC": f"4{rng.randrange(10**14, 10**15)}",
            "IBAN": f"NO{rng.randrange(10**12, 10**13)}",
        }.get(row.name, str(rng.randrange(10**10, 10**11)))
        found = checked(chars, frozenset({row.name}))
    assert found == row.name
    assert checked(chars, frozenset()) == checked(chars, frozenset({EMAIL})) == ""


def test_a_card_is_a_card_only_with_its_checksum_and_its_network() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")  # wrong check digit
    assert not is_card("1111111111111117")  # no network begins so
    assert not is_card("")


@pytest.mark.parametrize("language", TABLES)
def test_all_kinds_together_leave_ordinary_talk_alone(language: str) -> None:
    """What is on for nobody by default must not cost those who turn it on their prices."""
    lexicon = lexicon_for(language)
    unit = sorted(lexicon.units)[0]
    text = f"37 {unit} 250 {unit} 1999 {unit}"
    redactor = Redactor(kinds=ALL, language=language, call=Call())
    shown = redactor.caption(UtteranceId("u"), RawText(text), final=True, now_s=0.0)
    assert [*shown, *redactor.end()][-1].text == text
