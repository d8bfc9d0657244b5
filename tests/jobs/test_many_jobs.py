"""Many jobs at once against an account that allows 10 requests a second; docs/workflows.md has the figures of 1,000."""

import asyncio
from itertools import pairwise
from pathlib import Path

from captiond.base.observe import NullMeter
from captiond.jobs.machine import State
from captiond.simulator import RefuseFault, Simulator
from captiond.simulator.faults import On
from tests.jobs.studio import FastPace, studio

JOBS = 400
PER_S = 10
WAIT_S = 12.0
SPEED = 25.0  # 800 requests take 90 s by the account's clock


async def test_all_end_the_limit_is_kept_and_retry_after_is_obeyed(tmp_path: Path) -> None:
    pace = FastPace(SPEED)
    asked_to_wait = [RefuseFault(on=On.MEDIA, status=429, retry_after_s=WAIT_S, skip=skip) for skip in (100, 0)]
    async with (
        Simulator(any_media=True, requests_per_s=PER_S, faults=asked_to_wait, pace=pace) as upstream,
        studio(tmp_path, upstream, pace=pace, meter=NullMeter(), CAPTIOND_JOBS__REQUESTS_PER_S=str(PER_S)) as workflows,
    ):
        flows = workflows._workflows
        bodies = [{"mediaId": f"m-{number}", "languages": ["en-US"]} for number in range(JOBS)]
        submitted = [await flows.submit("transcription-request", body, patient=False) for body in bodies]
        assert all(new for new, _ in submitted)
        async with asyncio.timeout(90):
            while True:
                found = await flows.list(most=2 * JOBS)
                if all(State(job.state).over for job in found):
                    break
                await asyncio.sleep(0.2)
        assert len(found) == JOBS
        assert {job.state for job in found} == {"completed"}
        ledger = upstream.ledger
        assert sum(ledger.transcriptions.values()) == len(ledger.transcriptions) == JOBS
        # The simulator refuses the eleventh within any second. In time that runs so fast, a hiccup of this machine is
        # half a second there; `tests/genesys/test_throttle.py` holds the pace itself to the limit.
        assert ledger.rate_limited <= 2 * JOBS / 100
        seen = sorted(one.at_s for one in ledger.requests if one.operation in ("media", "submission"))
        told = [fault["struck"] for fault in upstream.faults()]
        assert told == [1, 1]
        # Nobody asks before the time that upstream named has passed, but who had asked when it was said.
        assert sum(later - sooner > WAIT_S - 3 for sooner, later in pairwise(seen)) >= 2
