"""Postal addresses: the number of a house, and the postcode behind it. "4521 Maple Drive, Springfield 62704"."""

from typing import Final

from mypy_extensions import i64

from captiond.core.redact.parts import Part
from captiond.core.redact.window import Window

MAX_HOUSE_DIGITS: Final = 5  # "14500 Sunset Boulevard"
POSTCODE_DIGITS: Final = 5  # the United States, Germany, Spain, France, Italy
MAX_WORDS_OF_A_STREET: Final = 4  # "1600 North Lake Shore Drive", "avenida de la Constitución 12"


def find_addresses(window: Window, parts: list[Part]) -> None:
    """Marks the parts of a run that are a house's number, its postcode, or both ("Hauptstraße 221, 80331 München")."""
    house = -1
    for i, part in enumerate(parts):
        sizes = part.sizes
        if part.mixed or part.cut or part.plus:
            continue
        if len(part.digits) <= MAX_HOUSE_DIGITS and _is_on_a_street(window, part):
            part.placed = True
            house = i
        elif len(sizes) == 2 and sizes[0] < MAX_HOUSE_DIGITS and sizes[1] == POSTCODE_DIGITS and not part.spoken:
            part.placed = _follows_street(window, part.start)
        elif house >= 0 and house == i - 1 and len(part.digits) == POSTCODE_DIGITS:
            part.placed = True


def _is_on_a_street(window: Window, part: Part) -> bool:
    return _follows_street(window, part.start) or _precedes_street(window, part.stop)


def _follows_street(window: Window, start: i64) -> bool:
    """ "Hauptstraße 221", "calle de Alcalá 14"."""
    lexicon = window.lexicon
    owner = window.owner(start)
    at = start - 1
    while at >= window.base and start - at <= MAX_WORDS_OF_A_STREET and window.owner(at) == owner:
        token = window.token(at)
        if token.digits:
            return False
        if token.core in lexicon.streets or (at == start - 1 and token.core.endswith(lexicon.street_endings)):
            return True
        at -= 1
    return False


def _precedes_street(window: Window, stop: i64) -> bool:
    """ "4521 Maple Drive", "221 bis rue de la Paix"."""
    at = stop
    while at < window.end() and at - stop < MAX_WORDS_OF_A_STREET and window.owner(at) == window.owner(stop - 1):
        token = window.token(at)
        if token.digits:
            return False
        if token.core in window.lexicon.streets_behind:
            return True
        at += 1
    return False
