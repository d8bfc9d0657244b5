"""T19, connections that are no viewers: hostile clients over real sockets, on a clock that is turned by hand."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from captiond.serve import guard as guard_module
from captiond.serve.addresses import Addresses
from captiond.serve.guard import GuardLimits
from captiond.serve.seats import SeatLimits, Seats
from tests.serve.serving import RawAnswer, Served, raw, serving, until

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def guarded(limits: GuardLimits | None = None, **more: object) -> AsyncIterator[Served]:
    async with serving(guarded=limits or GuardLimits(), **more) as served:  # type: ignore[arg-type]
        yield served


async def knock(served: Served, said: bytes = b"", *, source: str = "127.0.0.1") -> Connection:
    """A connection that has said so much."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, local_addr=(source, 0))
    writer.write(said)
    served.answers.append(RawAnswer(0, {}, reader, writer))  # to be cut at the end
    return reader, writer


def open_ones(served: Served) -> int:
    assert served.guard is not None
    return served.guard.connections


async def is_cut(connection: Connection) -> bool:
    """Whether the server ends it without a word."""
    reader, writer = connection
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


async def answers(connection: Connection) -> bool:
    """Whether the server still answers there."""
    reader, writer = connection
    writer.write(HEAD + b"\r\n")
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b'{"status":"ok"}'))
        return head.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "said",
    [b"", b"G", b"GET /healthz HTTP/1.1", HEAD, HEAD + b"X-Slow: a"],
    ids=["silent", "half a method", "half a line", "half a head", "half a header"],
)
async def test_who_does_not_finish_a_head_is_cut(said: bytes) -> None:
    async with guarded() as served:
        slow, quick = await knock(served, said), await knock(served, said)
        await until(lambda: open_ones(served) == 2)
        served.pass_time(9.9)
        if said.startswith(b"GET /healthz HTTP/1.1\r\n"):
            quick[1].write(b"\r\n" if said.endswith(b"\n") else b"\r\n\r\n")
            assert (await quick[0].readuntil(b'{"status":"ok"}')).startswith(b"HTTP/1.1 200")
        served.pass_time(0.2)
        assert await is_cut(slow)
        if said.startswith(b"GET /healthz HTTP/1.1\r\n"):
            assert await answers(quick)
            assert served.meter.of["connections_cut_total", "head"] == 1
        else:
            assert served.meter.of["connections_cut_total", "head"] == 2
        quick[1].close()
        await until(lambda: open_ones(served) == 0)


async def test_a_head_that_trickles_gains_no_time() -> None:
    async with guarded() as served:
        reader, writer = await knock(served)
        for byte in HEAD:
            writer.write(bytes([byte]))
            await writer.drain()
            served.pass_time(0.3)
            if served.meter.of["connections_cut_total", "head"]:
                break
        assert served.clock.passed_s < 11
        assert await is_cut((reader, writer))


async def test_a_head_of_megabytes_is_cut_before_it_is_kept() -> None:
    """128 headers of 8 kB are fine with aiohttp: a megabyte for each connection, before anybody is asked who it is."""
    async with guarded() as served:
        connection = await knock(served, HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8000) for n in range(5)))
        assert await is_cut(connection)
        assert served.meter.of["connections_cut_total", "head_bytes"] == 1
        cut_up = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 4000) for n in range(8)) + b"X-Last: " + b"x" * 800
        reader, writer = await knock(served)  # 33 kB, however they are cut, with an end that comes too late
        for start in range(0, len(cut_up), 701):
            writer.write((HEAD if not start else b"") + cut_up[start : start + 701])
            await asyncio.sleep(0)
        writer.write(b"\r\n\r\n")
        assert await is_cut((reader, writer))
        assert served.meter.of["connections_cut_total", "head_bytes"] == 2
        large = await raw(served, "/healthz", *(f"X-{n}: {'x' * 8000}" for n in range(3)))
        assert large.status == 200


async def test_whoever_has_asked_may_rest_and_ask_again() -> None:
    async with guarded() as served:
        connection = await knock(served)
        for _ in range(3):
            assert await answers(connection)
            served.pass_time(61)
        assert await answers(connection)
        connection[1].close()


async def test_what_comes_after_the_first_head_is_not_counted_as_one() -> None:
    async with guarded() as served:
        reader, writer = await knock(served)
        for _ in range(3):
            body = b" " * 40_000
            writer.write(b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n" + body)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 422")
            assert served.runner.server is not None
            [handler] = served.runner.server.connections
            assert handler.transport is not None
            assert handler.transport.get_protocol() is handler  # nothing stands between any more
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))


