"""The door: what goes where, by its first line alone; nothing of it is read, nobody waits, nobody is lost."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from captiond.workers import door as door_module
from captiond.workers.deal import Deal
from captiond.workers.desk import HEAD
from captiond.workers.door import Door, Hatch
from tests.harness import eventually

RELAY = 2


class Echo(asyncio.Protocol):
    """Stands for the server: keeps what it was sent."""

    def __init__(self, lobby: "Lobby") -> None:
        self._lobby = lobby

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._lobby.served.append(b"")

    def data_received(self, data: bytes) -> None:
        self._lobby.served[-1] += data


@dataclass
class Lobby:
    """One worker's door with everything around it."""

    me: int
    listener: socket.socket
    served: list[bytes] = field(default_factory=list)
    handed: list[tuple[int, bytes]] = field(default_factory=list)
    refuses: int = 0
    clients: list[socket.socket] = field(default_factory=list)

    def hand(self, to: int, connection: socket.socket) -> bool:
        if self.refuses:
            self.refuses -= 1
            return False
        try:
            unread = connection.recv(4096)
        except BlockingIOError:
            unread = b""
        self.handed.append((to, unread))
        return True

    def call(self, said: bytes = b"") -> socket.socket:
        client = socket.create_connection(self.listener.getsockname())
        client.settimeout(5)
        self.clients.append(client)
        if said:
            client.sendall(said)
        return client


@contextlib.asynccontextmanager
async def lobby(me: int, *, deal: Deal | None = None) -> AsyncIterator[Lobby]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        room = Lobby(me, listener)
        async with asyncio.TaskGroup() as group:
            door = Door(me=me, deal=deal or Deal(me), hand=room.hand, serve=lambda: Echo(room), group=group)
            door.open(listener)
            try:
                yield room
            finally:
                for client in room.clients:
                    client.close()
                door.shut()


STREAMS = [
    b"GET /v1/sessions/s1/ws HTTP/1.1\r\n",
    b"GET /v1/sessions/s1/events?token=x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /v1/sessions/a:b.c-%3A_9/events HTTP/1.1\r\n",
]
OTHERS = [
    b"GET / HTTP/1.1\r\n",
    b"POST /v1/sessions HTTP/1.1\r\n",
    b"POST /v1/sessions/s1/events HTTP/1.1\r\n",  # pushed events, not a stream
    b"HEAD /v1/sessions/s1/events HTTP/1.1\r\n",
    b"OPTIONS /v1/sessions/s1/events HTTP/1.1\r\n",
    b"GET /v1/sessions/s1/events/ HTTP/1.1\r\n",
    b"GET /v1/sessions/s1/transcript.json HTTP/1.1\r\n",
    b"GET /v1/sessions/s1/audit HTTP/1.1\r\n",
    b"GET http://x/v1/sessions/s1/events HTTP/1.1\r\n",
    b"GET /v1/sess",  # who dribbles
    b"\x16\x03\x01",
]


@pytest.mark.parametrize("said", STREAMS)
async def test_a_stream_is_served_where_the_deal_says_with_all_that_it_said(said: bytes) -> None:
    deal = Deal(RELAY)
    deal.told({HEAD: 5, RELAY: 0})
    async with lobby(RELAY, deal=deal) as here:
        here.call(said)
        await eventually(lambda: here.served == [said])
        assert here.handed == []
        deal.told({HEAD: 0, RELAY: 50})
        here.call(said)
        await eventually(lambda: here.handed == [(HEAD, said)])


@pytest.mark.parametrize("said", OTHERS)
async def test_everything_else_is_the_heads(said: bytes) -> None:
    async with lobby(RELAY) as here:
        here.call(said)
        await eventually(lambda: here.handed == [(HEAD, said)])
        assert here.served == []
    async with lobby(HEAD) as head:
        head.call(said)
        await eventually(lambda: head.served == [said])


async def test_a_delivery_probe_goes_to_the_worker_that_it_tries() -> None:
    said = b"GET /v1/sessions/probe-2-" + b"0" * 32 + b"/events HTTP/1.1\r\n"
    none_else = [(RELAY | door_module.NONE_ELSE, said)]
    for me, served, handed in ((HEAD, [], none_else), (RELAY, [said], []), (3, [], none_else)):
        async with lobby(me) as here:
            here.call(said)
            await eventually(lambda h=here, s=served, t=handed: (h.served, h.handed) == (s, t))  # type: ignore[misc]
    async with lobby(HEAD) as head:  # a relay that does not serve is not tried, and nobody answers in its place
        head.refuses = 1
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(head.call(said).recv, 1)
        assert (head.served, head.handed) == ([], [])


async def test_who_says_nothing_goes_to_the_head_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "SILENT_S", 0.05)
    async with lobby(RELAY) as here:
        client = here.call()
        late = here.call()
        await asyncio.sleep(0)
        late.sendall(STREAMS[0])
        await eventually(lambda: here.served == [STREAMS[0]] and here.handed == [(HEAD, b"")])
        assert client.recv(1) == b""  # the connection was handed on, and this end of the test closed it


async def test_those_who_say_nothing_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "MAX_SILENT", 3)
    async with lobby(RELAY) as here:
        for _ in range(5):
            here.call()
        await eventually(lambda: here.handed == [(HEAD, b"")] * 2)


async def test_a_head_that_is_busy_is_asked_again_and_a_stream_is_served_here_instead() -> None:
    deal = Deal(RELAY)
    deal.told({HEAD: 0, RELAY: 50})
    async with lobby(RELAY, deal=deal) as here:
        here.refuses = 3
        here.call(OTHERS[0])
        await eventually(lambda: here.handed == [(HEAD, OTHERS[0])])
    async with lobby(HEAD, deal=Deal(HEAD)) as head:
        head.refuses = 1
        head.call(STREAMS[0])
        await eventually(lambda: head.served == [STREAMS[0]])


async def test_who_leaves_at_once_leaves_nothing_behind() -> None:
    async with lobby(RELAY) as here:
        here.call().close()
        here.call(STREAMS[0])
        await eventually(lambda: here.served == [STREAMS[0]])
        assert here.handed == []


async def test_when_files_run_out_accepting_waits_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door_module, "PAUSE_S", 0.05)
    accept, failing = socket.socket.accept, [True]

    def full(listener: socket.socket) -> object:
        if failing.pop() if failing else False:
            raise OSError(24, "Too many open files")
        return accept(listener)

    async with lobby(RELAY) as here:
        monkeypatch.setattr(socket.socket, "accept", full)
        here.call(STREAMS[0])
        await eventually(lambda: here.served == [STREAMS[0]])
    assert "connections wait: Too many open files" in caplog.text


async def test_connections_go_through_a_hatch_whole_and_both_ways() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    came: list[tuple[str, int, bytes]] = []

    def take(side: str, to: int, connection: socket.socket) -> None:
        came.append((side, to, connection.recv(100)))
        connection.close()

    one = Hatch(ours, lambda to, connection: take("one", to, connection))
    other = Hatch(theirs, lambda to, connection: take("other", to, connection))
    pairs = [socket.socketpair() for _ in range(2)]
    for number, (near, far) in enumerate(pairs):
        near.sendall(b"hello %d" % number)
        assert (one if number else other).hand(number + 7, far)
        far.close()
    await eventually(lambda: len(came) == 2)
    assert sorted(came) == [("one", 7, b"hello 0"), ("other", 8, b"hello 1")]
    one.close()
    with socket.socket() as some:
        await eventually(lambda: not other.hand(1, some))
    assert not one.hand(1, pairs[0][0])
    other.close()
    for near, _ in pairs:
        near.close()
