"""What tests of recordings' transcripts share: the workflow and its simulator, in fast time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from captiond.jobs.refusals import JobFailed
from captiond.library import OpenWorkflows
from captiond.simulator import Fault, Simulator, Transcript
from captiond.simulator.longtext import RAW, long_text
from tests.jobs.studio import FastPace, Records, studio

SAID = "Agent: How can I help?\nCustomer: My card is 4111 1111 1111 1111.\nAgent: It costs 250 dollars, Zoë.\n"
SHOWN = "Agent: How can I help?\nCustomer: My card is [CC].\nAgent: It costs 250 dollars, Zoë."
PIECES: Mapping[str, str] = {"CAPTIOND_JOBS__CHUNK_BYTES": "4096"}
NOTHING: Mapping[str, str] = {}
METRICS = {"processingLatencyMs": 1_500, "accuracyScore": 0.93, "wordCount": 18, "speakerCount": 2}


def transcript(**change: Any) -> Transcript:
    return Transcript(**{"transcript_id": "t-1", "text": SAID, **change})


@asynccontextmanager
async def stage(
    folder: Path,
    *transcripts: Transcript,
    faults: tuple[Fault, ...] = (),
    speed: float = 50.0,
    environ: Mapping[str, str] = NOTHING,
    **more: str,
) -> AsyncIterator[tuple[OpenWorkflows, Simulator, Records]]:
    """The workflow and its simulator, in time that runs `speed` times as fast for both."""
    pace, records = FastPace(speed), Records()
    known = transcripts or (transcript(),)
    async with (
        Simulator(transcripts=known, faults=faults, pace=pace) as upstream,
        studio(folder, upstream, pace=pace, audit=records, **environ, **more) as workflows,
    ):
        yield workflows, upstream, records


async def failure(workflows: OpenWorkflows, **asked: Any) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        await workflows.recording("t-1", **asked)
    return caught.value


def nothing_raw(folder: Path) -> None:
    source = long_text(100_000).part(0, 100_000)
    assert all(raw in source for raw in RAW)
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(raw in content for raw in RAW), path.name
