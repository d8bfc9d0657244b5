"""Numbers below a hundred that are said in several words, as each language builds them: what belongs to what.

"forty seven" and "quarante sept" are 47, "dreißig acht" is 308; "soixante et onze" is 71, "drei und zwanzig" 23.
"""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import SCALE, SPOKEN, TENS, WEAK
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window

MAX_COMPOUND_WORDS: Final = 4  # "quatre vingt dix sept"


def ties(window: Window, at: i64) -> bool:
    """Whether a word ties the numbers beside it into one: "treinta y dos", "vingt et un", "drei und zwanzig"."""
    lexicon = window.lexicon
    if window.core(at) not in lexicon.linkers or at <= window.base or at + 1 >= window.end():
        return False
    before, after = window.token(at - 1), window.token(at + 1)
    if before.cls in (TENS, SCALE):
        return after.cls in (SPOKEN, TENS) or after.core in lexicon.articles
    return is_inverted(window, at)


def is_inverted(window: Window, at: i64) -> bool:
    """ "drei und zwanzig", "ein und achtzig": whether a unit stands before that word, and its tens behind."""
    if window.core(at) not in window.lexicon.inverted or at <= window.base or at + 1 >= window.end():
        return False
    unit = window.token(at - 1).digits
    return len(unit) == 1 and unit != "0" and window.token(at + 1).cls == TENS


def merged(window: Window, start: i64, stop: i64) -> list[Token]:
    """The tokens from start up to stop, each number of several words as one."""
    tokens: list[Token] = []
    lexicon = window.lexicon
    spaced, inverted = len(lexicon.hyphenated) > 0, len(lexicon.inverted) > 0
    at = start
    while at < stop:
        token = window.token(at)
        begins = token.cls == TENS or (spaced and token.cls == SPOKEN and token.core in lexicon.hyphenated)
        if not (begins or (inverted and is_inverted(window, at + 1))):  # most digits are said alone
            tokens.append(token)
            at += 1
            continue
        end, digits = _compound(window, start, at, stop)
        if end > at + 1:
            token = Token(window.token(end - 1).text, token.core, SPOKEN, digits, 0, 0, False, 0)
        tokens.append(token)
        at = max(end, at + 1)
    return tokens


def _compound(window: Window, start: i64, at: i64, stop: i64) -> tuple[int, str]:
    """Where the number ends that begins there, and its digits."""
    token, lexicon = window.token(at), window.lexicon
    if token.cls in (SPOKEN, TENS) and token.core in lexicon.hyphenated:
        end, digits = _spaced(window, start, at, stop)
        if end > at + 1:
            return end, digits
    if token.cls == TENS and not token.trail():
        unit_at = at + 2 if ties(window, at + 1) else at + 1
        if unit_at < stop and (unit_at == at + 2 or token.core in lexicon.fused):
            unit = window.token(unit_at)
            if unit.cls in (SPOKEN, WEAK) and len(unit.digits) == 1 and unit.digits != "0":
                return unit_at + 1, token.digits[0] + unit.digits
    elif at + 2 < stop and is_inverted(window, at + 1):
        return at + 3, window.token(at + 2).digits[0] + token.digits
    return at + 1, token.digits


def _spaced(window: Window, start: i64, at: i64, stop: i64) -> tuple[int, str]:
    """ "quatre vingt dix sept", "soixante et onze": what is one word with hyphens, as many of them as make one.

    Not "zéro quatre vingt deux": telephone numbers are said in pairs.
    """
    token, lexicon = window.token(at), window.lexicon
    end, digits = at + 1, token.digits
    if len(digits) == 1 and at > start and window.token(at - 1).digits == "0":
        return end, digits
    core = token.core
    behind = at + 1
    while behind < min(stop, at + MAX_COMPOUND_WORDS) and not window.token(behind - 1).trail():
        core = f"{core}-{window.core(behind)}"
        behind += 1
        said = lexicon.digits.get(core) or lexicon.tens.get(core)
        if said is not None:
            end, digits = behind, said
    return end, digits
