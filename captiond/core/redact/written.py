"""Numbers that are private by how they are written: no keep-word lets one through, whoever said it.

An order number may have any digits, but whoever is asked for one may answer with something else, and a recogniser
writes a telephone number as one. So a keep-word protects what may be a reference by its shape, and that only. What may
be either stays: ten digits in a row, nine in a row, as many as a card has without its checksum. Source: contract,
section 6; how telephone numbers are grouped: ITU-T E.123 and the numbering plans of the countries named here.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import DIGITS
from captiond.core.redact.kinds import CC, IBAN, IBAN_CHARS, MAX_IBAN_CHARS, PHONE, SSN, is_card
from captiond.core.redact.parts import Part
from captiond.core.redact.tokens import inner_sizes
from captiond.core.redact.window import Window

MIN_TELEPHONE_DIGITS: Final = 8  # with its country or its area; few countries have shorter ones
MAX_TELEPHONE_DIGITS: Final = 15  # E.164
MAX_AREA_DIGITS: Final = 5  # between parentheses, with the zero before it
_SSN_SIZES: Final = [3, 2, 4]
_NANP_SIZES: Final = ([3, 3, 4], [1, 3, 3, 4])
_SPANISH_SIZES: Final = [3, 2, 2, 2]
_TRUNK_SIZES: Final = ([2, 2, 2, 2, 2], [3, 4, 4], [4, 3, 4], [5, 6], [5, 3, 3])  # behind a zero: France, Britain


def private_end(window: Window, parts: list[Part], first: i64, known: frozenset[str]) -> tuple[int, str]:
    """The number that begins with a part and is private by how it is written: (index behind its last part, its kind).

    (first, "") where none begins there, where its kind is off, or where it is one of the harmless numbers said before
    (`known`). A pause or the end of an utterance inside changes nothing: a card is one however it is cut.
    """
    stop, label, digits, letters = first, "", "", ""
    sizes: list[int] = []
    head = parts[first]
    written = True
    for at in range(first, len(parts)):
        part = parts[at]
        if at > first and not follows(window, parts[at - 1], part):
            break
        digits += part.digits
        letters += part.letters or part.digits
        if len(letters) > MAX_IBAN_CHARS:
            break
        sizes.extend(part.sizes)
        written = written and not part.spoken
        kind = _kind(digits, letters, sizes if written else [], plus=head.plus)
        if not kind and written and _has_area(window, head, len(digits)):
            kind = PHONE
        if kind in window.kinds and digits not in known:
            stop, label = at + 1, kind
    if not label:
        label = _inside(window, head)
        stop = first + 1 if label else first
    return stop, label


def follows(window: Window, before: Part, part: Part) -> bool:
    """Whether nothing stands between two parts but a pause or the end of an utterance."""
    if part.keep or part.barred or not (part.tight or part.glued):
        return False
    return not window.is_announced_between(before.start, part.start)


def _kind(digits: str, letters: str, sizes: list[int], *, plus: bool) -> str:
    """The kind of a number by itself; "" for none. `sizes`: how typed digits are grouped, empty for spoken ones."""
    if len(letters) > len(digits):
        # Its country, two digits and as many characters as that country's have: a checksum may be misheard.
        return IBAN if letters[2:4].isdigit() and IBAN_CHARS.get(letters[:2]) == len(letters) else ""
    if is_card(digits):
        return CC
    if plus and MIN_TELEPHONE_DIGITS <= len(digits) <= MAX_TELEPHONE_DIGITS:
        return PHONE
    if sizes == _SSN_SIZES:
        return SSN
    if sizes in _NANP_SIZES or (sizes == _SPANISH_SIZES and digits[0] in "6789"):
        return PHONE
    if digits[:1] == "0" and digits[1:2] != "0" and sizes in _TRUNK_SIZES:
        return PHONE
    return ""


def _has_area(window: Window, head: Part, size: i64) -> bool:
    """ "(030) 901820": an area between parentheses, which nobody writes around the first half of a reference."""
    token = window.token(head.start)
    if token.cls != DIGITS or not MIN_TELEPHONE_DIGITS <= size <= MAX_TELEPHONE_DIGITS:
        return False
    area = inner_sizes(token.core)[0]
    behind = token.first + area
    return area <= MAX_AREA_DIGITS and token.text[: token.first].endswith("(") and token.text[behind:].startswith(")")


def _inside(window: Window, part: Part) -> str:
    """The kind of one typed word that is such a number although digits stand beside it; "" for none."""
    if part.stop - part.start == 1:
        return ""
    for at in range(part.start, part.stop):
        token = window.token(at)
        if token.cls != DIGITS or token.mixed or len(token.digits) < MIN_TELEPHONE_DIGITS:
            continue
        kind = _kind(token.digits, token.digits, inner_sizes(token.core), plus="+" in token.text[: token.first])
        if kind in window.kinds:
            return kind
    return ""
