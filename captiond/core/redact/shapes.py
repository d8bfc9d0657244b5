"""Shapes that captions must keep: prices, percentages, dates, times, years, versions, postcodes."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import DIGITS, IS_BESIDE_DAY, SCALE, SPOKEN, TENS
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window

MAX_YEAR_TOKENS: Final = 4  # "two thousand twenty five"
MAX_AMOUNT_DIGITS: Final = 12  # of money, before a unit; a longer one is a card's or an account's
MAX_PERCENT_DIGITS: Final = 6  # before "%", cue or not
MAX_PLAIN_AMOUNT_DIGITS: Final = 8  # of money without marks in it; a longer one is written with them
MAX_VERSION_DIGITS: Final = 6
MAX_MONTHLY_DIGITS: Final = 6  # "250000 in May"
MAX_BYTE: Final = 255
CENT_DIGITS: Final = 2
MAX_MONEY_FIELDS: Final = 2  # "$20-30"
MAX_AMOUNT_CHARS: Final = 15  # "999,999,999,999"; with more digits it is a card whatever its commas
CURRENCY: Final = "$€£¥₹"
_PARTS_OF: Final = "%°"
SHORT_NUMBERS: Final = frozenset(
    [
        "911",
        "112",
        "999",
        "988",
        "211",
        "311",
        "411",
        "511",
        "611",
        "711",
        "811",
        "110",
        "115",
        "116",
        "117",
        "118",
        "119",
        "061",
        "080",
        "091",
        "114",
        "116117",
        "116123",
    ]
)  # emergency and help lines: they must be seen
# As numbers: what is compiled reads a literal faster than the result of a call.
_COMMA: Final = 0x2C
_ZERO: Final = 0x30
_NINE: Final = 0x39
_ASCII: Final = 0x7F
_ORDINAL_ENDINGS: Final = ("st", "nd", "rd", "th", "er", "ère", "e", "º", "ª", "o", "a")


def is_harmless_token(token: Token) -> bool:
    """Whether one typed token is a number to keep, whatever stands beside it."""
    text, core = token.text, token.core
    plain = len(core) == len(token.digits) and core == token.digits
    if plain and len(core) == len(text):
        return False
    if token.first > 0 or token.last < len(text):
        if _has_one(text, 0, token.first, CURRENCY) or _has_one(text, token.last, len(text), CURRENCY):
            return is_money(token)
        if _has_one(text, token.last, len(text), _PARTS_OF):
            return len(token.digits) <= MAX_PERCENT_DIGITS
    if token.mixed:
        return _is_ordinal(core) or is_clock(core)
    if plain:
        return False  # no mark in it
    if "." not in core and "," not in core and "'" not in core:
        if "-" in core:
            return is_date(core) or _is_zip(core) or is_clock(core)
        return is_clock(core) or is_date(core)
    return is_clock(core) or is_date(core) or is_version(core) or is_grouped_amount(core)


def _has_one(text: str, start: i64, stop: i64, chars: str) -> bool:
    """Whether one of those characters stands there."""
    at = start
    while at < stop:
        if text[at] in chars:
            return True
        at += 1
    return False


def currency(token: Token) -> str:
    """The sign beside digits; "" where none."""
    for char in token.text:
        if char in CURRENCY:
            return char
    return ""


def ends_with_comma(token: Token) -> bool:
    """Whether a comma stands right behind a word."""
    return ord(token.text[len(token.text) - 1]) == _COMMA


def is_money(token: Token) -> bool:
    """Whether a token beside a currency's sign is an amount: "$49.99", "$20-30", "$5M"; "$4155550132" is none."""
    core = token.core
    if core[0] == "0" and core[1:2].isdigit():
        return False  # "$0197": no amount begins so
    if token.mixed or is_grouped_amount(core):
        return len(token.digits) <= MAX_AMOUNT_DIGITS
    fields = core.replace("/", "-").split("-")
    if len(fields) > MAX_MONEY_FIELDS or len(token.digits) > MAX_PLAIN_AMOUNT_DIGITS:
        return False
    return all(field.strip(CURRENCY).isdigit() or is_grouped_amount(field.strip(CURRENCY)) for field in fields)


