"""Who somebody is: national ids with their check digits, and dates of birth, as people say and recognisers write them.

For the measure alone, which shares no line with the redactor: the check digits are worked out here once more, forwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from captiond.bench.reading import number_words

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_LETTERS: Final = "BCDFGLMNPRSTVZ"
_CF_MONTHS: Final = "ABCDEHLMPRST"
_CF_ODD: Final = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23), strict=True)
)  # fmt: skip
_MONTHS: Final[Mapping[str, str]] = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_EN_DAYS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip
_DE_DAYS: Final = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that tells who somebody is: words as they are heard, as they are written in the end, and what it is."""

    form: str
    heard: tuple[str, ...]
    written: tuple[str, ...]
    value: str


def national_id(rng: Random, language: str) -> str:
    """A valid national id of the language's country; for English a British one."""
    return _IDS[language[:2]](rng)


def birthday(rng: Random, language: str) -> Said:
    """A date of birth, typed or spoken."""
    lang = language[:2]
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1935, 2009)
    name = _MONTHS[lang].split()[month - 1]
    value = f"{year}-{month:02d}-{day:02d}"
    spoken = tuple(_spoken(lang, day, name, year).split())
    form = rng.choice(("spoken", "spoken", "long", "slash", "iso"))
    written = {
        "spoken": " ".join(spoken),
        "iso": value,
        "slash": f"{month}/{day}/{year}" if language == "en-US" else f"{day:02d}/{month:02d}/{year}",
        "long": _LONG[lang].format(day=day, month=name, year=year),
    }[form]
    return Said(form, spoken, tuple(written.split()), value)


@cache
def date_words(language: str) -> frozenset[str]:
    """All words that dates of birth are said with, the small ones between them left out; case-folded."""
    lang = language[:2]
    if lang not in _MONTHS:
        return frozenset[str]().union(*(date_words(one) for one in _MONTHS))
    months = _MONTHS[lang].split()
    said = [_spoken(lang, day, months[0], 1935) for day in range(1, 29)]
    said += [_spoken(lang, 1, months[0], year) for year in range(1935, 2010)]
    return frozenset(" ".join([*months, *said]).casefold().split()) - _SMALL_WORDS


_SMALL_WORDS: Final = frozenset(["of", "de", "y", "et", "un"])
_LONG: Final[Mapping[str, str]] = {
    "en": "{month} {day}, {year}",
    "es": "{day} de {month} de {year}",
    "fr": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "it": "{day} {month} {year}",
}


def _spoken(lang: str, day: int, month: str, year: int) -> str:
    words = number_words(lang)
    rest = words[year % 100] if year % 100 else ""
    if lang == "en":
        ordinal = _EN_DAYS[day - 1] if day <= 20 else f"twenty {_EN_DAYS[day - 21]}"
        in_words = f"nineteen {rest}" if year < 2000 else f"two thousand {rest}"
        return f"{month} {ordinal} {in_words}" if day % 2 else f"{ordinal} of {month} {in_words}"
    if lang == "es":
        return f"{words[day]} de {month} de {'mil novecientos' if year < 2000 else 'dos mil'} {rest}"
    if lang == "fr":
        head = "mille neuf cent" if year < 2000 else "deux mille"
        return f"{words[day] if day > 1 else 'premier'} {month} {head} {rest}"
    if lang == "de":
        ordinal = _DE_DAYS.get(day) or words[day] + ("te" if day < 20 else "ste")
        return f"{ordinal} {month} {'neunzehnhundert' if year < 2000 else 'zweitausend'}{rest}"
    head = "millenovecento" if year < 2000 else "duemila"
    head = head[:-1] if rest.startswith("o") and year < 2000 else head
    return f"{words[day] if day > 1 else 'primo'} {month} {head}{rest}"


def _british(rng: Random) -> str:
    return f"{rng.choice('ABCEGHJKLM')}{rng.choice('ABCEHJKLM')}{_digits(rng, 6)}{rng.choice('ABCD')}".replace(
        "GB", "AB"
    )


def _spanish(rng: Random) -> str:
    digits = _digits(rng, 8)
    return digits + _DNI_LETTERS[int(digits) % 23]


def _french(rng: Random) -> str:
    place = f"{rng.randint(1, 95):02d}{rng.randint(1, 990):03d}{rng.randint(1, 999):03d}"
    body = f"{rng.choice('12')}{rng.randint(0, 99):02d}{rng.randint(1, 12):02d}{place}"
    return f"{body}{97 - int(body) % 97:02d}"


def _german(rng: Random) -> str:
    """Nine different digits, one of them once more; the last is what ISO/IEC 7064 MOD 11,10 asks for."""
    digits = rng.sample("0123456789", 9)
    digits.insert(rng.randint(1, 9), rng.choice(digits))
    if digits[0] == "0":
        digits.reverse()
    rest = 10
    for digit in digits:
        rest = ((int(digit) + rest) % 10 or 10) * 2 % 11
    return "".join(digits) + str((11 - rest) % 10)


def _italian(rng: Random) -> str:
    names = "".join(rng.choice(_CF_LETTERS) for _ in range(6))
    born = f"{rng.randint(35, 99)}{rng.choice(_CF_MONTHS)}{rng.randint(1, 28):02d}"
    body = f"{names}{born}{rng.choice('ABCDEFGHIL')}{rng.randint(100, 999)}"
    total = sum(_CF_ODD[c] if i % 2 == 0 else int(c) if c.isdigit() else ord(c) - ord("A") for i, c in enumerate(body))
    return body + chr(ord("A") + total % 26)


def _digits(rng: Random, size: int) -> str:
    return "".join(str(rng.randint(0, 9)) for _ in range(size))


_IDS: Final[Mapping[str, Callable[[Random], str]]] = {
    "en": _british, "es": _spanish, "fr": _french, "de": _german, "it": _italian,
}  # fmt: skip
