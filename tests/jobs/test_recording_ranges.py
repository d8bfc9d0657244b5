"""A recording's text in pieces, against the simulator: each way in which ranges go wrong (workflows.md, section 5)."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path

import pytest

from captiond.simulator import RangeFault, RefuseFault
from captiond.simulator.faults import On, Range
from captiond.simulator.longtext import RAW
from tests.harness import eventually
from tests.jobs.recording_stage import PIECES, SAID, SHOWN, failure, stage, transcript


async def test_a_text_comes_in_pieces_and_no_letter_is_split(tmp_path: Path) -> None:
    text = "Agent: Ça coûte 250 €, señora Zoë.\n" * 60  # pieces of 512 bytes end within letters
    async with stage(tmp_path, transcript(text=text), CAPTIOND_JOBS__CHUNK_BYTES="512") as (workflows, upstream, _):
        done = await workflows.recording("t-1")
        assert done.text == text.strip()
        ranges = list(upstream.recordings.ranges["t-1"])
        assert ranges[:2] == [(0, 511), (512, 1_023)]
        assert [later - last for (_, last), (later, _) in pairwise(ranges)] == [1] * (len(ranges) - 1)
        assert done.raw["transcriptBytes"] == len(text.strip().encode())


async def test_what_is_longer_than_an_answer_stands_in_its_file(tmp_path: Path) -> None:
    async with stage(tmp_path, CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES="1024") as (workflows, _, _):
        done = await workflows.recording("size-20000")
        assert done.text is None
        assert done.file is not None
        content = done.file.read_bytes()
        assert len(content) == done.raw["transcriptBytes"] > 15_000
        assert not any(raw in content for raw in RAW)
        assert done.raw["transcriptLink"] == f"/v1/jobs/{done.job}/transcript.txt"


GOOD = "size-30000"


async def whole(tmp_path: Path) -> str:
    """What the text comes to where nothing goes wrong."""
    folder = tmp_path / "well"
    folder.mkdir()
    async with stage(folder, environ=PIECES) as (workflows, _, _):
        done = await workflows.recording(GOOD)
        assert done.text is not None
        return done.text


@pytest.mark.parametrize(
    ("what", "restarts"),
    [
        (Range.CUT, 0),
        (Range.UNSATISFIED, 1),
        (Range.WHOLE, 1),
        (Range.SHORT, 1),
        (Range.LONG, 1),
        (Range.OTHER_START, 1),
        (Range.OTHER_TOTAL, 1),
        (Range.OTHER_TAG, 1),
    ],
)
async def test_a_range_that_goes_wrong_once_is_made_good(tmp_path: Path, what: Range, restarts: int) -> None:
    well = await whole(tmp_path)
    fault = RangeFault(what=what, skip=3, session=GOOD, after_bytes=2_500)
    async with stage(tmp_path, faults=(fault,), environ=PIECES) as (workflows, upstream, _):
        assert (await workflows.recording(GOOD)).text == well
        assert sum(first == 0 for first, _ in upstream.recordings.ranges[GOOD]) == 1 + restarts


@pytest.mark.parametrize("has_tag", [True, False])
async def test_a_text_that_changes_in_the_middle_is_the_new_one_alone(tmp_path: Path, *, has_tag: bool) -> None:
    text = transcript(text=SAID * 300, has_tag=has_tag)
    async with stage(tmp_path, text, faults=(RangeFault(what=Range.CHANGED, skip=2),), environ=PIECES) as (
        workflows,
        _,
        _,
    ):
        assert (await workflows.recording("t-1")).text == "\n".join([SHOWN] * 300) + "\nAnd 1 more."


@pytest.mark.parametrize(
    "what",
    [Range.UNSATISFIED, Range.WHOLE, Range.SHORT, Range.LONG, Range.OTHER_START, Range.OTHER_TOTAL, Range.CHANGED],
)
async def test_a_range_that_stays_wrong_ends_the_job_after_three_restarts(tmp_path: Path, what: Range) -> None:
    async with stage(tmp_path, transcript(text=SAID * 300), environ=PIECES) as (workflows, upstream, _):
        upstream.add_faults(RangeFault(what=what, times=None, skip=1))
        failed = await failure(workflows)
        assert failed.code == "range_failed"
        assert failed.extra["why"]
        assert upstream.ledger.count(On.CONTENT) <= 40
        starts = sum(first == 0 for first, _ in upstream.recordings.ranges["t-1"])
        assert starts == (1 if what is Range.WHOLE else 4)  # one that ignores ranges is not told of any


async def test_where_no_range_is_named_a_short_piece_is_the_last(tmp_path: Path) -> None:
    for size, pieces in ((20_000, 5), (16_384, 5), (0, 1)):  # the second ends with a piece, which only 416 tells
        (folder := tmp_path / str(size)).mkdir()
        name = f"size-{size}"
        fault = RangeFault(what=Range.NOT_SAID, times=None)
        async with stage(folder, faults=(fault,), environ=PIECES) as (workflows, upstream, _):
            done = await workflows.recording(name)
            assert done.status == ("completed" if size else "fallback_triggered")
            assert upstream.ledger.count(On.CONTENT) == pieces


async def test_where_a_total_was_named_a_short_piece_must_reach_it(tmp_path: Path) -> None:
    well = await whole(tmp_path)
    fault = RangeFault(what=Range.SHORT_NOT_SAID, skip=2, session=GOOD)
    async with stage(tmp_path, faults=(fault,), environ=PIECES) as (workflows, upstream, _):
        assert (await workflows.recording(GOOD)).text == well
        assert sum(first == 0 for first, _ in upstream.recordings.ranges[GOOD]) == 2


async def test_cuts_again_and_again_do_not_end_it(tmp_path: Path) -> None:
    well = await whole(tmp_path)
    fault = RangeFault(what=Range.CUT, times=40, after_bytes=700)
    async with stage(tmp_path, faults=(fault,), environ=PIECES) as (workflows, upstream, _):
        assert (await workflows.recording(GOOD)).text == well
        assert sum(first == 0 for first, _ in upstream.recordings.ranges[GOOD]) == 1


async def test_a_file_that_somebody_cut_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("captiond.jobs.fetching.STEP_BYTES", 16_384)
    well = await whole(tmp_path)
    async with stage(tmp_path, environ=PIECES) as (workflows, upstream, _):
        upstream.add_faults(RefuseFault(on=On.CONTENT, status=429, retry_after_s=40, skip=4, session=GOOD))
        job = asyncio.get_running_loop().create_task(workflows.recording(GOOD))
        await eventually(lambda: upstream.ledger.count(On.CONTENT, 429) == 1)
        [path] = (tmp_path / "captiond.db-files").iterdir()
        assert path.stat().st_size > 12_000
        os.truncate(path, 100)
        assert (await job).text == well
        assert caplog.text.count("why=file restart=1") == 1


async def test_a_long_text_lets_others_have_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("captiond.jobs.runner.MAX_STEPS", 1)
    monkeypatch.setattr("captiond.jobs.fetching.STEP_BYTES", 16_384)
    async with stage(tmp_path, environ=PIECES) as (workflows, upstream, _):
        long = asyncio.get_running_loop().create_task(workflows.recording("size-100000"))
        await eventually(lambda: upstream.ledger.count(On.CONTENT) > 2)
        assert (await workflows.recording("t-1")).text == SHOWN
        assert not long.done()
        assert (await long).status == "completed"
