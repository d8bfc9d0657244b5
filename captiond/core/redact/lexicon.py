"""What words mean, language by language: tables are data (`lexicons/`), this makes them fast to ask.

A table is written for reading: strings of space-separated words, `word:digits` where a word stands for digits, and
phrases separated by `;`. Keys are case-folded. Source: contract, section 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Final

KEEP: Final = "KEEP"  # the kind of a phrase that makes the number after it harmless
MAX_PHRASE_WORDS: Final = 5


@dataclass(frozen=True)
class Table:
    """One language as data. Each field is explained where `Lexicon` uses it."""

    digits: str = ""
    teens: str = ""
    tens: str = ""
    compounds: dict[str, str] = field(default_factory=dict)
    scales: str = ""
    multiples: str = ""
    articles: str = ""
    copulas: str = ""
    vigesimals: str = ""
    misheard: str = ""
    fillers: str = ""
    interjections: str = ""
    acknowledgements: str = ""
    at: str = ""
    dot: str = ""
    joins: str = ""
    join_phrases: str = ""
    silent: str = ""
    plus: str = ""
    cues: dict[str, str] = field(default_factory=dict)
    keeps: str = ""
    months: str = ""
    clock_words: str = ""
    units: str = ""
    years: dict[str, str] = field(default_factory=dict)
    ordinals: str = ""
    of: str = ""
    common: str = ""
    linkers: str = ""
    ranges: str = ""
    pronouns: str = ""
    determiners: str = ""


class Lexicon:
    """Words of one language, or of all of them, ready to be asked.

    Attributes:
        digits: word > its one or more digits, of words that are always a number ("four" > "4", "oh" > "0").
        tens: word > "20" to "90": the next unit belongs to it.
        scales: "hundred", "thousand": how many zeros they add; they only count beside a number.
        multiples: "double" > 2: repeats the next digit.
        misheard: word > the digit it is often misheard for; counts only beside a digit. `articles` ("un", "ein") too.
        copulas: words after which an article may be the digit one ("es un ...").
        vigesimals: tens that a number from 10 to 19 is added to ("soixante et onze").
        fillers: never close a run, never count as a word between.
        at, dot, joins: connectors of a spelled e-mail address ("at", "dot", "underscore").
        silent: words for separators inside numbers ("dash", "comma", "slash").
        cues: last word of a phrase > list of (phrase from its last word backwards, kind).
        pauses: words of interjections and acknowledgements: what a pause inside a number may consist of.
        months, clock, units: words beside a number that make it a date, a time, an amount.
        years: word > the year it says, where a language writes years as one word; digits in a date of birth only.
        of: words between the day, the month and the year of a date of birth ("of", "de").
        common: words that are no part of an e-mail address; `prose`: those of them that are no hesitation.
        ranges: words that are misheard digits, and stand between two numbers as well ("4 to 6").
        pronouns, determiners: number words that are none after certain words ("the new one").
        linkers: words between the parts of one number word ("treinta y dos", "vingt et un").
        beginnings: what a number word or a connector looks like before it is heard to its end ("fo", "do").
    """

    __slots__ = (
        "acknowledgements", "articles", "at", "beginnings", "clock", "common", "copulas", "cues", "determiners",
        "digits", "dot", "fillers", "interjections", "joins", "linkers", "misheard", "months", "multiples",
        "of", "ordinals", "pauses", "plus", "pronouns", "prose", "ranges", "scales", "silent", "tens", "units",
        "vigesimals", "years",
    )  # fmt: skip

    def __init__(self, table: Table) -> None:
        self.digits: dict[str, str] = {
            **{word.casefold(): digits for word, digits in table.compounds.items()},
            **_pairs(table.teens),
            **_pairs(table.digits),
        }
        self.tens: dict[str, str] = _pairs(table.tens)
        self.scales: dict[str, int] = {k: int(v) for k, v in _pairs(table.scales).items()}
        self.multiples: dict[str, int] = {k: int(v) for k, v in _pairs(table.multiples).items()}
        self.misheard: dict[str, str] = {**_pairs(table.misheard), **_pairs(table.articles)}
        self.articles: frozenset[str] = frozenset(_pairs(table.articles))
        self.copulas: frozenset[str] = _words(table.copulas)
        self.vigesimals: frozenset[str] = _words(table.vigesimals)
        self.fillers: frozenset[str] = _words(table.fillers)
        self.interjections: dict[str, list[tuple[str, ...]]] = _phrases(table.interjections)
        self.acknowledgements: frozenset[str] = _words(table.acknowledgements)
        said = [words for phrases in self.interjections.values() for words in phrases]
        self.pauses: frozenset[str] = self.acknowledgements | {word for words in said for word in words}
        self.at: frozenset[str] = _words(table.at)
        self.dot: frozenset[str] = _words(table.dot)
        self.joins: frozenset[str] = _words(table.joins)
        self.silent: frozenset[str] = _words(table.silent)
        self.plus: frozenset[str] = _words(table.plus)
        self.months: frozenset[str] = _words(table.months) - self.digits.keys()  # "sept" is seven in French
        self.clock: frozenset[str] = _words(table.clock_words)
        self.units: frozenset[str] = _words(table.units)
        self.years: dict[str, str] = {word.casefold(): digits for word, digits in table.years.items()}
        self.ordinals: frozenset[str] = _words(table.ordinals)
        self.of: frozenset[str] = _words(table.of)
        self.linkers: frozenset[str] = _words(table.linkers)
        self.pronouns: frozenset[str] = _words(table.pronouns)
        self.determiners: frozenset[str] = _words(table.determiners)
        self.ranges: frozenset[str] = _words(table.ranges)
        cues: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for kind, phrases in {**table.cues, KEEP: table.keeps}.items():
            for last, backwards in _phrases(phrases).items():
                cues.setdefault(last, []).extend((words, kind) for words in backwards)
        for found in cues.values():
            found.sort(key=lambda one: -len(one[0]))  # the longest phrase names the kind
        self.cues: dict[str, list[tuple[tuple[str, ...], str]]] = cues
        cue_words = {word for found in cues.values() for words, _ in found for word in words}
        known = self.fillers | self.acknowledgements | self.months | self.units | self.clock | self.ordinals
        self.prose: frozenset[str] = _words(table.common)
        grown = self.digits.keys() | self.tens.keys() | self.multiples.keys() | self.at | self.dot | self.joins
        self.beginnings: frozenset[str] = frozenset(w[:n] for w in grown for n in range(1, len(w)))
        self.common: frozenset[str] = _words(table.common) | known | cue_words | frozenset(self.misheard)

    def is_number(self, word: str) -> bool:
        """Whether a word is a number word, however it is written: what normalising must never drop."""
        core = word.strip(".,!?;:").casefold()
        return (
            core in self.digits
            or core in self.tens
            or core in self.multiples
            or core in self.misheard
            or core in self.scales
            or len(core) == 1
            or any(part in self.digits or part in self.tens for part in core.split("-"))
        )


def union(tables: Iterable[Table]) -> Table:
    """All tables in one, for speech of unknown language. Where a word means two numbers, the first table wins."""
    merged: dict[str, str | dict[str, str]] = {}
    for table in tables:
        for one in fields(Table):
            value = getattr(table, one.name)
            separator = ";" if one.name in ("interjections", "keeps", "join_phrases") else " "
            before = merged.get(one.name)
            if isinstance(value, str):
                merged[one.name] = f"{before}{separator}{value}" if isinstance(before, str) else value
            else:
                joined = dict(before) if isinstance(before, dict) else {}
                for key, words in value.items():
                    if one.name == "cues" and key in joined:
                        joined[key] = f"{joined[key]};{words}"
                    else:
                        joined.setdefault(key, words)
                merged[one.name] = joined
    return Table(**merged)  # type: ignore[arg-type]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in text.split())


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in text.split():
        word, digits = item.split(":")
        pairs.setdefault(word.casefold(), digits)
    return pairs


def _phrases(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their last word, each as words from the last one backwards."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in text.split(";"):
        words = tuple(reversed(phrase.casefold().split()))
        if words:
            if len(words) > MAX_PHRASE_WORDS:
                raise ValueError("a phrase has too many words for the look-back")
            found.setdefault(words[0], []).append(words)
    return found
