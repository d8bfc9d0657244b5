"""P2, P7, P9: a caption depends on the finals and the newest partial alone; what is hidden for good stays hidden."""

import random
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from captiond.bench.reading import MASK, seen
from captiond.bench.redaction import captions
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.bench.streams import Stream

# Pieces that open runs, close them, cue them, look harmless, or are nothing; joined in any order they are partials.
PIECES = (
    "four", "for", "oh", "double", "forty", "seven", "4111", "1111", "9", "my card is", "social", "um", "hold on",
    "okay", "order number", "dollars", "$3.50", "at", "dot", "com", "jane", "jane@example.com", "in 2024", "and",
    "percent", "thank you so much for that", "(415)", "555-0132", "GB82", "west", "[CC]", "[...]", "one two three",
)  # fmt: skip
partials = st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
utterances = st.lists(st.tuples(st.lists(partials, max_size=4), partials), min_size=1, max_size=3)


@given(utterances, st.lists(partials, max_size=4), partials)
def test_a_caption_does_not_depend_on_the_partials_before_it(
    earlier: list[tuple[list[str], str]], history: list[str], newest: str
) -> None:
    """After any history the caption is that of the newest text alone, and of the finals before it."""
    with_partials, without = Speaker(), Speaker()
    for heard, final in earlier:
        with_partials.say(*heard, final)
        without.say(final)
    for text in history:
        with_partials.hear(text, final=False)
    with_partials.hear(newest, final=False)
    without.hear(newest, final=False)
    assert with_partials.captions() == without.captions()
    with_partials.hear(newest, final=True)
    without.hear(newest, final=True)
    assert with_partials.stop() == without.stop()


@given(st.randoms(use_true_random=False))
def test_partials_leave_no_trace_in_the_finals(rng: random.Random) -> None:
    """Leaving out partials of a whole conversation changes no final. The first of each utterance stays: it keeps
    runs open."""
    stream = invented(rng, "drawn")
    first = {(e.session, e.utterance): e.sequence for e in reversed(stream.events)}
    kept = [e for e in stream.events if e.final or first[e.session, e.utterance] == e.sequence]
    renumbered: dict[str, int] = defaultdict(int)
    sparse = []
    for event in kept:
        renumbered[event.session] += 1
        fields = {name: getattr(event, name) for name in event.__slots__}
        sparse.append(type(event)(**{**fields, "sequence": renumbered[event.session]}))
    assert last_captions(stream) == last_captions(Stream("sparse", "invented", "en-US", sparse))


def last_captions(stream: Stream) -> dict[tuple[str, int], tuple[str, bool]]:
    """By session and number of the utterance: its last caption, and whether it was final."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    found = {}
    for line in captions(event.line() for event in stream.events):
        known = numbers[line["mediaSessionId"]]
        at = known.setdefault(line["utterance"], len(known))
        found[line["mediaSessionId"], at] = (line["text"], line["final"])
    return found


@given(st.randoms(use_true_random=False))
def test_what_is_closed_stays_closed(rng: random.Random) -> None:
    """Once a final stands without an open mask, no later caption of it shows a character more."""
    stream = invented(rng, "drawn")
    finals = {(e.session, e.utterance): e.text for e in stream.events if e.final}
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    settled: dict[tuple[str, int], bytes] = {}
    for line in captions(event.line() for event in stream.events):
        known = numbers[line["mediaSessionId"]]
        at = (line["mediaSessionId"], known.setdefault(line["utterance"], len(known)))
        if not line["final"]:
            assert at not in settled
            continue
        flags = seen(finals[at], line["text"]).flags
        if at in settled:
            assert all(before or not now for before, now in zip(settled[at], flags, strict=True))
        if "[...]" not in line["text"]:
            settled[at] = flags
        assert line["held"] == ("[...]" in line["text"])


def test_the_same_stream_gives_the_same_captions() -> None:
    for seed in range(10):
        stream = invented(random.Random(seed), "again")
        assert list(captions(e.line() for e in stream.events)) == list(captions(e.line() for e in stream.events))


def test_there_are_masks_in_what_is_compared() -> None:
    """The properties above would hold for a redactor that does nothing."""
    texts = [text for seed in range(10) for text, _ in last_captions(invented(random.Random(seed), "s")).values()]
    assert sum(1 for text in texts if MASK.search(text)) > 10
    assert sum(1 for text in texts if not MASK.search(text)) > 10
