"""A long transcript costs the daemon no memory; `python -m tests.jobs.big_transcript` has the figures of 200 MB."""

from pathlib import Path

from tests.jobs.big_transcript import measure

MEGABYTES = 16.0
MOST_GROWTH_BYTES = 12_000_000  # less than the text: whoever holds it, raw or redacted, is found out


async def test_a_long_transcript_is_fetched_in_constant_memory_whatever_goes_wrong(tmp_path: Path) -> None:
    cost = await measure(
        MEGABYTES,
        tmp_path,
        quiet_s=0.5,
        sparse=True,
        CAPTIOND_JOBS__REQUESTS_PER_S="1000",
        CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES="65536",  # or else it, mostly blank, would be short enough
    )
    assert cost.starts == 4
    assert cost.growth_bytes < MOST_GROWTH_BYTES, str(cost)
    assert cost.raw_found == ()
