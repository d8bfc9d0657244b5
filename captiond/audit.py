"""The audit log's writer: one thread, one file, one chain. Recording never blocks and never raises.

What the disk does not take waits in memory, bounded; what does not fit there is counted and becomes one `lost`
record when writing works again. Source: contract, section 8.
"""

import errno
import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from captiond.audit_chain import GENESIS, MAX_LINE_BYTES, AuditError, Chain, digest_of, parse, plain, read
from captiond.base.inside import remains
from captiond.base.instants import iso_utc
from captiond.base.observe import Meter, NullMeter

FLUSH_EVERY_S: Final = 0.1  # contract: flushed every 100 ms
MAX_WAITING_RECORDS: Final = 50_000  # some 40 MB, more than 3 s of the largest load we state; later ones are lost
BATCH_RECORDS: Final = 2_000  # sealed and written at once: some 1 MB
MAX_TORN_FILES: Final = 1_000  # set-aside tails; more of them means that nobody looks

log = logging.getLogger("captiond.audit")


class AuditLog:
    """An open audit chain; implements `base.observe.AuditSink`.

    Attributes:
        path: the file.
        written: records in the file since the start.
        fault: why the log is not whole or not being written, None when all is well. `/readyz` shows it.
    """

    def __init__(
        self,
        path: Path,
        *,
        meter: Meter | None = None,
        now_s: Callable[[], float] = time.time,
        max_waiting: int = MAX_WAITING_RECORDS,
        write: Callable[[int, bytes], int] = os.write,
    ) -> None:
        """Opens the chain, goes on with it where there is one, and starts the writer.

        Raises:
            AuditError: the file cannot be opened, another process writes it, or its end is damaged beyond a torn line.
        """
        self.path = path
        self.written = 0
        self.fault: str | None = None
        self._meter: Meter = meter or NullMeter()
        self._now_s, self._max_waiting, self._write = now_s, max_waiting, write
        self._queue: deque[tuple[str | float, str, dict[str, Any]]] = deque()  # time, kind, fields
        self._pending: list[bytes] = []  # sealed, not yet in the file
        self._lost = 0  # since the last `lost` record
        self._lock = threading.Lock()  # guards _lost, which both threads change
        self._wake, self._stop, self._written_all = threading.Event(), threading.Event(), threading.Condition()
        self._fd, self._size, last_hash, torn_bytes = _open_chain(path)
        self._chain = Chain(last_hash)
        if last_hash != GENESIS or torn_bytes:
            self.record("resumed", tornBytes=torn_bytes)
        self._thread = threading.Thread(target=self._run, name="captiond-audit", daemon=True)
        self._thread.start()

    def record(self, kind: str, /, *, timestamp: str | None = None, **fields: Any) -> None:
        """Queues one record (see `base.observe.AuditSink`); full queue: it is lost, counted and told."""
        if self._stop.is_set() or len(self._queue) >= self._max_waiting:
            self._lose(1, "the queue is full" if not self._stop.is_set() else "the log is closed")
            return
        # The writer makes the record: the event loop has better things to do.
        self._queue.append((timestamp or self._now_s(), kind, fields))
        if not self._wake.is_set():
            self._wake.set()

    def records(self, session: str) -> Iterator[bytes]:
        """The records of one session, in order: one JSON object each, without line end. Reads the file: call it off
        the event loop.

        What was recorded more than `FLUSH_EVERY_S` ago is in it.
        """
        return (line.rstrip() for line in read(self.path, session))

    def flush(self, timeout_s: float) -> bool:
        """Waits until what was recorded so far is in the file; False where it is not after `timeout_s`. Blocks."""
        self._wake.set()
        with self._written_all:
            return self._written_all.wait_for(self._is_idle, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Writes what waits, syncs the file to the disk and lets go of it. Later records are counted as lost. Blocks
        for `timeout_s` at most.
        """
        if self._stop.is_set():
            return
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _is_idle(self) -> bool:
        return not self._queue and not self._pending and not self._lost

    def _lose(self, count: int, why: str) -> None:
        with self._lock:
            first = self._lost == 0
            self._lost += count
        self._meter.count("audit_lost_total", count)
        self.fault = f"audit records are being lost: {why}"
        if first:
            log.error("audit records are being lost: %s", why)

    # -- the writer thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.wait()
                self._wake.clear()
                self._drain()
                if not self._is_idle():  # the disk takes nothing for now: ask again at the next flush
                    self._wake.set()
                self._stop.wait(FLUSH_EVERY_S)
            self._drain()
            os.fdatasync(self._fd)
        except Exception as fault:  # the last line of defence: the daemon must learn that its audit is gone
            self.fault = f"the audit writer has stopped: {type(fault).__name__}"
            log.error("the audit writer has stopped", exc_info=remains(fault))
        finally:
            os.close(self._fd)

    def _drain(self) -> None:
        while self._queue or self._pending or self._lost:
            if not self._pending:
                self._seal_batch()
            if not self._put():
                return
        with self._written_all:
            self._written_all.notify_all()

    def _seal_batch(self) -> None:
        for _ in range(min(len(self._queue), BATCH_RECORDS)):
            try:
                self._pending.append(self._seal(*self._queue.popleft()))
            except Exception as fault:  # a TypeError: a value that is not JSON. No record may end the writer.
                self._lose(1, f"a record could not be made: {type(fault).__name__}")
        if self._pending or not self._lost:
            return
        with self._lock:  # all that could be kept is in the file: now say what was not
            count, self._lost = self._lost, 0
        self._pending.append(self._seal(self._now_s(), "lost", {"count": count}))

    def _seal(self, at: str | float, kind: str, fields: dict[str, Any]) -> bytes:
        timestamp = at if isinstance(at, str) else iso_utc(at)
        return self._chain.seal({**plain(fields), "timestamp": timestamp, "kind": kind})

    def _put(self) -> bool:
        """Writes the sealed lines; False where the disk did not take them, which leaves the file as it was."""
        batch = b"".join(self._pending)
        try:
            put = self._write(self._fd, batch)
            if put < len(batch):
                raise OSError(
                    errno.ENOSPC, os.strerror(errno.ENOSPC)
                )  # a short write to a file means: no space for the rest
        except OSError as fault:
            os.ftruncate(self._fd, self._size)  # no half a record stays; giving space back works on a full disk
            said = f"the audit file cannot be written: {fault.strerror}"
            if self.fault is None:
                log.error(said)
            self.fault = said
            return False
        self._size += len(batch)
        self.written += len(self._pending)
        self._meter.count("audit_records_total", len(self._pending))
        self._pending.clear()
        if self.fault is not None and not self._lost:
            log.warning("the audit file is being written again")
            self.fault = None
        return True


def _open_chain(path: Path) -> tuple[int, int, str, int]:
    """The locked file, its size, the last record's hash, and the bytes of a torn last line that were set aside."""
    try:
        # The file holds no text, but who spoke when is nobody else's business either.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise AuditError(f"the audit file {path} cannot be opened: {fault.strerror}") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd, *_find_end(fd, path)
    except BlockingIOError:
        os.close(fd)
        raise AuditError(f"the audit file {path} is being written by another process") from None
    except OSError as fault:
        os.close(fd)
        raise AuditError(f"the audit file {path} cannot be used: {fault.strerror}") from None
    except AuditError:
        os.close(fd)
        raise


def _find_end(fd: int, path: Path) -> tuple[int, str, int]:
    size = os.fstat(fd).st_size
    # Two records fit: a torn one and the whole one before it.
    tail = os.pread(fd, 2 * MAX_LINE_BYTES, max(0, size - 2 * MAX_LINE_BYTES))
    whole_bytes = tail.rfind(b"\n") + 1
    torn, last = tail[whole_bytes:], tail[tail[: max(0, whole_bytes - 1)].rfind(b"\n") + 1 : whole_bytes]
    if len(torn) > MAX_LINE_BYTES:
        raise AuditError(f"{path} does not look like an audit file: its end is no record; name another file")
    last_hash = GENESIS
    if last:
        record, reason = parse(last)
        if record is None or digest_of(record) != record["hash"]:
            raise AuditError(
                f"{path} is damaged at its end ({reason or 'the hash of the last record is wrong'}): "
                "keep it for an inquiry and name another file"
            )
        last_hash = record["hash"]
    if torn:
        aside = _set_aside(path, torn)
        os.ftruncate(fd, size - len(torn))
        log.warning("the audit file ended in a torn line of %d bytes; set aside in %s", len(torn), aside)
    return size - len(torn), last_hash, len(torn)


def _set_aside(path: Path, torn: bytes) -> Path:
    for number in range(1, MAX_TORN_FILES + 1):
        aside = path.with_name(f"{path.name}.torn-{number}")
        try:
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(fd, "wb") as file:
            file.write(torn)
        return aside
    raise AuditError(f"there are {MAX_TORN_FILES} torn ends beside {path}: look at them and move them away")
