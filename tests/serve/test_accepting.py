"""Connections off the kernel's queue, so many in one turn of the loop."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator

import pytest

from captiond.listening import listen
from captiond.serve import accepting
from captiond.serve.accepting import Acceptor
from tests.harness import eventually


class Echo(asyncio.Protocol):
    """Sends back what comes; counts who came in which turn."""

    def __init__(self, made: list["Echo"]) -> None:
        self._made = made
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._made.append(self)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@contextlib.asynccontextmanager
async def accepted(listener: socket.socket, made: list[Echo]) -> AsyncIterator[Acceptor]:
    async with asyncio.TaskGroup() as group:
        acceptor = Acceptor(listener, lambda: Echo(made), group=group)
        acceptor.open(backlog=4096)
        try:
            yield acceptor
        finally:
            acceptor.close()
            for echo in made:
                echo.transport.abort()


def call(listener: socket.socket) -> socket.socket:
    """A connection, made without the loop's help: it waits in the kernel's queue."""
    return socket.create_connection(listener.getsockname(), timeout=5)


async def test_a_burst_is_begun_bit_by_bit_and_everybody_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "TAKEN_PER_TURN", 50)
    monkeypatch.setattr(accepting, "BEGUN_PER_TURN", 7)
    made: list[Echo] = []
    async with accepted(listen("127.0.0.1", 0), made) as acceptor:
        callers = [call(acceptor._listener) for _ in range(200)]
        most, before = 0, 0
        while len(made) < 200:
            await asyncio.sleep(0)
            most, before = max(most, len(made) - before), len(made)
        assert most <= 14  # a turn of ours may see two of the loop's
        loop = asyncio.get_running_loop()
        for number, caller in enumerate(callers):
            caller.setblocking(False)
            await loop.sock_sendall(caller, str(number).encode())
            assert await asyncio.wait_for(loop.sock_recv(caller, 100), 5) == str(number).encode()
            caller.close()


async def test_out_of_files_it_waits_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits in the kernel's queue meanwhile is not lost, and the loop does not spin."""
    monkeypatch.setattr(accepting, "PAUSE_S", 0.05)

    class Full:
        """A listener that has no files left, the first few times."""

        def __init__(self, listener: socket.socket) -> None:
            self._listener, self.asked = listener, 0

        def accept(self) -> tuple[socket.socket, object]:
            self.asked += 1
            if self.asked <= 3:
                raise OSError(errno.EMFILE, "Too many open files")
            return self._listener.accept()

        def __getattr__(self, name: str) -> object:
            return getattr(self._listener, name)

    made: list[Echo] = []
    listener = listen("127.0.0.1", 0)
    full = Full(listener)
    async with accepted(full, made):  # type: ignore[arg-type]
        with call(listener):
            await eventually(lambda: len(made) == 1)
    assert caplog.text.count("connections wait: Too many open files") == 3
    assert full.asked <= 6


async def test_closed_it_accepts_nobody_and_lets_go_of_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "BEGUN_PER_TURN", 0)
    made: list[Echo] = []
    async with accepted(listen("127.0.0.1", 0), made) as acceptor:
        address = acceptor._listener.getsockname()
        waiting = call(acceptor._listener)
        await eventually(lambda: len(acceptor._entrance._accepted) == 1)
        acceptor.close()
        acceptor.close()
        waiting.setblocking(False)
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(waiting, 1), 5) == b""
        waiting.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
    assert made == []
