"""A network cable to a server on this machine, which a test may pull: a TCP relay that goes silent without closing."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

PIECE_BYTES = 65_536


class Cable:
    """Bytes both ways while it is plugged in.

    Pulled, nothing goes through and nothing is closed: neither end learns of it, new connections hang. What was under
    way when it was pulled comes late or, if `loses`, never: these connections stay silent for ever, as behind a router
    that has forgotten them.

    Cut, what was connected is reset, and so is who tries again. Behind a proxy whose server is gone, who tries again is
    answered 502.
    """

    def __init__(self, port: int) -> None:
        self.url = ""
        self.connections = 0
        self._port = port
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._carried: set[asyncio.StreamWriter] = set()
        self._instead = ""  # of carrying a new connection: "reset", "502"
        self._epoch = 0  # of connections; those of an epoch before a losing cut are dead

    def pull(self) -> None:
        """Nothing goes through from now on."""
        self._plugged.clear()

    def plug(self, *, loses: bool) -> None:
        """New connections work again; old ones only if nothing was lost."""
        if loses:
            self._epoch += 1
        self._instead = ""
        self._plugged.set()

    def cut(self) -> None:
        """All connections are reset, new ones too, until it is plugged in."""
        self._instead = "reset"
        for writer in self._carried:
            _reset(writer)
        self._epoch += 1

    def answer_502(self) -> None:
        """As `cut`, but new connections get an answer: of a proxy that reaches nobody."""
        self.cut()
        self._instead = "502"

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        self.connections += 1
        if self._instead:
            return await self._turn_away(reader, writer)
        epoch = self._epoch
        self._carried.add(writer)
        try:
            await self._plugged.wait()
            await self._through(reader, writer, epoch)
        finally:
            self._carried.discard(writer)

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._instead == "reset":
            return _reset(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
            await writer.drain()
        writer.close()
        return None

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, epoch: int) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer, epoch))
                both.create_task(self._pump(far_reader, writer, epoch))
        finally:
            for one in (writer, far_writer):
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, epoch: int) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                await self._plugged.wait()
                if epoch != self._epoch:
                    await asyncio.Event().wait()  # until the test ends
                writer.write(piece)
                await writer.drain()
            await self._plugged.wait()
            if epoch == self._epoch:
                writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    plug: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it is closed already
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no goodbye
    writer.transport.abort()


@contextlib.asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[Cable]:
    """A cable to that server, plugged in."""
    cable = Cable(int(url.rpartition(":")[2]))
    carrying: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = group.create_task(cable.carry(reader, writer))
        carrying.add(task)
        task.add_done_callback(carrying.discard)

    async with asyncio.TaskGroup() as group:
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        cable.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield cable
        finally:
            server.close()
            for task in carrying:
                task.cancel()
