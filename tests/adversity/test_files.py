"""Files that were there before the daemon: whose they are to read stays their owner's decision, and is said."""

import logging
import stat
from pathlib import Path

import pytest

from tests.harness import daemon_here


async def test_files_that_others_may_read_are_named_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for name in ("audit.jsonl", "captiond.db"):
        (tmp_path / name).touch(mode=0o644)
        (tmp_path / name).chmod(0o644)
    async with daemon_here(tmp_path):
        said = [record.getMessage() for record in caplog.records if "others may read" in record.getMessage()]
    named = zip(("captiond.db", "audit.jsonl"), said, strict=True)
    assert all(name in line and "mode=644" in line for name, line in named), said


async def test_files_of_our_own_making_are_nobody_elses(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with daemon_here(tmp_path):
        made = [path for path in tmp_path.iterdir() if path.suffix != ".toml"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert not [record for record in caplog.records if "others may read" in record.getMessage()]
