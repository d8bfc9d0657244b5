"""One worker's door: connections are accepted, their first line is looked at, and each goes to who serves it.

Caption streams go to any worker, dealt evenly (`deal`); the delivery probe's to the one that is tried. Everything else
is the head's: it alone has the sessions, the database and the audit. What goes is the connection itself, nothing of it
read, so the head sees the caller as it is: the very address, host name and headers that it would have seen without
workers, and decides as it always does.
"""

import asyncio
import logging
import re
import socket
from collections.abc import Callable
from typing import Final

from captiond.serve.accepting import NO_ROOM, PAUSE_S, Entrance
from captiond.workers.deal import Deal
from captiond.workers.desk import HEAD

log = logging.getLogger(__name__)

STREAM: Final = re.compile(rb"GET /v1/sessions/(?!probe-)[A-Za-z0-9._:%-]{1,384}/(?:ws|events)[? ]")
PROBE: Final = re.compile(rb"GET /v1/sessions/probe-([0-9]{1,2})-[0-9a-f]{32}/(?:ws|events)[? ]")  # says to whom
NONE_ELSE: Final = 0x80  # beside a worker's number: if that one does not serve, nobody does
PEEK_BYTES: Final = 512  # such a line is 404 bytes at most before its query
AT_ONCE: Final = 128  # connections accepted and looked at in one turn of the loop: ~3 ms
SILENT_S: Final = 1.0  # who says nothing for so long goes to the head: the rules for such callers are there
MAX_SILENT: Final = 1_024  # who have not said anything yet; beyond it they go to the head at once
PASS_AGAIN_S: Final = 0.01  # the other worker is busy
MAX_PASSES: Final = 500  # so many times: 5 s, then the caller is cut off

Hand = Callable[[int, socket.socket], bool]
"""Gives a connection to another worker, by its number (`NONE_ELSE` may be in it); False where that takes none now."""


class Door:
    """One worker's.

    Args:
        me: this worker's number.
        hand: see `Hand`.
        serve: makes the protocol of a connection that is served here.
        group: parent of the short tasks that a connection begins with.
    """

    def __init__(
        self, *, me: int, deal: Deal, hand: Hand, serve: Callable[[], asyncio.BaseProtocol], group: asyncio.TaskGroup
    ) -> None:
        self._me, self._deal, self._hand, self._entrance = me, deal, hand, Entrance(serve, group=group)
        self._loop = asyncio.get_running_loop()
        self._open: dict[socket.socket, None] = {}
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}

    def open(self, listener: socket.socket) -> None:
        """Accepts what comes to this socket, which listens already. Idempotent."""
        if listener not in self._open:
            self._open[listener] = None
            self._loop.add_reader(listener.fileno(), self._accept, listener)

    def close(self, listener: socket.socket) -> None:
        """Accepts no more from it; the socket stays as it is. Idempotent."""
        if listener in self._open:
            del self._open[listener]
            self._loop.remove_reader(listener.fileno())

    def shut(self) -> None:
        """Closes all, and lets go of who has not said anything."""
        for listener in list(self._open):
            self.close(listener)
        for connection in list(self._silent):
            self._look_no_more(connection)
            connection.close()
        self._entrance.close()

    def adopt(self, connection: socket.socket) -> None:
        """Serves it here, whatever it wants."""
        self._entrance.let_in(connection)

    # -- inside

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                if fault.errno not in NO_ROOM:
                    raise
                log.error("connections wait: %s", fault.strerror)
                self.close(listener)
                self._loop.call_later(PAUSE_S, self._reopen, listener)
                return
            connection.setblocking(False)
            self._look(connection)

    def _reopen(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            self.open(listener)

    def _look(self, connection: socket.socket) -> None:
        """Looks at what it says first, and waits for that where it is silent yet."""
        try:
            line = connection.recv(PEEK_BYTES, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            if len(self._silent) >= MAX_SILENT:
                self._pass(connection, HEAD)
            elif connection not in self._silent:
                self._loop.add_reader(connection.fileno(), self._said, connection)
                self._silent[connection] = self._loop.call_later(SILENT_S, self._gave_up, connection)
            return
        except OSError:
            connection.close()
            return
        if not line:
            connection.close()
        elif probe := PROBE.match(line):
            self._try(connection, int(probe[1]))
        elif STREAM.match(line):
            self._pass(connection, self._deal.next())
        else:
            self._pass(connection, HEAD)

    def _said(self, connection: socket.socket) -> None:
        self._look_no_more(connection)
        self._look(connection)

    def _gave_up(self, connection: socket.socket) -> None:
        self._look_no_more(connection)
        self._pass(connection, HEAD)

    def _look_no_more(self, connection: socket.socket) -> None:
        self._silent.pop(connection).cancel()
        self._loop.remove_reader(connection.fileno())

    def _try(self, connection: socket.socket, worker: int) -> None:
        """The probe's: served by that worker or by none."""
        if worker == self._me:
            self.adopt(connection)
        else:
            self._hand(worker | NONE_ELSE, connection)
            connection.close()

    def _pass(self, connection: socket.socket, to: int, tries: int = 0) -> None:
        if to == self._me:
            self.adopt(connection)
        elif self._hand(to, connection):
            connection.close()  # the other worker has its own now
        elif self._me == HEAD or to != HEAD:
            self.adopt(connection)
        elif tries < MAX_PASSES:
            self._loop.call_later(PASS_AGAIN_S, self._pass, connection, to, tries + 1)
        else:
            log.error("a connection could not be passed to the head")
            connection.close()


class Hatch:
    """One end of a pair of sockets over which two workers pass connections to one another.

    Args:
        take: told each connection that comes, and for which worker it is.
    """

    def __init__(self, sock: socket.socket, take: Callable[[int, socket.socket], None]) -> None:
        self._sock, self._take = sock, take
        sock.setblocking(False)
        asyncio.get_running_loop().add_reader(sock.fileno(), self._come)

    def hand(self, to: int, connection: socket.socket) -> bool:
        """Passes one on for worker `to`. False where the other end takes none now. The caller closes its own."""
        if self._sock.fileno() < 0:
            return False
        try:
            socket.send_fds(self._sock, [bytes((to,))], [connection.fileno()])
        except OSError:  # full, or the other end is gone
            return False
        return True

    def close(self) -> None:
        """No more. Idempotent."""
        if self._sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()

    def _come(self) -> None:
        for _ in range(AT_ONCE):
            try:
                said, descriptors, _, _ = socket.recv_fds(self._sock, 1, 1, socket.MSG_CMSG_CLOEXEC)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                said, descriptors = b"", []
            if not said:
                self.close()
                return
            for descriptor in descriptors:
                connection = socket.socket(fileno=descriptor)
                connection.setblocking(False)
                self._take(said[0], connection)
