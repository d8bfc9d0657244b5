"""Markup inside a word, as a recogniser or a subtitle file may leave it: "4<b>1</b>11", "4111&nbsp;1111", "[CC]11".

It parts digits that are read together, so a redactor must see through it. What is shown keeps it, where it is shown.
"""

from typing import Final

MAX_ENTITY_CHARS: Final = 10  # "&#x0000;" has 8; a longer one is no entity
SEPARATOR: Final = "_"  # what stands for it: no date or time has it, and numbers and number words may


def without_markup(word: str) -> str:
    """The word as it is read: tags are separators, an entity is its character where that is a digit."""
    pieces: list[str] = []
    at = 0
    size = len(word)
    last = word.rfind(">")
    while at < size:
        char = word[at]
        if char == "<" and at < last:
            pieces.append(SEPARATOR)
            at = word.find(">", at) + 1
            continue
        if char == "&":
            end = word.find(";", at, at + MAX_ENTITY_CHARS)
            if end > 0:
                pieces.append(_entity(word[at + 1 : end]))
                at = end + 1
                continue
        pieces.append(char)
        at += 1
    return "".join(pieces)


def without_masks(word: str) -> str:
    """The word as it is read where masks that somebody put there are glued to it: "[CC]1111" is "_1111"."""
    pieces: list[str] = []
    at = 0
    size = len(word)
    last = word.rfind("]")
    while at < size:
        if word[at] == "[" and at < last:
            end = word.find("]", at)
            if is_mask(word[at + 1 : end]):
                pieces.append(SEPARATOR)
                at = end + 1
                continue
        pieces.append(word[at])
        at += 1
    return "".join(pieces)


def is_mask(inner: str) -> bool:
    """Whether what stands between brackets is that of a mask, open or closed."""
    return inner == "..." or (inner != "" and all("A" <= c <= "Z" or c == "_" for c in inner))


def _entity(name: str) -> str:
    code = -1
    if name[:2] in ("#x", "#X") and all(c in "0123456789abcdefABCDEF" for c in name[2:]) and len(name) > 2:
        code = int(name[2:], 16)
    elif name[:1] == "#" and name[1:].isascii() and name[1:].isdigit():
        code = int(name[1:])
    return chr(code) if 48 <= code <= 57 else SEPARATOR
