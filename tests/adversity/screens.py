"""Every viewer's screen against the server's: `python -m tests.adversity.screens --viewers 5000 --seconds 60`.

A real daemon follows a real simulator; thousands of viewers of both transports watch. 10 % of them read 1 kB/s, 5 %
stall at random times, lines break at random and are taken up again over either transport. Then all is quiet and every
line recovers. What each viewer got is rendered by `captiond.core.screen`, which refuses what breaks a promise, and each
screen is compared with the server's: a fresh snapshot and the transcript. Ends with 1 and the first difference.
"""

import argparse
import asyncio
import contextlib
import logging
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from captiond.simulator.server import Simulator
from tests.adversity.lines import Json, Line, Messages, Watcher
from tests.harness import DaemonProcess, account, daemon_process, start

WORDS = (
    "well",
    "the",
    "meeting",
    "is",
    "on",
    "Monday",
    "at",
    "noon",
    "and",
    "my",
    "card",
    "is",
    "four",
    "one",
    "seven",
)
WORDS_OF_ONE = 14
SLOW_SHARE, STALLING_SHARE = 0.10, 0.05
SLOW_BYTES_PER_S = 1000
STALLS_S = (3.0, 20.0)
DROPS_PER_S = 0.005  # of each line: one in 200 s
CONNECTING_AT_ONCE = 64
QUIET_S = 4.0  # a final that is held is decided 3 s after the last word
CATCH_UP_S = 90.0


class Differs(Exception):
    """A screen is not the server's."""


@dataclass(slots=True)
class Result:
    """What was seen. `seconds`: from the end of speech until every viewer had everything."""

    viewers: int
    events: int = 0
    messages: int = 0
    drops: int = 0
    resumes: int = 0
    skipped: int = 0
    snapshots: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    caught_up_s: float = 0.0
    daemon_peak_bytes: int = 0
    finals: int = 0


