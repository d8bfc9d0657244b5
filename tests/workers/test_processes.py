"""A node as one starts it: as processes, with signals, logs and exit codes."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from captiond import probe as probe_module
from captiond.cli import main
from captiond.pulse import Pulse
from captiond.simulator.server import Simulator
from captiond.workers import link as link_module
from captiond.workers import relays as relays_module
from tests.harness import TREE, DaemonProcess, Json, Viewer, account, daemon_process, eventually
from tests.harness import start as start_session
from tests.workers.conftest import HEAD, RELAY, Node, Start


def relay_pid(daemon: DaemonProcess) -> int:
    """As the head's log tells it, the newest."""
    lines = [json.loads(line) for line in daemon.log.splitlines()]
    serves = [line["message"] for line in lines if line["message"].startswith("a worker serves: ")]
    return int(serves[-1].rpartition("pid=")[2])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_stop_tells_the_viewers_of_all_workers_and_ends_them(tmp_path: Path) -> None:
    async with (
        Simulator(unknown="silent") as upstream,
        daemon_process(tmp_path, "--workers", "2", **account(upstream)) as daemon,
        asyncio.TaskGroup() as group,
    ):
        await start_session(daemon, "s1")
        viewers = [Viewer(daemon.url, "s1", transport=transport) for transport in ("ws", "sse") * 6]
        for viewer in viewers:
            group.create_task(viewer.watch())
        await eventually(lambda: all(viewer.messages for viewer in viewers))
        await upstream.emit("s1", {"eventSequence": 1, "transcript": "hello everybody", "isPartial": False})
        await eventually(lambda: all(viewer.finals() for viewer in viewers))
        pid = relay_pid(daemon)
        daemon.signal(signal.SIGTERM)
        os.kill(pid, signal.SIGTERM)  # a service manager signals them all
        os.kill(pid, signal.SIGINT)
        assert await daemon.exit_status(within_s=10.0) == 0
        await eventually(lambda: all(viewer.messages[-1]["type"] == "bye" for viewer in viewers))
        assert {viewer.messages[-1]["code"] for viewer in viewers} == {4001}
        assert not alive(pid)
        lines: list[Json] = [json.loads(line) for line in daemon.log.splitlines()]
        closed = [line.get("worker", HEAD) for line in lines if line["message"].startswith("viewer closed: 4001")]
        assert len(closed) == 12
        assert 4 <= closed.count(RELAY) <= 8
        assert [line for line in lines if line["level"] in ("error", "critical")] == []


async def test_a_head_that_is_killed_takes_its_relays_with_it_and_the_port_is_free(tmp_path: Path) -> None:
    async with daemon_process(tmp_path, "--workers", "2") as daemon:
        pid, port = relay_pid(daemon), int(daemon.url.rpartition(":")[2])
        daemon.signal(signal.SIGKILL)
        await daemon.exit_status(within_s=5.0)
        await eventually(lambda: not alive(pid), within_s=3.0)
        with socket.create_server(("127.0.0.1", port)):
            pass


