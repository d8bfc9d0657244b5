"""Files of jobs: written on where one was, their owner's alone, gone with their jobs."""

import asyncio
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from captiond.db.store import StoreError
from captiond.jobs.shelf import Shelf, TooShort


async def put(shelf: Shelf, job: str, data: bytes, *, behind: int = 0) -> Path:
    path = shelf.text(job)
    async with shelf.writing(path, behind=behind) as paper:
        await paper.write(data)
    return path


async def test_what_is_behind_the_mark_is_gone_and_the_rest_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    assert not (tmp_path / "files").exists()  # made when it is needed
    path = await put(shelf, "job-1", b"kept and not kept")
    assert (await put(shelf, "job-1", b", then more", behind=4)).read_bytes() == b"kept, then more"
    assert await shelf.read(path) == "kept, then more"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_file_that_holds_less_is_not_written_on(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    path = await put(shelf, "job-1", b"short")
    with pytest.raises(TooShort):
        await put(shelf, "job-1", b"x", behind=6)
    assert path.read_bytes() == b"short"


async def test_what_the_disk_says_is_told_without_content(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="a file of a job cannot be used"):
        await put(shelf, "job-1", b"what was said")


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    (tmp_path / "files").mkdir()
    (tmp_path / "other").write_text("somebody's")
    shelf.text("job-1").symlink_to(tmp_path / "other")
    with pytest.raises(StoreError):
        await put(shelf, "job-1", b"what was said")
    assert (tmp_path / "other").read_text() == "somebody's"


async def test_files_whose_jobs_are_gone_are_written_over_and_erased(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files")
    asked: list[str] = []

    async def keeps(jobs: Sequence[str]) -> frozenset[str]:
        asked.extend(jobs)
        return frozenset({"job-1"})

    assert await shelf.sweep(keeps) == 0  # no folder yet
    kept, gone = await put(shelf, "job-1", b"kept"), await put(shelf, "job-2", b"gone" * 500_000)
    other = tmp_path / "files" / "notes"
    other.write_text("not ours")
    held = os.open(gone, os.O_RDONLY)
    try:
        assert await shelf.sweep(keeps) == 1
        assert os.pread(held, 100, 0) == bytes(100)
        assert os.fstat(held).st_size == 2_000_000
    finally:
        os.close(held)
    assert asked == ["job-1", "job-2"]
    assert (kept.exists(), gone.exists(), other.exists()) == (True, False, True)


async def test_who_is_cancelled_leaves_no_file_open(tmp_path: Path) -> None:
    """Whenever it comes: a file that is left open is a warning, and warnings are failures here."""
    shelf = Shelf(tmp_path / "files")

    async def write() -> None:
        async with shelf.writing(shelf.text("job-1"), behind=0) as paper:
            await paper.write(b"x")
            await asyncio.sleep(3_600)

    for turns in range(6):
        task = asyncio.get_running_loop().create_task(write())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
    await asyncio.sleep(0.05)
