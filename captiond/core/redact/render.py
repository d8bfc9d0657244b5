"""Words to caption text: closed masks, open masks, and what stays beside them. Nothing else writes a mask."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.articles import is_linker
from captiond.core.redact.classes import DIGITS, FILLER, LETTER, MARK, SILENT, SPOKEN, TENS, WORD
from captiond.core.redact.codes import is_bank, is_country
from captiond.core.redact.mail import Chain
from captiond.core.redact.runs import NONE, Run
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import Mask, Window

OPEN: Final = "..."
OPEN_RUN: Final = -1
OPEN_CHAIN: Final = -2
_OF_RUN: Final = (DIGITS, SPOKEN, TENS)


def render(window: Window, run: Run, chain: Chain, start: i64, stop: i64, *, opened: bool) -> tuple[str, int]:
    """Words as they are shown, masked where they must be: (text, where the first open mask begins or -1).

    Args:
        start, stop: indexes of the words; all of one utterance.
        opened: open masks, too; else all of them are settled.
    """
    tokens, base = window.tokens, window.base
    masks = window.masks
    closed = len(masks) > 0 and masks[-1].reach > start
    chain_start = chain.start if opened and chain.start != NONE and chain.is_masked() else stop
    run_start = run.start if opened and run.is_masked() else stop
    first_open = -1
    words = ""
    group = 0
    label = ""
    masked_from = start  # what `group` hides begins there
    for at in range(start, stop + 1):
        token: Token | None = None
        mask: Mask | None = None
        now = 0
        if at < stop:
            token = tokens[at - base]
            if closed:
                mask = window.mask(at)
            if mask is not None:
                now = mask.group
            elif chain_start <= at <= chain.last:
                now = OPEN_CHAIN
            elif run_start <= at:
                if at > run.last:
                    hidden = run.is_pending(window, at, token)
                else:
                    hidden = token.cls in _OF_RUN or _is_of_run(window, at, token, run)
                now = OPEN_RUN if hidden else 0
        if group and (now != group or (mask is not None and mask.label != label)):
            lead, trail = _beside(window, masked_from, at)
            piece = f"{lead}[{label}]{trail}" if lead or trail else "[...]" if label == OPEN else f"[{label}]"
            if first_open < 0 and label == OPEN:
                first_open = len(words) + len(lead) + (1 if words else 0)
            words = joined(words, piece)
            group = 0
        if token is None:
            break
        if not now:
            words = joined(words, token.text)
        elif not group:
            group, masked_from, label = now, at, (mask.label if mask is not None else OPEN)
    return words, first_open


def joined(text: str, more: str) -> str:
    """Two pieces of a caption in one."""
    if not text:
        return more
    return f"{text} {more}" if more else text


def _beside(window: Window, start: i64, stop: i64) -> tuple[str, str]:
    """The punctuation that stays before and behind a mask."""
    lead, trail = window.token(start).lead(), window.token(stop - 1).trail()
    if lead and lead[-1] == "(" and ")" not in trail:
        lead = lead[:-1]
    return lead, trail


def _is_of_run(window: Window, at: i64, token: Token, run: Run) -> bool:
    """Whether a word inside an open run is masked with it; talk in between stays visible."""
    cls = token.cls
    if cls in _OF_RUN:
        return True
    if cls == FILLER:
        return at < run.last and is_linker(window, at, at - 1)
    if cls == MARK:
        return False
    if cls == SILENT and run.start < at:  # a dash behind a price is no digit
        return _is_of_run(window, at - 1, window.token(at - 1), run)
    if cls in (WORD, LETTER):
        code = token.cls == LETTER or is_bank(window, at, token) or is_country(window, token)
        return run.iban and code
    return True