class Hall:
    """A daemon, what is said in its sessions, and everybody who watches."""

    def __init__(
        self, daemon: DaemonProcess, upstream: Simulator, *, sessions: int, viewers: int, chance: random.Random
    ) -> None:
        self._daemon, self._upstream, self._chance = daemon, upstream, chance
        self._messages = Messages()
        self.sessions = [f"hall-{n}" for n in range(sessions)]
        self._sequences = dict.fromkeys(self.sessions, 0)
        self.watchers = [
            Watcher(
                self._messages,
                self.sessions[n % sessions],
                bytes_per_s=SLOW_BYTES_PER_S if chance.random() < SLOW_SHARE else None,
            )
            for n in range(viewers)
        ]
        address = urlsplit(daemon.url)
        self._host, self._port = address.hostname or "", address.port or 0
        self._ends = asyncio.Event()
        self._doors = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self.result = Result(viewers)

    async def connect_all(self, group: asyncio.TaskGroup) -> None:
        """Everybody comes, and comes back until `end`."""
        for watcher in self.watchers:
            group.create_task(self._stay(watcher))
        fast = [watcher for watcher in self.watchers if not watcher.bytes_per_s]
        while not all(watcher.line is not None and watcher.got for watcher in fast):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """Nobody comes back any more."""
        self._ends.set()
        for watcher in self.watchers:
            if watcher.line is not None:
                watcher.line.cut()

    async def speak(self, seconds: float, events_per_s: float) -> None:
        """Growing partials and finals in every session, on two channels, with numbers to be masked and losses."""
        end_s = time.monotonic() + seconds
        said: dict[tuple[str, str], int] = Counter()
        while time.monotonic() < end_s:
            for session in self.sessions:
                channel = self._chance.choice(("internal", "external"))
                length = said[session, channel] = said[session, channel] % WORDS_OF_ONE + 1
                offset = (self._sequences[session] // 7) % 11 if length == 1 else 0
                words = [WORDS[(offset + place) % len(WORDS)] for place in range(length)]
                await self._say(session, f"{' '.join(words)}", channel=channel, final=length == WORDS_OF_ONE)
            await asyncio.sleep(1.0 / events_per_s)
        for session in self.sessions:
            for channel in ("internal", "external"):
                await self._say(session, "and that is all", channel=channel, final=True)

    async def _say(self, session: str, text: str, *, channel: str, final: bool) -> None:
        self._sequences[session] += 1 + (self._chance.random() < 0.005)
        event = {
            "eventSequence": self._sequences[session],
            "transcript": text,
            "isPartial": not final,
            "channel": channel,
        }
        if not await self._upstream.emit(session, event):
            raise Differs(f"{session}: the daemon does not listen")
        self.result.events += 1

    async def disturb(self) -> None:
        """Lines are slow, stall and break, until `end` or until cancelled; once a second for each slow one."""
        stalls: dict[Watcher, float] = {}
        while not self._ends.is_set():
            now_s = time.monotonic()
            for watcher in self.watchers:
                line = watcher.line
                if line is None:
                    continue
                if watcher.bytes_per_s:
                    line.sip(watcher.bytes_per_s)
                elif watcher in stalls:
                    if now_s >= stalls[watcher]:
                        del stalls[watcher]
                        line.stall(False)
                elif self._chance.random() < STALLING_SHARE / 10.0:  # a second; a stall is some 11 s
                    stalls[watcher] = now_s + self._chance.uniform(*STALLS_S)
                    line.stall(True)
                elif self._chance.random() < DROPS_PER_S:
                    line.cut()
            await asyncio.sleep(max(0.0, now_s + 1.0 - time.monotonic()))

    async def quiet(self) -> None:
        """Every line recovers; returns when every viewer has everything. Raises Differs where one never has."""
        began_s = time.monotonic()
        await asyncio.sleep(QUIET_S)
        for watcher in self.watchers:
            watcher.bytes_per_s = None
            if watcher.line is not None:
                watcher.line.recover()
        for at, watcher in enumerate(self.watchers):
            watcher.render()  # a minute's messages of thousands: time of ours, not of the daemon's
            if at % 50 == 0:
                await asyncio.sleep(0)
        recovered_s = time.monotonic()
        while True:
            tops = {session: (await self._ask(f"/v1/sessions/{session}"))["position"] for session in self.sessions}
            behind = []
            for watcher in self.watchers:
                watcher.render()
                if watcher.screen.position != tops[watcher.session] or watcher.line is None:
                    behind.append(watcher)
            if not behind:
                break
            if time.monotonic() - recovered_s > CATCH_UP_S:
                first = behind[0]
                raise Differs(
                    f"{len(behind)} viewers never caught up; the first is at {first.screen.position} of "
                    f"{tops[first.session]}, connected: {first.line is not None}, closed with {first.closed}"
                )
            await asyncio.sleep(0.25)
        self.result.caught_up_s = time.monotonic() - began_s - QUIET_S

    async def compare(self) -> None:
        """Every screen with the server's own. Raises Differs at the first that is another."""
        for session in self.sessions:
            fresh = Watcher(self._messages, session, bytes_per_s=None)
            line = await self._open(fresh, None, "ws")
            while not fresh.screen.position:
                await asyncio.sleep(0.01)
                fresh.render()
            line.cut()
            snapshot = {one.utterance: one for one in fresh.screen.lines()}
            transcript = (await self._ask(f"/v1/sessions/{session}/transcript.json"))["captions"]
            finals = {one["utterance"]: (one["text"], one["revision"]) for one in transcript}
            self.result.finals += len(finals)
            if not finals or not all(one.final and not one.held for one in snapshot.values()):
                raise Differs(f"{session}: nothing was said, or something is still open")
            for watcher in self.watchers:
                if watcher.session == session:
                    _compare(watcher, list(snapshot), snapshot, finals)
        for watcher in self.watchers:
            self.result.messages += watcher.seen
            self.result.drops += watcher.drops
            self.result.resumes += watcher.resumes
            self.result.skipped += watcher.skipped
            self.result.snapshots += watcher.snapshots
            self.result.closed.update(watcher.closed)

    async def _stay(self, watcher: Watcher) -> None:
        """Connects, and again whenever the line is gone: from what is on its screen, over either transport."""
        while not self._ends.is_set():
            async with self._doors:
                watcher.render()
                try:
                    line = await self._open(watcher, watcher.screen.position, self._chance.choice(("ws", "sse")))
                except OSError:
                    await asyncio.sleep(0.2)
                    continue
            await line.lost
            if not self._ends.is_set():
                await asyncio.sleep(self._chance.uniform(0.0, 1.0))

    async def _open(self, watcher: Watcher, position: str | None, transport: str) -> Line:
        line = Line(watcher, self._messages, transport=transport, position=position, host=f"{self._host}:{self._port}")
        await line.connect(self._host, self._port)
        watcher.line = line
        return line

    async def _ask(self, path: str) -> Json:
        async with aiohttp.ClientSession() as http, http.get(f"{self._daemon.url}{path}") as answer:
            body: Json = await answer.json(content_type=None)
            return body


def _compare(watcher: Watcher, order: list[str], snapshot: Json, finals: dict[str, tuple[str, int]]) -> None:
    """One screen: the last lines are the snapshot's, all lines are the transcript's, and no line between is missing."""
    lines = watcher.screen.lines()
    for line in lines:
        if (line.text, line.final, line.held) != (finals.get(line.utterance, ("",))[0], True, False):
            raise Differs(f"{watcher.session}: {line.utterance} is not what the transcript has")
    mine = [line.utterance for line in lines]
    if mine[-len(order) :] != order and len(mine) >= len(order):
        raise Differs(f"{watcher.session}: the last lines are {mine[-len(order) :]}, the server has {order}")
    if any(line != snapshot[line.utterance] for line in lines if line.utterance in snapshot):
        raise Differs(f"{watcher.session}: a line is not the snapshot's")
    if set(finals) - set(mine) and len(mine) + watcher.screen.earlier_finals != len(finals):
        raise Differs(
            f"{watcher.session}: {len(mine)} lines and {watcher.screen.earlier_finals} earlier ones, "
            f"of {len(finals)} finals"
        )


def _peak_bytes(pid: int) -> int:
    """The most memory that process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def watch(*, viewers: int, seconds: float, sessions: int, events_per_s: float, seed: int) -> Result:
    """The whole of it. Raises Differs or ProtocolViolation at the first screen that is not the server's."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Simulator(unknown="silent") as upstream,
            daemon_process(
                Path(folder),
                **account(upstream),
                CAPTIOND_VIEWERS__NEW_PER_ADDRESS_S="100000",
                CAPTIOND_LOG__LEVEL="warning",
            ) as daemon,
        ):
            hall = Hall(daemon, upstream, sessions=sessions, viewers=viewers, chance=random.Random(seed))
            for session in hall.sessions:
                await start(daemon, session)
            try:
                async with asyncio.TaskGroup() as group:
                    await hall.connect_all(group)
                    disturbing = group.create_task(hall.disturb())
                    await hall.speak(seconds, events_per_s)
                    disturbing.cancel()
                    await hall.quiet()
                    await hall.compare()
                    hall.result.daemon_peak_bytes = _peak_bytes(daemon.pid)
                    hall.end()
            except ExceptionGroup as faults:
                raise faults.exceptions[0] from None
            return hall.result


def main() -> int:
    """Prints what was seen; 1 where a screen differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--rate", type=float, default=5.0, help="events a second in each session")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    try:
        result = asyncio.run(
            watch(
                viewers=given.viewers,
                seconds=given.seconds,
                sessions=given.sessions,
                events_per_s=given.rate,
                seed=given.seed,
            )
        )
    except Exception as fault:
        print(f"screens: {type(fault).__name__}: {fault}")
        return 1
    print(f"screens: all {result.viewers} are the server's: {result}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
