"""What the hub needs of floor 4, as protocols: bytes made once per message, and one way out per viewer.

`serve.encode` implements `Encode` and `Wire`; `serve.websocket` and `serve.sse` implement `Outlet`. The daemon hands
them over, so nobody imports upwards and a caption becomes bytes once for all viewers.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Epoch, Index, SessionId
from captiond.core.messages import Message, SessionState


class Wire(Protocol):
    """One message as bytes, made once and shared by every viewer; never changed afterwards."""

    @property
    def json(self) -> bytes:
        """The JSON object alone, on one line. Snapshots are spliced from these, so `sentAt` never changes."""
        ...

    @property
    def ws(self) -> bytes:
        """A whole server frame (header and JSON), ready for the transport."""
        ...

    @property
    def sse(self) -> bytes:
        """A whole event (`event:`, `data:`, `id:` where there is one, empty line), ready for the transport."""
        ...

    @property
    def index(self) -> int | None:
        """The message's index; None for welcome, snapshot, ping, notice and bye."""
        ...

    @property
    def size(self) -> int:
        """Bytes it takes on a transport, the larger of `ws` and `sse`: what budgets count."""
        ...


class Encode(Protocol):
    """Messages to bytes (contract, section 5). Pure; wall-clock times are arguments, in seconds since 1970."""

    def welcome(
        self,
        *,
        session: SessionId,
        position: str,
        recovered: bool,
        state: SessionState,
        language: str,
        started_at: str,
        ping_s: int,
        now_s: float,
    ) -> Wire:
        """The first message. `position` is the one resumed from where `recovered`, else the snapshot's.

        `started_at`: ISO 8601 UTC, when the session was asked for; transcripts count from it.
        """
        ...

    def snapshot(self, *, position: str, captions: Sequence[Wire], gaps: Sequence[Wire], earlier_finals: int) -> Wire:
        """Replaces the screen. `captions` and `gaps` are wires that `message` made: their `json` is spliced in."""
        ...

    def message(self, message: Message, *, epoch: Epoch, index: Index, sent_s: float) -> Wire:
        """One message with an index; `sent_s` goes out as `sentAt` where the type has it."""
        ...

    def ping(self, *, position: str, now_s: float, answer: bool = False) -> Wire:
        """Shows a viewer the newest position it should have. `answer`: it asked for it."""
        ...

    def notice(self, *, code: str, skipped: int) -> Wire:
        """`conflating` or `caught-up`; `skipped` counts partials left out since the last notice."""
        ...

    def bye(self, *, code: CloseCode, retry_ms: int | None) -> Wire:
        """The last message. Reason and `resume` come from the table; `retry_ms` is None where none may return."""
        ...


class Outlet(Protocol):
    """One viewer's way out: a WebSocket or an event stream that is open already. Nothing here waits or raises.

    Flow control is asyncio's: `write` answers False from the moment the transport holds more than its
    high-water mark; when it has drained to its low-water mark (0 is fine) the callback of `on_writable` is called,
    once for each time. What is written while paused is still taken and kept in order, but the hub writes only a
    `bye` then. A closed or dead outlet swallows writes and answers True; its owner calls `Live.leave`.
    """

    @property
    def transport(self) -> str:
        """Label of metrics: "ws" or "sse"."""
        ...

    def write(self, wires: Sequence[Wire]) -> bool:
        """Hands several wires to the transport in one write. True while more may follow at once."""
        ...

    def backlog(self) -> int:
        """Bytes that were written and that the kernel has not taken."""
        ...

    def on_writable(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the backlog has drained after a False. Called by `Live.join`, once."""
        ...

    def on_full(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the transport holds more than its high-water mark, whoever wrote: also a pong or a
        comment, of which the hub knows nothing, and behind which nothing may be sent below the transport."""
        ...

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Sets what to call when the connection is gone, before its file descriptor can be another's. Called once."""
        ...

    def close(self, code: CloseCode) -> None:
        """Closes after what was written (its `bye` too); aborts by itself if the peer takes nothing. Idempotent."""
        ...


class Crowd(Protocol):
    """Outlets of one transport that get the same bytes, at places 0 to n - 1."""

    def add(self, outlet: Outlet) -> None:
        """One more, at the next place."""
        ...

    def remove(self, place: int) -> None:
        """One less: the last one moves to its place. So nobody's coming or going costs the length of the crowd."""
        ...

    def send(self, wires: Sequence[Wire]) -> Sequence[int]:
        """Hands wires to each outlet, all in one write each: the hot path.

        Returns:
            The places, as they were before, of those that take no more for now. Never raises.
        """
        ...


Gather = Callable[[], Crowd]
"""Makes an empty crowd."""

Defer = Callable[[Callable[[], None]], object]
"""Has something called when this turn of the event loop is over: asyncio's `call_soon`."""
