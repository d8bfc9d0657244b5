"""Strong evidence that digits are harmless, seen while a run is still open: a price, a date, a unit right behind them.

Such digits leave the run at once, so a caption shows a price for what it is as soon as "dollars" was said. Absence of
evidence never does that, nor does a keep-word (contract, section 6); what is let go here would be shown by the
decision as well, whatever followed. Source: reference/redaction.md, section 7, point 3.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.articles import is_determined, is_digit_alone, is_zero
from captiond.core.redact.cardinals import is_amount
from captiond.core.redact.classes import DIGITS, FILLER, MARK, MULTIPLE, SCALE, SILENT, SPOKEN, TENS, WEAK, WORD
from captiond.core.redact.kinds import IBAN_CHARS, checked
from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.shapes import (
    CURRENCY,
    MAX_AMOUNT_DIGITS,
    MAX_PERCENT_DIGITS,
    currency,
    harmless_end,
    is_counting,
    is_freephone,
    is_harmless_token,
    is_month_day,
    is_of_a_month,
    is_plain_money,
    is_time,
    is_year,
    is_years,
)
from captiond.core.redact.shapes import is_date as is_typed_date
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import FOR_BIRTH, FOR_CODE, Window

MAX_CUED_AMOUNT_DIGITS: Final = 6  # the same after a cue
GROUP_DIGITS: Final = 4  # as cards are grouped
PAUSES: Final = (SILENT, FILLER, MARK)
MAX_CODE_DIGITS: Final = 8  # of a code such as "INC0032516"; from 9 on it is a number with a prefix
MAX_SHORT_DATE_CHARS: Final = 8  # "12.31.99"; with all of its year it is nothing else ("05/27/1980" | "94105")
MIN_COUNTED_APART: Final = 3  # "twenty for two dollars" is no short code, "123 for two people" may be one
MIN_DIGITS_BESIDE: Final = 2  # "05/27/2026" | "one more thing"
MAX_RANGE_DIGITS: Final = 3  # of either end of "286 to 156"
MIN_CODE_LETTERS: Final = 3  # fewer may be the country of an IBAN or a slip before digits
MAX_DESIGNATOR_DIGITS: Final = 5  # behind an abbreviation in capitals: a flight, a postcode, a standard
MAX_ABBREVIATION_LETTERS: Final = 5  # "ISO", "UNESCO" is none of these
MAX_PLACE_DIGITS: Final = 3  # behind "exit", "room": so few are no mask's business, but would count for the next ones
SSN_DIGITS: Final = 9
REPEATS: Final = ("2", "3", "4")  # nobody says "seven times the nine"
_A: Final = frozenset(["a", "an", "per", "each", "al", "por", "par", "pro", "im", "the"])  # "1100 a month"
_OF_THEM: Final = frozenset(["them", "us", "you", "these", "those", "our", "my", "your"])
_PERCENT: Final = frozenset([("por", "ciento"), ("por", "cien"), ("pour", "cent"), ("per", "cento"), ("per", "cent")])
PERCENT: Final = frozenset(["percent", "per-cent", "prozent", "pourcent"])
HUNDREDS: Final = frozenset([hundred for _, hundred in _PERCENT])


def is_shaped(window: Window, at: i64, token: Token, *, cued: bool) -> bool:
    """Whether a typed token is a price, a date, a time, ... by itself, once it is heard to its end."""
    if token.cls != DIGITS or not is_harmless_token(token):
        return False
    if cued and len(token.digits) >= SSN_DIGITS:
        return False  # "12345-6789" after "social", "2,555,550,165" after "phone"
    return not (window.dates and window.has_cue(FOR_BIRTH, window.owner(at)))


def is_group_of_money(token: Token) -> bool:
    """ "$4111, um, ...": a group of a card with a currency heard before it; a pause behind it proves nothing."""
    return len(token.digits) >= GROUP_DIGITS and is_plain_money(token)


def is_cut_off(window: Window, at: i64, token: Token, *, cued: bool, over: bool = False) -> bool:
    """ "859.55" | "5.0195": a shape right beside digits that are none, or at an utterance's edge beside any.

    It may be half of a number. Times are what they are, short dates and most money too unless plain digits stand across
    the utterance's edge ("€501,39" | "186"), or beside them after a cue ("80 y 3-03-60", "620 99 £153.1"). Nobody says
    a date amid digits read out, or behind a group of them ("zero 4.4.80 zero", "five one zero one 8.9.09"), and "$4111"
    is no more than its digits. A pause at the edge is no talk between. Across the edge nobody changes the currency
    ("£35055" | "$501,59"), and after a cue "$6619" beside "131,8" is digits.

    Args:
        over: all of the digits beside it are known; one is too few to make a date or an amount a piece of a number.
    """
    if ":" in token.core or token.mixed or any(c in "%°" for c in token.text):
        return False
    date = is_typed_date(token.core)
    if date and "-" in token.core and _is_code_asked(window, at):
        return True  # "4-4-71" behind "PIN"
    full = date and ("/" in token.core or len(token.core) > MAX_SHORT_DATE_CHARS)
    sure = date or (not is_plain_money(token) and currency(token) != "")
    between = PAUSES if cued or is_group_of_money(token) else (SILENT,)
    for step in (-1, 1):
        beside = at + step
        while window.base <= beside < window.end() and (
            window.token(beside).cls in between
            or (window.token(beside).cls in PAUSES and window.owner(beside) != window.owner(at))
        ):
            beside += step
        if not window.base <= beside < window.end():
            continue
        other = window.token(beside)
        apart = window.owner(beside) != window.owner(at)
        if apart and sure and not date and _is_other_currency(token, other):
            return True
        harmless = is_harmless_token(other) and not (cued and is_group_of_money(other))
        if not (_may_go_on(window, other) and ((apart and not sure) or not harmless)):
            continue
        if not sure:
            return True
        piece = (not full and (apart or cued)) or (
            date and other.cls != DIGITS and _is_read_with_digits(window, at, full=full)
        )
        if piece and (not over or _digits_beside(window, beside, step) >= MIN_DIGITS_BESIDE):
            return True
    return False


def _is_other_currency(token: Token, other: Token) -> bool:
    """Whether two amounts are none of one currency: "£35055", "$501,59"."""
    one, two = currency(token), currency(other)
    return one != two and one != "" != two


def _digits_beside(window: Window, at: i64, step: i64) -> i64:
    """How many digits are said in a row from a word on, in one direction; no more are counted than matter."""
    said = 0
    while window.base <= at < window.end() and said < MIN_DIGITS_BESIDE and _may_go_on(window, window.token(at)):
        said += max(len(window.token(at).digits), 1)  # "double" says one more than what follows
        at += step
    return said


def _is_code_asked(window: Window, at: i64) -> bool:
    return window.has_cue(FOR_CODE, window.owner(at))


def _is_read_with_digits(window: Window, at: i64, *, full: bool) -> bool:
    """Whether number words stand right before a date, and right behind it, too; a group of them if it is not `full`."""
    said: i64 = 0
    before = at - 1
    while before >= window.base and said < GROUP_DIGITS and window.token(before).cls in (SPOKEN, TENS):
        said += len(window.token(before).digits)
        before -= 1
    if said == 0:
        return False
    if said >= GROUP_DIGITS and not full:
        return True
    return at + 1 < window.end() and window.token(at + 1).cls in (SPOKEN, TENS)


def _may_go_on(window: Window, token: Token) -> bool:
    """ "1104.0" | "un six": an article may be a digit, too."""
    return token.cls in (DIGITS, SPOKEN, TENS, MULTIPLE) or (token.cls == WEAK and is_digit_alone(window, token))


def is_date(window: Window, start: i64, stop: i64) -> bool:
    """A day or a year beside a month, with the year that may follow a day: tokens start to stop and no more."""
    if not is_month_day(window, start, window.token(start)):
        return False
    return harmless_end(window, start, stop - 1) == stop


def is_harmless(window: Window, start: i64, stop: i64, at: i64, *, cued: bool, alone: bool) -> bool:
    """Whether digits said in a row, tokens start to stop, are harmless by what stands around them.

    Args:
        at: a word behind them; nothing but other words and misheard digits may stand between.
        cued: a cue reaches them.
        alone: no other digits are near before them.
    """
    lone = stop - start == 1 and window.owner(at) == window.owner(start)
    tokens = window.said(start, stop)
    while len(tokens) > 1 and tokens[-1].cls == WEAK and not is_zero(tokens[-1]):
        tokens.pop()
        stop -= 1
    while len(tokens) > 1 and tokens[0].cls == WEAK and len(tokens[0].digits) == 1:
        del tokens[0]
        start += 1
    following = window.token(at)
    if at == stop:
        if _is_counted(window, tokens, following, cued=cued):
            return True
    elif at == stop + 1:
        core = window.core(stop)
        if core in _A and _is_unit(window, following.core):
            return _size(tokens) <= (MAX_CUED_AMOUNT_DIGITS if cued else MAX_AMOUNT_DIGITS)
        if alone and not cued and is_of_a_month(window, stop, _size(tokens)):
            return True
        if core == "of" and following.core in _OF_THEM:
            return len(tokens) == 1 and len(tokens[0].digits) <= 2
    if window.dates and window.has_cue(FOR_BIRTH, window.owner(start)):
        return False
    if is_date(window, start, stop):
        return True
    if _is_code(tokens, window.kinds):
        return alone and not cued
    if len(tokens) == 1 and tokens[0].cls == WEAK and not lone:
        return False  # "un un un", or "un" at the end of an utterance: digits
    return alone and _is_ended(window, start, tokens, following, cued=cued)


def _size(tokens: list[Token]) -> i64:
    size: i64 = 0
    for token in tokens:
        size += len(token.digits)
    return size


def may_be_harmless(window: Window, start: i64, stop: i64, *, cued: bool, alone: bool) -> bool:
    """Whether `is_harmless` may be true before an ordinary word, no unit, month or the like; if in doubt, yes."""
    first, last = window.token(start), window.token(stop - 1)
    if WEAK in (first.cls, last.cls) or first.mixed or is_date(window, start, stop):
        return True
    if not alone or (cued and stop - start > 1):
        return False
    tokens = window.said(start, stop)
    if not cued and (_is_range(window, tokens, years=True) or is_about(window, start, tokens)):
        return True
    return _is_over(window, start, tokens, cued=cued)


def _is_ended(window: Window, start: i64, tokens: list[Token], following: Token, *, cued: bool) -> bool:
    """Before an ordinary word, which is no pause inside a number and not half of a digit ("fo")."""
    lexicon = window.lexicon
    if following.core in lexicon.linkers and following.cls == FILLER:  # "since 2014 and", but "nineteen ninety and"
        typed = len(tokens) == 1 and tokens[0].cls == DIGITS
        return typed and not cued and is_year(tokens) and window.core(start - 1) in lexicon.before_years
    if following.cls != WORD or following.core in lexicon.pauses or following.core in lexicon.beginnings:
        return False
    if len(following.core) == 2 and following.core.upper() in IBAN_CHARS and following.text[:2].isupper():
        return False  # "right, one, no wait, GB one seven ...": the number begins again
    if not cued and (_is_range(window, tokens, years=True) or is_about(window, start, tokens)):
        return True
    if following.core not in lexicon.common and following.core not in lexicon.at:
        return False  # it may be a misheard digit
    return _is_over(window, start, tokens, cued=cued)


def _is_over(window: Window, start: i64, tokens: list[Token], *, cued: bool) -> bool:
    """Whether digits need no more than an ordinary word behind them to be harmless."""
    lexicon = window.lexicon
    before = window.core(start - 1)
    single = tokens[0] if len(tokens) == 1 else None
    if single is not None:
        if single.core in lexicon.pronouns and is_determined(window, start):
            return True
        if single.cls == WEAK:
            return True  # "oh, I forgot"
    if cued:
        return False
    if is_year(tokens) and before in lexicon.before_years:
        return True
    if single is not None and single.cls != SCALE:
        return is_named(window, start, tokens) or _is_place(window, start, tokens)  # all else takes more words
    return (
        is_years(tokens)
        or is_counting(tokens)
        or (is_amount(tokens) and not is_freephone("".join(t.digits for t in tokens)))
        or _is_range(window, tokens, years=False)
        or is_named(window, start, tokens)
        or _is_place(window, start, tokens)
    )


def _is_counted(window: Window, tokens: list[Token], following: Token, *, cued: bool) -> bool:
    """Right before a unit, a currency or "o'clock": "37 dollars", "seven pm", "two of them"."""
    lexicon = window.lexicon
    core = following.core
    if cued and core in lexicon.times and tokens[-1].digits in REPEATS:
        return False  # "deux fois ...": what follows may be the digit that is said twice
    sign = following.core == "" and following.text[0] in "%" + CURRENCY  # that of "$49.99" is its own
    if sign or _is_unit(window, core):
        if is_counted_apart(window, tokens):
            return False
        size = _size(tokens)
        if following.text[0] == "%" or core in PERCENT:
            return size <= MAX_PERCENT_DIGITS
        return size <= (MAX_CUED_AMOUNT_DIGITS if cued else MAX_AMOUNT_DIGITS)
    if core in lexicon.clock:
        return is_time(tokens)
    return False


def is_counted_apart(window: Window, tokens: list[Token]) -> bool:
    """ "9423 for two people", "555 6834 to 2 guests": whether a word parts what a unit counts from a number before it.

    The word may be a misheard digit: then all is one number, and no amount has one inside.
    """
    digits: i64 = 0
    for token in tokens:
        if token.cls == WEAK and digits >= MIN_COUNTED_APART and not is_zero(token):
            return token.core not in window.lexicon.articles
        digits += len(token.digits)
    return False


def _is_unit(window: Window, core: str) -> bool:
    """A unit; but "one second" may be a pause inside a number."""
    return core in window.lexicon.units and core not in window.lexicon.interjections


def _is_code(tokens: list[Token], on: frozenset[str]) -> bool:
    """ "INC0032516", "WH-1000XM5", "1ZB859AE5564283347": letters that no private number has."""
    if len(tokens) != 1 or not tokens[0].mixed:
        return False
    core = tokens[0].core
    upper = core.upper()
    if checked(upper if upper.isalnum() else "".join(c for c in upper if c.isalnum()), on):
        return False
    if core[:2].upper() in IBAN_CHARS and core[2:4].isdigit():
        return False
    head = 0
    while head < len(core) and core[head].isalpha():
        head += 1
    if head >= MIN_CODE_LETTERS:
        return len(tokens[0].digits) <= MAX_CODE_DIGITS
    tail = "".join(c for c in core[head:] if c.isalnum())
    return not tail.isdigit() and (head > 0 or not core[:4].isdigit())


def _is_range(window: Window, tokens: list[Token], *, years: bool) -> bool:
    """ "286 to 156"; of years "2019 to 2023"."""
    if len(tokens) != 3 or tokens[1].core not in window.lexicon.ranges:
        return False
    one, other = tokens[0], tokens[2]
    if years:
        return is_year([one]) and is_year([other])
    return one.cls == other.cls == DIGITS and max(len(one.digits), len(other.digits)) <= MAX_RANGE_DIGITS


def is_named(window: Window, start: i64, tokens: list[Token]) -> bool:
    """ "#6968508", "LH 2139", "CA 94105", "ISO 27001": one typed number behind a sign or an abbreviation."""
    if len(tokens) != 1 or tokens[0].cls != DIGITS or tokens[0].mixed:
        return False
    size = len(tokens[0].digits)
    if "#" in tokens[0].text[: tokens[0].first]:
        return size <= MAX_AMOUNT_DIGITS and (size < SSN_DIGITS or tokens[0].core.isdigit())  # "#206-555-0106" is none
    before = window.core(start - 1)
    if not (2 <= len(before) <= MAX_ABBREVIATION_LETTERS and before.isalpha() and before not in window.lexicon.common):
        return False
    return window.token(start - 1).text[: len(before)].isupper() and size <= MAX_DESIGNATOR_DIGITS


def is_about(window: Window, start: i64, tokens: list[Token]) -> bool:
    """ "about 4512 homes", "more than 1380": one typed number behind a word that says how exact it is."""
    if len(tokens) != 1 or tokens[0].cls != DIGITS or tokens[0].core != tokens[0].digits:
        return False
    return len(tokens[0].digits) <= MAX_CUED_AMOUNT_DIGITS and window.core(start - 1) in window.lexicon.before_amounts


def _is_place(window: Window, start: i64, tokens: list[Token]) -> bool:
    """ "exit 81": a short number right behind its noun."""
    if len(tokens) != 1 or len(tokens[0].digits) > MAX_PLACE_DIGITS:
        return False
    return any(m.kind == KEEP and m.at == start - 1 for m in window.markers)


def is_percent(window: Window, at: i64, token: Token) -> bool:
    """ "45 por ciento", "pour cent": the hundred is no number there."""
    if at - 2 < window.base or not window.token(at - 2).digits:
        return False  # most words
    return token.core in HUNDREDS and (window.core(at - 1), token.core) in _PERCENT


def inert(token: Token) -> Token:
    """The same word, as one that holds and cues nothing."""
    return Token(token.text, token.core, WORD, "", token.first, token.last, False, token.flags)