async def test_who_asked_for_a_stream_and_got_none_is_looked_after_again() -> None:
    async with guarded() as served:
        served.open()
        reader, writer = await knock(served)
        writer.write(b"HEAD /v1/sessions/s1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert served.guard is not None
        assert not served.guard._visits
        assert await answers((reader, writer))
        assert len(served.guard._visits) == 1
        writer.close()
        await until(lambda: open_ones(served) == 0)
        assert not served.guard._visits


async def test_who_is_quiet_gives_way_and_viewers_do_not() -> None:
    async with guarded(GuardLimits(max_connections=4)) as served:
        served.open()
        viewer = await raw(served, "/v1/sessions/s1/events")
        resting = await knock(served)
        assert await answers(resting)
        silent = [await knock(served), await knock(served)]
        await until(lambda: open_ones(served) == 4)
        late = await knock(served)
        assert await is_cut(late)  # each was heard of within this second: nobody gives way
        assert served.meter.of["connections_cut_total", "node"] == 1
        served.pass_time(2)
        for quietest in (silent[0], silent[1], resting):
            assert await answers(await knock(served))
            assert await is_cut(quietest)
        assert served.meter.of["connections_cut_total", "room"] == 3
        served.say("hello", final=True)
        while (await viewer.message())["type"] != "caption":
            pass


@pytest.mark.parametrize(("trusted", "cut"), [((), True), (("127.0.0.1",), False)])
async def test_one_address_has_not_all_connections(
    monkeypatch: pytest.MonkeyPatch, trusted: tuple[str, ...], cut: bool
) -> None:
    """A proxy of ours stands for many; whom it speaks for is counted when they ask."""
    monkeypatch.setattr(guard_module, "SPARE_PER_ADDRESS", 1)
    seats = Seats(SeatLimits(per_address=2))
    async with guarded(seats=seats, addresses=Addresses(trusted)) as served:
        mine = [await knock(served) for _ in range(3)]
        await until(lambda: open_ones(served) == 3)
        fourth = await knock(served)
        assert await (is_cut(fourth) if cut else answers(fourth))
        assert served.meter.of["connections_cut_total", "address"] == int(cut)
        assert await answers(await knock(served, source="127.0.0.2"))
        mine[0][1].close()
        await until(lambda: open_ones(served) <= 3 + (not cut))
        assert await answers(await knock(served))


async def test_an_answer_that_nobody_takes_is_thrown_away() -> None:
    """Its peer keeps the connection alive and reads nothing: aiohttp would wait with it for ever."""
    async with guarded() as served:
        here = socket.socket()
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        here.setblocking(False)
        await asyncio.get_running_loop().sock_connect(here, ("127.0.0.1", served.port))
        ask = b"GET /static/live-captions.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        await asyncio.get_running_loop().sock_sendall(here, ask * 300)
        assert served.guard is not None
        visits = served.guard._visits
        await until(lambda: any(visit.transport.get_write_buffer_size() > 0 for visit in visits.values()))
        served.pass_time(59)
        assert open_ones(served) == 1
        served.pass_time(2)
        await until(lambda: open_ones(served) == 0)
        assert served.meter.of["connections_cut_total", "answer"] == 1
        here.close()


async def test_a_viewer_that_reads_nothing_is_the_hubs_to_judge() -> None:
    async with guarded() as served:
        live = served.open()
        viewer = await raw(served, "/v1/sessions/s1/events")
        viewer.reader._transport.pause_reading()  # type: ignore[attr-defined]
        while not live._audience.behind:
            served.say("x" * 400, final=True)
            await asyncio.sleep(0)
        assert served.guard is not None
        served.clock.passed_s += 61
        served.guard.tick()
        assert live.viewers == 1
        assert not served.meter.of["connections_cut_total", "answer"]


async def test_who_is_refused_leaves_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Else whoever connects often enough fills the disk."""
    async with guarded(GuardLimits(max_connections=1)) as served:
        first = await knock(served)
        await until(lambda: open_ones(served) == 1)
        for _ in range(20):
            assert await is_cut(await knock(served))
        served.pass_time(11)
        assert await is_cut(first)
        await until(lambda: open_ones(served) == 0)
        gc.collect()
        await asyncio.sleep(0)
        assert served.meter.of["connections_cut_total", "node"] == 20
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_two_thousand_silent_connections_cost_nobody_his_captions() -> None:
    async with guarded(GuardLimits(max_connections=1_500)) as served:
        served.open()
        viewer = await raw(served, "/v1/sessions/s1/events")
        silent = []
        for _ in range(2_000):
            silent.append(await knock(served))
            served.clock.passed_s += 0.001
        assert open_ones(served) <= 1_501
        served.say("hello", final=True)
        while (await viewer.message())["type"] != "caption":
            pass
        served.pass_time(2)
        assert (await raw(served, "/v1/sessions/s1/events")).status == 200
        served.pass_time(10)
        served.pass_time(0.25)  # a thousand at a time: captions come between
        await until(lambda: open_ones(served) == 2)
        for _, writer in silent:
            writer.transport.abort()
