"""The audit chain as others read it: what a check finds, what an export holds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from captiond.audit_chain import GENESIS, MAX_LINE_BYTES, Chain, parse, plain, read, verify


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def chained(path: Path, *records: dict[str, Any]) -> Path:
    """A file with these records, sealed one after the other."""
    chain = Chain()
    path.write_bytes(b"".join(chain.seal(plain(record)) for record in records))
    return path


def filled(path: Path, count: int) -> Path:
    return chained(
        path,
        *({"kind": "event", "sequence": number, "rawLength": 12, "latencyMs": 1.5} for number in range(1, count + 1)),
    )


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("line", range(5))
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda line: line.replace(b'"rawLength":12', b'"rawLength":99'), "the record was changed"),
        (lambda line: line.replace(b'"kind":"event"', b'"kind":"event","kind":"event"'), "stands in it twice"),
        (lambda line: b"not json\n", "not JSON"),
        (lambda line: b"[1]\n", "not an object"),
        (lambda line: line.replace(b'"hash"', b'"hush"'), "has no hash"),
        (lambda line: line[:-30], "torn|not JSON"),
        (lambda line: b"{" + b" " * MAX_LINE_BYTES + b"}\n", "too long"),
    ],
    ids=["changed", "doubled key", "not json", "array", "no hash", "torn", "too long"],
)
def test_verify_names_the_first_broken_record(path: Path, line: int, change: Any, says: str) -> None:
    lines = filled(path, 5).read_bytes().splitlines(keepends=True)
    lines[line] = change(lines[line])
    path.write_bytes(b"".join(lines))
    verdict = verify(path)
    assert verdict.broken is not None
    assert verdict.broken.line == line + 1
    assert verdict.records == line
    assert re.search(says, verdict.broken.reason)


def test_verify_sees_a_missing_record(path: Path) -> None:
    lines = filled(path, 5).read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    verdict = verify(path)
    assert verdict.broken is not None
    assert verdict.broken.line == 3
    assert "missing" in verdict.broken.reason


def test_verify_sees_a_record_rewritten_with_a_fitting_hash(path: Path) -> None:
    """Whoever changes a record can compute its hash; the next record's prev gives it away."""
    lines = filled(path, 3).read_bytes().splitlines(keepends=True)
    record = {**json.loads(lines[1]), "rawLength": 1}
    lines[1] = Chain(record.pop("prev")).seal(record)
    path.write_bytes(b"".join(lines))
    verdict = verify(path)
    assert verdict.broken is not None
    assert verdict.broken.line == 3


def test_verify_accepts_other_writers_spacing_and_order(path: Path) -> None:
    """Only the content is hashed, so a chain copied through another JSON library still holds."""
    respaced = [json.dumps(record) for record in records(filled(path, 3))]
    path.write_text("\n".join(respaced) + "\n")
    assert verify(path).broken is None


def test_an_empty_file_is_an_empty_chain(path: Path) -> None:
    path.touch()
    assert (verify(path).records, verify(path).last_hash) == (0, GENESIS)


def test_reading_one_session_gives_its_records_only(path: Path) -> None:
    said = [
        {"kind": "event", "mediaSessionId": session, "sequence": sequence, "cause": "ms-1"}
        for sequence, session in enumerate(("ms-1", "ms-10", "ms-1", "other"), start=1)
    ]
    chained(path, *said)
    assert [json.loads(line)["sequence"] for line in read(path, "ms-1")] == [1, 3]
    assert len(list(read(path))) == 4


def test_a_broken_line_is_not_exported_as_a_record(path: Path) -> None:
    lines = filled(path, 2).read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"garbage\n" + lines[1])
    assert list(read(path)) == lines


def test_parse_bounds_a_line() -> None:
    record, reason = parse(b"x" * (MAX_LINE_BYTES + 1))
    assert record is None
    assert "too long" in reason
