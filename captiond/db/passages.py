"""The texts in a job's result, in pieces that can be found and shown. Pure.

No kind is named here: a text is what stands under `text`, `transcript` or `content`, and what stands beside it says
who, when and in which language. So the result of a new workflow is searched as soon as it keeps to these names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

TEXTS: Final = ("text", "transcript", "content")
SPEAKERS: Final = ("speaker", "channel", "from", "purpose")
TIMES: Final = ("timestamp", "startTimestamp", "sentAt")
MAX_CHARS: Final = 1_000  # of one piece: half a minute of talk, of which a hit shows a part
MAX_PASSAGES: Final = 50_000  # of one job: 2 MiB of messages of some forty characters each
MAX_DEPTH: Final = 8
MAX_FACT_CHARS: Final = 128


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of what was said, redacted. None where nobody said."""

    text: str = field(repr=False)
    channel: str = ""
    language: str = ""
    conversation: str | None = None
    said_at: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None


def passages_of(result: Any) -> list[Passage]:
    """All texts of a result, in their order, long ones cut. At most `MAX_PASSAGES`: the first of them."""
    found: list[Passage] = []
    for passage in _passages(result, None, MAX_DEPTH):
        if len(found) >= MAX_PASSAGES:
            break
        found.append(passage)
    return found


def _passages(value: Any, conversation: str | None, depth: int) -> Iterator[Passage]:
    if depth == 0:
        return
    if isinstance(value, Mapping):
        conversation = _fact(value, ("conversationId", "interactionId")) or conversation
        for key, member in value.items():
            if key in TEXTS and isinstance(member, str):
                yield from _pieces(member, value, conversation)
            else:
                yield from _passages(member, conversation, depth - 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for member in value:
            yield from _passages(member, conversation, depth - 1)


def _pieces(text: str, beside: Mapping[str, Any], conversation: str | None) -> Iterator[Passage]:
    for piece in cut(text):
        yield Passage(
            piece,
            channel=_fact(beside, SPEAKERS) or "",
            language=_fact(beside, ("language", "languageLocale")) or "",
            conversation=conversation,
            said_at=_fact(beside, TIMES),
            start_ms=_whole(beside.get("startMs")),
            end_ms=_whole(beside.get("endMs")),
            confidence=_share(beside.get("confidence")),
        )


def cut(text: str) -> Iterator[str]:
    """A text by its lines, long lines between sentences or words where there are any."""
    for line in text.splitlines():
        rest = line.strip()
        while len(rest) > MAX_CHARS:
            end = max(rest.rfind(mark, MAX_CHARS // 2, MAX_CHARS) for mark in (". ", "? ", "! "))
            end = end if end >= 0 else rest.rfind(" ", MAX_CHARS // 2, MAX_CHARS)
            end = end + 1 if end >= 0 else MAX_CHARS
            yield rest[:end].rstrip()
            rest = rest[end:].lstrip()
        if rest:
            yield rest


def _fact(beside: Mapping[str, Any], names: Sequence[str]) -> str | None:
    found = next((beside[name] for name in names if isinstance(beside.get(name), str)), None)
    return found[:MAX_FACT_CHARS] if found else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else None


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 else None
