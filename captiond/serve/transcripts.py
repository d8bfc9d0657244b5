"""One transcript, four forms: JSON, plain text, WebVTT, SubRip. Pure. All four are written from the same lines.

Times count from the session's start. Where upstream does not say when something was said (`startMs`, `endMs`), the
moment the final came is the end, and the start is as far before as reading that text aloud takes; `timed` tells which
it is. Where updates were lost, each form says so: JSON in `gaps`, the others in a line or cue of its own.

`widget/caption-exports.js` writes the same bytes of what is on a page; `tests/widget/test_exports.py` holds both to it.
Source: contract, section 4; W3C WebVTT, section 4 (cue text, escapes).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from captiond.base.ids import SessionId
from captiond.core.messages import Caption, Gap
from captiond.db.records import Missed

MS_PER_CHARACTER: Final = 65  # ~15 characters a second: ordinary speech
SHORTEST_MS: Final = 500  # a cue that is shorter flickers
GAP_SHOWN_MS: Final = 2000  # long enough to read that something is missing
SPEAKERS: Final[Mapping[str, str]] = {"internal": "Agent", "external": "Customer"}  # as <live-captions> names them

_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_LINE_BREAK: Final = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LIKE_CUE_TIMES: Final = re.compile(r"\s*\d+:\d\d:\d\d[,.]\d+\s*-->")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said so far, redacted.

    Attributes:
        session: its id.
        language: the session's.
        state: the session's, e.g. "live": then more may come.
        started_at: ISO 8601 UTC; times count from it.
        finals: the newest revision of each final, in the order they were first said.
        missed: where updates were lost.
    """

    session: SessionId
    language: str
    state: str
    started_at: str
    finals: Sequence[Caption]
    missed: Sequence[Missed] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One final with times that all four forms share; milliseconds from the session's start, `end_ms > start_ms`."""

    caption: Caption
    start_ms: int
    end_ms: int
    timed: bool

    @property
    def speaker(self) -> str:
        """For people; "" where it is not known."""
        return SPEAKERS.get(self.caption.channel, self.caption.channel)


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap with its time: where the line before it ended."""

    gap: Gap
    start_ms: int

    @property
    def end_ms(self) -> int:
        """How long a player shows it."""
        return self.start_ms + GAP_SHOWN_MS

    @property
    def words(self) -> str:
        """For people."""
        match self.gap.lost:
            case None:
                return "[words may be missing here]"
            case 1:
                return "[1 update missed here]"
            case lost:
                return f"[{lost} updates missed here]"


def lines(transcript: Transcript) -> list[Line]:
    """The finals in the order they are shown: by start, then by end, then as they came."""
    return [one for one in entries(transcript) if isinstance(one, Line)]


def entries(transcript: Transcript) -> list[Line | Hole]:
    """Lines and holes in the order they are shown; a hole in front of what begins when it does."""
    origin_s = _instant(transcript.started_at)
    placed = [_line(caption, origin_s) for caption in transcript.finals]
    found: list[Line | Hole] = [line for line in placed if line.caption.text]
    for missed in transcript.missed:
        behind = len(placed) - missed.before
        found.append(Hole(missed.gap, placed[behind - 1].end_ms if behind > 0 else 0))
    return sorted(found, key=lambda one: (one.start_ms, isinstance(one, Line), one.end_ms))


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
    """All that is known of each final, and of each gap."""
    found = entries(transcript)
    return orjson.dumps(
        {
            "session": transcript.session,
            "language": transcript.language,
            "state": transcript.state,
            "startedAt": transcript.started_at,
            "captions": [_members(one) for one in found if isinstance(one, Line)],
            "gaps": [
                {"atMs": one.start_ms, "lost": one.gap.lost, "cause": one.gap.cause}
                for one in found
                if isinstance(one, Hole)
            ],
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
        "speaker": line.speaker,
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
    """A line for each final: when, who, what. A line for each gap."""
    return "".join(f"[{clock(one.start_ms)}] {_spoken(one, behind=True)}\n" for one in entries(transcript)).encode(
        "utf-8", "replace"
    )


def as_vtt(transcript: Transcript) -> bytes:
    """A cue for each final, its identifier the utterance and its voice the speaker; a cue for each gap."""
    cues: list[str] = []
    gaps = 0
    for one in entries(transcript):
        times = f"{clock(one.start_ms)} --> {clock(one.end_ms)}"
        if isinstance(one, Line):
            voice = f"<v {_vtt_text(one.speaker)}>" if one.speaker else ""
            cues.append(f"{_identifier(one.caption.utterance)}\n{times}\n{voice}{_vtt_text(one.caption.text)}\n")
        else:
            gaps += 1  # an utterance's id has no space: no two cues are named the same
            cues.append(f"gap {gaps}\n{times}\n{one.words}\n")
    return "\n".join(["WEBVTT\n", *cues]).encode("utf-8", "replace")


def as_srt(transcript: Transcript) -> bytes:
    """A numbered cue for each final, the speaker in front, and for each gap. SubRip has no escapes: what looks like a
    tag stays as it was said.
    """
    cues: list[str] = []
    for number, one in enumerate(entries(transcript), 1):
        text = _spoken(one, behind=False)
        if _LIKE_CUE_TIMES.match(text):
            text = f"\u2060{text}"  # a word joiner, unseen: no reader takes the line for the times of another cue
        cues.append(f"{number}\n{clock(one.start_ms, ',')} --> {clock(one.end_ms, ',')}\n{text}\n")
    return "\n".join(cues).encode("utf-8", "replace")


def _spoken(one: Line | Hole, *, behind: bool) -> str:
    """Who said what. Behind a time or a name, what is written from right to left keeps its own direction."""
    if isinstance(one, Hole):
        return one.words
    text, speaker = _one_line(one.caption.text), _one_line(one.speaker)
    if (behind or speaker) and _RIGHT_TO_LEFT.search(text):
        text = f"\u2068{text}\u2069"  # isolate, as <bdi> does
    return f"{speaker}: {text}" if speaker else text


def file_name(transcript: Transcript, form: str) -> str:
    """What a downloaded transcript is called: fit for every file system, `captions-ms-42-2024-06-15.vtt`."""
    day = transcript.started_at[:10] if re.match(r"\d{4}-\d\d-\d\d", transcript.started_at) else ""
    name = "-".join(part for part in ("captions", transcript.session, day) if part)
    return f"{re.sub('[^A-Za-z0-9._-]', '-', name)}.{form}"


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


def _one_line(text: str) -> str:
    """Captions hold no line break; what would end a line or a cue early must not depend on that."""
    return _LINE_BREAK.sub(" ", text)


def _identifier(utterance: str) -> str:
    return _one_line(utterance).replace("-->", "->") or "-"


def _vtt_text(text: str) -> str:
    """`&` and `<` would begin an entity or a tag, `-->` another cue; none can be left once `>` is escaped."""
    return _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
