"""This process's memory stays its own: it holds what is being said, and secrets, and nobody may have a copy of it.

Two switches, since each leaves something open. The limit of core files is ignored where the kernel pipes cores to a
collector; that, `ptrace` and `/proc/PID/mem`, by which another process of the same user reads a running one, depend on
whether the process may be dumped. Neither lasts over an `exec`, and none stops root. Swap is the system's: see
docs/threat-model.md.
"""

import contextlib
import ctypes
import os
import resource
from collections.abc import Iterator
from typing import Final

PR_GET_DUMPABLE: Final = 3  # linux/prctl.h
PR_SET_DUMPABLE: Final = 4


def keep_private() -> list[str]:
    """Forbids copies of this process's memory. Answers what stays possible, a sentence each, for a line of the log."""
    return list(_left_open())


def _left_open() -> Iterator[str]:
    with contextlib.suppress(OSError, ValueError):  # a filter of system calls; whether it matters is asked below
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        yield "a crash can leave a core file: its limit cannot be set, so start this with `ulimit -c 0`"
    fault = _forbid_dumps()
    if fault:
        yield f"a core collector or another process of this user can read it: {fault}"


def _forbid_dumps() -> str:
    """Makes the process one that cannot be dumped; "" where it is one now, else why not."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (AttributeError, OSError):
        return "this system has no prctl"
    prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
    failed = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
    fault = os.strerror(ctypes.get_errno()) if failed else "prctl had no effect"
    return "" if prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 else f"prctl: {fault}"
