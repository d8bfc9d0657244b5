"""Words that are a digit and something else as well ("un", "ein", "oh"): only what stands beside them tells."""

from captiond.core.redact.classes import FILLER, IS_COUNTRY, LETTER, MARK, MULTIPLE, SILENT, WORD
from captiond.core.redact.lexicon import MAX_PHRASE_WORDS
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Window


def is_zero(token: Token) -> bool:
    """ "oh", "oh-oh"."""
    return token.digits != "" and not token.digits.strip("0")


def is_digit_alone(window: Window, token: Token) -> bool:
    """ "oh" and "un": words that are a digit without another one right beside them."""
    return is_zero(token) or token.core in window.lexicon.articles


def is_first_digit(window: Window, at: int, token: Token) -> bool:
    """ "el código es un", "sûr, un", "double un": an article where the first digit is expected."""
    if token.core not in window.lexicon.articles:
        return False
    if at == window.base or window.owner(at) != window.owner(at - 1):
        return True
    before = window.token(at - 1)
    if before.cls in (FILLER, MARK, MULTIPLE, SILENT) or before.text[-1] in ",.:;":
        return True
    if before.cls == LETTER or (before.flags & IS_COUNTRY and before.text[:2].isupper()):
        return True  # "FR un deux"
    return before.core in window.lexicon.copulas or before.core in window.lexicon.pauses


def is_last_digit(window: Window, at: int, following: Token) -> bool:
    """ "..., pardon, un merci": an article behind a pause, before thanks, which have none; "un moment" has."""
    if window.core(at) not in window.lexicon.articles or following.core not in window.lexicon.pauses:
        return False
    return following.cls == WORD and not begins_interjection(window, at)


def begins_interjection(window: Window, at: int) -> bool:
    """ "un moment": the article belongs to it."""
    for end in range(at + 1, at + MAX_PHRASE_WORDS):
        for words in window.lexicon.interjections.get(window.core(end), ()):
            if len(words) == end - at + 1 and all(window.core(end - i) == words[i] for i in range(len(words))):
                return True
    return False


def is_of_pause(window: Window, at: int) -> bool:
    """ "..., einen Moment": an article that is no digit, whatever was asked for."""
    return window.core(at) in window.lexicon.articles and begins_interjection(window, at)


def may_become_thanks(window: Window, at: int, core: str) -> bool:
    """Whether what stands behind an article may be half of a word that makes it a digit: "me" of "merci"."""
    if window.core(at) not in window.lexicon.articles:
        return False
    return any(len(word) > len(core) and word.startswith(core) for word in window.lexicon.pauses)
