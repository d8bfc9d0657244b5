"""A session's stream as bytes for the link, and back. Pure.

A header in JSON, then the messages one after the other, each as it was encoded. A message that stands both in the log
and on the board is sent once.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

import orjson

from captiond.base.ids import Epoch, Index, SessionId
from captiond.core.board import Contents, Line
from captiond.core.messages import Caption, SessionState
from captiond.hub.copies import Copy
from captiond.hub.wire import Wire
from captiond.serve.decode import NotOurs, read, wire_of
from captiond.workers.frames import LinkFault

_LENGTH: Final = struct.Struct(">I")
IN_THE_LOG: Final = -1  # instead of a size: the message stands in the log


def pack(number: int, copy: Copy) -> bytes:
    """The body of a COPY frame. `number` is what batches call the stream."""
    blobs: list[bytes] = []
    logged = {wire.index for wire, _ in copy.tail}

    def size_of(wire: Wire) -> int:
        if wire.index in logged:
            return IN_THE_LOG
        blobs.append(wire.json)
        return len(blobs[-1])

    tail = []
    for wire, at_s in copy.tail:
        blobs.append(wire.json)
        tail.append([len(blobs[-1]), at_s])
    header = orjson.dumps(
        {
            "number": number,
            "session": copy.session,
            "epoch": copy.epoch,
            "language": copy.language,
            "createdAt": copy.created_at,
            "state": copy.state.value,
            "reason": copy.reason,
            "topForFinals": copy.top_for_finals,
            "top": copy.top,
            "tail": tail,
            "lines": [
                [size_of(line.wire), line.wire.index, line.size_bytes, line.first_index, line.final_index]
                for line in copy.board.lines
            ],
            "gaps": [[size_of(wire), index, size_bytes] for index, wire, size_bytes in copy.board.gaps],
            "forgottenFinals": copy.board.forgotten_finals,
        }
    )
    return _LENGTH.pack(len(header)) + header + b"".join(blobs)


def unpack(body: bytes) -> tuple[int, Copy]:
    """The number and the copy.

    Raises:
        LinkFault: it is not what `pack` makes.
    """
    try:
        header_bytes = _LENGTH.unpack_from(body)[0]
        begins = _LENGTH.size + header_bytes
        return _copy(orjson.loads(body[_LENGTH.size : begins]), _Blobs(body, begins))
    except (struct.error, orjson.JSONDecodeError, KeyError, TypeError, ValueError, NotOurs):
        raise LinkFault("a copy of a session is not what the head makes") from None


class _Blobs:
    """The messages behind the header, taken in order."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body, self._at = body, at

    def take(self, size_bytes: int) -> bytes:
        end = self._at + size_bytes
        if size_bytes < 0 or end > len(self._body):
            raise NotOurs("a copy ends within a message")
        blob, self._at = self._body[self._at : end], end
        return blob


def _copy(header: dict[str, Any], blobs: _Blobs) -> tuple[int, Copy]:
    epoch, top = Epoch(header["epoch"]), Index(header["top"])
    sizes: Sequence[tuple[int, float]] = header["tail"]
    first = top - len(sizes) + 1
    tail: list[tuple[Wire, float]] = [
        (wire_of(blobs.take(size_bytes), epoch=epoch, index=Index(first + nth)), at_s)
        for nth, (size_bytes, at_s) in enumerate(sizes)
    ]

    def wire(size_bytes: int, index: int) -> Wire:
        if size_bytes == IN_THE_LOG:
            return tail[index - first][0]
        return wire_of(blobs.take(size_bytes), epoch=epoch, index=Index(index))

    lines: list[Line[Wire]] = []
    for size, index, size_bytes, first_index, final_index in header["lines"]:
        sent = wire(size, index)
        caption = read(sent)
        if not isinstance(caption, Caption):
            raise NotOurs("a line of a board is no caption")
        lines.append(Line(caption, sent, size_bytes, first_index, final_index))
    gaps = [(Index(index), wire(size, index), size_bytes) for size, index, size_bytes in header["gaps"]]
    return int(header["number"]), Copy(
        session=SessionId(header["session"]),
        epoch=epoch,
        language=header["language"],
        created_at=header["createdAt"],
        state=SessionState(header["state"]),
        reason=header["reason"],
        top_for_finals=Index(header["topForFinals"]),
        top=top,
        tail=tail,
        board=Contents(lines, gaps, int(header["forgottenFinals"])),
    )
