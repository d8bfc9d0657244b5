"""One transcript, four forms: JSON, plain text, WebVTT, SubRip. Pure. All four are written from the same lines.

Times count from the session's start. Where upstream does not say when something was said (`startMs`, `endMs`), the
moment the final came is the end, and the start is as far before as reading that text aloud takes; `timed` tells which
it is. Source: contract, section 4; W3C WebVTT, section 4 (cue text, escapes).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from captiond.base.ids import SessionId
from captiond.core.messages import Caption

MS_PER_CHARACTER: Final = 65  # ~15 characters a second: ordinary speech
SHORTEST_MS: Final = 500  # a cue that is shorter flickers


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said so far, redacted.

    Attributes:
        session: its id.
        language: the session's.
        state: the session's, e.g. "live": then more may come.
        started_at: ISO 8601 UTC; times count from it.
        finals: the newest revision of each final.
    """

    session: SessionId
    language: str
    state: str
    started_at: str
    finals: Sequence[Caption]


@dataclass(frozen=True, slots=True)
class Line:
    """One final with times that all four forms share; milliseconds from the session's start, `end_ms > start_ms`."""

    caption: Caption
    start_ms: int
    end_ms: int
    timed: bool


def lines(transcript: Transcript) -> list[Line]:
    """The finals in the order they are shown: by start, then as they came."""
    origin_s = _instant(transcript.started_at)
    placed = [_line(caption, origin_s) for caption in transcript.finals if caption.text]
    return sorted(placed, key=lambda line: line.start_ms)


def _line(caption: Caption, origin_s: float | None) -> Line:
    spoken_ms = max(SHORTEST_MS, MS_PER_CHARACTER * len(caption.text))
    if caption.start_ms is not None:
        start_ms = max(0, caption.start_ms)
        end_ms = caption.end_ms if caption.end_ms is not None else start_ms + spoken_ms
        return Line(caption, start_ms, max(end_ms, start_ms + 1), timed=True)
    came_s = _instant(caption.emitted_at)
    if caption.end_ms is not None:
        end_ms = max(1, caption.end_ms)
    elif came_s is not None and origin_s is not None:
        end_ms = max(1, round((came_s - origin_s) * 1000))
    else:
        end_ms = spoken_ms
    return Line(caption, max(0, end_ms - spoken_ms), end_ms, timed=False)


def _instant(iso: str) -> float | None:
    try:
        parsed = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def as_json(transcript: Transcript) -> bytes:
    """All that is known of each final."""
    captions = [_members(line) for line in lines(transcript)]
    return orjson.dumps(
        {
            "session": transcript.session,
            "language": transcript.language,
            "state": transcript.state,
            "startedAt": transcript.started_at,
            "captions": captions,
        }
    )


def _members(line: Line) -> dict[str, Any]:
    caption = line.caption
    members: dict[str, Any] = {
        "utterance": caption.utterance,
        "revision": caption.revision,
        "text": caption.text,
        "held": caption.held,
        "channel": caption.channel,
        "language": caption.language,
        "emittedAt": caption.emitted_at,
        "startMs": line.start_ms,
        "endMs": line.end_ms,
        "timed": line.timed,
        "redactions": dict(caption.redactions),
    }
    if caption.confidence is not None:
        members["confidence"] = caption.confidence
    return members


def as_text(transcript: Transcript) -> bytes:
    """A line for each final: when, who, what."""
    return "".join(
        f"[{clock(line.start_ms)}] {f'{line.caption.channel}: ' if line.caption.channel else ''}{line.caption.text}\n"
        for line in lines(transcript)
    ).encode("utf-8", "replace")


def as_vtt(transcript: Transcript) -> bytes:
    """A cue for each final; its identifier says which utterance it is and who speaks, its text is the text alone."""
    cues = [
        f"{_identifier(line)}\n{clock(line.start_ms)} --> {clock(line.end_ms)}\n{_vtt_text(line.caption.text)}\n"
        for line in lines(transcript)
    ]
    return "\n".join(["WEBVTT\n", *cues]).encode("utf-8", "replace")


def as_srt(transcript: Transcript) -> bytes:
    """A numbered cue for each final. SubRip has no escapes: what looks like a tag loses its brackets' meaning only."""
    cues = [
        f"{number}\n{clock(line.start_ms, ',')} --> {clock(line.end_ms, ',')}\n{line.caption.text}\n"
        for number, line in enumerate(lines(transcript), 1)
    ]
    return "\n".join(cues).encode("utf-8", "replace")


FORMS: Final[Mapping[str, tuple[str, Callable[[Transcript], bytes]]]] = {
    "json": ("application/json", as_json),
    "txt": ("text/plain; charset=utf-8", as_text),
    "vtt": ("text/vtt; charset=utf-8", as_vtt),
    "srt": ("application/x-subrip; charset=utf-8", as_srt),
}


def clock(ms: int, point: str = ".") -> str:
    """`hh:mm:ss.mmm`; hours grow past two digits."""
    seconds, milliseconds = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


def _identifier(line: Line) -> str:
    words = " ".join(part for part in (line.caption.utterance, line.caption.channel) if part)
    return words.replace("-->", "->").replace("\n", " ").replace("\r", " ") or "-"


def _vtt_text(text: str) -> str:
    """`&` and `<` would begin an entity or a tag, `-->` another cue; none can be left once `>` is escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
