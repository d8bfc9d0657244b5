"""The search in transcripts, in the documents' form or as Genesys Cloud has it: body and answer <-> typed values. Pure.

What the answer looks like the documents do not say, so what is read is what any such answer has: a list of objects with
an id, pieces of text and a time. Whatever else there is goes nowhere. Text stays raw until `jobs.masking` has seen it.
Source: workflows.md, section 3, 7; Genesys Cloud: the developer center's page "Transcript search".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from captiond.base.ids import RawText
from captiond.genesys.fields import ID
from captiond.genesys.payloads import MalformedAnswer
from captiond.genesys.transcriptions import instant_s

MAX_TEXTS: Final = 10  # of one result
MAX_TEXT_CHARS: Final = 2_000

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d{4}", re.ASCII)
_LISTS: Final = ("results", "recordings", "entities", "hits", "items", "conversations")
_TEXTS: Final = ("text", "transcript", "snippet", "snippets", "highlight", "highlights", "fragments", "content")
_TIMES: Final = (
    "startTime",
    "startTimestamp",
    "createdTimestamp",
    "timestamp",
    "conversationStart",
    "conversationStartTime",
    "date",
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,40}>")  # what a highlighter puts around words, and between digits


class BodyOf(Protocol):
    """Makes the body of a search."""

    def __call__(self, text: str, *, limit: int) -> dict[str, Any]:
        """For what was typed; see `body_of`, `platform_body_of`."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result; None where Genesys did not say.

    Attributes:
        at_s: of the recording, seconds since 1970.
        texts: pieces of its transcript.
        cut: whether there were more of them, or longer ones.
    """

    recording: str | None
    transcript: str | None
    conversation: str | None
    score: float | None
    at_s: float | None
    texts: tuple[RawText, ...] = field(repr=False)
    cut: bool = False


def phrase(text: str) -> str:
    """What somebody typed as a phrase of that search: nothing in it ends the phrase, or means anything else there."""
    said = "".join(char if char.isprintable() else " " for char in text).strip()
    if len(said) > 1 and said[0] == said[-1] == '"':
        said = said[1:-1]
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'transcript:"{escaped}"'


def body_of(text: str, *, limit: int) -> dict[str, Any]:
    """The body of `POST /api/v2/search/recordings`."""
    return {"query": phrase(text), "limit": limit}


def platform_body_of(text: str, *, limit: int) -> dict[str, Any]:
    """The body of `POST /api/v2/speechandtextanalytics/transcripts/search`: these words in this order. Genesys Cloud
    answers which conversations, not their words; contents can be searched for 60 days."""
    said = " ".join("".join(char if char.isprintable() else " " for char in text).strip('" ').split())
    return {
        "types": ["transcripts"],
        "pageSize": limit,
        "pageNumber": 1,
        "query": [{"type": "EXACT", "fields": ["transcript.content"], "value": said}],
    }


@dataclass(frozen=True, slots=True)
class Form:
    """How a form of Genesys' API is asked to search.

    Attributes:
        path: where to POST.
        body_of: the body for what somebody typed and a `limit` of results.
        scopes: what the account needs for it.
    """

    path: str
    body_of: BodyOf
    scopes: tuple[str, ...]


DOCUMENTS: Final = Form("/api/v2/search/recordings", body_of, ("search:read", "recordings:view"))
PLATFORM: Final = Form(
    "/api/v2/speechandtextanalytics/transcripts/search",
    platform_body_of,
    ("recording:recording:view", "speechAndTextAnalytics:data:view"),
)


def parse(answer: Mapping[str, Any], *, limit: int) -> tuple[list[Result], int | None]:
    """The results, at most so many, and how many Genesys says that there are.

    Raises:
        MalformedAnswer: the answer holds no list of results.
    """
    found = next((answer[name] for name in _LISTS if isinstance(answer.get(name), list)), None)
    if found is None:
        raise MalformedAnswer("the answer holds no results")
    total = next((answer[name] for name in ("total", "totalHits") if _is_count(answer.get(name))), None)
    return [_result(one) for one in found[:limit] if isinstance(one, Mapping)], total


def _result(one: Mapping[str, Any]) -> Result:
    texts: list[RawText] = []
    cut = False
    for text in _texts(one):
        if len(texts) == MAX_TEXTS:
            cut = True
            break
        plain = _TAG.sub("", text)
        cut = cut or len(plain) > MAX_TEXT_CHARS
        texts.append(RawText(plain[:MAX_TEXT_CHARS]))
    score = one.get("score")
    return Result(
        recording=_id(one, "recordingId", "id"),
        transcript=_id(one, "transcriptId"),
        conversation=_id(one, "conversationId", "interactionId"),
        score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
        at_s=next((at_s for name in _TIMES if (at_s := instant_s(one.get(name))) is not None), None),
        texts=tuple(texts),
        cut=cut,
    )


def _texts(one: Mapping[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        value = one.get(name)
        for member in value if isinstance(value, list) else [value]:
            text = member.get("text") if isinstance(member, Mapping) else member
            if isinstance(text, str) and text.strip():
                yield text


def _id(one: Mapping[str, Any], *names: str) -> str | None:
    """An id, unless it might be somebody's number: four digits in a row are in a UUID, or in none."""
    found = next((one[name] for name in names if isinstance(one.get(name), str)), None)
    if found is None or not ID.fullmatch(found):
        return None
    return found if _UUID.fullmatch(found) or not _DIGITS.search(found) else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
