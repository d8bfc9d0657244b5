"""What words mean, language by language: tables are data (`lexicons/`), this makes them fast to ask.

A table is written for reading: strings of space-separated words, `word:digits` where a word stands for digits, and
phrases separated by `;`. Keys are case-folded. Source: contract, section 6.
"""

from collections.abc import Container, Iterable, Iterator
from typing import Final

from captiond.core.redact import triggers
from captiond.core.redact.classes import (
    ENDS_CUE,
    FILLER,
    IS_AT,
    IS_BEGINNING,
    IS_BESIDE_DAY,
    IS_COMMON,
    IS_COUNTRY,
    IS_DOT,
    IS_JOIN,
    IS_LETTERS,
    IS_MONTH,
    IS_PARTICLE,
    IS_PROSE,
    IS_STEM,
    LETTER,
    MARK,
    MULTIPLE,
    SCALE,
    SILENT,
    SPOKEN,
    TENS,
    WEAK,
    WORD,
    Entry,
    Token,
)
from captiond.core.redact.kinds import IBAN_CHARS
from captiond.core.redact.table import Table

Cue = tuple[tuple[str, ...], str]  # a phrase from its last word backwards, and its kind
KEEP: Final = "KEEP"  # the kind of a phrase that makes the number after it harmless
ENDING: Final = "ENDING"  # of one that asks for the last digits only
MAX_PHRASE_WORDS: Final = 5
MAX_ELIDED_LETTERS: Final = 2  # before an apostrophe: "l'iban", "qu'il"
MAX_TOKENS: Final = 16_384  # spellings of words that are kept, some 200 bytes each: German has 4,000 words
_PERCENT: Final = ("ciento", "cien", "cent", "cento")  # behind "por" and the like, in every language


