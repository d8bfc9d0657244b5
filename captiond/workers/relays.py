"""The head's relays: started, filled, watched, started again, told to drain. One task for each, as long as it lives."""

import asyncio
import contextlib
import logging
import os
import random
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import captiond
from captiond.base.backoff import full_jitter_s
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.pulse import LATE_S as PROBE_LATE_S
from captiond.serve.revocations import Revocations
from captiond.workers.desk import HEAD, Desk, Refused
from captiond.workers.door import NONE_ELSE, Door, Hatch
from captiond.workers.feed import Feed, Line
from captiond.workers.figures import Figures
from captiond.workers.frames import Kind, LinkFault, parse_order
from captiond.workers.link import Link
from captiond.workers.settings import Settings

log = logging.getLogger(__name__)

READY_S: Final = 30.0  # from a relay's start until it serves; a restart with thousands of sessions takes seconds
LATE_S: Final = 3.0  # a relay that says nothing for so long gets no more viewers; the head accepts its connections, too
SILENT_S: Final = 10.0  # a relay that says nothing for so long, and has something to say every second, hangs
WATCH_S: Final = 0.5
WELL_S: Final = 30.0  # who has lived so long is started again at once, as is one that ends early for the first time
PROVEN_S: Final = PROBE_LATE_S  # until the delivery probe must have come through a new relay
END_S: Final = 2.0  # for a relay to end by itself once its link is closed

# Not `-m`: that would put the working folder first, and another captiond may lie there.
BOOT: Final = "import sys; sys.path.append(sys.argv[1]); from captiond.workers.relay import main; sys.exit(main())"


class Relay:
    """One of them, as the head knows it.

    Attributes:
        line: None while it is not running.
        serving: it is up, and has taken its connections over.
        late: but it says nothing for now.
    """

    def __init__(self, number: int, listener: socket.socket) -> None:
        self.number, self.listener = number, listener
        self.line: Line | None = None
        self.hatch: Hatch | None = None
        self.serving = asyncio.Event()
        self.ended = asyncio.Event()
        self.late = False
        self.heard_s = self.serving_s = 0.0
        self.pid = 0


