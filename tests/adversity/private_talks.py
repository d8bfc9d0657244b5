"""Conversations of the shared data with their truth, and what would tell of their private values: for the sweep.

What counts as shown is contract, section 6: four digits in a row of a number (all of them where it has fewer), read as
numerals or number words, or the whole local part of an address, typed or spoken. A window that also stands in harmless
words of the same conversation tells nothing and is left out. In files as bytes, where four digits stand by chance,
whole values are looked for as they were said, and nine digits in a row. The reader is the benchmarks' own, which shares
nothing with the redactor.
"""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from captiond.bench.reading import MASK, read_digits
from captiond.simulator import Track, track_of
from tests.harness import SHARED_DATA, Json

PRIVATE: Final = frozenset({"CARD", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"})  # what is masked by default
SHOWN: Final = 4  # digits of a number that are too many
IN_BYTES: Final = 9  # digits in a row that do not stand in a hash by chance
SPOKEN_BY: Final = re.compile(r"^(?:Agent|Customer): ", re.MULTILINE)
CONNECTOR: Final = re.compile(r"@|\b(?:at|arroba|arobase|chez|ät|klammeraffe|chiocciola)\b", re.IGNORECASE)
# What machines write: times, clocks, UUIDs, names made of chance. Nobody said the digits in them.
MACHINE: Final = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?|\d\d:\d\d:\d\d[.,]\d{3}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b[0-9a-f]{16,}\b|\b[A-Za-z]{8}-\d+\b"
)
LOCALES: Final = {"en": "en-US", "es": "es-ES", "fr": "fr-FR", "de": "de-DE"}


@dataclass(frozen=True)
class Found:
    """Where a private value was found: never the value."""

    place: str
    conversation: str
    kind: str


@dataclass(frozen=True)
class Said:
    """One utterance, and where its private values stand: kind, start, end, value."""

    channel: str
    text: str = field(repr=False)
    private: tuple[tuple[str, int, int, str], ...] = field(repr=False)


@dataclass(frozen=True)
class Talk:
    """One conversation of the shared data with its truth."""

    name: str
    language: str
    said: tuple[Said, ...] = field(repr=False)
    track: Track = field(repr=False)

    @property
    def uuid(self) -> str:
        """For those who know conversations by one."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.name))

    @property
    def locale(self) -> str:
        """For those who know few."""
        return LOCALES[self.language[:2]]

    @property
    def lines(self) -> str:
        """All of it as one text."""
        return "".join(f"{one.channel.capitalize()}: {one.text}\n" for one in self.said)

    @cached_property
    def harmless(self) -> list[str]:
        """What stays when the private values are cut out."""
        texts = []
        for one in self.said:
            text = one.text
            for _, start, end, _ in sorted(one.private, key=lambda each: -each[1]):
                text = f"{text[:start]}[X]{text[end:]}"
            texts.append(text)
        return texts

    @cached_property
    def windows(self) -> dict[str, str]:
        """Digits in a row that tell a private number: the window, and the number's kind."""
        harmless = {window for text in self.harmless for window in windows_in(text, self.language, range(3, 5))}
        found = {}
        for one in self.said:
            for kind, _, _, value in one.private:
                digits = "".join(filter(str.isdigit, value)) if kind != "EMAIL" else ""
                size = min(SHOWN, len(digits))
                for at in range(len(digits) - size + 1 if size >= 3 else 0):
                    found[digits[at : at + size]] = kind
        return {window: kind for window, kind in found.items() if window not in harmless}

    @cached_property
    def names(self) -> set[str]:
        """Whole local parts of addresses, as typed and as said; what is cut over several utterances is put together."""
        harmless = " ".join(self.harmless).casefold()
        said: dict[str, str] = {}
        found = set()
        for one in self.said:
            for kind, start, end, value in one.private:
                if kind == "EMAIL":
                    found.add(value.partition("@")[0].casefold())
                    said[value] = f"{said.get(value, '')} {one.text[start:end]}"
        found |= {CONNECTOR.split(" ".join(whole.split()))[0].casefold().strip() for whole in said.values()}
        return {name for name in found if len(name) > 3 and name not in harmless}

    @cached_property
    def surfaces(self) -> dict[str, str]:
        """Whole values as they were said, for bytes; and digits in a row that no hash has by chance."""
        harmless = " ".join(self.harmless).casefold()
        found = {}
        for one in self.said:
            for kind, start, end, value in one.private:
                digits = "".join(filter(str.isdigit, value))
                whole = one.text[start:end]
                if len(whole) > 8 and whole.casefold() not in harmless:
                    found[whole] = kind
                for at in range(len(digits) - IN_BYTES + 1 if kind != "EMAIL" else 0):
                    found[digits[at : at + IN_BYTES]] = kind
        return found

    def shown(self, place: str, text: str) -> Iterator[Found]:
        """What a text that was made of this conversation shows of it."""
        for window in windows_in(text, self.language, range(3, 5)):
            if window in self.windows:
                yield Found(place, self.name, self.windows[window])
        folded = " ".join(SPOKEN_BY.sub(" ", MASK.sub(" [] ", text)).casefold().split())
        for name in self.names:  # without who speaks: an address may be cut by a line
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded):
                yield Found(place, self.name, "EMAIL")


def windows_in(text: str, language: str, sizes: range) -> Iterator[str]:
    """Digits in a row, as a listener reads them: a mask or a line ends a row, other words do not."""
    for piece in MASK.sub("\n", MACHINE.sub("\n", text)).splitlines():
        digits = "".join(digit.value for digit in read_digits(piece, language))
        for size in sizes:
            yield from (digits[at : at + size] for at in range(len(digits) - size + 1))


def talks(most: int | None = None, *, pattern: str = "*") -> list[Talk]:
    """Conversations of `../shared/data/pii`, by their names, at most so many."""
    paths = sorted((SHARED_DATA / "pii" / "truth").glob(f"{pattern}.json"))[:most]
    return [_talk(json.loads(path.read_text()), SHARED_DATA / "pii" / f"{path.stem}.jsonl") for path in paths]


def _talk(truth: Json, events: Path) -> Talk:
    return Talk(
        truth["id"],
        truth["lang"],
        tuple(
            Said(
                one["channel"],
                one["text"],
                tuple(
                    (span["type"], span["start"], span["end"], span["value"])
                    for span in one["entities"]
                    if span["cls"] == "pii" and span["type"] in PRIVATE
                ),
            )
            for one in truth["utterances"]
        ),
        _one_track(truth, events),
    )


def _one_track(truth: Json, events: Path) -> Track:
    """Both speakers as channels of one media session: who asks and who answers keep their order at any speed."""
    channels = {truth["sessions"]["agent"]: "internal", truth["sessions"]["customer"]: "external"}
    both = [json.loads(line) for line in events.read_text().splitlines()]
    return track_of(
        truth["conversationId"],
        [
            {**event, "eventSequence": number, "channel": channels[event["mediaSessionId"]], "language": truth["lang"]}
            for number, event in enumerate(both, 1)
        ],
    )
