"""Readiness by a caption that comes back: a real daemon, its own socket, and delivery broken in many ways."""

import asyncio
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond import daemon as daemon_module
from captiond import probe as probe_module
from captiond.daemon import Daemon
from captiond.hub.audience import Audience, Lane
from captiond.hub.live import Live
from captiond.hub.stream import Stream
from captiond.pulse import Pulse
from captiond.serve.crowd import TransportCrowd
from captiond.serve.encode import Encoder
from captiond.serve.tokens import mint
from captiond.simulator.server import Simulator
from tests.harness import Viewer, daemon_here, eventually, start

SECRET = "a secret that only tests know, 32+"
KEY = "a-key-for-this-test"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats of a tenth of a second, and half a second of silence is an outage."""
    for name, value in {"BEAT_S": 0.1, "WAIT_S": 0.1, "AGAIN_S": 0.02}.items():
        monkeypatch.setattr(probe_module, name, value)
    monkeypatch.setattr(daemon_module, "FIRST_PROBE_S", 1.0)
    monkeypatch.setattr(probe_module, "Pulse", partial(Pulse, late_s=0.5))


async def ready(daemon: Daemon, host: str = "127.0.0.1") -> tuple[int, list[dict[str, str]]]:
    """Status of `/readyz`, and what fails."""
    port = daemon.url.rpartition(":")[2]
    name = f"[{host}]" if ":" in host else host
    async with aiohttp.ClientSession() as http, http.get(f"http://{name}:{port}/readyz") as answer:
        return answer.status, (await answer.json(content_type=None)).get("failing", [])


async def becomes(daemon: Daemon, status: int, *, within_s: float = 10.0) -> list[dict[str, str]]:
    """Asks until `/readyz` answers so; answers what fails then."""
    async with asyncio.timeout(within_s):
        while True:
            found, failing = await ready(daemon)
            if found == status:
                return failing
            await asyncio.sleep(0.02)


def nothing(*_: Any, **__: Any) -> Any:
    """Takes everything, delivers nothing, and says that all is well."""
    return []


def swallowed(*_: Any, **__: Any) -> bool:
    return True


def turned(stream: Stream) -> None:
    stream._deferred = False


def failing(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken for this test")


BREAKAGES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the batch swallows": lambda patch: patch.setattr(TransportCrowd, "send", nothing),
    "the audience swallows": lambda patch: patch.setattr(Audience, "publish", nothing),
    "nothing goes out at the end of a turn": lambda patch: patch.setattr(Stream, "_turned", turned),
    "the core fails": lambda patch: patch.setattr(Live, "deliver", failing),
    "encoding fails": lambda patch: patch.setattr(Encoder, "message", failing),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
async def test_a_daemon_that_delivers_nothing_is_not_ready_and_recovers_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breakage: str
) -> None:
    async with daemon_here(tmp_path) as daemon:
        assert await ready(daemon) == (200, [])
        with monkeypatch.context() as patch:
            BREAKAGES[breakage](patch)
            [fault] = await becomes(daemon, 503)
            assert fault["check"] == "delivery"
            assert re.match(r"no caption has come back over (ws|sse) for \d+ s", fault["why"])
        await becomes(daemon, 200)


@pytest.mark.parametrize("transport", ["ws", "sse"])
async def test_one_transport_that_is_dead_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    """The greeting comes, nothing after it: what looks inside only would see a viewer that is connected and in step."""
    write = Lane.write

    def writing(self: Lane, wires: Any) -> int:
        dead = self.viewers[0].outlet.transport == transport
        return len(self.viewers) if dead else write(self, wires)

    monkeypatch.setattr(Lane, "write", writing)
    async with daemon_here(tmp_path) as daemon:
        status, [fault] = await ready(daemon)
        assert (status, fault["why"]) == (503, f"no caption has come back over {transport} yet")


async def test_who_cannot_be_let_in_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Viewers of ours join anew now and then: an address that takes nobody any more is found out, too."""
    monkeypatch.setattr(probe_module, "RENEW_S", 0.2)
    async with daemon_here(tmp_path) as daemon:
        daemon.probe._address = ("127.0.0.1", 1)
        await eventually(lambda: daemon.probe.fault() is not None)
        daemon.probe._address = ("127.0.0.1", int(daemon.url.rpartition(":")[2]))
        await becomes(daemon, 200)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "127.0.0.5", "localhost"])
