"""The two times of a process, read from the operating system: handed to whatever needs them."""

import time


class SystemClock:
    """The two times of this process (`base.observe.Clock`)."""

    def now_s(self) -> float:
        """Wall clock."""
        return time.time()

    def monotonic_s(self) -> float:
        """Never goes back. The same one in all processes of this machine."""
        return time.monotonic()
