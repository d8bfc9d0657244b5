"""The audit log: a chain that others can check, a writer that never blocks, and honest words about what was lost."""

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from captiond.audit import AuditLog
from captiond.audit_chain import GENESIS, MAX_LINE_BYTES, AuditError, plain, verify
from captiond.base.observe import AuditSink

EVENT: dict[str, Any] = {
    "mediaSessionId": "ms-1",
    "sequence": 1,
    "rawLength": 12,
    "redactedLength": 12,
    "latencyMs": 42.12345,
    "tokensProcessed": 3,
    "redactions": {},
    "complianceFlag": "NO_PII",
}
FLUSHED_S = 10.0  # far more than any flush takes; reached only where the test fails


class Counted:
    """A meter that remembers counters."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = {}

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None: ...

    def set(self, name: str, value: float, /, **labels: str) -> None: ...


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def filled(path: Path, count: int) -> Path:
    log = AuditLog(path, now_s=lambda: 1_718_447_400.25)
    for sequence in range(1, count + 1):
        log.record("event", **{**EVENT, "sequence": sequence})
    log.close()
    return path


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_the_chain_is_what_the_contract_says_checked_without_our_code(path: Path) -> None:
    """SHA-256 of the record without `hash`, keys sorted, no spaces, UTF-8; `prev` links; the first is 64 zeros."""
    filled(path, 5)
    before = "0" * 64
    for record in records(path):
        digest = record.pop("hash")
        assert record["prev"] == before
        written = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert digest == hashlib.sha256(written).hexdigest()
        before = digest


def test_a_record_has_its_time_and_kind_and_figures_of_three_decimals(path: Path) -> None:
    filled(path, 1)
    [record] = records(path)
    assert record["timestamp"] == "2024-06-15T10:30:00.250Z"
    assert record["kind"] == "event"
    assert record["latencyMs"] == 42.123


def test_a_given_timestamp_stands(path: Path) -> None:
    log = AuditLog(path)
    log.record("event", timestamp="2024-06-15T10:30:00.000Z")
    log.close()
    assert records(path)[0]["timestamp"] == "2024-06-15T10:30:00.000Z"


def test_figures_that_are_no_numbers_are_null() -> None:
    assert plain({"a": float("nan"), "b": float("inf"), "c": 0.00049, "d": 7}) == {
        "a": None,
        "b": None,
        "c": 0.0,
        "d": 7,
    }


def test_a_field_cannot_forge_the_chain(path: Path) -> None:
    log = AuditLog(path)
    log.record("event", prev="f" * 64, hash="f" * 64)
    log.close()
    assert records(path)[0]["prev"] == GENESIS
    assert verify(path).broken is None


def test_only_the_owner_reads_the_file(path: Path) -> None:
    assert stat.S_IMODE(filled(path, 1).stat().st_mode) == 0o600


def test_a_record_reaches_the_file_without_anything_else_happening(path: Path) -> None:
    """The writer wakes by itself; nobody closes or flushes."""
    log = AuditLog(path)
    seen = threading.Event()

    def look() -> None:
        while not seen.wait(0.01):
            if path.stat().st_size:
                seen.set()

    watcher = threading.Thread(target=look)
    watcher.start()
    log.record("event")
    assert seen.wait(FLUSHED_S)
    watcher.join()
    log.close()


def test_a_restart_goes_on_with_the_chain_and_says_so(path: Path) -> None:
    filled(path, 2)
    filled(path, 1)
    assert [record["kind"] for record in records(path)] == ["event", "event", "resumed", "event"]
    assert verify(path).records == 4
    assert verify(path).broken is None


@pytest.mark.parametrize("cut_bytes", [1, 2, 40, 200])
def test_a_torn_last_line_is_set_aside_and_reported(
    path: Path, cut_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A crash while writing leaves a prefix of a line; nothing of it is thrown away and the chain goes on."""
    whole = filled(path, 3).read_bytes()
    path.write_bytes(whole[:-cut_bytes])
    lines = whole.splitlines(keepends=True)
    AuditLog(path).close()
    assert path.with_name("audit.jsonl.torn-1").read_bytes() == lines[2][:-cut_bytes]
    assert verify(path).broken is None
    assert [record["kind"] for record in records(path)] == ["event", "event", "resumed"]
    assert records(path)[2]["tornBytes"] == len(lines[2]) - cut_bytes
    assert "torn line" in caplog.text


