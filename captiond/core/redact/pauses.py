"""What is said between digits: whether it is no more than a pause inside one number, or talk of its own."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import FILLER, MARK, SILENT
from captiond.core.redact.early import REPEATS
from captiond.core.redact.window import Window

MIN_PAUSE_LETTERS: Final = 3  # of an acknowledgement that is one alone; "de", "of", "it" are words of phrases
MIN_TALK_WORDS: Final = 2  # fewer may be digits misheard


def is_tight(window: Window, start: i64, stop: i64) -> bool:
    """Whether only fillers and interjections ("hold on", "let me see") stand there."""
    at = stop - 1
    while at >= start:
        size = _pause_or_thanks(window, start, at)
        if size == 0:
            return False
        at -= size
    return True


def is_told_apart(window: Window, start: i64, stop: i64) -> bool:
    """Whether an utterance ended there amid talk that is no pause: "... plus utilities" | "line 7".

    One word may be a digit misheard; more than that say something of their own.
    """
    if start == window.base or stop == window.end() or window.owner(start - 1) == window.owner(stop):
        return False
    return _talk(window, start, stop) >= MIN_TALK_WORDS


def begins_clause(window: Window, start: i64, stop: i64) -> bool:
    """Whether "and" or the like and another word stand there that do not say that a number goes on.

    "... and I paid", "... yesterday and it is", but not "... and the rest is".
    """
    lexicon = window.lexicon
    joined = False
    for at in range(start, stop):
        core = window.core(at)
        if core in lexicon.remainders or window.owner(at) != window.owner(start):
            return False
        joined = joined or core in lexicon.linkers
    return joined and _talk(window, start, stop) > 0


def _talk(window: Window, start: i64, stop: i64) -> i64:
    """How many words there are no part of a pause."""
    at = stop - 1
    words = 0
    while at >= start:
        size = _pause_or_thanks(window, start, at)
        if size == 0:
            words += 1
            size = 1
        at -= size
    return words


def is_wait(window: Window, start: i64, stop: i64) -> bool:
    """Whether nothing is said there but fillers and what asks for time: "okay, um", "one moment"."""
    at = stop - 1
    while at >= start:
        size = _pause(window, window.lexicon.waits, start, at)
        if size == 0:
            return False
        at -= size
    return True


def _pause(window: Window, phrases: dict[str, list[tuple[str, ...]]], start: i64, at: i64) -> i64:
    """How many words up to the one at an index are a filler, or one of these phrases; 0 for neither."""
    size = 1 if window.token(at).cls in (FILLER, MARK, SILENT) else 0
    for words in phrases.get(window.core(at), ()):
        if at - len(words) + 1 >= start and all(window.core(at - i) == words[i] for i in range(len(words))):
            size = max(size, len(words))
    return size


def _pause_or_thanks(window: Window, start: i64, at: i64) -> i64:
    """As `_pause`, of interjections; an acknowledgement is one, too."""
    core = window.core(at)
    lexicon = window.lexicon
    alone = core in lexicon.acknowledgements and len(core) >= MIN_PAUSE_LETTERS and core not in lexicon.ranges
    size = max(_pause(window, lexicon.interjections, start, at), int(alone))
    if size == 0 and _says_how_often(window, at):
        return 1
    if size == 0 and at > start and core in lexicon.determiners and _says_how_often(window, at - 1):
        return 2
    return size


def _says_how_often(window: Window, at: i64) -> bool:
    """ "deux fois cinq", "trois fois le cinq": as many digits as the one before the word; not "120 mal 80"."""
    if window.core(at) not in window.lexicon.times or at == window.base:
        return False
    return window.token(at - 1).digits in REPEATS
