"""Lexicons as data, one file a language; which one an event's language tag means is decided here."""

from typing import Final

from captiond.core.redact.lexicon import Lexicon, Table, union
from captiond.core.redact.lexicons.de import GERMAN
from captiond.core.redact.lexicons.en import ENGLISH
from captiond.core.redact.lexicons.es import SPANISH
from captiond.core.redact.lexicons.fr import FRENCH

TABLES: Final[dict[str, Table]] = {"en": ENGLISH, "es": SPANISH, "fr": FRENCH, "de": GERMAN}

_made: dict[str, Lexicon] = {}  # at most one a language and one for all: made once, never changed


def lexicon_for(language: str) -> Lexicon:
    """The lexicon of a language tag such as "en-US"; for one that is not known, all of them in one."""
    key = language[:2].casefold() if language[2:3] in ("", "-", "_") else ""
    if key not in TABLES:
        key = ""
    found = _made.get(key)
    if found is None:
        found = Lexicon(TABLES[key] if key else union(TABLES.values()))
        _made[key] = found
    return found
