"""What holds for every language that is registered: a new table is covered by standing in `TABLES`, nothing else.

Each word and each phrase is tried in a caption, since a table that nobody asks tests nothing.
"""

from collections import Counter
from dataclasses import fields

import pytest

from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import read_digits
from captiond.bench.speaker import Speaker
from captiond.core.redact import ALL
from captiond.core.redact.kinds import CC, EMAIL, PIN, ROWS
from captiond.core.redact.lexicon import MAX_PHRASE_WORDS, Lexicon
from captiond.core.redact.lexicons import TABLES, UNION, lexicon_for
from captiond.core.redact.table import Table
from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

HARMLESS = "4155550132"  # a telephone number, and as the number of an order nobody's business
PHRASES = ("endings", "interjections", "keeps", "waits")


def phrases(text: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in text.split(";") if phrase.strip()]


def cues(table: Table) -> list[tuple[str, str]]:
    return [(kind, phrase) for kind, text in table.cues.items() for phrase in phrases(text)]


def last_shown(text: str, language: str, kinds: frozenset[str] = ALL) -> str:
    """The last word of a partial's caption."""
    return Speaker(language=language, kinds=kinds).hear(text, final=False).text.split()[-1]


@pytest.mark.parametrize("language", TABLES)
def test_every_number_word_is_masked_after_a_cue(language: str) -> None:
    """From its first digit, whatever word says it."""
    table, lexicon = TABLES[language], lexicon_for(language)
    cue = phrases(table.cues[CC])[0]
    words = [*lexicon.digits, *lexicon.tens]
    assert len(words) > 20
    assert [word for word in words if last_shown(f"{cue} {word}", language) != "[...]"] == []


@pytest.mark.parametrize("language", TABLES)
def test_every_number_word_counts_as_its_digits_without_a_cue(language: str) -> None:
    """Said after three others it is at least the fourth digit: shown no more."""
    lexicon = lexicon_for(language)
    three = " ".join(word for word, digit in lexicon.digits.items() if digit in ("7", "8", "9"))
    assert [word for word in lexicon.digits if last_shown(f"{three} {word}", language) != "[...]"] == []


@pytest.mark.parametrize("language", TABLES)
def test_the_measure_reads_every_digit_that_the_table_has(language: str) -> None:
    """`bench` has a lexicon of its own: a language without one there would leak unseen."""
    table = TABLES[language]
    for pair in (*table.digits.split(), *table.tens.split()):
        word, digits = pair.split(":")
        read = "".join(d.value for d in read_digits(word, language))
        assert read in (digits, ""), word
    assert any(tag.startswith(language) for tag in LANGUAGES)


@pytest.mark.parametrize("language", TABLES)
def test_every_cue_phrase_masks_the_first_digit_after_it(language: str) -> None:
    table, lexicon = TABLES[language], lexicon_for(language)
    seven = next(word for word, digit in lexicon.digits.items() if digit == "7")
    asked = [(kind, phrase) for kind, phrase in cues(table) if kind != EMAIL]
    assert [cue for cue in asked if last_shown(f"{cue[1]} {seven}", language) != "[...]"] == []


@pytest.mark.parametrize("language", TABLES)
def test_every_cue_phrase_names_its_kind(language: str) -> None:
    """What comes after it, in a length of that kind, gets that kind's mask."""
    wrong = []
    for kind, phrase in cues(TABLES[language]):
        row = ROWS[kind]
        digits = "718293641507364"[: row.least]
        wanted = "[NUMBER]" if kind == PIN else f"[{kind}]"
        if digits and closed(f"{phrase} {digits}", kinds=ALL, language=language).split()[-1] != wanted:
            wrong.append((kind, phrase))
    assert wrong == []


@pytest.mark.parametrize("language", TABLES)
def test_every_cue_for_an_address_masks_its_name_at_once(language: str) -> None:
    asked = phrases(TABLES[language].cues[EMAIL])
    assert [phrase for phrase in asked if last_shown(f"{phrase} zdenka", language) != "[...]"] == []


@pytest.mark.parametrize("language", TABLES)
def test_every_connector_makes_an_address(language: str) -> None:
    lexicon = lexicon_for(language)
    for at in lexicon.at:
        for dot in lexicon.dot:
            said = f"zdenka {dot} pribyl {at} posteo {dot} net"
            assert closed(said, language=language) == "[EMAIL]", (at, dot)


