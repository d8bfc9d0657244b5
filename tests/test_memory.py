"""No copy of a process that holds what was said: no core, and nothing for another process of the same user."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from captiond.memory import keep_private
from tests.harness import ROOT, daemon_process

# Python without any capability that root has: with them one may read everything, and with more of them than the reader
# one may not be read. A shell's `#!` takes it, too.
POWERLESS = f"""#!{sys.executable}
import ctypes, os, sys
for capability in range(64):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; holds from the next exec on
os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
"""
READER = """
import sys
for name in ("environ", "maps"):
    try:
        print(name, len(open(f"/proc/{sys.argv[1]}/{name}", "rb").read()) > 0)
    except PermissionError:
        print(name, "denied")
"""
VICTIM = "import sys; {}; print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def powerless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that is Python without capabilities."""
    program = tmp_path_factory.mktemp("powerless") / "python"
    program.write_text(POWERLESS)
    program.chmod(0o755)
    return str(program)


def environ() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def read_by_another(powerless: str, pid: int) -> list[str]:
    """What another process of this user gets to read."""
    ran = subprocess.run([powerless, "-c", READER, str(pid)], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("pass", ["environ True", "maps True"]),
        ("from captiond.memory import keep_private; assert keep_private() == []", ["environ denied", "maps denied"]),
    ],
)
def test_another_process_of_the_same_user_reads_nothing(powerless: str, code: str, read: list[str]) -> None:
    with subprocess.Popen(
        [powerless, "-c", VICTIM.format(code)],
        env=environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as victim:  # fmt: skip
        assert victim.stdout is not None and victim.stdout.readline() == "ready\n"
        assert read_by_another(powerless, victim.pid) == read
        victim.communicate()


@pytest.mark.parametrize(
    "then",
    [
        "pass",
        "resource.setrlimit(resource.RLIMIT_CORE, limits)",  # where it may: as if there were none, as for a collector
        "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)",  # without the other switch
    ],
)
def test_a_crash_leaves_no_core_by_either_switch(tmp_path: Path, then: str) -> None:
    code = f"""
import contextlib, ctypes, os, resource
from captiond.memory import keep_private
limits = resource.getrlimit(resource.RLIMIT_CORE)
limits = (limits[1], limits[1])
assert keep_private() == []
with contextlib.suppress(ValueError):
    {then}
os.abort()
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environ(), stderr=subprocess.DEVNULL)
    _, status, _ = os.wait4(process.pid, 0)
    process.returncode = status
    assert os.WIFSIGNALED(status) and not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
async def test_the_daemon_and_its_workers_keep_their_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, powerless: str, workers: int
) -> None:
    monkeypatch.setattr(sys, "executable", powerless)
    async with daemon_process(tmp_path, "--workers", str(workers)) as daemon:
        assert daemon._process is not None
        pid = daemon._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(children) == workers - 1
        for each in (pid, *map(int, children)):
            limits = Path(f"/proc/{each}/limits").read_text()
            assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
            assert await asyncio.to_thread(read_by_another, powerless, each) == ["environ denied", "maps denied"]
        assert "memory is not private" not in daemon.log


def test_what_cannot_be_forbidden_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here nothing works; the limit is whatever this process began with."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("captiond.memory.resource.setrlimit", refused)
    monkeypatch.setattr("captiond.memory.resource.getrlimit", lambda _: (-1, -1))
    monkeypatch.setattr("captiond.memory.ctypes.CDLL", refused)
    core, dump = keep_private()
    assert "ulimit -c 0" in core
    assert "no prctl" in dump
