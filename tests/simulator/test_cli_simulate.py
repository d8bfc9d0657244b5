"""`captiond simulate` as a process: ready line, play, stop by signal; wrong usage in one line each."""

import argparse
import asyncio
import json
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from captiond import cli_simulate
from captiond.simulator import Simulator
from tests.simulator.plain_client import PATIENCE_S, PlainClient, receive_events, spoken

ROOT = Path(__file__).parents[2]
PROGRAM = """
import argparse, sys
from captiond import cli_simulate
parser = argparse.ArgumentParser("captiond simulate")
cli_simulate.add_arguments(parser)
sys.exit(cli_simulate.run(parser.parse_args()))
"""


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser("captiond simulate")
    cli_simulate.add_arguments(parser)
    return cli_simulate.run(parser.parse_args(arguments))


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_is_plays_and_stops(client: PlainClient, tmp_path: Path, name: signal.Signals) -> None:
    events, faults = tmp_path / "call.jsonl", tmp_path / "faults.json"
    events.write_text("\n".join(json.dumps(event) for event in spoken(4, spacing_s=1.0)))
    faults.write_text('{"faults":[{"fault":"lost","events":[3]}]}')
    command = (sys.executable, "-c", PROGRAM, "--port", "0", "--events", str(events), "--faults", str(faults))
    process = await asyncio.create_subprocess_exec(
        *command, "--speed", "1000", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        ready = (await process.stdout.readline()).decode()
    found = re.fullmatch(r"captiond simulate: ready on http://127\.0\.0\.1:(\d+)\n", ready)
    assert found
    there = Simulator(port=int(found[1]))  # never started: only its addresses are used
    connection = await client.open(there)
    await client.subscribe(connection)
    assert [event["eventSequence"] for event in await receive_events(connection, 3)] == [1, 2, 4]
    process.send_signal(name)
    async with asyncio.timeout(PATIENCE_S):
        said, complained = await process.communicate()
    assert (process.returncode, complained) == (0, b"")
    assert b"call-1" in said
    assert there.stream_url.encode() in said
    await connection.close()


def test_every_fault_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faults.json").write_text('[{"fault":"lost"},{"fault":"close","code":1}]')
    (tmp_path / "call.jsonl").write_text("{}\nnot json\n")
    status = run("--faults", f"{tmp_path}/faults.json", "--events", f"{tmp_path}/call.jsonl", "--client-id", "a")
    assert status == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("captiond simulate: ") for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [("--speed", "0"), ("--speed", "x"), ("--port", "70000"), ("--batch", "0"), ("--at-end", "explode"), ("extra",)],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_a_taken_port_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run("--port", str(taken.getsockname()[1])) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "in use" in line
