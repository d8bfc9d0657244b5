"""Redaction that fails inside is told to operators: counted each time, one line a minute, and never what was said."""

import logging
from pathlib import Path

import aiohttp
import pytest

from captiond.base.ids import RawText, SessionId
from captiond.core.arrival import Arrival
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.machine import Machine
from captiond.hub.rooms import Rooms
from captiond.jobs.long_text import Mark
from captiond.jobs.masking import Masking, Said
from captiond.metrics import FIGURES, Meter
from captiond.redaction_faults import EVERY_S, RedactionFaults
from captiond.serve.encode import Encoder
from captiond.simulator import Recording, Simulator
from tests.harness import daemon_here, eventually, start
from tests.hub.stage import Counts, Records, VirtualClock
from tests.jobs.studio import api

SECRET = "4539 5787 6362 1486"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def meter() -> Counts:
    return Counts()


@pytest.fixture
def faults(clock: VirtualClock, meter: Counts, caplog: pytest.LogCaptureFixture) -> RedactionFaults:
    caplog.set_level(logging.DEBUG, logger="captiond")
    return RedactionFaults(clock=clock, meter=meter)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that fails at each number, with what was said in its message."""
    step = Machine.step

    def fails(self: Machine, token: object, **more: object) -> None:
        if getattr(token, "digits", ""):
            raise RuntimeError(SECRET)
        step(self, token, **more)  # type: ignore[arg-type]  # what the machine was called with

    monkeypatch.setattr(Machine, "step", fails)


def test_each_is_counted_and_a_line_comes_once_a_minute(
    faults: RedactionFaults, clock: VirtualClock, meter: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    faults.masked("captions", 1, said="KeyError at here:1", about="call-1")
    assert "times=1 where=captions session=call-1 last=KeyError at here:1" in caplog.text
    for number in range(1_000):
        clock.monotonic += EVERY_S / 2_000
        faults.masked("jobs" if number % 2 else "captions", 2, said=f"IndexError at there:{number}")
    assert len(caplog.records) == 1
    assert meter.counted[("redaction_faults_total", "captions")] == 1_001
    assert meter.counted[("redaction_faults_total", "jobs")] == 1_000
    faults.tell()
    assert len(caplog.records) == 1
    clock.monotonic += EVERY_S
    faults.tell()  # by the minute's chore: no further fault has to come
    faults.tell()
    assert len(caplog.records) == 2
    assert "times=2000 where=jobs session=none last=IndexError at there:999" in caplog.records[1].getMessage()


@pytest.mark.source_only
@pytest.mark.usefixtures("broken")
def test_a_caption_that_could_not_be_judged_is_told_with_its_place_and_without_its_words(
    faults: RedactionFaults, clock: VirtualClock, meter: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    rooms = Rooms(
        encode=Encoder(),
        clock=clock,
        meter=meter,
        audit=Records(),
        redactor=Redactor,
        call=Call,
        kinds=DEFAULT,
        faults=faults,
    )
    rooms.open(SessionId("call-1"), source="media", language="en-US", created_at="2024-06-15T10:30:00.000Z")
    for number, text in enumerate(("my card is", f"my card is {SECRET}", "thanks"), 1):
        said = Arrival(SessionId("call-1"), number, RawText(text), False, "t", clock.now_s())
        rooms.deliver(said, received_s=clock.monotonic)
    assert meter.counted[("redaction_faults_total", "captions")] == 1
    [record] = [one for one in caplog.records if one.name == "captiond.redaction_faults"]
    assert "times=1 where=captions session=call-1 last=RuntimeError at " in record.getMessage()
    assert "redact/scan.py:" in record.getMessage()
    assert not any(group in caplog.text for group in SECRET.split())


@pytest.mark.source_only
@pytest.mark.usefixtures("broken")
async def test_a_job_that_could_not_judge_is_told_too(
    faults: RedactionFaults, meter: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    masking = Masking(DEFAULT, faults=faults)
    done = await masking.transcript([Said(RawText("hello")), Said(RawText(SECRET)), Said(RawText(SECRET), "agent")])
    assert done.texts == ("hello", "[...]", "[...]")
    assert meter.counted[("redaction_faults_total", "jobs")] == 2
    assert masking.words(f"no such card: {SECRET}") == "[...]"
    assert meter.counted[("redaction_faults_total", "jobs")] == 3
    masking.excerpt(RawText(SECRET))
    assert meter.counted[("redaction_faults_total", "jobs")] == 4
    text = masking.long_text(Mark(), language="en-US", markers=())
    text.feed(f"Agent: hello\nCustomer: {SECRET}\n".encode())
    text.end()
    while not await masking.go_on(text):
        pass
    assert meter.counted[("redaction_faults_total", "jobs")] == 5
    assert len(caplog.records) == 1
    assert not any(group in caplog.text for group in SECRET.split())


@pytest.mark.source_only
@pytest.mark.usefixtures("broken")
async def test_a_daemon_tells_of_its_captions_its_jobs_and_its_searches(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="captiond")
    recording = Recording(media_id="m-1", transcripts=({"text": f"My card is {SECRET}."},))
    async with (
        Simulator(unknown="silent", media=[recording]) as upstream,
        daemon_here(tmp_path, upstream, CAPTIOND_JOBS__REQUESTS_PER_S="1000") as daemon,
        api(daemon.url) as caller,
        aiohttp.ClientSession() as http,
    ):

        def counted(where: str) -> float:
            name = f'captiond_redaction_faults_total{{where="{where}"}} '
            lines = daemon.meter.render()[0].decode().splitlines()
            return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))

        await start(daemon, "ms-1")
        said = {"eventSequence": 1, "transcript": f"my card is {SECRET}", "isPartial": False}
        assert await upstream.emit("ms-1", said) == 1
        await eventually(lambda: counted("captions") == 1)
        _, job = await caller.post({"mediaId": "m-1", "languages": ["en-US"]})
        ended = await caller.ended(job["id"])
        assert ended["result"]["transcripts"][0]["text"] == "[...]"
        assert counted("jobs") == 1
        upstream.findings.store("r-1", f"my card is {SECRET}")
        body = {"query": "card", "source": "genesys"}
        async with http.post(f"{daemon.url}/v1/transcripts/search", json=body) as response:
            assert (await response.json())["hits"][0]["texts"] == ["[NUMBER]"]
        assert counted("jobs") > 1
    lines = [one.getMessage() for one in caplog.records if one.name == "captiond.redaction_faults"]
    assert len(lines) == 1 and "session=ms-1" in lines[0]
    assert not any(group in caplog.text for group in SECRET.split())


def test_the_figure_is_there_before_the_first_fault() -> None:
    assert "redaction_faults_total" in FIGURES
    figures, _ = Meter(monotonic_s=lambda: 0.0).render()
    for where in ("captions", "jobs"):
        assert f'captiond_redaction_faults_total{{where="{where}"}} 0'.encode() in figures
