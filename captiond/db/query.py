"""The search's language for people, and what it is to the index. Pure.

`refund card` both words, in any of their forms; `"call me back"` these words in a row; `-invoice` without it; `canc*`
all that begin so. Upper and lower case and accents are one. Whatever else stands there parts words: no input is wrong
in itself, and none reaches the index but as words between quotes.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from captiond.base.errors import CaptiondError

MAX_QUERY_CHARS: Final = 500  # who looks for more has pasted a page
MAX_WORDS: Final = 32  # of one query: each is a list to be merged

_PIECE: Final = re.compile(r'-?"[^"]*"?|[^\s"]+')
_MARKS: Final = range(0x300, 0x332)  # the marks that the index's tokenizer keeps inside words; others part them


class InvalidQuery(CaptiondError):
    """There is nothing in it that can be looked for; the message says what lacks, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Attributes:
        phrases: words in a row, a single word among them: all of them must be there, in any form.
        beginnings: of words, all of which must be there; folded.
        without: phrases none of which may be there.
        without_beginnings: the same of beginnings.
    """

    phrases: tuple[str, ...]
    beginnings: tuple[str, ...]
    without: tuple[str, ...]
    without_beginnings: tuple[str, ...]

    @property
    def stems(self) -> str | None:
        """For the index of stems: what must be there; None where that is beginnings alone."""
        if not self.phrases:
            return None
        wanted = " AND ".join(map(_quoted, self.phrases))
        return f"({wanted}) NOT ({_any(self.without)})" if self.without else wanted

    @property
    def without_stems(self) -> str | None:
        """For the index of stems, where `stems` is None: what may not be there."""
        return _any(self.without) if self.without else None

    @property
    def words(self) -> str | None:
        """For the index of words: which beginnings must be there."""
        return " AND ".join(f"{_quoted(word)} *" for word in self.beginnings) or None

    @property
    def without_words(self) -> str | None:
        """For the index of words: which beginnings may not be there."""
        return " OR ".join(f"{_quoted(word)} *" for word in self.without_beginnings) or None


def parse(text: str) -> Query:
    """The query in what somebody typed.

    Raises:
        InvalidQuery: too long, too many words, or no word that must be there.
    """
    if len(text) > MAX_QUERY_CHARS:
        raise InvalidQuery(f"a query has at most {MAX_QUERY_CHARS} characters")
    phrases: list[str] = []
    beginnings: list[str] = []
    without: list[str] = []
    without_beginnings: list[str] = []
    for piece in _PIECE.findall(text):
        refused = len(piece) > 1 and piece[0] == "-"
        said = words_of(piece)
        if not said:
            continue
        begins = piece[-1] == "*" and not piece.lstrip("-").startswith('"') and is_word(piece[-2])
        if begins:
            (without_beginnings if refused else beginnings).append(said.pop())
        if said:
            (without if refused else phrases).append(" ".join(said))
    if not phrases and not beginnings:
        raise InvalidQuery("a query needs a word to look for")
    if sum(len(phrase.split()) for phrase in (*phrases, *beginnings, *without, *without_beginnings)) > MAX_WORDS:
        raise InvalidQuery(f"a query has at most {MAX_WORDS} words")
    return Query(tuple(phrases), tuple(beginnings), tuple(without), tuple(without_beginnings))


def words_of(text: str) -> list[str]:
    """The words, as the index parts them."""
    return "".join(char if is_word(char) else " " for char in text).split()


def is_word(char: str) -> bool:
    """Whether a character is one of a word (unicode61: letters, numbers, private use, and marks on letters)."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "Co" or ord(char) in _MARKS


def folded(word: str) -> str:
    """A word without case and accents, much as the index has it."""
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in apart if ord(char) not in _MARKS)


def _any(phrases: Iterable[str]) -> str:
    return " OR ".join(map(_quoted, phrases))


def _quoted(phrase: str) -> str:
    return f'"{phrase}"'