class Lexicon:
    """Words of one language, or of all of them, ready to be asked.

    Attributes:
        digits: word > its one or more digits, of words that are always a number ("four" > "4", "oh" > "0").
        tens: word > "20" to "90": the next unit belongs to it.
        scales: "hundred", "thousand": how many zeros they add; they only count beside a number.
        multiples: "double" > 2: repeats the next digit.
        misheard: word > the digit it is often misheard for; counts only beside a digit. `articles` ("un", "ein") too.
        copulas: words after which an article may be the digit one ("es un ...").
        fillers: never close a run, never count as a word between.
        hyphenated: how number words with hyphens begin ("quatre", "quatre-vingt"): a recogniser may put spaces there.
        fused: tens that a unit joins with no word between ("forty seven", not "cuarenta siete").
        at, dot, joins: connectors of a spelled e-mail address ("at", "dot", "underscore").
        particles: of names ("de la", "von"); `asides`: of how an address is written; `spellers`: in "m comme marie".
        introduces: words that an address follows ("is").
        silent: words for separators inside numbers ("dash", "comma", "slash").
        cues: last word of a phrase > list of (phrase from its last word backwards, kind), the longest first.
        cue_ends: the same by the last word and the one before it; "" for that where no phrase has it.
        postcodes: those of `cues` that name a postcode: they keep no number that is longer than one. Others (`endings`)
            ask for its last digits: behind those few it does not go on.
        pauses: words of interjections and acknowledgements: what a pause inside a number may consist of.
        waits: those interjections that ask for time: an utterance of nothing else goes on with what the last one said.
        months, clock, units: words beside a number that make it a date, a time, an amount.
        years: word > the year it says, where a language writes years as one word; digits in a date of birth only.
        of: words between the day, the month and the year of a date of birth ("of", "de").
        beside_days: months, ordinals and `of`: what stands beside the day of a month.
        before_years: words that a year follows ("since").
        before_amounts: words that say how exact the amount behind them is ("about").
        before_times: words that a time follows, as words or numerals ("after"); `before_any_time`: and those that many
            other things follow too ("at").
        no_domains: words that are no domain after "at" ("at the").
        common: words that are no part of an e-mail address; `prose`: those of them that are no hesitation.
        ranges: words between two numbers ("4 to 6", "120 over 80"), some of which are misheard digits as well.
        streets, street_endings: what a house's number follows ("calle", "...straße"); `streets_behind`: what follows it
            ("4521 Maple Drive").
        pronouns, determiners: number words that are none after certain words ("the new one").
        between: words before two numbers that a linker ties ("between 5 and 7").
        remainders: words that say that a number goes on ("the rest is", "the last four are").
        times: words between a number and the digit that is said so often ("deux fois le cinq").
        linkers: words between the parts of one number word ("treinta y dos", "vingt et un"); `inverted`: those that
            stand behind the unit and before the tens ("drei und zwanzig").
        telephones: how many digits a telephone number has, with the zero before it, where that is not always ten;
            `mobiles`: how those begin that never have so few.
        beginnings: what a number word or a connector looks like before it is heard to its end ("fo", "do").
        halves, half_digits: the same of words that count for none, and of words that are misheard digits.
        tokens: its words as they are written: at first those that are so in small letters, later with capitals, too.
        entries: word > all that is known of it; one look-up instead of one for each of the sets.
        gate: see `core.redact.gate`.
    """

    __slots__ = (
        "acknowledgements", "articles", "asides", "at", "before_amounts", "before_any_time", "before_cues",
        "before_times", "before_years", "beginnings", "beside_days", "between", "clock", "common", "copulas",
        "cue_ends", "cues", "determiners", "digits", "dot", "entries", "fillers", "fused", "gate", "half_digits",
        "halves", "hyphenated", "interjections", "introduces", "inverted", "joins", "linkers", "misheard", "mobiles",
        "months", "multiples", "no_domains", "of", "ordinals", "particles", "pauses", "plus", "postcodes", "pronouns",
        "prose", "ranges", "remainders", "scales", "silent", "spellers", "street_endings", "streets", "streets_behind",
        "telephones", "tens", "times", "tokens", "units", "waits", "years",
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
        self.hyphenated: frozenset[str] = frozenset(
            word[:at] for word in (*self.digits, *self.tens) for at in range(len(word)) if word[at] == "-"
        )
        self.articles: frozenset[str] = frozenset(_pairs(table.articles))
        self.copulas: frozenset[str] = _words(table.copulas)
        self.fused: frozenset[str] = _words(table.fused)
        self.fillers: frozenset[str] = _words(table.fillers)
        self.interjections: dict[str, list[tuple[str, ...]]] = _phrases(table.interjections)
        self.waits: dict[str, list[tuple[str, ...]]] = _phrases(table.waits)
        self.acknowledgements: frozenset[str] = _words(table.acknowledgements)
        said = [words for phrases in self.interjections.values() for words in phrases]
        self.pauses: frozenset[str] = self.acknowledgements | {word for words in said for word in words}
        self.at: frozenset[str] = _words(table.at)
        self.dot: frozenset[str] = _words(table.dot)
        self.joins: frozenset[str] = _words(table.joins)
        self.introduces: frozenset[str] = _words(table.introduces)
        self.particles: frozenset[str] = _words(table.particles)
        self.asides: frozenset[str] = _words(table.asides)
        self.spellers: frozenset[str] = _words(table.spellers)
        self.silent: frozenset[str] = _words(table.silent)
        self.plus: frozenset[str] = _words(table.plus)
        self.months: frozenset[str] = _words(table.months).difference(self.digits)  # "sept" is seven in French
        self.clock: frozenset[str] = _words(table.clock_words)
        self.units: frozenset[str] = _words(table.units)
        self.years: dict[str, str] = {word.casefold(): digits for word, digits in table.years.items()}
        self.ordinals: frozenset[str] = _words(table.ordinals)
        self.of: frozenset[str] = _words(table.of)
        self.beside_days: frozenset[str] = self.months | self.ordinals | self.of
        self.before_years: frozenset[str] = _words(table.before_years)
        self.before_amounts: frozenset[str] = _words(table.before_amounts)
        self.before_times: frozenset[str] = _words(table.before_times)
        self.before_any_time: frozenset[str] = self.before_times | _words(table.at_times)
        self.no_domains: frozenset[str] = _words(table.no_domains)
        self.between: frozenset[str] = _words(table.between)
        self.remainders: frozenset[str] = _words(table.remainders)
        self.times: frozenset[str] = _words(table.times)
        self.linkers: frozenset[str] = _words(table.linkers)
        self.inverted: frozenset[str] = _words(table.inverted)
        self.mobiles: frozenset[str] = _words(table.mobiles)
        self.telephones: frozenset[int] = frozenset(int(size) for size in table.telephones.split())
        self.pronouns: frozenset[str] = _words(table.pronouns)
        self.determiners: frozenset[str] = _words(table.determiners) | self.ordinals  # "the second one"
        self.ranges: frozenset[str] = _words(table.ranges)
        self.streets: frozenset[str] = _words(table.streets)
        self.streets_behind: frozenset[str] = _words(table.streets_behind)
        self.street_endings: tuple[str, ...] = tuple(sorted(_words(table.street_endings)))
        cues: dict[str, list[Cue]] = {}
        for kind, phrases in {**table.cues, KEEP: f"{table.keeps};{table.postcodes}", ENDING: table.endings}.items():
            for last, backwards in _phrases(phrases).items():
                cues.setdefault(last, []).extend((words, kind) for words in backwards)
        for found in cues.values():
            found.sort(key=lambda one: -len(one[0]))  # the longest phrase names the kind
        self.cues: dict[str, list[Cue]] = cues
        self.cue_ends: dict[str, dict[str, list[Cue]]] = {last: _by_word_before(found) for last, found in cues.items()}
        codes = _phrases(table.postcodes).values()
        self.postcodes: frozenset[tuple[str, ...]] = frozenset(words for phrases in codes for words in phrases)
        cue_words = {word for found in cues.values() for words, _ in found for word in words}
        known = self.fillers | self.acknowledgements | self.months | self.units | self.clock | self.ordinals
        known |= self.particles | self.asides | self.spellers
        self.prose: frozenset[str] = _words(table.common)
        numbers = self.digits.keys() | self.tens.keys() | self.scales.keys() | self.multiples.keys()
        grown = numbers | self.at | self.dot | self.joins
        self.beginnings: frozenset[str] = _halves(grown)
        self.halves: frozenset[str] = _halves(self.fillers | self.silent | self.plus | self.pauses) | {""}
        self.half_digits: frozenset[str] = _halves(self.misheard)
        self.common: frozenset[str] = _words(table.common) | known | cue_words | frozenset(self.misheard)
        self.before_cues: frozenset[str] = frozenset(
            words[1] for found in cues.values() for words, _ in found if len(words) > 1
        )
        self.entries: dict[str, Entry] = {}
        self.tokens: dict[str, Token] = {}
        self.gate = b""
        self.entries = self._enter()
        self.tokens = {
            w: Token(w, w, e.cls, e.digits, 0, len(w), False, e.flags)
            for w, e in self.entries.items()
            if _is_plain(w, cues)
        }
        self.gate = triggers.table(self._gated())

    def _enter(self) -> dict[str, Entry]:
        """Every word of the lexicon, with all that is known of it."""
        words = {*self.digits, *self.tens, *self.scales, *self.multiples, *self.misheard, *self.cues, *self.linkers}
        for some in (self.fillers, self.silent, self.plus, self.at, self.dot, self.joins, self.months, self.common):
            words |= some
        words |= (
            self.before_cues
            | self.beginnings
            | self.units
            | self.clock
            | self.beside_days
            | {"of", *_PERCENT}
            | {chars.casefold() for chars in IBAN_CHARS}
        )
        entries = {word: self._entry(word) for word in words}
        for month in self.months:
            if any(len(word) > len(month) and word.startswith(month) for word in words):
                entries[month].flags |= IS_STEM
        return entries

    def _gated(self) -> Iterator[tuple[str, int]]:
        """What each word may do that no gate may let through."""
        for word in (*self.digits, *self.tens):
            yield word, triggers.NUMBER
        for word, said in self.misheard.items():
            yield word, triggers.DIGIT_LIKE | (triggers.ZERO if said == "0" or word in self.articles else 0)
        for word in (*self.multiples, *self.scales):
            # Part of a name in an address, too, which would then reach back farther than the words read again.
            yield word, triggers.DIGIT_LIKE | triggers.CONNECTOR
        for some in (self.units, self.clock, self.months, self.of, frozenset(["of", *_PERCENT])):
            for word in some:  # they may show that the digits before them are harmless
                yield word, triggers.DIGIT_LIKE
        for some in (self.at, self.dot, self.joins, self.silent, self.plus):
            for word in some:
                yield word, triggers.CONNECTOR
        for word in (*self.linkers, *self.spellers):
            yield word, triggers.LINKER
        for found in self.cues.values():
            for words, _ in found:
                yield words[0], triggers.CUE if len(words) == 1 else triggers.CUE_END
                if len(words) > 1:
                    yield words[1], triggers.CUE_BEFORE

    def _entry(self, word: str) -> Entry:
        cls, said = self._class(word)
        flags = 0
        for bit, known in (
            (ENDS_CUE, word in self.cues),
            (IS_COMMON, word in self.common),
            (IS_PROSE, word in self.prose),
            (IS_AT, word in self.at),
            (IS_DOT, word in self.dot),
            (IS_JOIN, word in self.joins),
            (IS_MONTH, word in self.months),
            (IS_BESIDE_DAY, word in self.beside_days),
            (IS_PARTICLE, word in self.particles),
            (IS_COUNTRY, word.upper() in IBAN_CHARS),
            (IS_BEGINNING, word in self.beginnings),
            (IS_LETTERS, word.isalpha()),
        ):
            if known:
                flags |= bit
        return Entry(cls, said, flags)

    def _class(self, word: str) -> tuple[int, str]:
        """The first that fits: a word that is always a digit, or tens, or often misheard for one, ..."""
        if word in self.digits:
            return SPOKEN, self.digits[word]
        if word in self.tens:
            return TENS, self.tens[word]
        if word in self.misheard:
            return WEAK, self.misheard[word]
        if word in self.multiples:
            return MULTIPLE, ""
        if word in self.scales:
            return SCALE, "0" * self.scales[word]
        if word in self.fillers:
            return FILLER, ""
        if word in self.silent or word in self.plus:
            return SILENT, ""
        if len(word) == 1:
            return (LETTER if word.isalpha() else MARK), ""
        return WORD, ""

    def cues_of(self, last: str, before: str) -> list[Cue]:
        """The phrases, the longest first, that may end with a word, given the one before it; "" for one unknown."""
        ends = self.cue_ends[last]
        found = ends.get(before)
        return ends[""] if found is None else found

    def remember(self, token: Token) -> None:
        """One of its words, as it was written this time, with a capital or a comma: it will be so again."""
        if len(self.tokens) < MAX_TOKENS:
            self.tokens[token.text] = token

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


def _by_word_before(cues: list[Cue]) -> dict[str, list[Cue]]:
    """Phrases with the same last word, by the word before it: with those that have none."""
    before = {words[1] for words, _ in cues if len(words) > 1} | {""}
    return {word: [one for one in cues if len(one[0]) == 1 or one[0][1] == word] for word in before}


def _is_plain(word: str, cues: Container[str]) -> bool:
    """Whether `tokens.read` finds that word itself, and nothing in it."""
    head, mark, rest = word.partition("'")
    if mark and (not head or (len(head) <= MAX_ELIDED_LETTERS and rest in cues)):
        return False  # "l'iban" is read as "iban"
    return all("a" <= c <= "z" or ("à" <= c <= "ÿ" and c.isalpha()) for c in head + rest) and word[-1:] != "'"


def _halves(words: Iterable[str]) -> frozenset[str]:
    """What they look like before they are heard to their end."""
    return frozenset(word[:size] for word in words for size in range(1, len(word)))


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
