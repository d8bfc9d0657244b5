"""What kind of number digits are: by their length and shape, by a checksum, by the cue before them.

A checksum raises confidence and names the kind; it never lifts a mask. Source: contract, section 6.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.kinds import (
    ACCOUNT,
    CC,
    IBAN,
    IBAN_CHARS,
    MAX_CARD_DIGITS,
    MAX_IBAN_CHARS,
    MIN_CARD_DIGITS,
    MIN_IBAN_CHARS,
    NATIONAL_ID,
    NUMBER,
    PHONE,
    PIN,
    ROWS,
    SSN,
    checked,
    is_iban,
    is_issued,
    is_nanp,
    luhn,
)
from captiond.core.redact.parts import Part

SURE: Final = 2
LIKELY: Final = 1
NOTHING: Final = ("", 0)

NUMBER_DIGITS: Final = 9  # so many of no certain kind are masked
SHAPED_DIGITS: Final = 7  # fewer have no shape and no check digit that says anything
CUED_DIGITS: Final = 4  # so many are masked after a cue, whatever follows
MAX_INTERNATIONAL_DIGITS: Final = 17  # E.164 allows 15, and "00" stands before them
IBAN_PIECE_CHARS: Final = 12  # so many with a country before them are a piece of an IBAN
IBAN_SLIPS: Final = 3  # characters that a misheard IBAN may have too many or too few
NINE_DIGIT_COUNTRIES: Final = "6789"  # Spain's nine digits begin so; of no certain kind elsewhere


def classify(parts: list[Part], kind: str, on: frozenset[str]) -> tuple[str, int]:
    """The name of parts said as one number, and how sure it is; ("", 0) where nothing speaks for a private number.

    Args:
        kind: what the cue before them announced; "" for none.
        on: the kinds that are on: the checks of others are not asked.
    """
    digits, lettered = parts[0].digits, parts[0].letters != ""
    for part in parts[1:]:
        digits += part.digits
        lettered = lettered or part.letters != ""
    if not (kind or lettered) and len(digits) < SHAPED_DIGITS:
        return NOTHING
    if lettered:
        letters = "".join(p.letters or p.digits for p in parts)
        by_check = checked(letters, on)
        if by_check:
            return by_check, SURE
        found = _with_letters(letters, kind, mixed=any(p.mixed for p in parts))
        if found is not None:
            return found
    if parts[0].plus and 8 <= len(digits) <= 15:
        return PHONE, SURE
    by_check = checked(digits, on)
    if by_check and kind in ("", NUMBER, by_check):  # what a cue announced outweighs a checksum that chance can meet
        return by_check, SURE
    if (
        digits[:2] == "00"
        and MIN_CARD_DIGITS <= len(digits) <= MAX_INTERNATIONAL_DIGITS
        and kind in ("", PHONE, NUMBER)
    ):
        return PHONE, SURE  # "0041 79 ...": no card begins so
    if MIN_CARD_DIGITS <= len(digits) <= MAX_CARD_DIGITS:
        return _as_card(digits, kind)
    found = _as_cued(len(digits), kind) or _by_shape(digits, [size for p in parts for size in p.sizes])
    if found is not None:
        return found
    if len(digits) > MAX_CARD_DIGITS and kind == IBAN:
        return IBAN, LIKELY
    if kind and len(digits) >= CUED_DIGITS:
        return named(kind), LIKELY
    return (NUMBER, LIKELY) if len(digits) >= NUMBER_DIGITS else NOTHING


def named(kind: str) -> str:
    """The mask of digits after a cue."""
    return NUMBER if kind in (PIN, "") else kind


def _with_letters(letters: str, kind: str, *, mixed: bool) -> tuple[str, int] | None:
    """An IBAN, or a code. None: the letters say nothing, look at the digits."""
    wanted = IBAN_CHARS.get(letters[:2])
    if is_iban(letters) or (kind == IBAN and len(letters) == wanted):
        return IBAN, SURE
    if kind == IBAN and MIN_IBAN_CHARS <= len(letters) <= MAX_IBAN_CHARS:
        return IBAN, LIKELY
    if wanted is not None and letters[2:4].isdigit() and abs(len(letters) - wanted) <= IBAN_SLIPS:
        return IBAN, LIKELY
    if wanted is not None and letters[2:4].isdigit() and IBAN_PIECE_CHARS <= len(letters) <= MAX_IBAN_CHARS:
        return IBAN, LIKELY  # a piece of one: never a telephone number
    if not mixed:
        return None
    head = 0
    while head < len(letters) and letters[head].isalpha():
        head += 1
    rest = letters[head:]
    asked = kind in (ACCOUNT, NATIONAL_ID)
    if rest.isdigit() and len(rest) >= (CUED_DIGITS if asked else NUMBER_DIGITS):  # "AC-377058504202": with a prefix
        return (kind if asked else NUMBER), LIKELY
    if kind and kind != NUMBER and head == 0 and letters[:CUED_DIGITS].isdigit():
        return named(kind), LIKELY
    if kind == NATIONAL_ID and len(letters) >= CUED_DIGITS:
        return NATIONAL_ID, LIKELY
    return NOTHING


def _as_card(digits: str, kind: str) -> tuple[str, int]:
    issued = is_issued(digits)
    if kind == CC or (issued and luhn(digits)):
        return CC, SURE
    if kind == PHONE and len(digits) <= 15:
        return PHONE, SURE
    if kind in (IBAN, NATIONAL_ID, ACCOUNT):
        return kind, LIKELY
    return (CC if issued or len(digits) in (15, 16) else NUMBER), LIKELY


def _as_cued(size: i64, kind: str) -> tuple[str, int] | None:
    row = ROWS.get(kind)
    if row is None or not 0 < row.least <= size <= row.most:
        return None
    return named(kind), SURE if size >= row.sure else LIKELY


def _by_shape(digits: str, sizes: list[int]) -> tuple[str, int] | None:
    size = len(digits)
    if size == 9 and sizes == [3, 2, 4]:
        return SSN, SURE
    if size == 10 and (is_nanp(digits) or sizes == [3, 3, 4]):
        return PHONE, SURE
    if size == 11 and digits[0] == "1" and is_nanp(digits[1:]):
        return PHONE, SURE
    if size in (10, 11, 12) and digits[0] == "0":
        return PHONE, SURE  # a trunk zero: France, Germany, the United Kingdom
    if size == 9 and digits[0] in NINE_DIGIT_COUNTRIES and sizes in ([3, 3, 3], [3, 2, 2, 2]):
        return PHONE, SURE
    if size == 7 and sizes == [3, 4] and digits[0] in "23456789":
        return PHONE, LIKELY
    return None
