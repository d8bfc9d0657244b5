"""The examples of docs/library.md, run as they stand, and what they promise: no group around errors, a clean end."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import captiond
from captiond.simulator import RefuseFault, Simulator
from captiond.simulator.faults import On
from captiond.watch.follow import BadAddress
from tests.harness import ROOT, TREE, Json, account, daemon_here, eventually, start
from tests.jobs.studio import studio

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(), re.DOTALL)
SAID = (("My card is 4111 1111 1111 1111.", True), ("And", False), ("And a refund.", True))


def track() -> list[Json]:
    """Spoken within half a second."""
    return [
        {
            "eventType": "transcription", "eventSequence": number, "mediaSessionId": "ms-1", "transcript": text,
            "isPartial": not final, "channel": "external", "timestamp": f"2024-06-15T10:30:00.{number}00Z",
        }
        for number, (text, final) in enumerate(SAID, 1)
    ]  # fmt: skip


async def run_example(number: int, folder: Path, **environ: str) -> tuple[int, str, str]:
    """An example of the page as a program of its own."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", EXAMPLES[number], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TREE), **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode is not None
    return program.returncode, out.decode(), err.decode()


async def test_a_viewer_of_a_daemon(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream) as daemon:
        upstream.play("ms-1", track(), at_end="stay")
        await start(daemon, "ms-1")

        async def end_it() -> None:
            await eventually(lambda: daemon.rooms.viewers == 1)
            await eventually(lambda: b'captiond_captions_total{final="true"} ' in daemon.meter.render()[0])
            await asyncio.sleep(0.7)
            await daemon.sessions.delete("ms-1")  # type: ignore[arg-type]

        async with asyncio.TaskGroup() as group:
            group.create_task(end_it())
            status, out, err = await run_example(0, tmp_path, CAPTIOND_URL=daemon.url, SESSION="ms-1")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith("2 finals")
    assert "[external] My card is [CC]." in out and "[external] And a refund." in out
    assert "-- live --" in out and "-- ended --" in out


