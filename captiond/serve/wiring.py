"""What the handlers of this floor share, handed over by `daemon.py` through `app.build`. No handler has other state."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink, Clock, Meter
from captiond.db.jobs import Job
from captiond.hub.limits import Limits as HubLimits
from captiond.hub.wire import Encode, Outlet
from captiond.serve.access import Access, Mint
from captiond.serve.addresses import Addresses
from captiond.serve.bodies import Allowed, SessionRequest
from captiond.serve.guard import Guard
from captiond.serve.seats import Knock, Seats
from captiond.serve.timers import Timers
from captiond.serve.transcripts import Transcript
from captiond.serve.turnstile import Turnstile


class Live(Protocol):
    """One session's stream, as the two transports need it; `hub.live.Live` is one."""

    @property
    def viewers(self) -> int:
        """How many are connected to it."""
        ...

    def at_end(self, position: str | None) -> bool:
        """Whether the session is over and that position is its very end."""
        ...

    def join(self, outlet: Outlet, *, position: str | None, partials: bool, expires_s: float | None) -> Any:
        """Writes welcome and snapshot or replay at once, then everything that comes. `expires_s`: since 1970.

        Raises:
            TooManyViewers, Draining: before anything is written.
        """
        ...

    def leave(self, viewer: Any) -> None:
        """No more is written. Idempotent."""
        ...

    def dismiss(self, viewer: Any, code: CloseCode) -> None:
        """Says `bye` and closes, for a reason that the transport knows."""
        ...

    def answer(self, viewer: Any) -> None:
        """A `ping` for this one, behind all that it still gets: it asked whether anybody is there."""
        ...


class Rooms(Protocol):
    """The hub; `hub.rooms.Rooms` is one."""

    @property
    def viewers(self) -> int:
        """Connected to any session."""
        ...

    @property
    def limits(self) -> HubLimits:
        """`max_connections` and `max_per_session` are asked before an upgrade, where a 429 can still be said."""
        ...

    def get(self, session: SessionId) -> Live | None: ...

    def gone(self, session: SessionId) -> bool:
        """Whether it existed, is over and kept no longer: 410 rather than 404."""
        ...


class Sessions(Protocol):
    """Starting, showing and ending sessions; implemented by `daemon`. Raises `Problem` for what the caller is told.

    A view is the JSON of `GET /v1/sessions/{id}` without `links` (contract, section 4).
    """

    async def create(self, request: SessionRequest) -> tuple[bool, Mapping[str, Any]]:
        """Starts captioning: (True, view), or (False, view) where it runs already. Waits up to 10 s for activation."""
        ...

    def list(self) -> Sequence[Mapping[str, Any]]:
        """Views of all sessions that are kept, oldest first."""
        ...

    def of_conversation(self, conversation: str) -> Sequence[Mapping[str, Any]]:
        """Views of those that caption one conversation: asked by every agent's desktop, so not by looking at all."""
        ...

    def get(self, session: SessionId) -> Mapping[str, Any] | None:
        """One view; None where there is no such session."""
        ...

    async def delete(self, session: SessionId) -> bool:
        """Unsubscribes and ends the stream. False where there is no such session."""
        ...

    async def transcript(self, session: SessionId) -> Transcript | None:
        """Redacted finals so far; None where there is no such session. Also for sessions whose stream is gone."""
        ...

    def audit(self, session: SessionId) -> AsyncGenerator[bytes, None]:
        """That session's audit records, oldest first: one JSON object each, without line end."""
        ...


class Callbacks(Protocol):
    """The receiving end of webhooks; `jobs.callbacks.Callbacks` is one."""

    @property
    def kinds(self) -> frozenset[str]: ...

    @property
    def is_full(self) -> bool:
        """Whether the next one is better asked to come again, before its body is read."""
        ...

    async def receive(
        self, kind: str, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, local: bool
    ) -> Mapping[str, Any]:
        """Checks and keeps one; answers what the sender is told. Raises `Refused`."""
        ...


