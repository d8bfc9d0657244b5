"""The audit chain itself: how a record is sealed, how a file of records is checked and read. No threads, no queue.

A chain is a file of JSON Lines. Each record's `hash` is the hex SHA-256 of the record without `hash`, keys sorted, no
spaces, UTF-8; `prev` is the hash of the record before. Source: contract, section 8.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from captiond.base.errors import CaptiondError

GENESIS: Final = "0" * 64  # `prev` of the first record
MAX_LINE_BYTES: Final = 65_536  # a record is some 500 bytes; more than this is not ours, and must not fill the memory
HASH_DIGITS: Final = 64  # hex digits of a SHA-256
DECIMALS: Final = 3  # of figures: such numbers are written alike by every JSON library, so others can check the hash


class AuditError(CaptiondError):
    """The audit file cannot be used as it is; the message says why and what to do."""


class Chain:
    """The writing end of a chain: seals records one after the other."""

    def __init__(self, last_hash: str = GENESIS) -> None:
        self.last_hash = last_hash

    def seal(self, record: Mapping[str, Any]) -> bytes:
        """One line with its newline, linked to the record before.

        Raises:
            TypeError: a value is not JSON; the chain is as before.
        """
        linked = {**record, "prev": self.last_hash}
        digest = digest_of(linked)
        linked["hash"] = digest
        line = orjson.dumps(linked, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        self.last_hash = digest
        return line


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are written: figures have three decimals, what is not a number is null."""
    return {key: _plain_figure(value) if isinstance(value, float) else value for key, value in fields.items()}


def _plain_figure(value: float) -> float | None:
    return round(value, DECIMALS) if math.isfinite(value) else None


def digest_of(record: Mapping[str, Any]) -> str:
    """The hash of a record; its own `hash`, if it has one, is left out."""
    bare = {key: value for key, value in record.items() if key != "hash"}
    return hashlib.sha256(orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not hold: its line, counted from 1, and why. Never the record's content."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a whole file found. `records` counts the good ones before `broken`."""

    records: int
    last_hash: str
    broken: Broken | None = None


def verify(path: Path) -> Verdict:
    """Checks a whole file, record by record.

    Raises:
        OSError: the file cannot be read.
    """
    last_hash, good = GENESIS, 0
    with path.open("rb") as file:
        for number, line in enumerate(bounded_lines(file), start=1):
            record, reason = parse(line)
            if record is not None and not reason:
                reason = _link_fault(record, last_hash)
            if record is None or reason:
                return Verdict(good, last_hash, Broken(number, reason))
            last_hash, good = record["hash"], good + 1
    return Verdict(good, last_hash)


def _link_fault(record: Mapping[str, Any], last_hash: str) -> str:
    if digest_of(record) != record["hash"]:
        return "its hash is not that of its content: the record was changed"
    if record["prev"] != last_hash:
        return "its prev is not the hash before it: a record before it is missing, was moved or was changed"
    return ""


def parse(line: bytes) -> tuple[dict[str, Any] | None, str]:
    """A record and "", or None and why the line is none. Checks the shape, not the hash."""
    if not line.endswith(b"\n"):
        return None, "it is too long" if len(line) > MAX_LINE_BYTES else "it is torn: the line has no end"
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None, "it is not JSON"
    if not isinstance(record, dict):
        return None, "it is not an object"
    for key in ("prev", "hash"):
        value = record.get(key)
        if not (isinstance(value, str) and len(value) == HASH_DIGITS):
            return None, f"it has no {key}"
    # A doubled key would let a reader that takes the first value see another record than the one that was hashed.
    if orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n" != line and _has_doubled_keys(line):
        return None, "a key stands in it twice"
    return record, ""


def _has_doubled_keys(line: bytes) -> bool:
    doubled = False

    def see(pairs: list[tuple[str, Any]]) -> None:
        nonlocal doubled
        doubled = doubled or len({key for key, _ in pairs}) < len(pairs)

    json.loads(line, object_pairs_hook=see)
    return doubled


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines with their newline; one that is too long, or has no end, comes last."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        yield line
        if not line.endswith(b"\n"):
            return


def select(lines: Iterable[bytes], session: str | None) -> Iterator[bytes]:
    """The lines of one session as they stand in the file; all where `session` is None. Lines that are no records are
    left out: `verify` is what names them.
    """
    for line in lines:
        record, reason = parse(line)
        if record is None or reason:
            continue
        if session is None or record.get("mediaSessionId") == session:
            yield line


def read(path: Path, session: str | None = None) -> Iterator[bytes]:
    """The records of a file, one line each, in order; those of one session where `session` is given.

    Raises:
        OSError: the file cannot be read.
    """
    # Ids have no character that JSON escapes, so the quoted id stands in each of its records: a cheap first look.
    needle = None if session is None else json.dumps(session).encode()
    with path.open("rb") as file:
        yield from select((line for line in bounded_lines(file) if needle is None or needle in line), session)
