"""Frames of the link between the head and a relay: length, kind, body. Pure.

Both ends are ours and of one version, so a frame that is not understood is a fault of the program: the link ends, and
the relay is started anew.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final

import orjson

from captiond.base.errors import LocalError

HEADER: Final = struct.Struct(">IB")
MAX_FRAME_BYTES: Final = 16_777_216  # the copy of a session is 1 MiB of log and a board at most; a batch 64 KiB and one
ENTRY: Final = struct.Struct(">II")  # of a batch: the stream's number, bytes of JSON that follow
PUT_AT: Final = struct.Struct(">d")  # begins a batch: when its oldest message was put in, monotonic


class Kind(IntEnum):
    """What a frame is."""

    ORDER = 1  # JSON with a member `do`
    COPY = 2  # a session's stream as it is; see `copying`
    BATCH = 3  # captions and what else has an index, of one turn of the head's loop


_KINDS: Final = frozenset(Kind)


class LinkFault(LocalError):
    """What came over the link is not what this version sends."""


def frame(kind: Kind, body: bytes) -> bytes:
    """A whole frame."""
    if len(body) > MAX_FRAME_BYTES:
        raise LinkFault(f"a frame of {len(body)} bytes is too large for the link")
    return HEADER.pack(len(body), kind) + body


def order(do: str, **members: Any) -> bytes:
    """The body of an order."""
    return orjson.dumps({"do": do, **members})


def parse_order(body: bytes) -> dict[str, Any]:
    """An order as a mapping that has `do`."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise LinkFault("an order is not JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("do"), str):
        raise LinkFault("an order says nothing to do")
    return said


def batch(put_s: float, entries: list[bytes]) -> bytes:
    """The body of a batch; `entries` are those of `entry`."""
    return PUT_AT.pack(put_s) + b"".join(entries)


def entry(number: int, json: bytes) -> bytes:
    """One message for the stream of that number."""
    return ENTRY.pack(number, len(json)) + json


def parse_batch(body: bytes) -> tuple[float, Iterator[tuple[int, bytes]]]:
    """When its oldest message was put in, and each message with its stream's number."""
    if len(body) < PUT_AT.size:
        raise LinkFault("a batch is too short")
    return PUT_AT.unpack_from(body)[0], _entries(body)


def _entries(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = PUT_AT.size
    while at < len(body):
        if at + ENTRY.size > len(body):
            raise LinkFault("a batch ends within an entry")
        number, size_bytes = ENTRY.unpack_from(body, at)
        at += ENTRY.size
        if at + size_bytes > len(body):
            raise LinkFault("a batch ends within a message")
        yield number, body[at : at + size_bytes]
        at += size_bytes


class Frames:
    """Bytes in, frames out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Every whole frame.

        Raises:
            LinkFault: an unknown kind, or a length beyond bounds.
        """
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= HEADER.size:
                size_bytes, kind = HEADER.unpack_from(buffer, at)
                if size_bytes > MAX_FRAME_BYTES or kind not in _KINDS:
                    raise LinkFault("a frame has a head that no frame has")
                if len(buffer) - at < HEADER.size + size_bytes:
                    return
                body = bytes(buffer[at + HEADER.size : at + HEADER.size + size_bytes])
                at += HEADER.size + size_bytes
                yield Kind(kind), body
        finally:
            del buffer[:at]
