"""What of a closed run belongs to the private numbers found in it: pieces before, between, behind and said again."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import DIGITS, MULTIPLE, SPOKEN, WEAK
from captiond.core.redact.kinds import (
    CC,
    IBAN,
    MAX_CARD_DIGITS,
    MAX_IBAN_CHARS,
    MIN_CARD_DIGITS,
    NUMBER,
    PHONE,
    SSN,
    is_card,
)
from captiond.core.redact.lexicon import KEEP, Lexicon
from captiond.core.redact.naming import CUED_DIGITS
from captiond.core.redact.parts import Part
from captiond.core.redact.pauses import MIN_PAUSE_LETTERS
from captiond.core.redact.runs import Run
from captiond.core.redact.shapes import is_counting
from captiond.core.redact.whole import TRUNK_DIGITS, is_whole
from captiond.core.redact.window import Window

PIECE_DIGITS: Final = 3  # so many of a private number, said again beside it, are masked with it
REST_DIGITS: Final = 2  # so many right behind a long number are its rest; one may be a word ("okay, one of ..."),
# but not at the end of an utterance
LATE_DIGITS: Final = 7  # so many are masked where nothing follows
SMALL_DIGITS: Final = 2  # so many between words are no piece of a number that nothing announced
LEFT_DIGITS: Final = 4  # so many digits left of a run would break the promise, were they of the number found in it
USUAL_CARD_DIGITS: Final = 16
ROUND_ZEROS: Final = 2  # one in a hundred pieces of a private number ends so
MAX_SIGNIFICANT_DIGITS: Final = 3  # before them: "12500", "425000"


class Found:
    """One private number: the parts of it, its name, how many there are."""

    __slots__ = ("label", "parts")

    def __init__(self, label: str, parts: list[Part]) -> None:
        self.label = label
        self.parts = parts


class Decision:
    """What a run held: private numbers, and the digits of harmless ones that a keep-word named."""

    __slots__ = ("found", "kept")

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.kept: list[str] = []


def complete(window: Window, run: Run, parts: list[Part], decision: Decision, *, ended: bool) -> None:
    """Adds to what was found the parts of the run that belong to it.

    Args:
        ended: nothing went on with the run: the utterance or the session is over.
    """
    if ended:
        _mask_rest(window, run, parts, decision)
    if not decision.found:
        return  # nothing that a part could belong to
    masked: i64 = 0
    for found in decision.found:
        masked += len(found.parts)
    if masked == len(parts):  # mostly: every part is of some number already
        for found in decision.found:
            _take_article(window, found, cued=run.cued)
        return
    _mask_between(window, run, parts, decision)
    _mask_repeats(parts, decision)
    _mask_rest_of(window, parts, decision, cued=run.cued)
    if _mask_end(window, parts, decision, cued=run.cued):
        _mask_rest_of(window, parts, decision, cued=run.cued)  # of what is longer now
    _mask_leftovers(window, parts, decision)


def _mask_leftovers(window: Window, parts: list[Part], decision: Decision) -> None:
    """A card with a pause after its tenth digit looks like a telephone number and small pieces: what is left behind the
    number in the same run is masked with it where both together may be one number. So is what is read out behind one
    word, a digit misheard, in a number as long as only IBANs are.
    """
    owners = {p.start: found for found in decision.found for p in found.parts}
    for found in decision.found:
        left: list[Part] = []
        last = found.parts[-1]
        for part in (p for p in parts if p.start > last.start):
            if part.start in owners or part.barred or part.keep or part.mixed:
                break
            if part.apart or window.is_announced_between(last.start, part.start):
                break
            time = len(part.digits) <= 4 and window.core(part.start - 1) in window.lexicon.before_any_time
            if not (_is_plain(part) or time):
                left.append(part)
        digits = sum(len(p.digits) for p in left)
        enough = LEFT_DIGITS
        misheard = int(len(left) > 0 and left[0].start == last.stop + 1)  # "... six three dreh three zero"
        said = sum(len(p.digits) for p in found.parts)
        long = misheard > 0 and said >= MIN_CARD_DIGITS and found.label in (IBAN, NUMBER)
        if all(_is_read_out(window, p) for p in left) and (long or _may_be_a_card(found, digits + misheard)):
            enough = REST_DIGITS
        if digits >= enough and digits + said <= (MAX_IBAN_CHARS if long else MAX_CARD_DIGITS):
            found.parts += left
            owners.update((p.start, found) for p in left)


def _mask_rest_of(window: Window, parts: list[Part], decision: Decision, *, cued: bool) -> None:
    """What follows a number with no more than a filler between belongs to it: "... 6271, um, 9108 4692"."""
    owners = {p.start: found for found in decision.found for p in found.parts}
    for i in range(1, len(parts)):
        part = parts[i]
        found = owners.get(parts[i - 1].start)
        if found is None or part.start in owners or not _goes_on(part):
            continue
        # A card whose first ten look like a telephone; but behind a whole telephone "okay, 20" may be 20 of something.
        many = sum(len(p.digits) for p in found.parts) >= MIN_CARD_DIGITS
        long = many or found.label in (CC, IBAN, NUMBER)
        enough = (1 if _is_last_word(window, part) else REST_DIGITS) if long or cued else CUED_DIGITS
        if (cued or _is_read_out(window, part)) and _completes(found, part, cued=cued):
            enough = 1
        if _is_read_out(window, part) and _may_be_a_card(found, len(part.digits)):
            enough = min(enough, REST_DIGITS)
        if part.glued or _said_on(parts, i) >= enough:
            found.parts.append(part)
            owners[part.start] = found


def _goes_on(part: Part) -> bool:
    return part.tight and not (part.barred or _is_plain(part))


def _said_on(parts: list[Part], first: i64) -> i64:
    """How many digits a part has with those that nothing but pauses stand before: "..., oh, um, oh five"."""
    digits = len(parts[first].digits)
    for i in range(first + 1, len(parts)):
        if not _goes_on(parts[i]):
            break
        digits += len(parts[i].digits)
    return digits


def _mask_end(window: Window, parts: list[Part], decision: Decision, *, cued: bool) -> bool:
    """What makes a number whole belongs to it, behind a pause: "... 98 76, um, 5"; after a cue whatever is said
    between: "801, and then comes the two". Answers whether there was any.
    """
    added = False
    owned = {p.start for found in decision.found for p in found.parts}
    for found in decision.found:
        _take_article(window, found, cued=cued)
        first, last = found.parts[0], found.parts[-1]
        more: list[Part] = []
        for part in parts:
            if part.start <= last.start:
                continue
            if part.start in owned or part.barred or part.mixed or _is_plain(part) or not (cued or part.tight):
                break
            if window.is_announced_between(last.start, part.start):
                break
            if not part.tight and _measures(window, more[-1].stop if more else last.stop, part.start):
                break
            more.append(part)
            if _becomes_whole(found, "".join(p.digits for p in more), window.lexicon, plus=first.plus, cued=cued):
                found.parts.extend(more)
                added = True
                break
    return added


def _take_article(window: Window, found: Found, *, cued: bool) -> None:
    """ "... huit un expire fin": what was read as a word belongs to the number, if that wants just this digit."""
    last = found.parts[-1]
    if last.wide_stop > last.stop and last.wide.startswith(last.digits):
        article = last.wide[len(last.digits) :]
        if _becomes_whole(found, article, window.lexicon, plus=found.parts[0].plus, cued=cued):
            last.stop, last.digits = last.wide_stop, last.wide


def _measures(window: Window, start: i64, stop: i64) -> bool:
    """Whether a unit or an hour stands there, which what follows is of: "ab 19 Uhr 45"."""
    for at in range(start, stop):
        if window.core(at) in window.lexicon.units or window.core(at) in window.lexicon.clock:
            return True
    return False


def _becomes_whole(found: Found, more: str, lexicon: Lexicon, *, plus: bool, cued: bool) -> bool:
    """Whether a number is whole with some digits behind it, and not without them."""
    said = ""
    for i in range(len(found.parts) - 1, -1, -1):  # the first of them may be a false start
        said = found.parts[i].digits + said
        if len(said) + len(more) > MAX_CARD_DIGITS:
            return False
        whole = is_whole(found.label, said + more, lexicon, plus=plus, cued=cued)
        if whole and not is_whole(found.label, said, lexicon, plus=plus, cued=cued):
            return True
    return False


def _completes(found: Found, part: Part, *, cued: bool) -> bool:
    """ "..., one two, um, three does that help": the last digit of a card that is none without it.

    Nor are nine digits a number that nobody asked for, whatever they look like: they may want the tenth of a telephone.
    """
    said = ""
    for i in range(len(found.parts) - 1, -1, -1):  # the first of them may be a false start
        said = found.parts[i].digits + said
        size = len(said) + len(part.digits)
        if size == TRUNK_DIGITS and not cued and found.label in (SSN, NUMBER):
            return True
        card = MIN_CARD_DIGITS <= size <= USUAL_CARD_DIGITS or size == MAX_CARD_DIGITS
        card = card and not (found.label == PHONE and said[0] == "0")  # a trunk zero: it is a telephone
        if card and not is_card(said):
            return True
    return False


def _is_read_out(window: Window, part: Part) -> bool:
    """ "wait, double six": said digit by digit, as nobody says an amount."""
    for at in range(part.start, part.stop):
        token = window.token(at)
        pair = len(token.digits) > 1 and token.core.isalpha()  # "ottantotto cinque", but "dodici"
        if token.cls not in (SPOKEN, WEAK, MULTIPLE) or (pair and len(part.digits) < PIECE_DIGITS):
            return False
    return True


def _may_be_a_card(found: Found, more: i64) -> bool:
    """Whether a number and so many digits are a usual card together, or a longest one that is none without them."""
    said = "".join(p.digits for p in found.parts)
    size = len(said) + more
    return MIN_CARD_DIGITS <= size <= USUAL_CARD_DIGITS or (size == MAX_CARD_DIGITS and not is_card(said))


def _is_last_word(window: Window, part: Part) -> bool:
    """Whether nothing follows in its utterance but a pause or thanks: "..., um, two thank you"."""
    if part.stop == window.end() or window.owner(part.stop) != window.owner(part.start):
        return True
    follows = window.core(part.stop)
    return len(follows) >= MIN_PAUSE_LETTERS and follows in window.lexicon.pauses


def _mask_repeats(parts: list[Part], decision: Decision) -> None:
    """ "eight six three five, sorry again, eight six three five five ...": a piece of a number said twice."""
    masked = {p.start for one in decision.found for p in one.parts}
    for found in decision.found:
        digits = "".join(p.digits for p in found.parts)
        pieces: list[Part] = []
        for i, part in enumerate(parts):
            if part.start in masked or _is_plain(part):
                continue
            shared = len(part.digits) >= PIECE_DIGITS and (part.digits in digits or _begins_like(part, found))
            behind = i > 0 and part.tight and part.spoken and parts[i - 1] in pieces and part.digits in digits
            if shared or behind:
                pieces.append(part)
            else:
                pieces.extend(_false_start(parts, i, found, digits, masked))
        found.parts = sorted([*found.parts, *pieces], key=_start)
        masked.update(p.start for p in pieces)


def _false_start(parts: list[Part], first: i64, found: Found, digits: str, masked: set[int]) -> list[Part]:
    """ "six nine, um, one.three, sorry again, six nine one three ...": parts that begin the number only together."""
    begun = ""
    stop = first
    while stop < len(parts) and (stop == first or parts[stop].tight):
        part = parts[stop]
        if part.start > found.parts[0].start or part.start in masked or _is_plain(part):
            break
        if not digits.startswith(begun + part.digits):
            break
        begun += part.digits
        stop += 1
    return parts[first:stop] if len(begun) >= PIECE_DIGITS else []


def _begins_like(part: Part, found: Found) -> bool:
    """ "two three nine six, no wait, two three nine ...": a false start, whatever was misheard at its end.

    Or where it is said again: "six two two seven oh five, sorry again, six tu[...] two seven oh five one ...".
    """
    whole = max(found.parts, key=_digits)
    begins = part.digits[:PIECE_DIGITS] == whole.digits[:PIECE_DIGITS] or whole.digits[:LEFT_DIGITS] in part.digits
    return part.start < whole.start and begins and len(whole.digits) >= PIECE_DIGITS


def _digits(part: Part) -> i64:
    return len(part.digits)


def _is_plain(part: Part) -> bool:
    """Whether a part is harmless by what it looks like or where it stands."""
    return part.keep or part.year or part.harmless or part.ranged or part.scaled


def _start(part: Part) -> i64:
    return part.start


def _mask_rest(window: Window, run: Run, parts: list[Part], decision: Decision) -> None:
    """A run that nothing follows and that has 7 digits and more, however they are strewn, closes masked.

    If nothing announced it, what sentences or a harmless number part is no one run.
    """
    if decision.found or decision.kept:
        return
    rest: list[Part] = []
    plain = False  # the part before was harmless
    for i, part in enumerate(parts):
        if not run.cued and (part.apart or (plain and not (part.tight or part.glued))):
            _mask_late(window, rest, decision)
            rest = []
        plain = part.mixed or _is_plain(part) or (not run.cued and is_round(parts, i))
        if not plain:
            rest.append(part)
    _mask_late(window, rest, decision)


def _mask_late(window: Window, rest: list[Part], decision: Decision) -> None:
    while rest and len(rest[-1].digits) <= 4 and window.core(rest[-1].start - 1) in window.lexicon.before_any_time:
        rest.pop()
    if sum(len(p.wide or p.digits) for p in rest) >= LATE_DIGITS and not _are_strewn(window, rest):
        decision.found.append(Found(NUMBER, rest))


def is_round(parts: list[Part], i: i64) -> bool:
    """ "2500 of the 12000 employees", "from 1200 to 1450": with talk on both sides, an amount rather than a piece."""
    part = parts[i]
    zeros = len(part.digits) - len(part.digits.rstrip("0"))
    if zeros < ROUND_ZEROS or part.digits[0] == "0" or len(part.digits) > MAX_SIGNIFICANT_DIGITS + zeros:
        return False
    alone = part.stop == part.start + 1 and not (part.tight and i > 0)
    return alone and (i + 1 == len(parts) or not (parts[i + 1].tight or parts[i + 1].glued))


def _are_strewn(window: Window, parts: list[Part]) -> bool:
    """ "I am 34, my wife is 36, the kids are 7, 9 and 11", "take the 405 to the 110": small numbers with talk between.

    One digit said as a word is no such number: a long one is read out so, and the talk may be misheard digits.
    """
    single = [window.token(p.start) for p in parts if p.stop == p.start + 1]
    if len(single) == len(parts) and is_counting(single):
        return True  # "press one for sales, press two for support, ..."
    together = 0
    for part in parts:
        typed = window.token(part.start).cls == DIGITS
        if len(part.digits) == 1 and not typed:
            return False
        together = len(part.digits) + (together if part.tight or part.glued else 0)
        named = window.core(part.start - 1) in window.lexicon.determiners
        if len(part.digits) > SMALL_DIGITS + (typed or named) or together > LEFT_DIGITS:
            return False
    return True


def _mask_between(window: Window, run: Run, parts: list[Part], decision: Decision) -> None:
    """What stands between a cue and its number is a piece of it: "card is four, five to the lake, 4 8 ..." """
    if not run.cued:
        return
    since = run.start  # it may have begun with another number, before the cue
    for found in decision.found:
        first = found.parts[0]
        cues = [m.at for m in window.markers if since <= m.at < first.start and m.kind != KEEP]
        if cues or since == run.start:
            since = cues[-1] + 1 if cues else since
            before = [p for p in parts if since <= p.start < first.start]
            asked = any(p.start <= m.at < first.start for m in window.markers for p in before[:1])
            if not (asked or any(_is_plain(p) for p in before)):
                found.parts[:0] = before
        since = found.parts[-1].stop
