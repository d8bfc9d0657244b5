"""What digits stand in a text, read as a listener would; and which of a text's characters a caption shows.

Written for measuring: it shares nothing with the redactor, neither its tokens nor its lexicon, so a fault there cannot
hide itself here. It reads, it never judges: whether digits are private says the truth beside the data.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MASK: Final = re.compile(r"\[(?:\.\.\.|[A-Z][A-Z_]*)\]")  # open and closed masks, contract section 6
_WORD: Final = re.compile(r"[^\W_]+")
_NUMERAL_OR_WORD: Final = re.compile(r"\d|o['’][^\W\d_]+|[^\W\d_]+", re.IGNORECASE)  # "o'clock" has no zero

_UNITS: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis"
    " veintisiete veintiocho veintinueve",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove",
}
_TENS: Final = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante septante octante nonante",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_ALSO: Final = {
    "en": {"oh": "0", "o": "0", "nought": "0", "fourty": "40"},
    "es": {"un": "1", "una": "1"},
    "fr": {"une": "1", "huitante": "80"},
    "de": {"zwo": "2", "ein": "1", "dreissig": "30"},
    "it": {"tré": "3"},
}
_REPEATS: Final = {
    **dict.fromkeys(("double", "doble", "doppel", "doppelt", "zweimal", "doppio", "doppia"), 2),
    **dict.fromkeys(("triple", "treble", "dreifach", "dreimal", "triplo", "tripla"), 3),
}
_DE_GLUED_REPEATS: Final = {"doppel": 2, "dreifach": 3}


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit as read, and the pieces of text (start, end) that must all be seen to read it."""

    value: str
    needs: tuple[tuple[int, int], ...]


def read_digits(text: str, language: str) -> list[Digit]:
    """The digits of `text` in order, numerals and number words of `language` alike: "double four 7 forty-one" is 44741.

    Words that aren't numbers are passed over. "for" is no digit, however it was meant.
    """
    lexicon, longest = _lexicon(language[:2].lower())
    words = [(m.group().casefold(), m.start(), m.end()) for m in _NUMERAL_OR_WORD.finditer(text)]
    found: list[Digit] = []
    i = 0
    while i < len(words):
        word, start, end = words[i]
        repeat = _REPEATS.get(word)
        if repeat and i + 1 < len(words) and (digit := _single(words[i + 1][0], lexicon)) is not None:
            needs = ((words[i + 1][1], words[i + 1][2]),)
            found.append(Digit(digit, needs))
            found += [Digit(digit, ((start, end), *needs))] * (repeat - 1)
            i += 2
            continue
        if word.isdigit():
            found.append(Digit(str(unicodedata.digit(word)), ((start, end),)))
            i += 1
            continue
        size = next((n for n in range(longest, 0, -1) if tuple(w for w, _, _ in words[i : i + n]) in lexicon), 0)
        if size:
            digits = lexicon[tuple(w for w, _, _ in words[i : i + size])]
            found += _spread(digits, [(s, e) for _, s, e in words[i : i + size]])
        i += max(size, 1)
    return found


def _single(word: str, lexicon: dict[tuple[str, ...], str]) -> str | None:
    digits = word if len(word) == 1 and word.isdigit() else lexicon.get((word,), "")
    return digits if len(digits) == 1 else None


def _spread(digits: str, spots: Sequence[tuple[int, int]]) -> Iterator[Digit]:
    """Which words of a number carry which of its digits: forty|seven shows its 4 without the seven."""
    if len(digits) == 2 and len(spots) > 1:
        yield Digit(digits[0], tuple(spots[:-1]) if len(spots) < 4 else tuple(spots))
        yield Digit(digits[1], (spots[-1],))
    else:
        yield from (Digit(d, tuple(spots)) for d in digits)


