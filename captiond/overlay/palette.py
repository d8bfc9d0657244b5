"""The colours, and whether they can be read whatever stands behind a window that lets it shine through. Pure.

Contrast as WCAG 2.2 defines it (success criterion 1.4.3): 1 to 21; text wants 4.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

READABLE: Final = 4.5
Rgb = tuple[int, int, int]
BLACK: Final[Rgb] = (0, 0, 0)
WHITE: Final[Rgb] = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme. Every ink has at least 4.5:1 on `plate`, the mask's on its own ground, which is always opaque."""

    plate: Rgb
    ink: Rgb
    soft: Rgb  # tentative words, gaps, the state
    mask_ink: Rgb
    mask_plate: Rgb
    internal: Rgb
    external: Rgb

    def speaker(self, channel: str) -> Rgb:
        """A label's colour; the label itself says who, so that nothing hangs on it."""
        return {"internal": self.internal, "external": self.external}.get(channel, self.ink)

    def inks(self) -> tuple[Rgb, ...]:
        """All that is written on the plate."""
        return (self.ink, self.soft, self.internal, self.external)

    def needs_edge(self, opacity: float) -> bool:
        """Whether letters need an edge in the plate's colour, because through it shines what may be of their own."""
        grounds = [over(self.plate, opacity, behind) for behind in (BLACK, WHITE)]
        return min(contrast(ink, ground) for ink in self.inks() for ground in grounds) < READABLE


PALETTES: Final[Mapping[str, Palette]] = {
    "dark": Palette(
        plate=(0x14, 0x16, 0x1B),
        ink=(0xF1, 0xF3, 0xF7),
        soft=(0xB3, 0xBA, 0xC7),
        mask_ink=(0xFF, 0xD9, 0xA8),
        mask_plate=(0x4A, 0x2F, 0x12),
        internal=(0x8E, 0xC5, 0xFF),
        external=(0xF0, 0xA8, 0xEE),
    ),
    "light": Palette(
        plate=(0xFF, 0xFF, 0xFF),
        ink=(0x16, 0x18, 0x1D),
        soft=(0x54, 0x5B, 0x69),
        mask_ink=(0x5B, 0x2A, 0x00),
        mask_plate=(0xFF, 0xE9, 0xCF),
        internal=(0x0B, 0x53, 0x94),
        external=(0x7A, 0x2E, 0x79),
    ),
    "contrast": Palette(  # 7:1 and more; tentative words are told by their underline alone
        plate=BLACK,
        ink=WHITE,
        soft=WHITE,
        mask_ink=BLACK,
        mask_plate=WHITE,
        internal=(0x00, 0xFF, 0xFF),
        external=(0xFF, 0xFF, 0x00),
    ),
}


def over(colour: Rgb, opacity: float, behind: Rgb) -> Rgb:
    """What is seen of a colour that lets something shine through. `opacity`: 0 to 1."""
    red, green, blue = (round(opacity * one + (1 - opacity) * other) for one, other in zip(colour, behind, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """1 (the same lightness) to 21 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
