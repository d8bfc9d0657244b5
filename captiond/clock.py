"""The two times of a process, read from the operating system: handed to whatever needs them."""

import asyncio
import time
from contextlib import suppress


class SystemClock:
    """The two times of this process (`base.observe.Clock`)."""

    def now_s(self) -> float:
        """Wall clock."""
        return time.time()

    def monotonic_s(self) -> float:
        """Never goes back. The same one in all processes of this machine."""
        return time.monotonic()

    async def wait(self, wake: asyncio.Event, timeout_s: float | None) -> None:
        """Returns when `wake` is set or `timeout_s` have passed (None: never)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await wake.wait()
