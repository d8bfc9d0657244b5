"""What captions must keep of a closed run: amounts, times, years, counts, addresses, and what a keep-word names."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.answers import SHORT
from captiond.core.redact.cardinals import is_amount
from captiond.core.redact.classes import DIGITS, IS_COMMON, WORD
from captiond.core.redact.early import (
    MAX_CUED_AMOUNT_DIGITS,
    MAX_RANGE_DIGITS,
    PERCENT,
    SSN_DIGITS,
    is_about,
    is_counted_apart,
    is_named,
)
from captiond.core.redact.kinds import DOB, MIN_CARD_DIGITS, SSN
from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.naming import NUMBER_DIGITS
from captiond.core.redact.parts import Part
from captiond.core.redact.pauses import begins_clause
from captiond.core.redact.rest import LATE_DIGITS
from captiond.core.redact.runs import Run
from captiond.core.redact.shapes import (
    MAX_AMOUNT_DIGITS,
    MAX_PERCENT_DIGITS,
    MAX_YEAR_TOKENS,
    SHORT_NUMBERS,
    currency,
    is_counting,
    is_freephone,
    is_of_a_month,
    is_spaced_date,
    is_thousands,
    is_year,
    is_years,
)
from captiond.core.redact.streets import find_addresses
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Marker, Window

MINUTE_DIGITS: Final = 2


def weigh(window: Window, parts: list[Part]) -> None:
    """Marks what parts are together (pieces of one number, steps of a count, an address), and which are years."""
    for i in range(1, len(parts)):
        if _ends_with_year(window, parts[i - 1], parts[i]):
            parts[i].tight, parts[i].glued, parts[i].apart = False, False, True
    first: i64 = 0
    while first < len(parts):
        stop = _behind_pieces(window, parts, first)
        _weigh_pieces(window, parts, first, stop)
        first = stop
    find_addresses(window, parts)
    _find_amounts(window, parts)


def _weigh_pieces(window: Window, parts: list[Part], first: i64, stop: i64) -> None:
    """The parts from first up to stop are pieces of one number, if of any."""
    counted = is_counting(_tokens(window, parts[first]))
    cut = False
    if stop > first + 1:
        pieces = parts[first:stop]
        said: list[Token] = []
        for piece in pieces:
            said.extend(_tokens(window, piece))
        counted = is_counting(said)
        cut = not counted and _is_cut(window, pieces)
    for i in range(first, stop):
        part = parts[i]
        part.counted, part.cut = counted, cut
        part.pauses = i + 1 < len(parts) and parts[i + 1].tight
        part.year = not (part.keep or cut) and _is_lone_year(window, parts, i)


def _ends_with_year(window: Window, one: Part, other: Part) -> bool:
    """ "we moved here in 1975" | "four, ...": a typed year behind its "in", at the end of what was said before."""
    if one.stop != one.start + 1 or window.owner(one.start) == window.owner(other.start):
        return False
    token = window.token(one.start)
    return token.cls == DIGITS and is_year([token]) and window.core(one.start - 1) in window.lexicon.before_years


def _find_amounts(window: Window, parts: list[Part]) -> None:
    """ "the quote was 47849 and I paid 27590", "between 6871 and 4554": single numerals in clauses of their own.

    Not where all digits together are enough for a card.
    """
    if len(parts) < 2:
        return
    digits: i64 = 0
    for part in parts:
        if not part.keep:
            digits += len(part.digits)
    if digits >= MIN_CARD_DIGITS:
        return
    for i in range(1, len(parts)):
        one, other = parts[i - 1], parts[i]
        if not (_is_numeral(window, one) and _is_numeral(window, other)):
            continue
        linked = other.start == one.stop + 1 and window.core(one.stop) in window.lexicon.linkers
        if linked and window.core(one.start - 1) in window.lexicon.between:
            one.counted = other.counted = True
            one.cut = other.cut = False
        elif begins_clause(window, one.stop, other.start):
            other.apart = True


def _is_numeral(window: Window, part: Part) -> bool:
    """Whether it is one typed number that may be an amount: without a sign, a mark, or a zero before it."""
    if part.keep or part.plus or part.stop != part.start + 1 or not 0 < len(part.digits) <= MAX_CUED_AMOUNT_DIGITS:
        return False
    return window.core(part.start) == part.digits and part.digits[0] != "0"


def _is_sum(window: Window, tokens: list[Token]) -> bool:
    """ "1850 plus 275": two amounts; a telephone number that is read out so has more digits or groups."""
    if len(tokens) != 3 or tokens[1].core not in window.lexicon.plus:
        return False
    one, other = tokens[0], tokens[2]
    if not (one.cls == other.cls == DIGITS and one.core == one.digits and other.core == other.digits):
        return False
    return len(one.digits) + len(other.digits) < NUMBER_DIGITS and one.digits[0] != "0" != other.digits[0]


def is_kept(window: Window, part: Part, marker: Marker | None, run: Run, known: frozenset[str]) -> bool:
    """Whether a part is harmless by its shape, by what stands around it, or by a keep-word.

    Args:
        marker: the cue or keep-word that reaches it.
        known: digits of harmless numbers said before in the conversation.
    """
    kind = marker.kind if marker is not None else ""
    if part.keep:
        if kind not in ("", KEEP) and len(part.digits) >= SSN_DIGITS and part.stop == part.start + 1:
            social = kind == SSN and len(part.digits) == SSN_DIGITS
            if social or not _is_sum_of(window, part):
                return False  # as long as what was asked for: "12345-6789", "2,555,550,165"
        return not (kind == DOB and DOB in window.kinds)
    if kind == KEEP:
        return True
    cued = kind != ""
    if not cued and "#" in window.token(part.start).text[: window.token(part.start).first]:
        return True
    if len(part.digits) >= LATE_DIGITS and part.digits in known:
        return True
    beside = part.stop < window.end() and not window.token(part.stop).digits  # the "$" of "$49.99" is its own
    after = window.token(part.stop).text if beside else ""
    whole = part.start == run.start and not part.cut and not (cued and run.last >= part.stop)
    if kind not in SHORT and part.digits in SHORT_NUMBERS and whole:
        return True
    alone = not (cued or part.cut)
    said = _tokens(window, part) if alone else []
    if alone:
        if is_years(said) or (is_thousands(said) and not part.plus) or is_named(window, part.start, said):
            return True
        if is_about(window, part.start, said) or _is_sum(window, said):
            return True
        if part.placed or is_spaced_date(said) or is_of_a_month(window, part.stop, len(part.digits)):
            return True
    following = window.core(part.stop)
    counted = following in window.lexicon.units and not part.pauses
    if (counted and not is_counted_apart(window, _tokens(window, part))) or after[:1] in ("%", "€", "$", "£"):
        percent = following in PERCENT or after[:1] == "%"
        return part.scaled or len(part.digits) <= (MAX_PERCENT_DIGITS if cued or percent else MAX_AMOUNT_DIGITS)
    if following in window.lexicon.clock and len(part.digits) <= 4:
        return True
    if following == "clock" or window.core(part.stop - 1) == "clock":
        return True
    if kind not in SHORT and _are_minutes(window, part):
        return True
    if alone and (part.counted or is_counting(said)):
        return True
    if alone and part.scaled and not is_freephone(part.digits) and is_amount(said):
        return True
    if part.ranged and len(part.digits) <= 4 and (not cued or part.year or len(part.digits) <= MAX_RANGE_DIGITS):
        return kind not in SHORT
    if part.year:
        return not cued or (kind not in SHORT and window.core(part.start - 1) in window.lexicon.before_years)
    return cued and kind not in SHORT and _is_spoken_time(window, part)


def _is_sum_of(window: Window, part: Part) -> bool:
    """ "$1,234,567,890", "1,200,345,678 people": whether a sign or a word says what a typed number counts."""
    if currency(window.token(part.start)):
        return True
    if part.stop >= window.end() or window.owner(part.stop) != window.owner(part.start):
        return False
    after = window.token(part.stop)
    return after.core in window.lexicon.units or (after.cls == WORD and not after.flags & IS_COMMON)


def _behind_pieces(window: Window, parts: list[Part], first: i64) -> i64:
    """The index behind the last of the parts that no more than pauses and ends of utterances part from each other."""
    stop = first + 1
    while stop < len(parts) and _goes_with(window, parts[stop - 1], parts[stop]):
        stop += 1
    return stop


def _is_cut(window: Window, pieces: list[Part]) -> bool:
    """Whether they are pieces of a number that a pause or the end of an utterance cut: each is judged with the rest."""
    for piece in pieces:
        if piece.keep:
            return False
    said = [_tokens(window, p) for p in pieces]
    if all(is_counting(tokens) or is_years(tokens) or is_year(tokens) for tokens in said):
        return False
    return sum(len(p.digits) for p in pieces) >= NUMBER_DIGITS


def _goes_with(window: Window, one: Part, other: Part) -> bool:
    if other.barred or window.is_announced_between(one.start, other.start):
        return False
    return other.glued or other.tight


def _tokens(window: Window, part: Part) -> list[Token]:
    return window.said(part.start, part.stop)


def _is_lone_year(window: Window, parts: list[Part], i: i64) -> bool:
    """ "in 2014", "1999": a year, unless it may be four digits of an interrupted number."""
    part = parts[i]
    if part.stop - part.start > MAX_YEAR_TOKENS:
        return False
    if not is_year(_tokens(window, part)):
        return False
    if window.core(part.start - 1) in window.lexicon.before_years:
        return True
    return not part.tight or i == 0 or parts[i - 1].keep


def _are_minutes(window: Window, part: Part) -> bool:
    """ "19 Uhr 45", "8 h 15": behind an hour, which was let go by then and says no digits any more."""
    lexicon = window.lexicon
    if window.core(part.start - 1) not in lexicon.clock or not 1 <= len(part.digits) <= MINUTE_DIGITS:
        return False
    hour = window.core(part.start - 2)
    return hour.isdigit() or hour in lexicon.digits or hour in lexicon.tens


def _is_spoken_time(window: Window, part: Part) -> bool:
    """ "any time after three ten", "or six forty five"."""
    if window.core(part.start - 1) not in window.lexicon.before_times or not 1 <= len(part.digits) <= 4:
        return False
    return part.spoken and int(part.digits[:-2] or part.digits) <= 24
