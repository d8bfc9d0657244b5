"""The parts of jobs, as workflows see them: calls are transactions in the database's thread (`db.parts`)."""

from collections.abc import Sequence

from captiond.db import parts as rows
from captiond.db.outbox import Parcel
from captiond.db.parts import Part, PartState
from captiond.db.store import Store
from captiond.jobs.indexing import forget_part, index_part
from captiond.jobs.machine import UNITS


class Parts:
    """Every method raises StoreError where the database cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, job: str, parts: Sequence[Part]) -> None:
        """Adds them, or changes those that have not ended."""
        await self._store.work(lambda connection: rows.write(connection, job, parts))

    async def keep(self, job: str, part: Part, *, content: str | None, parcels: Sequence[Parcel], now_s: float) -> bool:
        """What a try came to; see `db.parts.keep`. What is long is in the search before it is kept."""
        indexed = content is not None and await index_part(self._store, job, part, content)
        kept = await self._store.work(
            lambda connection: rows.keep(
                connection, job, part, content=content, parcels=parcels, now_s=now_s, units=UNITS, indexed=indexed
            )
        )
        if part.state == PartState.FAILED or (indexed and not kept):
            await forget_part(self._store, job, part)
        return kept

    async def get(self, job: str, name: str) -> Part | None:
        """One of them."""
        return await self._store.work(lambda connection: rows.get(connection, job, name))

    async def in_state(self, job: str, state: PartState) -> list[Part]:
        """Those in that state, in their order."""
        return await self._store.work(lambda connection: rows.in_state(connection, job, state))

    async def due(self, job: str, *, now_s: float, most: int) -> list[Part]:
        """Those that may be tried now; those that had to wait come first."""
        return await self._store.work(lambda connection: rows.due(connection, job, now_s=now_s, most=most))

    async def next_due_s(self, job: str) -> float | None:
        """When the next one may be tried; None where all have ended."""
        return await self._store.work(lambda connection: rows.next_due_s(connection, job))

    async def ended(self, job: str, *, since: int = 0, before: int | None = None) -> list[Part]:
        """Those that have ended, in their order; see `db.parts.ended`."""
        return await self._store.work(lambda connection: rows.ended(connection, job, since=since, before=before))

    async def content(self, job: str, name: str) -> bytes | None:
        """What one came to, as JSON."""
        return await self._store.work(lambda connection: rows.content(connection, job, name))

    async def sizes(self, job: str) -> dict[str, int]:
        """How many characters each of those that are done came to."""
        return await self._store.work(lambda connection: rows.sizes(connection, job))

    async def units(self, job: str) -> list[int]:
        """How many have ended, of how many: the progress of a job."""
        counted = await self._store.work(lambda connection: rows.counts(connection, job))
        ended = counted.get(PartState.DONE, 0) + counted.get(PartState.FAILED, 0)
        of = sum(number for state, number in counted.items() if state != PartState.ELSEWHERE)
        return [ended, max(1, of)]
