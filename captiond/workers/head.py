"""The head's part of a node of several processes, composed: what `daemon` hands over, and what it gets for it."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client.metrics_core import Metric

from captiond.base.inside import remains
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.chores import kept_up
from captiond.config_keys import Config
from captiond.hub.rooms import Rooms
from captiond.listening import way_back
from captiond.probe import Probe
from captiond.serve.revocations import Revocations
from captiond.serve.seats import Seats
from captiond.workers.deal import Deal
from captiond.workers.desk import HEAD, Desk
from captiond.workers.door import Door
from captiond.workers.feed import Feed
from captiond.workers.figures import Figures
from captiond.workers.relays import Relays
from captiond.workers.settings import settings_for

log = logging.getLogger(__name__)

MAX_WORKERS: Final = 64  # one for each core of a large machine; each costs the head a copy of every caption
LOADS_S: Final = 0.25  # how often workers are told of one another's viewers
START_S: Final = 8.0  # a start does not wait longer for relays; those that come later serve then
PROBE_S: Final = 5.0  # for proof that relays deliver; `/readyz` waits longer
FIGURES_WAIT_S: Final = 0.5  # for figures of now, at a scrape; else those of some seconds ago count


class Head:
    """Worker 1 of several.

    Args:
        listeners: one for each worker, the head's first; they listen on one port (`listening.listen_often`).
    """

    def __init__(
        self,
        *,
        config: Config,
        listeners: Sequence[socket.socket],
        rooms: Rooms,
        seats: Seats,
        revocations: Revocations,
        meter: Meter,
        audit: AuditSink,
        clock: Clock,
    ) -> None:
        self.throwaway = secrets.token_hex(32)
        self._config, self._rooms, self._meter, self._audit, self._clock = config, rooms, meter, audit, clock
        self._listeners, self._revocations = listeners, revocations
        self._figures = Figures()
        self._desk = Desk(rooms=rooms, seats=seats, clock=clock)
        self._feed = Feed(defer=asyncio.get_running_loop().call_soon, monotonic_s=clock.monotonic_s)
        rooms.following = self._feed
        self._deal = Deal(HEAD)
        self._probes = {
            worker: Probe(
                rooms,
                address=way_back(listeners[0]),
                clock=clock,
                meter=_NoGauges(meter),
                language=config.genesys.languages[0],
                worker=worker,
            )
            for worker in range(HEAD + 1, len(listeners) + 1)
        }
        for probe in self._probes.values():
            probe.live.following = self._feed
            self._feed.opened(probe.live)
        self._loads: dict[int, int] = {}
        self._chores: list[asyncio.Task[None]] = []  # none: it has not begun
        self._door: Door
        self._relays: Relays
        cores = len(os.sched_getaffinity(0))
        if len(listeners) > cores:
            log.warning("more workers than cores gain nothing: workers=%d cores=%d", len(listeners), cores)

    async def begin(self, serve: Callable[[], asyncio.BaseProtocol], group: asyncio.TaskGroup) -> None:
        """Accepts viewers on all sockets at once, and brings up the relays, who take theirs over.

        Returns when they serve and deliver, or some time later.

        Args:
            serve: makes the protocol of a connection.
            group: parent of all that goes on until `end`.
        """
        self._door = Door(me=HEAD, deal=self._deal, hand=self._hand, serve=serve, group=group)
        self._relays = Relays(
            listeners=dict(enumerate(self._listeners[1:], start=HEAD + 1)),
            settings=lambda worker: settings_for(
                self._config, worker=worker, limits=self._rooms.limits, throwaway=self.throwaway
            ),
            door=self._door,
            feed=self._feed,
            desk=self._desk,
            figures=self._figures,
            revocations=self._revocations,
            probes={probe.live.session: probe.key for probe in self._probes.values()},
            meter=self._meter,
            audit=self._audit,
            clock=self._clock,
            told=self._tell_loads,
        )
        self._revocations.told = lambda session, at_s: self._relays.tell("revoke", session=session, atS=at_s)
        self._relays.run(group)
        self._door.open(self._listeners[0])
        self._chores = [group.create_task(kept_up(self._balance))]
        if not await self._relays.all_serving(START_S):
            serving = 1 + len(self._relays.serving())
            log.error("not all workers serve yet: serving=%d of=%d", serving, len(self._listeners))
        self._chores += [group.create_task(kept_up(probe.run)) for probe in self._probes.values()]
        for worker in self._relays.serving():
            await self._probes[worker].first(PROBE_S)

    def fault(self) -> str | None:
        """Which relay does not deliver, and since when; None where all that serve do.

        One that was started anew is asked after a while: until then its viewers are few, and others' captions flow.
        """
        for worker in self._relays.proven():
            if (fault := self._probes[worker].fault()) is not None:
                return f"worker {worker}: {fault}"
        return None

    async def _balance(self) -> None:
        """A chore: tells all workers, again and again, where viewers are."""
        while True:
            await asyncio.sleep(LOADS_S)
            try:
                self._tell_loads(only_news=True)
            except Exception as fault:
                log.error("workers were not told of one another", exc_info=remains(fault))

    def drain(self, retry_ms: int) -> None:
        """No more viewers for relays; theirs are told when to come back."""
        if self._chores:
            self._relays.tell("drain", retryMs=retry_ms)
            self._deal.told({})

    def end(self) -> None:
        """The relays end, and no more is accepted. Their viewers are gone, or have had their time."""
        if self._chores:
            for chore in self._chores:
                chore.cancel()
            self._door.shut()
            self._relays.end()

    async def freshen(self) -> None:
        """For `/metrics`: the relays' figures of now."""
        await self._relays.freshen(FIGURES_WAIT_S)

    def over(self, figure: Metric) -> Metric:
        """The node's figure of the head's."""
        return self._figures.over(figure)

    def loads(self) -> dict[int, int]:
        """Viewers of each worker that takes some."""
        return self._desk.loads(self._relays.serving())

    def pids(self) -> dict[int, int]:
        """Process ids of the relays that serve."""
        return self._relays.pids()

    def _hand(self, to: int, connection: socket.socket) -> bool:
        return self._relays.hand(to, connection)

    def _tell_loads(self, *, only_news: bool = False) -> None:
        loads = self.loads()
        if only_news and loads == self._loads:
            return
        self._loads = loads
        self._deal.told(loads)
        self._relays.tell("loads", loads=list(loads.items()))


class _NoGauges:
    """A meter for probes of relays: what they count adds up, but one age stands for the head's own probe alone."""

    def __init__(self, meter: Meter) -> None:
        self.count, self.observe = meter.count, meter.observe

    def set(self, name: str, value: float, /, **labels: str) -> None: ...
