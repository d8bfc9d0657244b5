"""One trouble after the other, in every stability profile: silence, resets, a proxy without a server, a server anew.

The page's clock runs faster, as in test_cut.py, so that its half minute is five seconds.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.cable import cable_to
from tests.browser.embedding import ELEMENT, ROOT, TEXTS
from tests.browser.test_cut import FASTER, PACE

pytestmark = pytest.mark.browser

Json = dict[str, Any]
PROFILES = ["responsive", "balanced", "steady", "finals"]
EACH_S = 10 / PACE  # each trouble; three of them are the half minute


async def test_after_silence_resets_502_and_a_restart_all_is_as_if_nothing_had_been(
    pages: Any, station: Any, caption: Callable[..., Json]
) -> None:
    """Four readers behind one cable; a fifth stays."""
    said: list[str] = []

    async def say(kept: bool = True) -> None:
        name = f"u{len(said)}"
        for words in (1, 2, 3):
            await station.say("call-1", caption(name, " ".join(["well", "this", "is"][:words])))
        await station.say("call-1", caption(name, f"line {name} of the call", final=True))
        said.append(f"line {name} of the call")
        if not kept:
            await station.say("call-1", caption("taken-back", "never mind"))
            await station.say("call-1", {"type": "retraction", "utterance": "taken-back"})

    async with cable_to(station.url) as cable:
        readers = [await pages() for _ in PROFILES]
        stayed = await pages()
        await stayed.go(f"{station.url}/display/call-1")
        for page, profile in zip(readers, PROFILES, strict=True):
            await page.before_each_page(FASTER)
            await page.go(f"{cable.url}/display/call-1?stability={profile}")
        for page in [*readers, stayed]:
            await page.until(f"{ELEMENT}?.state === 'live'")
        await say()
        await station.say("call-1", caption("half", "it was goi"))  # cut in the middle of a word
        for page in readers:
            await page.until(f"{TEXTS}.includes({json.dumps(said[0])})")
        for trouble in (cable.pull, cable.cut, cable.answer_502):
            trouble()
            await say(kept=False)
            await asyncio.sleep(EACH_S)
            for page in readers:
                await page.until(f"{ELEMENT}.state === 'reconnecting'", wait_s=15 / PACE)  # silence is told in 13 s
                assert await page.run(f"{ROOT}.querySelector('.status').textContent") != ""
                assert await page.run(f"{TEXTS}[0]") == said[0]  # what was there stays readable
        await station.say("call-1", caption("half", "it was going well", final=True))
        station.resumable = False  # the server has begun anew: no position of before is known
        cable.plug(loses=True)
        for page in readers:
            await page.until(f"{ELEMENT}.state === 'live'")
        await say()
        everything = await _lines(stayed, said)
        assert len(everything) == len(said) + 1
        for page, profile in zip(readers, PROFILES, strict=True):
            assert await _lines(page, said) == everything, profile
            assert "missed" not in await page.run(f"{ROOT}.textContent")
        for page in readers:
            page.faults.clear()  # the browser says what it could not reach


async def _lines(page: Any, said: list[str]) -> list[str]:
    await page.until(f"{TEXTS}.at(-1) === {json.dumps(said[-1])}")
    lines: list[str] = await page.run(TEXTS)
    return lines
