"""Plays one session to one socket: sends each event when it is due, and does what the faults say."""

import asyncio
from typing import Any, Final

from captiond.base.instants import iso_utc
from captiond.simulator.faults import (
    AbortFault,
    CloseFault,
    ExpireTokensFault,
    GarbageFault,
    MomentFault,
    SilenceFault,
)
from captiond.simulator.playback import AtEnd, Placed, Playback
from captiond.simulator.replies import garbage_frame
from captiond.simulator.world import Line, World

GROUP_PATIENCE_S: Final = 1.0  # a half-full group of events waits no longer for its next one


class Player:
    """One subscription, from its acknowledgement to its end."""

    def __init__(self, world: World, connection: Line, session: str, playback: Playback) -> None:
        self._world, self._connection, self._session, self._playback = world, connection, session, playback
        self.wake = asyncio.Event()
        self.finished = False
        now_s = world.pace.monotonic_s()
        reached = playback.reached
        self._behind = playback.join(now_s)
        world.ledger.events_missed[session] += max(0, self._behind - reached)
        self._joined_s = playback.elapsed_s(now_s)
        self._group: list[dict[str, Any]] = []
        self._late: list[tuple[int, dict[str, Any]]] = []

    def leave(self) -> None:
        """The subscription is over."""
        self._playback.leave(self._world.pace.monotonic_s())

    async def run(self) -> None:
        """Sends each event when it is due, until cancelled or until a fault or the end closes the socket."""
        while True:
            self.wake.clear()
            pace = self._world.pace
            if silent_s := self._connection.silent_s:
                await pace.wait(self.wake, None if silent_s == float("inf") else silent_s)
                continue
            now_s = pace.monotonic_s()
            elapsed_s = self._playback.elapsed_s(now_s) + self._playback.slack_s
            event = self._playback.after(self._behind)
            fault = self._world.book.struck_now(
                self._session,
                behind=self._behind,
                joined_s=self._joined_s,
                elapsed_s=min(elapsed_s, event.due_s) if event else elapsed_s,
            )
            if fault is not None:
                await self._flush()
                if await self._strike(fault):
                    return
                continue
            if event is not None and event.due_s <= elapsed_s:
                await self._send(event)
                continue
            if event is None:
                await self._finish()
                if self.finished and self._playback.at_end is AtEnd.CLOSE and self._connection.all_over():
                    await self._connection.close(1000, "the media session has ended")
                    return
            elif self._playback.wait_s(event.due_s, now_s) > GROUP_PATIENCE_S:
                await self._flush()
            await pace.wait(self.wake, self._pause_s(event, elapsed_s, now_s))

    def _pause_s(self, event: Placed | None, elapsed_s: float, now_s: float) -> float | None:
        timed_s = self._world.book.next_s(self._session, elapsed_s=max(elapsed_s, self._joined_s))
        dues = [due_s for due_s in (event.due_s if event else None, timed_s) if due_s is not None]
        return self._playback.wait_s(min(dues), now_s) if dues else None

    async def _send(self, placed: Placed) -> None:
        book, session, position = self._world.book, self._session, placed.position
        self._behind = position
        self._playback.passed(position)
        outgoing: list[dict[str, Any]] = []
        if not book.lost(session, position):
            event = self._event(placed)
            copies = [event] * (1 + book.repeats(session, position))
            by_events = book.late_by(session, position)
            if by_events:
                self._late.extend((position + by_events, copy) for copy in copies)
            else:
                outgoing.extend(copies)
        outgoing.extend(event for release, event in self._late if release <= position)
        self._late = [(release, event) for release, event in self._late if release > position]
        for event in outgoing:
            self._group.append(event)
            if len(self._group) >= self._world.batch:
                await self._flush()

    def _event(self, placed: Placed) -> dict[str, Any]:
        pace, sequence = self._world.pace, placed.sequence
        restarted = self._world.book.restarted_after(self._session, placed.position)
        if restarted:
            before = self._playback.after(restarted - 1)
            sequence -= before.sequence if before else 0
        age_s = self._playback.age_s(placed.stamp_s, pace.monotonic_s())
        return {
            **placed.step.event,
            "eventSequence": sequence,
            "mediaSessionId": self._session,
            "timestamp": iso_utc(pace.now_s() - age_s),
        }

    async def _flush(self) -> None:
        if self._group:
            group, self._group = self._group, []
            await self._connection.send_events(self._session, group)

    async def _finish(self) -> None:
        self._group.extend(event for _, event in self._late)
        self._late = []
        await self._flush()
        # A track without events is one that `emit` fills: it has no end of its own.
        if self._playback.track.steps and not self.finished:
            self.finished = True

    async def _strike(self, fault: MomentFault) -> bool:
        """Does what the fault says. True: the socket is over."""
        if isinstance(fault, SilenceFault):
            self._connection.fall_silent(fault.for_s)
        elif isinstance(fault, GarbageFault):
            stamp = iso_utc(self._world.pace.now_s())
            data, text = garbage_frame(fault, session=self._session, timestamp=stamp)
            await self._connection.write(data, text=text)
        elif isinstance(fault, AbortFault):
            self._connection.abort()
            return True
        elif isinstance(fault, CloseFault):
            await self._connection.close(fault.code, fault.reason)
            return True
        elif isinstance(fault, ExpireTokensFault):
            self._world.tokens.expire_all()
            if fault.close_code is not None:
                await self._connection.close(fault.close_code, "the token has expired")
                return True
        return False