@lru_cache(maxsize=8)
def _lexicon(language: str) -> tuple[dict[tuple[str, ...], str], int]:
    """Number words of a language as tuples of words > digits, and the most words one of them has."""
    if language not in _UNITS:
        merged: dict[tuple[str, ...], str] = {}
        for one in _UNITS:
            merged = {**_lexicon(one)[0], **merged}
        return merged, max(map(len, merged))
    table: dict[str, str] = {word: str(i) for i, word in enumerate(_UNITS[language].split())}
    units = dict(table)
    for i, tens in enumerate(_TENS[language].split(), 2):
        table[tens] = str(i * 10)
        for word, value in units.items():
            if len(value) == 1 and value != "0":
                table.update(dict.fromkeys(_joined(language, tens, word, value), str(i * 10 + int(value))))
    if language == "fr":
        table.update(_french_scores(units))
    if language == "it":
        table.update(_italian_hundreds(table))
    table.update(_ALSO[language])
    if language == "de":
        for glued, times in _DE_GLUED_REPEATS.items():
            table.update({glued + w: v * times for w, v in list(table.items()) if len(v) == 1})
    split = {tuple(_NUMERAL_OR_WORD.findall(words.casefold())): digits for words, digits in table.items()}
    return split, max(map(len, split))


def _french_scores(units: dict[str, str]) -> dict[str, str]:
    """Numbers from 60 to 99 that are counted in twenties, and those with hyphens."""
    words = {"quatre-vingts": "80", "quatre-vingt": "80", "dix-sept": "17", "dix-huit": "18", "dix-neuf": "19"}
    for base, start in (("soixante", 60), ("quatre-vingt", 80)):
        for word, value in units.items():
            if 0 < int(value) < 20:
                words[f"{base}-{word}"] = words[f"{base} et {word}"] = str(start + int(value))
        for unit, over in (("sept", 17), ("huit", 18), ("neuf", 19)):
            words[f"{base}-dix-{unit}"] = str(start + over)
    return words


def _italian_hundreds(table: dict[str, str]) -> dict[str, str]:
    """Numbers from 100 to 999, each one word: "trecentoventotto"."""
    below = {word: value for word, value in table.items() if 0 < int(value) < 100}
    words = {"cento": "100"}
    for head, first in [("", "1"), *((word, value) for word, value in below.items() if len(value) == 1)]:
        if first != "1" or not head:
            words[f"{head}cento"] = f"{first}00"
            for rest, value in below.items():
                words[f"{head}cento{rest}"] = first + value.zfill(2)
                if rest.startswith("o"):
                    words[f"{head}cent{rest}"] = first + value.zfill(2)
    return words


def number_words(language: str) -> dict[int, str]:
    """How the numbers from 0 to 99 are said; one way each."""
    words: dict[int, str] = {}
    for said, digits in _lexicon(language[:2].lower())[0].items():
        if len(digits) <= 2:
            words.setdefault(int(digits), " ".join(said))
    return words


def _joined(language: str, tens: str, unit: str, value: str) -> list[str]:
    if language == "en":
        return [f"{tens} {unit}"]
    if language == "es":
        return [f"{tens} y {unit}"]
    if language == "fr":
        return [f"{tens} {unit}", f"{tens} et {unit}"]
    if language == "it":
        glued = (tens[:-1] if unit[0] in "uo" else tens) + unit
        return [glued, glued[:-1] + "é"] if unit == "tre" else [glued, glued[:-1]] if unit == "uno" else [glued]
    stem = "ein" if value == "1" else unit
    return [f"{stem}und{tens}", f"{stem} und {tens}"]


