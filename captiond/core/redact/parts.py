"""A closed run, cut into parts: digits said without another word between, each with what makes it harmless."""

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.articles import (
    begins_interjection,
    is_determined,
    is_digit_alone,
    is_first_digit,
    is_of_pause,
    is_zero,
    last_digit,
)
from captiond.core.redact.cardinals import digits_said
from captiond.core.redact.classes import DIGITS, FILLER, LETTER, MARK, MULTIPLE, SCALE, SILENT, SPOKEN, TENS, WEAK, WORD
from captiond.core.redact.codes import LETTER_WORDS, NOWHERE, is_bank, is_code_cued, is_country, letters_said
from captiond.core.redact.compounds import is_inverted, merged, ties
from captiond.core.redact.early import is_cut_off
from captiond.core.redact.kinds import CVV, IBAN_CHARS, NATIONAL_ID, PIN
from captiond.core.redact.pauses import is_tight, is_told_apart
from captiond.core.redact.runs import Run
from captiond.core.redact.shapes import (
    MAX_YEAR_TOKENS,
    ends_with_comma,
    harmless_end,
    is_harmless_token,
    is_month_day,
    year_end,
)
from captiond.core.redact.tokens import Token, inner_sizes
from captiond.core.redact.window import Window


@mypyc_attr(acyclic=True)
class Part:
    """Digits without another word between.

    Attributes:
        start, stop: its tokens, as indexes; `stop` is exclusive.
        digits: all it says. `sizes`: digits of each token or spoken group, which is its shape.
        keep: it is a price, a date, a time, ... by its shape.
        harmless: its context says so (set by the decision).
        year: it is a year and no more.
        tight: only fillers and interjections stand between it and the part before.
        wide_start, wide_stop: the same with words at its edges that may be misheard digits; `wide`: its digits then.
        barred: something stands between that no number bridges (an address, a harmless number).
        apart: sentences end and begin between it and the part before.
        glued: nothing but the end of an utterance stands between it and the part before.
        pauses: what follows it are words of a pause, no unit ("vier mal sehen") (set by the decision).
        counted: with the parts beside it, it counts in equal steps ("10, 20 and 30") (set by the decision).
        cut: with what it is glued to it is long enough to be a private number (set by the decision).
        ranged: it is one end of a range ("4 to 6").
        placed: it is the number of a house, or a postcode behind one (set by the decision).
        plus: an international prefix was said or typed.
        letters: an IBAN's characters, upper case; "" where it has no letters.
    """

    __slots__ = (
        "apart", "barred", "counted", "cut", "digits", "glued", "harmless", "keep", "letters", "mixed", "pauses",
        "placed", "plus", "ranged", "scaled", "sizes", "spoken", "start", "stop", "tight", "wide", "wide_letters",
        "wide_start", "wide_stop", "year",
    )  # fmt: skip

    def __init__(self, start: i64, stop: i64) -> None:
        self.start = start
        self.stop = stop
        self.wide_start = start
        self.wide_stop = stop
        self.wide = ""
        self.wide_letters = ""
        self.digits = ""
        self.sizes: list[int] = []
        self.keep = False
        self.harmless = False
        self.tight = False
        self.year = False
        self.barred = False
        self.apart = False
        self.plus = False
        self.counted = False
        self.placed = False
        self.ranged = False
        self.glued = False
        self.cut = False
        self.pauses = False
        self.scaled = False
        self.spoken = False
        self.mixed = False
        self.letters = ""


