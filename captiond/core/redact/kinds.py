"""Kinds of private numbers as a table, and the checks that name them. A check raises confidence; it never lifts a mask.

A kind is added by its name, its row in `KINDS` and its cue phrases in the language tables (`lexicons/`). Formats of
national ids: `national`. Source: contract, section 6. Lengths of IBANs: the registry's country table, as of 2024.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mypy_extensions import i64

from captiond.core.redact.national import MAX_ID_CHARS, MIN_ID_CHARS, is_national_id

CC: Final = "CC"
CVV: Final = "CVV"
SSN: Final = "SSN"
PHONE: Final = "PHONE"
EMAIL: Final = "EMAIL"
IBAN: Final = "IBAN"
ACCOUNT: Final = "ACCOUNT"
DOB: Final = "DOB"
NATIONAL_ID: Final = "NATIONAL_ID"
NUMBER: Final = "NUMBER"  # not a kind one can choose: 9 or more digits of no certain kind, digits after a PIN cue
PIN: Final = "PIN"  # a cue only; shown as [NUMBER]

MIN_CARD_DIGITS: Final = 13
MAX_CARD_DIGITS: Final = 19
_CAPITALS: Final = 0x41  # letters begin here, digits end before
MIN_IBAN_CHARS: Final = 15
MAX_IBAN_CHARS: Final = 34

IBAN_CHARS: Final[dict[str, int]] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip


def luhn(digits: str) -> bool:
    """The checksum of payment cards."""
    total: i64 = 0
    double = False
    for i in range(len(digits) - 1, -1, -1):
        value: i64 = ord(digits[i]) - 48
        if double:
            value *= 2
            if value > 9:
                value -= 9
        total += value
        double = not double
    return total % 10 == 0


def is_issued(digits: str) -> bool:
    """Whether a card network hands out numbers that begin so and are so long."""
    size: i64 = len(digits)
    if not MIN_CARD_DIGITS <= size <= MAX_CARD_DIGITS:
        return False
    four: i64 = 0
    for i in range(4):
        four = four * 10 + ord(digits[i]) - 48
    two = four // 100
    if two // 10 == 4:
        return size in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return size == 16
    if two in (34, 37):
        return size == 15
    if two in (36, 38, 39) or 300 <= four // 10 <= 305:
        return size >= 14
    if four == 6011 or two in (62, 64, 65, 35):
        return size >= 16
    return two in (50, 56, 57, 58, 60, 63, 67, 81)


def is_iban(chars: str) -> bool:
    """Mod 97 and the country's length. `chars` has upper-case letters and digits only."""
    if len(chars) < MIN_IBAN_CHARS or ord(chars[0]) < _CAPITALS or IBAN_CHARS.get(chars[:2]) != len(chars):
        return False
    value: i64 = 0
    for char in chars[4:] + chars[:4]:
        code: i64 = ord(char)
        value = (value * 10 + code - 48 if code < 58 else value * 100 + code - 55) % 97
    return value == 1


def is_nanp(digits: str) -> bool:
    """Ten digits as North America numbers its telephones: area and exchange begin with 2 to 9."""
    return len(digits) == 10 and digits[0] in "23456789" and digits[3] in "23456789"


def is_card(chars: str) -> bool:
    """A number that a card network hands out, checksum and all."""
    size: i64 = len(chars)
    return MIN_CARD_DIGITS <= size <= MAX_CARD_DIGITS and chars.isdigit() and is_issued(chars) and luhn(chars)


@dataclass(frozen=True)
class Kind:
    """One kind of private number.

    Attributes:
        name: its mask, its name in the configuration, and the key of its cue phrases in the language tables.
        default: whether it is on without configuration.
        least, most: so many digits after its cue are one; 0 where digits alone say nothing.
        sure: from so many on that is certain, fewer are likely.
        check: whether upper-case letters and digits are one by themselves, cue or not; None where only a cue tells.
        chars: so many of them are one at least and at most, to `check`.
    """

    name: str
    default: bool
    least: int
    most: int
    sure: int
    check: Callable[[str], bool] | None = None
    chars: tuple[int, int] = (0, 0)


# In the order of the configuration. PHONE and SSN have shapes besides, by how they are grouped: `naming`.
KINDS: Final[tuple[Kind, ...]] = (
    Kind(CC, True, MIN_CARD_DIGITS, MAX_CARD_DIGITS, MIN_CARD_DIGITS, is_card, (MIN_CARD_DIGITS, MAX_CARD_DIGITS)),
    Kind(CVV, True, 3, 4, 3),
    Kind(SSN, True, 9, 9, 9),
    Kind(PHONE, True, 7, 12, 9),
    Kind(EMAIL, True, 0, 0, 0),
    Kind(IBAN, True, 0, 0, 0, is_iban, (MIN_IBAN_CHARS, MAX_IBAN_CHARS)),
    Kind(ACCOUNT, False, 6, 18, 6),
    Kind(DOB, False, 3, 8, 3),
    Kind(NATIONAL_ID, False, 6, 18, 6, is_national_id, (MIN_ID_CHARS, MAX_ID_CHARS)),
)
ROWS: Final[dict[str, Kind]] = {kind.name: kind for kind in KINDS} | {PIN: Kind(PIN, True, 3, 8, 3)}

_CHECKED: Final = tuple(kind for kind in KINDS if kind.check is not None)

ALL: Final = frozenset(kind.name for kind in KINDS)
DEFAULT: Final = frozenset(kind.name for kind in KINDS if kind.default)


def checked(chars: str, on: frozenset[str]) -> str:
    """The kind whose own check says yes to upper-case letters and digits, of those that are on; "" for none."""
    size = len(chars)
    for row in _CHECKED:
        least, most = row.chars
        if least <= size <= most and row.name in on and row.check is not None and row.check(chars):
            return row.name
    return ""
