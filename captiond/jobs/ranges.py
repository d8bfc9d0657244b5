"""One range of a text upstream, checked: it is what was asked for, of the same text as the ranges before, or an error.

| the answer | what it is |
|---|---|
| 206, its `Content-Range` begins where asked and holds as many bytes as came | a piece |
| the same, but the connection ended before | the beginning of a piece |
| 206 with no `Content-Range` | a piece; the last one, if it is shorter than asked |
| 416 that says the length is where we are; 204; 200 with nothing in it, at the start | the end |
| another start, more or fewer bytes than said, another total or ETag than before, 200, any other 416 | `WrongRange` |

Source: workflows.md, sections 3 and 5; RFC 9110, sections 13.1.5 and 14.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from captiond.base.errors import CaptiondError, UpstreamInvalid, UpstreamUnavailable
from captiond.genesys import recordings as api
from captiond.genesys.calls import Calls
from captiond.genesys.exchange import Stream
from captiond.genesys.payloads import MalformedAnswer

LARGEST_BYTES: Final = 524_288  # of a piece that grew: 200 MB are 440 requests; redacting them takes longer
GROWS_BY: Final = 8  # a piece is an eighth of what has come at most, so a short text comes in pieces as configured
PIECE_TIMEOUT_S: Final = 60.0  # for all of one; of each read the time of any answer
OPERATION: Final = "content"


class WrongRange(CaptiondError):
    """Upstream's pieces do not fit together. `why`: a word for logs and figures."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier answers said of the text: its length, and its ETag as it came. None: nothing."""

    total: int | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What came. `over`: it is the last one. `cut`: the connection ended before all of it was here."""

    body: bytes = field(repr=False)
    known: Known
    over: bool = False
    cut: bool = False


def piece_bytes(at: int, *, least: int) -> int:
    """How many bytes to ask for at `at`: `least` at the start, doubling as the text turns out to be long."""
    size = least
    while size * 2 <= LARGEST_BYTES and size * 2 * GROWS_BY <= at:
        size *= 2
    return size


async def fetch(calls: Calls, path: str, *, first: int, size: int, known: Known) -> Piece:
    """One piece.

    Raises:
        WrongRange: as the table says.
        UpstreamInvalid: it is packed, although that was not asked for.
        UpstreamUnavailable: nothing came. RateLimited, UpstreamRefused: as upstream says.
    """
    headers = {"Accept": "text/plain", "Range": f"bytes={first}-{first + size - 1}"}
    if first and (tag := api.strong_tag(known.tag)) is not None:
        headers["If-Range"] = tag
    async with calls.stream(path, operation=OPERATION, headers=headers, also=frozenset({416})) as answer:
        if answer.status != 206:
            return _end(answer, first, known)
        if (answer.header("Content-Encoding") or "identity").lower() != "identity":
            raise UpstreamInvalid(operation=OPERATION, why="sent an unusable answer: its content is packed")
        span = _span(answer, first, size, known)
        tag = answer.header("ETag")
        if tag is not None and known.tag is not None and tag != known.tag:
            raise WrongRange("changed")
        most = size if span is None else span.last - first + 1
        body, whole = await _body(answer, most)
        total = known.total if span is None or span.total is None else span.total
        piece = Piece(body, Known(total, known.tag or tag), cut=not whole)
        if piece.cut:
            return piece
        if span is not None and len(body) < most:
            raise WrongRange("length")
        over = len(body) < size if span is None or span.total is None else span.last + 1 == span.total
        if over and total is not None and first + len(body) != total:
            raise WrongRange("length")
        return replace(piece, over=over)


def _end(answer: Stream, first: int, known: Known) -> Piece:
    """An answer that is no piece: the end of the text, or none at all."""
    if answer.status == 416:
        total = api.parse_unsatisfied(answer.header("Content-Range"))
        # Where nobody has said a length, a piece that was full may have been the last one.
        if known.total in (None, first) and (total == first or (total is None and first > 0)):
            return Piece(b"", Known(first, known.tag), over=True)
        raise WrongRange("unsatisfied")
    if first == 0 and (answer.status == 204 or answer.header("Content-Length") == "0"):
        return Piece(b"", Known(0), over=True)
    raise WrongRange("whole")


def _span(answer: Stream, first: int, size: int, known: Known) -> api.Span | None:
    if (answer.header("Content-Type") or "").lower().startswith("multipart/"):
        raise WrongRange("other_range")
    try:
        span = api.parse_span(answer.header("Content-Range"))
    except MalformedAnswer:
        raise WrongRange("other_range") from None
    if span is None:
        return None
    if known.total is not None and span.total is not None and span.total != known.total:
        raise WrongRange("changed")
    if span.first != first or span.last >= first + size:
        raise WrongRange("other_range")
    return span


async def _body(answer: Stream, most: int) -> tuple[bytes, bool]:
    """What comes, and whether it is all. Raises UpstreamUnavailable where nothing did."""
    body = bytearray()
    try:
        async with asyncio.timeout(PIECE_TIMEOUT_S), aclosing(answer.pieces()) as parts:
            async for part in parts:
                body += part
                if len(body) > most:
                    raise WrongRange("length")
    except UpstreamUnavailable:
        if not body:
            raise
        return bytes(body), False
    except TimeoutError:
        if not body:
            raise UpstreamUnavailable(operation=OPERATION, why="timed out") from None
        return bytes(body), False
    return bytes(body), True