class Jobs(Protocol):
    """The workflows; `captiond.workflows.Workflows` is one. Calls raise `Refused` where the disk is at fault."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that there are."""
        ...

    @property
    def callbacks(self) -> Callbacks: ...

    @property
    def max_callback_bytes(self) -> int: ...

    async def submit(
        self, kind: str, body: Mapping[str, Any], *, key: str | None = None, patient: bool = True
    ) -> tuple[bool, Job]:
        """A new job, or the one that has this key. Raises `InvalidBody`, `JobFailed` (422)."""
        ...

    async def list(self, *, kind: str | None = None, state: str | None = None, most: int = 100) -> Sequence[Job]: ...

    async def get(self, job: str) -> Job | None: ...

    async def cancel(self, job: str) -> Job | None: ...

    async def erase(self, job: str) -> bool:
        """Ends it, and erases all that is kept of it; False where there is no such job."""
        ...

    async def conversation(self, job: str, conversation: str) -> bytes | None:
        """One conversation of a job, redacted, as JSON; None where it has none such, or not yet."""
        ...

    async def events(self, job: Job, *, since: int, before: int) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """What happened inside it while its version was in that range: names of events, and their facts."""
        ...

    def transcript_file(self, job: Job) -> Path | None:
        """Where its redacted transcript stands; None where it has none, or not yet."""
        ...

    def watch(self, job: str, *, idle_s: float | None = None) -> AsyncGenerator[Job | None, None]:
        """As it stands, then each change until it is over; None where nothing changed for `idle_s`."""
        ...


Erase = Callable[[SessionId], Awaitable[bool]]
"""Erases all that is kept of a session; False where there is nothing. Raises `Problem`. `captiond.erasing.Erasing`."""
Search = Callable[[Any], Awaitable[Mapping[str, Any]]]
"""A `serve.searching.SearchRequest` in, what was found out; raises `Problem`. `captiond.searching.Searching` is one."""


class Node(Protocol):
    """The other processes of this node, where there are some that count viewers with us; see `workers`."""

    async def knock(self, address: str | None) -> Knock:
        """One attempt of an address to become a viewer of the node (see `seats.Seats.knock`)."""
        ...

    async def enter(self, request: web.Request, session: SessionId, address: str | None) -> str | None:
        """Takes a seat until the request is over; answers the limit that is reached, None where it has one."""
        ...


HealthCheck = Callable[[], str | None]
"""None where all is well, else a short English reason."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A session's viewers were sent away: when (seconds since 1970), and how many there were."""

    at_s: float
    viewers: int


Revoke = Callable[[SessionId], Awaitable[Revoked | None]]
"""Closes all viewers of a session; tokens issued up to now open it no more. None: no such session."""

Hidden = Callable[[str, str | None], Live | None]
"""A session id and a bearer in; the hidden session that they open, None for all others (`captiond.probe`)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of this floor. Each has a reason."""

    max_body_bytes: int = 65_536  # the largest body is a token request with 100 ids: 14 kB
    body_wait_s: float = 10.0  # for a whole body; they are small
    max_inbound_bytes: int = 4_096  # a viewer's only message is a pong of ~60 bytes
    inbound_per_s: float = 2.0  # a pong every 25 s is normal
    inbound_burst: int = 32
    protocol_ping_s: float = 25.0  # as often as `pingS`
    pong_wait_s: float = 20.0  # contract: no answer in 20 s closes with 4012
    comment_s: float = 15.0  # contract: SSE sends a comment every 15 s
    close_wait_s: float = 5.0  # for the peer's close frame, or for it to take what is written
    retry_after_s: int = 5  # told with 429 and 503


@dataclass(slots=True)
class Wiring:
    """Everything a handler may touch. `draining_ms` answers None, or the retry time while the daemon stops."""

    rooms: Rooms
    sessions: Sessions
    encode: Encode
    access: Access
    clock: Clock
    meter: Meter
    audit: AuditSink
    limits: Limits
    timers: Timers
    draining_ms: Callable[[], int | None]
    checks: Mapping[str, HealthCheck]
    metrics: Callable[[], tuple[bytes, str]]
    mint: Mint | None
    allowed: Allowed
    addresses: Addresses
    seats: Seats
    hidden: Hidden
    node: Node | None  # who is asked for seats; None: `seats` and `rooms` know all
    freshen: Callable[[], Awaitable[None]] | None  # asked before `metrics`
    revoke: Revoke
    erase: Erase
    jobs: Jobs | None  # None: there is no account to run them with
    search: Search | None  # None: there is no database
    turnstile: Turnstile
    guard: Guard | None  # of connections; None leaves them to aiohttp


WIRING: Final = web.AppKey("wiring", Wiring)
