"""The head's side of captions: every stream to every relay, as it was encoded, one write for a turn of the loop.

Nothing here waits for a relay: what one does not take is bounded by its link, which ends where it is too much. The
relay that comes after it gets copies of the streams as they are then.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from captiond.base.close_codes import CloseCode
from captiond.base.ids import SessionId
from captiond.base.inside import Inside, remains, sealed
from captiond.hub.contained import contained
from captiond.hub.copies import Copied
from captiond.hub.wire import Defer, Wire
from captiond.workers.copying import pack
from captiond.workers.frames import Kind, batch, entry
from captiond.workers.link import Link

log = logging.getLogger(__name__)

BATCH_BYTES: Final = 65_536  # goes at once: as much as one viewer gets in one piece
GONE_AT_ONCE: Final = 1_000  # ids in one order, ~100 kB


class Line:
    """One relay, as far as it knows the streams.

    Attributes:
        known: numbers of the streams it has a copy of.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.known: set[int] = set()
        self.waiting: list[bytes] = []  # of this turn of the loop
        self.waiting_bytes = 0


class Feed:
    """Implements `hub.copies.Following` for any number of relays.

    Args:
        defer: calls back when this turn of the loop is over.
        monotonic_s: stamps batches.
    """

    def __init__(self, *, defer: Defer, monotonic_s: Callable[[], float]) -> None:
        self._defer, self._monotonic_s = defer, monotonic_s
        self._numbers: dict[Copied, int] = {}
        self._next = 1
        self._lines: list[Line] = []
        self._gone: dict[SessionId, None] = {}
        self._deferred = False
        self._put_s = 0.0

    # -- relays

    async def fill(self, line: Line) -> None:
        """Brings a new relay up to date: returns when it knows all streams, or its link is over.

        One stream at a time, when the link has room. Streams that it knows are fed meanwhile; a new one is copied to it
        at once.
        """
        self._lines.append(line)
        gone = iter(list(self._gone))
        while some := list(islice(gone, GONE_AT_ONCE)):
            line.link.tell("gone", sessions=some)
        for stream in list(self._numbers):
            await line.link.drained()
            await asyncio.sleep(0)  # captions of others go on meanwhile
            if line.link.ended:
                return
            self._copy(line, stream)

    def remove(self, line: Line) -> None:
        """Its link is over."""
        if line in self._lines:
            self._lines.remove(line)

    # -- hub.copies.Following

    @contained
    def opened(self, stream: Copied) -> None:
        """A new stream: copied to those that are up to date; the others come to it by themselves."""
        self._numbers[stream] = self._next
        self._next += 1
        self._gone.pop(stream.session, None)
        for line in self._lines:
            self._copy(line, stream)

    @contained
    def put(self, stream: Copied, wire: Wire) -> None:
        """Goes out with all else of this turn."""
        number = self._numbers.get(stream)
        if number is None or not self._lines:
            return
        packed = entry(number, wire.json)
        if not self._deferred:
            self._deferred, self._put_s = True, self._monotonic_s()
            self._defer(self._turned)
        for line in self._lines:
            if number in line.known:
                line.waiting.append(packed)
                line.waiting_bytes += len(packed)
                if line.waiting_bytes >= BATCH_BYTES:
                    self._flush((line,))

    @contained
    def over(self, stream: Copied) -> None:
        """Nothing more comes."""
        self._tell(stream, "over", state=stream.state.value, reason=stream.reason)

    @contained
    def farewell(self, stream: Copied, code: CloseCode) -> None:
        """Everybody is dismissed; where the session is forgotten or the node drains, that order says it."""
        if code not in (CloseCode.SESSION_ENDED, CloseCode.DRAINING):
            self._tell(stream, "dismiss", code=int(code))

    @contained
    def forgotten(self, stream: Copied, trace: bool) -> None:
        """It is gone."""
        self._tell(stream, "forget", trace=trace)
        number = self._numbers.pop(stream, None)
        for line in self._lines:
            line.known.discard(number or 0)
        if trace:
            self._gone[stream.session] = None
            while len(self._gone) > MAX_GONE:
                del self._gone[next(iter(self._gone))]

    # -- inside

    def _copy(self, line: Line, stream: Copied) -> None:
        number = self._numbers.get(stream)
        if number is not None and number not in line.known:
            line.known.add(number)
            line.link.send(Kind.COPY, pack(number, stream.copy()))

    def _tell(self, stream: Copied, do: str, **members: object) -> None:
        number = self._numbers.get(stream)
        for line in self._lines:
            if number in line.known:
                self._flush((line,))
                line.link.tell(do, number=number, **members)

    def _turned(self) -> None:
        """Called by the event loop: its faults end here."""
        self._deferred = False
        try:
            sealed(self._flush)(self._lines)
        except Inside as fault:
            log.error("captions did not go to other workers", exc_info=remains(fault))
            for line in self._lines:  # they would have a hole: new ones begin with copies
                line.link.abort()

    def _flush(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.waiting:
                waiting, line.waiting, line.waiting_bytes = line.waiting, [], 0
                line.link.send(Kind.BATCH, batch(self._put_s, waiting))


MAX_GONE: Final = 10_000  # as in `hub.rooms`