async def test_it_finds_its_own_socket_wherever_that_is_bound(tmp_path: Path, host: str) -> None:
    async with daemon_here(
        tmp_path,
        CAPTIOND_SERVER__HOST=host,
        CAPTIOND_AUTH__API_KEYS=f'["{KEY}"]',
        CAPTIOND_AUTH__TOKEN_SECRET=SECRET,
    ) as daemon:
        assert await ready(daemon, {"::": "::1", "::1": "::1", "127.0.0.5": host}.get(host, "127.0.0.1")) == (200, [])


async def test_nobody_else_sees_it_and_no_figure_counts_it(tmp_path: Path) -> None:
    async with daemon_here(tmp_path, CAPTIOND_AUTH__TOKEN_SECRET=SECRET) as daemon, aiohttp.ClientSession() as http:
        hidden = daemon.probe.live.session
        assert daemon.probe.admits(hidden, daemon.probe.key) is daemon.probe.live
        assert daemon.probe.admits("another", daemon.probe.key) is None
        for path in ("", "/audit", "/transcript.json"):
            async with http.get(f"{daemon.url}/v1/sessions/{hidden}{path}") as answer:
                assert answer.status == 404
        await eventually(lambda: daemon.probe._pulse.number >= 5)
        token, _ = mint(SECRET, sessions=["*", hidden], ttl_s=60, now_s=daemon.clock.now_s())
        for transport in ("ws", "events"):
            viewer = f"{daemon.url}/v1/sessions/{hidden}/{transport}"
            for bearer, status in ((token, 404), ("not the key", 401), (None, 401)):
                headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
                async with http.get(viewer, headers=headers) as answer:
                    assert answer.status == status
            async with http.get(viewer, params={"token": daemon.probe.key}) as answer:
                assert answer.status == 401  # it is a key of one header, not a token
        async with http.get(f"{daemon.url}/v1/sessions") as answer:
            assert await answer.json() == {"sessions": []}
        async with http.get(f"{daemon.url}/metrics") as answer:
            text = await answer.text()
    assert hidden not in text
    figures = dict(
        re.findall(r'^captiond_([a-z_]+(?:\{transport="ws"\}|\{state="live"\}|\{final="true"\})?) (\S+)$', text, re.M)
    )
    for name in (
        'viewers{transport="ws"}',
        'deliveries_total{transport="ws"}',
        'sessions{state="live"}',
        'captions_total{final="true"}',
    ):
        assert float(figures[name]) == 0, name
    assert float(figures['delivery_probe_seconds_count{transport="ws"}']) >= 4
    assert float(figures['delivery_probe_failures_total{transport="ws"}']) == 0
    records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert {record["kind"] for record in records} <= {"viewer_refused"}  # those of this test


async def test_a_full_server_is_ready_also_for_a_probe_that_joins_anew(tmp_path: Path) -> None:
    async with (
        Simulator(unknown="silent") as upstream,
        daemon_here(tmp_path, upstream, CAPTIOND_VIEWERS__MAX_CONNECTIONS="1") as daemon,
        asyncio.TaskGroup() as group,
    ):
        await start(daemon, "s1")
        watching = group.create_task(Viewer(daemon.url, "s1").watch())
        await eventually(lambda: daemon.rooms.viewers == 1)
        refused = Viewer(daemon.url, "s1", transport="sse")
        await refused.watch()
        assert refused.status == 429
        for connection in daemon.probe._connections.values():
            connection.writer.transport.abort()
        number = daemon.probe._pulse.number
        await eventually(lambda: daemon.probe._pulse.number > number + 7)
        assert (await ready(daemon), daemon.rooms.viewers) == ((200, []), 1)
        watching.cancel()


async def test_what_becomes_of_it_is_in_the_log_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "captiond.probe")
    async with daemon_here(tmp_path) as daemon:
        with monkeypatch.context() as patch:
            patch.setattr(Audience, "publish", nothing)
            await becomes(daemon, 503)
            number = daemon.probe._pulse.number
            await eventually(lambda: daemon.probe._pulse.number > number + 3)
        await becomes(daemon, 200)
        await eventually(lambda: "again" in caplog.text)
    lines = [record.getMessage() for record in caplog.records if record.name == "captiond.probe"]
    assert len(lines) == 2
    assert lines[0].startswith("the delivery probe: no caption has come back over ")
    assert lines[1] == "the delivery probe's captions come back again"