def is_plain_money(token: Token) -> bool:
    """ "$4111": a currency's sign and nothing but digits, which may as well be those of a number beside it."""
    text = token.text
    if token.mixed or is_grouped_amount(token.core):
        return False
    return any(c in CURRENCY for c in text[: token.first] + text[token.last :])


def _is_ordinal(core: str) -> bool:
    cut = 0
    while cut < len(core) and core[cut].isdigit():
        cut += 1
    return 0 < cut <= 2 and core[cut:] in _ORDINAL_ENDINGS


def is_reference(token: Token) -> bool:
    """ "#6968508", "INC0032516": what a keep-word announced, which announces nothing more; "8pm" and "12e" are none."""
    if token.cls != DIGITS:
        return False
    named = token.mixed and not (_is_ordinal(token.core) or is_clock(token.core))
    return named or "#" in token.text[: token.first]


def is_clock(core: str) -> bool:
    """ "10:30", "10:30pm", "8pm", "15h00", "15h"."""
    head = core
    if core[-1:] in ("m", "r"):
        for ending in ("a.m", "p.m", "am", "pm", "uhr"):
            if head.endswith(ending):
                head = head[: -len(ending)]
                if head.isdigit() and 1 <= len(head) <= 4:
                    return True
                break
    for mark in ":h":
        if mark not in head:
            continue
        hours, _, minutes = head.partition(mark)
        if hours.isdigit() and len(hours) <= 2 and int(hours) < 25:
            return minutes == "" or (minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60)
    return False


def is_date(core: str) -> bool:
    """ "2026-03-04", "10/03/2025", "17.05.2025", "7/3/26", "05/27" (an expiry)."""
    for mark in "-/.":
        fields = core.split(mark)
        if len(fields) == 2 and mark == "/" and all(f.isdigit() for f in fields):  # "7/979" is a piece of a card
            known = _is_century(fields[1]) or len(fields[1]) <= 2
            return known and len(fields[0]) <= 2 and 1 <= int(fields[0]) <= 31
        if len(fields) != 3 or not all(f.isdigit() and len(f) <= 4 for f in fields):
            continue
        sizes = [len(f) for f in fields]
        if sizes[0] == 4 and sizes[1] <= 2 and sizes[2] <= 2:
            year, one, two = (int(f) for f in fields)
        elif sizes[2] in (2, 4) and sizes[0] <= 2 and sizes[1] <= 2 and (sizes[2] == 4 or mark != "-" or sizes[0] == 1):
            one, two, year = (int(f) for f in fields)
        else:
            continue
        known_year = 1900 <= year <= 2099 or (sizes[2] == 2 and sizes[0] <= 2)
        if known_year and 1 <= min(one, two) <= 12 and 1 <= max(one, two) <= 31:
            return True
    return False


def is_version(core: str) -> bool:
    """ "5.16.203", "192.168.0.176": dotted numbers that make no telephone number: three short ones, or four bytes."""
    fields = core.split(".")
    if not all(f.isdigit() and len(f) <= 3 for f in fields):
        return False
    if len(fields) == 4:
        telephone = all(len(f) == 2 for f in fields) or [len(f) for f in fields] == [3, 2, 2, 2]
        return not telephone and all(int(f) <= MAX_BYTE for f in fields)  # telephones: as France and Spain dot them
    if len(fields) != 3:
        return False
    thousands = len(fields[0]) < 3 and len(fields[1]) == len(fields[2]) == 3  # "8.336.817"
    return thousands or len("".join(fields)) <= MAX_VERSION_DIGITS


