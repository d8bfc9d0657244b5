"""Where a machine stood behind a word of an utterance, so that it can step back there, and what it had written down."""

from typing import TYPE_CHECKING

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.mail import NOTHING, Chain
from captiond.core.redact.runs import Run

if TYPE_CHECKING:
    from captiond.core.redact.machine import Machine


@mypyc_attr(acyclic=True)
class Sheet:
    """The settled beginning of an earlier utterance's caption, and what was masked in it. It never changes."""

    __slots__ = ("counts", "text")

    def __init__(self, text: str, counts: dict[str, int]) -> None:
        self.text = text
        self.counts = counts


@mypyc_attr(acyclic=True, free_list_len=1)
class Point:
    """Where a machine stood behind a word, so that it can step back: what it had, and how much of what only grows.

    Attributes:
        offset: in the raw text, behind the white space after that word's chunk; -1 where reading can't go on from it.
        word: as normalised, with the punctuation that joined it; "" where it was dropped.
        last, count: what `normalise.Repeats` knew.
    """

    __slots__ = (
        "asked", "base", "chain", "count", "counts", "end", "group", "kept", "last", "lost", "markers",
        "markers_size", "masks", "masks_size", "offset", "recent", "run", "settled", "sheets", "text", "tokens", "used",
        "word",
    )  # fmt: skip

    def __init__(self, machine: "Machine", offset: i64, word: str, last: str, count: i64) -> None:
        self.offset = offset
        self.word = word
        self.last = last
        self.count = count
        window = machine.window
        self.tokens = window.tokens
        self.base = window.base
        self.end: i64 = window.base + len(window.tokens)
        self.masks = window.masks
        self.masks_size: i64 = len(window.masks)
        self.markers = window.markers
        self.markers_size: i64 = len(window.markers)
        self.used = window.used
        self.asked = window.asked
        run = machine.run
        self.run: Run | None = None if run.is_idle() else run.copy()
        self.chain: Chain | None = None if machine.chain.phase == NOTHING else machine.chain.copy()
        self.text = machine.text
        self.recent = machine.recent
        self.counts = machine.counts
        self.sheets = machine.sheets
        self.settled = machine.settled
        self.group = machine.group
        self.lost = machine.lost
        self.kept: i64 = len(machine.kept)
