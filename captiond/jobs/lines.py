"""A transcript that comes as one text, as the utterances that its lines are: each of its speaker, redacted as such.

As one utterance it would lose its lines (white space is normalised), and a number or an address that two lines share
would be read with the other party's name in the middle of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from captiond.base.ids import RawText, SafeText
from captiond.jobs.long_text import SPEAKER
from captiond.jobs.masking import Said


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `label` is what names its speaker: words that name nobody, so that they may be shown."""

    label: str
    said: Said = field(repr=False)


def lines_of(pieces: Sequence[Said]) -> list[Line]:
    """The lines of all pieces that say something. A speaker that a line names counts more than its piece's."""
    found: list[Line] = []
    for piece in pieces:
        for text in piece.text.splitlines():
            named = SPEAKER.match(text)
            rest = text[named.end() :] if named else text
            if not rest.strip():
                continue
            label = " ".join(named[0].split()) if named else ""
            speaker = label.rstrip(": ").lower() or piece.speaker
            found.append(Line(label, Said(RawText(rest), speaker, piece.language)))
    return found


def joined(lines: Sequence[Line], texts: Sequence[SafeText]) -> str:
    """The lines again, with their redacted texts."""
    return "\n".join(f"{line.label} {text}" if line.label else text for line, text in zip(lines, texts, strict=True))
