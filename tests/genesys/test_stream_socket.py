"""What fails inside while bytes are read: the event loop's handler hears nothing of it, and the stream goes on."""

import asyncio
import logging
from typing import Any

import pytest
from websockets.asyncio.connection import Connection
from websockets.protocol import Protocol, Side

from captiond.genesys.stream_socket import _Connection
from tests.adversity.reporter import report
from tests.genesys.small_genesys import PATIENCE_S, Bench, following, short

WORD = "zebrafinch"


def hears(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the loop's handler is given from now on; the library's own lines are the peers'."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    caplog.set_level(logging.WARNING, logger="websockets")
    return heard


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The faults in the log, each looked through."""
    records = [record for record in caplog.records if record.exc_info]
    for record in records:
        assert record.exc_info is not None and record.exc_info[1] is not None
        assert WORD not in f"{vars(record)!r} {report(record.exc_info[1])}"
    return [record.getMessage() for record in records]


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError])
async def test_bytes_that_cannot_be_taken_cost_the_connection_and_nothing_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    heard, receive, failed = hears(caplog), Protocol.receive_data, list[int]()

    def receive_data(protocol: Protocol, data: bytes) -> None:
        if WORD.encode() in data and protocol.side is Side.CLIENT and not failed:
            failed.append(1)
            raise kind(data)
        receive(protocol, data)

    monkeypatch.setattr(Protocol, "receive_data", receive_data)
    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(1, WORD)
        await bench.time.pass_delay(short)
        peer = await bench.upstream.subscribed_peer()
        await peer.send_event(2, WORD)
        assert await bench.sink.sequences(1) == [2]
    assert failed and told(caplog) == ["reading a frame failed inside"]
    assert heard == []


async def test_an_end_that_fails_is_an_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Or who reads would wait for ever."""
    heard, note, failed = hears(caplog), Connection.set_connection_exc, list[int]()

    def set_connection_exc(connection: Connection, exc: BaseException | None) -> None:
        if connection.protocol.side is Side.CLIENT and not failed:
            failed.append(1)
            raise ValueError(WORD)
        note(connection, exc)

    async with following(bench):
        peer = await bench.upstream.subscribed_peer()
        monkeypatch.setattr(Connection, "set_connection_exc", set_connection_exc)
        peer.drop()
        await bench.time.pass_delay(short)
        await (await bench.upstream.subscribed_peer()).send_event(1)
        assert await bench.sink.sequences(1) == [1]
    assert failed and told(caplog) == ["closing a connection failed inside"]
    assert heard == []


async def test_closing_ends_even_where_the_end_is_never_heard_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Connection, "connection_lost", lambda *_: None)
    async with asyncio.timeout(PATIENCE_S):
        async with following(bench, close_timeout_s=0.1) as stream:
            await bench.upstream.subscribed_peer()
        assert stream.done()