def cut(window: Window, run: Run) -> list[Part]:
    """The parts of a run in order, harmless ones among them."""
    start, last = run.start, run.last
    parts: list[Part] = []
    begun = -1
    gap_from = start
    barred = False
    masked = len(window.masks) > 0
    at = start
    while at <= last + 1:
        token = window.token(at) if at <= last else None
        if begun >= 0 and token is not None and _begins_anew(window, run, at, token):
            _finish(window, run, parts, (begun, at), (gap_from, barred))
            begun, gap_from, barred = -1, at, False
        if token is not None and not (masked and window.label(at)) and _belongs(window, run, at, token, begun >= 0):
            if _stands_alone(window, at, token, cued=run.cued or run.iban):
                if begun >= 0:
                    _finish(window, run, parts, (begun, at), (gap_from, barred))
                    barred = False
                    gap_from = at
                end = harmless_end(window, at, last)
                part = Part(at, end)
                part.keep = True
                part.digits = "".join(window.token(i).digits for i in range(at, end))
                parts.append(part)
                begun, gap_from, barred, at = -1, end, True, end
                continue
            if begun < 0:
                begun = at
        else:
            if begun >= 0:
                _finish(window, run, parts, (begun, at), (gap_from, barred))
                begun, gap_from, barred = -1, at, False
            if masked and at <= last and window.label(at):
                barred = True
        at += 1
    for i in range(1, len(parts)):
        one, other = parts[i - 1], parts[i]
        other.glued = one.wide_stop == other.wide_start and not other.barred
        if _are_ends(window, parts, i) and not (_are_ends(window, parts, i - 1) or _are_ends(window, parts, i + 1)):
            one.ranged = other.ranged = True
    return parts


def _are_ends(window: Window, parts: list[Part], i: i64) -> bool:
    """Whether a part and the one before it may be the ends of a range: "4 to 6"; no range has three."""
    if not 0 < i < len(parts):
        return False
    one, other = parts[i - 1], parts[i]
    return one.stop == other.start - 1 and window.core(one.stop) in window.lexicon.ranges


def _begins_anew(window: Window, run: Run, at: i64, token: Token) -> bool:
    """A new utterance, an IBAN, or a code beside a number: another part, however close it stands to the one before."""
    if window.owner(at) != window.owner(at - 1):
        # "double" | "three" is one
        return window.token(at - 1).cls != MULTIPLE or token.cls not in (DIGITS, SPOKEN, WEAK)
    before = window.token(at - 1)
    if not (token.mixed or before.mixed):
        return False
    if _begins_iban(token):
        return True
    if run.iban or NATIONAL_ID in window.kinds or _begins_iban(before):
        return False  # they have letters and digits in one word
    return token.mixed != before.mixed  # "4532015112830366 exp:0428"


def _begins_iban(token: Token) -> bool:
    return token.mixed and token.core[:2].upper() in IBAN_CHARS and token.core[2:4].isdigit()


def _belongs(window: Window, run: Run, at: i64, token: Token, begun: bool) -> bool:
    cls, last, iban = token.cls, run.last, run.iban
    if cls == WEAK and is_of_pause(window, at):
        return False  # "..., un instant": the article is the pause's
    if cls == WEAK and run.cued and at == run.start:
        return True  # "the iban is un, no wait, ...": its first digit
    if cls == WEAK and not begun and at > run.start and _goes_on(window, at, token, cued=run.cued):
        return True
    if cls == WEAK and not begun and run.cued and at < last and window.token(at + 1).cls in (FILLER, MARK):
        return is_first_digit(window, at, token)  # "le sept, le un, et le deux"
    if cls == WEAK and not begun and at == last and is_digit_alone(window, token):
        return not _is_article(window, at, last)  # "..., pardon, un": its last one
    if cls == WEAK and not begun and at < last and last_digit(window, at, at + 1, apart=True) != NOWHERE:
        return True  # "neuf, euh, un, pardon, je reprends ..."
    if cls in (DIGITS, TENS) or (cls == SPOKEN and token.core not in window.lexicon.pronouns):
        return True
    if cls == SPOKEN and begun:
        return True
    if cls == WEAK and token.core in window.lexicon.ranges and _is_range(window, at, last):
        return False
    if cls == SPOKEN and token.core in window.lexicon.pronouns and not begun:
        if run.cued and at == run.start and at < last:
            return True  # "right, one, no wait, GB one seven ..."
        if begins_interjection(window, at):
            return False  # "one moment"
        follows = at < last and window.token(at + 1).cls in (DIGITS, SPOKEN, TENS, WEAK, MULTIPLE, SCALE)
        return follows or not is_determined(window, at)
    if cls in (WEAK, MULTIPLE, SCALE):
        beside = at + 1
        between = (SILENT, FILLER, MARK) if run.cued and is_digit_alone(window, token) else (SILENT,)
        while beside < last and window.token(beside).cls in between:
            beside += 1  # "oh - one - six", and "oh, um, six", "un, euh, six" where it was asked for
        numbers = beside <= last and window.token(beside).cls in (DIGITS, SPOKEN, TENS, WEAK, MULTIPLE)
        return begun or numbers or (beside < last and is_inverted(window, beside))  # "ein und achtzig"
    if cls == LETTER and token.core in LETTER_WORDS and at < last and window.token(at + 1).cls == WORD:
        return False  # "I think", "a moment"
    if cls in (LETTER, WORD):
        return iban and (cls == LETTER or is_bank(window, at, token) or is_country(window, token))
    if cls == SILENT:
        return begun or token.text == "+" or token.core in window.lexicon.plus
    return cls == FILLER and begun and at < last and ties(window, at)  # and the "and" of "two thousand and nine"


