"""What is told without looking at everything is what looking at everything tells: the long way is written down here."""

from collections.abc import Iterator
from random import Random

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.phrases import LANGUAGES
from captiond.bench.soup import soup
from captiond.bench.speech import invented
from captiond.core.redact import ALL, Call, Redactor, compounds, decide, kinds, parts, rest, shapes
from captiond.core.redact.kept import _is_cut, _tokens, weigh
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.national import FORMATS, is_national_id
from captiond.core.redact.parts import Part
from captiond.core.redact.rest import Decision
from captiond.core.redact.runs import Run
from captiond.core.redact.shapes import (
    MAX_PERCENT_DIGITS,
    is_clock,
    is_counting,
    is_date,
    is_grouped_amount,
    is_harmless_token,
    is_money,
    is_version,
)
from captiond.core.redact.tokens import Token, read
from captiond.core.redact.window import Window

TYPED = "0123456789" * 3 + "0123.,.,:-/'hamprst$%€°" + "12"


def captions(seed: int, language: str) -> Iterator[str]:
    """What is shown of words in no order, and of a conversation, at the ends of their utterances."""
    redactor = Redactor(kinds=ALL, language=language, call=Call())
    said = [*soup(Random(seed), language).texts()]
    talk = invented(Random(seed), "talk", language, ("ACCOUNT", "DOB", "NATIONAL_ID"))
    said += [event.text for event in talk.events if event.final]
    for number, text in enumerate(said):
        for shown in redactor.caption(UtteranceId(str(number)), RawText(text), True, 1.0 * number):
            yield shown.text
    yield from (shown.text for shown in redactor.end())


def complete_at_length(window: Window, run: Run, cut: list[Part], decision: Decision, *, ended: bool) -> None:
    """As `rest.complete`, whether or not anything is left to be added."""
    if ended:
        rest._mask_rest(window, run, cut, decision)
    rest._mask_between(window, run, cut, decision)
    rest._mask_repeats(cut, decision)
    rest._mask_rest_of(window, cut, decision, cued=run.cued)
    if rest._mask_end(window, cut, decision, cued=run.cued):
        rest._mask_rest_of(window, cut, decision, cued=run.cued)
    rest._mask_leftovers(window, cut, decision)


def weigh_at_length(window: Window, cut: list[Part]) -> None:
    """What `kept.weigh` says of pieces, gathered anew for each of them."""
    for i, part in enumerate(cut):
        first, stop = i, i + 1
        while first > 0 and _goes_with(window, cut[first - 1], cut[first]):
            first -= 1
        while stop < len(cut) and _goes_with(window, cut[stop - 1], cut[stop]):
            stop += 1
        pieces = cut[first:stop]
        counted = is_counting([token for piece in pieces for token in _tokens(window, piece)])
        WEIGHED.append((part.start, counted, not counted and len(pieces) > 1 and _is_cut(window, pieces)))


def _goes_with(window: Window, one: Part, other: Part) -> bool:
    if other.barred or any(one.start < m.at < other.start for m in window.markers):
        return False
    return other.glued or other.tight


WEIGHED: list[tuple[int, bool, bool]] = []


def merged_at_length(window: Window, start: int, stop: int) -> list[Token]:
    """As `compounds.merged`, each word looked at as if a number of several words could begin with it."""
    tokens: list[Token] = []
    at = start
    while at < stop:
        token = window.token(at)
        end, digits = compounds._compound(window, start, at, stop)
        if end > at + 1:
            token = Token(window.token(end - 1).text, token.core, 3, digits, 0, 0, False, 0)
        tokens.append(token)
        at = max(end, at + 1)
    return tokens


@pytest.mark.source_only
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(100, 125))
def test_the_long_way_shows_the_same(monkeypatch: pytest.MonkeyPatch, language: str, seed: int) -> None:
    short = list(captions(seed, language))
    monkeypatch.setattr(decide, "complete", complete_at_length)
    monkeypatch.setattr(parts, "merged", merged_at_length)
    assert list(captions(seed, language)) == short


def test_a_number_word_may_be_cut_at_each_of_its_hyphens() -> None:
    """ "quatre-vingt-onze", "quatre-vingt onze", "quatre vingt-onze": the same number."""
    lexicon = lexicon_for("fr-FR")
    words = [(word, said) for word, said in lexicon.digits.items() if "-" in word]
    assert len(words) > 50
    for word, said in words:
        for at in range(len(word)):
            if word[at] == "-":
                pieces = [word[:at], *word[at + 1 :].split("-")]
                if len(pieces) > compounds.MAX_COMPOUND_WORDS:
                    continue
                window = Window(lexicon, ALL)
                for piece in pieces:
                    window.append(read(piece, lexicon))
                assert compounds.merged(window, 0, window.end())[0].digits == said, (word, at)


