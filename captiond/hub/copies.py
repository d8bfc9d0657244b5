"""What goes from the process that owns a session to those that only serve its viewers.

A copy of the stream as it is, once; then each message as it was encoded, in order. Positions and epochs are the same
everywhere, so a viewer resumes at whichever process answers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Epoch, Index, SessionId
from captiond.core.board import Contents
from captiond.core.messages import SessionState
from captiond.hub.wire import Wire


@dataclass(frozen=True, slots=True)
class Copy:
    """One session's stream: what `hub.mirror.Mirror` begins with.

    Attributes:
        top_for_finals: the last index that viewers of finals only get.
        top: the last index of all.
        tail: wires and when each was put in (monotonic, of this machine), oldest first; the last one's index is `top`.
    """

    session: SessionId
    epoch: Epoch
    language: str
    created_at: str
    state: SessionState
    reason: str | None
    top_for_finals: Index
    top: Index
    tail: Sequence[tuple[Wire, float]]
    board: Contents[Wire]


class Copied(Protocol):
    """A stream that can be copied; `hub.stream.Stream` is one."""

    session: SessionId
    state: SessionState
    reason: str | None
    elsewhere: int

    def copy(self) -> Copy: ...


class Following(Protocol):
    """Told of every stream of `hub.rooms.Rooms`, in order. Must neither wait nor raise."""

    def opened(self, stream: Copied) -> None:
        """A new one; it may hold messages already."""
        ...

    def put(self, stream: Copied, wire: Wire) -> None:
        """One message more, before our own viewers get it."""
        ...

    def over(self, stream: Copied) -> None:
        """Nothing more comes: viewers get `bye` 4510 once they have all."""
        ...

    def farewell(self, stream: Copied, code: CloseCode) -> None:
        """All its viewers are dismissed at once."""
        ...

    def forgotten(self, stream: Copied, trace: bool) -> None:
        """It is gone. `trace`: others may know that it was here (410)."""
        ...
