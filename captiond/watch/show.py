"""What `captiond watch` writes: on a terminal final lines scroll and open ones redraw; elsewhere tagged lines.

Captions come from another machine: control characters never reach the terminal, so no caption can move its cursor,
change its title or hide a word.
"""

import unicodedata
from typing import Final, Protocol

from captiond.core.screen import Applied, Entry, GapEntry, Screen

MAX_OPEN_ROWS: Final = 12  # of a terminal; more speakers than that are not talking at once
MAX_PRINTED: Final = 2000  # utterances remembered, so that a resync does not print a line twice
CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
RESET: Final = "\x1b[0m"
DIM: Final = "\x1b[2m"
BOLD: Final = "\x1b[1m"
YELLOW: Final = "\x1b[33m"


class Show(Protocol):
    """Turns what was applied into characters to write."""

    def applied(self, applied: Applied, screen: Screen) -> str:
        """What to write after one message."""
        ...

    def status(self, text: str) -> str:
        """What to write to show a new status; "" where it is not shown here."""
        ...

    def close(self) -> str:
        """What to write at the end."""
        ...


class TaggedLines:
    """For files and pipes: one line for each change, `[PARTIAL] …` or `[FINAL] …`."""

    def __init__(self) -> None:
        self._printed = _Printed()

    def applied(self, applied: Applied, screen: Screen) -> str:
        entry = applied.entry
        if applied.what == "reset":
            return "".join(self._item(item) for item in screen.items() if self._printed.is_new(item))
        if applied.what == "retraction" and isinstance(entry, Entry):
            return f"[RETRACTED] {printable(entry.text)}\n"
        if entry is None:
            return ""
        self._printed.is_new(entry)
        return self._item(entry)

    def status(self, text: str) -> str:
        return ""

    def close(self) -> str:
        return ""

    def _item(self, item: Entry | GapEntry) -> str:
        if isinstance(item, GapEntry):
            return f"[GAP] {_missed(item)}\n"
        return f"[{'FINAL' if item.final else 'PARTIAL'}] {printable(item.text)}\n"


class Terminal:
    """For a terminal of a known width: settled lines scroll up, what can still change stays below and redraws.

    A held final stays below until its masks are named, at most 3 s: what has scrolled away cannot be changed.
    """

    def __init__(self, *, columns: int, colour: bool) -> None:
        self.columns = columns
        self._colour = colour
        self._rows = 0  # drawn below the scrolled lines, the cursor is in the last of them
        self._status = ""
        self._printed = _Printed()
        self._screen: Screen | None = None

    def applied(self, applied: Applied, screen: Screen) -> str:
        self._screen = screen
        scrolled: list[str] = []
        if applied.what == "reset" and screen.earlier_finals:
            scrolled.append(self._style(DIM, f"-- {screen.earlier_finals} earlier lines are not shown --"))
        for item in screen.items():
            if isinstance(item, Entry) and (not item.final or item.held):
                continue
            known = self._printed.knows(item)
            if self._printed.is_new(item):
                scrolled.append(self._scrolled(item, corrects=known))
        return self._redraw(scrolled)

    def status(self, text: str) -> str:
        self._status = text
        return self._redraw([])

    def close(self) -> str:
        """Leaves the open lines standing, without the status."""
        self._status = ""
        last = self._redraw([])
        return f"{last}\n" if self._rows else last

    def _redraw(self, scrolled: list[str]) -> str:
        up = f"\x1b[{self._rows - 1}A" if self._rows > 1 else ""
        erase = f"\r{up}\x1b[J" if self._rows else ""
        below = [self._open_row(entry) for entry in self._open_entries()]
        if self._status:
            below.append(self._style(DIM, clip(self._status, self.columns)))
        self._rows = len(below)
        return erase + "".join(f"{line}\n" for line in scrolled) + "\n".join(below)

    def _open_entries(self) -> list[Entry]:
        if self._screen is None:
            return []
        return [entry for entry in self._screen.captions() if not entry.final or entry.held][-MAX_OPEN_ROWS:]

    def _scrolled(self, item: Entry | GapEntry, *, corrects: bool) -> str:
        if isinstance(item, GapEntry):
            return self._style(DIM, f"-- {_missed(item)} --")
        mark = self._style(DIM, "(corrected) ") if corrects else ""
        return f"{mark}{self._label(item)}{printable(item.text)}"

    def _open_row(self, entry: Entry) -> str:
        """One row at most: a row that wraps could not be erased. The end is what is new, so the beginning is cut."""
        label = f"{entry.channel}: " if entry.channel else ""
        text = printable(entry.text)
        room = max(1, self.columns - width(label))
        settled = min(entry.stable_length if not entry.final else len(text), len(text))
        shown = clip_start(text, room)
        cut = len(text) - len(shown)
        head = max(0, settled - cut)
        return self._style(BOLD, printable(label)) + shown[:head] + self._style(DIM, shown[head:])

    def _label(self, entry: Entry) -> str:
        return self._style(BOLD, printable(f"{entry.channel}: ")) if entry.channel else ""

    def _style(self, style: str, text: str) -> str:
        return f"{style}{text}{RESET}" if self._colour and text else text


class _Printed:
    """What was written already: by utterance its text, by gap its index. Bounded; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def knows(self, item: Entry | GapEntry) -> bool:
        return _key(item) in self._known

    def is_new(self, item: Entry | GapEntry) -> bool:
        """Whether it differs from what was written; remembers it as written."""
        key = _key(item)
        text = f"{item.final} {item.text}" if isinstance(item, Entry) else ""
        if self._known.get(key) == text:
            return False
        self._known[key] = text
        if len(self._known) > MAX_PRINTED:
            del self._known[next(iter(self._known))]
        return True


def _key(item: Entry | GapEntry) -> str:
    return f"u {item.utterance}" if isinstance(item, Entry) else f"g {item.index}"


def _missed(gap: GapEntry) -> str:
    if gap.lost is None:
        return "words may be missing here"
    return f"{gap.lost} update{'' if gap.lost == 1 else 's'} missed here"


def printable(text: str) -> str:
    """The text without control characters, line breaks and direction overrides: each becomes U+FFFD, one for one."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if one in DIRECTIONS or unicodedata.category(one) in CONTROLS else one for one in text)


def width(text: str) -> int:
    """Columns it takes on a terminal: wide characters two, combining ones none."""
    return sum(_columns(one) for one in text)


def _columns(one: str) -> int:
    if unicodedata.combining(one) or unicodedata.category(one) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(one) in ("W", "F") else 1


def clip(text: str, columns: int) -> str:
    """The beginning of a text, as much as fits."""
    used = 0
    for at, one in enumerate(text):
        used += _columns(one)
        if used > columns:
            return text[:at]
    return text


def clip_start(text: str, columns: int) -> str:
    """The end of a text, as much as fits; never begins with a mark that belongs to what was cut."""
    used, start = 0, len(text)
    for at in range(len(text) - 1, -1, -1):
        one = _columns(text[at])
        used += one
        if used > columns:
            break
        if one or at == 0:
            start = at
    return text[start:]
