"""National ids with check digits: a table of formats. A check names a number; that one fails never lifts a mask.

Each row names the rule it follows. A number that fits a row is a national id with or without a cue, where that kind is
on; whatever fits none is one after its cue only. Adding a country is adding a row, and its check where it has one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE_FIRST: Final = "XYZ"  # they stand for 0, 1 and 2
_ODD_VALUES: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_SWAPPED_DIGITS: Final = "LMNPQRSTUV"  # letters that stand for 0 to 9 where two Italians would have one code
_DIGIT_PLACES: Final = (6, 7, 9, 10, 12, 13, 14)  # of an Italian code
_ITALIAN_MONTHS: Final = "ABCDEHLMPRST"
_NO_NINO_PREFIXES: Final = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
_MAX_REPEATS: Final = 3  # of the one digit that a German id has more than once


def _spanish_dni(chars: str) -> bool:
    return _DNI_LETTERS[int(chars[:8]) % 23] == chars[8]


def _spanish_nie(chars: str) -> bool:
    first = _NIE_FIRST.find(chars[0])
    return first >= 0 and _DNI_LETTERS[int(str(first) + chars[1:8]) % 23] == chars[8]


def _french_nir(chars: str) -> bool:
    """Sex, year, month, place; the last two digits complete the rest to a multiple of 97."""
    body = chars[:13].replace("2A", "19").replace("2B", "18") if not chars.isdigit() else chars[:13]
    if not body.isdigit() or body[0] not in "123478":
        return False
    month = int(body[3:5])
    return (1 <= month <= 12 or month >= 20) and 97 - int(body) % 97 == int(chars[13:])


def _german_idnr(chars: str) -> bool:
    """ISO/IEC 7064, MOD 11,10; of its first ten digits one and only one comes twice or three times."""
    repeated = 0
    for digit in "0123456789":
        times = chars.count(digit, 0, 10)
        if times > _MAX_REPEATS:
            return False
        repeated += times > 1
    if chars[0] == "0" or repeated != 1:
        return False
    product = 10
    for char in chars[:10]:
        product = ((ord(char) - 48 + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == ord(chars[10]) - 48


def _italian_cf(chars: str) -> bool:
    """Letters of the names, date, place; the last letter is the sum of the others, those at odd places by a table."""
    if not chars[:6].isalpha() or chars[8] not in _ITALIAN_MONTHS or not chars[11].isalpha() or not chars[15].isalpha():
        return False
    for place in _DIGIT_PLACES:
        if not (chars[place].isdigit() or chars[place] in _SWAPPED_DIGITS):
            return False
    total = 0
    for place in range(15):
        value = ord(chars[place]) - (48 if chars[place].isdigit() else 65)
        total += value if place % 2 else _ODD_VALUES[value]
    return total % 26 == ord(chars[15]) - 65


def _portuguese_nif(chars: str) -> bool:
    """Weights 9 to 2, modulo 11. Persons only: their numbers begin with 1, 2, 3 or 45."""
    if chars[0] not in "123" and chars[:2] != "45":
        return False
    return _modulo_11(chars[:8], 9) == ord(chars[8]) - 48


def _brazilian_cpf(chars: str) -> bool:
    """Two check digits, each modulo 11."""
    if chars == chars[0] * 11:
        return False
    return _modulo_11(chars[:9], 10) == ord(chars[9]) - 48 and _modulo_11(chars[:10], 11) == ord(chars[10]) - 48


def _british_nino(chars: str) -> bool:
    """It has no check digit: the prefixes that were never given out tell it from other codes."""
    if chars[0] in "DFIQUV" or chars[1] in "DFIOQUV" or chars[:2] in _NO_NINO_PREFIXES:
        return False
    return chars[8] in "ABCD"


def _modulo_11(digits: str, weight: int) -> int:
    """The check digit of digits weighted from `weight` downwards; 0 where it would have two digits."""
    total = 0
    for char in digits:
        total += (ord(char) - 48) * weight
        weight -= 1
    check = 11 - total % 11
    return check if check < 10 else 0


@dataclass(frozen=True)
class Format:
    """One country's id.

    Attributes:
        country: ISO 3166. `name`: what people there call it.
        shape: character by character, without separators: 9 a digit, A a letter, X either.
        check: whether characters of that shape are one.
        source: who says so.
    """

    country: str
    name: str
    shape: str
    check: Callable[[str], bool]
    source: str


FORMATS: Final[tuple[Format, ...]] = (
    Format("BR", "CPF", "99999999999", _brazilian_cpf, "Receita Federal, IN RFB 1548/2015"),
    Format("DE", "Steuer-ID", "99999999999", _german_idnr, "§ 139b AO; ISO/IEC 7064 MOD 11,10"),
    Format("ES", "DNI", "99999999A", _spanish_dni, "Ministerio del Interior, Real Decreto 1553/2005"),
    Format("ES", "NIE", "A9999999A", _spanish_nie, "Ministerio del Interior, Orden INT/2058/2008"),
    Format("FR", "NIR", "999999X99999999", _french_nir, "INSEE, décret 82-103"),
    Format("GB", "National Insurance", "AA999999A", _british_nino, "HMRC, NIM39110"),
    Format("IT", "codice fiscale", "AAAAAAXXAXXAXXXA", _italian_cf, "D.M. 23 dicembre 1976, n. 13813"),
    Format("PT", "NIF", "999999999", _portuguese_nif, "Decreto-Lei 14/2013"),
)

MIN_ID_CHARS: Final = min(len(row.shape) for row in FORMATS)
MAX_ID_CHARS: Final = max(len(row.shape) for row in FORMATS)


def national_id(chars: str) -> str:
    """The country whose format fits, check digits and all; "" for none.

    Args:
        chars: upper-case ASCII letters and digits, separators left out.
    """
    for row in FORMATS:
        if len(row.shape) == len(chars) and _fits(chars, row.shape) and row.check(chars):
            return row.country
    return ""


def is_national_id(chars: str) -> bool:
    """Whether characters are some country's id; see `national_id`."""
    return national_id(chars) != ""


def _fits(chars: str, shape: str) -> bool:
    for i in range(len(chars)):
        char, wanted = chars[i], shape[i]
        digit = "0" <= char <= "9"
        if not (digit or "A" <= char <= "Z") or (wanted == "9" and not digit) or (wanted == "A" and digit):
            return False
    return True
