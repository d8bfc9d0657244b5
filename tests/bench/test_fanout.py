"""The fan-out benchmark measures what it says. Small and short; whether a figure is good is not asked here."""

import argparse
import asyncio
import json
import math
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from captiond.bench import fanout, fanout_hall, fanout_load
from captiond.bench.fanout_compare import quantile_of_buckets, spread
from captiond.bench.load import LoadViewer
from captiond.bench.processes import family, ran_ns


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    fanout.add_arguments(parser)
    return parser.parse_args(arguments)


def report_of(capfd: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> dict[str, Any]:
    assert fanout.run(parsed(*arguments, "--json")) == status
    report: dict[str, Any] = json.loads(capfd.readouterr().out)
    return report


@pytest.fixture(autouse=True)
def no_time_to_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that make a figure truer; here none is judged."""
    monkeypatch.setattr(fanout_hall, "SETTLE_S", 0.01)
    monkeypatch.setattr(fanout_hall, "MEMORY_SETTLE_S", 0.01)


SHORT = ("--rate", "40", "--seconds", "0.5", "--paired", "2", "--slice", "0.05", "--peers", "none")


def test_a_short_comparison_delivers_everything(capfd: pytest.CaptureFixture[str]) -> None:
    report = report_of(capfd, "--transport", "ws", "--viewers", "7", *SHORT)
    (one,) = report["comparison"]
    assert one["complete"]
    assert one["perEventUs"] > 0
    assert [server["server"] for server in one["servers"]] == ["floor", "captiond"]
    for server in one["servers"]:
        assert server["delivered"] == server["expected"] == 7 * 20
        assert 0 < server["viewerP50Ms"] <= server["viewerP99Ms"] <= server["lastViewerP99Ms"]
        assert 0 <= server["spreadP50Ms"] <= server["lastViewerP50Ms"]
        assert server["paired"]["deliveries"] > 0
        assert all(math.isfinite(value) and value > 0 for value in server["paired"]["ratio"].values())
        assert server["paired"]["captionsPerRecv"] >= 1
    floor, ours = one["servers"]
    assert floor["paired"]["ratio"]["median"] == floor["paired"]["loneRatio"]["median"] == 1
    assert (ours["daemonP99Ms"] > 0, floor["daemonP99Ms"]) == (True, None)
    assert {"what", "most", "measured", "reached"} == set(report["asked"][0])


def test_bursts_slow_viewers_and_memory_are_measured(capfd: pytest.CaptureFixture[str]) -> None:
    kinds = ("--burst", "--stalled", "0.2", "--throttled", "0.2", "--idle", "6", "--repeat", "1")
    report = report_of(capfd, "--transport", "sse", "--viewers", "10", *SHORT, *kinds)
    (burst,), (slow,), (idle,) = (report[kind] for kind in ("coalescing", "slow", "idle"))
    assert burst["complete"]
    assert burst["oneFrame"]["captionsPerRecv"] > 2 > burst["single"]["captionsPerRecv"]
    assert (slow["stalled"], slow["throttled"], slow["complete"]) == (2, 2, True)
    assert slow["slowCaptions"] > 0
    assert slow["p99Ratio"]["median"] > 0
    assert (idle["server"], idle["viewers"]) == ("captiond", 6)
    assert idle["rssBytes"] > 1_000_000


def test_a_storm_and_two_workers_are_measured(capfd: pytest.CaptureFixture[str]) -> None:
    kinds = ("--storm", "--workers", "2", "--repeat", "1")
    report = report_of(capfd, "--transport", "ws", "--viewers", "10", *SHORT, *kinds)
    (storm,), (workers,) = report["storm"], report["workers"]
    assert storm["complete"]
    assert [run["caughtUp"] for run in storm["storms"]] == [10]
    assert storm["storms"][0]["repeated"] == 0
    assert workers["complete"]
    assert sum(workers["viewersOfEach"]) == 10
    assert math.isfinite(workers["cpuRatio"]["median"])


def test_without_a_compiler_it_says_so_and_measures_with_python(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert fanout.run(parsed("--viewers", "7", "--rate", "50", "--seconds", "0.5", "--json")) == 0
    said = capfd.readouterr()
    assert "no C compiler on the PATH" in said.err
    report = json.loads(said.out)
    assert [row["transport"] for row in report["runs"]] == ["ws", "sse"]  # one after the other
    for row in report["runs"]:
        assert row["delivered"] == row["expected"] == 7 * 25
        assert 0 < row["viewerP50Ms"] <= row["viewerP99Ms"] <= row["lastViewerP99Ms"]
        assert row["daemonP99Ms"] > 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--viewers", "0"), "--viewers: 0"),
        (("--stalled", "0.7"), "--stalled: 0.7"),
        (("--peers", "nchan,centrifugo"), "--peers: centrifugo"),
        (("--in-flight", "65"), "--in-flight: 65"),
        (("--idle", "5", "-1"), "--idle: -1"),
    ],
)
def test_a_wrong_option_is_named(capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str) -> None:
    assert fanout.run(parsed(*arguments)) == 2
    assert named in capfd.readouterr().err


def test_a_daemon_that_is_none_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(fanout_load.LoadFailed, match="--daemon"):
        fanout.run(parsed("--daemon", str(tmp_path / "captiond")))


@pytest.mark.parametrize("names", [fanout_load.LOAD_SOURCES, ("floor.c",)])
def test_the_c_programs_compile_without_a_warning(names: tuple[str, ...], tmp_path: Path) -> None:
    source, cc = fanout_load.folder(), fanout_load.compiler()
    assert source is not None, "the tests are in the source tree"
    assert cc is not None, "a C compiler is needed to test"
    command = [
        cc,
        *fanout_load.FLAGS,
        "-Werror",
        "-o",
        str(tmp_path / "program"),
        *(str(source / name) for name in names),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_node_peer_parses() -> None:
    source, node = fanout_load.folder(), shutil.which("node")
    assert source is not None
    assert node is not None, "tests need node, as those of the redactor's comparison do"
    assert subprocess.run([node, "--check", str(source / "node_peer.mjs")], check=False).returncode == 0


async def test_what_a_child_uses_is_counted_with_its_parent() -> None:
    """The family is all descendants; CPU time is of every thread of theirs."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    process = await asyncio.create_subprocess_exec("python3", "-c", code, start_new_session=True)
    try:
        for _ in range(200):
            if len(family(process.pid)) == 2 and ran_ns(family(process.pid)[1:]) > 50_000_000:
                break
            await asyncio.sleep(0.05)
        parent, child = family(process.pid)
        assert parent == process.pid
        assert ran_ns([child]) > 50_000_000
        assert ran_ns([parent, child]) >= ran_ns([child])
    finally:
        os.killpg(process.pid, 9)
        await process.wait()


def test_a_quantile_is_the_upper_bound_of_its_bucket() -> None:
    buckets = [(0.001, 50.0), (0.005, 98.0), (0.01, 99.0), (float("inf"), 100.0)]
    assert quantile_of_buckets(buckets, 0.5) == 1.0
    assert quantile_of_buckets(buckets, 0.99) == 10.0
    assert quantile_of_buckets(buckets, 1.0) == float("inf")
    assert quantile_of_buckets([(0.001, 0.0)], 0.5) is None


def test_the_spread_of_rounds_is_their_median_and_quartiles() -> None:
    assert spread([5.0, 1.0, 2.0, 4.0, 3.0]) == {"median": 3.0, "p25": 2.0, "p75": 4.0}
    assert spread([1.5]) == {"median": 1.5, "p25": 1.5, "p75": 1.5}


@pytest.mark.parametrize("cut", range(1, 40, 3))
@pytest.mark.parametrize("websocket", [True, False])
async def test_a_load_viewer_reads_whole_messages_wherever_they_are_cut(websocket: bool, cut: int) -> None:
    seen: list[int] = []
    viewer = LoadViewer(0, "/", websocket=websocket, received=lambda _, index: seen.append(index))
    bodies = [b'{"type":"welcome"}', b'{"type":"snapshot","position":"abc.4"}', b'{"type":"caption","index":5}']
    if websocket:
        stream = b"HTTP/1.1 101 X\r\nA: b\r\n\r\n" + b"".join(bytes([0x81, len(body)]) + body for body in bodies)
    else:
        stream = b"HTTP/1.1 200 X\r\nA: b\r\n\r\n" + b"".join(b"event: x\ndata: " + body + b"\n\n" for body in bodies)
    for start in range(0, len(stream), cut):
        viewer.data_received(stream[start : start + cut])
    assert viewer.ready.result() == 4
    assert seen == [5]