def is_grouped_amount(core: str) -> bool:
    """ "250,000,000", "2.309,49", "1'000": grouped in thousands, or with decimals."""
    for group, decimal in ((",", "."), (".", ","), ("'", ".")):
        whole, found, rest = core.partition(decimal)
        if found and not (rest.isdigit() and len(rest) <= 2):
            continue
        fields = whole.split(group)
        if len(whole) > MAX_AMOUNT_CHARS:
            return False
        if len(fields) == 1:
            if found and whole.isdigit() and len(whole) <= 6:
                return whole[0] != "0" or len(whole) == 1  # "012.6" is a piece of something
            continue
        if (
            all(f.isdigit() for f in fields)
            and 1 <= len(fields[0]) <= 3
            and all(len(f) == 3 for f in fields[1:])
            and (group == "," or found or fields[-1] == "000")
        ):
            return True
    return False


def _is_zip(core: str) -> bool:
    return len(core) == 10 and core[5] == "-" and core[:5].isdigit() and core[6:].isdigit()


def is_year(tokens: list[Token]) -> bool:
    """ "2027", "nineteen ninety four", "twenty twenty five", "two thousand nine", "twenty oh five"."""
    size, first = len(tokens), tokens[0]
    if size == 1:
        return first.cls == DIGITS and not first.mixed and _is_century(first.digits)
    if size > MAX_YEAR_TOKENS:
        return False
    second = tokens[1]
    if first.cls == SCALE and first.digits == "000":  # "mil novecientos noventa y cuatro"
        return len(second.digits) == 3
    if first.cls == DIGITS or any(t.cls not in (SPOKEN, TENS, SCALE) for t in tokens):
        return False
    if second.cls == SCALE:
        if second.digits == "000":
            return first.digits in ("1", "2") and all(len(t.digits) <= 2 for t in tokens[2:])
        return first.digits == "19"
    if first.digits not in ("19", "20"):
        return False
    if size == 2:
        return len(second.digits) == 2
    if size == 3:
        last = tokens[2].digits
        return len(last) == 1 and ((second.cls == TENS and last != "0") or second.digits == "0")
    return False


def is_years(tokens: list[Token]) -> bool:
    """ "1999 2001 2005": numerals that are all years."""
    return len(tokens) > 1 and all(t.cls == DIGITS and not t.mixed and _is_century(t.digits) for t in tokens)


def _is_century(digits: str) -> bool:
    return len(digits) == 4 and (digits[:2] == "19" or digits[:2] == "20")


def is_month_day(window: Window, at: i64, token: Token) -> bool:
    """Whether a number is the day or the year beside a month, or the year after a day ("march tenth twenty twelve")."""
    if token.cls not in (DIGITS, SPOKEN, TENS) or token.mixed:
        return False
    size = len(token.digits)
    if size > 4:
        return False  # no day, and no year
    lexicon = window.lexicon
    months = lexicon.months
    if at > window.base and window.owner(at - 1) == window.owner(at):  # "March 1" | "two five one four ..."
        neighbour = window.token(at - 1)
        before = neighbour.core
        if neighbour.flags & IS_BESIDE_DAY or (before and _is_day(before)):
            if before in months:
                return size <= 2 or _is_century(token.digits)
            if (before in lexicon.ordinals or _is_day(before)) and (
                window.core(at - 2) in months or window.core(at - 3) in months
            ):
                return token.digits in ("19", "20", "2") or _is_century(token.digits)
            if before in lexicon.of and window.core(at - 2) in months:
                return True
    if size > 2 or at + 1 >= window.end():
        return False
    neighbour = window.token(at + 1)
    if not neighbour.flags & IS_BESIDE_DAY or ends_with_comma(token):
        return False
    after = neighbour.core
    return after in months or (after in lexicon.of and window.core(at + 2) in months)