def test_a_second_torn_line_does_not_overwrite_the_first(path: Path) -> None:
    filled(path, 1)
    for torn in (b"one", b"two"):
        with path.open("ab") as file:
            file.write(torn)
        AuditLog(path).close()
    assert path.with_name("audit.jsonl.torn-1").read_bytes() == b"one"
    assert path.with_name("audit.jsonl.torn-2").read_bytes() == b"two"


def test_a_first_line_torn_begins_a_chain_anew(path: Path) -> None:
    path.write_bytes(b'{"kind":')
    AuditLog(path).close()
    assert records(path)[0]["prev"] == GENESIS
    assert records(path)[0]["kind"] == "resumed"


@pytest.mark.parametrize(
    "content",
    [b"hello\n", b"{}\n", b"[]\n", b'{"prev":"","hash":""}\n', b"x" * (3 * MAX_LINE_BYTES)],
    ids=["text", "object", "array", "empty hash", "no lines"],
)
def test_a_file_that_is_no_chain_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(AuditError, match=r"name another file"):
        AuditLog(path)
    assert path.read_bytes() == content


def test_a_changed_last_record_is_not_built_upon(path: Path) -> None:
    path.write_bytes(filled(path, 1).read_bytes().replace(b'"rawLength":12', b'"rawLength":13'))
    with pytest.raises(AuditError, match="hash of the last record is wrong"):
        AuditLog(path)


def test_two_writers_never_share_a_chain(path: Path) -> None:
    log = AuditLog(path)
    with pytest.raises(AuditError, match="another process"):
        AuditLog(path)
    log.close()
    AuditLog(path).close()


def test_a_second_process_is_refused_too(path: Path) -> None:
    log = AuditLog(path)
    code = "import sys; from pathlib import Path; from captiond.audit import AuditLog; AuditLog(Path(sys.argv[1]))"
    other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    log.close()
    assert "is being written by another process" in other.stderr


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="No such file or directory"):
        AuditLog(tmp_path / "missing" / "audit.jsonl")


class Disk:
    """A disk that can be full: takes `room_bytes`, then as the kernel does a short write, then ENOSPC."""

    def __init__(self) -> None:
        self.room_bytes: int | None = None
        self.refused = threading.Event()

    def write(self, fd: int, data: bytes) -> int:
        if self.room_bytes is None:
            return os.write(fd, data)
        taken = min(self.room_bytes, len(data))
        self.room_bytes -= taken
        if taken < len(data):
            self.refused.set()
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, data[:taken])


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def meter() -> Counted:
    return Counted()


@pytest.fixture
def full(path: Path, disk: Disk, meter: Counted) -> Iterator[AuditLog]:
    """A log of at most 10 waiting records whose disk takes 100 bytes more, then nothing."""
    log = AuditLog(path, meter=meter, write=disk.write, max_waiting=10)
    log.record("event", **EVENT)
    assert log.flush(FLUSHED_S)
    disk.room_bytes = 100
    log.record("event", **EVENT)
    assert disk.refused.wait(FLUSHED_S)
    yield log
    log.close()


def test_a_full_disk_leaves_whole_records_and_an_unready_log(full: AuditLog, path: Path) -> None:
    """Half a record was taken by the disk; it is taken back."""
    disk_says = "No space left on device"
    until(lambda: full.fault is not None and disk_says in full.fault)
    assert verify(path).broken is None
    assert verify(path).records == 1


