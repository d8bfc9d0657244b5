"""Whole numbers said with "hundred" and "thousand": "two thousand three hundred and twelve" is 2312.

Not every "hundred" is in one: "eight hundred five five five" is 800 555. Source: how the four languages count, and the
three readings of 2312 ("two three one two", "twenty-three twelve", this one) that reference/redaction.md names.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import DIGITS, FILLER, SCALE, SPOKEN, TENS
from captiond.core.redact.tokens import Token

HUNDRED_ZEROS: Final = 2
MAX_COUNTED_DIGITS: Final = 3  # of what "million" counts; "five five five two thousand" is a telephone number
MAX_SEVERAL_DIGITS: Final = 8  # of several in a row: cards are read out in threes, "quatre cent douze sept cent un ..."
MILLION_ZEROS: Final = 9  # no number said in a caption is larger


def cardinal(tokens: list[Token], start: i64) -> tuple[int, int]:
    """The longest whole number with a "hundred" or "thousand" that begins there: (index behind it, its value).

    (start, 0) where none does.
    """
    total, current, room, least = 0, 0, 3, MILLION_ZEROS + 1  # room: how many digits may still be filled
    end, value, scaled = start, 0, False
    at = start
    while at < len(tokens):
        token = tokens[at]
        zeros = len(token.digits)
        if token.cls == FILLER and at > start:  # "and", "y"
            at += 1
            continue
        if token.cls == SCALE and zeros == HUNDRED_ZEROS:
            if current >= 100 or (current == 0 and total > 0 and room < 3):
                break
            current, room, scaled = max(current, 1) * 100, 2, True
        elif token.cls == SCALE:
            if zeros >= least or (current == 0 and total > 0):
                break
            total += max(current, 1) * 10**zeros
            current, room, least, scaled = 0, 3, zeros, True
        elif token.cls == DIGITS and at == start and zeros <= room and not token.mixed:
            current, room = int(token.digits), 0  # "375 million"
        elif token.cls not in (SPOKEN, TENS) or zeros > room or not _fits(tokens, at, room):
            break
        else:
            current += int(token.digits)
            room = 2 if zeros == 3 else 1 if token.cls == TENS else 0
        at += 1
        if scaled:
            end, value = at, total + current
    return end, value


def _fits(tokens: list[Token], at: i64, room: i64) -> bool:
    """One digit ends a number, or "hundred" follows; before another digit it is read out ("hundred five five")."""
    if len(tokens[at].digits) > 1 or room == 1:
        return tokens[at].digits != "0"
    return tokens[at].digits != "0" and (at + 1 == len(tokens) or tokens[at + 1].cls in (SCALE, FILLER))


def is_amount(tokens: list[Token]) -> bool:
    """Whether it is nothing but such numbers: "two thousand nine hundred", "375 million", "one point five million"."""
    for token in tokens:
        if token.cls == SCALE:
            break
    else:
        return False
    at, several, digits = 0, False, 0
    while at < len(tokens):
        end, value = cardinal(tokens, at)
        if end == at:
            break
        several = at > 0
        digits += len(str(value))
        at = end
    if at == len(tokens):
        return not several or digits <= MAX_SEVERAL_DIGITS
    last = tokens[-1]
    if last.cls != SCALE or len(last.digits) <= HUNDRED_ZEROS:
        return False
    return sum(len(token.digits) for token in tokens[:-1]) <= MAX_COUNTED_DIGITS


def digits_said(tokens: list[Token], loose: str) -> str:
    """The digits of a part that has such numbers in it. `loose`: read word by word, "hundred" as two zeros."""
    if len(loose) in (10, 11) and (loose[:3] == "800" or loose[:4] == "1800"):
        return loose  # a free number: "one eight hundred five five five ..."
    said: list[str] = []
    tens = False
    at = 0
    while at < len(tokens):
        end, value = cardinal(tokens, at)
        token = tokens[at]
        if end > at and not (said and token.cls == SCALE):
            said.append(str(value))
            at, tens = end, False
            continue
        if tens and len(token.digits) == 1 and token.digits != "0" and token.cls == SPOKEN:
            said[-1] = said[-1][0] + token.digits
            tens = False
        else:
            said.append(token.digits)
            tens = token.cls == TENS
        at += 1
    return "".join(said)
