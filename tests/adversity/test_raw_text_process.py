"""`captiond serve` as it runs, on uvloop, at the lowest level of its log, in Python's development mode with every
callback called slow, and a reporter of errors inside that sends all it can read: nothing of it tells what was said.
"""

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.simulator.server import Simulator
from tests.harness import ROOT, TREE, DaemonProcess, Viewer, account, eventually, start

DIGITS, WORD = "4111 1111 1111 1111", "zebrafinch"
# Python imports it at its start. Where the word with the letter N behind it comes by, the Nth of FAULTS fails.
SITE = """
import asyncio, importlib, logging, os
import uvloop
from tests.adversity.reporter import report
WORD = "zebrafinch"
FAULTS = [line.split() for line in os.environ["FAULTS"].splitlines()]

class Stop(BaseException):
    pass

KINDS = {
    **vars(__import__("builtins")),
    "Stop": Stop,
    "CancelledError": asyncio.CancelledError,
    "Undecodable": lambda said: UnicodeDecodeError("utf-8", said.encode() + b"\\xff", 0, 1, said),
}

def texts(given):
    for one in given:
        yield one.decode(errors="replace") if isinstance(one, (bytes, bytearray)) else repr(one)
        yield str(getattr(one, "text", ""))
        yield from (str(message.text) for message in getattr(one, "messages", ()) if hasattr(message, "text"))

def strike(number, where, kind):
    module, _, name = where.partition(":")
    owner = importlib.import_module(module)
    *path, name = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    original, cue = getattr(owner, name), f"{WORD}{chr(97 + number)}."
    def failing(*args, **kwargs):
        what_was_said = "\\n".join(texts((*args, *kwargs.values())))
        if cue in what_was_said:
            raise KINDS[kind](what_was_said)
        return original(*args, **kwargs)
    setattr(owner, name, failing)

for number, (where, kind) in enumerate(FAULTS):
    strike(number, where, kind)

make = uvloop.new_event_loop
def new_event_loop():
    loop = make()
    loop.slow_callback_duration = 0.0
    return loop
uvloop.new_event_loop = new_event_loop

call = logging.Logger.callHandlers
def call_handlers(self, record):
    if record.exc_info and record.exc_info[1] is not None:
        with open(os.environ["REPORTS"], "a") as file:
            file.write(f"{record.name} {record.getMessage()} {vars(record)!r} {report(record.exc_info[1])}\\n")
    call(self, record)
logging.Logger.callHandlers = call_handlers
"""
STEPS = (
    "websockets.protocol:Protocol.receive_data",
    "websockets.asyncio.messages:Assembler.put",
    "captiond.genesys.dialect_media:decode_event",
    "captiond.hub.rooms:Rooms.deliver",
    "captiond.core.continuity:Continuity.receive",
    "captiond.core.room:Room._caption",
    "captiond.core.redact.redactor:Redactor.caption",
    "captiond.core.redact.scan:Scan.read",
    "captiond.core.revise:Revise.show",
    "captiond.hub.ledger:Ledger.heard",
    "captiond.hub.ledger:Ledger.processed",
    "captiond.serve.encode:caption_fields",
    "captiond.hub.stream:Stream.put",
    "captiond.db.store:Store.keep_final",
    "captiond.db.records:final_row",
    "captiond.db.store:Store._execute",
)
KINDS = ("ValueError", "MemoryError", "CancelledError", "RecursionError", "Stop", "Undecodable", "KeyError")


def daemon_with(folder: Path, upstream: Simulator, faults: list[tuple[str, str]]) -> DaemonProcess:
    """A daemon that has those faults."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE)
    environ = {
        **account(upstream),
        "PYTHONPATH": os.pathsep.join([str(site), str(TREE), str(ROOT)]),
        "PYTHONDEVMODE": "1",
        "PYTHONWARNINGS": "default",
        "CAPTIOND_LOG__LEVEL": "debug",
        "REPORTS": str(folder / "reports.txt"),
        "FAULTS": "\n".join(" ".join(fault) for fault in faults),
    }
    return DaemonProcess(folder, environ=environ)


async def say(upstream: Simulator, session: str, number: int) -> None:
    """A partial and a final; the second one makes the fault happen again, or shows that it goes on."""
    said = f"my card is {DIGITS} and the word is {WORD}{chr(97 + number)}. that was it"
    for sequence, (text, final) in enumerate([("we begin", True), (said, False), (said, True)], 1):
        event: dict[str, Any] = {"eventSequence": sequence, "transcript": text, "isPartial": not final}
        await upstream.emit(session, event)


@pytest.mark.source_only
async def test_a_reporter_of_errors_inside_the_daemon_reads_nothing(tmp_path: Path) -> None:
    faults = [(step, KINDS[n % len(KINDS)]) for n, step in enumerate(STEPS)]
    async with Simulator(unknown="silent") as upstream:
        daemon = daemon_with(tmp_path, upstream, faults)
        try:
            await daemon.start()
            for number in range(len(faults)):
                await start(daemon, f"hurt-{number}")
                await say(upstream, f"hurt-{number}", number)
            await start(daemon, "calm")
            viewer = Viewer(daemon.url, "calm")
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(viewer.watch())
                await eventually(lambda: len(viewer.messages) >= 2)
                await say(upstream, "calm", 25)
                await eventually(lambda: any(WORD in text for _, _, text in viewer.finals()))
                watching.cancel()
            daemon.signal(signal.SIGTERM)
            assert await daemon.exit_status(within_s=20.0) == 0
        finally:
            await daemon.stop()
    reports = (tmp_path / "reports.txt").read_text()
    for _, kind in faults:
        assert {"Undecodable": "UnicodeDecodeError"}.get(kind, kind) in reports, kind
    assert "took" in daemon.log  # asyncio does name its callbacks
    nothing_is_told(tmp_path)


@pytest.mark.source_only
@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "SystemExit"])
async def test_what_stops_the_process_on_the_way_of_an_event_prints_nothing(tmp_path: Path, kind: str) -> None:
    async with Simulator(unknown="silent") as upstream:
        daemon = daemon_with(tmp_path, upstream, [("captiond.core.room:Room._caption", kind)])
        try:
            await daemon.start()
            await start(daemon, "hurt-0")
            with contextlib.suppress(aiohttp.ClientError):
                await say(upstream, "hurt-0", 0)
            assert await daemon.exit_status(within_s=20.0) == 1
        finally:
            await daemon.stop()
    nothing_is_told(tmp_path)


def nothing_is_told(folder: Path) -> None:
    """Files that hold captions may hold words; none may hold digits."""
    for path in folder.iterdir():
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            assert DIGITS not in text, path.name
            if path.name in ("daemon.log", "reports.txt", "audit.jsonl"):
                assert WORD not in text, (path.name, text[max(0, text.index(WORD) - 600) :][:900])
