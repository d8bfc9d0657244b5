"""The words that are not yet settled, and the cues that reach them: what runs, addresses and decisions look at."""

from typing import Final

from captiond.core.redact.kinds import ALL, EMAIL, PIN
from captiond.core.redact.lexicon import KEEP, Lexicon
from captiond.core.redact.tokens import Token

CONTEXT_TOKENS: Final = 12  # settled words kept for looking back: cue phrases have 5 words, keep-words reach 9
MAX_MARKERS: Final = 24  # cues remembered of one stretch; more are heaped up by nobody but a tester, the oldest go
FOREVER: Final = 1 << 60


class Marker:
    """A cue or a keep-word that was said. Nothing in it changes, but for `answered`, which only finals set.

    Attributes:
        kind: the kind it announces, or KEEP.
        at: index of its last word; for one from another channel, the index before the utterance it reaches.
        reach: number of the last utterance it reaches.
        asks: it names a number ("order number"), not only a thing ("order"): it reaches the next utterance.
        origin: the other channel's marker that this one stands for.
        answered: a final gave it its number. It keeps open runs masked, but names nothing any more.
    """

    __slots__ = ("answered", "asks", "at", "kind", "origin", "reach")

    def __init__(self, kind: str, at: int, reach: int, asks: bool = False, origin: "Marker | None" = None) -> None:
        self.kind = kind
        self.at = at
        self.reach = reach
        self.asks = asks
        self.origin = origin
        self.answered = False


class Window:
    """Tokens from some context before the first unsettled one up to the newest. Indexes are absolute and never reused.

    Attributes:
        base: index of tokens[0].
        labels, groups: by token: the mask it got and which number that is; "" and 0 where none.
        owners: by token: the number of the utterance it belongs to.
        markers: cues and keep-words in order of time; `used`: those that a number has answered.
    """

    __slots__ = ("base", "groups", "kinds", "labels", "lexicon", "markers", "owners", "tokens", "used")

    def __init__(self, lexicon: Lexicon, kinds: frozenset[str]) -> None:
        self.lexicon = lexicon
        self.kinds = kinds
        self.base = 0
        self.tokens: list[Token] = []
        self.labels: list[str] = []
        self.groups: list[int] = []
        self.owners: list[int] = []
        self.markers: list[Marker] = []
        self.used: set[Marker] = set()

    def copy(self) -> "Window":
        """An equal one; tokens and markers are shared, since they never change."""
        other = Window(self.lexicon, self.kinds)
        other.base = self.base
        other.tokens = self.tokens[:]
        other.labels = self.labels[:]
        other.groups = self.groups[:]
        other.owners = self.owners[:]
        other.markers = self.markers[:]
        other.used = set(self.used)
        return other

    def end(self) -> int:
        """The index after the newest token."""
        return self.base + len(self.tokens)

    def token(self, at: int) -> Token:
        """The token with that index; it must still be there."""
        return self.tokens[at - self.base]

    def core(self, at: int) -> str:
        """The core of the token at an index; "" where it is gone or not yet there."""
        i = at - self.base
        return self.tokens[i].core if 0 <= i < len(self.tokens) else ""

    def label(self, at: int) -> str:
        """The mask of the token at an index."""
        return self.labels[at - self.base]

    def owner(self, at: int) -> int:
        """The utterance that the token at an index belongs to."""
        return self.owners[at - self.base]

    def append(self, token: Token, owner: int) -> int:
        """Takes one more token, finds the cue it ends, and answers its index."""
        at = self.end()
        self.tokens.append(token)
        self.labels.append("")
        self.groups.append(0)
        self.owners.append(owner)
        found = self.lexicon.cues.get(token.core)
        if found is not None:
            for words, kind in found:
                if self._ends_with(words, at) and self._is_on(kind):
                    self.mark(Marker(kind, at, owner + 1, asks=len(words) > 1 or _names_a_number(words[0])))
                    break
        return at

    def mark(self, marker: Marker) -> None:
        """Remembers a cue."""
        if len(self.markers) >= MAX_MARKERS:
            self.used.discard(self.markers[0])
            del self.markers[0]
        self.markers.append(marker)

    def _is_on(self, kind: str) -> bool:
        return kind in self.kinds or kind in (KEEP, PIN) or (kind not in ALL)

    def _ends_with(self, words: tuple[str, ...], at: int) -> bool:
        """Whether a phrase ends there; it may have begun in the utterance before ("the security" "code is ...")."""
        for back in range(1, len(words)):
            i = at - back
            if i < self.base or self.token(i).core != words[back]:
                return False
        return True

    def is_cued(self, owner: int) -> bool:
        """Whether a cue for digits reaches that utterance as far as it was heard."""
        return any(m.kind not in (KEEP, EMAIL) and m.reach >= owner for m in self.markers)

    def is_used(self, marker: Marker) -> bool:
        """Whether a cue has got its number, here or in the channel where it was said."""
        return marker in self.used or (marker.origin is not None and marker.origin.answered)

    def has_cue(self, kind: str, owner: int) -> bool:
        """Whether a cue of that kind, not yet answered, reaches that utterance."""
        return any(m.kind == kind and m.reach >= owner and not self.is_used(m) for m in self.markers)

    def set_label(self, start: int, stop: int, label: str, group: int) -> None:
        """Masks the tokens from start up to stop."""
        for i in range(start - self.base, stop - self.base):
            self.labels[i] = label
            self.groups[i] = group

    def trim(self, settled: int) -> None:
        """Forgets tokens that are settled and too far back to matter."""
        extra = settled - CONTEXT_TOKENS - self.base
        if extra > CONTEXT_TOKENS:
            del self.tokens[:extra]
            del self.labels[:extra]
            del self.groups[:extra]
            del self.owners[:extra]
            self.base += extra


def _names_a_number(word: str) -> bool:
    """German makes one word of it: "Vorgangsnummer", "Postleitzahl"."""
    return word.endswith(("nummer", "zahl"))
