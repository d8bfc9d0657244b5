"""Streams that grow from nothing to a given length, for timing the core: real histories, or made growth by characters.

All is deterministic: the same conversations give the same streams.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from captiond.base.ids import RawText
from captiond.bench.phrases import LANGUAGES
from captiond.bench.speech import invented
from captiond.bench.streams import BENIGN, PRIVATE, Stream, recorded

SEED: Final = 20260302
INVENTED: Final = (
    250  # conversations of each language, where there are no recorded ones: some 6,000 characters and more
)
MAX_HELD: Final = 24_000_000  # code points of all partials of a set: at 6,000 characters each stream has millions
STEPS: Final = 40  # partials of a stream that grows by characters
MAX_STEP: Final = 15  # code points a partial; so long streams have more partials and not coarser ones
MISHEARD: Final = 0.16  # of these partials: with the one that takes it back, 25 to 33 % are no extension


@dataclass(frozen=True, slots=True)
class Growth:
    """One utterance while it grows.

    Attributes:
        language: BCP 47 tag.
        partials: each the whole utterance so far; the last has exactly the length that was asked for.
    """

    language: str
    partials: tuple[RawText, ...] = field(repr=False)


@dataclass(slots=True)
class Talk:
    """Everything said in one language, one speaker of one call after the other.

    Attributes:
        utterances: the partials of each; the final of one that has none.
        private, benign, plain: finals with a private number, with a harmless one, and with none.
    """

    language: str
    utterances: list[tuple[str, ...]] = field(default_factory=list, repr=False)
    private: list[str] = field(default_factory=list, repr=False)
    benign: list[str] = field(default_factory=list, repr=False)
    plain: list[str] = field(default_factory=list, repr=False)


def conversations(folder: Path | None) -> list[Stream]:
    """The recorded conversations of a folder, all languages; the built-in invented ones where there is no folder.

    Raises:
        DataError: a file can't be read as what it should be.
    """
    if folder is not None:
        return [*recorded(folder, "plain", ""), *recorded(folder, "pii", "")]
    return [
        invented(random.Random(SEED + number), f"seed-{SEED + number}", language)
        for language in LANGUAGES
        for number in range(INVENTED)
    ]


def talks(streams: Iterable[Stream]) -> list[Talk]:
    """What is said in conversations, by language, each speaker's utterances in a row."""
    by_language: dict[str, Talk] = {}
    for stream in streams:
        talk = by_language.setdefault(stream.language, Talk(stream.language))
        open_texts: dict[str, list[str]] = {}
        said: dict[str, list[tuple[str, ...]]] = {}
        for event in stream.events:
            texts, utterances = open_texts.setdefault(event.session, []), said.setdefault(event.session, [])
            texts.append(event.text)
            if not event.final:
                continue
            # A final is no partial, and is rewritten whole (capitals, punctuation): talk goes on from the last partial.
            utterances.append(tuple(texts[:-1] or texts))
            texts.clear()
            classes = {span.mention.cls for span in event.spans}
            if not classes and event.text and not any(c.isdigit() for c in event.text):
                talk.plain.append(event.text)
            elif PRIVATE in classes:
                talk.private.append(event.text)
            elif BENIGN in classes:
                talk.benign.append(event.text)
        for utterances in said.values():
            talk.utterances += utterances
    return list(by_language.values())


def as_recorded(spoken: Sequence[Talk], length: int, most: int) -> list[Growth]:
    """Partial histories as they were, utterances of a speaker joined until they have `length` code points.

    Each stream begins where the one before ended, so that all talk counts as often as it is said; of too many, at most
    `most` are taken, evenly.
    """
    grown = [growth for talk in spoken for growth in _joined(talk, length)]
    return _some(grown, most)


def by_characters(spoken: Sequence[Talk], length: int, count: int) -> list[Growth]:
    """Streams that grow by equal steps, cut anywhere, with 25 to 33 % of the partials no extension of the one before.

    A fifth of them hold an utterance with a private number, two fifths one with a harmless number.
    """
    rng = random.Random(SEED + length)
    able = [talk for talk in spoken if len(talk.plain) > 1]
    weights = [len(talk.utterances) for talk in able]
    grown = []
    for number in range(count if able else 0):
        talk = rng.choices(able, weights)[0]
        item = (talk.private, talk.benign, talk.benign, (), ())[number % 5]
        grown.append(Growth(talk.language, tuple(map(RawText, _stepwise(rng, talk, _text(rng, talk, item, length))))))
    return _some(grown, count)


def revised_share(grown: Iterable[Growth]) -> float:
    """How many of the partials are no extension of the one before."""
    pairs = [pair for growth in grown for pair in pairwise(growth.partials)]
    return sum(not later.startswith(earlier) for earlier, later in pairs) / len(pairs) if pairs else 0.0


def _joined(talk: Talk, length: int) -> Iterable[Growth]:
    before, partials = "", list[RawText]()
    for utterance in talk.utterances:
        for text in utterance:
            partials.append(RawText((before + text)[:length]))
            if len(partials[-1]) == length:
                yield Growth(talk.language, tuple(partials))
                before, partials = "", []
                break
        else:
            before += utterance[-1] + " "


def _some(grown: Sequence[Growth], most: int) -> list[Growth]:
    """Evenly spread ones, at most `most`, and not more text than a process should hold."""
    held = sum(len(text) for growth in grown for text in growth.partials)
    count = min(len(grown), most, max(1, len(grown) * MAX_HELD // max(held, 1)))
    return [grown[number * len(grown) // count] for number in range(count)]


def _text(rng: random.Random, talk: Talk, items: Sequence[str], length: int) -> str:
    item = rng.choice(items) if items else ""
    said = [item] if item else []
    room = max(0, length - len(item))
    while sum(map(len, said)) + len(said) <= length:
        said.append(rng.choice(talk.plain))
    if item:  # somewhere where all of it is heard, if there is such a place
        ends = [n for n in range(len(said)) if sum(len(s) + 1 for s in said[1 : n + 1]) <= room]
        at = rng.choice(ends)
        said = [*said[1 : at + 1], item, *said[at + 1 :]]
    return " ".join(said)[:length]


def _stepwise(rng: random.Random, talk: Talk, text: str) -> Iterable[str]:
    steps = max(STEPS, len(text) // MAX_STEP)
    shown = 0
    for step in range(1, steps + 1):
        end = len(text) * step // steps
        if shown > 1 and step < steps and rng.random() < MISHEARD:
            yield _misheard(rng, talk, text, shown, end)
        else:
            yield text[:end]
        shown = end


def _misheard(rng: random.Random, talk: Talk, text: str, shown: int, end: int) -> str:
    """The text up to `end` with one of the last three shown words replaced, or the space before it doubled."""
    starts = [0, *(at + 1 for at, c in enumerate(text[: shown - 1]) if c == " ")][-3:]
    at = rng.choice(starts)
    if at and rng.random() < 0.3:
        return f"{text[:at]} {text[at:end]}"
    word_end = min((found for found in (text.find(" ", at), end) if found >= 0), default=end)
    others = [w for w in rng.choice(talk.plain).split() if w[0].lower() != text[at].lower()]
    other = rng.choice(others) if others else "—"
    return text[:at] + other + text[min(word_end, end) : end]