@pytest.mark.parametrize("language", TABLES)
def test_every_keep_phrase_keeps_the_number_after_it(language: str) -> None:
    keeps = phrases(TABLES[language].keeps)
    assert len(keeps) > 30
    lost = [k for k in keeps if not closed(f"{k} {HARMLESS} .", language=language).endswith(f"{HARMLESS}.")]
    assert lost == []
    assert closed(HARMLESS, language=language) == "[PHONE]"


@pytest.mark.parametrize("language", TABLES)
def test_every_unit_and_month_keeps_what_stands_beside_it(language: str) -> None:
    lexicon = lexicon_for(language)
    for unit in lexicon.units:
        assert closed(f"375 {unit}", language=language) == f"375 {unit}"
    for month in lexicon.months:
        assert closed(f"12 {month} 2027", language=language) == f"12 {month} 2027"


@pytest.mark.parametrize("language", TABLES)
def test_fillers_and_interjections_bridge_a_number(language: str) -> None:
    """However many digits were said before and after: the number stays one, and is masked in all its pieces."""
    lexicon = lexicon_for(language)
    pauses = [*lexicon.fillers, *phrases(TABLES[language].interjections)]
    for pause in pauses:
        first, *_, last = closed(f"4539 5787 {pause} 6362 1486", language=language).split()
        assert first == last and first in ("[CC]", "[NUMBER]"), pause  # "un momento": the article may be a digit


@pytest.mark.parametrize("language", TABLES)
def test_no_word_of_a_table_stands_there_twice(language: str) -> None:
    table = TABLES[language]
    twice = []
    for one in fields(Table):
        value = getattr(table, one.name)
        if isinstance(value, str):
            items = phrases(value) if one.name in PHRASES else [pair.split(":")[0] for pair in value.split()]
            twice += [(one.name, word) for word, count in Counter(items).items() if count > 1]
    said = Counter(phrase for _, phrase in cues(table)) + Counter(phrases(table.keeps))
    twice += [("cues", phrase) for phrase, count in said.items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("language", TABLES)
def test_no_phrase_is_longer_than_the_look_back(language: str) -> None:
    table = TABLES[language]
    every = [*phrases(table.keeps), *phrases(table.interjections), *(phrase for _, phrase in cues(table))]
    assert [phrase for phrase in every if len(phrase.split()) > MAX_PHRASE_WORDS] == []


def test_a_phrase_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too many words"):
        Lexicon(Table(keeps=" ".join("word" for _ in range(MAX_PHRASE_WORDS + 1))))


@pytest.mark.parametrize("language", TABLES)
def test_half_of_a_number_word_is_nothing_that_ends_a_number(language: str) -> None:
    """ "sei nov" may become "sei nove": were "nov" a month, a digit would be shown meanwhile."""
    lexicon = lexicon_for(language)
    single = {word[:n] for word, digits in lexicon.digits.items() if len(digits) == 1 for n in range(2, len(word))}
    assert (lexicon.months | lexicon.units | lexicon.clock | lexicon.ordinals) & single == set()


@pytest.mark.parametrize("language", TABLES)
def test_a_tag_chooses_its_table(language: str) -> None:
    assert lexicon_for(language) is lexicon_for(f"{language}-XX") is lexicon_for(f"{language.upper()}_XX")
    assert lexicon_for(language).digits.keys() >= {p.split(":")[0] for p in TABLES[language].digits.split()}


@pytest.mark.parametrize("language", [one for one in TABLES if one not in UNION])
def test_a_language_that_is_off_by_default_changes_nothing_for_others(language: str) -> None:
    """Speech of unknown language knows the words of `UNION` only; those of the new table need its tag."""
    unknown = lexicon_for("xx-XX")
    new = [w for w, d in lexicon_for(language).digits.items() if len(d) == 1 and w not in unknown.digits]
    assert len(new) >= 5
    said = " ".join(word for word in new if word not in unknown.misheard)
    assert closed(said, language="xx-XX") == said
    assert closed(said, language=language) == "[NUMBER]"
