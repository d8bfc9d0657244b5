"""Caption streams with their truth, for the benchmarks: recorded ones from a folder, and turns made into streams.

The folder's shape is the one of the shared data set: `pii/*.jsonl` with `pii/truth/*.json`, `cases/*.jsonl`,
`plain/*.jsonl`. A stream is a list of events as upstream sends them, and for each event the spans of its text that are
private or, although they look it, are not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from captiond.base.errors import CaptiondError

PRIVATE: Final = "pii"  # must be masked
BENIGN: Final = "negative"  # must stay
UNSCORED: Final = "ambiguous"  # the last four digits of a card: either is right

WORD_MS: Final = 400  # pace of a turn made into a stream: 150 words a minute
_EPOCH: Final = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)  # event time of the first word of a made stream
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024  # no stream of one call is as long; a wrong --data is found out early


class DataError(CaptiondError):
    """A data file that isn't what the benchmark expects. Names the file and the line, never what the line says."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One private or harmless thing as it is said once; over several utterances where `parts` is more than 1.

    Attributes:
        entity: id within its stream; several mentions of one number share it.
        key: this mention within its stream.
        kind: CARD, SSN, PRICE ... as the truth names it.
        form: how it is said: digits, grouped, spoken_pairs ...
        cls: PRIVATE, BENIGN or UNSCORED.
        value: its digits (an e-mail's address); "" where the truth gives none. Never shown in a repr.
        parts: how many utterances it is cut over.
    """

    entity: str
    key: str
    kind: str
    form: str
    cls: str
    value: str = field(repr=False)
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Where (a part of) a mention stands in the text of an event: code points, end exclusive."""

    start: int
    end: int
    mention: Mention
    part: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """One upstream event. `at_ms` is event time since 1970; `utterance` counts the finals before it in its session."""

    session: str
    sequence: int
    text: str = field(repr=False)
    final: bool
    at_ms: int
    channel: str
    language: str
    utterance: int
    spans: tuple[Span, ...] = ()

    def line(self) -> bytes:
        """The event as upstream's JSON (contract, section 3)."""
        stamp = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.at_ms)).isoformat(
            timespec="milliseconds"
        )
        fields: dict[str, Any] = {
            "eventType": "transcription",
            "eventSequence": self.sequence,
            "mediaSessionId": self.session,
            "transcript": self.text,
            "isPartial": not self.final,
            "timestamp": stamp.replace("+00:00", "Z"),
            "language": self.language,
        }
        if self.channel:
            fields["channel"] = self.channel
        return json.dumps(fields, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Stream:
    """One conversation: the events of all its media sessions, in order of time."""

    name: str
    corpus: str
    language: str
    events: Sequence[Event]


def recorded(folder: Path, corpus: str, language: str) -> Iterator[Stream]:
    """The streams of `folder/corpus` whose language begins with `language` ("" for all), with truth where there is any.

    Raises:
        DataError: a file can't be read as what it should be.
    """
    for path in sorted((folder / corpus).glob("*.jsonl")):
        truth_path = path.parent / "truth" / f"{path.stem}.json"
        try:
            truth = read_json(truth_path) if truth_path.exists() else {}
            lang = str(truth.get("lang", "en-US"))
            if lang.lower().startswith(language.lower()):
                yield Stream(path.stem, corpus, lang, _events(read_lines(path), truth, lang))
        except (KeyError, TypeError, ValueError, AttributeError) as why:
            raise DataError(f"{path.name}: not a caption stream of the expected shape ({type(why).__name__})") from None


def turns(folder: Path, language: str, *, partials: bool) -> Iterator[Stream]:
    """Every turn of `folder/cases` as its own stream: one final, before it with `partials` one event a word.

    Raises:
        DataError: a line can't be read as a turn.
    """
    for path in sorted((folder / "cases").glob("*.jsonl")):
        for number, row in enumerate(read_lines(path), 1):
            try:
                if not str(row["lang"]).lower().startswith(language.lower()):
                    continue
                spans = [
                    Span(int(e["start"]), int(e["end"]), _mention(e, f"{row['id']}/{i}", f"{row['id']}/{i}"))
                    for i, e in enumerate(row["entities"])
                ]
                yield turn(row["id"], row["lang"], row["text"], spans, partials=partials)
            except (KeyError, TypeError, ValueError, AttributeError) as why:
                raise DataError(f"{path.name}, line {number}: not a turn ({type(why).__name__})") from None


def turn(name: str, language: str, text: str, spans: Sequence[Span], *, partials: bool) -> Stream:
    """One turn as a stream: growing word by word where `partials`, then final."""
    ends = [i for i, c in enumerate(text) if c == " " and i] if partials else []
    events = []
    for sequence, end in enumerate([*ends, len(text)], 1):
        final = sequence == len(ends) + 1
        shown = tuple(Span(s.start, min(s.end, end), s.mention) for s in spans if s.start < end)
        at_ms = int(_EPOCH.timestamp() * 1000) + WORD_MS * sequence
        events.append(Event(name, sequence, text[:end], final, at_ms, "", language, 0, shown))
    return Stream(name, "cases/partials" if partials else "cases/finals", language, events)


def _events(rows: Sequence[Mapping[str, Any]], truth: Mapping[str, Any], language: str) -> list[Event]:
    finals: dict[tuple[str, int], list[Span]] = {}
    mentions: dict[tuple[str, str, int], Mention] = {}  # (session, entity, utterance's final sequence)
    open_parts: dict[str, Mention] = {}
    for heard in sorted(truth.get("utterances", ()), key=lambda u: int(u["startMs"])):
        session, at = str(heard["mediaSessionId"]), int(heard["finalSeq"])
        for number, e in enumerate(heard["entities"]):
            part, parts = int(e.get("part") or 1), int(e.get("parts") or 1)
            mention = _mention(e, str(e["id"]), f"{session}/{at}/{number}")
            if parts > 1:  # one number cut over utterances is one mention
                mention = open_parts.setdefault(mention.entity, mention) if part > 1 else mention
                open_parts[mention.entity] = mention
            mentions[session, mention.entity, at] = mention
            finals.setdefault((session, at), []).append(Span(int(e["start"]), int(e["end"]), mention, part))
    partial_spans = {
        (session, int(seq)): [s for s in rows_ if int(s[0]) == int(seq)]
        for session, rows_ in truth.get("partialSpans", {}).items()
        for seq in {s[0] for s in rows_}
    }
    return list(_with_spans(rows, finals, partial_spans, mentions, language))


def _with_spans(
    rows: Sequence[Mapping[str, Any]],
    finals: Mapping[tuple[str, int], Sequence[Span]],
    partial_spans: Mapping[tuple[str, int], Sequence[Sequence[Any]]],
    mentions: Mapping[tuple[str, str, int], Mention],
    language: str,
) -> Iterator[Event]:
    next_final: dict[tuple[str, int], int] = {}
    upcoming: dict[str, int] = {}
    for row in reversed(rows):
        session, sequence = str(row["mediaSessionId"]), int(row["eventSequence"])
        if not row["isPartial"]:
            upcoming[session] = sequence
        next_final[session, sequence] = upcoming.get(session, 0)
    finals_so_far: dict[str, int] = {}
    for row in rows:
        session, sequence, final = str(row["mediaSessionId"]), int(row["eventSequence"]), not row["isPartial"]
        at = (session, sequence)
        spans = list(finals.get(at, ()))
        for _, start, end, _kind, entity in partial_spans.get(at, ()):
            # A shortened final leaves its last words to the next utterance: then the mention is of that one.
            mention = mentions.get((session, str(entity), next_final[at])) or _first_mention(mentions, str(entity))
            part = next((s.part for s in finals.get((session, next_final[at]), ()) if s.mention is mention), 1)
            spans.append(Span(int(start), int(end), mention, part))
        utterance = finals_so_far.get(session, 0)
        finals_so_far[session] = utterance + final
        stamp = datetime.fromisoformat(str(row["timestamp"]).replace("Z", "+00:00"))
        at_ms = round(stamp.timestamp() * 1000)
        text, channel = str(row["transcript"]), str(row.get("channel", ""))
        yield Event(session, sequence, text, final, at_ms, channel, language, utterance, tuple(spans))


def spoken(rows: Sequence[Mapping[str, Any]], language: str) -> list[Event]:
    """Upstream's events without any truth."""
    return _events(rows, {}, language)


def _first_mention(mentions: Mapping[tuple[str, str, int], Mention], entity: str) -> Mention:
    return next(m for (_, e, _), m in mentions.items() if e == entity)


def _mention(e: Mapping[str, Any], entity: str, key: str) -> Mention:
    value = "" if e.get("value") is None else str(e["value"])
    parts = int(e.get("parts") or 1)
    return Mention(entity, key, str(e["type"]), str(e["form"]), str(e["cls"]), value, parts)


def read_lines(path: Path) -> list[Mapping[str, Any]]:
    """A file of JSON Lines, bounded in size."""
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise DataError(f"{path.name}: larger than {_MAX_FILE_BYTES} bytes")
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except ValueError:
        raise DataError(f"{path.name}: not JSON Lines") from None


def read_json(path: Path) -> Mapping[str, Any]:
    """A file that holds one JSON object, bounded in size."""
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise DataError(f"{path.name}: larger than {_MAX_FILE_BYTES} bytes")
    value = json.loads(path.read_text("utf-8"))
    if not isinstance(value, dict):
        raise DataError(f"{path.name}: a JSON object was expected")
    return value