async def test_the_live_path_itself(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream:
        upstream.play("ms-1", track())  # the stream ends with it
        environ = {
            **account(upstream),
            "CAPTIOND_AUDIT__PATH": "audit.jsonl",
            "CAPTIOND_DATABASE__URL": "sqlite:///c.db",
        }
        status, out, err = await run_example(1, tmp_path, SESSION="ms-1", **environ)
        assert upstream.ledger.subscriptions_now["ms-1"] == 0
    assert (status, err) == (0, ""), err
    lines = out.splitlines()
    assert "My card is [CC]. {'CC': 1}" in out and "said: And a refund. {}" in lines
    assert any(line.startswith("finals: ") for line in lines)
    assert lines[-1].startswith("session_ended")
    assert "transcription PII_REDACTED" in lines or "correction PII_REDACTED" in lines


@asynccontextmanager
async def embedded(folder: Path, upstream: Simulator, **environ: str) -> AsyncIterator[captiond.OpenCaptions]:
    (folder / "captiond.toml").touch()
    config = captiond.load_config(
        folder / "captiond.toml",
        {
            "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
            "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            **account(upstream),
            **environ,
        },
    )
    async with captiond.open_captions(config) as live:
        yield live


async def said(upstream: Simulator, session: str, number: int, text: str, *, final: bool = True) -> None:
    await eventually(lambda: upstream.ledger.subscriptions_now[session] == 1)
    assert await upstream.emit(session, {"eventSequence": number, "transcript": text, "isPartial": not final}) == 1


async def test_several_sessions_and_listeners_their_figures_and_records(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, embedded(tmp_path, upstream) as live:
        async with live.captions("a") as first, live.captions("b") as other, live.captions("a") as second:
            await said(upstream, "a", 1, "hello there")
            await said(upstream, "b", 1, "good morning")
            for captions, text in ((first, "hello there"), (other, "good morning"), (second, "hello there")):
                events = [await anext(captions)]
                while not isinstance(events[-1], captiond.Caption):
                    events.append(await anext(captions))
                assert events[-1].text == text
            assert {view["id"]: view["state"] for view in live.sessions()} == {"a": "live", "b": "live"}
            assert await live.transcript("a") == "hello there"
            async with live.captions("a"):
                assert {view["id"]: view["viewers"] for view in live.sessions()} == {"a": 3, "b": 1}
            assert {view["id"]: view["viewers"] for view in live.sessions()} == {"a": 2, "b": 1}
            assert live.figures()['captiond_captions_total{final="true"}'] == 2.0
        assert {view["state"] for view in live.sessions()} == {"ended"}
        kinds = [record["kind"] for record in await live.audit("a")]
        assert (kinds[0], kinds[-1]) == ("session_started", "session_ended")
        assert kinds.count("transcription") == 1
        await eventually(lambda: upstream.ledger.subscriptions_now["a"] == 0)
        assert upstream.ledger.unsubscribes["a"] == 1


async def test_what_cannot_be_started_says_why_with_the_codes_of_the_api(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, embedded(tmp_path, upstream) as live:
        for options, code in (({"language": "tlh"}, "unsupported_language"), ({"codec": "tin"}, "unsupported_codec")):
            with pytest.raises(captiond.CaptionsFailed) as failed:
                async with live.captions("a", **options):  # type: ignore[arg-type]
                    pytest.fail("it was started")
            assert failed.value.code == code
        upstream.add_faults(RefuseFault(on=On.ACTIVATION, status=403, permission="media:transcription"))
        with pytest.raises(captiond.CaptionsFailed, match="media:transcription") as failed:
            async with live.captions("a"):
                pytest.fail("it was started")
        assert failed.value.code == "upstream_refused"


async def test_a_session_that_fails_is_told_after_what_was_said(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, embedded(tmp_path, upstream) as live:
        async with live.captions("a", partials=False) as captions:
            await said(upstream, "a", 1, "hello there")
            upstream.add_faults(RefuseFault(on=On.HANDSHAKE, status=403))
            await upstream.stop(abruptly=True)
            await upstream.start()
            heard: list[object] = []
            with pytest.raises(captiond.CaptionsFailed, match="failed"):
                await captions.each(heard.append)
        texts = [event.text for event in heard if isinstance(event, captiond.Caption)]
        assert texts == ["hello there"]
        assert heard[-1] == captiond.StateChange("failed", captions.reason)


async def test_errors_of_ones_own_and_cancellations_come_out_as_they_are(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream) as daemon:
        await start(daemon, "ms-1")
        with pytest.raises(ValueError, match="mine"):
            async with captiond.follow_captions(daemon.url, "ms-1"):
                raise ValueError("mine")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3), captiond.follow_captions(daemon.url, "ms-1") as captions:
                async for _ in captions:
                    pass
        await eventually(lambda: daemon.rooms.viewers == 0)
        folder = tmp_path / "other"
        folder.mkdir()
        with pytest.raises(ValueError, match="mine"):
            async with embedded(folder, upstream) as live, live.captions("ms-2"):
                raise ValueError("mine")


async def test_a_job_that_failed_comes_out_as_it_is(tmp_path: Path) -> None:
    async with Simulator() as upstream:
        with pytest.raises(captiond.JobFailed) as failed:
            async with studio(tmp_path, upstream) as workflows:
                await workflows.transcribe("unknown", languages=["en-US"])
        assert failed.value.code == "not_found"


async def test_a_viewer_resumes_and_gets_each_final_once(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream) as daemon:
        await start(daemon, "ms-1")
        words: list[str] = []
        async with captiond.follow_captions(daemon.url, "ms-1", partials=False, said=words.append) as captions:
            heard: list[str] = []

            async def take(many: int) -> None:
                while len(heard) < many:
                    event = await asyncio.wait_for(anext(captions), 10)
                    if isinstance(event, captiond.Caption):
                        heard.append(event.text)

            await said(upstream, "ms-1", 1, "one")
            await take(1)
            for connection in list(daemon.rooms.get("ms-1")._audience.viewers):  # type: ignore[arg-type,union-attr]
                connection.outlet._transport.abort()
            await said(upstream, "ms-1", 2, "two")
            await said(upstream, "ms-1", 3, "three")
            await take(3)
            assert heard == ["one", "two", "three"]
            assert (captions.counts.connections, captions.counts.missed) == (2, 0)
            assert any("lost" in one or "trying again" in one for one in words)


async def test_what_a_daemon_does_not_have_is_said(tmp_path: Path) -> None:
    async with daemon_here(tmp_path) as daemon:
        async with captiond.follow_captions(daemon.url, "none") as captions:
            with pytest.raises(captiond.CaptionsFailed, match="no such session"):
                await anext(captions)
        with pytest.raises(BadAddress):
            async with captiond.follow_captions("ftp://nowhere", "none"):
                pytest.fail("there is no such address")


async def test_figures_and_records_of_a_daemon(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream, daemon_here(tmp_path, upstream) as daemon:
        await start(daemon, "ms-1")
        await said(upstream, "ms-1", 1, "hello there")
        await eventually(lambda: "transcription" in (tmp_path / "audit.jsonl").read_text())
        figures = await captiond.read_figures(daemon.url)
        assert figures['captiond_tokens_total{final="true"}'] == 2.0
        records = [record async for record in captiond.read_audit(daemon.url, "ms-1")]
        assert {record["kind"] for record in records} >= {"session_started", "transcription"}
        with pytest.raises(captiond.CaptiondError, match="404"):
            assert [record async for record in captiond.read_audit(daemon.url, "none")] == []


def test_importing_costs_nothing_and_every_public_name_is_there() -> None:
    looked = (
        "import sys, captiond; before = {one for one in sys.modules if one.startswith('captiond')};"
        "import json; heavy = [one for one in ('aiohttp', 'pydantic', 'asyncio', 'sqlite3') if one in sys.modules];"
        "names = [getattr(captiond, name).__name__ for name in captiond.__all__];"
        "print(json.dumps([sorted(before), heavy, names, sorted(set(captiond.__all__) - set(dir(captiond)))]))"
    )
    # Where coverage is measured it is in the process, too, and brings its own.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", looked],
        capture_output=True, text=True, check=True, env={**unmeasured, "PYTHONPATH": str(TREE)},
    )  # fmt: skip
    before, heavy, names, missing = json.loads(done.stdout)
    assert (before, heavy, missing) == (["captiond"], [], [])
    assert len(names) == len(captiond.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        captiond.nothing  # noqa: B018