async def test_a_port_that_somebody_has_is_no_place_to_start(tmp_path: Path) -> None:
    """Sharing a port is for our own workers: with somebody else's it would be silent, and every other viewer gone."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = DaemonProcess(tmp_path, environ={"CAPTIOND_SERVER__PORT": str(taken.getsockname()[1])}).environ
        status, said = await run(tmp_path, environ, "--workers", "2")
        assert (status, "cannot listen on 127.0.0.1 port" in said) == (1, True), said


@pytest.mark.parametrize("count", ["0", "65", "-1", "two", "", "1.5", "9" * 5000])
def test_a_number_of_workers_that_makes_no_sense_is_wrong_usage(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["serve", f"--workers={count}"])
    said = capsys.readouterr().err
    assert (left.value.code, "allowed: a whole number from 1 to 64" in said, len(said.splitlines())) == (2, True, 1)


async def run(folder: Path, environ: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """`captiond serve` that does not start: its status, and what it says on stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "captiond", "serve", *arguments,
        cwd=folder, env={**environ, "PYTHONPATH": str(TREE)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_a_relay_that_hangs_is_replaced(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relays_module, "LATE_S", 1.2)
    monkeypatch.setattr(relays_module, "SILENT_S", 3.0)
    monkeypatch.setattr(relays_module, "END_S", 0.1)
    async with start() as node:
        node.open()
        there = await node.watch(RELAY)
        stopped = node.kill(RELAY, signal.SIGSTOP)
        for _ in range(8):  # the kernel goes on giving it every other connection; the head takes them after a moment
            assert (await asyncio.wait_for(node.get("/healthz"), 5))[0] == 200
        assert "a worker is late" in caplog.text
        assert "a worker hangs" not in caplog.text
        await asyncio.wait_for(there.task, 10)  # its connection ends with it
        await node.until_workers_serve(but=stopped)
        assert not alive(stopped)
        await node.watch(RELAY)


async def test_while_a_relay_is_away_nobody_waits_for_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its listening socket stays in the kernel's group, so the head takes what comes to it."""
    monkeypatch.setattr(relays_module, "END_S", 0.1)
    async with start() as node:
        node.open()
        monkeypatch.setattr(relays_module, "BOOT", "import time; time.sleep(60)")  # its successor takes its time
        killed = node.kill(RELAY)
        await eventually(lambda: killed not in node.pids().values())
        for _ in range(12):
            assert (await asyncio.wait_for(node.get("/healthz"), 3))[0] == 200
        viewers = [await node.watch() for _ in range(4)]
        assert {watching.worker for watching in viewers} == {HEAD}


async def test_a_relay_that_falls_behind_is_given_up_and_delays_nobody(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What waits for it is bounded; its successor has all that it missed."""
    monkeypatch.setattr(link_module, "MAX_WAITING_BYTES", 500_000)
    monkeypatch.setattr(relays_module, "END_S", 0.1)
    monkeypatch.setattr(relays_module, "SILENT_S", 600.0)  # so that a slow machine does not give it up for its silence
    async with start() as node:
        node.open()
        here = await node.watch(HEAD)
        stopped = node.kill(RELAY, signal.SIGSTOP)
        said = 0
        while stopped in node.pids().values():
            assert said < 20_000
            for _ in range(50):
                said += 1
                node.say(f"the sentence of number {said} " + "that goes on and on " * 20)
            await asyncio.sleep(0)
        assert "a worker does not keep up" in caplog.text
        last = f"the sentence of number {said} "
        await eventually(lambda: here.viewer.messages[-1].get("text", "").startswith(last))
        await node.until_workers_serve(but=stopped)
        there, again = await node.watch(RELAY), await node.watch(HEAD)
        assert there.viewer.messages[1] == again.viewer.messages[1]


async def test_sessions_that_ran_before_are_at_a_new_relay_before_it_serves(start: Start) -> None:
    async with start() as node:
        for number in range(30):
            node.open(f"s{number}")
            node.sequence = 0
            node.say(f"session number {number}", session=f"s{number}")
        killed = node.kill(RELAY)
        await node.until_workers_serve(but=killed)
        for number in (0, 29):
            there = await node.watch(RELAY, session=f"s{number}")
            assert [text for _, _, text in there.viewer.finals()] == [f"session number {number}"]


async def test_a_relay_that_delivers_nothing_makes_the_node_unready(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be up, and tell its figures: whether captions come through it is tried, as it is of the head."""
    assert Pulse.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Pulse.__init__.__kwdefaults__, "late_s", 2.0)
    monkeypatch.setattr(probe_module, "BEAT_S", 0.2)
    monkeypatch.setattr(probe_module, "WAIT_S", 0.2)
    monkeypatch.setattr(relays_module, "PROVEN_S", 0.0)
    monkeypatch.setattr(relays_module, "LATE_S", 1.2)
    async with start() as node:
        await until_ready(node)
        pid = node.kill(RELAY, signal.SIGSTOP)
        await eventually(lambda: node.daemon.head is not None and node.daemon.head.fault() is not None)
        status, body = await node.get("/readyz")
        assert (status, json.loads(body)["failing"][0]["why"][:21]) == (503, "worker 2: no caption ")
        os.kill(pid, signal.SIGCONT)
        await until_ready(node)
        _, listed = await node.get("/v1/sessions")
        assert json.loads(listed) == {"sessions": []}
        assert await node.figure('deliveries_total{transport="ws"}') == 0
        assert "viewer_refused" not in node.daemon.audit.path.read_text()


async def until_ready(node: Node) -> None:
    async with asyncio.timeout(10):
        while (await node.get("/readyz"))[0] != 200:  # noqa: ASYNC110  (what it waits for has no event)
            await asyncio.sleep(0.05)
