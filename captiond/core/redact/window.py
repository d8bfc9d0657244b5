"""The words that are not yet settled, and the cues that reach them: what runs, addresses and decisions look at."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.classes import ENDS_CUE, FILLER
from captiond.core.redact.kinds import ALL, CVV, DOB, EMAIL, IBAN, NATIONAL_ID, PIN
from captiond.core.redact.lexicon import ENDING, KEEP, Lexicon
from captiond.core.redact.tokens import Token

CONTEXT_TOKENS: Final = 12  # settled words kept for looking back: cue phrases have 5 words, keep-words reach 9
MAX_MARKERS: Final = 24  # cues remembered of one stretch; more are heaped up by nobody but a tester, the oldest go
NOBODY: Final = -1
MAX_POSTCODE_DIGITS: Final = 9  # the United States' long ones
MAX_REFERENCE_DIGITS: Final = 99  # no limit

# What cues ask for, as bits: one test tells whether something is asked for, however many cues there are.
FOR_DIGITS: Final = 1
FOR_EMAIL: Final = 2
FOR_IBAN: Final = 4
FOR_BIRTH: Final = 8
FOR_ID: Final = 16
FOR_CODE: Final = 32  # of three or four digits
EXACTING: Final = FOR_EMAIL | FOR_IBAN | FOR_BIRTH | FOR_ID
_ASKED: Final[dict[str, int]] = {
    KEEP: 0,
    ENDING: 0,
    EMAIL: FOR_EMAIL,
    IBAN: FOR_DIGITS | FOR_IBAN,
    DOB: FOR_DIGITS | FOR_BIRTH,
    NATIONAL_ID: FOR_DIGITS | FOR_ID,
    CVV: FOR_DIGITS | FOR_CODE,
    PIN: FOR_DIGITS | FOR_CODE,
}  # any other kind: digits


@mypyc_attr(acyclic=True)
class Marker:
    """A cue or a keep-word that was said. Nothing in it changes, but for `answered`, which only finals set.

    Attributes:
        kind: the kind it announces, KEEP, or ENDING.
        since: index of its first word; `at`: of its last one.
            For one from another channel both are the index before the utterance it reaches.
        owner: number of the utterance it was said in; NOBODY for one from another channel.
        reach: number of the last utterance it reaches.
        asks: it names a number ("order number"), not only a thing ("order"): it reaches the next utterance.
        most: so many digits at most are what a keep-word names: a postcode is never longer.
        said: so many digits of its number were said already, before a pause.
        origin: the other channel's marker that this one stands for.
        answered: a final gave it its number. It keeps open runs masked, but names nothing any more.
        what: what it asks for, as bits.
        cues: it announces digits; `exacting`: ordinary words and letters, too, may be private behind it.
        bit: in `Window.used`. No other one in that window's list has it.
    """

    __slots__ = (
        "answered", "asks", "at", "bit", "cues", "exacting", "kind", "most", "origin", "owner", "reach", "said",
        "since", "what",
    )  # fmt: skip

    def __init__(
        self, kind: str, at: i64, owner: i64, reach: i64, asks: bool = False, origin: "Marker | None" = None
    ) -> None:
        self.kind = kind
        self.at = at
        self.since = at
        self.owner = owner
        self.reach = reach
        self.asks = asks
        self.most: i64 = MAX_REFERENCE_DIGITS
        self.said: i64 = 0
        self.origin = origin
        self.answered = False
        self.what: i64 = _ASKED.get(kind, FOR_DIGITS)
        self.cues = self.what & FOR_DIGITS != 0
        self.exacting = self.what & EXACTING != 0
        self.bit: i64 = 0


@mypyc_attr(acyclic=True)
class Mask:
    """A closed mask: the words from `start` up to `stop`, its kind, and which number of the channel it hides.

    Attributes:
        reach: no mask that was set before it goes on behind that index, nor does this one.
    """

    __slots__ = ("group", "label", "reach", "start", "stop")

    def __init__(self, start: i64, stop: i64, label: str, group: i64, reach: i64) -> None:
        self.start = start
        self.stop = stop
        self.label = label
        self.group = group
        self.reach = reach


@mypyc_attr(acyclic=True, free_list_len=1)
class Window:
    """Tokens from some context before the first unsettled one up to the newest. Indexes are absolute and never reused.

    Taking a step back (`Machine.back`) drops what was appended since: so lists only grow between two steps, and
    whatever else changes is replaced by another one, never changed in place.

    Attributes:
        base: index of tokens[0].
        number: of the newest utterance; `begun`: index of its first token; `earlier`: of those before it.
        dates, addresses: whether dates of birth and e-mail addresses are masked.
        masks: in order of time; they may overlap, the newest counts.
        markers: cues and keep-words in order of time; `used`: the bits of those that a number has answered, here or
            in the channel where they were said.
        asked: what those of them ask for that reach the newest utterance: digits, and else what is not answered.
    """

    __slots__ = (
        "addresses", "asked", "base", "begun", "dates", "earlier", "kinds", "lexicon", "markers", "masks", "number",
        "tokens", "used",
    )  # fmt: skip

    def __init__(
        self, lexicon: Lexicon, kinds: frozenset[str], before: "Window | None" = None, settled: i64 = 0
    ) -> None:
        self.lexicon = lexicon
        self.kinds = kinds
        if before is None:
            self.dates = DOB in kinds
            self.addresses = EMAIL in kinds
            self.base: i64 = 0
            self.number: i64 = 0
            self.begun: i64 = 0
            self.earlier: list[int] = []
            self.tokens: list[Token] = []
            self.masks: list[Mask] = []
            self.markers: list[Marker] = []
            self.used: i64 = 0
            self.asked: i64 = 0
        else:
            self.dates = before.dates
            self.addresses = before.addresses
            extra = max(settled - CONTEXT_TOKENS - before.base, 0)
            self.base = before.base + extra
            self.number = before.number
            self.begun = before.begun
            self.earlier = before.earlier
            self.tokens = before.tokens[extra:]
            self.masks = []
            self.markers = before.markers[:]
            self.used = before.used
            self.asked = before.asked
            if before.masks:
                self.masks = [mask for mask in before.masks if mask.stop > self.base]

    def end(self) -> i64:
        """The index after the newest token."""
        return self.base + len(self.tokens)

    def token(self, at: i64) -> Token:
        """The token with that index; it must still be there."""
        return self.tokens[at - self.base]

    def core(self, at: i64) -> str:
        """The core of the token at an index; "" where it is gone or not yet there."""
        i = at - self.base
        return self.tokens[i].core if 0 <= i < len(self.tokens) else ""

    def said(self, start: i64, stop: i64) -> list[Token]:
        """The tokens from start up to stop that are no fillers."""
        first, size = start - self.base, stop - start
        if size == 1:
            token = self.tokens[first]
            return [token] if token.cls != FILLER else []
        said = self.tokens[first : first + size]  # mostly there is none: a slice is faster than a list made of each
        for i in range(len(said) - 1, -1, -1):
            if said[i].cls == FILLER:
                del said[i]
        return said

    def mask(self, at: i64) -> Mask | None:
        """The closed mask of the token at an index."""
        masks = self.masks
        for i in range(len(masks) - 1, -1, -1):
            mask = masks[i]
            if mask.start <= at < mask.stop:
                return mask
            if mask.reach <= at:
                break
        return None

    def label(self, at: i64) -> str:
        """The kind of that mask; "" where there is none."""
        mask = self.mask(at)
        return mask.label if mask is not None else ""

    def owner(self, at: i64) -> i64:
        """The utterance that the token at an index belongs to."""
        if at >= self.begun:
            return self.number
        earlier = self.earlier
        i: i64 = len(earlier) - 1
        while i > 0 and at < earlier[i]:
            i -= 1
        return self.number - len(earlier) + i

    def begin(self) -> None:
        """A new utterance: what is appended from here on is its own."""
        earlier = self.earlier
        gone: i64 = 0
        if self.begun <= self.base:
            gone = len(earlier)
        while gone + 1 < len(earlier) and earlier[gone + 1] <= self.base:
            gone += 1
        earlier = earlier[gone:]
        earlier.append(int(self.begun))
        self.earlier = earlier
        self.begun = self.end()
        self.number += 1

    def append(self, token: Token) -> i64:
        """Takes one more token, finds the cue it ends, and answers its index."""
        at = self.base + len(self.tokens)
        self.tokens.append(token)
        if token.flags & ENDS_CUE:
            for words, kind in self.lexicon.cues_of(token.core, self.core(at - 1)):
                if self._ends_with(words, at) and self.is_on(kind):
                    self.mark(self.cue(words, kind, at, self.number))
                    break
        return at

    def replace(self, at: i64, token: Token) -> None:
        """Another reading of a token."""
        self.tokens = self.tokens[:]
        self.tokens[at - self.base] = token

    def mark(self, marker: Marker) -> None:
        """Remembers a cue. A keep-phrase that a cue's words begin takes its place: "votre numéro" "de commande"."""
        if marker.kind == KEEP and marker.since < marker.at:
            for one in self.markers:
                if one.cues and one.at >= marker.since:
                    self.markers = [m for m in self.markers if not (m.cues and m.at >= marker.since)]
                    self._drop_unlisted()
                    break
        if len(self.markers) >= MAX_MARKERS:
            self.markers = self.markers[1:]
            self._drop_unlisted()
        bits = self._bits()
        marker.bit = ~bits & (bits + 1)  # the lowest that is free
        self.markers.append(marker)
        if marker.origin is not None and marker.origin.answered:
            self.used |= marker.bit
        if marker.reach >= self.number:
            self.asked |= self._asks(marker)

    def answer(self, kind: str, before: i64) -> None:
        """The cues of that kind that were said before an index have got their number."""
        bits: i64 = 0
        for marker in self.markers:
            if marker.at < before and marker.kind == kind:
                bits |= marker.bit
        self._use(bits)

    def answer_codes(self, before: i64) -> None:
        """As `answer`, for the cues of all kinds of short codes."""
        bits: i64 = 0
        for marker in self.markers:
            if marker.what & FOR_CODE and marker.at < before:
                bits |= marker.bit
        self._use(bits)

    def _use(self, bits: i64) -> None:
        if bits & ~self.used:
            self.used |= bits
            self._sum_up()

    def answered(self) -> list[Marker]:
        """This channel's own cues that have got their number."""
        used = self.used
        return [marker for marker in self.markers if used & marker.bit and marker.origin is None]

    def forget_cues(self, reaching: i64) -> None:
        """Cues that reach no utterance from that one on are over."""
        if self.markers:
            self.markers = [m for m in self.markers if m.reach >= reaching]
            self.hear_answers()

    def hear_answers(self) -> None:
        """Takes note of what the channels where cues were said have answered by now."""
        for marker in self.markers:
            if marker.origin is not None and marker.origin.answered:
                self.used |= marker.bit
        self._drop_unlisted()

    def _drop_unlisted(self) -> None:
        """Markers have left the list: their bits are free for others."""
        self.used &= self._bits()
        self._sum_up()

    def _bits(self) -> i64:
        bits: i64 = 0
        for marker in self.markers:
            bits |= marker.bit
        return bits

    def _sum_up(self) -> None:
        """Looks what is asked for now."""
        asked: i64 = 0
        for marker in self.markers:
            if marker.reach >= self.number:
                asked |= self._asks(marker)
        self.asked = asked

    def _asks(self, marker: Marker) -> i64:
        """What a cue still asks for: one that is answered keeps digits masked, and that is all."""
        return marker.what & FOR_DIGITS if self.used & marker.bit else marker.what

    def cue(self, words: tuple[str, ...], kind: str, at: i64, owner: i64) -> Marker:
        """What a phrase, last word first, leaves behind that ends there."""
        marker = Marker(kind, at, owner, owner + 1, len(words) > 1 or _names_a_number(words[0]))
        marker.since = at + 1 - len(words)
        if kind == KEEP and words in self.lexicon.postcodes:
            marker.most = MAX_POSTCODE_DIGITS
        return marker

    def is_on(self, kind: str) -> bool:
        """Whether cues of that kind count."""
        return kind in self.kinds or kind in (KEEP, ENDING, PIN) or (kind not in ALL)

    def _ends_with(self, words: tuple[str, ...], at: i64) -> bool:
        """Whether a phrase ends there; it may have begun in the utterance before ("the security" "code is ...")."""
        for back in range(1, len(words)):
            i = at - back
            if i < self.base or self.token(i).core != words[back]:
                return False
        return True

    def is_cued(self, owner: i64) -> bool:
        """Whether a cue for digits reaches that utterance as far as it was heard."""
        if owner == self.number:
            return self.asked & FOR_DIGITS != 0
        for marker in self.markers:  # noqa: SIM110  # a generator costs five times as much where nothing is compiled
            if marker.cues and marker.reach >= owner:
                return True
        return False

    def is_used(self, marker: Marker) -> bool:
        """Whether a cue of this list has got its number, here or in the channel where it was said."""
        return self.used & marker.bit != 0

    def has_cue(self, what: i64, owner: i64) -> bool:
        """Whether a cue for that (one of the bits above), not yet answered, reaches that utterance."""
        if owner == self.number:
            return self.asked & what != 0
        for marker in self.markers:
            if marker.what & what and marker.reach >= owner and not self.used & marker.bit:
                return True
        return False

    def is_announced_between(self, start: i64, stop: i64) -> bool:
        """Whether a cue or a keep-word ends between two indexes, at neither of them."""
        markers = self.markers
        for i in range(len(markers) - 1, -1, -1):
            at = markers[i].at
            if at < stop:
                return at > start  # they are in order of time
        return False

    def set_label(self, start: i64, stop: i64, label: str, group: i64) -> None:
        """Masks the tokens from start up to stop."""
        reach = self.masks[-1].reach if self.masks else stop
        self.masks.append(Mask(start, stop, label, group, max(reach, stop)))

    def trim(self, settled: i64) -> None:
        """Forgets tokens that are settled and too far back to matter."""
        extra = settled - CONTEXT_TOKENS - self.base
        if extra > 0:
            self.tokens = self.tokens[extra:]
            self.base += extra
            if self.masks:
                self.masks = [mask for mask in self.masks if mask.stop > self.base]

    def leap(self, words: i64) -> None:
        """So many more tokens came and were settled, and none of them matters any more."""
        self.base += len(self.tokens) + words
        self.tokens = []
        self.masks = []


def _names_a_number(word: str) -> bool:
    """German makes one word of it: "Vorgangsnummer", "Postleitzahl"."""
    return word.endswith(("nummer", "zahl"))
