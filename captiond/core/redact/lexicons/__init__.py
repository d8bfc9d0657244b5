"""Lexicons as data, one file a language; which one an event's language tag means is decided here.

A language is added by its table and its line in `TABLES`: everything else, the tests too, goes through that.
"""

from collections.abc import Iterable
from typing import Final

from captiond.core.redact.lexicon import Lexicon
from captiond.core.redact.lexicons.de import GERMAN
from captiond.core.redact.lexicons.en import ENGLISH
from captiond.core.redact.lexicons.es import SPANISH
from captiond.core.redact.lexicons.fr import FRENCH
from captiond.core.redact.lexicons.it import ITALIAN
from captiond.core.redact.table import Table, union

TABLES: Final[dict[str, Table]] = {"en": ENGLISH, "es": SPANISH, "fr": FRENCH, "de": GERMAN, "it": ITALIAN}

# What speech of unknown language is read with. A language outside is off by default: only a tag turns it on, so that it
# changes nothing of what is said in the others (Italian's "sei" is six there, and a verb in German).
UNION: Final = ("en", "es", "fr", "de")

_made: dict[str, Lexicon] = {}  # at most one a language and one for all: made once, never changed


def lexicon_for(language: str) -> Lexicon:
    """The lexicon of a language tag such as "en-US"; for one that is not known, those of `UNION` in one."""
    key = language[:2].casefold() if language[2:3] in ("", "-", "_") else ""
    if key not in TABLES:
        key = ""
    found = _made.get(key)
    if found is None:
        found = Lexicon(TABLES[key] if key else union([TABLES[one] for one in UNION]))
        _made[key] = found
    return found


def learn(languages: Iterable[str]) -> None:
    """Makes the lexicons of these languages, and the one for unknown languages, before anybody speaks.

    German has thousands of number words, each one word: its lexicon takes some 60 ms, for which no caption should wait.
    """
    for language in (*languages, ""):
        lexicon_for(language)
