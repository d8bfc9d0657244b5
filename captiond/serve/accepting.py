"""Accepting connections: quickly off the kernel's queue, then so many in one turn of the loop to the server.

The event loops' own servers hand on all that wait at once: of a storm's thousands each costs a tenth of a millisecond,
so that nothing else happens for half a second. A queue of the kernel's that is not emptied, on the other hand,
overflows, and who is dropped there asks again after a second, three, seven.
"""

import asyncio
import errno
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

TAKEN_PER_TURN: Final = 128  # off the kernel's queue: ~1 ms
BEGUN_PER_TURN: Final = 16  # handed to the server: ~2 ms
PAUSE_S: Final = 0.25  # out of file descriptors: accepting waits, as the loops' own servers do
NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Entrance:
    """Hands accepted connections to the server, so many in one turn of the loop.

    Args:
        serve: makes the protocol of one connection.
        group: parent of the short task that each connection begins with.
    """

    def __init__(self, serve: Callable[[], asyncio.BaseProtocol], *, group: asyncio.TaskGroup) -> None:
        self._serve, self._group = serve, group
        self._loop = asyncio.get_running_loop()
        self._accepted: deque[socket.socket] = deque()
        self._turning = False

    def let_in(self, connection: socket.socket) -> None:
        """One more, behind those that wait."""
        self._accepted.append(connection)
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def close(self) -> None:
        """Who has not been handed on is let go."""
        while self._accepted:
            self._accepted.popleft().close()

    def _turn(self) -> None:
        for _ in range(min(BEGUN_PER_TURN, len(self._accepted))):
            self._group.create_task(self._begin(self._accepted.popleft()), name="connection")
        self._turning = bool(self._accepted)
        if self._turning:
            self._loop.call_soon(self._turn)

    async def _begin(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._serve, connection)
        except OSError:
            connection.close()  # it is gone already


class Acceptor:
    """Accepts from one listening socket.

    Args:
        serve: makes the protocol of one connection.
        group: parent of the short task that each connection begins with.
    """

    def __init__(
        self, listener: socket.socket, serve: Callable[[], asyncio.BaseProtocol], *, group: asyncio.TaskGroup
    ) -> None:
        self._listener, self._entrance = listener, Entrance(serve, group=group)
        self._loop = asyncio.get_running_loop()
        self._open = False

    def open(self, *, backlog: int) -> None:
        """Accepts from now on. `backlog`: connections that the kernel keeps meanwhile."""
        self._listener.setblocking(False)
        self._listener.listen(backlog)
        self._watch()

    def close(self) -> None:
        """Accepts no more; the kernel refuses who comes, and who has not been handed on is let go. Idempotent."""
        self._unwatch()
        self._listener.close()
        self._entrance.close()

    def _watch(self) -> None:
        if not self._open and self._listener.fileno() >= 0:
            self._open = True
            self._loop.add_reader(self._listener.fileno(), self._take)

    def _unwatch(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listener.fileno())

    def _take(self) -> None:
        """The listener has some: called in each turn until it has none."""
        for _ in range(TAKEN_PER_TURN):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError as fault:
                if fault.errno not in NO_ROOM:
                    raise
                log.error("connections wait: %s", fault.strerror)
                self._unwatch()
                self._loop.call_later(PAUSE_S, self._watch)
                break
            connection.setblocking(False)
            self._entrance.let_in(connection)
