"""Which words may pass unread behind a word, by what is open there; the gate (`core.redact.gate`) keeps to it."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.classes import SPOKEN, TENS
from captiond.core.redact.mail import NOTHING, Chain
from captiond.core.redact.runs import MAX_RUN_TOKENS, MAX_WORDS_BETWEEN, NONE, Run
from captiond.core.redact.triggers import ALWAYS, CUED, RUNNING
from captiond.core.redact.window import EXACTING, FOR_BIRTH, FOR_DIGITS, FOR_EMAIL, FOR_IBAN, FOR_ID, Window

MANY: Final = 1 << 30  # words: as good as no limit


@mypyc_attr(acyclic=True, free_list_len=1)
class Leave:
    """Which words the gate may let through behind a point.

    Attributes:
        triggers: bits of those that it may not.
        words: how many ordinary words it may let through.
        digits: how many digits, before any other word, change nothing: the point ends in the mask of their run.
        digit_like: so many words before the point may be misheard digits.
        spoken: the word before the point is a number word.
        strict: only words that are known to be everybody's, since any other one may be part of an address.
        lettered: no letters of a country: a code may begin with them.
    """

    __slots__ = ("digit_like", "digits", "lettered", "spoken", "strict", "triggers", "words")

    def __init__(
        self, triggers: i64, words: i64, *, digits: i64 = 0, digit_like: i64 = 0, spoken: bool = False,
        strict: bool = False, lettered: bool = False,
    ) -> None:  # fmt: skip
        self.spoken = spoken
        self.strict = strict
        self.lettered = lettered
        self.triggers = triggers
        self.words = words
        self.digits = digits
        self.digit_like = digit_like


def leave_behind(window: Window, run: Run, chain: Chain, *, lost: bool) -> Leave | None:
    """Which words the gate may let through now; None for none.

    Args:
        lost: events are missing: the channel counts as cued.
    """
    if chain.phase != NOTHING and (chain.is_masked() or chain.joined or chain.letters > 1):
        return None
    cued, opened = lost, run.start != NONE
    if opened and window.dates and window.has_cue(FOR_BIRTH, window.owner(run.start)):
        return None  # the date goes on, although its cue does not reach this utterance: `Machine.advance`
    asked = window.asked
    strict = asked & FOR_EMAIL != 0
    lettered = asked & (FOR_IBAN | FOR_ID) != 0
    if asked & EXACTING and (run.weak != NONE or asked & FOR_BIRTH or (strict and chain.phase != NOTHING)):
        return None
    cued = cued or asked & FOR_DIGITS != 0
    end = window.end()
    if not opened:
        digit_like = end - run.weak if run.weak != NONE else 0
        if digit_like > 2:
            return None
        return Leave(CUED if cued or strict else ALWAYS, MANY, digit_like=digit_like, strict=strict, lettered=lettered)
    if run.weak != NONE or run.dated or run.shaped:
        return None
    room = MAX_RUN_TOKENS - 2 - (end - run.start)
    words = min(MAX_WORDS_BETWEEN - run.gap, room)
    masked = run.is_masked()
    if words <= 0 or run.iban or (masked and run.may_be_let_go(window)):
        words = 0
    if not (masked and run.last == end - 1 and _ends_in_mask(window)):
        return Leave(RUNNING, words, strict=strict, lettered=lettered) if words > 0 else None
    if words <= 0 and room <= 0:
        return None
    spoken = window.tokens[-1].cls in (SPOKEN, TENS)
    return Leave(RUNNING, words, digits=room, spoken=spoken, strict=strict, lettered=lettered)


def _ends_in_mask(window: Window) -> bool:
    """Whether the caption ends in the open mask of the run, so that one more digit changes nothing in it."""
    token = window.tokens[-1]
    return window.end() > window.begun and token.last == len(token.text)
