"""The stream, followed in a thread of its own: whatever the window does, no ping is missed, and the other way round.

The newest frame waits for the window in a place for one: a window that draws seldom skips frames and is never behind.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from captiond.base.observe import Clock
from captiond.core.screen import Applied, Entry, GapEntry, Screen
from captiond.overlay.frame import HISTORY, Frame, Status, lost_in, status_of
from captiond.watch.follow import Follow, WatchFailed
from captiond.watch.pace import Pace

TICK_S: Final = 1.0  # a delay that is shown goes away when nothing is said
STOP_S: Final = 5.0  # the goodbye of a connection takes 2 s at most


class Link:
    """Follows one session until it ends.

    Args:
        wake: called in the link's thread when a frame waits to be taken, once for each `take`.
    """

    def __init__(self, address: str, *, token: str | None, clock: Clock, wake: Callable[[], None]) -> None:
        self._wake, self._clock = wake, clock
        self._pace = Pace()
        self._said = "connecting"
        self._lock = threading.Lock()  # guards the three below: the only things that both threads touch
        self._frame = Frame()
        self._waits = False
        self._failure: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        self._ready = threading.Event()
        self._follow = Follow(
            address, token=token, heard=self._heard, said=self._told, clock=clock, chance=random.Random()
        )
        self._thread = threading.Thread(target=self._run, name="captions", daemon=True)

    def start(self) -> None:
        """Begins to connect."""
        self._thread.start()

    def take(self) -> Frame:
        """The newest frame. Called by the window's thread."""
        with self._lock:
            self._waits = False
            return self._frame

    @property
    def failure(self) -> str | None:
        """Why there are no captions for good; None while there may be, and after a session's end."""
        with self._lock:
            return self._failure

    def stop(self) -> None:
        """Ends the connection; returns when it has ended, or after 5 s."""
        if not self._thread.is_alive():
            return
        self._ready.wait(STOP_S)
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join(STOP_S)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._live())
        self._stopped.set()

    async def _live(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        async with asyncio.TaskGroup() as tasks:
            ticks = tasks.create_task(self._tick())
            try:
                await self._follow.run()
                self._over(None, Status("The captions have ended.", "over"))
            except WatchFailed as failed:
                self._over(str(failed), Status(f"No captions: {failed}.", "over"))
            except Exception as fault:  # the window must not go on saying "live"; what a fault says may hold text
                name = type(fault).__name__
                self._over(f"internal fault: {name}", Status(f"No captions: internal fault ({name}).", "over"))
            finally:
                ticks.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._post()

    def _told(self, said: str) -> None:
        self._said = said
        self._post()

    def _heard(self, applied: Applied, screen: Screen, message: Mapping[str, Any], live: bool) -> None:
        wall_s, now_s = self._clock.now_s(), self._clock.monotonic_s()
        if applied.what in ("welcome", "ping"):
            self._pace.server_time(str(message.get("serverTime", "")), wall_s=wall_s)
        self._pace.applied(applied, live=live, wall_s=wall_s, now_s=now_s)
        if applied.what not in ("ping", "notice", ""):
            self._post()

    def _over(self, failure: str | None, status: Status) -> None:
        with self._lock:
            self._failure = failure
        self._post(status)

    def _post(self, status: Status | None = None) -> None:
        """Leaves a frame, unless nothing changed."""
        frame = self._drawn(status)
        with self._lock:
            if frame == self._frame:
                return
            self._frame = frame
            wakes, self._waits = not self._waits, True
        if wakes:
            self._wake()

    def _drawn(self, status: Status | None) -> Frame:
        screen, before = self._follow.screen, self._frame
        shown, earlier = before.items, before.earlier
        if screen.position is not None:  # else a snapshot is still to come: what was read stays until then
            items = screen.items()
            shown = tuple(items[-HISTORY:])
            earlier = screen.earlier_finals + sum(isinstance(item, Entry) for item in items[:-HISTORY])
        is_filled = before.is_filled or screen.position is not None
        return Frame(shown, earlier, status or self._status(screen, shown), is_filled)

    def _status(self, screen: Screen, shown: tuple[Entry | GapEntry, ...]) -> Status:
        return status_of(
            self._said,
            source=screen.state,
            lost=lost_in(shown),
            delay_s=self._pace.latency_s(now_s=self._clock.monotonic_s()),
        )
