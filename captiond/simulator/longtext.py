"""Text and sound of any length, made where they are asked for: a page that is repeated. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

TALK: Final = (
    "Good morning, this is the service desk, how can I help you today?",
    "Hello, I have a question about the bill that came last week, it is higher than the one before.",
    "Let me have a look, one moment please, the system is a little slow this morning.",
    "Of course, take your time, I am at home all day and the café next door has good coffee.",
    "I see it now, the new plan began in the middle of the month, so two parts are on one bill.",
    "That explains it, thank you, and could you tell me whether the discount of 25 percent is in there?",
    "It is, and it stays for the whole year, you will find it at the end of the second page.",
    "Very good, my colleague Zoë said that it would end in March, so I wanted to be sure.",
    "No, it goes on, and I will send you a message that says so, in writing, within the hour.",
    "Then I have one more thing, the line was interrupted twice on the weekend, in the evening.",
    "There was work on the cables in your street, and it is finished, so that should not come back.",
    "All right, und vielen Dank, the rest of the month was perfectly fine.",
)
PRIVATE: Final = (  # every so many lines; each has a value that must not be shown
    "My card is 4111 1111 1111 1111 and it is valid for another year.",
    "You can reach me at jane.doe@example.com, or else call (415) 555-0132 after lunch.",
    "It is four one one one one one one one one one one one one one one one, I believe.",
    "My social security number is 078-05-1120.",
)
RAW: Final = (b"4111 1111", b"jane.doe", b"555-0132", b"four one one", b"078-05")  # what must be in no file
SPACES: Final = 4_000  # behind each line of a sparse text
PAGE_LINES: Final = 960  # some 90 KB: longer than any piece that is looked back at
TEXT_FOR_EACH_PRIVATE: Final = 24


@dataclass(frozen=True, slots=True)
class Text:
    """`size` bytes; `part(first, end)` makes those of a range."""

    size: int
    part: Callable[[int, int], bytes]


def text_of(text: str) -> Text:
    """A short one, as it stands."""
    content = text.encode("utf-8", "surrogateescape")
    return Text(len(content), lambda first, end: (content + b"." * max(0, end - len(content)))[first:end])


def long_text(size: int, *, version: int = 0, sparse: bool = False) -> Text:
    """Made-up talk of that many bytes, with private values now and then. Another version is another text, longer.

    Args:
        sparse: it is mostly white space: as long, and soon read.
    """
    return _repeated(_page(version, sparse), size + 7 * version)


def silence(size: int) -> Text:
    """A WAV file of that many bytes in which nobody speaks."""
    head = b"RIFF" + (max(0, size - 8) & 0xFFFFFFFF).to_bytes(4, "little") + b"WAVEfmt "
    return Text(size, lambda first, end: (head[first:end] + bytes(max(0, end - max(first, len(head)))))[: end - first])


@cache
def _page(version: int, sparse: bool) -> bytes:
    lines = []
    for number in range(PAGE_LINES):
        speaker = "Agent" if number % 2 == 0 else "Customer"
        said = TALK[(number + version) % len(TALK)]
        if number % TEXT_FOR_EACH_PRIVATE == TEXT_FOR_EACH_PRIVATE - 1:
            said = PRIVATE[number // TEXT_FOR_EACH_PRIVATE % len(PRIVATE)]
        lines.append(f"{speaker}: {said}{' ' * SPACES if sparse else ''}\n")
    return "".join(lines).encode()


def _repeated(page: bytes, size: int) -> Text:
    whole = size - size % len(page)  # what is behind the last whole page must not end within a character
    solid = whole + len(page[: size - whole].decode("utf-8", "ignore").encode())

    def part(first: int, end: int) -> bytes:
        made = b"".join(page[max(0, first - at) : end - at] for at in range(first - first % len(page), end, len(page)))
        return made[: max(0, solid - first)] + b"." * (end - max(first, solid)) if end > solid else made

    return Text(size, part)
