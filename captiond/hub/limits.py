"""The hub's limits, each with a unit and a reason, and the errors of those that a caller can run into."""

from dataclasses import dataclass

from captiond.base.errors import CaptiondError
from captiond.core.subscriber import STALL_S


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in count, bytes and time. Names and defaults of the configuration where it has them (contract, section 2).

    Attributes:
        max_per_session: viewers of one session; asked by floor 4, before it admits one.
        retention_bytes: of one session's log, by wire size: 1,000 messages of 400 bytes, and room for long ones.
        idle_end_s: no event for so long ends a session (`Rooms.idle` names them; the daemon ends them).
        ping_s: under the 30 s after which the strictest proxies cut a quiet connection.
        stall_s: a viewer that is behind and takes nothing for so long is closed (4008).
    """

    max_sessions: int = 5000
    max_connections: int = 20_000
    max_per_session: int = 20_000
    max_queued_bytes: int = 131_072
    retention_s: float = 600.0
    retention_messages: int = 1000
    retention_bytes: int = 1_048_576
    idle_end_s: float = 3600.0
    ping_s: int = 25
    stall_s: float = STALL_S


class TooManyViewers(CaptiondError):
    """`max_connections` viewers are here. HTTP 429; after an upgrade, close code 4504."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"too many connections, the limit is {limit}")


class TooManySessions(CaptiondError):
    """`max_sessions` sessions run. HTTP 503, code `too_many_sessions`."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"too many sessions, the limit is {limit}")


class Draining(CaptiondError):
    """The daemon is going down and takes no more viewers. HTTP 503; on SSE a `bye` 4001."""

    def __init__(self) -> None:
        super().__init__("the server is restarting")