def test_a_full_disk_loses_nothing_while_the_queue_holds_it(full: AuditLog, disk: Disk, path: Path) -> None:
    for _ in range(5):
        full.record("event", **EVENT)
    disk.room_bytes = None
    assert full.flush(FLUSHED_S)
    assert [record["kind"] for record in records(path)] == ["event"] * 7
    assert fault_of(full) is None


def test_writing_begins_again_by_itself(full: AuditLog, disk: Disk, path: Path) -> None:
    """Nothing new is recorded and nobody flushes: the writer looks after the disk."""
    until(lambda: full.fault is not None)
    disk.room_bytes = None
    until(lambda: full.fault is None)
    assert verify(path).records == 2


def test_what_the_queue_cannot_hold_becomes_one_lost_record(
    full: AuditLog, disk: Disk, path: Path, meter: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(40):
        full.record("event", **EVENT)
    assert full.fault == "audit records are being lost: the queue is full"
    disk.room_bytes = None
    assert full.flush(FLUSHED_S)
    lost = [record for record in records(path) if record["kind"] == "lost"]
    kept = [record for record in records(path) if record["kind"] == "event"]
    assert len(lost) == 1
    assert len(kept) + lost[0]["count"] == 42
    assert lost[0]["count"] == meter.counts["audit_lost_total"] > 0
    assert meter.counts["audit_records_total"] == len(records(path))
    assert fault_of(full) is None
    assert verify(path).broken is None
    assert caplog.text.count("audit records are being lost") == 1


def test_recording_never_waits_for_the_disk(path: Path) -> None:
    """The disk hangs; a thousand records are taken at once all the same."""
    free, hanging = threading.Event(), threading.Event()

    def hang(fd: int, data: bytes) -> int:
        hanging.set()
        assert free.wait(FLUSHED_S)
        return os.write(fd, data)

    log = AuditLog(path, write=hang)
    log.record("event")
    assert hanging.wait(FLUSHED_S)
    for _ in range(1000):
        log.record("event")
    assert path.stat().st_size == 0
    free.set()
    log.close()
    assert verify(path).records == 1001


def test_a_value_that_is_not_json_is_lost_not_raised(path: Path, meter: Counted) -> None:
    log = AuditLog(path, meter=meter)
    log.record("event", wrong=object())
    log.record("event")
    log.close()
    assert [record["kind"] for record in records(path)] == ["event", "lost"]
    assert meter.counts["audit_lost_total"] == 1


def test_after_closing_a_record_is_counted_as_lost(path: Path, meter: Counted) -> None:
    log = AuditLog(path, meter=meter)
    log.close()
    log.record("event")
    assert meter.counts == {"audit_lost_total": 1}


def test_an_open_log_gives_one_sessions_records(path: Path) -> None:
    log = AuditLog(path)
    for sequence, session in enumerate(("ms-1", "ms-2", "ms-1"), start=1):
        log.record("event", mediaSessionId=session, sequence=sequence)
    assert log.flush(FLUSHED_S)
    assert [json.loads(line)["sequence"] for line in log.records("ms-1")] == [1, 3]
    assert not any(b"\n" in line for line in log.records("ms-1"))
    log.close()


def test_it_is_an_audit_sink(path: Path) -> None:
    log = AuditLog(path)
    sink: AuditSink = log
    sink.record("gap", mediaSessionId="ms-1", lost=None)
    log.close()
    assert records(path)[0]["lost"] is None


def fault_of(log: AuditLog) -> str | None:
    """The fault as it is now: mypy believes that what an earlier assert saw still holds."""
    return log.fault


def until(condition: Any) -> None:
    """Waits for the writer thread; the condition is looked at every few ms for a bounded time."""
    ticks = threading.Event()
    for _ in range(1000):
        if condition():
            return
        ticks.wait(0.01)
    raise AssertionError("the writer thread did not get there")
