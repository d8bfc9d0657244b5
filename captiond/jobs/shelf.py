"""Files of jobs that are too large for the database: redacted transcripts, and audio where there is no transcript.

They are in a folder beside the database, their owner's alone, named by the job, and go when its row goes. The folder is
made when it is first needed. Whatever the disk says of them is a `StoreError`: the step is made again.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, TypeVar

from captiond.db.store import StoreError

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TEXT: Final = ".txt"
AUDIO: Final = ".wav"
WIPE_BYTES: Final = 1_048_576  # written over at once
ASKED_AT_ONCE: Final = 500  # of the database, whether it knows a job


class TooShort(StoreError):
    """A file holds less than was written: somebody has been at it. What was in it has to be fetched anew."""


class Paper:
    """One file that is being written, at its end. Its writes are made in a thread."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        """Raises StoreError where the disk does not take it."""
        if data:
            await _on_disk(self._file.write, data)


class Shelf:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, job: str) -> Path:
        """A job's redacted transcript, whether it is there or not."""
        return self._folder / f"{job}{TEXT}"

    def audio(self, job: str) -> Path:
        """A job's audio, whether it is there or not."""
        return self._folder / f"{job}{AUDIO}"

    @asynccontextmanager
    async def writing(self, path: Path, *, behind: int) -> AsyncIterator[Paper]:
        """A file that is written on behind its first so many bytes; what else it held is gone. At the end it is on the
        disk; where the block fails, it may be.

        Raises:
            TooShort: it holds less than that. StoreError: the disk refuses.
        """
        file = await _opened(path, behind)
        try:
            yield Paper(file)
            await _on_disk(_sync, file)
        finally:
            _close(file)  # here: whoever is cancelled may be cancelled again, and nothing is buffered

    async def read(self, path: Path) -> str:
        """A transcript that was written. Raises StoreError."""
        content: bytes = await _on_disk(path.read_bytes)
        return content.decode()

    async def sweep(self, keeps: Callable[[Sequence[str]], Awaitable[frozenset[str]]]) -> int:
        """Erases files of jobs that are not there any more; what is erased is written over. Answers how many.

        Args:
            keeps: which of these jobs are there, and want their files.
        """
        paths = await asyncio.to_thread(self._files)
        erased = 0
        for first in range(0, len(paths), ASKED_AT_ONCE):
            some = paths[first : first + ASKED_AT_ONCE]
            kept = await keeps([path.stem for path in some])
            for path in some:
                if path.stem not in kept:
                    await _on_disk(_wipe, path)
                    erased += 1
        return erased

    async def erase(self, job: str) -> int:
        """Erases the files of a job, written over; answers how many. Raises StoreError."""
        erased = 0
        for path in (self.text(job), self.audio(job)):
            erased += await _on_disk(_wiped, path)
        return erased

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.suffix in (TEXT, AUDIO))
        except FileNotFoundError:
            return []


async def _on_disk(run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return await asyncio.to_thread(run, *args, **kwargs)
    except OSError as fault:
        raise StoreError(f"a file of a job cannot be used: {fault.strerror or type(fault).__name__}") from None


async def _opened(path: Path, behind: int) -> BinaryIO:
    """As `_open`, in a thread; a file that nobody waits for any more is closed."""
    opening = asyncio.get_running_loop().run_in_executor(None, _open, path, behind)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_unwanted)
        raise
    except OSError as fault:
        raise StoreError(f"a file of a job cannot be used: {fault.strerror or type(fault).__name__}") from None


def _unwanted(opened: "asyncio.Future[BinaryIO]") -> None:
    if not opened.cancelled() and opened.exception() is None:
        _close(opened.result())


def _open(path: Path, behind: int) -> BinaryIO:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    file = os.fdopen(number, "r+b", buffering=0)
    if os.fstat(number).st_size < behind:
        file.close()
        raise TooShort("a file of a job holds less than was written")
    file.truncate(behind)
    file.seek(behind)
    return file


def _sync(file: BinaryIO) -> None:
    os.fsync(file.fileno())


def _close(file: BinaryIO) -> None:
    try:
        file.close()
    except OSError as fault:
        log.error("a file of a job was not closed: %s", fault.strerror)


def _wiped(path: Path) -> bool:
    try:
        _wipe(path)
    except FileNotFoundError:
        return False
    return True


def _wipe(path: Path) -> None:
    """As the database does with what it erases."""
    with path.open("r+b", buffering=0) as file:
        left = path.stat().st_size
        while left > 0:
            left -= file.write(bytes(min(left, WIPE_BYTES)))
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
