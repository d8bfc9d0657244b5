"""Whether a written message goes on with the one before it, or says something of its own. Pure.

Speech is cut where the recogniser cuts it, so there a number that is open at the end of an utterance may go on in the
next one. A message ends where its writer wanted it to: "room 12", then "room 14" are two numbers. But a card number may
be sent in four messages. So a message goes on with the last one of its writer

- where it begins with a number, or with a number behind words that only fill ("and 1111"),
- where it begins with letters one by one, or with "at" or "dot": the rest of an address that is spelled, and
- for some messages after anybody has asked for something private, whatever it begins with.
"""

import re
from itertools import zip_longest
from typing import Final

from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.lexicons import lexicon_for

MESSAGES_AFTER: Final = 12  # of both parties, after a question: four groups of a card, each acknowledged, and some more
READ_CHARS: Final = 2_000  # of a message: who asks does so in fewer

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNKNOWN: Final = "und"  # all lexicons in one


class Statements:
    """One conversation's messages, told in their order."""

    def __init__(self) -> None:
        self._lexicon = lexicon_for(_UNKNOWN)
        self._left = 0

    def is_apart(self, text: str) -> bool:
        """Whether the next message says something of its own."""
        words = [word.casefold() for word in _WORD.findall(text[:READ_CHARS])]
        if self._announces(words):
            self._left = MESSAGES_AFTER
        asked, self._left = self._left > 0, max(0, self._left - 1)
        return not asked and not self._goes_on(words)

    def _goes_on(self, words: list[str]) -> bool:
        lexicon = self._lexicon
        for word, behind in zip_longest(words, words[1:], fillvalue=""):
            if any(character.isnumeric() for character in word) or word in lexicon.at or word in lexicon.dot:
                return True
            if word in lexicon.digits or word in lexicon.tens or word in lexicon.multiples or word in lexicon.plus:
                return True
            if len(word) == 1 and (len(behind) == 1 or behind in lexicon.at or behind in lexicon.dot):
                return True
            if word not in lexicon.fillers and word not in lexicon.pauses and word not in lexicon.linkers:
                return False
        return True  # nothing but fillers: what was open before is open behind it

    def _announces(self, words: list[str]) -> bool:
        for at, word in enumerate(words):
            for backwards, kind in self._lexicon.cues.get(word, ()):
                first = at + 1 - len(backwards)
                if kind != KEEP and first >= 0 and tuple(reversed(words[first : at + 1])) == backwards:
                    return True
        return False
