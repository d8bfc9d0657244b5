"""`captiond watch` as its user runs it: a process, a pipe or a pseudo-terminal, exit statuses, Ctrl-C."""

import asyncio
import contextlib
import os
import pty
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WATCH = (sys.executable, "-m", "captiond", "watch")


async def start(*args: str, **streams: Any) -> asyncio.subprocess.Process:
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE} | streams
    return await asyncio.create_subprocess_exec(*WATCH, *args, cwd=ROOT, **pipes)


async def finish(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    return process.returncode, (out or b"").decode(), (err or b"").decode()


async def test_in_a_pipe_tagged_lines_figures_and_status_0(station: Any, messages: Any) -> None:
    station.scripts = [
        [
            messages.welcome(),
            messages.snapshot(messages.caption("u0", "before", final=True)),
            messages.caption("u1", "hel"),
            messages.caption("u1", "Hello.", final=True),
            messages.state("ended"),
            messages.bye(4510),
            4510,
        ]
    ]
    station.scripts[0][1]["position"] = station.scripts[0][0]["position"] = "aaaaaaaa.1"
    status, out, err = await finish(await start(station.url, "call-1", "--token", "s3cret"))
    assert out == "[FINAL] before\n[PARTIAL] hel\n[FINAL] Hello.\n", err
    assert status == 0
    assert "3 records\n" in err
    assert err.endswith("captiond watch: the session has ended\n")
    assert station.tokens == ["Bearer s3cret"]
    assert "s3cret" not in out + err


@pytest.mark.parametrize(
    ("script", "args", "status", "says"),
    [
        (404, (), 1, "captiond watch: 404: there is no such session\n"),
        (401, (), 1, "captiond watch: 401: a valid viewer token is needed: --token\n"),
        (None, ("--token", "two words"), 2, "captiond watch: --token: not a token\n"),
    ],
)
async def test_failures_are_one_line_and_a_status(
    station: Any, script: int | None, args: tuple[str, ...], status: int, says: str
) -> None:
    station.scripts = [script]
    got, out, err = await finish(await start(station.url, "call-1", *args))
    assert (got, out) == (status, "")
    assert err.endswith(says)
    assert "Traceback" not in err


@pytest.mark.parametrize("args", [("nowhere", "s"), ("http://127.0.0.1:1", "no/such/id"), ("http://127.0.0.1:1",)])
async def test_wrong_usage_is_status_2(args: tuple[str, ...]) -> None:
    status, out, err = await finish(await start(*args))
    assert (status, out) == (2, "")
    assert err
    assert "Traceback" not in err


async def test_ctrl_c_ends_cleanly(station: Any, messages: Any) -> None:
    station.scripts = [[messages.welcome(), messages.snapshot(), messages.caption("u1", "hello"), "stay"]]
    process = await start(station.url, "call-1")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"[PARTIAL] hello\n"
    process.send_signal(signal.SIGINT)
    status, _, err = await finish(process)
    assert status == 0
    assert "Traceback" not in err
    assert err.endswith("1 records\n")


async def test_a_reader_that_has_seen_enough_is_no_failure(station: Any, messages: Any) -> None:
    finals = [messages.caption(f"u{n}", "word " * 200, final=True) for n in range(400)]
    messages.index = 0
    station.scripts = [[messages.welcome(), messages.snapshot(), *finals, messages.bye(4510), 4510]]
    read, write = os.pipe()
    process = await start(station.url, "call-1", stdout=write)
    os.close(write)
    assert await asyncio.to_thread(os.read, read, 10) == b"[FINAL] wo"
    os.close(read)
    status, _, err = await finish(process)
    assert status == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


async def test_on_a_terminal_it_redraws_and_shows_a_status_line(station: Any, messages: Any) -> None:
    station.scripts = [
        [
            messages.welcome(),
            messages.snapshot(),
            messages.caption("u1", "hel"),
            messages.caption("u1", "Hello.", final=True),
            messages.bye(4510),
            4510,
        ]
    ]
    mine, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "60", "NO_COLOR": "1"}
    process = await start(station.url, "call-1", stdout=theirs, env=environment)
    os.close(theirs)
    status, _, err = await finish(process)
    shown = b""
    with contextlib.suppress(OSError):  # a pseudo-terminal ends with an error on Linux
        while piece := os.read(mine, 65536):
            shown += piece
    os.close(mine)
    assert status == 0, err
    text = shown.decode()
    assert "[FINAL]" not in text
    assert "\x1b[J" in text  # it redrew
    assert "live | latency" in text
    assert text.rindex("Hello.") > text.rindex("hel")
