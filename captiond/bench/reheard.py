"""Streams heard otherwise: what recognisers do to numbers besides what `bench.disturbed` does.

Digits grouped anew from one partial to the next, glued by hyphens, parted by punctuation, in capitals or other scripts,
with marks of no width or another direction, behind a currency sign; the whole in capitals, or very slowly, a digit an
utterance. What is private stays known: whatever a way does to a number, it says the same digits in the same order, or
it is not done. All chance comes from the generator handed in.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from captiond.bench.disturbed import TENS, Heard, Turn, events, renumber, turns
from captiond.bench.phrases import LANGUAGES, Phrases
from captiond.bench.reading import read_digits
from captiond.bench.scoring import SHOWN_LIMIT
from captiond.bench.streams import PRIVATE, Span, Stream

Way = Callable[[Random, Phrases, str], str]
"""Says a number otherwise."""

MAX_WAYS: Final = 3  # in one stream; more of them hide each other
DATE_FIELD_DIGITS: Final = 2
_NUMERALS: Final = re.compile(r"\d(?:[\d .,\-]*\d)?")
_PRICE: Final = re.compile(r"[$€£](?:\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,]\d{2})(?![\d.,-])")
_AS_KEPT: Final = re.compile(r"(?<!\d)(?:\d\d?([./-])\d\d?\1\d\d|\d{5}-\d{4}|\d{1,3}(?:\.\d{1,3}){3})(?![./-]?\d)")
_GLUES: Final = (" ", " ", "-", ".", "", ", ", ",", " - ", ". ")
_HYPHENS: Final = ("-", "-", "\u2011", "\u2013", " - ", ".", "/")
_MARKS: Final = (",", ",", ".", ";", ":", "...", "\u2026", "?", "!")
_SCRIPTS: Final = (0xFF10, 0x0660, 0x06F0, 0x0966)  # full-width, Arabic, Persian, Devanagari zeros
_NO_WIDTH: Final = ("\u200b", "\u200c", "\u2060", "\u00ad", "\u200f", "\u200e", "\u202b", "\u202c", "\ufeff")
_SPACES: Final = ("\u00a0", "\u202f", "\u2009", "  ", "\t", "\n", " \u200f", "\u2003")
_CURRENCY: Final = ("$", "€", "£")


def reheard(rng: Random, stream: Stream) -> Stream:
    """The stream with some of the ways, each now and then; its truth stays true."""
    words = LANGUAGES[stream.language]
    said = list(turns(stream))
    if rng.random() < 0.3:
        said = [piece for turn in said for piece in _slowly(rng, turn, stream.language)]
    loud = rng.random() < 0.15
    ways = rng.sample(WAYS, rng.randint(1, MAX_WAYS))
    for turn in said:
        turn.partials = [_heard(rng, words, ways, heard, 0.5) for heard in turn.partials]
        turn.final = _heard(rng, words, ways, turn.final, 0.7)
        if len(turn.partials) > 1 and rng.random() < 0.2:  # it hesitates between two
            at = rng.randrange(1, len(turn.partials))
            turn.partials[at - 1 : at + 1] = turn.partials[at], turn.partials[at - 1]
        if loud:
            turn.partials = [_loud(heard) for heard in turn.partials]
            turn.final = _loud(turn.final)
    renumber(said)
    return Stream(f"{stream.name}-reheard", stream.corpus, stream.language, list(events(rng, stream, said)))


def _heard(rng: Random, words: Phrases, ways: Sequence[Way], heard: Heard, how_often: float) -> Heard:
    """One text with its numbers said otherwise; its spans move along.

    Not as what is something else, or a sigh, to anybody: "4-28-87", "oh, um, five".
    """
    text, spans = heard
    said, at, moved = "", 0, []
    for span in sorted(spans, key=lambda s: s.start):
        said += text[at : span.start]
        inside = text[span.start : span.end]
        for way in ways if span.mention.cls == PRIVATE and span.mention.kind != "EMAIL" else ():
            if rng.random() < how_often:
                other = way(rng, words, inside)
                same = _says(words, other) == _says(words, inside) and not _is_kept(words, other)
                same = same and not (span.part == 1 and _begins_with_sigh(words, other))
                inside = other if same and not _is_price_amid(words, said + other + text[span.end :]) else inside
        moved.append(Span(len(said), len(said) + len(inside), span.mention, span.part))
        said += inside
        at = span.end
    return said + text[at:], tuple(moved)


def _is_price_amid(words: Phrases, text: str) -> bool:
    """ "$241.55 five zero one": beside other digits of its utterance an amount with its cents is one to anybody."""
    price = _PRICE.search(text)
    return price is not None and bool(_says(words, text[: price.start()]) or _says(words, text[price.end() :]))


def _is_kept(words: Phrases, text: str) -> bool:
    """ "4-28-87", "23943-8706", "4.36.55.50": a date, a postcode, an address of a machine, with no digit beside it."""
    kept = _AS_KEPT.search(text)
    return kept is not None and _says(words, kept.group()) == _says(words, text)


def _says(words: Phrases, text: str) -> list[str]:
    language = next(tag for tag, phrases in LANGUAGES.items() if phrases is words)
    return [digit.value for digit in read_digits(text, language)]


def _regrouped(rng: Random, words: Phrases, text: str) -> str:
    """ "4111 11" as "41 11 11"."""

    def regroup(found: re.Match[str]) -> str:
        digits = [c for c in found.group() if c.isdigit()]
        if len(digits) < SHOWN_LIMIT:  # "6,02" is a price to anybody
            return found.group()
        glue = rng.choice(_GLUES)
        sizes = iter(rng.choices((1, 2, 3, 4, 5), k=len(digits)))
        out, left = "", 0
        for digit in digits:
            if left == 0:
                out += glue if out else ""
                left = next(sizes)
            out += digit
            left -= 1
        return out

    return _NUMERALS.sub(regroup, text)


def _hyphenated(rng: Random, words: Phrases, text: str) -> str:
    """ "forty one" as "forty-one", "four one one" as "four-one-one"; no pause is glued to a digit."""
    hyphen = rng.choice(_HYPHENS)
    said = text.split(" ")
    out = said[0]
    for before, word in itertools.pairwise(said):
        number = all(_is_glued(words, w) for w in (before, word)) and word != words.twice
        number = number and (bool(_says(words, before)) or word != words.digits[1])  # "R un": an article to anybody
        number = number and not (hyphen == "/" and _may_be_date(before, word))
        out += (hyphen if number and rng.random() < 0.6 else " ") + word
    return out


def _may_be_date(one: str, other: str) -> bool:
    """ "6/80": the day of an expiry to anybody."""
    return one.isdigit() and other.isdigit() and max(len(one), len(other)) <= DATE_FIELD_DIGITS


def _is_glued(words: Phrases, word: str) -> bool:
    """Whether it is a digit, what doubles one, or letters of a country."""
    if not word.isalnum():
        return False
    return bool(_says(words, word)) or word == words.twice or word in words.iban  # "G", "B", but not "I" of "I think"


def _punctuated(rng: Random, words: Phrases, text: str) -> str:
    """ "four one" as "four, one."."""
    return " ".join(w + rng.choice(_MARKS) if w[-1:].isalnum() and rng.random() < 0.3 else w for w in text.split(" "))


def _in_capitals(rng: Random, words: Phrases, text: str) -> str:
    """ "four one" as "Four ONE"."""
    return " ".join(rng.choice((w, w.capitalize(), w.upper())) for w in text.split(" "))


def _in_other_digits(rng: Random, words: Phrases, text: str) -> str:
    """ "41" as its digits in another script."""
    zero = rng.choice(_SCRIPTS)
    return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in text)


def _with_no_width(rng: Random, words: Phrases, text: str) -> str:
    """Characters that nobody sees, between digits and words and inside words."""
    return "".join(c + rng.choice(_NO_WIDTH) if rng.random() < 0.15 else c for c in text)


def _with_spaces(rng: Random, words: Phrases, text: str) -> str:
    """Other white space."""
    space = rng.choice(_SPACES)
    return "".join(space if c == " " and rng.random() < 0.7 else c for c in text)


def _multiplied(rng: Random, words: Phrases, text: str) -> str:
    """ "four four" as "double four", and the other way round."""
    said = text.split(" ")
    out: list[str] = []
    for word in said:
        if out and word in words.digits and out[-1] == word and rng.random() < 0.6:
            out[-1:] = [words.twice + word] if words.twice == "doppel" else [words.twice, word]
        elif len(out) > 1 and out[-1] == words.twice and word in words.digits and rng.random() < 0.5:
            out[-1:] = [word, word]
        else:
            out.append(word)
    return " ".join(out)


def _as_money(rng: Random, words: Phrases, text: str) -> str:
    """ "4111 1111" as "$4111 1111": a currency was heard before the number. "$586" alone is a price to anybody."""
    if sum(c.isdigit() for c in text) < SHOWN_LIMIT:
        return text
    return re.sub(r"(?<!\w)\d(?=\d{3})", rng.choice(_CURRENCY) + r"\g<0>", text, count=1)


def _with_fillers(rng: Random, words: Phrases, text: str) -> str:
    """A pause somewhere behind a digit, which the next partial has not; "um, oh" at the end is no digit to anybody."""
    said = text.split(" ")
    places = [i for i, word in enumerate(said, 1) if _says(words, word) and not _is_sigh(said[i:])]
    at = rng.choice(places) if places else 0
    return " ".join([*said[:at], *([rng.choice(words.pauses[:2])] if at else []), *said[at:]])


WAYS: Final[Sequence[Way]] = (
    _regrouped, _regrouped, _hyphenated, _punctuated, _in_capitals, _in_other_digits, _with_no_width, _with_spaces,
    _multiplied, _as_money, _with_fillers,
)  # fmt: skip


def _loud(heard: Heard) -> Heard:
    """A recogniser that knows no small letters; where a capital is two letters, as it was."""
    text, spans = heard
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text), spans


def _is_behind_digit(text: str, space: int, language: str) -> bool:
    """Whether a digit ends before a space."""
    before = text[:space].rpartition(" ")[2]
    # "forty" | "four" would show a zero that nobody said
    return before.casefold() not in TENS and bool(read_digits(before, language))


def _is_sigh(said: Sequence[str]) -> bool:
    """Whether nothing but "oh" is left of a number: with a pause before it, it is a sigh to anybody."""
    return [word.strip("".join(_MARKS)).casefold() for word in said] in (["oh"], ["o"])


def _begins_with_sigh(words: Phrases, text: str) -> bool:
    """Whether a number begins with "oh" and a pause."""
    first, *behind = text.split(" ")
    return _is_sigh([first]) and bool(behind) and behind[0].strip("".join(_MARKS)).casefold() in words.pauses


def _slowly(rng: Random, turn: Turn, language: str) -> Iterator[Turn]:
    """A number said once, cut between its words into as many utterances as come; each grows by words.

    A pause inside it stays with what follows: an utterance of other talk ends a number.
    """
    text, spans = turn.final
    ends = [s.end for s in spans]
    cuts = [
        i
        for s in spans
        if s.mention.kind != "EMAIL" and sum(o.mention is s.mention for o in spans) == 1
        for i in range(s.start + 1, s.end)
        if text[i] == " " and rng.random() < 0.5 and _is_behind_digit(text, i, language)
    ]
    if cuts and text[max(ends) :].strip() and _is_sigh(text[cuts[-1] + 1 : max(ends)].split(" ")):
        cuts.pop()  # "oh does that help"
    if not cuts or rng.random() < 0.3:
        yield turn
        return
    for start, stop in zip((0, *(i + 1 for i in cuts)), (*cuts, len(text)), strict=True):
        part = tuple(
            Span(max(s.start, start) - start, min(s.end, stop) - start, s.mention, s.part)
            for s in spans
            if s.start < stop and s.end > start
        )
        piece = text[start:stop]
        partials = [
            (piece[:end], tuple(Span(s.start, min(s.end, end), s.mention, s.part) for s in part if s.start < end))
            for end, char in enumerate(piece)
            if char == " "
        ]
        yield Turn(turn.session, turn.channel, partials, (piece, part))