def is_of_a_month(window: Window, stop: i64, size: i64) -> bool:
    """ "we sold 1200 in May": so many digits, before `stop`, are how many it was then."""
    if size > MAX_MONTHLY_DIGITS or window.core(stop + 1) not in window.lexicon.months:
        return False
    return window.core(stop) in window.lexicon.before_years and window.owner(stop) == window.owner(stop - 1)


def _is_day(core: str) -> bool:
    """ "3", "21st"."""
    first: i64 = ord(core[0])
    if first < _ZERO or (_NINE < first <= _ASCII) or not core[0].isdigit():  # most words
        return False
    return len(core) <= 2 or core[-2:] in ("st", "nd", "rd", "th")


def harmless_end(window: Window, at: i64, last: i64) -> i64:
    """Where a price, a date, ... that begins there ends: after a month's day a year may follow.

    "May 10, 2027", "june sixth twenty twenty five".
    """
    token = window.token(at)
    if token.cls == DIGITS and is_harmless_token(token):
        return at + 1
    end = year_end(window, at, last)
    if end > at:
        return end
    end = at + 1
    if token.cls == TENS and end <= last and window.token(end).cls == SPOKEN and len(window.token(end).digits) == 1:
        end += 1
    return max(end, year_end(window, end, last))


def year_end(window: Window, start: i64, last: i64) -> i64:
    """Where the longest year that begins there ends; `start` where none does."""
    longest = start
    for end in range(start + 1, min(start + MAX_YEAR_TOKENS, last + 1) + 1):
        if is_year([window.token(i) for i in range(start, end)]):
            longest = end
    return longest


def is_time(tokens: list[Token]) -> bool:
    """ "7", "730", "seven thirty": an hour, with or without minutes."""
    digits = "".join(t.digits for t in tokens)
    if not 1 <= len(digits) <= 4:
        return False
    hour, minute = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    return int(hour) <= 24 and int(minute) < 60


def is_counting(tokens: list[Token]) -> bool:
    """ "one two three four", "10 20 30 40", "three two one": equal steps."""
    if len(tokens) < 3:
        return False
    before: i64 = 0
    step: i64 = 0
    for i, token in enumerate(tokens):
        if not token.digits or len(token.digits) > 4:
            return False
        value: i64 = 0
        for digit in token.digits:
            value = value * 10 + ord(digit) - ord("0")
        if i == 1:
            step = value - before
        if i and (step == 0 or value - before != step):
            return False
        before = value
    return True


def is_thousands(tokens: list[Token]) -> bool:
    """ "8 336 817", "10 482,17": grouped by spaces, as in French and Spanish; longer ones may be telephone numbers."""
    whole, decimal, cents = tokens[-1].core.partition(",")
    if decimal and not (cents.isdigit() and len(cents) == CENT_DIGITS):
        return False
    if any(t.cls != DIGITS or not t.core.isdigit() for t in tokens[:-1]) or not whole.isdigit():
        return False
    sizes = [*[len(t.digits) for t in tokens[:-1]], len(whole)]
    least = 2 if decimal else 3
    return len(sizes) >= least and sizes[0] <= 2 and all(size == 3 for size in sizes[1:]) and sum(sizes) <= 8


def is_spaced_date(tokens: list[Token]) -> bool:
    """ "12 31 2026", "2026 03 14": a date that a recogniser writes as it hears it."""
    if len(tokens) != 3 or any(t.cls != DIGITS or t.core != t.digits for t in tokens):
        return False
    one, two, year = (t.digits for t in (tokens if len(tokens[0].digits) <= 2 else [*tokens[1:], tokens[0]]))
    if len(one) > 2 or len(two) > 2 or not _is_century(year):
        return False
    return 1 <= min(int(one), int(two)) <= 12 and 1 <= max(int(one), int(two)) <= 31


def is_freephone(digits: str) -> bool:
    """Whether a number said with "hundred" may be a telephone number: "eight hundred five five five ..."."""
    return digits[:3] in ("800", "888") or digits[:4] == "1800" or len(digits) in (10, 11)
