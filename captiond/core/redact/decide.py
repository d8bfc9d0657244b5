"""What a closed run was: which of its digits are private, and of what kind. Keep-words and shapes count only here."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.answers import SHORT, Asked, is_answer, settle_cues
from captiond.core.redact.classes import MULTIPLE
from captiond.core.redact.dates import birthday_end
from captiond.core.redact.kept import is_kept, weigh
from captiond.core.redact.kinds import CC, CVV, DOB, MIN_CARD_DIGITS, NUMBER, PHONE, ROWS
from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.naming import CUED_DIGITS, LIKELY, NUMBER_DIGITS, SURE, classify, named
from captiond.core.redact.parts import Part, cut
from captiond.core.redact.pauses import is_tight
from captiond.core.redact.rest import LATE_DIGITS, Decision, Found, complete, is_round
from captiond.core.redact.runs import NONE, Run
from captiond.core.redact.window import Marker, Window
from captiond.core.redact.written import follows, private_end

# How a run came to its end.
PASSED: Final = 0  # other words followed
ENDED: Final = 1  # the next utterance did not go on with it
SILENCE: Final = 2  # nothing followed for 3 s, or the session is over
TOO_LONG: Final = 3  # no number is that long

KEEP_REACH_TOKENS: Final = 9  # "my order from last week was": the number comes within so many words
USUAL_DIGITS: Final = (9, 10, 16)  # of a social security number, a telephone, a card: an article may be the last one
MIN_SERIES_DIGITS: Final = 4  # of references that differ in their last digits
PART_DIGITS: Final = 3  # fewer on one side of unknown words are hardly a piece of one number


def decide(window: Window, run: Run, how: i64, known: frozenset[str]) -> Decision:
    """Judges a closed run.

    Args:
        how: one of the four ends above.
        known: digits of harmless numbers said before in the conversation; of short codes, behind their mask's name.
    """
    decision = Decision()
    parts = cut(window, run)
    weigh(window, parts)
    asked: list[Asked] = []
    i = 0
    kept_before = False
    series = ""
    while i < len(parts):
        part = parts[i]
        stop = birthday_end(window, parts, i) if window.dates else i
        if stop > i:
            decision.found.append(Found(DOB, parts[i:stop]))
            window.answer(DOB, part.start)
            i = stop
            continue
        marker = _context(window, part, run)
        if marker is not None and marker.kind == KEEP and not _fits(window, parts, i, marker):
            marker = None
        if marker is None or marker.kind != KEEP:
            marker = _asked_meanwhile(window, parts, i, run) or marker
        if not part.keep and (kept_before or _is_named(window, part, marker)):
            stop, label = private_end(window, parts, i, known)
            if label:
                decision.found.append(Found(label, parts[i:stop]))
                kept_before = False
                i = stop
                continue
        code = marker is None and _is_code(part, known)
        if code and part.year:
            part.year = False  # "nineteen eighty four" is the PIN again
        if how != TOO_LONG and (
            is_kept(window, part, marker, run, known)
            or (kept_before and _goes_on(window, parts, i, marker))
            or (marker is None and _is_next(series, part.digits))
        ):
            named = marker is not None and marker.kind == KEEP
            kept_before = named or (kept_before and _are_of_one_code(parts[i - 1], part))
            if named:
                series = part.digits
                window.answer(KEEP, part.start)
                if len(part.digits) >= LATE_DIGITS and not part.keep:
                    decision.kept.append(part.digits)
            part.harmless = True
            i += 1
            continue
        kept_before = False
        if code:
            decision.found.append(Found(CVV if CVV + part.digits in known else NUMBER, [part]))
            i += 1
            continue
        stop, label = _name(window, run, parts, i, marker, how)
        if label:
            decision.found.append(Found(label, parts[i:stop]))
            if marker is not None:
                asked.append(Asked(decision.found[-1], marker))
                whole = len(part.digits) >= ROWS[marker.kind].least  # else every "six" from then on were a code
                if marker.kind in SHORT and stop == i + 1 and label in (CVV, NUMBER) and whole:
                    decision.kept.append(label + part.digits)
                if label == marker.kind and is_answer(window, asked):
                    window.answer(marker.kind, part.start)
        i = stop
    complete(window, run, parts, decision, ended=how != PASSED)
    settle_cues(window, decision.found, asked)
    return decision


def _is_code(part: Part, known: frozenset[str]) -> bool:
    """Whether it is a short code that was said before in the conversation: the agent reads it back."""
    return CVV + part.digits in known or NUMBER + part.digits in known


def loose_end(window: Window, run: Run) -> i64:
    """Where a run that is too long may be cut: at the last part that only talk ties to the rest; -1 where none."""
    parts = cut(window, run)
    for i in range(len(parts) - 1, 0, -1):
        if not parts[i].tight and not run.iban:
            return parts[i].start
    return -1


def _fits(window: Window, parts: list[Part], first: i64, marker: Marker) -> bool:
    """Whether a part, with what is said on behind it, is no longer than what its keep-word names."""
    digits = len(parts[first].digits)
    for at in range(first + 1, len(parts)):
        if digits > marker.most or not follows(window, parts[at - 1], parts[at]):
            break
        digits += len(parts[at].digits)
    return digits <= marker.most


def _is_named(window: Window, part: Part, marker: Marker | None) -> bool:
    """Whether a keep-word or a "#" says that a number is a reference."""
    if marker is not None:
        return marker.kind == KEEP
    token = window.token(part.start)
    return "#" in token.text[: token.first]


def _goes_on(window: Window, parts: list[Part], i: i64, marker: Marker | None) -> bool:
    """ "order four five, um, seven eight", "invoice 7" | "1518171": the rest of a harmless number.

    In the next utterance it is that only where no word stands between and it is too short for anything else.
    """
    before, part = parts[i - 1], parts[i]
    if window.owner(before.start) != window.owner(part.start):
        more = i + 1 < len(parts) and (parts[i + 1].tight or parts[i + 1].glued)
        if more or not part.glued or len(part.digits) >= NUMBER_DIGITS:
            return False
    elif _are_of_one_code(before, part) and marker is None:
        return True
    if not part.tight or part.barred or (marker is not None and marker.kind != KEEP):
        return False
    return classify([part], "", window.kinds)[1] != SURE


def _are_of_one_code(before: Part, part: Part) -> bool:
    """ "1Z 999 AA1 01 2345 6784": groups of one code; a number that is private by how it is written was looked for."""
    return part.glued and not part.barred and (before.mixed or part.mixed)


def _is_next(series: str, digits: str) -> bool:
    """ "invoice 20231145 and 20231146": whether a number is of one series with a reference before it."""
    same = len(digits) // 2
    return len(digits) == len(series) >= MIN_SERIES_DIGITS and digits[:same] == series[:same]


def _context(window: Window, part: Part, run: Run) -> Marker | None:
    """The nearest cue or keep-word before the first digit of a part that still counts for it."""
    first = part.start + int(window.token(part.start).cls == MULTIPLE)  # "double" | "the code is ..." | "eight three"
    for i in range(len(window.markers) - 1, -1, -1):
        marker = window.markers[i]
        if marker.at >= first or window.is_used(marker) or not (marker.cues or marker.kind == KEEP):
            continue
        if marker.kind == KEEP:
            near = marker.reach >= window.owner(part.start) and part.start - marker.at <= KEEP_REACH_TOKENS
            if near and (marker.asks or marker.owner == window.owner(part.start)):
                return marker
        elif marker.reach >= window.owner(part.start) or (run.cued and marker.at >= run.start - 1):
            return marker
    return None


def _asked_meanwhile(window: Window, parts: list[Part], first: i64, run: Run) -> Marker | None:
    """ "right, 4", "what is the security code?", "42": a code of which some was said before the other channel asked."""
    digits = len(parts[first].digits)
    for i in range(first + 1, len(parts)):
        part = parts[i]
        if not part.glued:
            break
        digits += len(part.digits)
        marker = _context(window, part, run)
        if marker is not None and marker.kind in SHORT and ROWS[marker.kind].least <= digits <= CUED_DIGITS:
            return marker
    return None


def _name(window: Window, run: Run, parts: list[Part], first: i64, marker: Marker | None, how: i64) -> tuple[int, str]:
    """The number that begins with a part: (index after its last part, its mask; "" where it isn't private)."""
    kind = marker.kind if marker is not None else (NUMBER if run.cued and not _was_answered(window, run) else "")
    reach = _reach(window, parts, first, marker)
    near = first + 1  # nothing announced it and no shape says so: then it ends where sentences end and begin
    while near < reach and (kind or not parts[near].apart):
        near += 1
    stop, label, strength = _longest(window, parts, first, reach, near, kind)
    if strength:
        if label in window.kinds or label == NUMBER:
            return stop, label
        if strength == LIKELY and sum(len(p.digits) for p in parts[first:stop]) >= NUMBER_DIGITS:
            return stop, NUMBER
        for part in parts[first:stop]:
            part.harmless = True  # of a kind that is off
        return stop, ""
    stop = near
    digits = sum(len(p.digits) for p in parts[first:stop])
    if how == TOO_LONG:
        return stop, NUMBER if digits >= CUED_DIGITS else ""
    if how == PASSED or stop < len(parts):
        return first + 1, ""
    label = _at_the_end(window, run, parts[first:stop], digits, kind, how, marker)
    return (stop if label else first + 1), label


def _longest(window: Window, parts: list[Part], first: i64, reach: i64, near: i64, kind: str) -> tuple[int, str, int]:
    """A part that is a number for sure; else as many parts as make one for sure; else all that may be one.

    Args:
        reach: index behind the last part that may belong to it.
        near: behind the last one that does without a card's length or a sure kind.
    """
    glued = first + 1
    while glued < reach and parts[glued].glued:
        glued += 1
    for stop in range(glued, first + 1, -1):  # cut by nothing but the end of an utterance: all of it, if it can be
        joined, strength = classify(parts[first:stop], kind, window.kinds)
        if strength == SURE or (joined == CC and sum(len(p.digits) for p in parts[first:stop]) >= MIN_CARD_DIGITS):
            return stop, joined, strength
    label, strength = classify(parts[first : first + 1], kind, window.kinds)
    if kind == CC and label != CC and classify(parts[first:reach], kind, window.kinds) == (CC, SURE):
        return reach, CC, SURE  # its first ten digits may look like a telephone number
    if strength == SURE:
        return first + 1, label, SURE
    if _widen(window, parts[first], kind):
        return first + 1, classify(parts[first : first + 1], kind, window.kinds)[0], SURE
    if reach == first + 1:
        return reach, label, strength
    sure, found = NONE, ""
    for stop in range(first + 2, reach + 1):
        joined, likely = classify(parts[first:stop], kind, window.kinds)
        if likely == SURE and (sure == NONE or joined == CC):
            sure, found = stop, joined
            if joined == CC:
                break  # ten digits of a card may look like a telephone number: a card of all of them is likelier
    if sure != NONE:
        return sure, found, SURE
    if reach > first + 1:
        joined, likely = classify(parts[first:reach], kind, window.kinds)
        if likely and (reach == near or joined == CC):
            return reach, joined, likely
    if first + 1 < near < reach:
        joined, likely = classify(parts[first:near], kind, window.kinds)
        if likely:
            return near, joined, likely
    return first + 1, label, strength


def _widen(window: Window, part: Part, kind: str) -> bool:
    """Whether a number becomes a sure one with the words at its edges that may be misheard digits; they join it."""
    if len(part.wide) == len(part.digits):
        return False
    wide = Part(part.wide_start, part.wide_stop)
    wide.digits, wide.letters, wide.mixed, wide.plus = part.wide, part.wide_letters, part.mixed, part.plus
    usual = len(wide.digits) in USUAL_DIGITS and len(part.digits) + 1 == len(wide.digits)
    ends_with_article = usual and window.core(part.wide_stop - 1) in window.lexicon.articles
    if classify([wide], kind, window.kinds)[1] < (LIKELY if ends_with_article else SURE):
        return False
    part.start, part.stop, part.digits, part.letters, part.sizes = wide.start, wide.stop, wide.digits, wide.letters, []
    return True


def _was_answered(window: Window, run: Run) -> bool:
    """Whether the cues that reach the run have got their number already."""
    for marker in window.markers:  # noqa: SIM110  # a generator costs five times as much
        if marker.cues and window.is_used(marker) and marker.at < run.last:
            return True
    return False


def _at_the_end(
    window: Window, run: Run, parts: list[Part], digits: i64, kind: str, how: i64, marker: Marker | None
) -> str:
    """A run that nothing follows: cued, or of 7 digits and more, it closes masked."""
    if kind:
        carried = marker is None or window.owner(parts[0].start) != marker.owner
        if digits <= 2 and how == ENDED and carried:
            return ""  # "have you got your card?" "I have two." "Good."
        if digits <= 2 and run.digits <= 2 and kind not in SHORT and _is_passed(window, parts[-1]):
            return ""  # "dial 9 for an outside line"
        label = named(kind)
        return label if label in window.kinds else NUMBER
    if digits >= LATE_DIGITS and not any(p.mixed for p in parts):
        return PHONE if digits == LATE_DIGITS and PHONE in window.kinds else NUMBER
    return ""


def _is_passed(window: Window, part: Part) -> bool:
    """Whether words that are no pause were said behind it in its utterance."""
    stop = part.wide_stop or part.stop
    end = stop
    while end < window.end() and window.owner(end) == window.owner(part.start):
        end += 1
    return not is_tight(window, stop, end)


def _reach(window: Window, parts: list[Part], first: i64, marker: Marker | None) -> i64:
    """How many parts may be one number with the first: no other cue, no harmless number, no long talk between them."""
    stop = first + 1
    while stop < len(parts):
        one, other = parts[stop - 1], parts[stop]
        if other.barred or other.keep or other.year or other.mixed or _is_told_of_another(window, one, other, marker):
            break
        if not other.tight:
            code = marker is not None and marker.kind in SHORT  # of three or four digits, so its pieces are small
            digits = sum(len(p.digits) for p in parts[first : stop + 1])
            if code and digits <= CUED_DIGITS:
                stop += 1
                continue
            if min(_in_a_row(parts, stop - 1, -1), _in_a_row(parts, stop, 1)) < PART_DIGITS:
                break
            inside = other.apart and window.owner(one.start) == window.owner(other.start)
            if marker is None and (inside or is_round(parts, stop - 1) or is_round(parts, stop)):
                break
            if len(other.digits) <= 4 and window.core(other.start - 1) in window.lexicon.before_any_time:
                break
        stop += 1
    return stop


def _is_told_of_another(window: Window, one: Part, other: Part, marker: Marker | None) -> bool:
    """Whether a cue or a keep-word other than this one came between two parts.

    The same cue once more is none while nothing was said between them here: it is what the other channel made of it.
    """
    if not window.is_announced_between(one.start, other.start):
        return False
    for m in window.markers:
        again = other.glued and marker is not None and m.kind == marker.kind
        if one.start < m.at < other.start and m is not marker and not again:
            return True
    return False


def _in_a_row(parts: list[Part], i: i64, step: i64) -> i64:
    """How many digits are said up to a part, or from it on, with no more than pauses between; PART_DIGITS are enough.

    A pause inside makes a piece of a number no smaller: "0 1 7, um, 6, um, 7, and it goes on with 6 1 1 8 7 2 8".
    """
    digits: i64 = len(parts[i].digits)
    while digits < PART_DIGITS:
        beside = i + step
        if not (0 <= beside < len(parts)) or not parts[max(i, beside)].tight or parts[max(i, beside)].barred:
            break
        digits += len(parts[beside].digits)
        i = beside
    return digits
