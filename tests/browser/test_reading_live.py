"""A reader at the running daemon, fed by the simulator: pauses, goes on, finds, marks, and has what the daemon has."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.demo import demonstrating
from tests.browser.embedding import ELEMENT, ROOT, TEXTS, VIEW, key, part

pytestmark = pytest.mark.browser

SESSION = "en-US-benefits-agent"
MASK = "•••"  # as the page shows an open one


async def test_a_call_is_read_at_ones_own_pace_and_saved_whole(page: Any, tmp_path: Path) -> None:
    (tmp_path / "demo.toml").touch()
    async with demonstrating(tmp_path, port=0, speed=24.0) as daemon:
        await page.size(800, 400)
        await page.go(f"{daemon.url}/display/{SESSION}?controls&history&size=1.2")
        await page.until(f"{ELEMENT}?.shadowRoot !== null && {ELEMENT}.feed?.figures.finals >= 2")
        # The simulator's times are this machine's: captions of a moment ago are not behind.
        assert await page.until(f"{ELEMENT}.delayMs !== null && {ELEMENT}.delayMs < 3000")
        assert not await page.run(f"{ELEMENT}.matches(':state(stale)')")
        await page.run(f"{VIEW}.focus()")
        await key(page, "m")
        await page.until("CSS.highlights.has('captions-mark')")
        await key(page, "p")
        await page.until(f"{ELEMENT}.paused && !{part('pause-bar')}.hidden")
        paused = await page.run(TEXTS)
        await page.until(f"/[23] new lines/.test({part('pause-told')}.textContent)")
        # All stays as it was, but for an open line of which something is masked meanwhile: that may not wait.
        now = await page.run(TEXTS)
        settled = [text for text in paused if MASK not in text]
        assert len(now) == len(paused)
        assert len(settled) >= len(paused) - 1
        assert [text for text in now if text in settled] == settled
        await page.click(part("go-on"))
        await page.until(f"{TEXTS}.length > {len(paused)} && !{ELEMENT}.paused")
        await page.until(f"{ELEMENT}.state === 'ended'")
        await page.run(f"{ELEMENT}.backToLive()")

        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{daemon.url}/v1/sessions/{SESSION}/transcript.json") as answer,
        ):
            transcript = await answer.json()
        said = [caption["text"] for caption in transcript["captions"]]
        assert len(said) >= 8
        assert await page.run(f"{ELEMENT}.segments.map(one => one.text)") == said
        saved = json.loads(await page.run(f"{ELEMENT}.export('json')"))
        assert [caption["text"] for caption in saved["captions"]] == said
        await key(page, "b")
        await page.until(f"!{part('back')}.hidden || {VIEW}.scrollHeight <= {VIEW}.clientHeight + 24")
        assert await page.run(f"{ROOT}.querySelectorAll('.my-mark').length") == 1

        # The daemon lets its own page have the transcript: as if three finals were not on it.
        await page.run(f"{ELEMENT}.feed.earlierFinals = 3; {ELEMENT}.backToLive()")
        await page.until(f"!{part('earlier')}.hidden && !{part('show-earlier')}.hidden")
        await page.click(part("show-earlier"))
        await page.until(
            f"{part('show-earlier')}.hidden && {part('earlier')}.textContent.startsWith('3 earlier lines')"
        )
        assert await page.run(f"{ELEMENT}.segments.map(one => one.text)") == said  # nothing comes twice
        assert any(url.endswith("/transcript.json") for url in page.requests)
