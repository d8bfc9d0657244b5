"""Whether digits are a whole number of their kind, or want some more: "... 98 76, um, 5" goes on behind its pause.

A telephone number has as many digits as its country's have, a card those of its network with the checksum right.
Source: ITU-T E.164 and the numbering plans; ISO/IEC 7812.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.kinds import CC, CVV, NUMBER, PHONE, SSN, is_card
from captiond.core.redact.lexicon import Lexicon

PREFIX: Final = "00"  # before the country
NATIONAL_DIGITS: Final[dict[str, tuple[int, ...]]] = {
    "1": (10,), "31": (9,), "32": (8, 9), "33": (9,), "34": (9,), "39": (9, 10), "41": (9,), "43": (10, 11),
    "44": (10,), "49": (10, 11), "351": (9,), "352": (8, 9),
}  # fmt: skip
MAX_COUNTRY_DIGITS: Final = 3
TRUNK_DIGITS: Final = 10  # of most telephone numbers with the zero before them, and of those of North America
_DIGITS: Final = {SSN: 9, CVV: 3, NUMBER: 4}  # 4: after a cue for a PIN


def is_whole(label: str, digits: str, lexicon: Lexicon, *, plus: bool, cued: bool) -> bool:
    """Whether digits are a whole number of a kind, or a card whatever they are taken for.

    Args:
        plus: its international prefix was said as such, and is none of the digits.
        cued: a cue came before, so that a number of unknown kind may be a code.
    """
    if label in (CC, NUMBER) and is_card(digits):
        return True
    if label == PHONE:
        return _is_whole_telephone(digits, lexicon, plus=plus)
    return cued and _DIGITS.get(label) == len(digits)


def _is_whole_telephone(digits: str, lexicon: Lexicon, *, plus: bool) -> bool:
    size: i64 = len(digits)
    if not plus and digits[:2] != PREFIX:
        if size == TRUNK_DIGITS:
            return digits[:3] not in lexicon.mobiles
        return digits[:1] == "0" and size in lexicon.telephones
    start: i64 = 0 if plus else len(PREFIX)
    stop: i64 = start + 1
    while stop <= start + MAX_COUNTRY_DIGITS and digits[start:stop] not in NATIONAL_DIGITS:
        stop += 1
    return size - stop in NATIONAL_DIGITS.get(digits[start:stop], ())