class Relays:
    """All of them.

    Args:
        listeners: one listening socket for each, by its number; they stay the head's as well.
        settings: what the relay of a number is told.
        probes: hidden sessions, and what opens them.
        told: of a change in who serves.
    """

    def __init__(
        self,
        *,
        listeners: Mapping[int, socket.socket],
        settings: Callable[[int], Settings],
        door: Door,
        feed: Feed,
        desk: Desk,
        figures: Figures,
        revocations: Revocations,
        probes: Mapping[str, str],
        meter: Meter,
        audit: AuditSink,
        clock: Clock,
        told: Callable[[], None],
    ) -> None:
        self._settings, self._door, self._feed, self._desk = settings, door, feed, desk
        self._figures, self._meter, self._audit, self._clock, self._told = figures, meter, audit, clock, told
        self._revocations, self._probes = revocations, probes
        self._relays = {number: Relay(number, listener) for number, listener in listeners.items()}
        self._fresh: dict[int, asyncio.Future[None]] = {}
        self._ending = asyncio.Event()

    def run(self, group: asyncio.TaskGroup) -> None:
        """Starts them and keeps them up, until `end`."""
        for relay in self._relays.values():
            self._door.open(relay.listener)  # until it serves, and whenever it does not
            group.create_task(self._keep_up(relay), name=f"worker {relay.number}")
        self._count()

    async def all_serving(self, timeout_s: float) -> bool:
        """Waits until all serve; False where they don't in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                for relay in self._relays.values():
                    await relay.serving.wait()
                return True
        return False

    def serving(self) -> list[int]:
        """Numbers of those that take viewers."""
        return [one.number for one in self._relays.values() if one.serving.is_set() and not one.late]

    def proven(self) -> list[int]:
        """Numbers of those that have served for long enough to be asked whether they deliver."""
        before_s = self._clock.monotonic_s() - PROVEN_S
        return [one.number for one in self._relays.values() if one.serving.is_set() and one.serving_s <= before_s]

    def pids(self) -> dict[int, int]:
        """Process ids of those."""
        return {relay.number: relay.pid for relay in self._relays.values() if relay.serving.is_set()}

    def tell(self, do: str, **members: Any) -> None:
        """An order for all that run."""
        for relay in self._relays.values():
            if relay.line is not None:
                relay.line.link.tell(do, **members)

    def hand(self, to: int, connection: socket.socket) -> bool:
        """Passes a connection to a relay that serves."""
        relay = self._relays.get(to & ~NONE_ELSE)
        if relay is None or relay.hatch is None or not relay.serving.is_set():
            return False
        return (not relay.late or bool(to & NONE_ELSE)) and relay.hatch.hand(to, connection)

    async def freshen(self, timeout_s: float) -> None:
        """Asks all for their figures; returns when they have come, or after that time without them."""
        waiting = [self._ask_figures(relay) for relay in self._relays.values() if relay.serving.is_set()]
        if waiting:
            await asyncio.wait(waiting, timeout=timeout_s)

    def end(self) -> None:
        """Closes every link, whereupon they end; their tasks wait for that. Call it when their viewers are gone."""
        self._ending.set()
        for relay in self._relays.values():
            relay.ended.set()
            if relay.line is not None:
                relay.line.link.close()

    # -- one relay's life

    async def _keep_up(self, relay: Relay) -> None:
        tries, chance = 0, random.SystemRandom()
        while not self._ending.is_set():
            started_s = self._clock.monotonic_s()
            try:
                status = await self._live(relay)
            except OSError as fault:
                status = None
                log.error("a worker could not be started: worker=%d why=%s", relay.number, fault.strerror)
            if self._ending.is_set():
                return
            tries = 0 if self._clock.monotonic_s() - started_s >= WELL_S else tries + 1
            delay_s = full_jitter_s(tries - 1, chance=chance) if tries > 1 else 0.0
            self._meter.count("worker_restarts_total")
            log.error("a worker has ended: worker=%d status=%s restart_in_s=%.1f", relay.number, status, delay_s)
            await asyncio.sleep(delay_s)

    async def _live(self, relay: Relay) -> int | None:
        relay.ended.clear()
        ours, theirs = socket.socketpair()
        hatch, their_hatch = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            inherited = [theirs.fileno(), their_hatch.fileno(), relay.listener.fileno()]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-c",
                BOOT,
                str(Path(captiond.__file__).parents[1]),
                *map(str, inherited),
                pass_fds=inherited,
                stdin=DEVNULL,
                stdout=DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith("CAPTIOND_")},
            )
        except OSError:
            ours.close()
            hatch.close()
            raise
        finally:
            theirs.close()
            their_hatch.close()
        relay.pid = process.pid
        relay.hatch = Hatch(hatch, self._came)
        try:
            link = Link(lambda kind, body: self._heard(relay, kind, body), relay.ended.set)
            await link.attach(ours)
            relay.line = Line(link)
            await self._serve(relay, relay.line)
        finally:
            self._let_go(relay)
            status = await _ended(process)
        return status

    async def _serve(self, relay: Relay, line: Line) -> None:
        """From its first order to its end."""
        begun_s = relay.heard_s = self._clock.monotonic_s()
        settings, revoked = self._settings(relay.number).told(), self._revocations.known()
        line.link.tell("begin", settings=settings, revoked=revoked, probes=self._probes)
        await self._feed.fill(line)
        line.link.tell("filled")
        while not relay.ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await relay.ended.wait()
            now_s = self._clock.monotonic_s()
            serving = relay.serving.is_set()
            quiet_s = now_s - (relay.heard_s if serving else begun_s)
            if quiet_s > (SILENT_S if serving else READY_S) and not relay.ended.is_set():
                log.error("a worker hangs: worker=%d quiet_s=%.0f", relay.number, quiet_s)
                return
            if serving and quiet_s > LATE_S and not relay.late:
                log.warning("a worker is late: worker=%d quiet_s=%.1f", relay.number, quiet_s)
                relay.late = True
                self._door.open(relay.listener)
                self._told()

    def _let_go(self, relay: Relay) -> None:
        """It is no more: what it had is given back, and its connections come to us."""
        relay.serving.clear()
        relay.late = False
        if relay.line is not None:
            self._feed.remove(relay.line)
            relay.line.link.close() if self._ending.is_set() else relay.line.link.abort()
            relay.line = None
        if relay.hatch is not None:
            relay.hatch.close()
            relay.hatch = None
        if not self._ending.is_set():
            self._door.open(relay.listener)
        self._desk.gone(relay.number)
        self._figures.gone(relay.number)
        self._settle(relay.number)
        self._count()
        self._told()

    # -- what relays say

    def _heard(self, relay: Relay, kind: Kind, body: bytes) -> None:
        if kind is not Kind.ORDER or relay.line is None:
            raise LinkFault("a worker sends what only the head sends")
        relay.heard_s = self._clock.monotonic_s()
        if relay.late:
            relay.late = False
            self._door.close(relay.listener)
            self._told()
        said = parse_order(body)
        link, number = relay.line.link, relay.number
        match said["do"]:
            case "serving":
                self._door.close(relay.listener)
                relay.serving.set()
                relay.serving_s = relay.heard_s
                log.info("a worker serves: worker=%d pid=%d", number, relay.pid)
                self._count()
                self._told()
            case "knock":
                knock = self._desk.knock(said["address"])
                link.tell("answer", ask=said["ask"], waitS=knock.wait_s, first=knock.first)
            case "enter":
                seat = self._desk.enter(number, said["session"], said["address"])
                taken = {"limit": seat.limit} if isinstance(seat, Refused) else {"seat": seat}
                link.tell("answer", ask=said["ask"], **taken)
            case "leave":
                self._desk.leave(number, said["seat"])
            case "record":
                self._audit.record(str(said["kind"]), timestamp=str(said["timestamp"]), **said["fields"])
            case "alive":
                pass
            case "figures":
                self._figures.heard(number, said["figures"])
                self._settle(number)
            case _:
                raise LinkFault("a worker says what this head does not know")

    def _came(self, to: int, connection: socket.socket) -> None:
        """A relay passes on a connection: to us, or to another relay."""
        if to & ~NONE_ELSE == HEAD:
            self._door.adopt(connection)
        elif self.hand(to, connection) or to & NONE_ELSE:
            connection.close()
        else:
            self._door.adopt(connection)

    # -- inside

    def _ask_figures(self, relay: Relay) -> "asyncio.Future[None]":
        fresh = self._fresh.get(relay.number)
        if fresh is None:
            fresh = self._fresh[relay.number] = asyncio.get_running_loop().create_future()
            if relay.line is not None:
                relay.line.link.tell("figures")
        return fresh

    def _settle(self, number: int) -> None:
        fresh = self._fresh.pop(number, None)
        if fresh is not None and not fresh.done():
            fresh.set_result(None)

    def _count(self) -> None:
        serving = len(self.serving())
        self._meter.set("workers", 1 + serving, state="serving")
        self._meter.set("workers", len(self._relays) - serving, state="starting")


async def _ended(process: "asyncio.subprocess.Process") -> int:
    """Its status, once it is gone: by itself within `END_S`, else killed."""
    try:
        async with asyncio.timeout(END_S):
            return await process.wait()
    except TimeoutError:
        return await _killed(process)
    except asyncio.CancelledError:
        await _killed(process)
        raise


async def _killed(process: "asyncio.subprocess.Process") -> int:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    return await process.wait()
