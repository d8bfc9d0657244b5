"""`captiond watch URL SESSION [--token T]`: a live terminal viewer. Source: contract, section 1."""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

from captiond.base.errors import CaptiondError
from captiond.clock import SystemClock
from captiond.core.screen import Applied, Screen
from captiond.watch.asked import add_stream_arguments, asked_stream
from captiond.watch.follow import BadAddress, Follow, WatchFailed
from captiond.watch.pace import Pace
from captiond.watch.show import Show, TaggedLines, Terminal, printable

REPORT_EVERY_S: Final = 10.0
STATUS_EVERY_S: Final = 0.5  # figures that change faster cannot be read


class OutputClosed(CaptiondError):
    """Standard output takes no more. `seen_enough`: its reader has gone, as `| head` does."""

    def __init__(self, *, seen_enough: bool) -> None:
        self.seen_enough = seen_enough
        super().__init__("the output is closed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_stream_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Watches until the session ends (0), for good fails (1), or Ctrl-C (0); 2 for wrong usage."""
    try:
        address = asked_stream(args, command="captiond watch")
    except BadAddress as fault:
        print(f"captiond watch: {fault}", file=sys.stderr)
        return 2
    terminal = sys.stdout.isatty()
    show: Show = _terminal() if terminal else TaggedLines()
    watch = Watch(address, token=args.token, show=show, out=sys.stdout, err=sys.stderr, terminal=terminal)
    try:
        return asyncio.run(watch.run())
    except KeyboardInterrupt:
        watch.close()
        return 0
    except OutputClosed as closed:
        # Python would complain again when it closes the stream at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if closed.seen_enough:
            return 0
        print("captiond watch: the output cannot be written", file=sys.stderr)
        return 1


def _terminal() -> Terminal:
    colour = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return Terminal(columns=shutil.get_terminal_size().columns, colour=colour)


class Watch:
    """Joins the connection, the figures and the output."""

    def __init__(
        self, address: str, *, token: str | None, show: Show, out: TextIO, err: TextIO, terminal: bool
    ) -> None:
        self._show, self._out, self._err, self._terminal = show, out, err, terminal
        self._clock = SystemClock()
        self._pace = Pace()
        self._state = "connecting"
        self._closed = False
        self._follow = Follow(
            address,
            token=token,
            heard=self._heard,
            said=self._said,
            clock=self._clock,
            chance=random.Random(),
        )

    async def run(self) -> int:
        """Until the end of the session; the exit status."""
        failure: WatchFailed | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                reports = tasks.create_task(self._report())
                try:
                    await self._follow.run()
                except WatchFailed as fault:
                    failure = fault
                finally:
                    reports.cancel()
        except* OutputClosed as group:
            raise group.exceptions[0] from None  # out of its group: `run` tells this one apart
        self.close()
        if failure is not None:
            print(f"captiond watch: {printable(str(failure))}", file=self._err)
            return 1
        print("captiond watch: the session has ended", file=self._err)
        return 0

    def close(self) -> None:
        """Leaves the terminal tidy and says the last figures, once."""
        if self._closed:
            return
        self._closed = True
        self._write(self._show.close())
        if not self._terminal:
            print(self._pace.summary(now_s=self._clock.monotonic_s()), file=self._err, flush=True)

    def _heard(self, applied: Applied, screen: Screen, message: Mapping[str, Any], live: bool) -> None:
        wall_s, now_s = self._clock.now_s(), self._clock.monotonic_s()
        if applied.what in ("welcome", "ping"):
            self._pace.server_time(str(message.get("serverTime", "")), wall_s=wall_s)
        self._pace.applied(applied, live=live, wall_s=wall_s, now_s=now_s)
        self._write(self._show.applied(applied, screen))

    def _said(self, state: str) -> None:
        if state == self._state:
            return
        self._state = state
        if self._terminal:
            self._draw_status()
        elif state not in ("connecting", "live", "reconnecting"):
            print(f"captiond watch: {printable(state)}", file=self._err, flush=True)

    async def _report(self) -> None:
        """The status line on a terminal; elsewhere a line on stderr every 10 s."""
        while True:
            await asyncio.sleep(STATUS_EVERY_S if self._terminal else REPORT_EVERY_S)
            if self._terminal:
                self._draw_status()
            else:
                print(self._pace.summary(now_s=self._clock.monotonic_s()), file=self._err, flush=True)

    def _draw_status(self) -> None:
        if isinstance(self._show, Terminal):
            self._show.columns = shutil.get_terminal_size().columns
        state = self._follow.screen.state if self._state == "live" else self._state
        self._write(self._show.status(f"{state} | {self._pace.summary(now_s=self._clock.monotonic_s())}"))

    def _write(self, text: str) -> None:
        if not text:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as fault:  # not one of the connection's, which would be tried again
            raise OutputClosed(seen_enough=isinstance(fault, BrokenPipeError)) from fault
