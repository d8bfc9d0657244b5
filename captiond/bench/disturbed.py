"""Streams made worse: the same conversation growing by characters, cut elsewhere, overlapping, rewritten, with gaps.

What is private in it stays known: spans are cut and moved along with the text. All chance comes from the generator
handed in, so a seed gives the same disturbances everywhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from captiond.bench.phrases import LANGUAGES, Phrases
from captiond.bench.reading import number_words
from captiond.bench.streams import Event, Mention, Span, Stream

Heard = tuple[str, tuple[Span, ...]]
"""A text and what is private or harmless in it."""

STEP_MS: Final = (60, 350)  # from one event to the next
MIN_OF_NAME: Final = 4  # letters; fewer of an address's name may be any word ("el correo es mi")
MISHEARD_FROM_WORDS: Final = 10  # a digit taken back while a number is short lets others be shown: nobody can know it
QUICK_MS: Final = (5, 40)  # what others say between two pieces of a number takes no 3 s, which would end it
SILENCE_MS: Final = 3_600  # more than ends an open run
TENS: Final = frozenset(number_words(tag)[n] for tag in LANGUAGES for n in range(20, 100, 10))


@dataclass(slots=True)
class Turn:
    """One utterance: what was heard meanwhile, and its final."""

    session: str
    channel: str
    partials: list[Heard]
    final: Heard


def disturbed(rng: Random, stream: Stream) -> Stream:
    """The stream with some of the disturbances, in a new order of events; its truth stays true."""
    words = LANGUAGES[stream.language]
    said = list(turns(stream))
    if rng.random() < 0.5:
        said = [piece for turn in said for piece in _cut(rng, turn)]
    grow: Callable[[Random, Turn], None] = rng.choice((_by_characters, _by_words, _as_it_was))
    for turn in said:
        grow(rng, turn)
        if rng.random() < 0.5:
            turn.partials = [_rewritten(rng, words, heard) for heard in turn.partials]
        if rng.random() < 0.2:  # a slow recogniser, or a viewer's bad line
            turn.partials = [heard for heard in turn.partials if rng.random() < 0.4]
    renumber(said)
    overlapping = rng.random() < 0.3
    return Stream(
        f"{stream.name}-disturbed", stream.corpus, stream.language, list(events(rng, stream, said, overlapping))
    )


def turns(stream: Stream) -> Iterator[Turn]:
    """The utterances of a stream in the order of their first event."""
    found: dict[tuple[str, int], Turn] = {}
    for event in stream.events:
        heard = (event.text, event.spans)
        turn = found.setdefault((event.session, event.utterance), Turn(event.session, event.channel, [], heard))
        if event.final:
            turn.final = heard
        else:
            turn.partials.append(heard)
    yield from found.values()


def _cut(rng: Random, turn: Turn) -> Iterator[Turn]:
    """Two utterances of one, cut inside a number: between words, or between two numerals."""
    text, spans = turn.final
    said_once = [s for s in spans if sum(o.mention is s.mention for o in spans) == 1]
    places = [
        i
        for s in said_once
        if s.mention.kind != "EMAIL"
        for i in range(s.start + 1, s.end)
        if text[i] == " " or text[i - 1 : i + 1].isdigit()
    ]
    if not places or rng.random() < 0.3:
        yield turn
        return
    at = rng.choice(places)
    for start, stop in ((0, at), (at + (text[at] == " "), len(text))):
        part = tuple(
            Span(max(s.start, start) - start, min(s.end, stop) - start, s.mention, s.part)
            for s in spans
            if s.start < stop and s.end > start
        )
        yield Turn(turn.session, turn.channel, [], (text[start:stop], part))


def _as_it_was(rng: Random, turn: Turn) -> None:
    """Pieces that were cut off have no partials of their own."""
    if not turn.partials:
        _by_words(rng, turn)


def _by_words(rng: Random, turn: Turn) -> None:
    text = turn.final[0]
    ends = [i for i, char in enumerate(text) if char == " " and rng.random() < 0.8]
    turn.partials = [_prefix(turn.final, end) for end in ends]


def _by_characters(rng: Random, turn: Turn) -> None:
    stride = rng.choice((1, 1, 2, 3))
    text, spans = turn.final
    names = [s.start for s in spans if s.mention.kind == "EMAIL"]
    ends = [e for e in range(1, len(text), stride) if not any(0 < e - start < MIN_OF_NAME for start in names)]
    turn.partials = [_prefix(turn.final, end) for end in ends]


def _prefix(heard: Heard, end: int) -> Heard:
    text, spans = heard
    return text[:end], tuple(Span(s.start, min(s.end, end), s.mention, s.part) for s in spans if s.start < end)


def _rewritten(rng: Random, words: Phrases, heard: Heard) -> Heard:
    """Now and then: number words as numerals, numerals as words, digits as the words that sound like them.

    A unit behind tens is left alone: "forty four" as "forty 4" would show a zero that nobody said.
    """
    if rng.random() < 0.7:
        return heard
    how = rng.choice((_as_numerals, _as_words, _misheard))
    text, spans = heard
    said, at, moved = "", 0, []
    for span in sorted(spans, key=lambda s: s.start):
        said += text[at : span.start]
        inside = text[span.start : span.end]
        if span.mention.kind != "EMAIL":
            said_words = inside.split(" ")
            if how is not _misheard or len(said_words) >= MISHEARD_FROM_WORDS:
                pairs = zip(("", *said_words), said_words, strict=False)
                inside = " ".join(w if before in TENS else how(rng, words, w) for before, w in pairs)
        moved.append(Span(len(said), len(said) + len(inside), span.mention, span.part))
        said += inside
        at = span.end
    return said + text[at:], tuple(moved)


def _as_numerals(rng: Random, words: Phrases, word: str) -> str:
    return str(words.digits.index(word)) if word in words.digits and rng.random() < 0.8 else word


def _as_words(rng: Random, words: Phrases, word: str) -> str:
    return " ".join(words.digits[int(c)] for c in word) if word.isdecimal() and rng.random() < 0.8 else word


def _misheard(rng: Random, words: Phrases, word: str) -> str:
    return words.misheard.get(word, word) if rng.random() < 0.05 else word


def renumber(turns: Sequence[Turn]) -> None:
    """A number in several utterances is one mention of so many parts, counted from 1."""
    within: dict[str, list[int]] = defaultdict(list)
    for number, turn in enumerate(turns):
        for key in {span.mention.key for span in turn.final[1]}:
            within[key].append(number)
    new: dict[str, Mention] = {}
    for number, turn in enumerate(turns):

        def renumbered(heard: Heard, number: int = number) -> Heard:
            spans = []
            for span in heard[1]:
                key = span.mention.key
                mention = new.setdefault(key, replace(span.mention, parts=max(len(within[key]), 1)))
                later = [i for i, owner in enumerate(within[key], 1) if owner >= number]
                spans.append(Span(span.start, span.end, mention, later[0] if later else len(within[key])))
            return heard[0], tuple(spans)

        turn.partials = [renumbered(heard) for heard in turn.partials]
        turn.final = renumbered(turn.final)


def _order(rng: Random, turns: Sequence[Turn], *, overlapping: bool) -> Iterator[int]:
    """Which turn the next event is of; overlapping: neighbours of two sessions may talk at the same time."""
    number = 0
    while number < len(turns):
        here = [number] * (len(turns[number].partials) + 1)
        number += 1
        another = number < len(turns) and turns[number].session != turns[number - 1].session
        if another and overlapping and rng.random() < 0.6:
            here += [number] * (len(turns[number].partials) + 1)
            rng.shuffle(here)
            number += 1
        yield from here


def events(rng: Random, stream: Stream, turns: Sequence[Turn], overlapping: bool = False) -> Iterator[Event]:
    """The turns as events. Now and then a number is skipped: something was lost; or nobody speaks for a while."""
    order = list(_order(rng, turns, overlapping=overlapping))
    now_ms = stream.events[0].at_ms
    sequences: dict[str, int] = defaultdict(int)
    utterances: dict[str, int] = defaultdict(int)
    said: dict[int, int] = defaultdict(int)
    gaps = rng.random() < 0.1
    unfinished: dict[str, int] = {}  # numbers of which parts are still to come
    cut: dict[str, int] = {}  # the same of those of which an utterance ended: 3 s would end them
    for number in order:
        turn = turns[number]
        first, final = not said[number], said[number] == len(turn.partials)
        text, spans = turn.final if final else turn.partials[said[number]]
        said[number] += 1
        open_number = any(unfinished.values())
        silent = first and not open_number and rng.random() < 0.1
        waiting = [key for key, parts in cut.items() if parts]
        between = waiting and waiting[0] not in {span.mention.key for span in turn.final[1]}
        quick = between or (open_number and not spans)
        now_ms += SILENCE_MS if silent else rng.randint(*(QUICK_MS if quick else STEP_MS))
        for span in turn.final[1]:
            if final:
                cut[span.mention.key] = span.mention.parts - span.part
            unfinished[span.mention.key] = span.mention.parts - span.part if final else span.mention.parts
        sequences[turn.session] += 1 + (gaps and rng.random() < 0.03)
        yield Event(
            turn.session, sequences[turn.session], text, final, now_ms, turn.channel, stream.language,
            utterances[turn.session], spans,
        )  # fmt: skip
        utterances[turn.session] += final