def _goes_on(window: Window, at: i64, token: Token, *, cued: bool) -> bool:
    """ "... cinq" | "un, ben, sept", "... five" | "oh, um" | "four": a digit at the beginning of an utterance."""
    before = at - 1
    while before > window.base and window.token(before).cls in (FILLER, MARK):
        before -= 1
    if window.owner(at) == window.owner(before):
        return False
    glued = window.token(before).digits != ""
    if glued and is_zero(token):
        return True
    return (cued or glued) and is_first_digit(window, at, token) and not begins_interjection(window, at)


def _is_range(window: Window, at: i64, last: i64) -> bool:
    """ "4 to 6", "286 to 156 units", "ten to twelve": a word between numbers, not a misheard digit.

    After a cue for a code of three or four digits it is one.
    """
    if at >= last:
        return False
    cued = False
    for i in range(len(window.markers) - 1, -1, -1):
        marker = window.markers[i]
        if marker.at < at and not window.is_used(marker):
            if marker.kind in (CVV, PIN):
                return False
            cued = marker.cues
            break
    before, after = window.token(at - 1), window.token(at + 1)
    if cued:
        return any(window.core(at - back) in window.lexicon.before_any_time for back in (2, 3))  # "from 8 to 17"
    if before.cls == DIGITS and after.cls == DIGITS:
        return True
    end = year_end(window, at + 1, last)
    if end > at + 1 and not (end <= last and window.token(end).digits) and _is_year_before(window, at):
        return True
    return 1 <= _size(window, at, -1, last) <= 2 and 1 <= _size(window, at, 1, last) <= 2


def _is_year_before(window: Window, stop: i64) -> bool:
    """ "nineteen forty five" before "to", and no digit before that."""
    for start in range(max(stop - MAX_YEAR_TOKENS, window.base), stop - 1):
        if year_end(window, start, stop - 1) == stop:
            return start == window.base or not window.token(start - 1).digits
    return False


def _size(window: Window, at: i64, step: i64, last: i64) -> i64:
    """How many digits are said without a break on one side of a word, as far as 3."""
    size = 0
    at += step
    while window.base <= at <= last and size < 3:
        token = window.token(at)
        if token.cls not in (DIGITS, SPOKEN, TENS, MULTIPLE) and not (token.cls == WEAK and is_zero(token)):
            break
        size += max(len(token.digits), 1)
        at += step
    return size


def _stands_alone(window: Window, at: i64, token: Token, *, cued: bool) -> bool:
    if token.cls == DIGITS and is_harmless_token(token):
        return not is_cut_off(window, at, token, cued=cued, over=True)
    return is_month_day(window, at, token) and not is_code_cued(window, at)  # "nine november" spells "9 N"