def places(read: Sequence[Digit], value: str) -> list[int | None]:
    """For each digit read, its place in `value`, by the alignment with the most equal digits; None where it has none.

    A digit that was misheard has no place: it tells nothing of the value.
    """
    n, m = len(read), len(value)
    best = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            same = best[i + 1][j + 1] + 1 if read[i].value == value[j] else 0
            best[i][j] = max(same, best[i + 1][j], best[i][j + 1])
    found: list[int | None] = []
    j = 0
    for i in range(n):
        k = j
        while (
            k < m
            and best[i][k] == best[i][j]
            and not (read[i].value == value[k] and best[i][k] == best[i + 1][k + 1] + 1)
        ):
            k += 1
        if k < m and best[i][k] == best[i][j]:
            found.append(k)
            j = k + 1
        else:
            found.append(None)
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """Which characters of a raw text a caption shows.

    Attributes:
        sure: False where shown words could not be found in it.
        only: it can be no others; False where a stretch between two masks occurs more than once.
    """

    flags: bytes
    sure: bool
    only: bool = True

    def whole(self, start: int, end: int) -> bool:
        """Whether each letter and digit there is shown."""
        return all(self.flags[start:end])

    def count(self, raw: str, start: int, end: int) -> int:
        """How many letters and digits there are shown."""
        return sum(1 for i in range(start, end) if self.flags[i] and raw[i].isalnum())


def seen(raw: str, caption: str) -> Seen:
    """Lines a caption up with the text it was made from: words between masks are found in it, in order.

    Spaces and punctuation are never compared, since normalising may change them. Where a stretch between two masks
    occurs more than once, the first is taken: equal words show equal digits.
    """
    keys = [(_key(m.group()), m.start(), m.end()) for m in _WORD.finditer(raw)]
    pieces = [[_key(m.group()) for m in _WORD.finditer(piece)] for piece in MASK.split(caption)]
    flags = bytearray(b"\x01") * len(raw) if len(pieces) == 1 else bytearray(len(raw))
    words = [key for key, _, _ in keys]
    if len(pieces) == 1 and pieces[0] == words:
        return Seen(bytes(flags), True)
    spots = _find(words, pieces)
    if spots is not None:
        flags = bytearray(len(raw))
        for spot in spots:
            _, start, end = keys[spot]
            flags[start:end] = b"\x01" * (end - start)
        return Seen(bytes(flags), True, spots == _find_last(words, pieces))
    return _seen_by_character(raw, pieces)


def _seen_by_character(raw: str, pieces: Sequence[Sequence[str]]) -> Seen:
    """For masks inside a word and for words that normalising shortened; the slow way, rarely taken."""
    letters = [(_key(c), i) for i, c in enumerate(raw) if c.isalnum()]
    spots = _find([c for c, _ in letters], [[c for word in piece for c in word] for piece in pieces])
    flags = bytearray(len(raw))
    if spots is not None:
        for spot in spots:
            flags[letters[spot][1]] = 1
        characters = [[c for word in piece for c in word] for piece in pieces]
        return Seen(bytes(flags), True, spots == _find_last([c for c, _ in letters], characters))
    at = 0  # what is shown and found in order counts; the caller hears that it was not all
    for word in (word for piece in pieces for word in piece):
        for m in _WORD.finditer(raw, at):
            if _key(m.group()) == word:
                flags[m.start() : m.end()] = b"\x01" * (m.end() - m.start())
                at = m.end()
                break
    return Seen(bytes(flags), False, False)


def _find(units: Sequence[str], pieces: Sequence[Sequence[str]]) -> list[int] | None:
    """Indexes of `units` that the pieces cover: first piece at the start, last at the end, the rest in order."""
    if len(pieces) == 1:
        return list(range(len(units))) if list(pieces[0]) == list(units) else None
    first, *middle, last = (list(piece) for piece in pieces)
    if list(units[: len(first)]) != first or list(units[len(units) - len(last) :]) != last:
        return None
    found = list(range(len(first)))
    at, stop = len(first), len(units) - len(last)
    for piece in middle:
        if not piece:
            continue
        begin = next((i for i in range(at + 1, stop - len(piece)) if list(units[i : i + len(piece)]) == piece), None)
        if begin is None:
            return None
        found += range(begin, begin + len(piece))
        at = begin + len(piece)
    return found + list(range(stop, len(units))) if at <= stop else None


def _find_last(units: Sequence[str], pieces: Sequence[Sequence[str]]) -> list[int] | None:
    """As `_find`, each piece at its last place."""
    found = _find(units[::-1], [piece[::-1] for piece in pieces[::-1]])
    return None if found is None else sorted(len(units) - 1 - i for i in found)


def _key(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()
