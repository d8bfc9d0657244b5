"""Random texts of nasty words, and what must hold for each of them although nobody knows what is private in it.

Here the redactor is its own witness: whatever its last caption hides, none of its earlier captions may have shown (but
for three digits); partials leave no trace; nothing fails inside. All chance comes from the generator handed in.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from captiond.base.ids import UtteranceId
from captiond.bench.phrases import LANGUAGES
from captiond.bench.reading import MASK, Digit, read_digits, seen
from captiond.bench.scoring import SHOWN_LIMIT
from captiond.bench.speaker import Speaker
from captiond.core.normalise import normalise

# What recognisers and testers send, in no language: digits of several scripts, joiners, connectors, half words, masks.
_SCRAPS: Final = (
    "४", "٣", "²", "½", "４", "é", "\u0301", "\u200b", "\u2011", "\ufeff", "ß", "İ", "@", ".", ",", "-", "+", "(", ")",
    "\n", "$", "€", "%", "#", ":", "/", "[", "]", "...", "[CC]", "[...]", "[NUMBER]", "'", "’s", "a@b.co", "\U0001f600",
    "日本", "\ud800", "\x00", "A" * 40, "GB", "DE89", "D", "E", "a", "i", "+44", "#12", "1Z3G", "21st", "5%", "$49.99",
    "10:30", "2027", "1999", "911", "078-05-", "(415)", "555-", "-0132", "x@a.", "no", "http://a.b/1", "v1.2",
)  # fmt: skip
_SEPARATORS: Final = (" ", " ", " ", " ", " ", "", ", ", ". ", " - ", "\n", "  ")
_WORDS_OF: Final[dict[str, str]] = {
    "en": "for to too won ate oh double triple forty eleven hundred thousand dollars percent order ticket version card"
    " social cvv pin phone e-mail at dot com underscore plus dash and um the it is thanks may",
    "es": "un una doble triple cuarenta once cien mil euros ciento pedido factura tarjeta clave pin teléfono correo"
    " arroba punto es guion más y eh el gracias mayo",
    "fr": "un une double triple quarante onze cent mille euros pourcent commande facture carte code cvv téléphone mail"
    " arobase point fr tiret plus et euh le merci mai soixante quatre-vingt",
    "de": "ein eine doppel dreifach vierzig elf hundert tausend Euro Prozent Bestellung Rechnung Karte Prüfnummer PIN"
    " Telefon E-Mail at punkt de Strich plus und äh die danke Mai einundzwanzig",
    "it": "un una doppio triplo quaranta undici cento mille euro ordine fattura carta codice cvv telefono mail"
    " chiocciola punto it trattino più e ehm il grazie maggio ventuno",
}
# Heard alone they are articles and interjections, or a hundred of something: nobody reads a digit.
_NO_DIGIT_ALONE: Final = frozenset({"o", "oh", "un", "una", "une", "uno", "ein", "eins", "one", "cento"})
_MASK_ALONE: Final = re.compile(rf"(?<!\w){MASK.pattern}(?!\w)")
_TAIL: Final = re.compile(r"[^\W\d_]+$")  # letters that a word ends with
MAX_WORDS: Final = 24
ADDRESS: Final = "[EMAIL]"
COUNTRY_LETTERS: Final = 2


@dataclass(frozen=True, slots=True)
class Soup:
    """Some utterances of one channel: each a list of pieces, white space among them, that are glued as they stand."""

    language: str
    utterances: tuple[tuple[str, ...], ...]
    silent: tuple[bool, ...]  # after each utterance: do 3 s pass

    def texts(self) -> list[str]:
        """What is said, utterance by utterance."""
        return ["".join(pieces) for pieces in self.utterances]


def soup(rng: Random, language: str) -> Soup:
    """One to three utterances of up to MAX_WORDS words, most of them digits."""
    words = LANGUAGES[language]
    numerals = ["".join(rng.choices("0123456789", k=rng.choice((1, 2, 3, 4, 4, 5, 9, 10, 16)))) for _ in range(8)]
    special = _WORDS_OF[language[:2]].split()
    pauses = [word for pause in words.pauses for word in pause.split()]
    sources: list[Sequence[str]] = [words.digits, words.digits, numerals, numerals, special, special, pauses, _SCRAPS]
    utterances = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        pieces: list[str] = []
        for _ in range(rng.randint(1, MAX_WORDS)):
            word, between = rng.choice(rng.choice(sources)), rng.choice(_SEPARATORS)
            if pieces and not pieces[-1] and _is_whole(pieces[-2], word):
                pieces[-1] = " "
            pieces += (word, between)
        utterances.append(tuple(pieces[:-1]))
    return Soup(language, tuple(utterances), tuple(rng.random() < 0.15 for _ in utterances))


def _is_whole(word: str, beside: str) -> bool:
    """Nobody glues two words of letters, nor one and a numeral: half of "thirty" or "euros5" would be another word.

    Nor "21st" and a numeral, nor a word and an amount, nor an accent to a word ("euros\u0301"), which makes another one
    of it. The letters of a country may stand beside numerals ("DE89"), and so may a joiner ("seven-0132").
    """
    if unicodedata.combining(beside[:1] or " "):
        return word[-1:].isalpha()
    beside = beside.lstrip("$€")
    if not (word[-1:].isalnum() and beside[:1].isalnum()):
        return False
    tail = _TAIL.search(word)
    letters = [side for side in (tail.group() if tail else "", beside if beside.isalpha() else "") if side]
    return len(letters) == 2 or any(not side.isupper() or len(side) > COUNTRY_LETTERS for side in letters)


def never_fails(said: Soup) -> str:
    """Nothing is judged by accident: a fault inside would be masked, so it is counted. "" where all is well."""
    speaker = _say(said, grow=True)
    speaker.redactor.lose()
    speaker.say(*said.texts())
    speaker.stop()
    if speaker.redactor.faults:
        return f"{speaker.redactor.faults} faults"
    return "held at the end" if any(shown.held for shown in speaker.screen.values()) else ""


def never_showed_what_it_hides(said: Soup) -> str:
    """While a text grows by characters, fewer than 4 digits are shown of what its last caption hides.

    Nothing is said of what nobody can know: digits of an address before its connector is heard, and captions of a text
    that says the same digits twice, which may show the ones or the others.
    """
    speaker = _say(said, grow=True)
    shown = list(speaker.shown)
    speaker.stop()
    for number, text in enumerate(said.texts()):
        utterance = UtteranceId(f"u{number}")
        last = speaker.screen[utterance].text
        masks = MASK.findall(last)
        view = seen(text, last)
        if not masks or not view.only or MASK.search(text):
            continue
        hidden = [d for d in _sure_digits(text, said.language) if not _reads(d, view.flags)]
        ever: set[Digit] = set()
        heard = iter(_growth(text))
        for one in shown:
            if one.utterance == utterance:
                prefix = next(heard, text)
                part = seen(prefix, one.text)
                if part.only:
                    ever.update(d for d in hidden if d.needs[-1][1] <= len(prefix) and _reads(d, part.flags))
        regions = _regions(hidden, text, view.flags)
        spare = max(len(masks) - len(regions), 0)  # masks side by side are one region
        if ADDRESS in masks and len(masks) != len(regions):
            continue
        for region, mask in itertools.zip_longest(regions, masks[: len(regions)]):
            if mask != ADDRESS and len(ever.intersection(region)) >= SHOWN_LIMIT * (spare + 1):
                return f"{len(ever.intersection(region))} digits shown of what utterance {number} hides"
    return ""


def forgets_partials(said: Soup, rng: Random) -> str:
    """Captions of finals, and of the newest partial, are those of a channel that never heard another partial."""
    fed = Speaker(language=said.language)
    fresh = Speaker(language=said.language)
    for text, silent in zip(said.texts(), said.silent, strict=True):
        history = [text[: rng.randint(0, len(text))] for _ in range(rng.randint(1, 6))]
        history += [_revised(text[: rng.randint(0, len(text))], said.language, rng) for _ in range(3)]
        rng.shuffle(history)
        for partial in history:
            fed.hear(partial, final=False)
            fresh.hear("", final=False)
        newest = text[: rng.randint(0, len(text))]
        fed.hear(newest, final=False)
        fresh.hear(newest, final=False)
        if fed.captions() != fresh.captions():
            return "a partial's caption depends on those before it"
        fed.hear(text, final=True)
        fresh.hear(text, final=True)
        if silent:
            fed.be_silent()
            fresh.be_silent()
    return "" if fed.stop() == fresh.stop() else "a final's caption depends on its partials"


def is_closed(said: Soup) -> str:
    """A mask is nothing but a mask: redacting a redacted text takes none away, merges none and opens none again.

    Normalising twice is the same as once. Redacting twice can hide more than once in texts as random as these: a cue
    that got its number stands without it then. What somebody glued to digits ("[CC]1") is no mask.
    """
    for text in said.texts():
        spelled = normalise(text)
        if normalise(spelled) != spelled:
            return "normalising twice is not the same as once"
        once = redacted(text, said.language)
        twice = redacted(once, said.language)
        if not seen(MASK.sub(" mask ", once), twice).sure:  # each mask hides a word, whoever put it there
            return "what is shown the second time was not shown the first time"
        kept = iter(MASK.findall(twice))
        if not all(mask in kept for mask in _MASK_ALONE.findall(once)):
            return "a mask was changed by redacting again"
    return ""


def stays_hidden(said: Soup) -> str:
    """Once a final stands without an open mask, no later caption of it shows a character more.

    Nothing is said of a caption that may show one word or another: "a" of "x@a.. four a hundred".
    """
    speaker = _say(said, grow=False)
    speaker.stop()
    texts = {UtteranceId(f"u{number}"): text for number, text in enumerate(said.texts())}
    settled: dict[UtteranceId, bytes] = {}
    for shown in speaker.shown:
        view = seen(texts[shown.utterance], shown.text)
        if not (view.sure and view.only):
            continue
        before = settled.get(shown.utterance)
        if before is not None and any(now and not then for then, now in zip(before, view.flags, strict=True)):
            return "a settled final showed more"
        if not shown.held:
            settled[shown.utterance] = view.flags
    return ""


def redacted(text: str, language: str) -> str:
    """One utterance by itself, its end closing every run: as a line of `captiond redact`."""
    speaker = Speaker(language=language)
    speaker.say(text)
    return speaker.stop()[0]


def smallest(said: Soup, fails: Callable[[Soup], str]) -> Soup:
    """What is left of a failing soup when each piece goes without which it still fails."""
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(said):
            if fails(smaller):
                said, shrunk = smaller, True
                break
    return said


def _smaller(said: Soup) -> Iterator[Soup]:
    for i, pieces in enumerate(said.utterances):
        rest = said.utterances[:i], said.utterances[i + 1 :]
        if len(said.utterances) > 1:
            yield Soup(said.language, rest[0] + rest[1], said.silent[:i] + said.silent[i + 1 :])
        for size in (8, 4, 2, 1):
            for at in range(len(pieces) - size + 1):
                less = pieces[:at] + pieces[at + size :]
                words = [piece for piece in less if piece]
                if not any(_is_whole(one, other) for one, other in itertools.pairwise(words)):
                    yield Soup(said.language, (*rest[0], less, *rest[1]), said.silent)


def _say(said: Soup, *, grow: bool) -> Speaker:
    speaker = Speaker(language=said.language)
    for text, silent in zip(said.texts(), said.silent, strict=True):
        if grow:
            speaker.say(*_growth(text))
        else:
            speaker.say(text)
        if silent:
            speaker.be_silent()
    return speaker


def _growth(text: str) -> list[str]:
    """Every character prefix, and the text itself once more as the final."""
    return [*(text[:end] for end in range(1, len(text) + 1)), text]


def _revised(text: str, language: str, rng: Random) -> str:
    """One word is heard otherwise."""
    words = text.split(" ")
    words[rng.randrange(len(words))] = rng.choice(LANGUAGES[language].digits)
    return " ".join(words)


def _sure_digits(text: str, language: str) -> list[Digit]:
    return [
        digit
        for digit in read_digits(text, language)
        if not _is_doubled_group(text, digit)
        and not any(text[a:b].casefold() in _NO_DIGIT_ALONE or _is_glued(text, a, b) for a, b in digit.needs)
    ]


def _is_doubled_group(text: str, digit: Digit) -> bool:
    """ "double 58758", "double quatre-vingt": a word that doubles is meant for one digit, not for a longer number."""
    if len(digit.needs) == 1:
        return False
    start, end = digit.needs[-1]
    if text[start].isalpha():
        return text[end : end + 1] == "-" and text[end + 1 : end + 2].isalpha()
    return text[start - 1 : start].isdigit() or text[end : end + 1].isdigit()


def _is_glued(text: str, start: int, end: int) -> bool:
    """ "zero534": a number word inside a longer word is not heard as a digit."""
    return text[start].isalpha() and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _reads(digit: Digit, flags: bytes) -> bool:
    return all(all(flags[a:b]) for a, b in digit.needs)


def _regions(hidden: Sequence[Digit], text: str, flags: bytes) -> list[set[Digit]]:
    """Hidden digits, taken together where no shown letter or digit stands between them."""
    regions: list[set[Digit]] = []
    end = 0
    for digit in hidden:
        start = digit.needs[0][0]
        if not regions or any(flags[i] and text[i].isalnum() for i in range(end, start)):
            regions.append(set())
        regions[-1].add(digit)
        end = digit.needs[-1][1]
    return regions
