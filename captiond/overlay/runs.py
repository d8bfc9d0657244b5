"""One line as what is drawn: who speaks, settled and tentative words, masks by their names, in which direction. Pure.

The names are those of the browser's `caption-text.js`; a test holds the two against each other.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from captiond.core.screen import OPEN_MASK, Entry, GapEntry

MASK_NAMES: Final[Mapping[str, str]] = {
    "CC": "card number",
    "CVV": "security code",
    "SSN": "social security number",
    "PHONE": "phone number",
    "EMAIL": "e-mail address",
    "IBAN": "bank account",
    "NUMBER": "number",
    "ACCOUNT": "account number",
    "DOB": "date of birth",
    "NATIONAL_ID": "national ID",
}
MAX_TEXT: Final = 16_384  # code points; the daemon sends at most 8,192 of what was said, and masks in place of some
MAX_LABEL: Final = 64
OPEN_NAME: Final = "private"
LABELS: Final[Mapping[str, str]] = {"internal": "Agent", "external": "Customer"}

_MASK: Final = re.compile(rf"\[(\.\.\.|{'|'.join(MASK_NAMES)})\]")
_FIRST_STRONG: Final = "\u2068"  # FSI and PDI: what stands between them does not turn what is around it
_POP: Final = "\u2069"
_HARD_SPACE: Final = "\u00a0"
_HARD_HYPHEN: Final = "\u2011"
# Would reach beyond the words they stand in. The marks (LRM, RLM, ALM) do not, and right-to-left text has them.
_DIRECTIONS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})

Kind = Literal["label", "settled", "tentative", "open", "closed", "note"]


class Run(NamedTuple):
    """Characters that are drawn alike."""

    text: str
    kind: Kind


class Row(NamedTuple):
    """One caption, gap or note. `right_to_left`: of the paragraph, by the first letter that has a direction."""

    runs: tuple[Run, ...]
    channel: str
    right_to_left: bool

    @property
    def text(self) -> str:
        """All of it, as it is laid out."""
        return "".join(run.text for run in self.runs)


def row_of(item: Entry | GapEntry) -> Row:
    """What is drawn for one thing on the screen."""
    if isinstance(item, GapEntry):
        return note(missed(item))
    return _caption(item.text, item.stable_length if not item.final else None, item.channel)


def note(text: str) -> Row:
    """A line of ours among the captions."""
    return Row((Run(text, "note"),), "", right_to_left=False)


def missed(gap: GapEntry) -> str:
    """A gap in words."""
    if gap.lost is None:
        return "Words may be missing here."
    return f"{gap.lost} update{'' if gap.lost == 1 else 's'} missed here."


def earlier(count: int) -> str:
    """What stands above the first line, in words."""
    return f"{count} earlier line{' is' if count == 1 else 's are'} not shown."


def spoken(item: Entry) -> str:
    """A caption as a screen reader says it: who, then the words, masks by their names."""
    return "".join(
        run.text if run.kind in ("label", "settled", "tentative") else f"({_named(run)})" for run in row_of(item).runs
    ).translate(_UNMARKED)


def plain(text: str) -> str:
    """The text with U+FFFD, one for one, for what breaks a line, turns what is around it, or is half a character."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if one in _DIRECTIONS or unicodedata.category(one) in _CONTROLS else one for one in text)


def is_right_to_left(text: str) -> bool:
    """By the first letter that has a direction."""
    for one in text:
        direction = unicodedata.bidirectional(one)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def utf16_units(text: str) -> int:
    """Its length as the toolkit counts it; Python and the protocol count code points."""
    return len(text) + sum(one > "\uffff" for one in text)


_UNMARKED: Final = {ord(_FIRST_STRONG): None, ord(_POP): None, ord(_HARD_SPACE): " ", ord(_HARD_HYPHEN): "-"}


def _caption(text: str, stable: int | None, channel: str) -> Row:
    """`stable` None: all of it is settled."""
    text = text[:MAX_TEXT]
    stable = len(text) if stable is None else stable
    runs: list[Run] = []
    label = LABELS.get(channel, plain(channel[:MAX_LABEL]))
    if label:
        runs.append(Run(f"{_FIRST_STRONG}{label}{_POP}: ", "label"))
    at = 0
    for found in _MASK.finditer(text):
        runs += _words(text, at, found.start(), stable)
        closed = found[0] != OPEN_MASK
        name = MASK_NAMES[found[1]] if closed else OPEN_NAME
        runs.append(Run(_boxed(name), "closed" if closed else "open"))
        at = found.end()
    runs += _words(text, at, len(text), stable)
    return Row(tuple(runs), channel, is_right_to_left(_MASK.sub("", text)))


def _words(text: str, start: int, end: int, stable: int) -> list[Run]:
    cut = min(max(stable, start), end)
    parts = (Run(plain(text[start:cut]), "settled"), Run(plain(text[cut:end]), "tentative"))
    return [run for run in parts if run.text]


def _boxed(name: str) -> str:
    """A box's words: kept on one line, with room at both ends, and in their own direction."""
    kept = name.replace(" ", _HARD_SPACE).replace("-", _HARD_HYPHEN)
    return f"{_FIRST_STRONG}{_HARD_SPACE}{kept}{_HARD_SPACE}{_POP}"


def _named(run: Run) -> str:
    return f"{run.text.translate(_UNMARKED).strip()}, not shown" if run.kind in ("open", "closed") else run.text
