"""What all sockets of one simulator share."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from captiond.simulator.faultbook import FaultBook
from captiond.simulator.ledger import Ledger
from captiond.simulator.media import Library
from captiond.simulator.pace import Pace
from captiond.simulator.stage import Stage
from captiond.simulator.tokens import Tokens


class Frames(StrEnum):
    """The shape of frames that carry one event."""

    ARRAY = "array"
    OBJECT = "object"
    MIXED = "mixed"  # in turn


@dataclass(slots=True)
class World:
    """What all sockets of one simulator share."""

    pace: Pace
    stage: Stage
    book: FaultBook
    tokens: Tokens
    ledger: Ledger
    batch: int
    frames: Frames
    require_activation: bool
    library: Library
    requests_per_s: float | None = None
    webhook_secret: str = ""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


class Line(Protocol):
    """What a player needs of its socket."""

    @property
    def silent_s(self) -> float: ...
    def fall_silent(self, for_s: float | None) -> None: ...
    def wake(self, session: str | None = None) -> None: ...
    def all_over(self) -> bool: ...
    async def send_events(self, session: str, events: Sequence[dict[str, Any]]) -> None: ...
    async def write(self, data: bytes, *, text: bool = True) -> None: ...
    async def close(self, code: int, reason: str = "") -> None: ...
    def abort(self) -> None: ...
