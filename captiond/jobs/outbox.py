"""Out: documents that sinks are to get, from the database, until they have them.

A document is written with the step that made it, so none is lost and none is made twice; it goes out at least once,
with the same `Idempotency-Key` each time. One task for each sink: one that is down holds up no other, and is asked
again by the one backoff policy, not once for each document that waits. Source: issue 6, 4.

| the sink | the document |
|---|---|
| takes it (2xx) | is delivered |
| says 400, 404, 405, 410, 411, 413, 414, 415, 422, 431 | is dead: no other try would end otherwise |
| says anything else, or nothing | waits and goes again, for `GIVE_UP_S`; then it is dead |
| `captiond outbox replay` | a dead one goes again |
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from captiond.base.backoff import Chance, full_jitter_s, parse_retry_after_s
from captiond.base.observe import AuditSink, Meter
from captiond.db import outbox as rows
from captiond.db.outbox import Parcel
from captiond.db.store import Store
from captiond.jobs.runner import Pace

log = logging.getLogger(__name__)

HOPELESS: Final = frozenset({400, 404, 405, 410, 411, 413, 414, 415, 422, 431})
GIVE_UP_S: Final = 3 * 86_400.0  # a weekend and a day; by then somebody must have looked
SENT_AT_ONCE: Final = 8  # to one sink
ANSWER_TIMEOUT_S: Final = 10.0
POLL_S: Final = 2.0  # so often is looked for what another process has written: `captiond outbox replay`
MEASURE_S: Final = 5.0


Call = Callable[[Mapping[str, Any]], Awaitable[None]]
"""A function that gets documents in place of an address; one that raises is called again."""


@dataclass(frozen=True, slots=True)
class Sink:
    """One place that gets documents: an address, or a function. `token` never shows in a repr."""

    name: str
    url: str = field(default="", repr=False)  # it may hold a key
    token: str = field(default="", repr=False)
    call: Call | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What each request carries beside its own key."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class Outbox:
    """Sends what waits. `run` is its one task."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        *,
        store: Store,
        pace: Pace,
        chance: Chance,
        meter: Meter,
        audit: AuditSink,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._sinks, self._store, self._pace, self._chance = sinks, store, pace, chance
        self._meter, self._audit, self._answer_timeout_s = meter, audit, answer_timeout_s
        self._wakes = {sink.name: asyncio.Event() for sink in sinks}

    @property
    def names(self) -> frozenset[str]:
        """The sinks that are configured."""
        return frozenset(self._wakes)

    def look(self) -> None:
        """Something is to be sent."""
        for wake in self._wakes.values():
            wake.set()

    async def run(self) -> None:
        """Sends, for ever."""
        if not self._sinks:
            return
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(), limit_per_host=SENT_AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=self._answer_timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # a document goes where the configuration says
                auto_decompress=False,
            ) as http,
            asyncio.TaskGroup() as group,
        ):
            for sink in self._sinks:
                group.create_task(self._serve(sink, http), name=f"sink {sink.name}")
            group.create_task(self._measure(), name="outbox figures")

    async def _serve(self, sink: Sink, http: aiohttp.ClientSession) -> None:
        wake, failures = self._wakes[sink.name], 0
        while True:
            wake.clear()
            # While it is down one document asks for all: the others would only be refused as well.
            due = await self._due(sink, most=1 if failures else SENT_AT_ONCE)
            answers = await asyncio.gather(*(self._send(sink, parcel, http) for parcel in due))
            waits_s = [wait_s for wait_s in answers if wait_s is not None]
            if waits_s:
                pause_s = max(full_jitter_s(failures, chance=self._chance), *waits_s)
                failures += 1
                await self._pace.wait(asyncio.Event(), pause_s)
                continue
            if due:
                failures = 0
                continue
            next_s = await self._store.work(lambda connection: rows.next_due_s(connection, sink.name))
            idle_s = POLL_S if next_s is None else min(POLL_S, max(0.0, next_s - self._pace.now_s()))
            await self._pace.wait(wake, idle_s)

    async def _due(self, sink: Sink, *, most: int) -> list[Parcel]:
        now_s = self._pace.now_s()
        return await self._store.work(lambda connection: rows.due(connection, sink.name, now_s=now_s, most=most))

    async def _send(self, sink: Sink, parcel: Parcel, http: aiohttp.ClientSession) -> float | None:
        """One try. Answers None where the sink is well, else for how many seconds at least to leave it alone."""
        why, asked_s, status = "", 0.0, 0
        if sink.call is not None:
            why = await _called(sink.call, parcel)
            return await self._judge(sink, parcel, why, status=500 if why else 200, asked_s=0.0)
        headers = {**sink.headers, "Content-Type": "application/json", "Idempotency-Key": parcel.id}
        try:
            async with http.post(
                sink.url, data=parcel.body.encode(), headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                asked_s = (
                    parse_retry_after_s(response.headers.get("Retry-After"), now_s=self._pace.now_s()) or 0.0
                )  # what it says is not read: it might quote the document
                why = f"answered {status}"
        except TimeoutError:
            why = "timed out"
        except (aiohttp.ClientError, OSError) as fault:
            why = f"failed ({type(fault).__name__})"
        return await self._judge(sink, parcel, why, status=status, asked_s=asked_s)

    async def _judge(self, sink: Sink, parcel: Parcel, why: str, *, status: int, asked_s: float) -> float | None:
        now_s = self._pace.now_s()
        if 200 <= status < 300:
            await self._store.work(lambda connection: rows.delivered(connection, parcel.id, now_s=now_s))
            self._audit.record("delivered", job=parcel.job, sink=sink.name, parcel=parcel.id, tries=parcel.tries + 1)
            return None
        dead = status in HOPELESS or now_s - parcel.created_s >= GIVE_UP_S
        again_s = None if dead else now_s + max(full_jitter_s(parcel.tries, chance=self._chance), asked_s)
        await self._store.work(
            lambda connection: rows.not_taken(connection, parcel.id, why=why, again_s=again_s, now_s=now_s)
        )
        self._tell(sink, parcel, why, dead=dead)
        return None if status in HOPELESS else asked_s

    def _tell(self, sink: Sink, parcel: Parcel, why: str, *, dead: bool) -> None:
        outcome = "dead" if dead else "again"
        log.warning("sink failure: sink=%s parcel=%s why=%s outcome=%s", sink.name, parcel.id, why, outcome)
        self._audit.record("sink_failure", job=parcel.job, sink=sink.name, parcel=parcel.id, why=why, outcome=outcome)
        if dead:
            self._meter.count("outbox_dead_total", sink=sink.name)

    async def _measure(self) -> None:
        while True:
            counted: Mapping[tuple[str, str], int] = await self._store.work(rows.counts)
            for sink in self._sinks:
                self._meter.set("outbox_pending", counted.get((sink.name, "pending"), 0), sink=sink.name)
            await self._pace.wait(asyncio.Event(), MEASURE_S)


async def _called(call: Call, parcel: Parcel) -> str:
    """Hands a document to a function; why it did not take it, "" where it did."""
    try:
        await call(orjson.loads(parcel.body))
    except Exception as fault:
        return f"raised {type(fault).__name__}"
    return ""
