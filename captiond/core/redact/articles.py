"""Words that are a digit and something else as well ("un", "ein", "oh"): only what stands beside them tells."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.cardinals import HUNDRED_ZEROS
from captiond.core.redact.classes import FILLER, LETTER, MARK, MULTIPLE, SCALE, SILENT, TENS, WEAK, WORD
from captiond.core.redact.codes import NOWHERE, country_before
from captiond.core.redact.lexicon import MAX_PHRASE_WORDS
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window

MAX_PAUSE_WORDS: Final = 3  # more fillers end what would begin a number: the gate would not read so far back


def is_zero(token: Token) -> bool:
    """ "oh", "oh-oh"."""
    return token.digits != "" and not token.digits.strip("0")


def is_digit_alone(window: Window, token: Token) -> bool:
    """ "oh" and "un": words that are a digit without another one right beside them."""
    return is_zero(token) or token.core in window.lexicon.articles


def is_first_digit(window: Window, at: i64, token: Token) -> bool:
    """ "el código es un", "sûr, un", "c'est cent", "double": what may be none, where the first digit is expected."""
    begins = token.cls == MULTIPLE or (token.cls == SCALE and len(token.digits) == HUNDRED_ZEROS)
    if token.core not in window.lexicon.articles and not begins:
        return False
    if at == window.base or window.owner(at) != window.owner(at - 1):
        return True
    before = window.token(at - 1)
    if before.cls in (FILLER, MARK, MULTIPLE, SILENT) or before.text[-1] in ",.:;":
        return True
    if before.cls == LETTER or country_before(window, at) < at:
        return True  # "FR un deux"
    return before.core in window.lexicon.copulas or before.core in window.lexicon.pauses


def is_announced(window: Window, at: i64, token: Token, *, inside: bool) -> bool:
    """Whether a word that may be none says digits behind a cue: "oh three", "c'est un", "double" | "four".

    Args:
        inside: digits came before it: then "double" and "hundred" are of them or not, as elsewhere.
    """
    if token.cls == WEAK:
        return is_zero(token) or is_first_digit(window, at, token)
    return token.cls in (MULTIPLE, SCALE) and not inside and is_first_digit(window, at, token)


def is_determined(window: Window, at: i64) -> bool:
    """ "the new one": whether a word before it makes a number word a pronoun; "right, one" begins with an "okay"."""
    before = window.core(at - 1)
    if before not in window.lexicon.determiners:
        return False
    begins = at - 1 == window.base or window.owner(at - 2) != window.owner(at - 1)
    return not (begins and before in window.lexicon.acknowledgements)


def is_linker(window: Window, at: i64, last: i64) -> bool:
    """ "treinta y dos", "vingt et un": whether a word stands right after tens that a unit may follow."""
    return last == at - 1 and window.core(at) in window.lexicon.linkers and window.token(last).cls in (TENS, SCALE)


def reads_on(window: Window, at: i64, said: i64) -> bool:
    """ "double - 3", "oh 2 3 0": whether a word before so many numerals is a digit with them; "oh, 20" is none.

    What doubles a word glued to numerals is one, too: "triple eight+44".
    """
    spelled = window.core(at)[0].isalpha() and not window.token(at).mixed
    while at > window.base and window.token(at - 1).cls == SILENT:
        at -= 1
    before = window.token(at - 1)
    if before.cls == MULTIPLE:
        return said == 1 or spelled
    return is_zero(before) and before.last == len(before.text)


def begins_number(window: Window, stop: i64) -> bool:
    """ "double, euh", "double un, euh", "G B oh, um": whether the words up to an index are digits before any other one.

    Behind what doubles a digit, or the country of an IBAN, a word that is one alone is no article and no sigh; nor is
    an article where a number may begin ("c'est le un, euh"). After a longer pause nobody remembers it.
    """
    at = stop - 1
    while at > window.base and stop - at <= MAX_PAUSE_WORDS and window.token(at).cls in (FILLER, MARK, SILENT):
        at -= 1
    token = window.token(at)
    if token.cls != WEAK or not is_digit_alone(window, token):
        return token.cls == MULTIPLE
    if at == window.base or is_first_digit(window, at, token):
        return is_first_digit(window, at, token)
    return window.token(at - 1).cls == MULTIPLE or country_before(window, at) < at


def wait_as_digits(window: Window, first: i64, stop: i64, last: i64, *, cued: bool) -> bool:
    """ "..., double un, euh": whether words behind an open run are digits even with a pause behind them.

    Args:
        last: index of the run's last digit; NOWHERE where other words stand between.
        cued: it was asked for: then a zero is one with pauses on both sides, too.
    """
    zero = NOWHERE
    for at in range(first, stop):
        token = window.token(at)
        if is_zero(token):
            zero = at  # "oh oh, um"
        elif token.cls not in (FILLER, MARK, MULTIPLE) and token.core not in window.lexicon.articles:
            return False
    return zero == NOWHERE or _is_behind(window, zero, last, cued=cued)  # "oh well", but "..., oh" at the end


def _is_behind(window: Window, at: i64, last: i64, *, cued: bool) -> bool:
    """Whether nothing follows a word, or only a pause where it goes on with the utterance before: "oh, uh"."""
    for behind in range(at + 1, window.end()):
        if window.token(behind).cls not in (FILLER, MARK):
            return False
    return cued or at + 1 == window.end() or (last != NOWHERE and window.owner(last) != window.owner(at))


def last_digit(window: Window, first: i64, stop: i64, *, apart: bool) -> i64:
    """ "..., pardon, un, euh, merci", "... zéro | un un ça va": where the last of the articles stands that wait from an
    index on, if the word behind them says that they are digits; NOWHERE if it does not.

    One is a digit before thanks, which have none; "un moment" has. Two right behind a number are, whatever follows.

    Args:
        apart: other words stand between them and the number.
    """
    last = NOWHERE
    articles = 0
    for at in range(first, stop):
        token = window.token(at)
        if token.core in window.lexicon.articles:
            last = at
            articles += 1
        elif token.cls not in (FILLER, MARK):
            return NOWHERE
    following = window.token(stop)
    thanks = following.cls == WORD and following.core in window.lexicon.pauses
    if last == NOWHERE or begins_interjection(window, last) or not (thanks or (articles > 1 and not apart)):
        return NOWHERE
    return last


def begins_interjection(window: Window, at: i64) -> bool:
    """ "un moment": the article belongs to it; in "un, moment" it is a digit."""
    if window.token(at).trail():
        return False
    for end in range(at + 1, at + MAX_PHRASE_WORDS):
        for words in window.lexicon.interjections.get(window.core(end), ()):
            if len(words) == end - at + 1 and all(window.core(end - i) == words[i] for i in range(len(words))):
                return True
    return False


def is_of_pause(window: Window, at: i64) -> bool:
    """ "..., einen Moment": an article that is no digit, whatever was asked for."""
    return window.core(at) in window.lexicon.articles and begins_interjection(window, at)


def may_become_thanks(window: Window, at: i64, core: str) -> bool:
    """Whether what stands behind an article may be half of a word that makes it a digit: "me" of "merci"."""
    if window.core(at) not in window.lexicon.articles:
        return False
    return any(len(word) > len(core) and word.startswith(core) for word in window.lexicon.pauses)
