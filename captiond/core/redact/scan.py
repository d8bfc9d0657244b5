"""One utterance while it is heard: each new partial is read from where it differs from the one before.

A `Point` is the whole state after some chunks of the raw text, so going on from it equals reading from the start:
what a text becomes does not depend on the partials before it. The tests prove it with random ones.
"""

from typing import Final

from captiond.base.prefix import common_prefix
from captiond.core.normalise import KEPT, Repeats, clean, joins
from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.machine import Machine
from captiond.core.redact.tokens import read

MAX_POINTS: Final = 24  # recognisers rewrite the last few words; what goes further back is read anew from the start
CHUNKS_PER_POINT: Final = 16  # where much text comes at once


class Point:
    """The state after the chunks of text[:offset].

    Attributes:
        offset: in the raw text; a chunk ends before it, white space or nothing follows that chunk.
        newest: the last words, which may still get punctuation or turn out to be repeats.
    """

    __slots__ = ("machine", "newest", "offset", "repeats")

    def __init__(self, offset: int, machine: Machine, newest: list[str], repeats: Repeats) -> None:
        self.offset = offset
        self.machine = machine
        self.newest = newest
        self.repeats = repeats

    def copy(self) -> "Point":
        """An equal one that goes on alone."""
        return Point(self.offset, self.machine.copy(), self.newest[:], self.repeats.copy())

    def take(self, chunk: str, lexicon: Lexicon) -> None:
        """Goes on by one chunk."""
        for word in clean(chunk):
            if self.newest and joins(word):
                self.newest[-1] += word
                self.repeats = Repeats()
                continue
            drop = self.repeats.next(word, number=lexicon.is_number(word))
            if drop == 0:
                self.newest.append(word)
                if len(self.newest) > KEPT:
                    self.machine.step(read(self.newest.pop(0), lexicon))
            elif drop == KEPT:
                self.newest.pop()

    def flush(self, lexicon: Lexicon, *, final: bool) -> None:
        """The text ends here, for now or for good."""
        left = len(self.newest)
        for word in self.newest:
            left -= 1
            self.machine.step(read(word, lexicon), unfinished=left == 0 and not final)
        self.newest = []


class Scan:
    """The points of one utterance. `base` is the machine as earlier finals left it, begun anew."""

    __slots__ = ("lexicon", "points", "text")

    def __init__(self, base: Machine, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.text = ""
        self.points = [Point(0, base, [], Repeats())]

    def read(self, text: str, *, final: bool) -> Machine:
        """The machine after this text. It may be changed; the scan keeps none of it.

        Args:
            final: its last word is said to its end.
        """
        same = common_prefix(self.text, text)
        points = self.points
        while points[-1].offset > same:
            points.pop()
        at = points[-1].copy()
        tail = text[at.offset :]
        chunks = tail.split()
        if chunks and not tail[-1].isspace():
            rest = chunks.pop()
            end = len(text) - len(rest)
        else:
            rest, end = "", len(text)
        for number, chunk in enumerate(chunks, 1):
            at.take(chunk, self.lexicon)
            if number % CHUNKS_PER_POINT == 0 and number < len(chunks):
                at.offset = _after(text, at.offset, CHUNKS_PER_POINT)
                points.append(at.copy())
        if chunks:
            at.offset = end
            points.append(at.copy())
        if len(points) > MAX_POINTS:
            del points[1 : len(points) - MAX_POINTS + 1]
        self.text = text
        if rest:
            at.take(rest, self.lexicon)
        at.flush(self.lexicon, final=final)
        return at.machine


def _after(text: str, offset: int, chunks: int) -> int:
    """The index behind so many chunks."""
    return len(text) - len(text[offset:].split(None, chunks)[chunks])