def _finish(window: Window, run: Run, parts: list[Part], span: tuple[int, int], gap: tuple[int, bool]) -> None:
    """Adds the part that spans those tokens; `gap` is where the talk before it began, and whether it bars joining."""
    start, stop = span
    gap_from, barred = gap
    while stop > start and window.token(stop - 1).cls in (SILENT, FILLER, MULTIPLE):
        stop -= 1
    if stop <= start:
        return
    wide = Part(start, stop)
    _read(window, wide)
    first, last = start, stop
    while first < last and _may_be_a_word(window, first):
        first += 1
    while last > first and (
        _may_be_a_word(window, last - 1)
        or window.token(last - 1).cls == FILLER
        or (not run.cued and _is_article(window, last - 1, run.last))
    ):
        last -= 1
    part = wide
    if last - first < stop - start:
        part = Part(first, last)
        _read(window, part)
    part.wide, part.wide_letters, part.wide_start, part.wide_stop = wide.digits, wide.letters, start, stop
    part.barred = barred
    part.tight = is_tight(window, gap_from, start)
    part.apart = not part.tight and is_told_apart(window, gap_from, start)
    if part.digits or part.letters:
        parts.append(part)


def _may_be_a_word(window: Window, at: i64) -> bool:
    token = window.token(at)
    return token.cls == WEAK and not is_zero(token) and token.core not in window.lexicon.articles


def _is_article(window: Window, at: i64, last: i64) -> bool:
    """ "... cero uno, un momento": after a number, before a word; not before a pause ("cinq un, pardon, six").

    Nor before a word that no article stands before ("un merci", "un ça vous va"), nor at the end of an utterance.
    """
    if window.core(at) not in window.lexicon.articles or at + 1 >= window.end():
        return False
    follows = window.token(at + 1)
    if follows.cls != WORD or window.owner(at + 1) != window.owner(at) or window.token(at).trail():
        return False  # "... deux un. C'est tout"
    if begins_interjection(window, at):
        return True
    if ties(window, at - 1):
        return False  # "trente et un"
    if follows.core in window.lexicon.common or follows.core in window.lexicon.pauses:
        return False
    end = at + 1
    while end < last and window.token(end).cls not in (DIGITS, SPOKEN, TENS):
        end += 1
    return not is_tight(window, at + 1, end)


def _read(window: Window, part: Part) -> None:
    """Reads all digits of a part, "double" and tens resolved."""
    out: list[str] = []
    times: i64 = 1
    group: i64 = 0
    has_letters = multiplied = False
    tokens = merged(window, part.start, part.stop)
    for token in tokens:
        cls = token.cls
        said = token.digits
        if cls == DIGITS:
            part.plus = part.plus or (not out and token.first > 0 and "+" in token.text[: token.first])
            part.mixed = part.mixed or token.mixed
            has_letters = has_letters or token.mixed
        elif cls == SCALE:
            part.scaled = True
        elif cls == MULTIPLE:
            times = window.lexicon.multiples.get(token.core, 1)
            multiplied = True
            continue
        elif cls == SILENT:
            part.plus = part.plus or (not out and (token.text == "+" or token.core in window.lexicon.plus))
            continue
        elif cls in (LETTER, WORD):
            has_letters = True
            continue
        elif cls in (FILLER, MARK):
            continue
        else:
            part.spoken = True
        if cls != SCALE:
            said = _times(token, said, times)
            times = 1
        out.append(said)
        group += len(said)
        if cls == DIGITS and not token.mixed and token.core != token.digits:
            part.sizes.extend(inner_sizes(token.core))
            group = 0
        elif cls == DIGITS or ends_with_comma(token):
            part.sizes.append(int(group))
            group = 0
    if group:
        part.sizes.append(int(group))
    part.digits = out[0] if len(out) == 1 else "".join(out)
    if has_letters:
        part.letters = letters_said(tokens, out)
    if part.scaled and not multiplied:
        part.digits = digits_said(tokens, part.digits)


def _times(token: Token, said: str, times: i64) -> str:
    """What a word says behind "double"; itself where nothing stood before it."""
    if times == 1:
        return said
    if len(said) == 1:
        return said * int(times)
    if token.cls == SPOKEN and times > 1 and not token.core.isalpha():
        return said[0] * int(times) + said[1:]  # "double one-eight"
    return said
