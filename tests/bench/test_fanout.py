"""The fan-out benchmark measures what it says: a short run over both transports loses nothing and prints figures."""

import argparse
import json

import pytest

from captiond.bench.fanout import _quantile_of_buckets, add_arguments, run
from captiond.bench.load import LoadViewer


def test_a_short_run_delivers_everything(capfd: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--viewers", "7", "--rate", "50", "--seconds", "0.5", "--transport", "both", "--json"])
    assert run(args) == 0
    report = json.loads(capfd.readouterr().out)
    assert [row["transport"] for row in report["runs"]] == ["ws", "sse"]
    for row in report["runs"]:
        assert row["delivered"] == row["expected"] == 7 * 25
        assert 0 < row["viewerP50Ms"] <= row["viewerP99Ms"] <= row["lastViewerP99Ms"]
        assert row["daemonP99Ms"] > 0


def test_a_quantile_is_the_upper_bound_of_its_bucket() -> None:
    buckets = [(0.001, 50.0), (0.005, 98.0), (0.01, 99.0), (float("inf"), 100.0)]
    assert _quantile_of_buckets(buckets, 0.5) == 1.0
    assert _quantile_of_buckets(buckets, 0.99) == 10.0
    assert _quantile_of_buckets(buckets, 1.0) == float("inf")


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
