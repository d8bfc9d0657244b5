"""The C load client counts what really comes: cut anywhere, late, twice, not at all. Against a server of our own."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from captiond.bench.fanout_load import Loader, Times, Tools, compile_tools, loading

PING = b"\x89\x03abc"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    return compile_tools(tmp_path_factory.mktemp("tools"))


@dataclass
class Stage:
    """A server that does to its viewers what a test says.

    Attributes:
        cut: bytes of a piece; each is a write of its own, with a turn of the loop between.
        copies: how often the caption of a number is sent; 1 where nothing is said.
        pongs: what came back after the greeting.
    """

    websocket: bool
    cut: int = 1_000_000
    delay_s: float = 0.0
    refusals: int = 0
    copies: dict[int, int] = field(default_factory=dict)
    pongs: list[bytes] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    viewers: list[asyncio.StreamWriter] = field(default_factory=list)
    top: int = 40
    connections: int = 0

    def message(self, kind: str, json_: str) -> bytes:
        if not self.websocket:
            return f"event: {kind}\ndata: {json_}\n\n".encode()
        head = bytes((0x81, len(json_))) if len(json_) < 126 else b"\x81\x7e" + len(json_).to_bytes(2, "big")
        return head + json_.encode()

    def greeting(self) -> bytes:
        status = "101 Switching Protocols" if self.websocket else "200 OK"
        snapshot = f'{{"type":"snapshot","position":"abcdefgh.{self.top}","captions":[{{"type":"caption","index":3}}]}}'
        welcome = '{"type":"welcome","recovered":false}'
        return (
            f"HTTP/1.1 {status}\r\nX: y\r\n\r\n".encode()
            + self.message("welcome", welcome)
            + (PING if self.websocket else b":\n\n")
            + self.message("snapshot", snapshot)
        )

    async def send(self, viewer: asyncio.StreamWriter, data: bytes) -> None:
        for start in range(0, len(data), self.cut):
            viewer.write(data[start : start + self.cut])
            await viewer.drain()
            await asyncio.sleep(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.ended(self.welcome(reader, writer), writer)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.ended(self.publish(reader, writer), writer)

    async def ended(self, work: Coroutine[None, None, None], writer: asyncio.StreamWriter) -> None:
        """A connection, to its end: whatever ends it, it is closed, and counted as such."""
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError):
                await work
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self.connections -= 1

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.positions.append(request.split(b" ", 2)[1].decode())
        if self.refusals:
            self.refusals -= 1
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            return
        await self.send(writer, self.greeting())
        self.viewers.append(writer)
        try:
            while data := await reader.read(100):
                self.pongs.append(data)
        finally:
            self.viewers.remove(writer)

    async def publish(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await asyncio.sleep(self.delay_s)
            self.top += 1
            number = self.top - 41
            for viewer in list(self.viewers):
                for _ in range(self.copies.get(number, 1)):
                    await self.send(viewer, self.message("caption", line.decode().strip()))


@contextlib.asynccontextmanager
async def played(stage: Stage, tools: Tools, folder: Path) -> AsyncIterator[Loader]:
    texts, times = folder / "texts", Times(folder / "times")
    texts.write_text(',"text":"one"}\n,"text":"' + "two " * 40 + '"}\n')
    viewers = await asyncio.start_server(stage.serve, "127.0.0.1", 0)
    lines = await asyncio.start_server(stage.take, "127.0.0.1", 0)
    try:
        async with loading(
            tools,
            port=viewers.sockets[0].getsockname()[1],
            path="/there",
            transport="ws" if stage.websocket else "sse",
            captions=True,
            publisher=("lines", str(lines.sockets[0].getsockname()[1])),
            texts=texts,
            times=times.path,
            cores=os.sched_getaffinity(0),
        ) as loader:
            yield loader
    finally:
        viewers.close()
        lines.close()
        times.close()
        async with asyncio.timeout(10):
            while stage.connections:  # noqa: ASYNC110  (they end when the load client has gone)
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 64, 1_000_000])
@pytest.mark.parametrize("websocket", [True, False])
async def test_captions_are_counted_wherever_they_are_cut(
    websocket: bool, cut: int, tools: Tools, tmp_path: Path
) -> None:
    stage = Stage(websocket, cut)
    async with played(stage, tools, tmp_path) as loader:
        assert (await loader.connect(3))["ready"] == 3
        figures = await loader.closed(0.05)
    assert figures["delivered"] == figures["expected"] > 0
    assert (figures["repeated"], figures["skipped"], figures["odd"]) == (0, 0, 0)
    # The mask of a pong is four zeros: the payload stands there as it came.
    assert b"".join(stage.pongs) == (b"\x8a\x83\0\0\0\0abc" * 3 if websocket else b"")


@pytest.mark.parametrize("websocket", [True, False])
async def test_what_comes_twice_or_never_is_told(websocket: bool, tools: Tools, tmp_path: Path) -> None:
    stage = Stage(websocket, copies={1: 2, 3: 0})
    async with played(stage, tools, tmp_path) as loader:
        await loader.connect(2)
        figures = await loader.open(50, 0.1)
    assert figures["published"] == 5
    assert figures["expected"] == 10
    assert (figures["repeated"], figures["skipped"]) == (2, 2)
    assert figures["completed"] == 4


async def test_latency_counts_from_the_publication(tools: Tools, tmp_path: Path) -> None:
    stage = Stage(True, delay_s=0.03)
    async with played(stage, tools, tmp_path) as loader:
        await loader.connect(2)
        figures = await loader.open(10, 0.2)
    assert 30 <= figures["p50Ms"] <= figures["p99Ms"]
    assert figures["p99Ms"] <= figures["lastP99Ms"] * 1.01  # steps of 0.8 %
    assert figures["spreadP99Ms"] < figures["lastP99Ms"]


async def test_several_captions_of_one_read_are_counted_as_such(tools: Tools, tmp_path: Path) -> None:
    class Batching(Stage):
        async def publish(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                more = [line, *[await reader.readline() for _ in range(3)]]
                for viewer in list(self.viewers):
                    viewer.write(b"".join(self.message("caption", one.decode().strip()) for one in more))

    async with played(Batching(True), tools, tmp_path) as loader:
        await loader.connect(2)
        figures = await loader.closed(0.02, in_flight=4, burst=4)
    assert figures["captionsPerRecv"] == 4
    assert figures["delivered"] == figures["expected"] > 0


async def test_a_stalled_viewer_reads_nothing_and_a_throttled_one_little(tools: Tools, tmp_path: Path) -> None:
    stage = Stage(True)
    async with played(stage, tools, tmp_path) as loader:
        await loader.connect(1)
        await loader.connect(1, "stalled")
        await loader.connect(1, "throttled", bytes_per_s=600)
        figures = await loader.open(20, 1.0)
        assert figures["delivered"] == figures["expected"] == 20  # those of the one that reads
        assert 0 < figures["slowCaptions"] <= 15  # 600 B are some ten captions, and the stalled one has none
        assert (await loader.drop("stalled"))["dropped"] == 1
        async with asyncio.timeout(10):
            while len(stage.viewers) > 2:  # noqa: ASYNC110  (a server of this test's own)
                await asyncio.sleep(0.01)


async def test_a_storm_comes_back_with_positions_after_a_refusal(tools: Tools, tmp_path: Path) -> None:
    stage = Stage(True)
    async with played(stage, tools, tmp_path) as loader:
        await loader.connect(4)
        await loader.open(50, 0.1)
        stage.refusals = 1
        figures = await loader.storm(3, 0)
    assert (figures["caughtUp"], figures["refused"], figures["lastStatus"], figures["away"]) == (4, 1, 503, 3)
    assert stage.positions[:4] == ["/there"] * 4
    assert set(stage.positions[4:]) == {"/there?position=abcdefgh.45"}
    assert len(stage.positions) == 9
    assert figures["allS"] >= 0.25  # the refused one waits before it tries again
