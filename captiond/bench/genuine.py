"""Streams of real recognisers in which one known number was read out, for the benchmarks.

The data say what was spoken, not where it stands in each hypothesis: recognisers mishear, regroup and cut. So the
digits are found here: all digits of an event between the first and the last that belong to the value, in their order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from captiond.bench.reading import places, read_digits
from captiond.bench.streams import PRIVATE, DataError, Event, Mention, Span, Stream, read_json, read_lines, spoken

# Kinds whose digits can be found again. E-mail addresses come out as other words ("dick law dot com"): no measure.
NUMBERS: Final = frozenset({"CARD", "SSN", "PHONE", "CVV", "IBAN"})
_FEWEST_FOUND: Final = 2  # one equal digit alone is chance ("the one I said")


def genuine(folder: Path, language: str) -> Iterator[Stream]:
    """The streams of `folder/genuine/*` that have a number of a kind in `NUMBERS`, or none at all.

    Raises:
        DataError: a file can't be read as what it should be.
    """
    if not "en-US".lower().startswith(language.lower()):
        return
    for path in sorted((folder / "genuine").glob("*/*.jsonl")):
        try:
            meta = read_json(path.with_suffix(".meta.json"))
            kind = meta.get("kind")
            if kind is not None and kind not in NUMBERS:
                continue
            events = spoken(read_lines(path), "en-US")
            name = f"{path.parent.name}/{path.stem}"
            yield Stream(name, "genuine", "en-US", list(_located(events, meta)) if kind else events)
        except (KeyError, TypeError, ValueError, AttributeError, OSError) as why:
            raise DataError(f"{path.name}: not a recognised stream ({type(why).__name__})") from None


def _located(events: Sequence[Event], meta: Mapping[str, Any]) -> Iterator[Event]:
    value = "".join(c for c in str(meta["value"]) if c.isdigit())
    found = [(event, _find(event, value)) for event in events]
    parts: dict[int, int] = {}
    for event, span in found:
        if event.final and span:
            parts[event.utterance] = len(parts) + 1
    mention = Mention("e1", "e1", str(meta["kind"]), str(meta["form"]), PRIVATE, value, max(1, len(parts)))
    for event, span in found:
        kept = (Span(*span, mention, parts[event.utterance]),) if span and event.utterance in parts else ()
        yield replace(event, spans=kept)


def _find(event: Event, value: str) -> tuple[int, int] | None:
    read = read_digits(event.text, event.language)
    ours = [digit for digit, place in zip(read, places(read, value), strict=True) if place is not None]
    if len(ours) < min(_FEWEST_FOUND, len(value)):
        return None
    return min(start for start, _ in ours[0].needs), max(end for _, end in ours[-1].needs)