@pytest.mark.source_only
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(100, 125))
def test_pieces_are_weighed_as_each_of_them(monkeypatch: pytest.MonkeyPatch, language: str, seed: int) -> None:
    def both(window: Window, cut: list[Part]) -> None:
        weigh(window, cut)
        marks = [(p.counted, p.cut) for p in cut]
        WEIGHED.clear()
        weigh_at_length(window, cut)
        linked = [p.counted and not said[1] for p, said in zip(cut, WEIGHED, strict=True)]  # "between 5 and 7"
        assert [m for m, free in zip(marks, linked, strict=True) if not free] == [
            said[1:] for said, free in zip(WEIGHED, linked, strict=True) if not free
        ]

    monkeypatch.setattr(decide, "weigh", both)
    assert list(captions(seed, language))


def is_harmless_at_length(token: Token) -> bool:
    """As `shapes.is_harmless_token`, whatever marks a word has."""
    text, core = token.text, token.core
    if core == text == token.digits:
        return False
    if any(c in "$€£¥₹" for c in text[: token.first] + text[token.last :]):
        return is_money(token)
    if any(c in "%°" for c in text[token.last :]):
        return len(token.digits) <= MAX_PERCENT_DIGITS
    if token.mixed:
        return shapes._is_ordinal(core) or is_clock(core)
    if core == token.digits:
        return False
    return is_clock(core) or is_date(core) or is_version(core) or is_grouped_amount(core) or shapes._is_zip(core)


def is_clock_at_length(core: str) -> bool:
    """As `shapes.is_clock`."""
    for ending in ("a.m", "p.m", "am", "pm", "uhr"):
        if core.endswith(ending):
            core = core.removesuffix(ending)
            if core.isdigit() and len(core) <= 4:
                return True
            break
    for mark in ":h":
        hours, found, minutes = core.partition(mark)
        if found and hours.isdigit() and len(hours) <= 2 and int(hours) < 25:
            return minutes == "" or (minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60)
    return False


@pytest.mark.parametrize("seed", range(200))
def test_a_typed_word_is_harmless_by_the_shapes_its_marks_allow(seed: int) -> None:
    chance = Random(seed)
    lexicon = lexicon_for("en-US")
    said = 0
    for _ in range(200):
        word = "".join(chance.choice(TYPED) for _ in range(chance.randint(2, 12)))
        token = read(word, lexicon)
        assert is_clock(token.core) == is_clock_at_length(token.core), word
        if token.digits:
            said += is_harmless_token(token)
            assert is_harmless_token(token) == is_harmless_at_length(token), word
    assert said > 5


def is_issued_at_length(digits: str) -> bool:
    """As `kinds.is_issued`, by what the digits look like."""
    size, two, four = len(digits), digits[:2], digits[:4]
    if digits[:1] == "4":
        return size in (13, 16, 19)
    if "51" <= two <= "55" or "2221" <= four <= "2720":
        return size == 16
    if two in ("34", "37"):
        return size == 15
    if two in ("36", "38", "39") or "300" <= digits[:3] <= "305":
        return 14 <= size <= 19
    if four == "6011" or two in ("62", "64", "65", "35"):
        return 16 <= size <= 19
    return two in ("50", "56", "57", "58", "60", "63", "67", "81") and 13 <= size <= 19


def test_numbers_that_networks_hand_out_are_known_by_their_first_digits() -> None:
    for four in range(10_000):
        for size in (4, 12, 13, 14, 15, 16, 18, 19, 20):
            digits = f"{four:04}".ljust(size, "1")
            assert kinds.is_issued(digits) == is_issued_at_length(digits), digits


def test_what_a_check_says_yes_to_has_a_length_that_it_is_asked_for() -> None:
    least = {kinds.CC: 13, kinds.IBAN: min(kinds.IBAN_CHARS.values()), kinds.NATIONAL_ID: 9}
    most = {kinds.CC: 19, kinds.IBAN: 34, kinds.NATIONAL_ID: max(len(row.shape) for row in FORMATS)}
    for row in kinds.KINDS:
        if row.check is not None:
            assert row.chars[0] <= least[row.name]
            assert row.chars[1] >= most[row.name]
    assert kinds.checked("12345678Z", ALL) == kinds.NATIONAL_ID
    assert is_national_id("12345678Z")
    assert kinds.checked("DE89370400440532013000", ALL) == kinds.IBAN
    assert kinds.checked("NO9386011117947", ALL) == kinds.IBAN
    assert kinds.checked("4111111111111111", ALL) == kinds.CC
