"""What is played: section 3 events of one media session, with the times that pace them. Reads JSON Lines files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from captiond.simulator.identifiers import SESSION_ID

MAX_LINE_BYTES: Final = 1_048_576  # far over any caption; hostile texts of tests fit
MAX_FILE_BYTES: Final = 268_435_456  # a file is read whole: a day of one agent is about 20 MB
MAX_FILES: Final = 10_000  # of one folder; more is the wrong folder
MAX_SEQUENCE: Final = 2**53 - 1  # JSON's safe whole numbers; a loop adds to it and must stay encodable
MAX_FAULTS_SAID: Final = 20  # of one load; the rest is counted


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a track.

    Attributes:
        due_s: when it is sent, in seconds of conversation time; never falls along a track.
        stamp_s: what its `timestamp` says, in the same time; lower than `due_s` for an event that comes late.
        event: the section 3 event as the file has it; unknown keys included. Never shown in a repr.
    """

    due_s: float
    stamp_s: float
    event: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Track:
    """All events of one media session, in the order of sending."""

    session: str
    steps: tuple[Step, ...] = field(repr=False)
    channel: str = ""
    language: str | None = None

    @property
    def duration_s(self) -> float:
        """Conversation time of the last event."""
        return self.steps[-1].due_s if self.steps else 0.0

    def under(self, session: str) -> "Track":
        """The same events as another media session's."""
        return replace(self, session=session)


class EventFileError(ValueError):
    """Events that cannot be played. `faults` has one line each: file, line, what is wrong; never a text."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = list(faults[:MAX_FAULTS_SAID])
        if len(faults) > MAX_FAULTS_SAID:
            self.faults.append(f"... and {len(faults) - MAX_FAULTS_SAID} more")
        super().__init__("\n".join(self.faults))


def load_tracks(path: Path) -> list[Track]:
    """Reads a file of JSON Lines, or every `*.jsonl` of a folder (not of its sub-folders), in the order of names.

    A file may hold several media sessions; conversation time starts at the first event of the file.

    Raises:
        EventFileError: with every fault found.
    """
    try:
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    except OSError as error:
        raise EventFileError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    if not files:
        raise EventFileError([f"{path}: no *.jsonl file in this folder"])
    if len(files) > MAX_FILES:
        raise EventFileError([f"{path}: {len(files)} files; at most {MAX_FILES} are read"])
    faults: list[str] = []
    tracks: dict[str, Track] = {}
    for file in files:
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                faults.append(f"{file}: larger than {MAX_FILE_BYTES} bytes")
                continue
            found = parse_tracks(file.read_bytes(), name=str(file))
        except OSError as error:
            faults.append(f"{file}: {error.strerror or 'cannot be read'}")
            continue
        except EventFileError as error:
            faults.extend(error.faults)
            continue
        for track in found:
            if track.session in tracks:
                faults.append(f"{file}: media session {track.session} is in another file too")
            tracks[track.session] = track
    if faults:
        raise EventFileError(faults)
    return list(tracks.values())


def parse_tracks(content: bytes, *, name: str) -> list[Track]:
    """The tracks of one file's content, in the order in which their sessions appear. `name` is said in faults."""
    faults: list[str] = []
    events: list[Mapping[str, Any]] = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE_BYTES:
            faults.append(f"{name}:{number}: longer than {MAX_LINE_BYTES} bytes")
            continue
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            faults.append(f"{name}:{number}: not JSON")
            continue
        wrong = fault_of(event)
        if wrong:
            faults.append(f"{name}:{number}: {wrong}")
        else:
            events.append(event)
    if not faults and not events:
        faults.append(f"{name}: no events")
    if faults:
        raise EventFileError(faults)
    start_s = min(stamp_of(event) for event in events)
    by_session: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_session.setdefault(event["mediaSessionId"], []).append(event)
    return [_track(session, own, start_s) for session, own in by_session.items()]


def track_of(session: str, events: Iterable[Mapping[str, Any]]) -> Track:
    """A track made from events in memory; their own `mediaSessionId` is replaced.

    Raises:
        EventFileError: an event lacks a key or has one of the wrong type.
    """
    own = [{"eventType": "transcription", **event, "mediaSessionId": session} for event in events]
    faults = [f"event {number}: {wrong}" for number, event in enumerate(own, start=1) if (wrong := fault_of(event))]
    if faults:
        raise EventFileError(faults)
    return _track(session, own, min((stamp_of(event) for event in own), default=0.0))


def _track(session: str, events: Sequence[Mapping[str, Any]], start_s: float) -> Track:
    steps: list[Step] = []
    due_s = 0.0
    for event in events:
        stamp_s = stamp_of(event) - start_s
        due_s = max(due_s, stamp_s)  # the order of lines is the order of sending: a late event keeps its old time
        steps.append(Step(due_s=due_s, stamp_s=stamp_s, event=event))
    channel = next((event["channel"] for event in events if isinstance(event.get("channel"), str)), "")
    language = next((event["language"] for event in events if isinstance(event.get("language"), str)), None)
    return Track(session=session, steps=tuple(steps), channel=channel, language=language)


def fault_of(event: object) -> str | None:
    """What makes an event unfit to play, or None. Names keys, never values of them."""
    if not isinstance(event, dict):
        return "not a JSON object"
    wrong = [key for key, kind in _KINDS.items() if type(event.get(key)) is not kind]
    if wrong:
        return f"missing or of the wrong type: {', '.join(wrong)}"
    if not SESSION_ID.fullmatch(event["mediaSessionId"]):
        return "mediaSessionId: allowed are 1 to 128 of A-Z a-z 0-9 . _ : -"
    if not 1 <= event["eventSequence"] <= MAX_SEQUENCE:
        return f"eventSequence: allowed are whole numbers from 1 to {MAX_SEQUENCE}"
    try:
        stamp_of(event)
    except ValueError:
        return "timestamp: allowed is ISO 8601 with a zone, such as 2024-06-15T10:30:00.000Z"
    return None


_KINDS: Final[Mapping[str, type]] = {
    "eventType": str,
    "eventSequence": int,
    "mediaSessionId": str,
    "transcript": str,
    "isPartial": bool,
    "timestamp": str,
}


def stamp_of(event: Mapping[str, Any]) -> float:
    """The event's `timestamp` in seconds since 1970. Raises ValueError without a zone."""
    moment = datetime.fromisoformat(event["timestamp"])
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.timestamp()
