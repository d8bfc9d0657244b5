"""What processes use: CPU time to the nanosecond, memory, sockets; and on which core they run. Linux, from /proc."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """A process and all that descend from it, the process itself first."""
    found = [pid]
    for one in found:  # grows while we go through it
        for task in _entries(PROC / str(one) / "task"):
            found += map(int, _read(task / "children").split())
    return found


def ran_ns(pids: Sequence[int]) -> int:
    """CPU time of all their threads, in ns. One that runs right now is behind by what it has run since it began."""
    return sum(_schedstat(pid, 0) for pid in pids)


def waited_ns(pids: Sequence[int]) -> int:
    """How long their threads could have run and something else did."""
    return sum(_schedstat(pid, 1) for pid in pids)


def cpu_s(pids: Sequence[int]) -> float:
    """User and system seconds: the kernel's other account of the same, in ticks of mostly 10 ms."""
    ticks = 0
    for pid in pids:
        fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12]) if fields else 0
    return ticks / TICKS_PER_S


def rss_bytes(pids: Sequence[int]) -> int:
    """Resident memory; what several share counts for each."""
    return sum(int(fields[1]) * PAGE_BYTES for pid in pids if (fields := _read(PROC / str(pid) / "statm").split()))


def sockets(pid: int) -> int:
    """How many sockets a process holds."""
    count = 0
    for entry in _entries(PROC / str(pid) / "fd"):
        with contextlib.suppress(OSError):
            count += str(entry.readlink()).startswith("socket:")
    return count


def listen_overflows() -> int:
    """Connections that found a full accept queue, on the whole machine since it started.

    Who is dropped there asks again after a second, three, seven.
    """
    lines = [line.split() for line in _read(PROC / "net" / "netstat").splitlines() if line.startswith("TcpExt:")]
    return (
        next((int(value) for name, value in zip(*lines, strict=True) if name == "ListenOverflows"), 0) if lines else 0
    )


def split_cores() -> tuple[set[int], set[int]]:
    """One core for what is measured, the others for all else; the same one where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, set(cores[1:]) or {cores[0]}


@contextlib.contextmanager
def started_on(cores: set[int]) -> Iterator[None]:
    """What is started inside runs on those cores, with every thread that it makes."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def _schedstat(pid: int, field: int) -> int:
    return sum(
        int(fields[field])
        for task in _entries(PROC / str(pid) / "task")
        if (fields := _read(task / "schedstat").split())
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # it has ended
        return ""
