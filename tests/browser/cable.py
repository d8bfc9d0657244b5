"""A network cable to a server on this machine, which a test may pull: a TCP relay that goes silent without closing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

PIECE_BYTES = 65_536


class Cable:
    """Bytes both ways while it is plugged in.

    Pulled, nothing goes through and nothing is closed: neither end learns of it, new connections hang. What was under
    way when it was pulled comes late or, if `loses`, never: these connections stay silent for ever, as behind a router
    that has forgotten them.
    """

    def __init__(self, port: int) -> None:
        self.url = ""
        self.connections = 0
        self._port = port
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._epoch = 0  # of connections; those of an epoch before a losing cut are dead

    def pull(self) -> None:
        """Nothing goes through from now on."""
        self._plugged.clear()

    def plug(self, *, loses: bool) -> None:
        """New connections work again; old ones only if nothing was lost."""
        if loses:
            self._epoch += 1
        self._plugged.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        self.connections += 1
        epoch = self._epoch
        await self._plugged.wait()
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
